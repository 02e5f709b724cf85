"""Lanes and the desk's switches: what each role may do, what can never be undone, and what nothing stops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import LANE_EDITOR, LANES, PUBLIC, SECOND_PUBLIC, Desk, Lane, variable_slot
from tests.helpers.people import People, Person
from tests.helpers.table import Status
from tests.helpers.words import LaneWord

MAX_WINDOW = 45 * 24 * 60
NEXT = len(LANES) + 1
SWITCHES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "createLane": ("lane_editor", (Lane().config,)),
    "setArticle": ("lane_editor", (PUBLIC, 7)),
    "closeLane": ("lane_editor", (PUBLIC,)),
    "pauseOpening": ("guardian", ()),
    "unpauseOpening": ("unpauser", ()),
    "retire": ("admin", ("0x" + "11" * 20,)),
}


def live_on(people: People, waiting: bytes) -> None:
    """Everything but opening goes on, for a ticket that waits in the public lane and has the first turn."""
    people.customer.move(waiting, Status.NEW)
    people.agent.take(waiting)
    people.agent.transfer(waiting, SECOND_PUBLIC)
    people.supervisor.assign(waiting, people.agent)
    people.agent.move(waiting, Status.WAITING)
    people.desk.overdue(waiting)
    people.stranger.expire(waiting)
    people.module.move_as_module(waiting, Status.DISPUTED)
    people.module.move_as_module(waiting, Status.CLOSED)
    people.customer.rate(waiting)
    people.stranger.skip(PUBLIC, 1)


@pytest.mark.parametrize("function", SWITCHES)
def test_each_switch_belongs_to_one_role(function: str, people: People) -> None:
    role, arguments = SWITCHES[function]
    for person in people.everybody:
        if person.name == role:
            with people.isolated():
                person.does(function, *arguments)
        else:
            with refused("AccessManagedUnauthorized", person.address):
                person.does(function, *arguments)


def test_an_editor_with_an_execution_delay_has_to_wait(admin: Person, stranger: Person) -> None:
    admin.grant(LANE_EDITOR, stranger, delay=60)
    # The manager's own error: it was not scheduled.
    with refused("60a299b0"):
        stranger.does("closeLane", PUBLIC)


@pytest.mark.parametrize(
    "lane", [Lane(), Lane(1, 2, 3, 2, 255, True, True), Lane(MAX_WINDOW, MAX_WINDOW, MAX_WINDOW)]
)
def test_a_new_lane(desk: Desk, lane: Lane, lane_editor: Person) -> None:
    (event,) = desk.send(lane_editor.address, "createLane", lane.config)
    assert (event.name, event.arguments) == ("LaneCreated", {"lane": NEXT, "config": lane.config})
    assert desk.view("laneCount") == NEXT
    assert desk.view("lane", NEXT) == (lane.config, False, 0, 0, 0, 0, 0)
    assert desk.lane(NEXT) == LaneWord(
        turns=0,
        served=0,
        departed=0,
        respond_within=lane.respond_within,
        resolve_within=lane.resolve_within,
        confirm_within=lane.confirm_within,
        program=lane.program,
        level=lane.level,
        article=0,
        gated=lane.gated,
        claims=lane.claims,
        closed=0,
        spare=0,
        size=0,
    )


def test_lanes_are_numbered_from_1(desk: Desk) -> None:
    for number, lane in enumerate(LANES.values(), 1):
        assert desk.view("lane", number)[0] == lane.config
    assert desk.view("laneCount") == len(LANES)


def test_create_lane_returns_its_number(desk: Desk, lane_editor: Person) -> None:
    assert desk.tickets.view("createLane", Lane().config, sender=lane_editor.address) == NEXT


@pytest.mark.parametrize("window", ["respond_within", "resolve_within", "confirm_within"])
@pytest.mark.parametrize("minutes", [0, MAX_WINDOW + 1, (1 << 16) - 1])
def test_a_window_is_a_minute_to_45_days(lane_editor: Person, minutes: int, window: str) -> None:
    with refused("InvalidWindow", minutes):
        lane_editor.create_lane(replace(Lane(), **{window: minutes}))  # type: ignore[arg-type]


@pytest.mark.parametrize("program", [0, 3, (1 << 16) - 1])
def test_rule_24_the_program_exists(lane_editor: Person, program: int) -> None:
    with refused("UnknownProgram", program):
        lane_editor.create_lane(Lane(program=program))


def test_a_desk_has_at_most_1023_lanes(customer: Person, desk: Desk, lane_editor: Person) -> None:
    desk.node.write(desk.tickets.address, variable_slot("_opening"), 1022)
    assert lane_editor.create_lane(Lane()) == 1023
    assert desk.ticket(customer.open(1023)).lane == 1023
    with refused("TooManyLanes"):
        lane_editor.create_lane(Lane())


@pytest.mark.parametrize("article", [1, 0, (1 << 32) - 1])
def test_an_article(article: int, desk: Desk, lane_editor: Person) -> None:
    before = desk.lane(PUBLIC)
    (event,) = desk.send(lane_editor.address, "setArticle", PUBLIC, article)
    assert (event.name, event.arguments) == ("LaneArticleSet", {"lane": PUBLIC, "article": article})
    assert desk.lane(PUBLIC) == replace(before, article=article)
    assert desk.view("lane", PUBLIC)[2] == article


def test_rule_22_a_lane_closes_for_ever(
    customer: Person, desk: Desk, lane_editor: Person, people: People
) -> None:
    waiting = customer.open()
    before = desk.lane(PUBLIC)
    (event,) = desk.send(lane_editor.address, "closeLane", PUBLIC)
    assert (event.name, event.arguments) == ("LaneClosedForever", {"lane": PUBLIC})
    assert desk.lane(PUBLIC) == replace(before, closed=1)
    assert desk.view("lane", PUBLIC)[1] is True
    live_on(people, waiting)
    lane_editor.does("setArticle", PUBLIC, 3)
    assert desk.lane(PUBLIC).closed == 1


@pytest.mark.parametrize("lane", [0, NEXT, 1024, 1 << 255])
def test_only_lanes_that_exist_are_edited(lane: int, lane_editor: Person) -> None:
    with refused("UnknownLane", lane):
        lane_editor.does("setArticle", lane, 1)
    with refused("UnknownLane", lane):
        lane_editor.does("closeLane", lane)


def test_pausing_stops_opening_and_nothing_else(
    customer: Person, desk: Desk, guardian: Person, module: Person, people: People, unpauser: Person
) -> None:
    waiting = customer.open()
    (event,) = desk.send(guardian.address, "pauseOpening")
    assert (event.name, event.arguments) == ("OpeningPausedBy", {"guardian": guardian.address})
    assert desk.view("opening") == (True, False, "0x" + "00" * 20)
    with refused("OpeningPaused"):
        customer.open()
    with refused("OpeningPaused"):
        module.open_as_module(customer)
    live_on(people, waiting)
    (event,) = desk.send(unpauser.address, "unpauseOpening")
    assert (event.name, event.arguments) == ("OpeningUnpausedBy", {"unpauser": unpauser.address})
    assert desk.view("opening") == (False, False, "0x" + "00" * 20)
    customer.open()


def test_retiring_is_for_ever(
    admin: Person,
    customer: Person,
    desk: Desk,
    guardian: Person,
    module: Person,
    people: People,
    unpauser: Person,
) -> None:
    waiting, successor = customer.open(), "0x" + "5c" * 20
    (event,) = desk.send(admin.address, "retire", successor)
    assert (event.name, event.arguments) == ("Retired", {"successor": successor})
    assert desk.view("opening") == (False, True, successor)
    with refused("DeskRetired", successor):
        admin.does("retire", "0x" + "11" * 20)
    guardian.does("pauseOpening")
    for _ in range(2):
        with refused("DeskRetired", successor):
            customer.open()
        with refused("DeskRetired", successor):
            module.open_as_module(customer)
        unpauser.does("unpauseOpening")
    live_on(people, waiting)
    assert desk.view("laneCount") == len(LANES)


def test_a_desk_may_retire_without_a_successor(admin: Person, customer: Person) -> None:
    nobody = "0x" + "00" * 20
    admin.does("retire", nobody)
    with refused("DeskRetired", nobody):
        customer.open()
