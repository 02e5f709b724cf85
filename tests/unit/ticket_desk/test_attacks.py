"""What people may try: each idea with what becomes of it."""

from __future__ import annotations

import pytest

from tests.helpers.clock import Step, moves
from tests.helpers.contract import refused
from tests.helpers.desk import (
    GATED,
    INTAKE,
    MODULE,
    PUBLIC,
    SECOND_GATED,
    SECOND_PUBLIC,
    SEEN_ANY,
    SUPERVISOR,
    Desk,
)
from tests.helpers.people import People, Person
from tests.helpers.table import Kind, Status

DESKS = (Status.NEW, Status.OPEN, Status.ON_HOLD, Status.ESCALATED)


# ------------------------------------------------------------------------------------- padding, re-sending


def test_a_customer_holds_an_agent_off_by_adding(agent: Person, customer: Person, people: People) -> None:
    ticket = people.ticket_in(Status.OPEN)
    for acts in range(2, 6):
        customer.move(ticket, Status.OPEN)
        with refused("StaleTicket", acts, acts + 1):
            agent.move(ticket, Status.RESOLVED, seen=acts)
    assert agent.move(ticket, Status.RESOLVED, seen=SEEN_ANY).after.status == Status.RESOLVED


def test_a_supervisor_pads_a_closed_ticket_to_keep_a_rating_out(
    agent: Person, customer: Person, desk: Desk, people: People, supervisor: Person
) -> None:
    ticket = people.ticket_in(Status.CLOSED, GATED)
    desk.write_ticket(ticket, acts=1015)
    with refused("TooManyActs", 1022):
        for _ in range(100):
            supervisor.move(ticket, Status.CLOSED)
    customer.rate(ticket, 1)
    assert desk.view("scoreOf", agent.certificate) == (1, 1)


def test_a_customer_pads_his_turn_to_keep_it_from_being_taken(
    agent: Person, customer: Person, people: People
) -> None:
    ticket = customer.open()
    with refused("TooManyActs", 50):
        for _ in range(60):
            customer.move(ticket, Status.NEW)
    agent.take(ticket)


def test_an_old_answer_is_sent_again_after_a_reopening(
    agent: Person, customer: Person, people: People
) -> None:
    ticket = people.ticket_in(Status.OPEN)
    entry = people.desk.entry()
    agent.move(ticket, Status.RESOLVED, seen=2, entry=entry)
    customer.move(ticket, Status.OPEN)
    with refused("StaleTicket", 2, 4):
        agent.move(ticket, Status.RESOLVED, seen=2, entry=entry)


def test_somebody_else_opens_a_customers_entry_first(
    customer: Person, other_customer: Person, people: People
) -> None:
    entry = people.desk.entry()
    stolen = other_customer.open(entry=entry)
    assert customer.open(entry=entry) != stolen


# --------------------------------------------------------------------------------------- out of a breach


@pytest.mark.parametrize("at", DESKS)
def test_nobody_moves_his_way_out_of_a_breach(at: Status, people: People) -> None:
    ways: dict[Status, list[Step]] = {
        Status.NEW: [moves("supervisor", Status.REJECTED), moves("customer", Status.CLOSED)],
        Status.OPEN: [
            moves("agent", Status.WAITING),
            moves("agent", Status.RESOLVED),
            moves("agent", Status.ON_HOLD),
        ],
        Status.ON_HOLD: [moves("agent", Status.RESOLVED), moves("agent", Status.OPEN)],
        Status.ESCALATED: [moves("supervisor", Status.RESOLVED), moves("module", Status.DISPUTED)],
    }
    for way in ways[at]:
        with people.isolated():
            ticket = people.ticket_in(at)
            people.desk.overdue(ticket)
            way(people, ticket)
            assert people.desk.ticket(ticket).breached


def test_an_agent_parks_a_ticket_to_win_time(agent: Person, desk: Desk, people: People) -> None:
    ticket = people.ticket_in(Status.OPEN)
    due_at = desk.ticket(ticket).due_at
    for _ in range(20):
        for to in (Status.WAITING, Status.OPEN, Status.ON_HOLD, Status.OPEN, Status.RESOLVED, Status.OPEN):
            agent.move(ticket, to)
    # Each stop costs the minute that has begun, so parking only loses time.
    assert desk.ticket(ticket).due_at <= due_at


def test_supervisors_pass_a_ticket_round_to_win_time(
    agent: Person, desk: Desk, people: People, second_agent: Person, supervisor: Person
) -> None:
    ticket = people.ticket_in(Status.OPEN)
    due_at = desk.ticket(ticket).due_at
    for lane in (SECOND_PUBLIC, PUBLIC, SECOND_PUBLIC):
        desk.wait(30)
        supervisor.assign(ticket, second_agent)
        supervisor.transfer(ticket, lane)
        supervisor.assign(ticket, agent)
    assert desk.ticket(ticket).due_at == due_at


# ------------------------------------------------------------------------------------ round the gate


def test_a_ticket_is_carried_round_the_gate(
    customer: Person, desk: Desk, people: People, supervisor: Person
) -> None:
    inside, outside = people.opened(GATED), people.opened(PUBLIC)
    supervisor.transfer(inside, SECOND_GATED)
    supervisor.transfer(outside, SECOND_PUBLIC)
    for ticket, lane, to in ((inside, SECOND_GATED, PUBLIC), (outside, SECOND_PUBLIC, GATED)):
        with refused("NoTransfer", lane, to):
            supervisor.transfer(ticket, to)


# --------------------------------------------------------------------------------- several parts at once


