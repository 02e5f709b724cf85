"""Tickets over real JSON-RPC: every verb, what it gives back, and what it raises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proofdesk import (
    AccessManagedUnauthorized,
    Actor,
    CertificateNotValid,
    Desk,
    IllegalMove,
    InvalidArgument,
    InvalidScore,
    LaneClosed,
    LaneGated,
    LengthMismatch,
    LogMismatch,
    NotCustomer,
    NothingOverdue,
    NotQualified,
    NotRateable,
    OutOfTurn,
    StaleTicket,
    Status,
    UnknownLane,
    UnknownTicket,
)
from proofdesk._tickets import REPLIES
from proofdesk._transitions import is_legal
from tests.client.office import Office
from tests.client.wire import Wire


def test_open_gives_the_ticket_back(office: Office) -> None:
    ticket = office.customer.tickets.open(lane=office.lane, content={"channel": "chat", "body": "Hello?"})
    assert ticket.customer == office.customer.sender.address
    assert (ticket.status, ticket.acts, ticket.turn, ticket.lane) == (Status.NEW, 1, 1, 1)
    window = office.desk.lanes.get(ticket.lane).respond_within
    assert ticket.due_at is not None
    assert timedelta(0) <= office.desk.now() + window - ticket.due_at < timedelta(minutes=1)
    assert office.desk.tickets.get(ticket.id) == ticket


def test_a_life_from_opening_to_rating(office: Office) -> None:
    ticket = office.opened()
    customer, agent = office.customer.tickets, office.agent.tickets
    steps = [
        (agent.take(ticket), Status.OPEN, Actor.AGENT),
        (agent.reply(ticket.id, "Which card?"), Status.WAITING, Actor.AGENT),
        (customer.reply(ticket.id, "The blue one."), Status.OPEN, Actor.CUSTOMER),
        (agent.note(ticket.id, "Called the courier."), Status.OPEN, Actor.AGENT),
        (agent.move(ticket.id, Status.RESOLVED, "It is on its way."), Status.RESOLVED, Actor.AGENT),
        (customer.rate(ticket, 5, "Thank you"), Status.RESOLVED, Actor.CUSTOMER),
        (customer.move(ticket.id, Status.CLOSED), Status.CLOSED, Actor.CUSTOMER),
    ]
    for result, status, kind in steps:
        assert [(act.status, act.kind) for act in result.acts] == [(status, kind)]
        assert result.gas_used > 21_000
    entries = office.desk.tickets.history(ticket)
    assert [entry.record.kind for entry in entries if entry.record] == [
        "open", "take", "reply", "reply", "note", "reply", "rating", "move",
    ]  # fmt: skip
    assert entries[2].record is not None and entries[2].record.body == "Which card?"
    closed = office.desk.tickets.get(ticket)
    assert (closed.rating, closed.acts, closed.due_at) == (5, 8, None)


def test_replies_lead_where_the_table_admits() -> None:
    for kind, replies in REPLIES.items():
        for from_, to in replies.items():
            assert is_legal(kind, from_, to), f"{kind.name}: {from_.name} → {to.name}"


def test_who_replies_decides_whose_turn_it_is(office: Office) -> None:
    ticket = office.taken()
    for desk, status in (
        (office.agent, Status.WAITING),
        (office.customer, Status.OPEN),
        (office.supervisor, Status.OPEN),
        (office.agent, Status.WAITING),
        (office.supervisor, Status.ESCALATED),
        (office.customer, Status.ESCALATED),
    ):
        assert desk.tickets.reply(ticket.id, "Well?").acts[0].status is status
    office.supervisor.tickets.move(ticket.id, Status.REJECTED, "No.")
    assert office.customer.tickets.reply(ticket.id, "Yes!").acts[0].status is Status.ESCALATED


def test_a_new_and_a_resolved_ticket_are_replied_to(office: Office) -> None:
    ticket = office.opened()
    assert office.customer.tickets.reply(ticket, "It is urgent.").acts[0].status is Status.NEW
    office.agent.tickets.take(ticket.id)
    office.agent.tickets.move(ticket.id, Status.RESOLVED, "Done.")
    assert office.customer.tickets.reply(ticket.id, "Not at all.").acts[0].status is Status.OPEN


def test_a_stranger_has_no_part_in_it(office: Office) -> None:
    with pytest.raises(IllegalMove) as caught:
        office.stranger.tickets.reply(office.taken(), "Let me help.")
    assert (caught.value.from_, caught.value.actor) == (Status.OPEN, Actor.ANYONE)


def test_what_moved_on_is_stale_not_illegal(office: Office) -> None:
    ticket = office.opened()
    office.agent.tickets.take(ticket)
    with pytest.raises(StaleTicket) as caught:
        office.agent.tickets.reply(ticket, "Which card?")
    assert (caught.value.seen, caught.value.acts) == (1, 2)
    with pytest.raises(IllegalMove):
        office.agent.tickets.move(ticket.id, Status.DISPUTED)


def test_the_line_is_kept(office: Office) -> None:
    first, second = office.opened("first"), office.opened("second")
    with pytest.raises(OutOfTurn) as caught:
        office.agent.tickets.take(second)
    assert (caught.value.turn, caught.value.next) == (2, 1)
    assert office.desk.lanes.next_in_line(office.lane) == first
    office.agent.tickets.take(first)
    assert office.desk.lanes.next_in_line(office.lane) == second
    office.customer.tickets.move(second, Status.CLOSED)
    assert office.desk.lanes.next_in_line(office.lane) is None
    third = office.opened("third")
    assert office.second_agent.lanes.next_in_line(office.lane) == third


def test_the_line_after_the_chain_was_reset(office: Office) -> None:
    with office.isolated():
        office.opened("first")
        assert office.desk.lanes.next_in_line(office.lane)
    other = office.opened("another first")
    assert office.desk.lanes.next_in_line(office.lane) == other


def test_a_node_that_withholds_events_is_asked_no_end(office: Office) -> None:
    class Silent(Wire):
        def make_request(self, method: Any, params: Any) -> Any:
            return {"result": []} if method == "eth_getLogs" else super().make_request(method, params)

    office.opened()
    with pytest.raises(LogMismatch, match="whose turn 1 is"):
        Desk(Silent(office.chain.url).w3, office.deployment).lanes.next_in_line(office.lane)


def test_who_is_not_certified_takes_nothing(office: Office) -> None:
    ticket = office.opened()
    with pytest.raises(CertificateNotValid) as caught:
        office.stranger.tickets.take(ticket)
    assert caught.value.certificate_id == 0


def test_a_gated_lane_is_opened_by_the_intake(office: Office) -> None:
    with pytest.raises(LaneGated):
        office.customer.tickets.open(lane=office.gated_lane, content="Let me in.")
    ticket = office.intake.tickets.open(lane=office.gated_lane, content="From the desk's own form")
    with pytest.raises(NotQualified) as caught:
        office.agent.tickets.take(ticket)
    assert caught.value.level == 1
    assert office.second_agent.tickets.take(ticket).acts[0].status is Status.OPEN


def test_assign_and_transfer(office: Office) -> None:
    tickets = [office.opened("first"), office.opened("second")]
    certificates = [1, 2]
    result = office.supervisor.tickets.assign(tickets, certificates, "Please look at these.")
    assert [act.ticket_id for act in result.acts] == [ticket.id for ticket in tickets]
    assert [office.desk.tickets.get(ticket).certificate_id for ticket in tickets] == certificates
    moved = office.agent.tickets.transfer(tickets[0], "orders", "This one is yours.").acts[0]
    assert (moved.status, moved.lane) == (Status.ESCALATED, 1)
    assert office.desk.tickets.get(tickets[0]).lane == 3
    with pytest.raises(LengthMismatch):
        office.supervisor.tickets.assign(tickets, [1])


def test_clocks_are_called_by_anyone(office: Office) -> None:
    tickets = [office.opened("first"), office.opened("second")]
    with pytest.raises(NothingOverdue):
        office.stranger.tickets.expire(tickets)
    office.pass_time(timedelta(hours=5))
    overdue = office.desk.tickets.get(tickets[0])
    assert overdue.is_overdue(office.desk.now())
    result = office.stranger.tickets.expire(tickets)
    assert {act.kind for act in result.acts} == {Actor.ANYONE}
    found = office.desk.tickets.get(tickets[0])
    assert (found.status, found.breached, found.due_at) == (Status.ESCALATED, True, None)
    entry = office.desk.tickets.history(tickets[0])[-1]
    assert (entry.record, entry.problem) == (None, None)


def test_a_rating_is_the_customers_and_one(office: Office) -> None:
    ticket = office.taken()
    with pytest.raises(NotRateable):
        office.customer.tickets.rate(ticket, 5)
    office.agent.tickets.move(ticket, Status.RESOLVED)
    with pytest.raises(NotCustomer):
        office.agent.tickets.rate(ticket, 5)
    with pytest.raises(InvalidScore):
        office.customer.tickets.rate(ticket, 6)
    office.customer.tickets.rate(ticket, 4)
    assert office.desk.tickets.get(ticket).rating == 4


def test_ids_of_nothing(office: Office) -> None:
    unknown = "0x" + 32 * "ab"
    for use in (office.desk.tickets.get, office.agent.tickets.take, office.desk.tickets.verify):
        with pytest.raises(UnknownTicket) as caught:
            use(unknown)
        assert caught.value.ticket_id == unknown
    with pytest.raises(InvalidArgument, match="0x and 64 hex digits"):
        office.desk.tickets.get("0x12")
    with pytest.raises(UnknownLane):
        office.desk.lanes.get(99)


def test_lanes_are_made_and_closed(office: Office) -> None:
    lanes = office.supervisor.lanes
    hour = timedelta(hours=1)
    made = lanes.create(
        respond_within=30, resolve_within=8 * hour, confirm_within=hour, program="cards", level=2, gated=True
    )
    assert made.id == len(office.deployment.lanes) + 1
    assert (made.respond_within, made.level, made.gated, made.size) == (hour / 2, 2, True, 0)
    lanes.set_article(made.id, 7)
    assert lanes.get(made.id).article == 7
    lanes.set_article(made.id, None)
    lanes.close(made.id)
    assert (lanes.get(made.id).article, lanes.get(made.id).closed) == (None, True)
    with pytest.raises(LaneClosed):
        office.intake.tickets.open(lane=made.id, content="Hello?")
    with pytest.raises(InvalidArgument, match="no whole number of minutes"):
        lanes.create(respond_within=hour / 7, resolve_within=hour, confirm_within=hour, program="cards")
    with pytest.raises(AccessManagedUnauthorized):
        office.stranger.lanes.close("cards")


def test_departures_are_skipped(office: Office) -> None:
    tickets = [office.opened(str(number)) for number in range(3)]
    office.customer.tickets.move(tickets[1], Status.CLOSED)
    office.agent.tickets.take(tickets[0])
    assert office.desk.lanes.get("cards").waiting == 1
    office.stranger.lanes.skip("cards")
    assert office.desk.lanes.get("cards").served == 2
    assert office.desk.lanes.next_in_line("cards") == tickets[2]


def test_all_tickets_as_their_last_acts_left_them(office: Office) -> None:
    first, second = office.opened("First"), office.opened("Second")
    office.agent.tickets.take(first)
    office.supervisor.tickets.transfer(second, "orders")
    tickets = office.desk.tickets
    assert [ticket.id for ticket in tickets.all()] == [second.id, first.id]
    assert tickets.all(lane="cards") == [tickets.get(first)]
    assert tickets.all(lane="orders") == [tickets.get(second)]
    assert tickets.all(status=Status.OPEN) == [tickets.get(first)]
    assert tickets.all(customer=office.customer.sender.address.lower()) == tickets.all()
    assert tickets.all(customer=office.stranger.sender.address) == []
