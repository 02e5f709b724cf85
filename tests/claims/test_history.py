"""Claims replayed: an order remembers what it was paid, for what, and how often it was claimed on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proofdesk import InvalidArgument
from proofdesk.claims import (
    ETH,
    EvidenceKind,
    FailedRule,
    Filing,
    History,
    Policy,
    Reason,
    Receipt,
    Rule,
    Verdict,
)
from tests.claims.examples import BOUGHT, CUSTOMER, MERCHANT, PARTY

DAY = timedelta(days=1)
POLICY = Policy(
    ETH,
    (
        Rule(Reason.RETURN, 30 * DAY, 10_000, (), 500, lane=4),
        Rule(Reason.DEFECT, 30 * DAY, 5_000, (EvidenceKind.PHOTO,), 500, lane=4),
        Rule(Reason.OTHER, 30 * DAY, 10_000, (), 0, lane=4),
    ),
)


def receipt(**changes: Any) -> Receipt:
    """Of something for 1,000."""
    fields: dict[str, Any] = {
        "merchant": MERCHANT.address,
        "order_id": "0x" + 32 * "11",
        "customer": CUSTOMER.address,
        "product_id": "0x" + 32 * "22",
        "price": 1_000,
        "purchased_at": BOUGHT,
        "policy_id": POLICY.id,
    }
    return Receipt(**fields | changes)


def filing(reason: Reason = Reason.RETURN, amount: int = 100, **changes: Any) -> Filing:
    """A claim a day after the purchase."""
    fields: dict[str, Any] = {"receipt": receipt(), "at": BOUGHT + DAY}
    return Filing(reason=reason, amount=amount, **fields | changes)


def test_claims_are_judged_in_their_order() -> None:
    history = History([POLICY])
    photo = (EvidenceKind.PHOTO,)
    story = [
        (filing(amount=300), Verdict.APPROVED, 0),
        (filing(Reason.DEFECT, 200), Verdict.DENIED, 1 << 28),
        (filing(Reason.DEFECT, 200, evidence=photo), Verdict.APPROVED, 0),
        (filing(amount=1), Verdict.REVIEW, 0),
        (filing(amount=1), Verdict.DENIED, FailedRule.CLAIM_UNDER_REVIEW),
        (filing(Reason.DEFECT, 301, evidence=photo), Verdict.DENIED, FailedRule.OVER_REFUND),
        (filing(Reason.OTHER, 501), Verdict.DENIED, FailedRule.OVER_PRICE),
        (filing(Reason.OVERCHARGED, 1), Verdict.DENIED, FailedRule.REASON_NOT_COVERED),
        (filing(Reason.OTHER, 500), Verdict.DENIED, FailedRule.TOO_MANY_CLAIMS),
        (filing(Reason.OTHER, 500), Verdict.DENIED, FailedRule.TOO_MANY_CLAIMS),
    ]
    judged = list(history.replay(each for each, _, _ in story))
    assert [(each.verdict, int(each.failed)) for each in judged] == [
        (verdict, int(failed)) for _, verdict, failed in story
    ]
    assert sum(each.amount for each in judged if each.verdict is Verdict.APPROVED) == 500
    assert history.facts(filing()).claims == 8


def test_a_strangers_claim_leaves_the_order_as_it_is() -> None:
    history = History([POLICY])
    for _ in range(9):
        judged = history.file(filing(customer=PARTY.address, receipt=receipt(price=7)))
        assert judged.failed & FailedRule.NOT_THE_CUSTOMER
    assert history.facts(filing()).claims == 0
    assert history.file(filing()).verdict is Verdict.APPROVED


def test_an_order_is_its_merchants() -> None:
    history = History([POLICY])
    history.file(filing(amount=500))
    assert history.facts(filing(receipt=receipt(merchant=PARTY.address))).paid_on_order == 0
    assert history.facts(filing(receipt=receipt(order_id="0x" + 32 * "33"))).paid_on_order == 0
    assert history.facts(filing()).paid_on_order == 500


def test_a_decision_ends_a_review_and_counts() -> None:
    history = History([POLICY])
    assert history.file(filing(Reason.OTHER, 900)).verdict is Verdict.REVIEW
    history.decide(receipt(), Reason.OTHER, 600)
    facts = history.facts(filing(Reason.OTHER))
    assert (facts.paid_on_order, facts.paid_for_reason, facts.live, facts.claims) == (600, 600, False, 1)
    assert history.file(filing(Reason.OTHER, 1)).verdict is Verdict.REVIEW
    history.decide(receipt(), Reason.OTHER, 0, again=True)
    assert history.facts(filing(Reason.OTHER)).live
    with pytest.raises(InvalidArgument, match="at most 400"):
        history.decide(receipt(), Reason.OTHER, 401)


def test_a_review_that_ended_with_its_ticket_counts_for_nothing() -> None:
    history = History([POLICY])
    history.file(filing(Reason.OTHER, 900))
    history.release(receipt(), Reason.OTHER)
    facts = history.facts(filing(Reason.OTHER))
    assert (facts.paid_on_order, facts.live, facts.claims) == (0, False, 1)


def test_what_the_contract_would_not_take_is_refused() -> None:
    history = History([POLICY])
    history.file(filing())
    with pytest.raises(InvalidArgument, match="another receipt"):
        history.file(filing(receipt=receipt(price=2_000)))
    with pytest.raises(InvalidArgument, match="is not known here"):
        history.file(filing(receipt=receipt(order_id="0x" + 32 * "44", policy_id="0x" + 32 * "44")))
    assert history.facts(filing()).claims == 1
