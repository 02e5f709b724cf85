"""The whole table: every kind of actor, from every state to every state, by every function that reaches one.

What is expected comes from tests/helpers/table.py, typed by hand from the design's drawing.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from proofdesk._transitions import TABLE
from tests.helpers.contract import RefusedError, refused, same
from tests.helpers.desk import MODULE, SECOND_PUBLIC, SUPERVISOR, Act, Desk
from tests.helpers.people import People, Person
from tests.helpers.table import ASSIGN_FROM, MOVES, RATE_IN, TAKE_FROM, TRANSFER_FROM, Kind, Status

STATES = [status for status in Status if status != Status.NONE]
UNSEATED = [Status.ESCALATED, Status.RESOLVED, Status.REJECTED, Status.DISPUTED, Status.CLOSED]

every_state = pytest.mark.parametrize("at", STATES)
every_unseated_state = pytest.mark.parametrize("at", UNSEATED)
with_and_without_agent = pytest.mark.parametrize(
    ("at", "seated"),
    [(at, True) for at in STATES] + [(at, False) for at in UNSEATED],
    ids=[str(at) for at in STATES] + [f"{at}-no-agent" for at in UNSEATED],
)


def kinds(people: People, at: Status, seated: bool = True) -> list[tuple[Person, Kind]]:
    """Everybody who may call `move`, and as whom he then acts. In New the seat is a turn, not an agent's."""
    agent = Kind.AGENT if seated and at != Status.NEW else Kind.ANYONE
    return [
        (people.customer, Kind.CUSTOMER),
        (people.agent, agent),
        (people.supervisor, Kind.SUPERVISOR),
        (people.module, Kind.ANYONE),
        (people.second_agent, Kind.ANYONE),
        (people.other_customer, Kind.ANYONE),
        (people.admin, Kind.ANYONE),
        (people.stranger, Kind.ANYONE),
    ]


def a_ticket(people: People, at: Status, seated: bool) -> bytes:
    return people.ticket_in(at) if seated else people.unseated_in(at)


def judge(desk: Desk, caller: Person, expected: RefusedError | None, function: str, *args: Any) -> None:
    """The next transaction would be refused exactly so, or would not be."""
    found = desk.tickets.attempt(caller.address, function, *args)
    assert same(found, expected), f"{caller.name} {function}: {found}, expected {expected}"


def does(people: People, caller: Person, act: partial[Act], kind: Kind, to: Status) -> None:
    """The act is really done, as this kind, and leads there; it is undone after it."""
    with people.isolated():
        done = act()
        assert (done.kind, done.actor, done.after.status) == (kind, caller.address, to)
        assert people.desk.ticket(done.ticket_id) == done.after


def test_the_table_knows_no_other_numbers(desk: Desk) -> None:
    for numbers in ((6, 1, 1), (1, 10, 1), (1, 1, 10), (1, 1, 255)):
        with refused(""):
            desk.view("isLegal", *numbers)


def test_three_tables_are_one(desk: Desk) -> None:
    for kind in Kind:
        for at in Status:
            for to in Status:
                drawn = (kind, at, to) in MOVES
                assert desk.view("isLegal", kind, at, to) == drawn, (kind, at, to)
    generated = {
        (int(kind), int(at), int(to))
        for kind, rows in TABLE.items()
        for at, row in rows.items()
        for to in row
    }
    assert generated == {(int(kind), int(at), int(to)) for kind, at, to in MOVES}


def walk_moves(people: People, ticket: bytes, at: Status, seated: bool) -> None:
    desk = people.desk
    acts, entry = desk.ticket(ticket).acts, desk.entry()
    for caller, kind in kinds(people, at, seated):
        for to in Status:
            legal = (kind, at, to) in MOVES and kind != Kind.ANYONE
            expected = None if legal else RefusedError("IllegalMove", at, to, kind)
            judge(desk, caller, expected, "move", ticket, to, entry, acts)
            if legal:
                reached = Status.ESCALATED if to == Status.OPEN and not seated else to
                does(people, caller, partial(caller.move, ticket, to), kind, reached)


@every_state
def test_rule_1_move(people: People, at: Status) -> None:
    walk_moves(people, people.ticket_in(at), at, seated=True)


@every_unseated_state
def test_rule_11_move_without_an_agent(people: People, at: Status) -> None:
    walk_moves(people, people.unseated_in(at), at, seated=False)


