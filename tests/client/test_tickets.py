"""Tickets over real JSON-RPC: every verb, what it gives back, and what it raises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from proofdesk import Actor, Status
from tests.client.office import Office


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
