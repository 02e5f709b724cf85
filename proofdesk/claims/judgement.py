"""The judgement of a claim: that of contracts/libraries/ClaimRules.sol, to the bit.

It reads and writes nothing, and knows whole numbers only: seconds since 1970, smallest units of the token,
basis points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from proofdesk.claims.values import FULL_REFUND, MAX_CLAIMS, FailedRule, Judgement, Rule, Verdict

# Plain numbers: to combine flags takes longer than all the rest.
_REASON_NOT_COVERED: Final = int(FailedRule.REASON_NOT_COVERED)
_DATE_IN_FUTURE: Final = int(FailedRule.DATE_IN_FUTURE)
_OUT_OF_WINDOW: Final = int(FailedRule.OUT_OF_WINDOW)
_NOT_THE_CUSTOMER: Final = int(FailedRule.NOT_THE_CUSTOMER)
_NOTHING_ASKED: Final = int(FailedRule.NOTHING_ASKED)
_OVER_REFUND: Final = int(FailedRule.OVER_REFUND)
_OVER_PRICE: Final = int(FailedRule.OVER_PRICE)
_TOO_MANY_CLAIMS: Final = int(FailedRule.TOO_MANY_CLAIMS)
_CLAIM_UNDER_REVIEW: Final = int(FailedRule.CLAIM_UNDER_REVIEW)
_EVIDENCE_MISSING: Final = 16
_NONE: Final = FailedRule(0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a claim is judged by, and nothing else.

    `price` and `purchased_at` are the receipt's, `amount` is asked for, `time` the judgement's; `evidence`
    has a bit for each kind that is there. Of the order: `paid_on_order` and of it `paid_for_reason`, so many
    `claims` before, `live` where one for this reason is under review.
    """

    price: int
    purchased_at: int
    amount: int
    time: int
    evidence: int = 0
    paid_on_order: int = 0
    paid_for_reason: int = 0
    claims: int = 0
    live: bool = False
    is_customer: bool = True


def judge(rule: Rule | None, facts: Facts) -> Judgement:
    """Judge a claim by the policy's rule for its reason; None where the policy has none.

    >>> rule = Rule(Reason.RETURN, timedelta(days=30), 10_000, automatic_limit=500, lane=4)
    >>> judge(rule, Facts(price=900, purchased_at=0, amount=500, time=86_400)).verdict
    <Verdict.APPROVED: 1>
    >>> judge(rule, Facts(price=900, purchased_at=0, amount=501, time=86_400)).verdict
    <Verdict.REVIEW: 3>
    >>> judge(rule, Facts(price=900, purchased_at=0, amount=500, time=9_000_000)).failed
    <FailedRule.OUT_OF_WINDOW: 4>
    """
    if failed := _failed(rule, facts):
        return Judgement(Verdict.DENIED, 0, FailedRule(failed))
    # Without a rule something has failed.
    is_automatic = (
        rule is not None and not rule.review and facts.paid_on_order + facts.amount <= rule.automatic_limit
    )
    return Judgement(Verdict.APPROVED if is_automatic else Verdict.REVIEW, facts.amount, _NONE)


def payable(rule: Rule, price: int, paid_on_order: int, paid_for_reason: int) -> int:
    """What can still be paid for a reason on an order: within the rule's part of the price, and the price.

    It is `ClaimRules.refundable` of the contracts; amounts are in the token's smallest units.

    >>> payable(Rule(Reason.DEFECT, timedelta(days=730), 5_000, lane=4), 1_000, 700, 100)
    300
    """
    for_reason = rule.refundable(price) - paid_for_reason
    return max(0, min(for_reason, price - paid_on_order))


def _failed(rule: Rule | None, facts: Facts) -> int:
    price, amount, time, purchased_at = facts.price, facts.amount, facts.time, facts.purchased_at
    failed = 0
    if purchased_at > time:
        failed |= _DATE_IN_FUTURE
    if not facts.is_customer:
        failed |= _NOT_THE_CUSTOMER
    if amount == 0:
        failed |= _NOTHING_ASKED
    if amount > max(0, price - facts.paid_on_order):
        failed |= _OVER_PRICE
    if facts.claims >= MAX_CLAIMS:
        failed |= _TOO_MANY_CLAIMS
    if facts.live:
        failed |= _CLAIM_UNDER_REVIEW
    if rule is None:
        return failed | _REASON_NOT_COVERED
    _, window, refund, evidence, *_ = rule.abi
    if time > purchased_at + window:
        failed |= _OUT_OF_WINDOW
    if amount > max(0, price * refund // FULL_REFUND - facts.paid_for_reason):
        failed |= _OVER_REFUND
    return failed | (evidence & ~facts.evidence) << _EVIDENCE_MISSING
