"""Deciding: by whom, in which state, for how much, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.claim_items import ZERO, ClaimState, Reason, Receipt
from tests.helpers.claims import AMOUNT, FUNDS, PRICE, Filing, Office
from tests.helpers.contract import refused
from tests.helpers.desk import CLAIMS, NOBODY, PUBLIC, SEEN_ANY, SUPERVISOR
from tests.helpers.table import Status

NONE, DENIED, REVIEW, REFUSED, PAID = ClaimState


# --------------------------------------------------------------------------------------------- what it does


def test_an_agent_pays_all_of_it(office: Office) -> None:
    filing = office.worked_on()
    (decided,) = filing.decide(office.people.agent)
    assert decided.name == "ClaimDecided"
    assert decided.arguments == {
        "ticketId": filing.ticket_id,
        "actor": office.people.agent.address,
        "amount": AMOUNT,
        "state": PAID,
    }
    assert office.books() == (FUNDS - AMOUNT, 0, 0, 0, FUNDS - AMOUNT)
    assert office.claim(filing.ticket_id)[:3] == (0, Reason.OVERCHARGED, PAID)
    assert office.order(filing)[:4] == (AMOUNT, Reason.OVERCHARGED, 1, 0)
    assert office.desk.ticket(filing.ticket_id).status == Status.RESOLVED


def test_an_agent_pays_a_part(office: Office) -> None:
    """The rest is not kept for it any more, and may still be paid after an objection."""
    filing = office.worked_on()
    filing.decide(office.people.agent, 1)
    assert office.books() == (FUNDS - 1, 0, 0, 0, FUNDS - 1)
    assert office.claim(filing.ticket_id)[:3] == (AMOUNT - 1, Reason.OVERCHARGED, PAID)
    office.people.customer.move(filing.ticket_id, Status.OPEN)
    assert filing.bound() == AMOUNT - 1
    filing.decide(office.people.agent, AMOUNT - 1)
    assert office.order(filing)[0] == AMOUNT
    office.people.customer.move(filing.ticket_id, Status.OPEN)
    with refused("OverBound", 1, 0):
        filing.decide(office.people.agent, 1)


def test_an_agent_pays_nothing(office: Office) -> None:
    filing = office.worked_on()
    (decided,) = filing.decide(office.people.agent, 0)
    assert decided.arguments["state"] == REFUSED
    assert office.books() == (FUNDS, 0, 0, 0, FUNDS)
    assert office.claim(filing.ticket_id)[:3] == (AMOUNT, Reason.OVERCHARGED, REFUSED)
    assert office.order(filing)[:4] == (0, Reason.NONE, 1, 0)
    assert office.desk.ticket(filing.ticket_id).status == Status.REJECTED


def test_who_pays_nothing_needs_no_receipt(office: Office) -> None:
    """An agent who has lost it, or never got it, can still refuse."""
    filing, other = office.worked_on(), office.filing()
    rest = other.claim.receipt, 0, b"\x01" * 32, 2
    office.claims.send(office.people.agent.address, "decide", filing.ticket_id, *rest)
    assert office.claim(filing.ticket_id)[2] == REFUSED


def test_what_was_refused_is_paid_after_an_objection(office: Office) -> None:
    filing = office.worked_on()
    filing.decide(office.people.agent, 0)
    office.people.customer.move(filing.ticket_id, Status.ESCALATED)
    (decided,) = filing.decide(office.people.supervisor, AMOUNT)
    assert decided.arguments["state"] == PAID
    assert office.desk.ticket(filing.ticket_id).status == Status.RESOLVED


def test_what_was_paid_stays_paid_when_it_is_decided_again(office: Office) -> None:
    filing = office.worked_on()
    filing.decide(office.people.agent, 1)
    office.people.customer.move(filing.ticket_id, Status.OPEN)
    (decided,) = filing.decide(office.people.agent, 0)
    assert decided.arguments["state"] == PAID
    assert office.desk.ticket(filing.ticket_id).status == Status.RESOLVED
    assert office.order(filing)[0] == 1


def test_a_decision_is_paid_from_what_is_kept_past_those_who_wait(office: Office) -> None:
    filing = office.worked_on()
    office.emptied()
    office.filing().file()
    assert office.books() == (AMOUNT, AMOUNT, 0, AMOUNT, 0)
    filing.decide(office.people.agent)
    assert office.books() == (0, 0, 0, AMOUNT, 0)
    assert office.order(filing)[0] == AMOUNT


def test_a_decision_without_money_kept_waits_its_turn(office: Office) -> None:
    office.emptied()
    filing = office.worked_on()
    filing.decide(office.people.agent)
    assert office.books() == (0, 0, 0, AMOUNT, 0)
    assert office.claim(filing.ticket_id)[2] == PAID


def test_the_act_is_the_modules_with_the_decisions_entry(office: Office) -> None:
    filing = office.worked_on()
    said = filing.decision(office.people.agent)
    rest = filing.claim.receipt, AMOUNT, said.entry, said.seen
    call = office.claims.encoded("decide", filing.ticket_id, *rest)
    receipt = office.desk.node.send(office.people.agent.address, office.claims.address, call)
    (act,) = [each.arguments for each in office.desk.tickets.events(receipt)]
    assert (act["entry"], act["actor"]) == (said.entry, office.claims.address)


# --------------------------------------------------------------------------------------------- its bound


@pytest.mark.parametrize("over", [1, 2, PRICE, 2**128 - 1 - AMOUNT])
def test_never_more_than_asked_for(office: Office, over: int) -> None:
    filing = office.worked_on()
    with refused("OverBound", AMOUNT + over, AMOUNT):
        filing.decide(office.people.agent, AMOUNT + over)


def test_never_more_than_the_price_leaves(office: Office) -> None:
    filing = office.worked_on(amount=PRICE)
    office.filing(Reason.NOT_DELIVERED, receipt=filing.claim.receipt, amount=PRICE - 1).file()
    assert filing.bound() == 1
    with refused("OverBound", 2, 1):
        filing.decide(office.people.agent, 2)
    filing.decide(office.people.agent, 1)
    assert office.order(filing)[0] == PRICE


def test_never_more_than_the_rules_part_leaves(office: Office) -> None:
    """A quarter of the price for this reason: what one claim got of it another does not get again."""
    agent, receipt = office.people.agent, office.receipt()
    first = office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=PRICE // 4)
    first.file()
    agent.take(first.ticket_id)
    first.decide(agent, 0)
    second = office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=PRICE // 5)
    second.file()
    agent.take(second.ticket_id)
    second.decide(agent, PRICE // 5)
    office.people.customer.move(first.ticket_id, Status.ESCALATED)
    left = PRICE // 4 - PRICE // 5
    assert first.bound() == left
    with refused("OverBound", left + 1, left):
        first.decide(office.people.supervisor, left + 1)
    first.decide(office.people.supervisor, left)
    assert office.order(first)[0] == PRICE // 4


def test_a_denied_claim_gets_nothing(office: Office) -> None:
    filing = denied(office)
    with refused("OverBound", 1, 0):
        filing.decide(office.people.supervisor, 1)
    (decided,) = filing.decide(office.people.supervisor, 0)
    assert decided.arguments["state"] == DENIED
    assert office.desk.ticket(filing.ticket_id).status == Status.REJECTED
    assert office.order(filing)[:4] == (0, Reason.NONE, 1, 0)


def denied(office: Office) -> Filing:
    """A claim that failed a rule and was objected to."""
    filing = office.filing(amount=PRICE + 1)
    filing.file()
    office.people.customer.move(filing.ticket_id, Status.ESCALATED)
    return filing


def test_a_strangers_claim_gets_nothing_and_leaves_the_order(office: Office) -> None:
    stranger = office.people.stranger
    filing = office.filing(customer=stranger.address)
    filing.file()
    stranger.move(filing.ticket_id, Status.ESCALATED)
    with refused("OverBound", 1, 0):
        filing.decide(office.people.supervisor, 1)
    filing.decide(office.people.supervisor, 0)
    assert office.claim(filing.ticket_id) == (AMOUNT, Reason.RETURN, DENIED, 0)
    assert office.order(filing) == (0, 0, 0, 0, 0)


def reopened(office: Office) -> Filing:
    """A claim that got all when it was filed, and was reopened."""
    filing = office.filing()
    filing.file()
    office.people.customer.move(filing.ticket_id, Status.OPEN)
    return filing


def test_a_reopened_claim_that_got_all_is_resolved_again(office: Office) -> None:
    filing = reopened(office)
    assert office.desk.ticket(filing.ticket_id).status == Status.ESCALATED
    supervisor = office.people.supervisor
    with refused("OverBound", 1, 0):
        filing.decide(supervisor, 1)
    (decided,) = filing.decide(supervisor, 0)
    assert (decided.arguments["amount"], decided.arguments["state"]) == (0, PAID)
    assert office.desk.ticket(filing.ticket_id).status == Status.RESOLVED
    assert office.order(filing)[:3] == (AMOUNT, Reason.RETURN, 1)


@pytest.mark.parametrize("wrong", ["merchant", "receipt", "customer", "unpaid"])
def test_a_reopened_claim_needs_its_receipt(office: Office, wrong: str) -> None:
    filing = reopened(office)
    receipt = filing.claim.receipt
    if wrong == "merchant":
        receipt = receipt._replace(merchant=office.party.address)
    if wrong == "receipt":
        receipt = receipt._replace(price=PRICE + 1)
    if wrong == "unpaid":
        other = office.under_review()
        receipt = other.claim.receipt
    if wrong == "customer":
        other = office.filing(receipt=office.receipt(office.people.other_customer))
        other.file()
        receipt = other.claim.receipt
    seen = office.desk.ticket(filing.ticket_id).acts
    with refused("UnknownClaim", filing.ticket_id):
        office.claims.send(
            office.people.supervisor.address,
            "decide",
            filing.ticket_id,
            receipt,
            0,
            b"\x01" * 32,
            seen,
        )


@pytest.mark.parametrize("lane", [PUBLIC, CLAIMS])
def test_a_ticket_without_a_claim(office: Office, lane: int) -> None:
    """In a claims lane it is told from one that got all it asked by its customer's having no paid order."""
    ticket = office.people.taken(lane)
    filing = office.filing()
    rest = filing.claim.receipt, 0, b"\x01" * 32, 2
    with refused("UnknownClaim", ticket):
        office.claims.send(office.people.agent.address, "decide", ticket, *rest)


