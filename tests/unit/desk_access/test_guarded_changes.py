"""Closing a contract, giving it away, opening its functions: announced 45 days ahead, whatever the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.helpers.contract import RefusedError, refused
from tests.helpers.desk import CERTIFIER
from tests.helpers.people import Person
from tests.helpers.table import Status
from tests.unit.desk_access.manager import DAY, DELAY, WEEK, Manager


def closing(manager: Manager) -> bytes:
    return manager.access.encoded("setTargetClosed", manager.targets[1].address, True)


def giving_away(manager: Manager) -> bytes:
    return manager.access.encoded("updateAuthority", manager.targets[1].address, manager.successor().address)


def opening_a_function(manager: Manager) -> bytes:
    tickets = manager.targets[1]
    selectors = [tickets.selector("createLane")]
    return manager.access.encoded("setTargetFunctionRole", tickets.address, selectors, CERTIFIER)


Change = Callable[[Manager], bytes]
CHANGES = pytest.mark.parametrize("change", [closing, giving_away, opening_a_function])


def state(manager: Manager) -> tuple[object, ...]:
    """All that a guarded change changes."""
    certification, tickets = manager.targets
    view, create = manager.access.view, tickets.selector("createLane")
    return (
        *(view("isTargetClosed", target.address) for target in (certification, tickets)),
        *(target.view("authority") for target in (certification, tickets)),
        view("getTargetFunctionRole", tickets.address, create),
    )


def same(refusal: RefusedError | None, name: str, *args: object) -> bool:
    return refusal is not None and (refusal.name, refusal.arguments) == (name, args)


@CHANGES
def test_before_the_handover_it_happens_at_once(manager: Manager, change: Change) -> None:
    before, data = state(manager), change(manager)
    assert manager.attempt(data) is None
    assert state(manager) != before


@CHANGES
def test_unscheduled_it_is_refused(delayed: Manager, change: Change) -> None:
    before, data = state(delayed), change(delayed)
    assert same(delayed.attempt(data), "AccessManagerNotScheduled", delayed.operation(data))
    assert state(delayed) == before


@CHANGES
def test_it_is_not_scheduled_for_earlier(delayed: Manager, change: Change) -> None:
    data = change(delayed)
    admin, access = delayed.people.admin.address, delayed.access
    when = delayed.now + DELAY
    with refused("AccessManagerUnauthorizedCall", admin, access.address, data[:4]):
        delayed.at(when - DELAY + 1)
        delayed.schedule(data, when)
    assert delayed.schedule(data, delayed.now + 1 + DELAY)


@CHANGES
def test_it_happens_after_45_days_and_within_a_week(delayed: Manager, change: Change) -> None:
    before, data = state(delayed), change(delayed)
    operation = delayed.schedule(data)
    ready = delayed.now + DELAY
    delayed.at(ready - 1)
    assert same(delayed.attempt(data), "AccessManagerNotReady", operation)
    assert state(delayed) == before
    with delayed.people.isolated():
        delayed.at(ready + WEEK)
        assert same(delayed.attempt(data), "AccessManagerExpired", operation)
        assert state(delayed) == before
    delayed.at(ready)
    assert delayed.attempt(data) is None
    assert state(delayed) != before
    assert same(delayed.attempt(data), "AccessManagerNotScheduled", operation)


@CHANGES
def test_it_can_be_called_off(delayed: Manager, change: Change) -> None:
    data = change(delayed)
    operation = delayed.schedule(data)
    delayed.send("cancel", delayed.people.admin.address, delayed.access.address, data)
    delayed.at(delayed.now + DELAY + DAY)
    assert same(delayed.attempt(data), "AccessManagerNotScheduled", operation)


@CHANGES
def test_nobody_but_the_admin_may_announce_it(delayed: Manager, change: Change) -> None:
    data, access, people = change(delayed), delayed.access, delayed.people
    everybody: list[Person] = [
        people.supervisor,
        people.certifier,
        people.lane_editor,
        people.module,
        people.stranger,
    ]
    for person in everybody:
        with refused("AccessManagerUnauthorizedCall", person.address, access.address, data[:4]):
            access.send(person.address, "schedule", access.address, data, 0)


# ------------------------------------------------------------------------------------------------ other ways


def executed(manager: Manager, data: bytes) -> bytes:
    return manager.access.encoded("execute", manager.access.address, data)


def bundled(manager: Manager, data: bytes) -> bytes:
    return manager.access.encoded("multicall", [data])


WAYS: dict[str, list[Callable[[Manager, bytes], bytes]]] = {
    "execute": [executed],
    "multicall": [bundled],
    "execute of multicall": [bundled, executed],
    "multicall of execute": [executed, bundled],
    "execute of execute": [executed, executed],
}


@CHANGES
@pytest.mark.parametrize("way", WAYS)
def test_no_way_round_the_announcement(delayed: Manager, change: Change, way: str) -> None:
    before, data = state(delayed), change(delayed)
    for wrap in WAYS[way]:
        data = wrap(delayed, data)
    assert delayed.attempt(data) is not None
    assert state(delayed) == before


def test_the_authority_is_not_changed_past_its_announcement(delayed: Manager) -> None:
    """`execute` speaks in the manager's name, which is whom `setAuthority` obeys."""
    before = state(delayed)
    for target in delayed.targets:
        data = target.encoded("setAuthority", delayed.successor().address)
        delayed.attempt(delayed.access.encoded("execute", target.address, data))
    assert state(delayed) == before


def test_nobody_sets_an_authority_himself(delayed: Manager) -> None:
    people = delayed.people
    for target in delayed.targets:
        for person in (people.admin, people.supervisor, people.stranger):
            with refused("AccessManagedUnauthorized", person.address):
                target.send(person.address, "setAuthority", delayed.successor().address)


@CHANGES
def test_lowering_the_delay_first_is_no_shorter(delayed: Manager, change: Change) -> None:
    before, data = state(delayed), change(delayed)
    delayed.send("setTargetAdminDelay", delayed.targets[1].address, 0)
    lowered = delayed.now + DELAY
    delayed.at(lowered - 1)
    assert same(delayed.attempt(data), "AccessManagerNotScheduled", delayed.operation(data))
    assert state(delayed) == before


def test_a_closed_desk_still_serves_its_tickets(delayed: Manager) -> None:
    """P-11 of docs/security.md: closing shuts the manager's own functions, nobody's ticket."""
    people = delayed.people
    data = closing(delayed)
    delayed.schedule(data)
    delayed.at(delayed.now + DELAY)
    assert delayed.attempt(data) is None
    with refused("AccessManagedUnauthorized", people.lane_editor.address):
        people.lane_editor.does("closeLane", 1)
    ticket = people.taken()
    people.agent.move(ticket, Status.WAITING)
    people.desk.overdue(ticket)
    people.stranger.expire(ticket)
    people.customer.rate(ticket)
    assert people.customer.move(ticket, Status.CLOSED).after.rating == 5