@every_state
def test_rule_2_an_agent_without_a_valid_certificate_moves_nothing(people: People, at: Status) -> None:
    ticket = people.ticket_in(at)
    desk, agent = people.desk, people.agent
    people.certifier.suspend(agent)
    for to in Status:
        expected = RefusedError("CertificateNotValid", agent.certificate)
        if at == Status.NEW:
            expected = RefusedError("IllegalMove", at, to, Kind.ANYONE)
        judge(desk, agent, expected, "move", ticket, to, desk.entry(), desk.ticket(ticket).acts)
        judge(
            desk,
            agent,
            RefusedError("MissingRole", agent.address, MODULE),
            "moveAsModule",
            ticket,
            to,
            desk.entry(),
        )
    elsewhere = RefusedError("CertificateNotValid", agent.certificate)
    if at == Status.NEW:
        elsewhere = RefusedError("IllegalMove", at, Status.ESCALATED, Kind.ANYONE)
    judge(desk, agent, elsewhere, "transfer", ticket, SECOND_PUBLIC, desk.entry())


@with_and_without_agent
def test_rule_4_move_as_module(people: People, at: Status, seated: bool) -> None:
    ticket = a_ticket(people, at, seated)
    desk, entry = people.desk, people.desk.entry()
    for caller, _ in kinds(people, at):
        for to in Status:
            legal = (Kind.MODULE, at, to) in MOVES
            expected = None if legal else RefusedError("IllegalMove", at, to, Kind.MODULE)
            if caller is not people.module:
                expected = RefusedError("MissingRole", caller.address, MODULE)
            judge(desk, caller, expected, "moveAsModule", ticket, to, entry)
            if expected is None:
                reached = Status.ESCALATED if to == Status.OPEN and not seated else to
                does(people, caller, partial(caller.move_as_module, ticket, to), Kind.MODULE, reached)


@every_state
def test_rule_4_a_module_moves_no_ticket_of_its_own(people: People, at: Status) -> None:
    people.admin.grant(MODULE, people.customer)
    ticket = people.ticket_in(at)
    desk = people.desk
    for to in Status:
        expected = RefusedError("IllegalMove", at, to, Kind.CUSTOMER)
        judge(desk, people.customer, expected, "moveAsModule", ticket, to, desk.entry())


@every_state
def test_expire(people: People, at: Status) -> None:
    ticket = people.ticket_in(at)
    desk = people.desk
    due_at = desk.ticket(ticket).due_at
    reached = [to for to in Status if (Kind.ANYONE, at, to) in MOVES]
    assert len(reached) == (0 if at == Status.CLOSED else 1)
    for caller, _ in kinds(people, at):
        at_its_end = desk.tickets.attempt(caller.address, "expire", [ticket], at=60 * due_at)
        assert same(at_its_end, RefusedError("NothingOverdue"))
        late = desk.tickets.attempt(
            caller.address, "expire", [ticket], at=60 * due_at + 1 if due_at else desk.now * 2
        )
        assert same(late, None if reached else RefusedError("NothingOverdue"))
        if reached:
            with people.isolated():
                desk.overdue(ticket)
                (act,) = caller.expire(ticket)
                assert (act.kind, act.actor, act.entry) == (Kind.ANYONE, caller.address, bytes(32))
                assert act.after.status == reached[0]


@every_state
def test_take(people: People, at: Status) -> None:
    ticket = people.ticket_in(at)
    desk, certificate = people.desk, people.agent.certificate
    for caller, _ in kinds(people, at):
        if at not in TAKE_FROM:
            expected: RefusedError | None = RefusedError("IllegalMove", at, Status.OPEN, Kind.AGENT)
        elif caller is people.agent:
            expected = None
        else:
            expected = RefusedError("CertificateNotValid", certificate)
        judge(desk, caller, expected, "take", ticket, certificate, desk.entry())
        if expected is None:
            does(people, caller, partial(caller.take, ticket), Kind.AGENT, Status.OPEN)


