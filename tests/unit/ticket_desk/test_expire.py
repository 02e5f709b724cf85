"""expire: anyone calls the clocks, of many tickets at once; keepers do one another no harm."""

from __future__ import annotations

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import PUBLIC, Desk
from tests.helpers.people import People, Person
from tests.helpers.table import MOVES, Kind, Status

WITH_CLOCK = [status for status in Status if any(move[:2] == (Kind.ANYONE, status) for move in MOVES)]
every_clock = pytest.mark.parametrize("at", WITH_CLOCK)


@every_clock
def test_the_act_of_a_clock(
    at: Status, customer: Person, desk: Desk, people: People, stranger: Person
) -> None:
    ticket = people.ticket_in(at)
    before, size = desk.ticket(ticket), desk.lane(PUBLIC).size
    for caller in (stranger, customer):
        with people.isolated():
            desk.overdue(ticket)
            (act,) = caller.expire(ticket)
            assert (act.actor, act.kind, act.entry) == (caller.address, Kind.ANYONE, bytes(32))
            assert (act.lane, act.position, act.after.acts) == (PUBLIC, size, before.acts + 1)
            assert act.after == desk.ticket(ticket)
            assert act.after.seat == (0 if at == Status.NEW else before.seat)


@every_clock
def test_a_breach_is_the_desks_alone(at: Status, desk: Desk, people: People, stranger: Person) -> None:
    ticket = people.ticket_in(at)
    desk.overdue(ticket)
    (act,) = stranger.expire(ticket)
    assert act.after.breached == (at in (Status.NEW, Status.OPEN, Status.ON_HOLD, Status.ESCALATED))


def test_rule_17_a_batch_skips_what_is_not_overdue(desk: Desk, people: People, stranger: Person) -> None:
    overdue = [people.ticket_in(at) for at in (Status.OPEN, Status.ESCALATED)]
    others = [people.ticket_in(at) for at in (Status.NONE, Status.CLOSED)]
    waiting = people.ticket_in(Status.WAITING)
    overdue.append(people.ticket_in(Status.NEW))
    batch = [others[0], overdue[0], overdue[0], waiting, overdue[1], others[1], overdue[2], overdue[1]]
    desk.overdue(*overdue)
    acts = stranger.expire(*batch)
    assert [act.ticket_id for act in acts] == overdue
    assert all(act.after.status == Status.ESCALATED and act.after.breached for act in acts)
    assert desk.ticket(waiting).status == Status.WAITING


def test_rule_17_it_returns_how_many_it_moved(desk: Desk, people: People) -> None:
    overdue = [people.ticket_in(Status.OPEN), people.ticket_in(Status.ON_HOLD)]
    late = 1 + 60 * max(desk.ticket(each).due_at for each in overdue)
    batch = [*overdue, *overdue, people.ticket_in(Status.CLOSED)]
    assert desk.view("expire", batch, at=late) == 2
    assert desk.view("expire", batch[1:2], at=late) == 1


def test_rule_17_a_slower_keeper_loses_nothing_but_what_was_done(
    desk: Desk, other_customer: Person, people: People, stranger: Person
) -> None:
    first, second = people.ticket_in(Status.OPEN), people.ticket_in(Status.OPEN)
    desk.overdue(first, second)
    other_customer.expire(first)
    assert [act.ticket_id for act in stranger.expire(first, second)] == [second]
    with refused("NothingOverdue"):
        stranger.expire(first, second)


def test_rule_17_nothing_overdue(people: People, stranger: Person) -> None:
    tickets = [people.ticket_in(at) for at in Status if at != Status.NEW]
    for batch in ([], tickets[:1], tickets):
        with refused("NothingOverdue"):
            stranger.expire(*batch)


def test_a_ticket_expires_from_state_to_state_to_its_end(
    desk: Desk, people: People, stranger: Person
) -> None:
    ticket = people.ticket_in(Status.WAITING)
    for to in (Status.RESOLVED, Status.CLOSED):
        desk.overdue(ticket)
        (act,) = stranger.expire(ticket)
        assert act.after.status == to
    assert (desk.ticket(ticket).due_at, desk.ticket(ticket).budget) == (0, 0)


def test_a_breached_ticket_waits_for_a_supervisor_without_a_clock(
    desk: Desk, people: People, stranger: Person
) -> None:
    ticket = people.ticket_in(Status.NEW)
    desk.overdue(ticket)
    (act,) = stranger.expire(ticket)
    assert (act.after.status, act.after.due_at) == (Status.ESCALATED, 0)
    desk.wait(1_000_000)
    with refused("NothingOverdue"):
        stranger.expire(ticket)


def test_an_expired_turn_leaves_the_line(
    agent: Person, customer: Person, desk: Desk, people: People, stranger: Person
) -> None:
    first = customer.open()
    desk.wait(30)
    second, third = customer.open(), customer.open()
    customer.move(second, Status.CLOSED)
    desk.overdue(first)
    stranger.expire(first)
    assert desk.view("nextInLine", PUBLIC) == 3
    agent.take(third)
