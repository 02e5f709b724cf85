"""assign: a supervisor's exception to the line, for one ticket or many, all or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import LANES, PUBLIC, SUPERVISOR, Desk
from tests.helpers.people import People, Person
from tests.helpers.table import ASSIGN_FROM, Kind, Status

WINDOW = LANES["public"].resolve_within


def test_an_assigned_ticket(customer: Person, desk: Desk, second_agent: Person, supervisor: Person) -> None:
    ticket = customer.open()
    before, lane, entry = desk.ticket(ticket), desk.lane(PUBLIC), desk.entry()
    act = supervisor.assign(ticket, second_agent, entry)
    seat, due_at = second_agent.certificate, act.time // 60 + WINDOW
    assert act.after == desk.ticket(ticket)
    assert act.after == replace(before, status=Status.OPEN, seat=seat, due_at=due_at, acts=2)
    assert (act.kind, act.actor, act.entry) == (Kind.SUPERVISOR, supervisor.address, entry)
    assert desk.lane(PUBLIC) == replace(lane, served=1, size=2)


def test_assigning_is_out_of_turn(
    agent: Person, customer: Person, desk: Desk, second_agent: Person, supervisor: Person
) -> None:
    first, second, third = (customer.open() for _ in range(3))
    supervisor.assign(second, second_agent)
    assert (desk.lane(PUBLIC).served, desk.lane(PUBLIC).departed) == (0, 1)
    agent.take(first)
    agent.take(third)
    assert (desk.lane(PUBLIC).served, desk.lane(PUBLIC).departed) == (3, 0)


@pytest.mark.parametrize("at", sorted(ASSIGN_FROM))
def test_the_new_agent_sits_and_the_old_does_not(
    agent: Person, at: Status, people: People, second_agent: Person, supervisor: Person
) -> None:
    ticket = people.ticket_in(at)
    assert supervisor.assign(ticket, second_agent).after.seat == second_agent.certificate
    with refused("IllegalMove", Status.OPEN, Status.WAITING, Kind.ANYONE):
        agent.move(ticket, Status.WAITING)
    second_agent.move(ticket, Status.WAITING)


def test_many_in_one_call(
    agent: Person, customer: Person, desk: Desk, people: People, second_agent: Person, supervisor: Person
) -> None:
    held = people.ticket_in(Status.ON_HOLD)
    tickets = [held, *(customer.open() for _ in range(5))]
    agents = [second_agent, agent, second_agent, agent, second_agent, agent]
    entries = [desk.entry() for _ in tickets]
    supervisor.does("assign", tickets, [each.certificate for each in agents], entries)
    for ticket, each, entry, act in zip(tickets, agents, entries, desk.acts[-6:], strict=True):
        assert (act.ticket_id, act.entry) == (ticket, entry)
        assert (desk.ticket(ticket).status, desk.ticket(ticket).seat) == (Status.OPEN, each.certificate)
    assert desk.view("nextInLine", PUBLIC) == 0


def test_one_ticket_twice_in_one_call(
    agent: Person, customer: Person, desk: Desk, second_agent: Person, supervisor: Person
) -> None:
    ticket = customer.open()
    certificates = [agent.certificate, second_agent.certificate]
    supervisor.does("assign", [ticket, ticket], certificates, [desk.entry(), desk.entry()])
    assert (desk.ticket(ticket).acts, desk.ticket(ticket).seat) == (3, second_agent.certificate)
    assert desk.lane(PUBLIC).served == 1


def test_none_in_one_call_does_nothing(desk: Desk, supervisor: Person) -> None:
    assert desk.send(supervisor.address, "assign", [], [], []) == []


@pytest.mark.parametrize(
    "lengths", [(2, 1, 1), (1, 2, 1), (1, 1, 2), (0, 1, 1), (1, 0, 1), (1, 1, 0), (2, 2, 1)]
)
def test_the_arrays_are_of_one_length(
    agent: Person, customer: Person, desk: Desk, lengths: tuple[int, int, int], supervisor: Person
) -> None:
    tickets = [customer.open() for _ in range(lengths[0])]
    entries = [desk.entry() for _ in range(lengths[2])]
    with refused("LengthMismatch"):
        supervisor.does("assign", tickets, [agent.certificate] * lengths[1], entries)


def test_rule_18_all_or_nothing(
    agent: Person, customer: Person, desk: Desk, people: People, supervisor: Person
) -> None:
    good, bad = customer.open(), people.ticket_in(Status.NONE)
    with refused("UnknownTicket", bad):
        supervisor.does("assign", [good, bad], [agent.certificate] * 2, [desk.entry(), desk.entry()])
    assert desk.ticket(good).status == Status.NEW


@pytest.mark.parametrize("at", sorted(ASSIGN_FROM))
def test_the_lanes_conditions_hold_for_assigned_agents_too(
    at: Status, certifier: Person, people: People, second_agent: Person, stranger: Person, supervisor: Person
) -> None:
    ticket = people.ticket_in(at)
    for certificate in (0, 99, 1 << 26):
        with refused("CertificateNotValid", certificate):
            supervisor.assign(ticket, certificate)
    low = certifier.certify(stranger, level=1)
    with refused("NotQualified", low, 1, 1):
        supervisor.assign(ticket, low)
    other = certifier.certify(stranger, program=2, level=7)
    with refused("NotQualified", other, 2, 7):
        supervisor.assign(ticket, other)
    certifier.suspend(second_agent)
    with refused("CertificateNotValid", second_agent.certificate):
        supervisor.assign(ticket, second_agent)
    own = certifier.certify(people.customer)
    with refused("OwnTicket", ticket):
        supervisor.assign(ticket, own)


def test_only_supervisors_without_delay_assign(
    admin: Person, agent: Person, customer: Person, stranger: Person
) -> None:
    ticket = customer.open()
    for person in (agent, stranger, admin):
        with refused("MissingRole", person.address, SUPERVISOR):
            person.assign(ticket, agent)
    admin.grant(SUPERVISOR, stranger, delay=1)
    with refused("MissingRole", stranger.address, SUPERVISOR):
        stranger.assign(ticket, agent)
    admin.grant(SUPERVISOR, stranger)
    stranger.assign(ticket, agent)


def test_assigning_needs_an_entry(agent: Person, customer: Person, supervisor: Person) -> None:
    ticket = customer.open()
    with refused("EmptyEntry"):
        supervisor.assign(ticket, agent, bytes(32))
