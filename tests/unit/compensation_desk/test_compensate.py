"""Paying for a breach: 48 hours later, once a ticket, once an order, within the day's cap."""

from __future__ import annotations

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import Lane
from tests.helpers.money import ETHER, PayeeManner, Till
from tests.helpers.people import Person
from tests.unit.compensation_desk.lateness import CAP, DAY, DELAY, OFFER, Lateness


def test_the_customer_is_paid(lateness: Lateness, customer: Person) -> None:
    ticket, till = lateness.noted(), Till(lateness.office)
    had = till.held_by(customer.address)
    (paid,) = lateness.compensate(ticket)
    assert paid.name == "Compensated"
    assert paid.arguments == {
        "ticketId": ticket,
        "lane": lateness.lane,
        "customer": customer.address,
        "amount": OFFER,
    }
    assert till.held_by(customer.address) == had + OFFER
    assert lateness.breach(ticket)[1]
    assert lateness.office.compensation.view("paidOn", lateness.lane, lateness.desk.now // DAY) == OFFER


def test_not_before_48_hours(lateness: Lateness) -> None:
    ticket = lateness.noted()
    due = lateness.breach(ticket)[0] + DELAY
    assert not lateness.is_due(ticket, due - 1)
    with refused("NotYetDue", ticket, due):
        lateness.compensate(ticket, at=due - 1)
    assert lateness.is_due(ticket, due)
    lateness.compensate(ticket, at=due)


def test_once_a_ticket(lateness: Lateness) -> None:
    ticket = lateness.noted()
    lateness.compensate(ticket)
    assert not lateness.is_due(ticket, lateness.desk.now + 1)
    with refused("NothingDue", ticket):
        lateness.compensate(ticket)


def test_not_what_was_not_noted(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    lateness.desk.overdue(ticket)
    lateness.people.stranger.expire(ticket)
    assert not lateness.is_due(ticket, lateness.desk.now + 3 * DAY)
    with refused("NothingDue", ticket):
        lateness.compensate(ticket)


def test_within_the_days_cap(lateness: Lateness) -> None:
    """A day is one of UTC; what is over it is paid on the next."""
    tickets = [lateness.noted() for _ in range(3)]
    due = max(lateness.breach(each)[0] for each in tickets) + DELAY
    midnight = (due // DAY + 2) * DAY
    for number, ticket in enumerate(tickets[:2]):
        lateness.compensate(ticket, at=midnight - 10 + number)
    assert 2 * OFFER <= CAP < 3 * OFFER
    assert not lateness.is_due(tickets[2], midnight - 1)
    with refused("DailyCapReached", lateness.lane, midnight // DAY - 1):
        lateness.compensate(tickets[2], at=midnight - 1)
    assert lateness.is_due(tickets[2], midnight)
    lateness.compensate(tickets[2], at=midnight)


def test_a_days_cap_is_paid_to_the_last_unit(lateness: Lateness) -> None:
    lane = lateness.people.lane_editor.create_lane(Lane(gated=True))
    lateness.offer(lane, cap=OFFER)
    ticket = lateness.noted(lateness.ticket(lane))
    assert lateness.is_due(ticket, lateness.breach(ticket)[0] + DELAY)
    lateness.compensate(ticket)


def test_lanes_have_caps_of_their_own(lateness: Lateness) -> None:
    tickets = [lateness.noted() for _ in range(2)] + [lateness.noted(lateness.claim().ticket_id)]
    at = (lateness.breach(tickets[-1])[0] + DELAY) // DAY * DAY + DAY
    for number, ticket in enumerate(tickets):
        lateness.compensate(ticket, at=at + number)


def test_once_an_order(lateness: Lateness) -> None:
    """Who splits one order into many claims is compensated once."""
    first = lateness.claim()
    lateness.noted(first.ticket_id)
    lateness.people.supervisor.assign(first.ticket_id, lateness.people.agent)
    first.decide(lateness.people.agent, 0)
    second = lateness.claim(receipt=first.claim.receipt, merchant=first.merchant)
    lateness.noted(second.ticket_id)
    lateness.compensate(second.ticket_id)
    assert not lateness.is_due(first.ticket_id, lateness.desk.now + 1)
    with refused("OrderNotEligible", first.ticket_id):
        lateness.compensate(first.ticket_id)


def test_not_for_an_order_of_nobodys(lateness: Lateness, module: Person, customer: Person) -> None:
    """A ticket in a claims lane that is no claim's."""
    ticket = lateness.noted(module.open_as_module(customer, lateness.claims_lane))
    with refused("OrderNotEligible", ticket):
        lateness.compensate(ticket)


@pytest.mark.parametrize("manner", [PayeeManner.REVERTS, PayeeManner.BURNS_GAS])
def test_a_customer_who_refuses_is_owed(manner: PayeeManner, lateness: Lateness, module: Person) -> None:
    till = Till(lateness.office)
    payee = till.payee(manner)
    ticket = lateness.noted(module.open_as_module(payee.address, lateness.lane))
    lateness.compensate(ticket)
    assert till.owed_to(payee.address) == OFFER


def test_an_empty_vault_pays_later(lateness: Lateness, customer: Person) -> None:
    till = Till(lateness.office).emptied()
    ticket = lateness.noted()
    lateness.compensate(ticket)
    assert till.queue() == [(ticket, customer.address, OFFER)]
    till.deposit(OFFER)
    assert till.settle() == ["Paid"]


def test_a_customer_cannot_be_compensated_twice_by_reentering(lateness: Lateness, module: Person) -> None:
    till = Till(lateness.office)
    payee = till.payee()
    tickets = [lateness.noted(module.open_as_module(payee.address, lateness.lane)) for _ in range(2)]
    payee.reenter(lateness.office.compensation, "compensate", tickets[1])
    lateness.compensate(tickets[0], at=lateness.breach(tickets[1])[0] + DELAY)
    assert payee.refusal == "VaultLocked"
    assert till.held_by(payee.address) == OFFER


def test_in_a_token(lateness: Lateness, customer: Person) -> None:
    till = Till(lateness.office)
    coins = till.of(till.odd_token())
    coins.deposit(OFFER)
    lane = lateness.people.lane_editor.create_lane(Lane(gated=True))
    lateness.offer(lane, token=coins.token)
    lateness.compensate(lateness.noted(lateness.ticket(lane)))
    assert coins.held_by(customer.address) == OFFER
    assert coins.token != ETHER
