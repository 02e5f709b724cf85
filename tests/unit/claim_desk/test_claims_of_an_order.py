"""Several claims on one order: the price, the rule's part of it and the automatic limit hold for them all."""

from __future__ import annotations

import pytest

from tests.helpers.claim_items import ClaimState, Failed, Reason, Rule, Signer, Verdict
from tests.helpers.claims import PRICE, Filing, Office
from tests.helpers.contract import refused
from tests.helpers.table import Status

APPROVED, DENIED, REVIEW = Verdict.APPROVED, Verdict.DENIED, Verdict.REVIEW
ALL = tuple(Reason(number) for number in range(1, 8))


def test_split_to_pass_the_automatic_limit(office: Office) -> None:
    """What was paid before counts, for whatever reason and by whatever way."""
    first = office.filing(amount=300_000)
    assert first.file() == (APPROVED, 0)
    receipt = first.claim.receipt
    assert office.filing(receipt=receipt, amount=200_001).preview()[0] == REVIEW
    assert office.filing(receipt=receipt, amount=200_000).file() == (APPROVED, 0)
    assert office.filing(receipt=receipt, amount=1).preview()[0] == REVIEW
    assert office.filing(Reason.DEFECT, receipt=receipt, amount=1).preview()[0] == REVIEW
    assert office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=1).preview()[0] == REVIEW


def test_what_an_agent_paid_counts_in_the_automatic_limit(office: Office) -> None:
    filing = office.worked_on(amount=400_000)
    filing.decide(office.people.agent, 400_000)
    receipt = filing.claim.receipt
    assert office.filing(receipt=receipt, amount=100_001).preview()[0] == REVIEW
    assert office.filing(receipt=receipt, amount=100_000).preview()[0] == APPROVED


def test_what_waits_for_money_counts_as_paid(office: Office) -> None:
    office.emptied()
    first = office.filing(amount=500_000)
    assert first.file() == (APPROVED, 0)
    receipt = first.claim.receipt
    assert office.filing(receipt=receipt, amount=1).preview()[0] == REVIEW
    over = office.filing(Reason.NOT_DELIVERED, receipt=receipt, amount=500_001)
    assert over.preview() == (DENIED, 0, Failed.OVER_PRICE)


def test_split_to_pass_the_rules_part(office: Office) -> None:
    """A quarter of the price for a service's failure, over all claims for it."""
    receipt = office.receipt()
    for amount in (60_000, 40_000):
        assert office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=amount).file()[0] == APPROVED
    rest = office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=150_000)
    assert rest.file() == (REVIEW, 0)
    office.people.agent.take(rest.ticket_id)
    rest.decide(office.people.agent, 100_000)
    last = office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=50_001)
    assert last.preview() == (DENIED, 0, Failed.OVER_REFUND)
    assert office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=50_000).preview()[0] == REVIEW


def test_other_reasons_do_not_count_in_a_rules_part(office: Office) -> None:
    receipt = office.receipt()
    office.filing(Reason.NOT_DELIVERED, receipt=receipt, amount=300_000).file()
    service = office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=250_000)
    assert service.preview() == (REVIEW, 250_000, 0)
    service.file()
    office.people.agent.take(service.ticket_id)
    service.decide(office.people.agent, 250_000)
    assert paid(office, service, Reason.NOT_DELIVERED) == 300_000
    assert paid(office, service, Reason.SERVICE_FAILURE) == 250_000
    # And from here on each reason is counted apart.
    more = office.filing(Reason.NOT_DELIVERED, receipt=receipt, amount=450_001)
    assert more.preview() == (DENIED, 0, Failed.OVER_PRICE)
    office.filing(Reason.NOT_DELIVERED, receipt=receipt, amount=450_000).file()
    assert paid(office, service, Reason.NOT_DELIVERED) == 750_000
    assert office.order(service)[:2] == (PRICE, Reason.NONE)


def paid(office: Office, filing: Filing, reason: Reason) -> int:
    """Of what the order was paid, the part for a reason."""
    where = filing.claim.receipt.merchant, filing.claim.receipt.order_id, reason
    return int(office.claims.view("paidFor", *where))


def test_what_each_reason_was_paid(office: Office) -> None:
    """From the first payment on, for every order of three reasons, and never anything for another."""
    reasons = Reason.RETURN, Reason.NOT_DELIVERED, Reason.SERVICE_FAILURE
    for first in reasons:
        for second in reasons:
            receipt, expected = office.receipt(), dict.fromkeys(ALL, 0)
            for reason in (first, second, first):
                filing = office.filing(reason, receipt=receipt, amount=1_000)
                assert filing.file()[0] == APPROVED
                expected[reason] += 1_000
                assert {each: paid(office, filing, each) for each in ALL} == expected
                assert office.order(filing)[0] == sum(expected.values())