def test_an_agent_serves_his_own_ticket(
    agent: Person, people: People, second_agent: Person, supervisor: Person
) -> None:
    ticket = agent.open()
    with refused("OwnTicket", ticket):
        agent.take(ticket)
    with refused("CertificateNotValid", second_agent.certificate):
        agent.take(ticket, second_agent.certificate)
    with refused("OwnTicket", ticket):
        supervisor.assign(ticket, agent)
    second_agent.take(ticket)
    assert agent.move(ticket, Status.OPEN).kind == Kind.CUSTOMER
    with refused("IllegalMove", Status.OPEN, Status.RESOLVED, Kind.CUSTOMER):
        agent.move(ticket, Status.RESOLVED)


def test_a_customer_is_made_the_agent_of_his_own_ticket_later(
    certifier: Person, customer: Person, desk: Desk, people: People, second_agent: Person
) -> None:
    ticket = people.ticket_in(Status.OPEN)
    own = certifier.certify(customer)
    desk.write_ticket(ticket, seat=own)
    with refused("IllegalMove", Status.OPEN, Status.RESOLVED, Kind.CUSTOMER):
        customer.move(ticket, Status.RESOLVED)


def test_rule_1_a_supervisor_who_is_the_agent(
    admin: Person, agent: Person, certifier: Person, people: People
) -> None:
    admin.grant(SUPERVISOR, agent)
    ticket = people.ticket_in(Status.ESCALATED)
    # Moves are judged by the first kind that fits, even where the next would be allowed more.
    with refused("IllegalMove", Status.ESCALATED, Status.RESOLVED, Kind.AGENT):
        agent.move(ticket, Status.RESOLVED)
    assert agent.assign(ticket, agent).kind == Kind.SUPERVISOR
    assert agent.move(ticket, Status.WAITING).kind == Kind.AGENT
    certifier.suspend(agent)
    assert agent.move(ticket, Status.ESCALATED).kind == Kind.SUPERVISOR
    assert agent.move(ticket, Status.RESOLVED).kind == Kind.SUPERVISOR


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        (Status.NEW, Kind.SUPERVISOR),
        (Status.OPEN, Kind.AGENT),
        (Status.ON_HOLD, Kind.AGENT),
        (Status.ESCALATED, Kind.SUPERVISOR),
    ],
)
def test_rule_3_a_supervisor_who_is_the_agent_transfers(
    admin: Person, agent: Person, at: Status, kind: Kind, people: People
) -> None:
    admin.grant(SUPERVISOR, agent)
    assert agent.transfer(people.ticket_in(at), SECOND_PUBLIC).kind == kind


@pytest.mark.parametrize("role", [SUPERVISOR, MODULE, INTAKE])
def test_rule_1_a_customer_with_a_role_is_a_customer(
    admin: Person, customer: Person, people: People, role: int
) -> None:
    admin.grant(role, customer)
    ticket = people.unseated_in(Status.ESCALATED)
    with refused("IllegalMove", Status.ESCALATED, Status.RESOLVED, Kind.CUSTOMER):
        customer.move(ticket, Status.RESOLVED)
    assert customer.move(ticket, Status.ESCALATED).kind == Kind.CUSTOMER


def test_a_desk_of_one_person_is_not_stuck(
    admin: Person, agent: Person, customer: Person, people: People
) -> None:
    admin.grant(SUPERVISOR, agent)
    ticket = customer.open()
    agent.assign(ticket, agent)
    agent.transfer(ticket, SECOND_PUBLIC)
    agent.assign(ticket, agent)
    agent.move(ticket, Status.RESOLVED)
    assert customer.rate(ticket).after.rating == 5


# --------------------------------------------------------------------------------------- roles with a delay


def test_rule_1_a_supervisor_with_an_execution_delay_is_anyone(
    admin: Person, people: People, stranger: Person
) -> None:
    admin.grant(SUPERVISOR, stranger, delay=1)
    ticket = people.ticket_in(Status.ESCALATED)
    with refused("IllegalMove", Status.ESCALATED, Status.RESOLVED, Kind.ANYONE):
        stranger.move(ticket, Status.RESOLVED)
    admin.grant(SUPERVISOR, stranger)
    stranger.move(ticket, Status.RESOLVED)


def test_rule_4_a_module_with_an_execution_delay_is_none(
    admin: Person, people: People, stranger: Person
) -> None:
    admin.grant(MODULE, stranger, delay=1)
    ticket = people.ticket_in(Status.OPEN)
    with refused("MissingRole", stranger.address, MODULE):
        stranger.move_as_module(ticket, Status.RESOLVED)
    admin.grant(MODULE, stranger)
    stranger.move_as_module(ticket, Status.RESOLVED)


@pytest.mark.parametrize("role", [SUPERVISOR, MODULE, INTAKE])
def test_a_role_that_was_taken_away_is_gone_at_once(
    admin: Person, desk: Desk, people: People, role: int, stranger: Person
) -> None:
    admin.grant(role, stranger)
    desk.access.send(admin.address, "revokeRole", role, stranger.address)
    ticket = people.ticket_in(Status.OPEN)
    with refused("IllegalMove", Status.OPEN, Status.ESCALATED, Kind.ANYONE):
        stranger.move(ticket, Status.ESCALATED)
    with refused("MissingRole", stranger.address, MODULE):
        stranger.move_as_module(ticket, Status.RESOLVED)
    with refused("LaneGated", GATED):
        stranger.open(GATED)


def test_the_admin_of_roles_has_no_part_in_tickets(admin: Person, agent: Person, people: People) -> None:
    ticket = people.ticket_in(Status.ESCALATED)
    with refused("IllegalMove", Status.ESCALATED, Status.RESOLVED, Kind.ANYONE):
        admin.move(ticket, Status.RESOLVED)
    with refused("MissingRole", admin.address, SUPERVISOR):
        admin.assign(ticket, agent)
    with refused("LaneGated", GATED):
        admin.open(GATED)
