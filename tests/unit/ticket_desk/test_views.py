"""What TicketDesk tells of itself, beside what lies in its storage."""

from __future__ import annotations

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import GATED, LANES, PUBLIC, Desk
from tests.helpers.people import People, Person
from tests.helpers.table import Status

STATES = [status for status in Status if status != Status.NONE]


@pytest.mark.parametrize("at", STATES)
def test_a_ticket_decoded(at: Status, desk: Desk, people: People) -> None:
    ticket = people.ticket_in(at, GATED)
    if at == Status.CLOSED:
        people.customer.rate(ticket, 3)
    kept = desk.ticket(ticket)
    decoded = desk.view("ticket", ticket)
    assert decoded == (
        kept.customer, kept.status, kept.rating, kept.breached, kept.lane, kept.seat,
        kept.due_at, kept.acts, kept.budget, False,
    )  # fmt: skip
    assert desk.view("wordOf", ticket) == kept.word


def test_a_breach_decoded(desk: Desk, people: People, stranger: Person) -> None:
    ticket = people.ticket_in(Status.OPEN)
    assert desk.view("ticket", ticket)[3] is False
    desk.overdue(ticket)
    stranger.expire(ticket)
    assert desk.view("ticket", ticket)[3] is True


@pytest.mark.parametrize("at", STATES)
def test_overdue_from_the_second_after_its_minute(at: Status, desk: Desk, people: People) -> None:
    ticket = people.ticket_in(at)
    due_at = desk.ticket(ticket).due_at
    moments = (60 * due_at, 60 * due_at + 1, 60 * due_at + 60) if due_at else (desk.now + (1 << 32),) * 3
    overdue = [desk.view("ticket", ticket, at=moment)[9] for moment in moments]
    assert overdue == ([False, True, True] if due_at else [False] * 3)


def test_no_ticket(desk: Desk, people: People) -> None:
    nobody = people.ticket_in(Status.NONE)
    assert desk.view("ticket", nobody) == ("0x" + "00" * 20, 0, 0, False, 0, 0, 0, 0, 0, False)
    assert desk.view("wordOf", nobody) == 0


def test_a_lane_decoded(customer: Person, desk: Desk, lane_editor: Person, people: People) -> None:
    people.ticket_in(Status.OPEN)
    tickets = [customer.open() for _ in range(4)]
    customer.move(tickets[1], Status.CLOSED)
    customer.move(tickets[2], Status.CLOSED)
    lane_editor.does("setArticle", PUBLIC, 9)
    lane_editor.does("closeLane", PUBLIC)
    assert desk.view("lane", PUBLIC) == (LANES["public"].config, True, 9, 5, 1, 2, 8)
    kept = desk.lane(PUBLIC)
    assert (kept.closed, kept.article, kept.turns, kept.served, kept.departed, kept.size) == (
        1,
        9,
        5,
        1,
        2,
        8,
    )
    assert kept.spare == 0


@pytest.mark.parametrize("lane", [0, len(LANES) + 1, 1 << 255])
@pytest.mark.parametrize(
    ("view", "arguments"),
    [
        ("lane", ()),
        ("nextInLine", ()),
        ("root", ()),
        ("peaks", ()),
        ("verifyInclusion", (0, bytes(32), [])),
        ("verifyConsistency", (0, bytes(32), [])),
    ],
)
def test_a_lane_that_does_not_exist_is_not_an_empty_one(
    arguments: tuple[object, ...], desk: Desk, lane: int, view: str
) -> None:
    with refused("UnknownLane", lane):
        desk.view(view, lane, *arguments)


def test_whom_the_desk_trusts(desk: Desk) -> None:
    assert desk.view("authority") == desk.access.address
    assert desk.view("certification") == desk.certification.address


def test_nobody_has_a_score_at_first(desk: Desk) -> None:
    for certificate in (0, 1, 99, 1 << 255):
        assert desk.view("scoreOf", certificate) == (0, 0)