def test_an_ordinary_ticket_of_a_customer_who_was_paid(office: Office) -> None:
    """It has nothing to do with his claim: nothing is decided there, and nothing logged."""
    filing = office.filing()
    filing.file()
    ticket = office.people.taken(PUBLIC)
    assert office.desk.ticket(ticket).customer == filing.claim.customer
    rest = filing.claim.receipt, 0, b"\x01" * 32, 2
    with refused("UnknownClaim", ticket):
        office.claims.send(office.people.agent.address, "decide", ticket, *rest)


@pytest.mark.parametrize("changed", Receipt._fields)
def test_money_needs_the_receipt_as_it_was_filed(office: Office, changed: str) -> None:
    filing = office.worked_on()
    was = getattr(filing.claim.receipt, changed)
    new: Any = was + 1 if isinstance(was, int) else NOBODY if isinstance(was, str) else ZERO
    receipt = filing.claim.receipt._replace(**{changed: new})
    seen = office.desk.ticket(filing.ticket_id).acts
    rest = receipt, AMOUNT, b"\x01" * 32, seen
    with refused("OtherReceipt", receipt.order_id):
        office.claims.send(office.people.agent.address, "decide", filing.ticket_id, *rest)
    with refused("OtherReceipt", receipt.order_id):
        office.claims.view("boundOf", filing.ticket_id, receipt)


