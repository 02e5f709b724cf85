"""One account's transactions on their way: nonces, signing, sending, and seeing each to its end."""

from __future__ import annotations

import re
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from proofdesk._abi import decode_error, event_of
from proofdesk._errors import ContractRevert, InvalidArgument, TransactionError
from proofdesk._fees import Fees
from proofdesk._models import Result
from proofdesk._rpc import AsyncNode, NodeError, number
from proofdesk._words import address_of

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from proofdesk.sending.journal import Journal

MAX_IN_FLIGHT = 500  # anvil stalls with some 3,000 pending, public nodes drop what an account queues
MOST_GAS = 1 << 24  # of a transaction, where EIP-7825 holds
BATCH = 50
ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_QUICK = 0.5  # seconds: where an act took no longer, the node may hold the next one until it is mined
# A log's append hashes a node more for every doubling, so an act may cost more than when it was estimated.
_HEADROOM = 60_000
_NOT_IN_LINE = 1 << 63
_EXCEEDED, _TOO_MUCH = "exceeds allowance", ": a block, or the balance, holds less; make several calls of it"

Confirmations: TypeAlias = "int | Literal['finalized']"
Request: TypeAlias = "tuple[str, list[Any]]"


@dataclass(frozen=True, slots=True)
class Call:
    """What to send; `to` None creates a contract, `value` is wei, `gas` None has it estimated.

    `most` is the most that is ever offered for a unit of this call's gas, wei; None leaves it to the sender.

    Raises InvalidArgument for what no transaction can say.

    >>> Call("0x" + 20 * "11", b"", value=1).gas is None
    True
    """

    to: str | None
    data: bytes
    value: int = 0
    gas: int | None = None
    most: int | None = None

    def __post_init__(self) -> None:
        # Where nothing is estimated no node looks at it: an address that is none would create a contract.
        if self.to is not None and not (isinstance(self.to, str) and ADDRESS.fullmatch(self.to)):
            raise InvalidArgument(
                f"to {self.to!r} is no address of 0x and 40 hex digits: pass one, or None for a new contract"
            )
        for name, number_, least, bits in (
            ("value", self.value, 0, 256),
            ("gas", self.gas, 1, 64),
            ("most", self.most, 0, 256),
        ):
            if number_ is None and name != "value":
                continue
            if not isinstance(number_, int) or not least <= number_ < 1 << bits:
                raise InvalidArgument(
                    f"{name} {number_!r}: pass a whole number from {least}, below 2**{bits}"
                )

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
    chain's head when its fees were set, `trouble` why it may never be mined, or deep. `draft` is what
    request, hashes and raws become once its next form is kept.
    """

    call: Call
    gas: int
    nonce: int = 0
    fees: Mapping[str, int] = field(default_factory=dict)
    request: Request = ("", [])
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
    draft: tuple[Request, list[str], list[str]] = (("", []), [], [])


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
        contracts: Container[str] | None,
    ) -> None:
        # Late: who only reads needs nothing of it.
        from proofdesk.sending.post import Post

        self.node = node
        self.fees = fees
        self.post = Post(node, account, chain_id, journal)
        self.address = self.post.address
        self.confirmations = confirmations
        self.timeout = timeout
        self.lock = node.transport.lock()
        self._gas_margin = gas_margin
        self._contracts = contracts
        self._next = 0
        # What each has on its way or is about to send, and his place in the line of those who wait for room.
        self._callers: dict[int, tuple[Sequence[Job], int]] = {}
        self._places, self._placing = count(1), Lock()
        self._is_quick = False

    async def deliver(self, jobs: Sequence[Job]) -> None:
        """Send what was not sent yet, and wait until every job has an outcome.

        Of all callers at most 500 are in flight. Raises the ContractRevert of an estimate before anything is
        sent, InsufficientFunds, TransactionError, ConnectionLost; some jobs may then be out all the same.
        """
        from proofdesk.sending.waiting import Wait

        wait, me = Wait(self), id(jobs)
        flying: list[Job] = []
        started, half = time.monotonic(), MAX_IN_FLIGHT // 2
        try:
            for start in range(0, len(jobs), half):
                step = jobs[start : start + half]
                with self._placing:  # so that who has a later place sees all that are before him
                    self._callers[me] = (flying, next(self._places))
                # The node mines the ones while the next are signed.
                flying = await wait.settle(flying, until=partial(self._has_room, me, len(step)))
                # Taken before the next one's turn, so that no two take the same room.
                flying += step
                self._callers[me] = (flying, _NOT_IN_LINE)
                await self._hand_over(step, jobs)
            await wait.settle(flying)
            self._is_quick = len(jobs) == 1 and time.monotonic() < started + _QUICK
        finally:
            self._callers.pop(me, None)

    def _has_room(self, caller: int, more: int) -> bool:
        """Whether it is a caller's turn, and so many more are not too many."""
        callers = list(self._callers.values())
        if self._callers[caller][1] > min(place for _, place in callers):
            return False
        return sum(job.outcome is None for jobs, _ in callers for job in jobs) + more <= MAX_IN_FLIGHT

    async def _hand_over(self, jobs: Sequence[Job], kinds: Sequence[Job]) -> None:
        async with self.lock:
            # The line, or the process before this one, may have broken before the node heard of them.
            again = [job for job in jobs if job.is_taken_up and job.raws and job.outcome is None]
            for start in range(0, len(again), BATCH):
                await self.post.submit_again(again[start : start + BATCH])
            await self.launch([job for job in jobs if not job.is_out], kinds)

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
            for answer in answers[: len(alike)]:
                if isinstance(answer, NodeError):
                    if answer.revert is not None:
                        raise decode_error(answer.revert)
                    raise TransactionError(f"{answer}{_TOO_MUCH if _EXCEEDED in str(answer) else ''}")
            # With nothing on its way the node knows best, also after the chain was reset.
            is_flying = any(job.is_out for jobs, _ in list(self._callers.values()) for job in jobs)
            counted = number("eth_getTransactionCount", answers[len(alike)])
            nonce = self._next = max(self._next if is_flying else 0, counted)
            self.fees.learnt(answers[len(alike) + 1 :])
            for each, answer in zip(alike.values(), answers, strict=False):
                gas = self._gas(number("eth_estimateGas", answer))
                for job in each:
                    job.gas = gas
            # All are signed first: what comes to a node in one go it mines in fewer blocks.
            for job in jobs:
                job.fees, job.offered = self.fees.within(job.call.most), self.fees.head
                if not job.is_out:
                    job.nonce, nonce = nonce, nonce + 1
                await self.post.sign(job)
            refused: list[Job] = []
            for start in range(0, len(jobs), BATCH):
                group = jobs[start : start + BATCH]
                answers = await self.post.submit(group, at_once=self._is_quick and len(self._callers) == 1)
                refused += [
                    job
                    for job, answer in zip(group, answers, strict=True)
                    if not await self.accepted(job, answer)
                ]
                # Only now: who fails above leaves no gap to those after him.
                self._next = max(self._next, *(job.nonce + 1 for job in group))
            jobs = refused

    def _gas(self, estimate: int) -> int:
        """What is given to a call that was estimated: more, within what a transaction may have."""
        room = self.fees.room
        if estimate > room:
            raise InvalidArgument(
                f"the call takes {estimate:,} gas, and a block of this chain has {room:,}: make several of it"
            )
        most = min(room, MOST_GAS) if estimate <= MOST_GAS else room
        return min(int(estimate * self._gas_margin) + _HEADROOM, most)

    async def accepted(self, job: Job, answer: Any) -> bool:
        """Whether the node has it; False if it is to be signed anew. Raises why it never will be taken."""
        if isinstance(answer, NodeError):
            # Late: most never need what helps in trouble.
            from proofdesk.sending.trouble import is_there_all_the_same

            return await is_there_all_the_same(self, job, answer)
        if isinstance(answer, Mapping):
            if self.confirmations == 1:
                job.outcome = await self.outcome(job, answer)
        elif not self.post.is_signed_here and isinstance(answer, str):
            job.hashes.append(answer)
        return True

    async def count(self, tag: str) -> int:
        """How many transactions of the account the chain has, up to a tag."""
        return await self.node.quantity("eth_getTransactionCount", self.address, tag)

    async def outcome(self, job: Job, receipt: Mapping[str, Any]) -> Result | ContractRevert:
        """What a receipt says that became of a job."""
        result = result_of(receipt, self._contracts)
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


def result_of(receipt: Mapping[str, Any], contracts: Container[str] | None = None) -> Result:
    """What a receipt says that a transaction did; `contracts` are those whose logs are read, None all."""
    tx_hash, block = receipt["transactionHash"], int(receipt["blockNumber"], 16)
    gas_used, contract = int(receipt["gasUsed"], 16), receipt.get("contractAddress")
    events = tuple(event_of(log, contracts) for log in receipt["logs"])
    if contract is None:
        return Result(tx_hash, block, gas_used, events)
    return Creation(tx_hash, block, gas_used, events, contract=address_of(int(contract, 16)))