def test_an_order_takes_eight_claims(office: Office) -> None:
    receipt = office.receipt()
    filings = [office.filing(Reason.NOT_DELIVERED, receipt=receipt, amount=1) for _ in range(10)]
    assert [each.file() for each in filings[:8]] == [(APPROVED, 0)] * 8
    assert [each.file() for each in filings[8:]] == [(DENIED, Failed.TOO_MANY_CLAIMS)] * 2
    assert office.order(filings[0])[:3] == (8, Reason.NOT_DELIVERED, 8)


@pytest.fixture
def everything(office: Office) -> bytes:
    """A policy with a rule for every reason, each for review."""
    return office.published(*(Rule(reason, review=True) for reason in ALL))


def test_every_reason_at_once(office: Office, everything: bytes) -> None:
    """Seven claims wait beside each other, each for all of the price: only one of them can have it."""
    receipt = office.receipt(policy_id=everything)
    filings = [office.filing(reason, receipt=receipt, evidence=[], amount=PRICE) for reason in ALL]
    for filing in filings:
        assert filing.file() == (REVIEW, 0)
    assert office.order(filings[0])[2:4] == (7, 0b1111_1110)
    twice = office.filing(Reason.OTHER, receipt=receipt, evidence=[], amount=1)
    assert twice.file() == (DENIED, Failed.CLAIM_UNDER_REVIEW)
    ninth = office.filing(Reason.RETURN, receipt=receipt, evidence=[], amount=1)
    assert ninth.preview() == (DENIED, 0, Failed.CLAIM_UNDER_REVIEW | Failed.TOO_MANY_CLAIMS)
    agent = office.people.agent
    for filing in filings:
        agent.take(filing.ticket_id)
    live = 0b1111_1110
    for filing, amount in zip(filings, (400_000, 0, 350_000, 250_000, 0, 0, 0), strict=True):
        bound = filing.bound()
        with refused("OverBound", bound + 1, bound):
            filing.decide(agent, bound + 1)
        filing.decide(agent, amount)
        live &= ~(1 << filing.claim.reason)
        assert office.order(filing)[3] == live
    assert office.order(filings[0]) == (PRICE, Reason.NONE, 8, 0, office.order(filings[0])[4])
    assert [paid(office, filings[0], reason) for reason in ALL] == [400_000, 0, 350_000, 250_000, 0, 0, 0]


def test_a_decided_claim_makes_room_for_another_of_its_reason(office: Office) -> None:
    filing = office.worked_on()
    filing.decide(office.people.agent, 0)
    again = office.filing(Reason.OVERCHARGED, receipt=filing.claim.receipt)
    assert again.file() == (REVIEW, 0)


def test_an_objection_and_a_new_claim_for_one_reason(office: Office) -> None:
    """The refused one is decided again while another waits: together they get no more than the rule gives."""
    first = office.worked_on(amount=PRICE)
    first.decide(office.people.agent, 0)
    second = office.under_review(PRICE, receipt=first.claim.receipt)
    office.people.agent.take(second.ticket_id)
    second.decide(office.people.agent, 900_000)
    office.people.customer.move(first.ticket_id, Status.ESCALATED)
    assert first.bound() == 100_000
    with refused("OverBound", 100_001, 100_000):
        first.decide(office.people.supervisor, 100_001)
    first.decide(office.people.supervisor, 100_000)
    assert office.order(first)[0] == PRICE
    assert office.claim(first.ticket_id)[:3] == (900_000, Reason.OVERCHARGED, ClaimState.PAID)


def test_orders_of_two_merchants_with_one_number(office: Office) -> None:
    """An order is its merchant's: another's with the same id is another order."""
    other = Signer.named("another merchant")
    office.edits("appointMerchant", other.address)
    receipt = office.receipt(purchased_at=office.desk.now)
    others = receipt._replace(merchant=other.address)
    first = office.filing(Reason.NOT_DELIVERED, receipt=receipt, amount=PRICE)
    second = office.filing(
        Reason.NOT_DELIVERED, receipt=others, amount=PRICE, merchant=office.attested(others, other)
    )
    assert first.file() == (APPROVED, 0)
    assert second.file() == (APPROVED, 0)
    assert office.order(first)[0] == office.order(second)[0] == PRICE
