"""Rules 15 and 16: a ticket can always be ended, however many acts it has seen."""

from __future__ import annotations

import pytest

from tests.helpers.contract import RefusedError, refused, same
from tests.helpers.desk import GATED, SECOND_PUBLIC, Desk
from tests.helpers.people import People, Person
from tests.helpers.table import ASSIGN_FROM, MOVES, Kind, Status

IN_NEW, ADDING, ALL, NOTED, FIELD = 50, 900, 1000, 1022, 1023
ENDS = (Status.RESOLVED, Status.REJECTED, Status.DISPUTED, Status.CLOSED)
MOVED = sorted(move for move in MOVES if move[0] != Kind.ANYONE)
KEEPING = [move for move in MOVED if move[1] == move[2] and move[1] not in (Status.NEW, Status.CLOSED)]
CHANGING = [move for move in MOVED if move[1] != move[2]]


def named(move: object) -> str:
    return "-".join(map(str, move)) if isinstance(move, tuple) else str(move)


def padded(people: People, status: Status, acts: int) -> bytes:
    """A ticket in a state that has seen so many acts."""
    ticket = people.ticket_in(status)
    people.desk.write_ticket(ticket, acts=acts)
    return ticket


def judge(people: People, move: tuple[Kind, Status, Status], acts: int) -> RefusedError | None:
    """How the move would be refused after so many acts."""
    kind, at, to = move
    desk = people.desk
    with people.isolated():
        ticket = padded(people, at, acts)
        if kind == Kind.MODULE:
            return desk.tickets.attempt(people.module.address, "moveAsModule", ticket, to, desk.entry())
        person = {
            Kind.CUSTOMER: people.customer,
            Kind.AGENT: people.agent,
            Kind.SUPERVISOR: people.supervisor,
        }[kind]
        return desk.tickets.attempt(person.address, "move", ticket, to, desk.entry(), acts)


def too_many(acts: int) -> RefusedError:
    return RefusedError("TooManyActs", acts)


@pytest.mark.parametrize("move", KEEPING, ids=named)
def test_rule_15_adding_stops_at_900(move: tuple[Kind, Status, Status], people: People) -> None:
    for acts in (IN_NEW, ADDING - 1, ADDING, ALL - 1, ALL, NOTED):
        assert same(judge(people, move, acts), None if acts < ADDING else too_many(acts)), acts


@pytest.mark.parametrize("kind", [Kind.CUSTOMER, Kind.SUPERVISOR])
def test_rule_15_adding_in_new_stops_at_50(kind: Kind, people: People) -> None:
    for acts in (IN_NEW - 1, IN_NEW, ADDING, ALL):
        expected = None if acts < IN_NEW else too_many(acts)
        assert same(judge(people, (kind, Status.NEW, Status.NEW), acts), expected), acts


def test_rule_15_a_note_in_closed_stops_at_1022(people: People) -> None:
    for acts in (ADDING, ALL, NOTED - 1, NOTED, FIELD):
        expected = None if acts < NOTED else too_many(acts)
        assert same(judge(people, (Kind.SUPERVISOR, Status.CLOSED, Status.CLOSED), acts), expected), acts


@pytest.mark.parametrize("move", CHANGING, ids=named)
def test_rule_16_from_1000_on_only_what_ends(move: tuple[Kind, Status, Status], people: People) -> None:
    ruling = move == (Kind.MODULE, Status.DISPUTED, Status.OPEN)
    for acts in (IN_NEW, ADDING, ALL - 1, ALL, NOTED):
        ends = move[2] in ENDS or ruling
        assert same(judge(people, move, acts), None if acts < ALL or ends else too_many(acts)), acts


@pytest.mark.parametrize("seated", [True, False], ids=["agent", "no-agent"])
def test_rule_16_a_ruling_that_would_reopen_closes(module: Person, people: People, seated: bool) -> None:
    ticket = people.ticket_in(Status.DISPUTED) if seated else people.unseated_in(Status.DISPUTED)
    for acts in (ALL - 1, ALL, NOTED):
        with people.isolated():
            people.desk.write_ticket(ticket, acts=acts)
            after = module.move_as_module(ticket, Status.OPEN).after
            reopened = Status.OPEN if seated else Status.ESCALATED
            assert after.status == (reopened if acts < ALL else Status.CLOSED)
            if acts >= ALL:
                assert (after.due_at, after.budget) == (0, 0)


