"""One account's transactions on their way: nonces, signing, sending, and seeing each to its end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from proofdesk._abi import decode_error, decode_event
from proofdesk._errors import ConfigurationError, ContractRevert, InsufficientFunds, TransactionError
from proofdesk._fees import Fees, price
from proofdesk._models import Result
from proofdesk._rpc import AsyncNode, NodeError
from proofdesk._words import address_of

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

_BATCH = 50
_FIRST_PAUSE, _LAST_PAUSE, _NUDGE_PAUSE = 0.001, 0.5, 0.05
_LOST = 3

Confirmations: TypeAlias = "int | Literal['finalized']"


@dataclass(frozen=True, slots=True)
class Call:
    """What to send; `to` None creates a contract, `value` is wei, `gas` None has it estimated."""

    to: str | None
    data: bytes
    value: int = 0
    gas: int | None = None

    def fields(self, sender: str) -> dict[str, str]:
        """As a node's JSON has it, without gas and fees."""
        fields = {"from": sender, "data": "0x" + self.data.hex(), "value": hex(self.value)}
        return fields if self.to is None else fields | {"to": self.to}


@dataclass(frozen=True, slots=True)
class Creation(Result):
    """What a transaction that created a contract did; `contract` is where it is."""

    contract: str = field(kw_only=True)


@dataclass(slots=True, eq=False)
class Job:
    """A call on its way; `is_out` once the node may have it, under one of its hashes and this nonce.

    `block` is where it was mined, while that is not deep enough.
    """

    call: Call
    gas: int
    nonce: int = 0
    fees: Mapping[str, int] = field(default_factory=dict)
    request: tuple[str, list[Any]] = ("", [])
    hashes: list[str] = field(default_factory=list)
    is_out: bool = False
    block: int | None = None
    lost: int = 0
    outcome: Result | ContractRevert | None = None

    def recall(self) -> None:
        """Forget what was sent: the chain cannot have it."""
        self.is_out, self.hashes, self.lost = False, [], 0


