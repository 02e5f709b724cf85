"""Breaches: recorded by whatever is done first, never erased; and clocks after one. Rules 6 and 8."""

from __future__ import annotations

import pytest

from tests.helpers.clock import (
    COMING_BACK,
    RESOLVE,
    RESPOND,
    RUNNING,
    STOPPED,
    Step,
    assigned,
    at,
    clock,
    expired,
    held_in,
    moves,
    ran_out,
    taken,
    transferred,
)
from tests.helpers.desk import PUBLIC, SECOND_PUBLIC
from tests.helpers.people import People
from tests.helpers.table import ASSIGN_FROM, MOVES, Kind, Status
from tests.helpers.words import Ticket


@pytest.mark.parametrize("status", [Status.NEW, *RUNNING])
def test_rule_5_an_act_that_breaches_and_moves_is_one(people: People, status: Status) -> None:
    desk, ticket = people.desk, people.ticket_in(status)
    for step in acts_on(status):
        with people.isolated():
            before, leaves, acts = desk.ticket(ticket), desk.lane(PUBLIC).size, len(desk.acts)
            desk.overdue(ticket)
            step(people, ticket)
            assert desk.ticket(ticket).acts == before.acts + 1
            assert (desk.lane(PUBLIC).size, len(desk.acts)) == (leaves + 1, acts + 1)
            assert desk.acts[-1].after == desk.ticket(ticket)


def test_rule_6_every_act_on_an_overdue_ticket_records_the_breach(people: People) -> None:
    for status in (Status.NEW, *RUNNING):
        with people.isolated():
            ticket = people.ticket_in(status)
            acts = acts_on(status)
            for act in acts:
                assert not after(people, ticket, act, late=0).breached
                assert after(people, ticket, act, late=1).breached


def test_rule_6_the_clocks_of_others_are_no_breach(people: People) -> None:
    for status in STOPPED:
        with people.isolated():
            ticket = people.ticket_in(status)
            for act in acts_on(status, in_window=False):
                assert not after(people, ticket, act, late=1).breached


def test_a_breach_is_never_erased(people: People) -> None:
    for status in (Status.NEW, *RUNNING, *STOPPED, Status.CLOSED):
        with people.isolated():
            ticket = people.ticket_in(status)
            people.desk.write_ticket(ticket, breached=True)
            for act in acts_on(status):
                with people.isolated():
                    act(people, ticket)
                    assert people.desk.ticket(ticket).breached


def acts_on(status: Status, in_window: bool = True) -> list[Step]:
    """Everything somebody but a clock may do in this state; without `in_window`, too late as well."""
    names = {
        Kind.CUSTOMER: "customer",
        Kind.AGENT: "agent",
        Kind.SUPERVISOR: "supervisor",
        Kind.MODULE: "module",
    }
    ending = status in (Status.RESOLVED, Status.REJECTED)
    acts: list[Step] = [
        moves(names[kind], to)
        for kind, at, to in sorted(MOVES)
        if at == status and kind in names and (in_window or not ending or to == Status.CLOSED)
    ]
    if status == Status.NEW:
        acts.append(taken)
    if status in ASSIGN_FROM:
        acts.append(assigned)
    if status in (Status.NEW, *RUNNING):
        acts.append(transferred)
    return acts


def after(people: People, ticket: bytes, act: Step, late: int) -> Ticket:
    """The ticket after an act so many seconds after its clock's end; the act is undone."""
    with people.isolated():
        people.desk.at(60 * people.desk.ticket(ticket).due_at + late)
        act(people, ticket)
        return people.desk.ticket(ticket)


@pytest.mark.parametrize("status", [Status.NEW, *RUNNING])
def test_rule_8_breached_and_escalated_has_no_clock(people: People, status: Status) -> None:
    ticket = people.ticket_in(status)
    for act in (expired, moves("supervisor", Status.ESCALATED)):
        assert after(people, ticket, act, late=1).due_at == 0


@pytest.mark.parametrize(
    ("status", "back"),
    [
        (Status.WAITING, moves("supervisor", Status.ESCALATED)),
        (Status.REJECTED, moves("customer", Status.ESCALATED)),
        (Status.ESCALATED, moves("customer", Status.ESCALATED)),
        (Status.OPEN, moves("agent", Status.ESCALATED)),
        (Status.OPEN, lambda people, ticket: people.agent.transfer(ticket, SECOND_PUBLIC)),
        (Status.DISPUTED, ran_out),
    ],
)
def test_rule_8_once_breached_escalated_has_no_clock(back: Step, people: People, status: Status) -> None:
    held = held_in(people, status)
    people.desk.write_ticket(held, breached=True)
    back(people, held)
    assert people.desk.ticket(held).status == Status.ESCALATED
    assert clock(people, held) == (None, 0)


@pytest.mark.parametrize("second", [0, 1, 59])
@pytest.mark.parametrize("status", sorted(ASSIGN_FROM))
def test_rule_8_assigning_a_breached_ticket_starts_a_fresh_clock(
    people: People, second: int, status: Status
) -> None:
    ticket = people.ticket_in(status)
    people.desk.write_ticket(ticket, breached=True)
    at(people, 100, second)
    assigned(people, ticket)
    assert clock(people, ticket) == (100 + RESOLVE, 0)


@pytest.mark.parametrize("status", sorted(ASSIGN_FROM - {Status.WAITING}))
def test_rule_8_assigning_in_the_breach_starts_a_fresh_clock(people: People, status: Status) -> None:
    ticket = people.ticket_in(status)
    due_at = people.desk.ticket(ticket).due_at
    assert after(people, ticket, assigned, late=1).due_at == due_at + RESOLVE


@pytest.mark.parametrize(
    ("status", "back", "granted"), [each for each in COMING_BACK if each[1] is not assigned]
)
def test_rule_8_a_breached_ticket_comes_back_with_its_budget(
    back: Step, granted: bool, people: People, status: Status
) -> None:
    held = held_in(people, status)
    people.desk.write_ticket(held, breached=True, budget=0)
    at(people, 200, 59)
    back(people, held)
    ticket = people.desk.ticket(held)
    expected = None if ticket.status == Status.ESCALATED else 200 + (RESPOND if granted else 0)
    assert clock(people, held) == (expected, 0)


@pytest.mark.parametrize("status", [Status.OPEN, Status.ON_HOLD])
def test_rule_8_a_breached_clock_runs_on(people: People, status: Status) -> None:
    held = held_in(people, status)
    people.desk.write_ticket(held, breached=True)
    at(people, 600)
    people.customer.move(held, status)
    assert clock(people, held) == (490, 0)