def test_another_orders_receipt_gives_nothing(office: Office) -> None:
    """Though it was filed, and is the same customer's: each claim has its own order's bound."""
    filing, other = office.worked_on(), office.filing(receipt=office.receipt(price=10 * PRICE))
    other.file()
    receipt = other.claim.receipt
    with refused("OtherReceipt", receipt.order_id):
        office.claims.view("boundOf", filing.ticket_id, receipt)
    rest = receipt, 1, b"\x01" * 32, 2
    with refused("OtherReceipt", receipt.order_id):
        office.claims.send(office.people.agent.address, "decide", filing.ticket_id, *rest)


def test_a_decision_outlives_its_merchants_and_partys_terms(office: Office) -> None:
    """They were in office when it was filed."""
    filing = office.worked_on()
    office.edits("dismissMerchant", office.merchant.address)
    office.edits("discredit", office.party.address, 4)
    filing.decide(office.people.agent)
    assert office.order(filing)[0] == AMOUNT


def test_a_decision_may_come_after_the_rules_window(office: Office) -> None:
    """The window is the customer's, and he was in time."""
    filing = office.under_review()
    office.desk.wait(40 * 24 * 60)
    office.people.agent.take(filing.ticket_id)
    filing.decide(office.people.agent)
    assert office.order(filing)[0] == AMOUNT


