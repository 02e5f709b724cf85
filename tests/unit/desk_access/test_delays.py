"""Delays hold at once, and are taken back no sooner than they would have ended (docs/adr/0006)."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.helpers.contract import Contract, refused
from tests.helpers.desk import MODULE, NOBODY
from tests.unit.desk_access.manager import DAY, DELAY, Manager

SEED = 45
ROUNDS = 10


def grant_delay(manager: Manager, at: int | None = None) -> int:
    return int(manager.access.view("getRoleGrantDelay", MODULE, at=at))


def admin_delay(manager: Manager, at: int | None = None) -> int:
    return int(manager.access.view("getTargetAdminDelay", manager.targets[0].address, at=at))


def set_grant_delay(manager: Manager, delay: int) -> None:
    manager.send("setGrantDelay", MODULE, delay)


def set_admin_delay(manager: Manager, delay: int) -> None:
    manager.send("setTargetAdminDelay", manager.targets[0].address, delay)


BOTH = pytest.mark.parametrize(
    ("read", "write"),
    [(grant_delay, set_grant_delay), (admin_delay, set_admin_delay)],
    ids=["grant of MODULE", "target"],
)
Read = Callable[..., int]
Write = Callable[[Manager, int], None]


def test_the_manager_adds_no_setback_of_its_own(manager: Manager) -> None:
    assert manager.access.view("minSetback") == 0


@BOTH
def test_a_raised_delay_holds_at_once(manager: Manager, read: Read, write: Write) -> None:
    assert read(manager) == 0
    write(manager, DELAY)
    assert read(manager) == DELAY
    write(manager, DELAY + 1)
    assert read(manager) == DELAY + 1


def test_a_raised_delay_holds_inside_its_own_transaction(manager: Manager) -> None:
    access, stranger = manager.access, manager.people.stranger.address
    raised = access.encoded("setGrantDelay", MODULE, DELAY)
    granted = access.encoded("grantRole", MODULE, stranger, 0)
    manager.send("multicall", [raised, granted])
    assert access.view("getAccess", MODULE, stranger)[0] == manager.now + DELAY


@BOTH
@pytest.mark.parametrize("lower", [0, 1, 15 * DAY, DELAY - 1], ids=lambda seconds: f"to {seconds} s")
def test_lowering_takes_the_difference(manager: Manager, read: Read, write: Write, lower: int) -> None:
    write(manager, DELAY)
    write(manager, lower)
    effect = manager.now + DELAY - lower
    assert read(manager) == read(manager, at=effect - 1) == DELAY
    assert read(manager, at=effect) == lower


@BOTH
def test_lowering_in_steps_is_no_shorter(manager: Manager, read: Read, write: Write) -> None:
    """Whatever the admin sets in the meantime, nothing guarded comes about sooner than after 45 days."""
    print(f"seed {SEED}")
    source = random.Random(SEED)
    for _ in range(ROUNDS):
        with manager.people.isolated():
            write(manager, DELAY)
            start = manager.now
            while manager.now < start + DELAY + DAY:
                assert manager.now + read(manager) >= start + DELAY
                write(manager, source.choice([0, 0, DAY, source.randint(0, DELAY)]))
                manager.at(manager.now + source.randint(1, 20 * DAY))


# ---------------------------------------------------------------------------------------- granting MODULE


def test_a_module_is_in_office_after_45_days(delayed: Manager) -> None:
    people, customer = delayed.people, delayed.people.customer
    people.admin.grant(MODULE, people.stranger)
    since = delayed.now + DELAY
    assert delayed.access.view("getAccess", MODULE, people.stranger.address)[0] == since
    assert delayed.access.view("hasRole", MODULE, people.stranger.address) == (False, 0)
    delayed.at(since - 1)
    with refused("MissingRole", people.stranger.address, MODULE):
        people.stranger.open_as_module(customer)
    delayed.at(since)
    people.stranger.open_as_module(customer)


def test_granting_again_does_not_bring_it_forward(delayed: Manager) -> None:
    people = delayed.people
    people.admin.grant(MODULE, people.stranger)
    since = delayed.now + DELAY
    people.admin.grant(MODULE, people.stranger)
    assert delayed.access.view("getAccess", MODULE, people.stranger.address)[0] == since
    delayed.send("revokeRole", MODULE, people.stranger.address)
    people.admin.grant(MODULE, people.stranger)
    assert delayed.access.view("getAccess", MODULE, people.stranger.address)[0] == delayed.now + DELAY


def test_another_admin_of_the_role_does_not_bring_it_forward(delayed: Manager) -> None:
    people = delayed.people
    delayed.send("setRoleAdmin", MODULE, 42)
    people.admin.grant(42, people.supervisor)
    people.supervisor.grant(MODULE, people.stranger)
    assert delayed.access.view("getAccess", MODULE, people.stranger.address)[0] == delayed.now + DELAY


def test_modules_of_before_stay_in_office_and_leave_at_once(delayed: Manager) -> None:
    people = delayed.people
    people.module.open_as_module(people.customer)
    delayed.send("revokeRole", MODULE, people.module.address)
    with refused("MissingRole", people.module.address, MODULE):
        people.module.open_as_module(people.customer)


def test_other_roles_are_granted_at_once(delayed: Manager) -> None:
    people = delayed.people
    for role in range(8):
        if role != MODULE:
            people.admin.grant(role, people.stranger)
            assert delayed.access.view("hasRole", role, people.stranger.address) == (True, 0)


def test_a_manager_needs_an_admin(manager: Manager) -> None:
    with refused("AccessManagerInvalidInitialAdmin", NOBODY):
        Contract.deployed(manager.people.desk.node, manager.people.admin.address, "DeskAccess", NOBODY)
