"""Orders and claims a second time, as far as money goes: what is asked, paid, kept, compensated."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.helpers.claim_items import ClaimState, Reason, Rule
from tests.helpers.claims import Filing

FULL = 10_000
MOST_CLAIMS = 8


def rules(lane: int) -> tuple[Rule, ...]:
    """Paid at once in full and in half up to a limit; and never without an agent."""
    return (
        Rule(Reason.RETURN, window=2**32 - 1, automatic_limit=40_000, lane=lane),
        Rule(Reason.DEFECT, window=2**32 - 1, refund=5_000, automatic_limit=80_000, lane=lane),
        Rule(Reason.OVERCHARGED, window=2**32 - 1, refund=9_000, lane=lane, review=True),
    )


@dataclass
class Order:
    """Something that a customer bought in a token."""

    token: str
    customer: str
    lane: int
    price: int
    paid: dict[Reason, int] = field(default_factory=dict)
    claims: int = 0
    live: set[Reason] = field(default_factory=set)
    compensated: bool = False

    @property
    def all_paid(self) -> int:
        """On all its claims."""
        return sum(self.paid.values())

    def rule(self, reason: Reason) -> Rule:
        """The policy's."""
        return next(each for each in rules(self.lane) if each.reason == reason)

    def refundable(self, reason: Reason) -> int:
        """What may still be paid for a reason."""
        share = self.price * self.rule(reason).refund // FULL
        return min(share - self.paid.get(reason, 0), self.price - self.all_paid)

    def judged(self, reason: Reason, amount: int) -> ClaimState:
        """What a claim comes to, filed by its customer with all that it needs."""
        met = 0 < amount <= self.refundable(reason) and reason not in self.live
        if not met or self.claims >= MOST_CLAIMS:
            return ClaimState.DENIED
        rule = self.rule(reason)
        automatic = not rule.review and self.all_paid + amount <= rule.automatic_limit
        return ClaimState.PAID if automatic else ClaimState.REVIEW

    def book(self, reason: Reason, amount: int) -> None:
        """An amount was paid, or will be."""
        self.paid[reason] = self.paid.get(reason, 0) + amount
        assert self.all_paid <= self.price


@dataclass
class Claim:
    """A claim that was filed."""

    filing: Filing
    order: Order
    reason: Reason
    remaining: int
    state: ClaimState
    paid_at_once: bool = False
    """The chain keeps no claim of it, so a breach of its reopened ticket pays nothing."""
    noted: int = 0
    """When its ticket was breached, seconds."""
    compensated: bool = False

    @property
    def ticket_id(self) -> bytes:
        """Its ticket."""
        return self.filing.ticket_id

    @property
    def bound(self) -> int:
        """What a decision may pay."""
        if self.state is ClaimState.DENIED:
            return 0
        return min(self.remaining, self.order.refundable(self.reason))
