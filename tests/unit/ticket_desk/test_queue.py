"""The line of a lane: first come, first served, however tickets leave it; and skip."""

from __future__ import annotations

import random

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import LANES, PUBLIC, SECOND_PUBLIC, Desk
from tests.helpers.people import Person
from tests.helpers.table import Status

FULL = (1 << 256) - 1
WORDS_A_TAKE = 16


def depart(desk: Desk, first: int, count: int) -> None:
    """Lets turns leave the line past the contract, as if each had been opened and closed."""
    turns = range(first, first + count)
    for word in range(first >> 8, ((first + count - 1) >> 8) + 1):
        bits = sum(1 << (turn & 255) for turn in turns if turn >> 8 == word)
        desk.write_departures(PUBLIC, word, bits)
    desk.write_lane(PUBLIC, turns=first + count - 1, departed=desk.lane(PUBLIC).departed + count)


@pytest.mark.parametrize(
    "leaving", [[1], [2], [4], [1, 2], [2, 3], [1, 3], [2, 1], [3, 2, 1], [1, 2, 3, 4], [4, 2]]
)
def test_tickets_that_leave_hold_nobody_up(
    agent: Person, customer: Person, desk: Desk, leaving: list[int]
) -> None:
    tickets = {turn: customer.open() for turn in (1, 2, 3, 4)}
    for turn in leaving:
        customer.move(tickets.pop(turn), Status.CLOSED)
    for turn, ticket in tickets.items():
        assert desk.view("nextInLine", PUBLIC) == turn
        for later in tickets:
            if later > turn:
                with refused("OutOfTurn", later, turn):
                    agent.take(tickets[later])
        agent.take(ticket)
    assert desk.view("nextInLine", PUBLIC) == 0
    assert desk.ticket(customer.open()).seat == 5
    assert desk.view("nextInLine", PUBLIC) == 5


def test_adding_to_a_ticket_keeps_its_turn(
    agent: Person, customer: Person, desk: Desk, supervisor: Person
) -> None:
    first, second = customer.open(), customer.open()
    for person in (customer, supervisor):
        assert person.move(first, Status.NEW).after.seat == 1
    with refused("OutOfTurn", 2, 1):
        agent.take(second)
    agent.take(first)


def test_nobody_is_ever_overtaken(
    agent: Person, customer: Person, desk: Desk, long_profile: bool, seed: int, supervisor: Person
) -> None:
    chance = random.Random(seed)
    line: dict[int, bytes] = {}
    opened = 0
    for _ in range(4000 if long_profile else 400):
        act = chance.choices(["open", "take", "jump", "leave"], [5, 3, 1, 2])[0]
        if act == "open":
            opened += 1
            line[opened] = customer.open()
            assert desk.ticket(line[opened]).seat == opened
        elif act == "take" and line:
            head = min(line)
            agent.take(line.pop(head))
        elif act == "leave" and line:
            customer.move(line.pop(chance.choice(list(line))), Status.CLOSED)
        elif act == "jump" and line:
            turn = chance.choice(list(line))
            if turn != min(line):
                with refused("OutOfTurn", turn, min(line)):
                    agent.take(line[turn])
            supervisor.assign(line.pop(turn), agent)
        assert desk.view("nextInLine", PUBLIC) == min(line, default=0)


@pytest.mark.parametrize("first", [2, 254, 255, 256, 257, 511, 512])
@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 600])
def test_departures_across_words(agent: Person, count: int, customer: Person, desk: Desk, first: int) -> None:
    desk.write_lane(PUBLIC, turns=first - 2, served=first - 2)
    head = customer.open()
    depart(desk, first, count)
    last = customer.open()
    assert desk.view("nextInLine", PUBLIC) == first - 1
    agent.take(head)
    assert desk.view("nextInLine", PUBLIC) == first + count
    agent.take(last)
    assert (desk.lane(PUBLIC).served, desk.lane(PUBLIC).departed) == (first + count, 0)


