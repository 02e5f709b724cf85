"""transfer: from lane to lane, the leaf in the lane it leaves, the gate kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import (
    CLAIMS,
    GATED,
    GATED_CLAIMS,
    LANES,
    PUBLIC,
    SECOND_GATED,
    SECOND_PUBLIC,
    SUPERVISOR,
    Desk,
    Lane,
)
from tests.helpers.people import People, Person
from tests.helpers.table import TRANSFER_FROM, Kind, Status

SECOND_WINDOW = LANES["second_public"].resolve_within


@pytest.mark.parametrize("at", sorted(TRANSFER_FROM[Kind.SUPERVISOR]))
def test_a_transferred_ticket(at: Status, desk: Desk, people: People, supervisor: Person) -> None:
    ticket = people.ticket_in(at)
    before, left, reached = desk.ticket(ticket), desk.lane(PUBLIC), desk.lane(SECOND_PUBLIC)
    entry = desk.entry()
    act = supervisor.transfer(ticket, SECOND_PUBLIC, entry)
    due_at = act.time // 60 + SECOND_WINDOW if at == Status.NEW else before.due_at
    expected = replace(
        before,
        status=Status.ESCALATED,
        lane=SECOND_PUBLIC,
        seat=0,
        due_at=due_at,
        acts=before.acts + 1,
    )
    assert desk.ticket(ticket) == act.after == expected
    assert (act.lane, act.position, act.entry) == (PUBLIC, left.size, entry)
    served = 1 if at == Status.NEW else left.served
    assert desk.lane(PUBLIC) == replace(left, size=left.size + 1, served=served)
    assert desk.lane(SECOND_PUBLIC) == reached


def test_the_next_act_is_in_the_lane_it_reached(
    agent: Person, desk: Desk, people: People, supervisor: Person
) -> None:
    ticket = people.ticket_in(Status.OPEN)
    agent.transfer(ticket, SECOND_PUBLIC)
    act = supervisor.move(ticket, Status.RESOLVED)
    assert (act.lane, act.position, desk.lane(SECOND_PUBLIC).size) == (SECOND_PUBLIC, 0, 1)
    assert act.after.due_at == -(-act.time // 60) + LANES["second_public"].confirm_within


def test_the_agent_gives_the_ticket_away(agent: Person, people: People) -> None:
    ticket = people.ticket_in(Status.ON_HOLD)
    assert agent.transfer(ticket, SECOND_PUBLIC).kind == Kind.AGENT
    with refused("IllegalMove", Status.ESCALATED, Status.OPEN, Kind.ANYONE):
        agent.move(ticket, Status.OPEN)


def test_leaving_the_middle_of_the_line(
    agent: Person, customer: Person, desk: Desk, supervisor: Person
) -> None:
    first, second, third = (customer.open() for _ in range(3))
    supervisor.transfer(second, SECOND_PUBLIC)
    assert desk.lane(PUBLIC).departed == 1
    agent.take(first)
    agent.take(third)


def test_the_program_of_the_lane_it_reached_counts(
    agent: Person,
    certifier: Person,
    lane_editor: Person,
    people: People,
    stranger: Person,
    supervisor: Person,
) -> None:
    lane = lane_editor.create_lane(Lane(program=2, level=1))
    ticket = people.ticket_in(Status.OPEN)
    agent.transfer(ticket, lane)
    with refused("NotQualified", agent.certificate, 1, 2):
        supervisor.assign(ticket, agent)
    certifier.certify(stranger, program=2, level=1)
    supervisor.assign(ticket, stranger)


@pytest.mark.parametrize(
    ("lane", "to"),
    [(PUBLIC, PUBLIC), (PUBLIC, GATED), (GATED, GATED), (GATED, PUBLIC), (SECOND_GATED, SECOND_PUBLIC)],
)
def test_rule_21_transfer_keeps_the_gate(
    agent: Person, lane: int, people: People, supervisor: Person, to: int
) -> None:
    ticket = people.ticket_in(Status.OPEN, lane)
    for person in (agent, supervisor):
        with refused("NoTransfer", lane, to):
            person.transfer(ticket, to)


def test_rule_21_transfer_never_shortens_the_customers_window(
    agent: Person, lane_editor: Person, people: People, supervisor: Person
) -> None:
    shorter = lane_editor.create_lane(Lane(60, 480, 1439))
    ticket = people.ticket_in(Status.OPEN, PUBLIC)
    for person in (agent, supervisor):
        with refused("NoTransfer", PUBLIC, shorter):
            person.transfer(ticket, shorter)
    same = lane_editor.create_lane(Lane(1, 1, 1440))
    assert agent.transfer(ticket, same).after.lane == same


def test_rule_21_gated_to_gated(agent: Person, people: People) -> None:
    ticket = people.ticket_in(Status.OPEN, GATED)
    assert agent.transfer(ticket, SECOND_GATED).after.lane == SECOND_GATED


@pytest.mark.parametrize(
    ("lane", "to", "named"),
    [
        (CLAIMS, PUBLIC, CLAIMS),
        (PUBLIC, CLAIMS, CLAIMS),
        (GATED_CLAIMS, GATED, GATED_CLAIMS),
        (GATED, GATED_CLAIMS, GATED_CLAIMS),
        (CLAIMS, GATED_CLAIMS, CLAIMS),
        (CLAIMS, CLAIMS, CLAIMS),
    ],
)
def test_nothing_is_transferred_in_or_out_of_a_claims_lane(
    lane: int, named: int, people: People, supervisor: Person, to: int
) -> None:
    ticket = people.ticket_in(Status.OPEN, lane)
    with refused("ClaimsLane", named):
        supervisor.transfer(ticket, to)


@pytest.mark.parametrize("lane", [0, len(LANES) + 1, 1024, 1 << 255])
def test_the_lane_must_exist(lane: int, people: People, supervisor: Person) -> None:
    ticket = people.ticket_in(Status.NEW)
    with refused("UnknownLane", lane):
        supervisor.transfer(ticket, lane)


def test_rule_22_a_closed_lane_is_transferred_into(
    agent: Person, lane_editor: Person, people: People
) -> None:
    ticket = people.ticket_in(Status.OPEN)
    lane_editor.does("closeLane", SECOND_PUBLIC)
    agent.transfer(ticket, SECOND_PUBLIC)


def test_transferring_needs_an_entry(agent: Person, people: People) -> None:
    ticket = people.ticket_in(Status.OPEN)
    with refused("EmptyEntry"):
        agent.transfer(ticket, SECOND_PUBLIC, bytes(32))


def test_a_supervisor_with_an_execution_delay_transfers_nothing(
    admin: Person, people: People, stranger: Person
) -> None:
    ticket = people.ticket_in(Status.OPEN)
    admin.grant(SUPERVISOR, stranger, delay=1)
    with refused("IllegalMove", Status.OPEN, Status.ESCALATED, Kind.ANYONE):
        stranger.transfer(ticket, SECOND_PUBLIC)


@pytest.mark.parametrize("at", [Status.NEW, Status.OPEN, Status.ON_HOLD, Status.ESCALATED])
def test_rule_6_transferring_late_records_the_breach(
    at: Status, desk: Desk, people: People, supervisor: Person
) -> None:
    ticket = people.ticket_in(at)
    due_at = desk.ticket(ticket).due_at
    with people.isolated():
        desk.at(60 * due_at)
        assert not supervisor.transfer(ticket, SECOND_PUBLIC).after.breached
    desk.at(60 * due_at + 1)
    late = supervisor.transfer(ticket, SECOND_PUBLIC).after
    assert (late.breached, late.due_at) == (True, 0)