# --------------------------------------------------------------------------------------------- what he saw


@pytest.mark.parametrize("seen", [0, 1, 3, 1022])
def test_on_a_ticket_that_changed(office: Office, seen: int) -> None:
    filing = office.worked_on()
    with refused("StaleTicket", seen, 2):
        filing.decide(office.people.agent, seen=seen)


def test_an_agent_answers_whatever_was_added(office: Office) -> None:
    filing = office.worked_on()
    office.people.customer.move(filing.ticket_id, Status.OPEN)
    filing.decide(office.people.agent, seen=SEEN_ANY)
    assert office.claim(filing.ticket_id)[2] == PAID


def test_a_supervisor_says_what_he_saw(office: Office) -> None:
    filing = office.worked_on(Status.ESCALATED)
    with refused("StaleTicket", SEEN_ANY, 3):
        filing.decide(office.people.supervisor, seen=SEEN_ANY)


def test_a_decision_twice(office: Office) -> None:
    filing = office.worked_on()
    said = filing.decision(office.people.agent, 1)
    rest = filing.claim.receipt, 1, said.entry, said.seen
    office.claims.send(office.people.agent.address, "decide", filing.ticket_id, *rest)
    with refused("NotDecider", office.people.agent.address, Status.RESOLVED):
        office.claims.send(office.people.agent.address, "decide", filing.ticket_id, *rest)
    office.people.customer.move(filing.ticket_id, Status.OPEN)
    with refused("StaleTicket", said.seen, said.seen + 2):
        office.claims.send(office.people.agent.address, "decide", filing.ticket_id, *rest)


# --------------------------------------------------------------------------------------------------- by whom


def test_a_supervisor_with_a_delay_does_not_decide(office: Office) -> None:
    filing = office.worked_on(Status.ESCALATED)
    people = office.people
    people.admin.grant(SUPERVISOR, people.stranger, delay=60)
    with refused("NotDecider", people.stranger.address, Status.ESCALATED):
        filing.decide(people.stranger)


def test_an_agent_who_is_suspended_does_not_decide(office: Office) -> None:
    filing = office.worked_on()
    people = office.people
    people.certifier.suspend(people.agent)
    with refused("NotDecider", people.agent.address, Status.OPEN):
        filing.decide(people.agent)
    people.certifier.reinstate(people.agent)
    filing.decide(people.agent)


def test_nobody_decides_his_own_claim(office: Office) -> None:
    """Not even where he is the supervisor."""
    people = office.people
    people.admin.grant(SUPERVISOR, people.customer)
    filing = office.worked_on(Status.ESCALATED)
    with refused("NotDecider", people.customer.address, Status.ESCALATED):
        filing.decide(people.customer)


def test_the_agent_of_another_ticket_does_not_decide(office: Office) -> None:
    filing = office.worked_on()
    people = office.people
    with refused("NotDecider", people.second_agent.address, Status.OPEN):
        filing.decide(people.second_agent)
    people.supervisor.assign(filing.ticket_id, people.second_agent)
    with refused("NotDecider", people.agent.address, Status.OPEN):
        filing.decide(people.agent)
    filing.decide(people.second_agent)
