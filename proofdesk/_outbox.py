"""One account's transactions on their way: nonces, signing, sending, and seeing each to its end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from proofdesk._abi import decode_error, decode_event
from proofdesk._errors import ConfigurationError, ConnectionLost, ContractRevert, TransactionError
from proofdesk._fees import Fees
from proofdesk._models import Result
from proofdesk._rpc import AsyncNode, NodeError
from proofdesk._words import address_of

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from proofdesk.sending.journal import Journal

MAX_IN_FLIGHT = 500  # anvil stalls with some 3,000 pending, public nodes drop what an account queues
_BATCH = 50
_FIRST_PAUSE, _LAST_PAUSE, _NUDGE_PAUSE = 0.001, 0.5, 0.05
_QUICK = 0.5  # seconds: where an act took no longer, the node may hold the next one until it is mined
# A log's append hashes a node more for every doubling, so an act may cost more than when it was estimated.
_HEADROOM = 60_000

Confirmations: TypeAlias = "int | Literal['finalized']"


@dataclass(frozen=True, slots=True)
class Call:
    """What to send; `to` None creates a contract, `value` is wei, `gas` None has it estimated.

    `most` is the most that is ever offered for a unit of this call's gas, wei; None leaves it to the sender.
    """

    to: str | None
    data: bytes
    value: int = 0
    gas: int | None = None
    most: int | None = None

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

    `raws` are its forms as they were signed here, `kept` is what the journal knows it by. `is_taken_up` when
    it broke or was lost before, `block` is where it was mined, while that is not deep enough, `offered` the
    chain's head when its fees were set, `trouble` why it may never be mined.
    """

    call: Call
    gas: int
    nonce: int = 0
    fees: Mapping[str, int] = field(default_factory=dict)
    request: tuple[str, list[Any]] = ("", [])
    hashes: list[str] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)
    kept: str = ""
    is_out: bool = False
    is_taken_up: bool = False
    block: int | None = None
    lost: int = 0
    offered: int = -1
    trouble: str = ""
    outcome: Result | ContractRevert | None = None