@with_and_without_agent
def test_rule_3_assign(people: People, at: Status, seated: bool) -> None:
    ticket = a_ticket(people, at, seated)
    desk, second = people.desk, people.second_agent
    for caller, _ in kinds(people, at):
        legal = caller is people.supervisor and at in ASSIGN_FROM
        expected = None if legal else RefusedError("IllegalMove", at, Status.OPEN, Kind.SUPERVISOR)
        if caller is not people.supervisor:
            expected = RefusedError("MissingRole", caller.address, SUPERVISOR)
        judge(desk, caller, expected, "assign", [ticket], [second.certificate], [desk.entry()])
        if legal:
            does(people, caller, partial(caller.assign, ticket, second), Kind.SUPERVISOR, Status.OPEN)


@every_state
def test_rule_3_nobody_assigns_or_transfers_his_own_ticket(people: People, at: Status) -> None:
    people.admin.grant(SUPERVISOR, people.customer)
    ticket = people.ticket_in(at)
    desk, customer = people.desk, people.customer
    assigned = RefusedError("IllegalMove", at, Status.OPEN, Kind.CUSTOMER)
    judge(desk, customer, assigned, "assign", [ticket], [people.agent.certificate], [desk.entry()])
    transferred = RefusedError("IllegalMove", at, Status.ESCALATED, Kind.CUSTOMER)
    judge(desk, customer, transferred, "transfer", ticket, SECOND_PUBLIC, desk.entry())


@with_and_without_agent
def test_rule_3_transfer(people: People, at: Status, seated: bool) -> None:
    ticket = a_ticket(people, at, seated)
    desk = people.desk
    for caller, kind in kinds(people, at, seated):
        legal = at in TRANSFER_FROM.get(kind, ())
        expected = None if legal else RefusedError("IllegalMove", at, Status.ESCALATED, kind)
        judge(desk, caller, expected, "transfer", ticket, SECOND_PUBLIC, desk.entry())
        if legal:
            does(people, caller, partial(caller.transfer, ticket, SECOND_PUBLIC), kind, Status.ESCALATED)


@with_and_without_agent
def test_rate(people: People, at: Status, seated: bool) -> None:
    ticket = a_ticket(people, at, seated)
    desk = people.desk
    for caller, kind in kinds(people, at):
        legal = kind == Kind.CUSTOMER and at in RATE_IN and seated
        expected = None if legal else RefusedError("NotRateable", ticket)
        if kind != Kind.CUSTOMER:
            expected = RefusedError("NotCustomer", ticket, caller.address)
        judge(desk, caller, expected, "rate", ticket, 5, desk.entry())
        if legal:
            does(people, caller, partial(caller.rate, ticket), Kind.CUSTOMER, at)


@every_state
def test_open_leads_to_new_only_once(people: People, at: Status) -> None:
    entry = people.desk.entry()
    ticket = people.customer.open(entry=entry)
    if at != Status.NEW:
        status = {"status": at, "seat": people.agent.certificate}
        people.desk.write_ticket(ticket, **status)
    judge(people.desk, people.customer, RefusedError("TicketExists", ticket), "open", 1, entry)
    twin = (1, people.customer.address, entry)
    judge(people.desk, people.module, RefusedError("TicketExists", ticket), "openAsModule", *twin)


def test_nothing_is_done_to_a_ticket_that_does_not_exist(people: People) -> None:
    ticket = people.ticket_in(Status.NONE)
    desk, entry = people.desk, people.desk.entry()
    unknown = RefusedError("UnknownTicket", ticket)
    for to in Status:
        judge(desk, people.customer, unknown, "move", ticket, to, entry, 0)
        judge(desk, people.module, unknown, "moveAsModule", ticket, to, entry)
    judge(desk, people.agent, unknown, "take", ticket, people.agent.certificate, entry)
    judge(desk, people.customer, unknown, "rate", ticket, 5, entry)
    judge(desk, people.supervisor, unknown, "assign", [ticket], [people.agent.certificate], [entry])
    judge(desk, people.supervisor, unknown, "transfer", ticket, SECOND_PUBLIC, entry)
    judge(desk, people.stranger, RefusedError("NothingOverdue"), "expire", [ticket])


@pytest.mark.parametrize("to", [10, 15, 16, 255])
def test_no_move_leads_beyond_the_states(people: People, to: int) -> None:
    ticket = people.ticket_in(Status.OPEN)
    for caller, _ in kinds(people, Status.OPEN):
        judge(people.desk, caller, RefusedError(""), "move", ticket, to, people.desk.entry(), 2)
        judge(people.desk, caller, RefusedError(""), "moveAsModule", ticket, to, people.desk.entry())