class Outbox:
    """Sends an account's jobs; threads and tasks may share it."""

    def __init__(
        self,
        node: AsyncNode,
        account: LocalAccount | str,
        fees: Fees,
        confirmations: Confirmations,
        timeout: float,
        chain_id: int | None,
    ) -> None:
        self.address = address_of(int(account if isinstance(account, str) else account.address, 16))
        self._node = node
        self._account = account
        self._fees = fees
        self._confirmations = confirmations
        self._timeout = timeout
        self._lock = node.transport.lock()
        self._next = 0
        self._flying = 0
        self._chain_id = chain_id or 0
        self._head = 0

    async def deliver(self, jobs: Sequence[Job]) -> None:
        """Send what was not sent yet and wait until every job has an outcome.

        Raises InsufficientFunds, TransactionError, ConnectionLost; some jobs may then be out all the same.
        """
        async with self._lock:
            await self._launch([job for job in jobs if not job.is_out])
            self._flying += 1
        try:
            await self._settle(jobs)
        finally:
            async with self._lock:
                self._flying -= 1

    # ------------------------------------------------------------------------------------------------ sending

    async def _launch(self, jobs: Sequence[Job]) -> None:
        """Sign and send until the node has each; those that are not out get a nonce. Under the lock."""
        while jobs:
            fees = await self._fees.current()
            # With nothing else on its way the node knows best, also after the chain was reset.
            nonce = max(self._next if self._flying else 0, await self._count("pending"))
            for job in jobs:
                if not job.is_out:
                    job.nonce, job.hashes, nonce = nonce, [], nonce + 1
                await self._sign(job, fees)
            refused: list[Job] = []
            for start in range(0, len(jobs), _BATCH):
                group = jobs[start : start + _BATCH]
                for job in group:
                    job.is_out = True
                answers = await self._node.batch([job.request for job in group])
                refused += [
                    job
                    for job, answer in zip(group, answers, strict=True)
                    if not await self._accepted(job, answer)
                ]
            self._next = nonce  # only now: who fails above leaves no gap to those after him
            jobs = refused

    async def _sign(self, job: Job, fees: Mapping[str, int]) -> None:
        call, job.fees = job.call, fees
        numbers = {"nonce": job.nonce, "gas": job.gas, **fees}
        if isinstance(self._account, str):
            if self._chain_id:
                numbers["chainId"] = self._chain_id
            fields = call.fields(self.address) | {name: hex(number) for name, number in numbers.items()}
            job.request = ("eth_sendTransaction", [fields])
            return
        if not self._chain_id:
            self._chain_id = await self._node.quantity("eth_chainId")
        fields_: dict[str, Any] = {
            "chainId": self._chain_id,
            "value": call.value,
            "data": call.data,
            **numbers,
        }
        if call.to is not None:
            fields_["to"] = address_of(int(call.to, 16))
        signed = self._account.sign_transaction(fields_)
        job.request = ("eth_sendRawTransaction", [signed.raw_transaction.to_0x_hex()])
        job.hashes.append(signed.hash.to_0x_hex())

    async def _accepted(self, job: Job, answer: Any) -> bool:
        """Whether the node has it; False if it is to be signed anew. Raises why it never will be taken."""
        if not isinstance(answer, NodeError):
            if answer not in job.hashes:
                job.hashes.append(answer)
            return True
        # What nodes say differs, what they know does not. Counted first: what has the nonce is known by then.
        is_used = await self._count("pending") > job.nonce
        if await self._known(job):
            return True
        if is_used:
            job.recall()  # somebody else's transaction has it
            return False
        needed = job.gas * price(job.fees) + job.call.value
        balance = await self._node.quantity("eth_getBalance", self.address, "latest")
        if balance >= needed:
            await self._fees.current(anew=True)
            if self._fees.least > price(job.fees):
                return False
        job.recall()
        if balance < needed:
            raise InsufficientFunds(self.address, balance=balance, needed=needed)
        if isinstance(self._account, str) and self.address.lower() not in await self._node.request(
            "eth_accounts"
        ):
            raise ConfigurationError(
                f"the node does not sign for {self.address}: pass an account with its key"
            )
        raise TransactionError(f"{answer}: nothing was done")

    async def _known(self, job: Job) -> bool:
        answers = await self._node.batch([("eth_getTransactionByHash", [tx_hash]) for tx_hash in job.hashes])
        return any(isinstance(answer, dict) for answer in answers)

    async def _count(self, tag: str) -> int:
        return await self._node.quantity("eth_getTransactionCount", self.address, tag)

    # ------------------------------------------------------------------------------------------------ waiting

    async def _settle(self, jobs: Iterable[Job]) -> None:
        """Poll until each job has an outcome; raises TransactionError when nothing happens for `timeout`."""
        waiting = sorted((job for job in jobs if job.outcome is None), key=lambda job: job.nonce)
        while waiting:
            started = time.monotonic()
            pause, nudge = _FIRST_PAUSE, _NUDGE_PAUSE
            nudge_at, replace_at = started + nudge, started + self._timeout / 4
            await self._poll(waiting)
            # Until one of them is at its end: then the patience with the next one begins anew.
            while all(job.outcome is None for job in waiting):
                now, head = time.monotonic(), self._head
                if now > started + self._timeout:
                    raise self._overdue(waiting[0])
                if now > nudge_at and waiting[0].block is None:
                    await self._nudge(waiting[0], replace=now > replace_at)
                    nudge = min(2 * nudge, self._timeout / 20)
                    nudge_at = now + nudge
                    replace_at += self._timeout / 4 if now > replace_at else 0
                await self._node.transport.sleep(pause)
                pause = min(2 * pause, _LAST_PAUSE)
                await self._poll(waiting)
                # What is mined has time to become deep, for as long as the chain goes on.
                if self._head > head and waiting[0].block is not None:
                    started = time.monotonic()
            waiting = sorted((job for job in waiting if job.outcome is None), key=lambda job: job.nonce)

    def _overdue(self, job: Job) -> TransactionError:
        problem = f"not mined within {self._timeout:g} s, it may still be"
        if job.block is not None:
            problem = (
                f"mined in block {job.block} and waiting for confirmations ({self._confirmations}), but no "
                f"further block came within {self._timeout:g} s, as on a chain that mines only what is sent"
            )
        tx_hash = next(iter(job.hashes), None)
        return TransactionError(f"{problem}: call again to go on waiting", tx_hash=tx_hash)

    async def _poll(self, waiting: Sequence[Job]) -> None:
        # The chain takes an account's transactions by their nonces: behind one it lacks there is none.
        for start in range(0, len(waiting), _BATCH):
            group = waiting[start : start + _BATCH]
            asked = [(job, tx_hash) for job in group for tx_hash in job.hashes]
            requests: list[tuple[str, list[Any]]] = [
                ("eth_getTransactionReceipt", [tx_hash]) for _, tx_hash in asked
            ]
            if self._confirmations != 1:
                requests += [("eth_getBlockByNumber", [tag, False]) for tag in ("latest", "finalized")]
            answers = await self._node.batch(requests)
            for job in group:
                job.block = None
            for (job, _), receipt in zip(asked, answers, strict=False):
                if isinstance(receipt, dict):
                    job.block = int(receipt["blockNumber"], 16)
                    if self._is_deep(job.block, *answers[len(asked) :]):
                        job.outcome = await self._outcome(job, receipt)
            if any(job.outcome is None for job in group):
                return

    def _is_deep(self, block: int, latest: Any = None, finalized: Any = None) -> bool:
        if self._confirmations == 1:
            return True
        if isinstance(latest, dict):
            self._head = int(latest["number"], 16)
        if self._confirmations == "finalized":
            return isinstance(finalized, dict) and int(finalized["number"], 16) >= block
        return isinstance(latest, dict) and self._head >= block + self._confirmations - 1

    async def _nudge(self, job: Job, *, replace: bool) -> None:
        """See what became of the transaction that is next; send it again if the node does not know it."""
        async with self._lock:
            hashes = list(job.hashes)
            try:
                await self._look_after(job, replace=replace)
            except (NodeError, TransactionError, ConfigurationError):
                # It is out, and only its end decides, whatever the node refuses meanwhile.
                job.is_out, job.hashes = True, job.hashes or hashes

    async def _look_after(self, job: Job, *, replace: bool) -> None:
        if await self._known(job):
            job.lost = 0
            if replace:
                await self._replace(job)
            return
        # Unknown more than once: a node that is mining it knows it neither as pending nor as mined, and
        # nodes behind one address may be of different age.
        job.lost += 1
        if job.lost < _LOST:
            return
        job.lost = 0
        if await self._count("latest") > job.nonce:
            # Mined since it was looked for, it is known now.
            if not await self._known(job):
                job.recall()
                await self._launch([job])
        elif await self._count("pending") <= job.nonce and not await self._accepted(
            job, (await self._node.batch([job.request]))[0]
        ):
            await self._launch([job])

    async def _replace(self, job: Job) -> None:
        """Offer more for a transaction that is stuck; all its forms have one nonce, so one of them lands."""
        raised = await self._fees.raised(job.fees)
        if raised is not None:
            await self._sign(job, raised)
            answer = (await self._node.batch([job.request]))[0]
            if isinstance(answer, str) and answer not in job.hashes:
                job.hashes.append(answer)

    # ------------------------------------------------------------------------------------------------ the end

    async def _outcome(self, job: Job, receipt: Mapping[str, Any]) -> Result | ContractRevert:
        result = result_of(receipt)
        return result if int(receipt.get("status", "0x1"), 16) else await self._reason(job, result)

    async def _reason(self, job: Job, result: Result) -> ContractRevert:
        # Receipts hold no reasons: the call is made again on the state before its block, and after it.
        for number in (result.block - 1, result.block):
            answer = (await self._node.batch([("eth_call", [job.call.fields(self.address), hex(number)])]))[0]
            if isinstance(answer, NodeError) and answer.revert is not None:
                return decode_error(answer.revert, tx_hash=result.tx_hash)
        problem = "ran out of gas" if result.gas_used >= job.gas else "reverted, and would not now"
        message = f"transaction {result.tx_hash} {problem}: look at it, then call again"
        return ContractRevert(message, tx_hash=result.tx_hash)


def result_of(receipt: Mapping[str, Any]) -> Result:
    """What a receipt says that a transaction did."""
    tx_hash, block = receipt["transactionHash"], int(receipt["blockNumber"], 16)
    gas_used, contract = int(receipt["gasUsed"], 16), receipt.get("contractAddress")
    events = tuple(decode_event(log) for log in receipt["logs"])
    if contract is None:
        return Result(tx_hash, block, gas_used, events)
    return Creation(tx_hash, block, gas_used, events, contract=address_of(int(contract, 16)))
