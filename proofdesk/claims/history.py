"""A merchant's claims from the first one on, judged in their order as the contract judged them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from proofdesk._errors import InvalidArgument
from proofdesk.claims.judgement import Facts, judge, payable
from proofdesk.claims.values import (
    MAX_CLAIMS,
    EvidenceKind,
    Judgement,
    Policy,
    Reason,
    Receipt,
    Rule,
    Verdict,
    mask_of,
)


@dataclass(frozen=True, slots=True)
class Filing:
    """A claim as it was filed at a moment; `customer` is who filed it, by default the receipt's."""

    receipt: Receipt
    reason: Reason
    amount: int
    at: datetime
    evidence: tuple[EvidenceKind, ...] = ()
    customer: str = ""


@dataclass(slots=True)
class _Order:
    """As the chain keeps it: `live` has a bit a reason, `paid_for` a place."""

    receipt: Receipt | None = None
    paid: int = 0
    claims: int = 0
    live: int = 0
    paid_for: list[int] = field(default_factory=lambda: [0] * len(Reason))


class History:
    """What orders were paid, and how often they were claimed on, so far.

    `policies` are all that receipts name. Raises InvalidArgument for a receipt of another policy, and for
    what the contract would not take at all.

    >>> policy = Policy(ETH, (Rule(Reason.RETURN, timedelta(days=30), 10_000, (), 500, lane=4),))
    >>> bought = datetime(2026, 1, 1, tzinfo=timezone.utc)
    >>> who, order = "0x" + 20 * "11", "0x" + 32 * "22"
    >>> receipt = Receipt(who, order, who, order, 400, bought, policy.id)
    >>> history = History([policy])
    >>> filing = Filing(receipt, Reason.RETURN, 300, bought + timedelta(days=2))
    >>> [judged.verdict.name for judged in history.replay([filing, filing])]
    ['APPROVED', 'DENIED']
    """

    def __init__(self, policies: Iterable[Policy]) -> None:
        # By a policy's id, then by the reason's number.
        self._rules = {policy.id: [policy.rule(reason) for reason in Reason] for policy in policies}
        self._orders: dict[tuple[str, str], _Order] = {}

    def replay(self, filings: Iterable[Filing]) -> Iterator[Judgement]:
        """Judge claims in their order, each as `file` does."""
        return map(self.file, filings)

    def file(self, filing: Filing) -> Judgement:
        """Judge a claim, and remember what came of it; a stranger's leaves the order as it is."""
        order, facts = self._facts(filing)
        judgement = judge(self._rule(filing.receipt, filing.reason), facts)
        if not facts.is_customer:
            return judgement
        order.receipt = filing.receipt
        order.claims = min(order.claims + 1, MAX_CLAIMS)
        if judgement.verdict is Verdict.APPROVED:
            self._pay(order, filing.reason, judgement.amount)
        elif judgement.verdict is Verdict.REVIEW:
            order.live |= 1 << filing.reason
        self._keep(filing.receipt, order)
        return judgement

    def facts(self, filing: Filing) -> Facts:
        """What a claim would be judged by; nothing is remembered."""
        return self._facts(filing)[1]

    def decide(self, receipt: Receipt, reason: Reason, amount: int, *, again: bool = False) -> None:
        """Remember an agent's decision, which paid `amount`, 0 for nothing, and ended the review.

        A claim that is decided `again`, because its customer objected, was under review no more. Raises
        InvalidArgument for more than the contract would have paid.
        """
        order = self._order(receipt)
        rule = self._rule(receipt, reason)
        bound = payable(rule, receipt.price, order.paid, order.paid_for[reason]) if rule else 0
        if not 0 <= amount <= bound:
            raise InvalidArgument(f"a decision of {amount}: at most {bound} can be paid on this order")
        if not again:
            order.live &= ~(1 << reason)
        self._pay(order, reason, amount)
        self._keep(receipt, order)

    def release(self, receipt: Receipt, reason: Reason) -> None:
        """Remember that a claim under review ended with its ticket."""
        self._order(receipt).live &= ~(1 << reason)

    def _facts(self, filing: Filing) -> tuple[_Order, Facts]:
        receipt = filing.receipt
        order = self._order(receipt)
        return order, Facts(
            receipt.price,
            int(receipt.purchased_at.timestamp()),
            filing.amount,
            int(filing.at.timestamp()),
            mask_of(filing.evidence),
            order.paid,
            order.paid_for[filing.reason],
            order.claims,
            bool(order.live >> filing.reason & 1),
            filing.customer in ("", receipt.customer),
        )

    def _order(self, receipt: Receipt) -> _Order:
        order = self._orders.get((receipt.merchant, receipt.order_id))
        if order is None:
            return _Order()
        if order.receipt is not receipt and order.receipt != receipt:
            raise InvalidArgument(
                f"order {receipt.order_id} has another receipt: the one that was filed first counts"
            )
        return order

    def _keep(self, receipt: Receipt, order: _Order) -> None:
        self._orders[receipt.merchant, receipt.order_id] = order

    def _rule(self, receipt: Receipt, reason: Reason) -> Rule | None:
        try:
            return self._rules[receipt.policy_id][reason]
        except KeyError:
            raise InvalidArgument(
                f"policy {receipt.policy_id} is not known here: pass all that receipts name to History"
            ) from None

    @staticmethod
    def _pay(order: _Order, reason: Reason, amount: int) -> None:
        order.paid += amount
        order.paid_for[reason] += amount
