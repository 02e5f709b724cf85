"""move: the count seen, the objection window, claims lanes. The table itself is walked in test_table.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.contract import RefusedError, refused, same
from tests.helpers.desk import CLAIMS, GATED_CLAIMS, PUBLIC, SEEN_ANY, Desk
from tests.helpers.people import People, Person
from tests.helpers.table import MOVES, Kind, Status

ENDING = (Status.RESOLVED, Status.REJECTED)


def test_a_move_is_one_act(desk: Desk, agent: Person, people: People) -> None:
    ticket = people.ticket_in(Status.OPEN)
    before, size, entry = desk.ticket(ticket), desk.lane(PUBLIC).size, desk.entry()
    act = agent.move(ticket, Status.ON_HOLD, entry=entry)
    assert (act.after.acts, act.after.seat) == (before.acts + 1, before.seat)
    assert (act.position, act.lane, act.entry) == (size, PUBLIC, entry)
    assert (act.actor, act.kind, act.time) == (agent.address, Kind.AGENT, desk.now)
    assert desk.lane(PUBLIC).size == size + 1


@pytest.mark.parametrize("at", [Status.NEW, Status.OPEN, Status.WAITING, Status.RESOLVED])
@pytest.mark.parametrize("seen", [0, -1, +1, SEEN_ANY, 1 << 255])
def test_nobody_answers_a_ticket_that_has_changed_under_him(
    desk: Desk, customer: Person, people: People, at: Status, seen: int
) -> None:
    ticket = people.ticket_in(at)
    acts = desk.ticket(ticket).acts
    wrong = acts + seen if abs(seen) == 1 else seen
    with refused("StaleTicket", wrong, acts):
        customer.move(ticket, Status.CLOSED, seen=wrong)


def test_only_the_agent_may_answer_whatever_was_added(
    agent: Person, customer: Person, people: People, supervisor: Person
) -> None:
    ticket = people.ticket_in(Status.OPEN)
    customer.move(ticket, Status.OPEN)
    for person in (customer, supervisor):
        with refused("StaleTicket", SEEN_ANY, 3):
            person.move(ticket, Status.OPEN, seen=SEEN_ANY)
    with refused("StaleTicket", 2, 3):
        agent.move(ticket, Status.WAITING, seen=2)
    assert agent.move(ticket, Status.WAITING, seen=SEEN_ANY).after.status == Status.WAITING


def test_a_resent_move_never_applies_twice(agent: Person, customer: Person, people: People) -> None:
    ticket = people.ticket_in(Status.OPEN)
    for person, acts in ((customer, 2), (agent, 3)):
        person.move(ticket, Status.OPEN, seen=acts)
        with refused("StaleTicket", acts, acts + 1):
            person.move(ticket, Status.OPEN, seen=acts)


def test_a_move_needs_an_entry(customer: Person, module: Person, people: People) -> None:
    ticket = people.ticket_in(Status.OPEN)
    with refused("EmptyEntry"):
        customer.move(ticket, Status.OPEN, entry=bytes(32))
    with refused("EmptyEntry"):
        module.move_as_module(ticket, Status.RESOLVED, entry=bytes(32))


def test_an_illegal_move_is_named_before_a_stale_count(people: People, stranger: Person) -> None:
    ticket = people.ticket_in(Status.OPEN)
    with refused("IllegalMove", Status.OPEN, Status.CLOSED, Kind.ANYONE):
        stranger.move(ticket, Status.CLOSED, seen=0)


@pytest.mark.parametrize("to", [Status.OPEN, Status.ESCALATED, Status.DISPUTED])
@pytest.mark.parametrize("at", ENDING)
@pytest.mark.parametrize("seated", [True, False], ids=["agent", "no-agent"])
def test_rule_13_reopening_too_late(people: People, at: Status, to: Status, seated: bool) -> None:
    ticket = people.ticket_in(at) if seated else people.unseated_in(at)
    desk = people.desk
    due_at, acts = desk.ticket(ticket).due_at, desk.ticket(ticket).acts
    said = (ticket, to, desk.entry())
    calls: list[tuple[Kind, Person, str, tuple[Any, ...]]] = [
        (Kind.CUSTOMER, people.customer, "move", (*said, acts)),
        (Kind.AGENT, people.agent, "move", (*said, acts)),
        (Kind.SUPERVISOR, people.supervisor, "move", (*said, acts)),
        (Kind.MODULE, people.module, "moveAsModule", said),
    ]
    for kind, person, function, arguments in calls:
        if (kind, at, to) not in MOVES or (kind == Kind.AGENT and not seated):
            continue
        for late in (0, 1, 60):
            found = desk.tickets.attempt(person.address, function, *arguments, at=60 * due_at + late)
            assert same(found, RefusedError("ObjectionWindowOver", due_at) if late else None), (kind, late)


@pytest.mark.parametrize("at", ENDING)
def test_rule_13_closing_is_never_too_late(customer: Person, desk: Desk, people: People, at: Status) -> None:
    ticket = people.ticket_in(at)
    desk.overdue(ticket)
    assert customer.move(ticket, Status.CLOSED).after.status == Status.CLOSED


def test_rule_13_other_clocks_keep_nobody_from_moving(customer: Person, desk: Desk, people: People) -> None:
    for at in (Status.WAITING, Status.DISPUTED):
        ticket = people.ticket_in(at)
        to = Status.OPEN if at == Status.WAITING else Status.DISPUTED
        desk.overdue(ticket)
        assert customer.move(ticket, to).after.status == to


@pytest.mark.parametrize("lane", [CLAIMS, GATED_CLAIMS])
@pytest.mark.parametrize("to", ENDING)
def test_verdicts_of_a_claims_lane_are_the_modules_alone(
    agent: Person, module: Person, people: People, supervisor: Person, lane: int, to: Status
) -> None:
    ticket = people.ticket_in(Status.OPEN, lane)
    with refused("ClaimsLane", lane):
        agent.move(ticket, to)
    if to == Status.REJECTED:
        with refused("ClaimsLane", lane):
            supervisor.move(ticket, to)
    agent.move(ticket, Status.ESCALATED)
    with refused("ClaimsLane", lane):
        supervisor.move(ticket, to)
    assert module.move_as_module(ticket, to).after.status == to


def test_all_else_goes_on_in_a_claims_lane(agent: Person, customer: Person, people: People) -> None:
    ticket = people.ticket_in(Status.OPEN, CLAIMS)
    for person, to in ((agent, Status.WAITING), (customer, Status.OPEN), (agent, Status.ON_HOLD)):
        person.move(ticket, to)
    assert customer.move(ticket, Status.CLOSED).after.status == Status.CLOSED


def test_rule_20_silence_resolves_in_a_claims_lane_too(desk: Desk, people: People, stranger: Person) -> None:
    ticket = people.ticket_in(Status.WAITING, CLAIMS)
    desk.overdue(ticket)
    (act,) = stranger.expire(ticket)
    assert act.after.status == Status.RESOLVED
