"""Compensation over real JSON-RPC: offered, noted, due after 48 hours, paid once; outages excluded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from proofdesk import AccessManagedUnauthorized, InvalidArgument, Ticket
from proofdesk.claims import ETH, Offer, Reason
from proofdesk.claims.errors import (
    Excluded,
    InvalidOutage,
    InvalidTerms,
    LaneInUse,
    LaneNotEligible,
    NothingDue,
    NothingToNote,
    NotYetDue,
    OrderNotEligible,
)
from tests.client.claims.counter import DAY, ETHER, PRICE, Counter

HOUR = timedelta(hours=1)
OFFER = Offer(ETH, ETHER // 100, ETHER // 2)


def late(counter: Counter) -> Ticket:
    """A claim for review that nobody took in time."""
    ticket = counter.filed(amount=PRICE).ticket
    counter.office.pass_time(9 * HOUR)
    return ticket


def test_a_late_ticket_is_paid_once_48_hours_later(counter: Counter) -> None:
    desk, anyone = counter.office.desk, counter.office.stranger.compensation
    ticket = late(counter)
    assert desk.compensation.breach_of(ticket) is None
    assert ticket.due_at is not None
    anyone.note([ticket])
    breach = desk.compensation.breach_of(ticket)
    assert breach is not None and (breach.at, breach.paid) == (ticket.due_at, False)
    assert desk.tickets.get(ticket).breached
    with pytest.raises(NothingToNote):
        anyone.note([ticket])
    with pytest.raises(NotYetDue):
        anyone.compensate(ticket)
    assert not desk.compensation.is_due(ticket)
    counter.office.pass_time(2 * DAY)
    assert desk.compensation.is_due(ticket)
    before = desk.vault.books().balance
    result = anyone.compensate(ticket)
    assert before - desk.vault.books().balance == OFFER.amount
    assert anyone.compensate(ticket) == result
    breach = desk.compensation.breach_of(ticket)
    assert breach is not None and breach.paid
    assert desk.tickets.verify(ticket.id).acts == 2


def test_what_is_not_compensated(counter: Counter) -> None:
    compensation = counter.office.stranger.compensation
    for nothing in (counter.office.opened(), counter.filed().ticket):
        with pytest.raises(NothingDue):
            compensation.compensate(nothing)
    receipt = counter.receipt()
    ticket = counter.office.other_customer.claims.file(receipt, reason=Reason.RETURN, amount=5).ticket
    counter.office.other_customer.tickets.reply(ticket, "It is mine.")
    counter.office.pass_time(6 * DAY)
    compensation.note([ticket])
    counter.office.pass_time(3 * DAY)
    with pytest.raises(OrderNotEligible):
        compensation.compensate(ticket)


def test_an_offer_is_made_once_before_the_first_ticket(counter: Counter) -> None:
    office, offers = counter.office, counter.editor.compensation
    assert office.desk.compensation.offer_of("refunds") == OFFER
    with pytest.raises(LaneInUse):
        offers.offer("refunds", amount=1, daily_cap=1)
    with pytest.raises(LaneNotEligible):
        offers.offer("cards", amount=1, daily_cap=1)
    with pytest.raises(InvalidTerms):
        offers.offer("orders-vip", amount=2, daily_cap=1)
    assert office.desk.compensation.offer_of("orders-vip") is None
    offers.offer("orders-vip", amount=1, daily_cap=2)
    assert office.desk.compensation.offer_of("orders-vip") == Offer(ETH, 1, 2)
    with pytest.raises(AccessManagedUnauthorized):
        office.stranger.compensation.offer("cards-fraud", amount=1, daily_cap=1)


def test_an_outage_is_not_paid_for(counter: Counter) -> None:
    office = counter.office
    ticket = late(counter)
    office.stranger.compensation.note([ticket])
    now = office.desk.now()
    for naive in ((now.replace(tzinfo=None), now), (now - HOUR, now.replace(tzinfo=None))):
        with pytest.raises(InvalidArgument, match="no moment with its zone"):
            office.guardian.compensation.exclude_outage(*naive)
    with pytest.raises(InvalidOutage):
        office.guardian.compensation.exclude_outage(now, now - HOUR)
    office.guardian.compensation.exclude_outage(now - 4 * HOUR, now)
    office.pass_time(2 * DAY)
    with pytest.raises(Excluded):
        office.stranger.compensation.compensate(ticket)
