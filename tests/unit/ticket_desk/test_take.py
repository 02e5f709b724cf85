"""take: the next in line, by an agent whom the lane admits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import CLAIMS, GATED, LANES, PUBLIC, Desk, Lane
from tests.helpers.people import People, Person
from tests.helpers.table import Kind, Status

WINDOW = LANES["public"].resolve_within


@pytest.fixture
def ticket(customer: Person) -> bytes:
    return customer.open()


def test_a_taken_ticket(desk: Desk, ticket: bytes, agent: Person) -> None:
    before, lane = desk.ticket(ticket), desk.lane(PUBLIC)
    entry = desk.entry()
    act = agent.take(ticket, entry=entry)
    expected = replace(
        before, status=Status.OPEN, seat=agent.certificate, due_at=act.time // 60 + WINDOW, acts=2
    )
    assert desk.ticket(ticket) == act.after == expected
    assert (act.lane, act.actor, act.kind, act.entry) == (PUBLIC, agent.address, Kind.AGENT, entry)
    assert desk.lane(PUBLIC) == replace(lane, served=1, size=2)


def test_a_certificate_above_the_lanes_level_admits(desk: Desk, ticket: bytes, second_agent: Person) -> None:
    assert second_agent.take(ticket).after.seat == second_agent.certificate


def test_a_lower_level_does_not_admit(certifier: Person, stranger: Person, ticket: bytes) -> None:
    certifier.certify(stranger, level=1)
    with refused("NotQualified", stranger.certificate, 1, 1):
        stranger.take(ticket)


def test_another_program_does_not_admit(certifier: Person, stranger: Person, ticket: bytes) -> None:
    certifier.certify(stranger, program=2, level=9)
    with refused("NotQualified", stranger.certificate, 2, 9):
        stranger.take(ticket)


def test_rule_24_level_0_admits_every_level(
    certifier: Person, customer: Person, lane_editor: Person, stranger: Person
) -> None:
    lane = lane_editor.create_lane(Lane(level=0))
    certifier.certify(stranger, level=0)
    stranger.take(customer.open(lane))


@pytest.mark.parametrize("certificate", [0, 3, 1 << 26, (1 << 26) + 1, (1 << 32) - 1])
def test_a_certificate_must_exist(agent: Person, ticket: bytes, certificate: int) -> None:
    with refused("CertificateNotValid", certificate):
        agent.take(ticket, certificate)


def test_a_certificate_must_be_the_callers(agent: Person, second_agent: Person, ticket: bytes) -> None:
    with refused("CertificateNotValid", agent.certificate):
        second_agent.take(ticket, agent.certificate)


def test_a_suspended_agent_takes_nothing_until_reinstated(
    agent: Person, certifier: Person, ticket: bytes
) -> None:
    certifier.suspend(agent)
    with refused("CertificateNotValid", agent.certificate):
        agent.take(ticket)
    certifier.reinstate(agent)
    agent.take(ticket)


def test_an_ended_certificate_admits_nobody(
    agent: Person, certifier: Person, desk: Desk, second_agent: Person, ticket: bytes
) -> None:
    desk.certification.send(certifier.address, "revoke", agent.certificate, desk.entry())
    desk.certification.send(second_agent.address, "resign", second_agent.certificate)
    for person in (agent, second_agent):
        with refused("CertificateNotValid", person.certificate):
            person.take(ticket)


def test_an_expired_agent_takes_nothing_from_that_second_on(
    agent: Person, desk: Desk, people: People, ticket: bytes
) -> None:
    expires_at = desk.certification.view("certificate", agent.certificate)[5]
    with people.isolated():
        desk.at(expires_at - 1)
        agent.take(ticket)
    desk.at(expires_at)
    with refused("CertificateNotValid", agent.certificate):
        agent.take(ticket)


def test_nobody_takes_his_own_ticket(agent: Person) -> None:
    ticket = agent.open()
    with refused("OwnTicket", ticket):
        agent.take(ticket)


def test_a_ticket_is_taken_once(agent: Person, second_agent: Person, ticket: bytes) -> None:
    agent.take(ticket)
    for person in (agent, second_agent):
        with refused("IllegalMove", Status.OPEN, Status.OPEN, Kind.AGENT):
            person.take(ticket)


def test_taking_needs_an_entry(agent: Person, ticket: bytes) -> None:
    with refused("EmptyEntry"):
        agent.take(ticket, entry=bytes(32))


def test_rule_19_first_come_first_served(agent: Person, customer: Person, desk: Desk, ticket: bytes) -> None:
    later = [customer.open() for _ in range(3)]
    for turn, each in enumerate(later, 2):
        with refused("OutOfTurn", turn, 1):
            agent.take(each)
    for turn, each in enumerate([ticket, *later], 1):
        assert desk.view("nextInLine", PUBLIC) == turn
        agent.take(each)
    assert desk.view("nextInLine", PUBLIC) == 0


def test_lines_of_lanes_are_apart(agent: Person, people: People, ticket: bytes) -> None:
    for lane in (GATED, CLAIMS):
        agent.take(people.opened(lane))
    agent.take(ticket)


def test_rule_6_taking_late_records_the_breach_and_starts_a_fresh_clock(
    agent: Person, desk: Desk, people: People, ticket: bytes
) -> None:
    due_at = desk.ticket(ticket).due_at
    with people.isolated():
        desk.at(60 * due_at)
        assert not agent.take(ticket).after.breached
    desk.at(60 * due_at + 1)
    late = agent.take(ticket).after
    assert (late.breached, late.due_at) == (True, due_at + WINDOW)
