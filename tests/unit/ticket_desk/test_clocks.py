"""Every row of the design's table of clocks, to the second; rules 7 to 11 and 14.

`second` is where in its minute an act happens: the desk's clocks begin with the minute, all others with the
next one, unless the act is exactly on it.
"""

from __future__ import annotations

import pytest

from tests.helpers.clock import (
    COMING_BACK,
    CONFIRM,
    DISPUTE,
    RESOLVE,
    RESPOND,
    RUNNING,
    STOPPED,
    Step,
    assigned,
    at,
    clock,
    expired,
    held_in,
    moves,
    taken,
    transferred,
)
from tests.helpers.desk import Desk, Lane
from tests.helpers.people import People, Person
from tests.helpers.table import Status

seconds = pytest.mark.parametrize("second", [0, 1, 59])


# ------------------------------------------------------------------------------------------------- New


@seconds
def test_new_has_a_first_response(people: People, second: int) -> None:
    at(people, 0, second)
    assert clock(people, people.customer.open()) == (RESPOND, 0)


@seconds
@pytest.mark.parametrize(
    ("leave", "window"),
    [
        (taken, RESOLVE),
        (assigned, RESOLVE),
        (moves("supervisor", Status.ESCALATED), RESOLVE),
        (transferred, RESOLVE // 2),
    ],
    ids=["take", "assign", "escalate", "transfer"],
)
def test_rule_8_leaving_new_starts_the_resolution_clock(
    leave: Step, people: People, second: int, window: int
) -> None:
    at(people, 0)
    ticket = people.customer.open()
    at(people, 30, second)
    leave(people, ticket)
    assert clock(people, ticket) == (30 + window, 0)


@seconds
@pytest.mark.parametrize(
    "leave",
    [moves("supervisor", Status.REJECTED), moves("module", Status.RESOLVED)],
    ids=["reject", "resolve"],
)
def test_rule_7_leaving_new_for_a_stopped_state_keeps_the_whole_budget(
    leave: Step, people: People, second: int
) -> None:
    at(people, 0)
    ticket = people.customer.open()
    at(people, 30, second)
    leave(people, ticket)
    assert clock(people, ticket) == (30 + (second > 0) + CONFIRM, RESOLVE)


@pytest.mark.parametrize("late", [0, 1])
def test_rule_10_adding_in_new_changes_no_clock(late: int, people: People) -> None:
    at(people, 0)
    ticket = people.customer.open()
    for name in ("customer", "supervisor"):
        at(people, RESPOND, late)
        moves(name, Status.NEW)(people, ticket)
        assert clock(people, ticket) == (RESPOND, 0)
        assert people.desk.ticket(ticket).breached == (late > 0)


# --------------------------------------------------------------------------------- Open, OnHold, Escalated


def test_rule_8_one_clock_for_open_on_hold_and_escalated(people: People) -> None:
    held = held_in(people, Status.OPEN)
    steps = [
        moves("agent", Status.ON_HOLD),
        moves("customer", Status.ON_HOLD),
        moves("agent", Status.OPEN),
        moves("customer", Status.OPEN),
        assigned,
        moves("second_agent", Status.ESCALATED),
        moves("supervisor", Status.ESCALATED),
        assigned,
        moves("second_agent", Status.ON_HOLD),
        assigned,
        transferred,
    ]
    for minute, step in enumerate(steps, 20):
        at(people, minute, 30)
        step(people, held)
        assert clock(people, held) == (490, 0)


def test_rule_8_assigning_at_the_last_moment_gives_no_more_time(people: People) -> None:
    held = held_in(people, Status.OPEN)
    at(people, 490)
    assigned(people, held)
    assert (clock(people, held), people.desk.ticket(held).breached) == ((490, 0), False)


@seconds
@pytest.mark.parametrize(
    ("status", "stop", "window"),
    [
        (Status.OPEN, moves("agent", Status.WAITING), CONFIRM),
        (Status.OPEN, moves("agent", Status.RESOLVED), CONFIRM),
        (Status.OPEN, moves("agent", Status.REJECTED), CONFIRM),
        (Status.OPEN, moves("supervisor", Status.REJECTED), CONFIRM),
        (Status.OPEN, moves("module", Status.RESOLVED), CONFIRM),
        (Status.ON_HOLD, moves("agent", Status.RESOLVED), CONFIRM),
        (Status.ON_HOLD, moves("module", Status.REJECTED), CONFIRM),
        (Status.ESCALATED, moves("supervisor", Status.RESOLVED), CONFIRM),
        (Status.ESCALATED, moves("supervisor", Status.REJECTED), CONFIRM),
        (Status.ESCALATED, moves("module", Status.DISPUTED), DISPUTE),
    ],
)
def test_rule_9_stopping_the_clock_keeps_what_is_left(
    people: People, second: int, status: Status, stop: Step, window: int
) -> None:
    held = held_in(people, status)
    at(people, 100, second)
    stop(people, held)
    ends = 100 + (second > 0)
    assert clock(people, held) == (ends + window, 490 - ends)


@pytest.mark.parametrize(
    ("minute", "second", "left", "breached"),
    [
        (488, 59, 1, False),
        (489, 0, 1, False),
        (489, 1, 0, False),
        (489, 59, 0, False),
        (490, 0, 0, False),
        (490, 1, 0, True),
        (491, 0, 0, True),
        (900, 0, 0, True),
    ],
)
def test_rule_7_what_is_left_at_the_end(
    breached: bool, left: int, minute: int, people: People, second: int
) -> None:
    held = held_in(people, Status.OPEN)
    at(people, minute, second)
    people.agent.move(held, Status.WAITING)
    assert (clock(people, held)[1], people.desk.ticket(held).breached) == (left, breached)


# ------------------------------------------------------------------------------------------- stopped states


@seconds
@pytest.mark.parametrize(
    ("status", "step", "window"),
    [
        (Status.WAITING, moves("agent", Status.RESOLVED), CONFIRM),
        (Status.WAITING, moves("module", Status.REJECTED), CONFIRM),
        (Status.RESOLVED, moves("module", Status.DISPUTED), DISPUTE),
        (Status.REJECTED, moves("module", Status.DISPUTED), DISPUTE),
    ],
)
def test_rule_9_from_stopped_to_stopped_the_budget_stays(
    people: People, second: int, status: Status, step: Step, window: int
) -> None:
    held = held_in(people, status)
    at(people, 200, second)
    step(people, held)
    assert clock(people, held) == (200 + (second > 0) + window, 470)


@seconds
def test_rule_9_silence_resolves_and_the_budget_stays(people: People, second: int) -> None:
    held = held_in(people, Status.WAITING)
    at(people, 3000, second)
    expired(people, held)
    assert clock(people, held) == (3000 + (second > 0) + CONFIRM, 470)


@pytest.mark.parametrize("name", ["customer", "agent", "supervisor"])
def test_rule_9_adding_in_disputed_changes_nothing(name: str, people: People) -> None:
    held = held_in(people, Status.DISPUTED)
    before = clock(people, held)
    for minute, second in ((100, 30), (20 + DISPUTE + 5, 1)):
        at(people, minute, second)
        moves(name, Status.DISPUTED)(people, held)
        assert clock(people, held) == before == (20 + DISPUTE, 470)


@seconds
@pytest.mark.parametrize("budget", [470, RESPOND + 1, RESPOND, RESPOND - 1, 0])
@pytest.mark.parametrize(("status", "back", "granted"), COMING_BACK)
def test_rule_8_coming_back_restarts_the_clock(
    back: Step, budget: int, granted: bool, people: People, second: int, status: Status
) -> None:
    held = held_in(people, status)
    people.desk.write_ticket(held, budget=budget)
    at(people, 200, second)
    back(people, held)
    assert clock(people, held) == (200 + (max(budget, RESPOND) if granted else budget), 0)


@seconds
@pytest.mark.parametrize("budget", [470, 4])
def test_rule_8_a_dispute_nobody_ruled_on(budget: int, people: People, second: int) -> None:
    held = held_in(people, Status.DISPUTED)
    people.desk.write_ticket(held, budget=budget)
    at(people, 20 + DISPUTE + 1, second)
    expired(people, held)
    assert clock(people, held) == (20 + DISPUTE + 1 + max(budget, RESPOND), 0)


@pytest.mark.parametrize(
    ("status", "name", "granted"),
    [
        (Status.RESOLVED, "customer", True),
        (Status.REJECTED, "supervisor", False),
        (Status.DISPUTED, "module", True),
    ],
)
def test_rule_11_open_without_an_agent_runs_the_same_clock(
    granted: bool, name: str, people: People, status: Status
) -> None:
    ticket = people.unseated_in(status)
    people.desk.write_ticket(ticket, budget=7)
    at(people, 100, 59)
    moves(name, Status.OPEN)(people, ticket)
    assert people.desk.ticket(ticket).status == Status.ESCALATED
    assert clock(people, ticket) == (100 + (RESPOND if granted else 7), 0)


@pytest.mark.parametrize("status", [Status.NEW, *RUNNING, *STOPPED])
def test_rule_10_closed_has_no_clock(people: People, status: Status) -> None:
    ticket = people.ticket_in(status)
    if status == Status.DISPUTED:
        people.module.move_as_module(ticket, Status.CLOSED)
    else:
        people.customer.move(ticket, Status.CLOSED)
    assert clock(people, ticket) == (None, 0)
    people.supervisor.move(ticket, Status.CLOSED)
    assert clock(people, ticket) == (None, 0)


# ------------------------------------------------------------------------------------------------ windows


@seconds
def test_the_longest_windows_fit(people: People, second: int) -> None:
    longest = 45 * 24 * 60
    lane = people.lane_editor.create_lane(Lane(longest, longest, longest))
    at(people, 0, second)
    ticket = people.customer.open(lane)
    assert clock(people, ticket) == (longest, 0)
    at(people, 1, second)
    people.supervisor.move(ticket, Status.REJECTED)
    assert clock(people, ticket) == (1 + (second > 0) + longest, longest)


def test_the_shortest_windows(people: People) -> None:
    lane = people.lane_editor.create_lane(Lane(1, 1, 1))
    at(people, 0, 59)
    ticket = people.customer.open(lane)
    at(people, 1, 0)
    people.agent.take(ticket)
    assert (clock(people, ticket), people.desk.ticket(ticket).breached) == ((2, 0), False)
    at(people, 1, 1)
    people.agent.move(ticket, Status.WAITING)
    assert clock(people, ticket) == (3, 0)


def test_rule_14_the_windows_are_the_lanes(desk: Desk, people: People, supervisor: Person) -> None:
    at(people, 0)
    longer = people.lane_editor.create_lane(Lane(30, 240, 2880))
    ticket = people.customer.open()
    at(people, 10)
    supervisor.transfer(ticket, longer)
    assert clock(people, ticket) == (10 + 240, 0)
    at(people, 20)
    supervisor.move(ticket, Status.RESOLVED)
    assert clock(people, ticket) == (20 + 2880, 230)
    desk.write_ticket(ticket, budget=0)
    at(people, 30)
    people.customer.move(ticket, Status.OPEN)
    assert clock(people, ticket) == (30 + 30, 0)
