"""Whether what the agenda says can be done now: each duty is called, and not sent, on the block to come.

So nothing is sent early, nothing that another keeper has done, and nothing that would fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proofdesk._abi import decode_error, decode_result, encode_call
from proofdesk._contract_errors import (
    DailyCapReached,
    Excluded,
    NotYetDue,
    OrderNotEligible,
)
from proofdesk._deployments import Deployment
from proofdesk._errors import ContractRevert, ProofdeskError
from proofdesk._reader import NodeContradicts, sound
from proofdesk._rpc import Node, NodeError
from proofdesk.ops.keeper.agenda import Agenda, Item
from proofdesk.ops.keeper.batches import COSTS, PAYMENTS
from proofdesk.ops.keeper.duties import Duty

DAY = 86_400
_LAST = 1 << 40  # seconds: no chain's time
_TOGETHER = 100  # tickets in one call at most, and calls in one request


@dataclass(frozen=True, slots=True)
class Moment:
    """The block to come, as the node foresees it: `tag` names it, `time` is seconds, `block` the last one's.

    `gas_limit` is units of gas in a block.
    """

    tag: str
    time: int
    block: int
    gas_limit: int


@dataclass(slots=True)
class Found:
    """What became of items looked at: those to be done now, and those in vain, each with why.

    `payments` are how many of a token's payments can be made.
    """

    now: list[Item] = field(default_factory=list)
    vain: list[tuple[Item, str]] = field(default_factory=list)
    payments: dict[bytes, int] = field(default_factory=dict)


class Looking:
    """Asks a desk's contracts, as `account` would call them with so much `gas`."""

    def __init__(
        self, agenda: Agenda, node: Node, deployment: Deployment, account: str | None, gas: int
    ) -> None:
        self._agenda = agenda
        self._node = node
        self._contracts = deployment.contracts
        self._gas = gas
        self._from = {"gas": hex(gas)} | ({} if account is None else {"from": account})

    def moment(self) -> Moment:
        """The block to come; the last one, where the node foresees none. Raises ConnectionLost, NodeError."""
        asked = [("eth_getBlockByNumber", [tag, False]) for tag in ("latest", "pending")]
        latest, pending = self._node.batch(asked)
        if isinstance(latest, NodeError):
            raise latest
        tag = "latest"
        with sound("a block"):
            block, limit, time = (int(latest[name], 16) for name in ("number", "gasLimit", "timestamp"))
            # Not every node has one, and of some it is older than the last block.
            if isinstance(pending, dict) and (coming := int(pending["timestamp"], 16)) > time:
                time, tag = coming, "pending"
            if time >= _LAST:
                raise NodeContradicts(f"its block's time is {time}")
        return Moment(tag, time, block, limit)

    def look(self, items: Sequence[Item], at: Moment) -> Found:
        """Look at items; those that can be done later, or never, are noted down in the agenda as such.

        Raises ConnectionLost, NodeError where a node answers nothing at all.
        """
        found = Found()
        for duty in (Duty.EXPIRE, Duty.NOTE):
            contract, function = _TAKES_MANY[duty]
            self._look_at_many(contract, function, [item for item in items if item.duty is duty], at, found)
        for duty in (Duty.COMPENSATE, Duty.RELEASE, Duty.SETTLE):
            contract, function = _TAKES_ONE[duty]
            self._look_at_each(contract, function, [item for item in items if item.duty is duty], at, found)
        self._keep_to_caps(at, found)
        return found

    # ----------------------------------------------------------------------------------- how they are asked

    def _look_at_many(
        self, contract: str, function: str, items: Sequence[Item], at: Moment, found: Found
    ) -> None:
        """Of tickets that one call takes, its count tells how many it would do; halves tell which."""
        together = min(_TOGETHER, self._gas // COSTS[items[0].duty]) if items else 1
        groups = [items[start : start + together] for start in range(0, len(items), together)]
        while groups:
            keys = [[item.subject for item in group] for group in groups]
            answers = self._calls(contract, [encode_call(contract, function, each) for each in keys], at)
            halves = []
            for group, answer in zip(groups, answers, strict=True):
                count, problem = _count(contract, function, answer)
                if count == len(group):
                    found.now += group
                elif len(group) == 1 or (count == 0 and problem == "nothing"):
                    found.vain += [(item, problem) for item in group]
                else:
                    middle = len(group) // 2
                    halves += [group[:middle], group[middle:]]
            groups = halves

    def _look_at_each(
        self, contract: str, function: str, items: Sequence[Item], at: Moment, found: Found
    ) -> None:
        for start in range(0, len(items), _TOGETHER):
            group = items[start : start + _TOGETHER]
            more = (PAYMENTS,) if contract == "RefundVault" else ()
            data = [encode_call(contract, function, item.subject, *more) for item in group]
            for item, answer in zip(group, self._calls(contract, data, at), strict=True):
                if isinstance(answer, NodeError):
                    self._put_off(item, answer, at, found)
                    continue
                found.now.append(item)
                if more:
                    found.payments[item.key] = _count(contract, function, answer)[0]

    def _put_off(self, item: Item, refusal: NodeError, at: Moment, found: Found) -> None:
        """Note down when what cannot be done now is to be looked at again."""
        error = _why(refusal)
        look = 0
        if isinstance(error, NotYetDue):
            look = error.due_at
        elif isinstance(error, DailyCapReached):
            look = (error.day + 1) * DAY
        # A node may judge by another block than the one that it foresees: not to be asked in haste then.
        if at.time < look < _LAST:
            # Its moment stays: who has waited longest comes first.
            self._agenda.put_off(item, look)
        elif isinstance(error, (Excluded, OrderNotEligible)) or (
            item.duty is Duty.SETTLE and self._is_settled(item.subject, at)
        ):
            self._agenda.drop(item, at.block)
        else:
            found.vain.append((item, str(error)))

    def _is_settled(self, token: str, at: Moment) -> bool:
        """Whether no payment waits in a token any more."""
        answer = self._calls("RefundVault", [encode_call("RefundVault", "queue", token)], at)[0]
        if isinstance(answer, NodeError):
            raise answer
        with sound("a queue"):
            head, tail = decode_result("RefundVault", "queue", bytes.fromhex(answer[2:]))
        return bool(head == tail)

    def _keep_to_caps(self, at: Moment, found: Found) -> None:
        """Each of a lane's compensations could be paid, but all of them only within what its day has left."""
        due = [item for item in found.now if item.duty is Duty.COMPENSATE]
        lanes = self._agenda.tickets(item.key for item in due)
        room = self._room({ticket.lane for ticket in lanes.values()}, at)
        for item in sorted(due, key=lambda item: item.due):
            lane = lanes[item.key].lane
            if room[lane] > 0:
                room[lane] -= 1
                continue
            found.now.remove(item)
            self._agenda.put_off(item, (at.time // DAY + 1) * DAY)

    def _room(self, lanes: set[int], at: Moment) -> dict[int, int]:
        """How many compensations each lane may still pay on the day of a moment."""
        asked = [
            encode_call("CompensationDesk", *question)
            for lane in lanes
            for question in (("offerOf", lane), ("paidOn", lane, at.time // DAY))
        ]
        answers = self._calls("CompensationDesk", asked, at)
        room = {}
        for lane, offer, paid in zip(lanes, answers[::2], answers[1::2], strict=True):
            for answer in (offer, paid):
                if isinstance(answer, NodeError):
                    raise answer
            with sound("an offer"):
                _, amount, cap = decode_result("CompensationDesk", "offerOf", bytes.fromhex(offer[2:]))
                left = cap - int(paid, 16)
            if not amount:
                # One of several behind an address, and behind the one that was asked before.
                raise NodeContradicts(f"lane {lane} promises nothing, and its compensations can be paid")
            room[lane] = left // amount
        return room

    def _calls(self, contract: str, data: Sequence[bytes], at: Moment) -> list[Any]:
        """Answers to calls, in order; a NodeError in the place of each that failed."""
        if not data:
            return []
        to: Mapping[str, str] = {"to": self._contracts[contract].address, **self._from}
        return self._node.batch([("eth_call", [{**to, "data": "0x" + each.hex()}, at.tag]) for each in data])


_TAKES_MANY = {Duty.EXPIRE: ("TicketDesk", "expire"), Duty.NOTE: ("CompensationDesk", "note")}
_TAKES_ONE = {
    Duty.COMPENSATE: ("CompensationDesk", "compensate"),
    Duty.RELEASE: ("ClaimDesk", "release"),
    Duty.SETTLE: ("RefundVault", "settle"),
}
_NOTHING = ("NothingOverdue", "NothingToNote")


def _count(contract: str, function: str, answer: Any) -> tuple[int, str]:
    """How many of its items a call would do, and why not all."""
    if isinstance(answer, NodeError):
        error = _why(answer)
        return 0, "nothing" if type(error).__name__ in _NOTHING else str(error)
    with sound("a count"):
        return int(decode_result(contract, function, bytes.fromhex(answer[2:]))), "nothing"


def _why(refusal: NodeError) -> ProofdeskError | ContractRevert:
    return refusal if refusal.revert is None else decode_error(refusal.revert)
