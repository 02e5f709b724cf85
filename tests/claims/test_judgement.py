"""The judgement: each rule alone, on both sides of its boundary, written from the design."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proofdesk.claims import EvidenceKind, Facts, FailedRule, Judgement, Reason, Rule, Verdict, judge, payable

PRICE, BOUGHT, WINDOW = 1_000, 1_000_000, 3_600
RULE = Rule(
    Reason.RETURN,
    timedelta(seconds=WINDOW),
    6_000,
    (EvidenceKind.RETURN, EvidenceKind.PHOTO),
    400,
    lane=4,
)
GOOD = Facts(price=PRICE, purchased_at=BOUGHT, amount=400, time=BOUGHT + 60, evidence=1 << 1 | 1 << 12)
APPROVED = Judgement(Verdict.APPROVED, 400, FailedRule(0))


def judged(rule: Rule | None = RULE, **changes: Any) -> Judgement:
    """The good claim with something else about it."""
    return judge(rule, replace(GOOD, **changes))


def test_a_claim_that_meets_every_rule_is_paid_at_once() -> None:
    assert judged() == APPROVED


ALONE = [
    (FailedRule.DATE_IN_FUTURE, {"time": BOUGHT - 1}, {"time": BOUGHT}),
    (FailedRule.OUT_OF_WINDOW, {"time": BOUGHT + WINDOW + 1}, {"time": BOUGHT + WINDOW}),
    (FailedRule.NOT_THE_CUSTOMER, {"is_customer": False}, {}),
    (FailedRule.NOTHING_ASKED, {"amount": 0}, {"amount": 1}),
    (FailedRule.OVER_REFUND, {"amount": 601}, {"amount": 600}),
    (FailedRule.OVER_REFUND, {"paid_for_reason": 201}, {"paid_for_reason": 200}),
    (FailedRule.OVER_PRICE, {"paid_on_order": 601}, {"paid_on_order": 600}),
    (FailedRule.TOO_MANY_CLAIMS, {"claims": 8}, {"claims": 7}),
    (FailedRule.CLAIM_UNDER_REVIEW, {"live": True}, {}),
    (FailedRule.lacking(EvidenceKind.RETURN), {"evidence": 1 << 12}, {"evidence": 0xFFFF}),
    (FailedRule.lacking(EvidenceKind.PHOTO), {"evidence": 1 << 1 | 1 << 13}, {"evidence": 1 << 1 | 1 << 12}),
]


@pytest.mark.parametrize(("failed", "beyond", "within"), ALONE, ids=[f"{int(one[0]):#x}" for one in ALONE])
def test_each_rule_fails_alone_and_from_its_boundary_on(
    failed: FailedRule, beyond: dict[str, Any], within: dict[str, Any]
) -> None:
    assert judged(**beyond) == Judgement(Verdict.DENIED, 0, failed)
    assert judged(**within).verdict is not Verdict.DENIED


def test_a_reason_without_a_rule_is_not_covered() -> None:
    assert judged(None) == Judgement(Verdict.DENIED, 0, FailedRule.REASON_NOT_COVERED)
    # Nothing is said of windows, refunds and evidence that there are none of.
    assert judged(None, time=2**40, evidence=0, amount=900).failed is FailedRule.REASON_NOT_COVERED


def test_all_that_fails_is_told_at_once() -> None:
    worst = judged(
        time=BOUGHT - 1,
        is_customer=False,
        amount=2**128 - 1,
        claims=8,
        live=True,
        evidence=0,
        paid_on_order=1,
    )
    assert worst.failed == 0b1_1110_1010 | 1 << 17 | 1 << 28
    assert worst.failed.missing == (EvidenceKind.RETURN, EvidenceKind.PHOTO)


def test_more_than_the_automatic_limit_on_an_order_waits_for_an_agent() -> None:
    assert judged(amount=401) == Judgement(Verdict.REVIEW, 401, FailedRule(0))
    assert judged(amount=300, paid_on_order=100).verdict is Verdict.APPROVED
    assert judged(amount=300, paid_on_order=101).verdict is Verdict.REVIEW
    assert judged(replace_review(), amount=1).verdict is Verdict.REVIEW


def replace_review() -> Rule:
    """The same rule with an agent for every claim."""
    return Rule(RULE.reason, RULE.window, RULE.refund, RULE.evidence, RULE.automatic_limit, RULE.lane, True)


@pytest.mark.parametrize("kind", EvidenceKind)
def test_each_kind_of_evidence_has_its_bit(kind: EvidenceKind) -> None:
    rule = Rule(Reason.RETURN, timedelta(days=1), 10_000, (kind,), 1_000, lane=4)
    assert int(judged(rule, evidence=0xFFFF ^ 1 << kind).failed) == 1 << 16 + kind
    assert judged(rule, evidence=1 << kind).verdict is Verdict.APPROVED


@pytest.mark.parametrize(
    ("refund", "price", "amount", "is_within"),
    [
        (0, PRICE, 1, False),
        (10_000, PRICE, PRICE, True),
        (10_000, PRICE, PRICE + 1, False),
        (1, 9_999, 1, False),
        (1, 10_000, 1, True),
        (9_999, 2**128 - 1, 2**128 - 1, False),
        (10_000, 2**128 - 1, 2**128 - 1, True),
        (10_000, 0, 1, False),
    ],
)
def test_a_refund_is_its_part_of_the_price_rounded_down(
    refund: int, price: int, amount: int, is_within: bool
) -> None:
    rule = Rule(Reason.RETURN, timedelta(days=1), refund, (), 0, lane=4)
    assert (judged(rule, price=price, amount=amount).verdict is Verdict.REVIEW) is is_within


def test_what_is_payable_is_within_the_rule_and_the_price() -> None:
    assert payable(RULE, PRICE, 0, 0) == 600
    assert payable(RULE, PRICE, 700, 0) == 300
    assert payable(RULE, PRICE, 100, 100) == 500
    assert payable(RULE, PRICE, 2_000, 0) == payable(RULE, PRICE, 0, 601) == 0