@pytest.mark.parametrize(
    "status", [status for status in Status if status not in (Status.NONE, Status.CLOSED)]
)
def test_rule_16_expire_closes_any_overdue_ticket(people: People, status: Status, stranger: Person) -> None:
    ticket = people.ticket_in(status)
    usual = {to for kind, at, to in MOVES if (kind, at) == (Kind.ANYONE, status)}
    for acts in (IN_NEW, ADDING, ALL - 1, ALL, NOTED):
        with people.isolated():
            people.desk.write_ticket(ticket, acts=acts)
            people.desk.overdue(ticket)
            (act,) = stranger.expire(ticket)
            assert {act.after.status} == (usual if acts < ALL else {Status.CLOSED})
            if acts >= ALL:
                assert (act.after.due_at, act.after.budget) == (0, 0)


@pytest.mark.parametrize("status", sorted(ASSIGN_FROM))
def test_rule_15_and_16_assign(agent: Person, people: People, status: Status, supervisor: Person) -> None:
    limit = ADDING if status == Status.OPEN else ALL
    for acts in (IN_NEW, limit - 1, limit, NOTED):
        with people.isolated():
            ticket = padded(people, status, acts)
            if acts < limit:
                supervisor.assign(ticket, agent)
                continue
            with refused("TooManyActs", acts):
                supervisor.assign(ticket, agent)


@pytest.mark.parametrize("status", [Status.NEW, Status.OPEN, Status.ON_HOLD, Status.ESCALATED])
def test_rule_15_and_16_transfer(people: People, status: Status, supervisor: Person) -> None:
    limit = ADDING if status == Status.ESCALATED else ALL
    for acts in (IN_NEW, limit - 1, limit, NOTED):
        with people.isolated():
            ticket = padded(people, status, acts)
            if acts < limit:
                supervisor.transfer(ticket, SECOND_PUBLIC)
                continue
            with refused("TooManyActs", acts):
                supervisor.transfer(ticket, SECOND_PUBLIC)


def test_rule_16_take(agent: Person, people: People) -> None:
    for acts in (IN_NEW, ADDING, ALL - 1):
        with people.isolated():
            agent.take(padded(people, Status.NEW, acts))
    ticket = padded(people, Status.NEW, ALL)
    with refused("TooManyActs", ALL):
        agent.take(ticket)


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_rule_15_the_rating_always_fits(customer: Person, people: People, status: Status) -> None:
    for acts in (ADDING, ALL, NOTED):
        with people.isolated():
            ticket = padded(people, status, acts)
            assert customer.rate(ticket).after.acts == acts + 1
    ticket = padded(people, status, FIELD)
    with refused("FieldOverflow", FIELD + 1, 10):
        customer.rate(ticket)


def test_the_counter_never_runs_over(customer: Person, people: People) -> None:
    ticket = padded(people, Status.RESOLVED, FIELD)
    with refused("FieldOverflow", FIELD + 1, 10):
        customer.move(ticket, Status.CLOSED)
    people.desk.overdue(ticket)
    with refused("FieldOverflow", FIELD + 1, 10):
        people.stranger.expire(ticket)


def test_a_ticket_really_padded_to_the_last_act(
    agent: Person, customer: Person, desk: Desk, module: Person, people: People, supervisor: Person
) -> None:
    ticket = people.opened(GATED)
    for _ in range(IN_NEW - 1):
        customer.move(ticket, Status.NEW)
    with refused("TooManyActs", IN_NEW):
        customer.move(ticket, Status.NEW)
    agent.take(ticket)
    while desk.ticket(ticket).acts < ADDING:
        customer.move(ticket, Status.OPEN)
    with refused("TooManyActs", ADDING):
        customer.move(ticket, Status.OPEN)
    while desk.ticket(ticket).acts < ALL:
        at = desk.ticket(ticket).status
        agent.move(ticket, Status.ON_HOLD if at == Status.OPEN else Status.OPEN)
    with refused("TooManyActs", ALL):
        agent.move(ticket, Status.ON_HOLD)
    agent.move(ticket, Status.RESOLVED)
    with refused("TooManyActs", ALL + 1):
        customer.move(ticket, Status.OPEN)
    module.move_as_module(ticket, Status.DISPUTED)
    assert module.move_as_module(ticket, Status.OPEN).after.status == Status.CLOSED
    while desk.ticket(ticket).acts < NOTED:
        supervisor.move(ticket, Status.CLOSED)
    with refused("TooManyActs", NOTED):
        supervisor.move(ticket, Status.CLOSED)
    assert customer.rate(ticket).after.acts == FIELD
    assert desk.view("scoreOf", agent.certificate) == (5, 1)
