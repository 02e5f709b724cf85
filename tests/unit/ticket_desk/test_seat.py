"""The seat: whose ticket it is, from which act to which. Rules 1, 2, 11 and 12."""

from __future__ import annotations

import pytest

from tests.helpers.clock import RUNNING, STOPPED, Step, moves, ran_out
from tests.helpers.contract import refused
from tests.helpers.desk import SECOND_PUBLIC, Desk
from tests.helpers.people import People, Person
from tests.helpers.table import MOVES, Kind, Status

NAMES = {Kind.CUSTOMER: "customer", Kind.AGENT: "agent", Kind.SUPERVISOR: "supervisor", Kind.MODULE: "module"}


def test_rule_1_a_turn_is_no_certificate(agent: Person, customer: Person, desk: Desk) -> None:
    ticket = customer.open()
    assert desk.ticket(ticket).seat == agent.certificate == 1
    with refused("IllegalMove", Status.NEW, Status.ESCALATED, Kind.ANYONE):
        agent.move(ticket, Status.ESCALATED)


@pytest.mark.parametrize(
    "leave",
    [
        moves("customer", Status.CLOSED),
        moves("supervisor", Status.REJECTED),
        moves("supervisor", Status.ESCALATED),
        moves("module", Status.RESOLVED),
        moves("module", Status.REJECTED),
        ran_out,
    ],
)
def test_rule_12_leaving_new_leaves_the_turn_behind(leave: Step, people: People) -> None:
    for _ in range(3):
        ticket = people.customer.open()
        leave(people, ticket)
        assert people.desk.ticket(ticket).seat == 0


@pytest.mark.parametrize("status", [*RUNNING, *STOPPED, Status.CLOSED])
def test_rule_12_no_move_changes_the_seat(people: People, status: Status) -> None:
    ticket = people.ticket_in(status)
    steps = [moves(NAMES[kind], to) for kind, at, to in sorted(MOVES) if at == status and kind in NAMES]
    if status != Status.CLOSED:
        steps.append(ran_out)
    for step in steps:
        with people.isolated():
            step(people, ticket)
            assert people.desk.ticket(ticket).seat == people.agent.certificate


@pytest.mark.parametrize("status", RUNNING)
def test_rule_11_a_transferred_ticket_opens_for_nobody(people: People, status: Status) -> None:
    ticket = people.ticket_in(status)
    people.supervisor.transfer(ticket, SECOND_PUBLIC)
    people.supervisor.move(ticket, Status.RESOLVED)
    after = people.customer.move(ticket, Status.OPEN).after
    assert (after.status, after.seat) == (Status.ESCALATED, 0)


def test_rule_2_suspension_stops_the_very_next_act(agent: Person, certifier: Person, people: People) -> None:
    ticket = people.ticket_in(Status.OPEN)
    agent.move(ticket, Status.OPEN)
    certifier.suspend(agent)
    with refused("CertificateNotValid", agent.certificate):
        agent.move(ticket, Status.OPEN)
    certifier.reinstate(agent)
    agent.move(ticket, Status.OPEN)


def test_rule_2_a_refused_agent_is_told_his_own_certificate(
    certifier: Person, people: People, second_agent: Person, supervisor: Person
) -> None:
    ticket = people.ticket_in(Status.OPEN)
    supervisor.assign(ticket, second_agent)
    certifier.suspend(second_agent)
    with refused("CertificateNotValid", second_agent.certificate):
        second_agent.move(ticket, Status.OPEN)
    with refused("CertificateNotValid", second_agent.certificate):
        second_agent.transfer(ticket, SECOND_PUBLIC)


def test_rule_2_expiry_stops_from_that_very_second(agent: Person, desk: Desk, people: People) -> None:
    ticket = people.ticket_in(Status.RESOLVED)
    expires_at = desk.certification.view("certificate", agent.certificate)[5]
    desk.write_ticket(ticket, due_at=expires_at // 60 + 1000)
    with people.isolated():
        desk.at(expires_at - 1)
        agent.move(ticket, Status.OPEN)
    desk.at(expires_at)
    with refused("CertificateNotValid", agent.certificate):
        agent.move(ticket, Status.OPEN)


def test_rule_2_a_new_certificate_is_not_the_old_seat(
    agent: Person, certifier: Person, desk: Desk, people: People, supervisor: Person
) -> None:
    ticket = people.ticket_in(Status.OPEN)
    old = agent.certificate
    desk.certification.send(agent.address, "resign", old)
    desk.wait(1)
    supervisor.move(ticket, Status.OPEN)
    assert certifier.certify(agent) != old
    with refused("CertificateNotValid", old):
        agent.move(ticket, Status.OPEN)
    supervisor.assign(ticket, agent)
    agent.move(ticket, Status.OPEN)


def test_rule_2_the_ticket_of_a_suspended_agent_goes_on(
    agent: Person,
    certifier: Person,
    customer: Person,
    people: People,
    second_agent: Person,
    supervisor: Person,
) -> None:
    ticket = people.ticket_in(Status.WAITING)
    certifier.suspend(agent)
    assert customer.move(ticket, Status.OPEN).after.status == Status.OPEN
    supervisor.assign(ticket, second_agent)
    second_agent.move(ticket, Status.RESOLVED)
