"""Duties put into transactions, each of bounded gas, and what transactions did of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from proofdesk._abi import encode_call
from proofdesk._deployments import Deployment
from proofdesk._errors import InvalidArgument
from proofdesk._models import Act, Actor, Result
from proofdesk._outbox import Call
from proofdesk.ops.keeper.agenda import UPKEEP, Item
from proofdesk.ops.keeper.duties import Duty

# Units of gas that one may use at most, receivers and tokens that burn what they are given included;
# tests/keeper/test_costs.py holds them against the contracts.
COSTS: Mapping[Duty, int] = {
    Duty.EXPIRE: 80_000,
    Duty.NOTE: 130_000,
    Duty.COMPENSATE: 450_000,
    Duty.RELEASE: 80_000,
    Duty.SETTLE: 100_000,
}
PAYMENT_COST = 400_000
PAYMENTS = 20  # that DeskUpkeep makes of a token at once
BASE_COST = 100_000
_STUBBORN = 2  # times in vain; once is what another keeper may cause
LEAST_GAS = BASE_COST + COSTS[Duty.SETTLE] + PAYMENTS * PAYMENT_COST


@dataclass(frozen=True, slots=True)
class Terms:
    """How a keeper works: `acts` or `gas` fill a transaction, and so many are `at_once` on their way.

    Of `of` keepers it is number `number`: what is another's it does `interval` later, and as much again for
    each keeper in between. A transaction's gas is half of a block's at most, whatever is said.

    Raises InvalidArgument for what cannot be meant.
    """

    acts: int = 100
    gas: int = 10_000_000
    at_once: int = 4
    number: int = 1
    of: int = 1
    interval: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        if min(self.acts, self.at_once) < 1 or self.gas < LEAST_GAS:
            raise InvalidArgument(
                f"{self.acts} acts, {self.gas} gas, {self.at_once} at once: pass 1, {LEAST_GAS} and 1 or more"
            )
        if not 1 <= self.number <= self.of:
            raise InvalidArgument(
                f"keeper {self.number} of {self.of}: pass a number from 1 to how many there are"
            )
        if self.interval < timedelta(0):
            raise InvalidArgument(f"interval {self.interval}: pass 0 or more")

    def wait(self, item: Item) -> int:
        """Seconds that an item is left to those whose turn it is before this keeper's."""
        turn = (int.from_bytes(item.key[-4:], "big") - self.number) % self.of
        return turn * int(self.interval.total_seconds())


@dataclass(frozen=True, slots=True)
class Batch:
    """Items that one transaction does, in the order of their duties."""

    items: Sequence[Item]
    gas: int

    def call(self, deployment: Deployment) -> Call:
        """The transaction: DeskUpkeep's, or TicketDesk's where a desk has no claims."""
        keys = {duty: [item.subject for item in self.items if item.duty is duty] for duty in Duty}
        if UPKEEP in deployment.contracts:
            data = encode_call(UPKEEP, "perform", [keys[duty] for duty in Duty])
            return Call(deployment.contract(UPKEEP).address, data, gas=self.gas)
        data = encode_call("TicketDesk", "expire", keys[Duty.EXPIRE])
        return Call(deployment.contract("TicketDesk").address, data, gas=self.gas)


def batches(items: Iterable[Item], payments: Mapping[bytes, int], acts: int, gas: int) -> Iterator[Batch]:
    """Items in the order in which they were due, as many together as `acts` and `gas` admit, at least one.

    What was tried in vain before goes alone, with all the gas there is, so that it cannot spoil the others'.

    >>> [len(batch.items) for batch in batches(three_items, {}, acts=2, gas=10_000_000)]
    [2, 1]
    """
    group: list[Item] = []
    total = BASE_COST
    for item in sorted(items, key=lambda item: item.due):
        if item.tries >= _STUBBORN:
            yield Batch([item], gas)
            continue
        cost = COSTS[item.duty] + payments.get(item.key, 0) * PAYMENT_COST
        if group and (len(group) == acts or total + cost > gas):
            yield Batch(group, total)
            group, total = [], BASE_COST
        group.append(item)
        total += cost
    if group:
        yield Batch(group, total)


def done_by(result: Result, batch: Batch) -> list[Item]:
    """The items of a batch that a transaction's events show to be done."""
    keys: set[tuple[Duty, str]] = set()
    settled = False
    for event in result.events:
        if isinstance(event, Act):
            if event.kind is Actor.ANYONE:
                keys.add((Duty.EXPIRE, event.ticket_id))
        elif event.name in _SHOWN_BY:
            keys.add((_SHOWN_BY[event.name], str(event.arguments["ticketId"])))
        elif event.name == "UpkeepPerformed":
            settled = bool(event.arguments["settled"])
    return [
        item
        for item in batch.items
        if (item.duty, item.subject) in keys or (item.duty is Duty.SETTLE and settled)
    ]


_SHOWN_BY = {
    "BreachNoted": Duty.NOTE,
    "Compensated": Duty.COMPENSATE,
    "ClaimReleased": Duty.RELEASE,
}