@pytest.mark.parametrize("first", [254, 255, 256, 511, 512])
def test_leaving_is_marked_across_words(agent: Person, customer: Person, desk: Desk, first: int) -> None:
    desk.write_lane(PUBLIC, turns=first - 2, served=first - 2)
    head, *leaving, last = (customer.open() for _ in range(4))
    for ticket in leaving:
        customer.move(ticket, Status.CLOSED)
    agent.take(head)
    agent.take(last)
    assert (desk.lane(PUBLIC).served, desk.lane(PUBLIC).departed) == (first + 2, 0)


def test_rule_19_a_take_reads_16_words_and_no_more(agent: Person, customer: Person, desk: Desk) -> None:
    # Turns 1 to 4,095 fill 16 words to their last bit; turn 4,096 is the first of the 17th.
    within = 256 * WORDS_A_TAKE - 1
    depart(desk, 1, within)
    agent.take(customer.open())
    assert desk.lane(PUBLIC).served == within + 1


def test_rule_19_skip_first(agent: Person, customer: Person, desk: Desk, stranger: Person) -> None:
    beyond = 256 * WORDS_A_TAKE
    depart(desk, 1, beyond)
    ticket = customer.open()
    with refused("SkipFirst", PUBLIC):
        agent.take(ticket)
    assert desk.view("nextInLine", PUBLIC) == beyond + 1
    stranger.skip(PUBLIC, 1)
    assert (desk.lane(PUBLIC).served, desk.lane(PUBLIC).departed) == (255, beyond - 255)
    agent.take(ticket)
    assert (desk.lane(PUBLIC).served, desk.lane(PUBLIC).departed) == (beyond + 1, 0)


def test_skip_goes_on_from_where_it_stopped(customer: Person, desk: Desk, stranger: Person) -> None:
    depart(desk, 1, 10_000)
    customer.open()
    before = desk.lane(PUBLIC)
    for words, served in ((0, 0), (2, 511), (3, 1279), (100, 10_000), (100, 10_000)):
        (event,) = desk.send(stranger.address, "skip", PUBLIC, words)
        expected = {"lane": PUBLIC, "served": served, "departed": 10_000 - served}
        assert (event.name, event.arguments) == ("LineSkipped", expected)
        assert desk.lane(PUBLIC).served == served
    assert desk.lane(PUBLIC).size == before.size


def test_skip_passes_nobody(customer: Person, desk: Desk, stranger: Person) -> None:
    tickets = [customer.open() for _ in range(5)]
    for ticket in (tickets[0], tickets[1], tickets[3]):
        customer.move(ticket, Status.CLOSED)
    stranger.skip(PUBLIC, 100)
    assert (desk.lane(PUBLIC).served, desk.lane(PUBLIC).departed) == (2, 1)
    assert desk.view("nextInLine", PUBLIC) == 3


def test_a_line_that_everybody_left_is_empty(customer: Person, desk: Desk) -> None:
    depart(desk, 1, 9_000)
    assert desk.view("nextInLine", PUBLIC) == 0
    customer.open()
    assert desk.view("nextInLine", PUBLIC) == 9_001


def test_departures_of_lanes_are_apart(agent: Person, customer: Person, desk: Desk) -> None:
    for lane in (PUBLIC, SECOND_PUBLIC):
        first, second = customer.open(lane), customer.open(lane)
        customer.move(second if lane == PUBLIC else first, Status.CLOSED)
    assert desk.view("nextInLine", PUBLIC) == 1
    assert desk.view("nextInLine", SECOND_PUBLIC) == 2


@pytest.mark.parametrize("lane", [0, len(LANES) + 1, 1 << 255])
def test_there_is_nothing_to_skip_in_no_lane(desk: Desk, lane: int, stranger: Person) -> None:
    with refused("UnknownLane", lane):
        stranger.skip(lane, 1)