class Outbox:
    """Sends an account's jobs; threads and tasks may share it."""

    def __init__(
        self,
        node: AsyncNode,
        account: LocalAccount | str,
        fees: Fees,
        confirmations: Confirmations,
        timeout: float,
        gas_margin: float,
        chain_id: int | None,
        journal: Journal | None,
    ) -> None:
        # Late: who only reads needs nothing of it.
        from proofdesk.sending.post import Post

        self.node = node
        self.fees = fees
        self.post = Post(node, account, chain_id, journal)
        self.address = self.post.address
        self._confirmations = confirmations
        self._timeout = timeout
        self._gas_margin = gas_margin
        self._lock = node.transport.lock()
        self._next = self._flying = self._head = self._mined = 0
        self._callers: set[int] = set()
        self._is_quick = False

    async def deliver(self, jobs: Sequence[Job]) -> None:
        """Send what was not sent yet, 500 at a time in flight, and wait until every job has an outcome.

        Raises the ContractRevert of an estimate before anything is sent, InsufficientFunds, TransactionError,
        ConnectionLost; some jobs may then be out all the same.
        """
        self._callers.add(id(jobs))
        try:
            for start in range(0, len(jobs), MAX_IN_FLIGHT):
                await self._deliver(jobs[start : start + MAX_IN_FLIGHT], jobs)
        finally:
            self._callers.discard(id(jobs))

    async def _deliver(self, jobs: Sequence[Job], kinds: Sequence[Job]) -> None:
        started = time.monotonic()
        async with self._lock:
            # The line, or the process before this one, may have broken before the node heard of them.
            again = [job for job in jobs if job.is_taken_up and job.raws and job.outcome is None]
            for start in range(0, len(again), _BATCH):
                await self.post.submit_again(again[start : start + _BATCH])
            await self.launch([job for job in jobs if not job.is_out], kinds)
            self._flying += 1
        try:
            await self._settle(jobs)
            self._is_quick = len(jobs) == 1 and time.monotonic() < started + _QUICK
        finally:
            async with self._lock:
                self._flying -= 1

    # ------------------------------------------------------------------------------------------------ sending

    async def launch(self, jobs: Sequence[Job], kinds: Sequence[Job] = ()) -> None:
        """Sign and send until the node has each; those that are not out get a nonce. Under the lock.

        Of each kind (receiver, function, length) one call is estimated for all.
        """
        while jobs:
            alike: dict[tuple[str | None, bytes, int], list[Job]] = {}
            for job in kinds or jobs:
                if not job.gas:
                    alike.setdefault((job.call.to, job.call.data[:4], len(job.call.data)), []).append(job)
            asked: list[tuple[str, list[Any]]] = [
                ("eth_estimateGas", [each[0].call.fields(self.address)]) for each in alike.values()
            ]
            asked += [("eth_getTransactionCount", [self.address, "pending"]), *self.fees.questions()]
            answers = await self.node.batch(asked)
            for each, answer in zip(alike.values(), answers, strict=False):
                if isinstance(answer, NodeError):
                    raise (
                        TransactionError(str(answer))
                        if answer.revert is None
                        else decode_error(answer.revert)
                    )
                gas = int(_number(answer) * self._gas_margin) + _HEADROOM
                for job in each:
                    job.gas = gas
            # With nothing else on its way the node knows best, also after the chain was reset.
            nonce = max(self._next if self._flying else 0, _number(answers[len(alike)]))
            self.fees.learnt(answers[len(alike) + 1 :])
            for job in jobs:
                job.fees, job.offered = self.fees.within(job.call.most), self.fees.head
            refused: list[Job] = []
            for start in range(0, len(jobs), _BATCH):
                group = jobs[start : start + _BATCH]
                for job in group:
                    if not job.is_out:
                        job.nonce, nonce = nonce, nonce + 1
                        job.hashes, job.raws = [], []
                at_once = self._is_quick and len(self._callers) == 1
                answers = await self.post.submit(group, at_once=at_once)
                refused += [
                    job
                    for job, answer in zip(group, answers, strict=True)
                    if not await self.accepted(job, answer)
                ]
                self._next = nonce  # only now: who fails above leaves no gap to those after him
            jobs = refused

    async def accepted(self, job: Job, answer: Any) -> bool:
        """Whether the node has it; False if it is to be signed anew. Raises why it never will be taken."""
        if isinstance(answer, NodeError):
            # Late: most never need what helps in trouble.
            from proofdesk.sending.trouble import is_there_all_the_same

            return await is_there_all_the_same(self, job, answer)
        if isinstance(answer, Mapping):
            if self._confirmations == 1:
                job.outcome = await self._outcome(job, answer)
        elif answer not in job.hashes:
            job.hashes.append(answer)
        return True

    async def count(self, tag: str) -> int:
        """How many transactions of the account the chain has, up to a tag."""
        return await self.node.quantity("eth_getTransactionCount", self.address, tag)

    # ------------------------------------------------------------------------------------------------ waiting

    async def _settle(self, jobs: Iterable[Job]) -> None:
        """Poll until each job has an outcome; raises TransactionError when nothing happens for `timeout`."""
        waiting = _unsettled(jobs)
        while waiting:
            started = time.monotonic()
            # Many take a while, and each look at them takes the node's time from mining them.
            pause, nudge = _FIRST_PAUSE * min(len(waiting), 10), _NUDGE_PAUSE
            nudge_at, replace_at = started + nudge, started + self._timeout / 4
            await self._poll(waiting)
            # Until one of them is at its end: then the patience with the next one begins anew.
            while all(job.outcome is None for job in waiting):
                now, head = time.monotonic(), self._head
                if now > started + self._timeout:
                    # Late, as what helps in trouble.
                    from proofdesk.sending.trouble import overdue

                    raise overdue(waiting[0], self._timeout, self._confirmations)
                if now > nudge_at and waiting[0].block is None:
                    await self._nudge(waiting, replace=now > replace_at)
                    nudge = min(2 * nudge, self._timeout / 20)
                    nudge_at = now + nudge
                    replace_at += self._timeout / 4 if now > replace_at else 0
                await self.node.transport.sleep(pause)
                pause = min(2 * pause, _LAST_PAUSE)
                await self._poll(waiting)
                # What is mined has time to become deep, for as long as the chain goes on.
                if self._head > head and waiting[0].block is not None:
                    started = time.monotonic()
            waiting = _unsettled(waiting)

    async def _poll(self, waiting: Sequence[Job]) -> None:
        for job in waiting:
            job.block = None
        if len(waiting) > 1:
            # The chain takes an account's transactions by their nonces: behind one it lacks there is none.
            before, self._mined = self._mined, await self.count("latest")
            least = min(_BATCH, len(waiting))
            waiting = [job for job in waiting if job.nonce < self._mined]
            # While more are coming, a few are not worth a request, which takes the node from mining them.
            if len(waiting) < least and self._mined != before:
                return
        for start in range(0, len(waiting), _BATCH):
            group = waiting[start : start + _BATCH]
            asked = [(job, tx_hash) for job in group for tx_hash in job.hashes]
            requests: list[tuple[str, list[Any]]] = [
                ("eth_getTransactionReceipt", [tx_hash]) for _, tx_hash in asked
            ]
            if self._confirmations != 1:
                requests += [("eth_getBlockByNumber", [tag, False]) for tag in ("latest", "finalized")]
            answers = await self.node.batch(requests)
            for (job, _), receipt in zip(asked, answers, strict=False):
                if is_receipt(job, receipt):
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

    async def _nudge(self, waiting: Sequence[Job], *, replace: bool) -> None:
        """See what became of the transaction that is next; send it again if the node does not know it."""
        from proofdesk.sending.trouble import look_after

        job = waiting[0]
        async with self._lock:
            hashes = list(job.hashes)
            try:
                await look_after(self, job, waiting[1:], replace=replace)
            except (NodeError, TransactionError, ConfigurationError):
                # It is out, and only its end decides, whatever the node refuses meanwhile.
                job.is_out, job.hashes = True, job.hashes or hashes

    # ------------------------------------------------------------------------------------------------ the end

    async def _outcome(self, job: Job, receipt: Mapping[str, Any]) -> Result | ContractRevert:
        result = result_of(receipt)
        if int(receipt.get("status", "0x1"), 16):
            return result
        # Late, as what helps in trouble.
        from proofdesk.sending.trouble import reason

        return await reason(self, job, result)


def is_receipt(job: Job, answer: Any) -> bool:
    """Whether it says that the job, and no other one, was mined."""
    return isinstance(answer, Mapping) and (
        answer.get("transactionHash") in job.hashes and bool(answer.get("blockNumber"))
    )


def result_of(receipt: Mapping[str, Any]) -> Result:
    """What a receipt says that a transaction did."""
    tx_hash, block = receipt["transactionHash"], int(receipt["blockNumber"], 16)
    gas_used, contract = int(receipt["gasUsed"], 16), receipt.get("contractAddress")
    events = tuple(decode_event(log) for log in receipt["logs"])
    if contract is None:
        return Result(tx_hash, block, gas_used, events)
    return Creation(tx_hash, block, gas_used, events, contract=address_of(int(contract, 16)))


def _unsettled(jobs: Iterable[Job]) -> list[Job]:
    return sorted((job for job in jobs if job.outcome is None), key=lambda job: job.nonce)


def _number(answer: Any) -> int:
    if isinstance(answer, NodeError):
        raise answer
    try:
        return int(answer, 16)
    except (TypeError, ValueError):
        raise ConnectionLost(
            "what answers is no node: see where the address leads, then call again"
        ) from None
