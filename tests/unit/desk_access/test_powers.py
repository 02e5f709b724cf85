"""Who may do what by role: pausing and unpausing are two people's, and each function has one role."""

from __future__ import annotations

import pytest

from tests.helpers.contract import refused
from tests.helpers.people import People

FUNCTIONS = {"pauseOpening": "guardian", "unpauseOpening": "unpauser"}
EVERYBODY = [
    "admin",
    "supervisor",
    "certifier",
    "lane_editor",
    "intake",
    "module",
    "guardian",
    "unpauser",
    "agent",
    "customer",
    "stranger",
]


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_pausing_and_unpausing_are_different_powers(people: People, function: str, name: str) -> None:
    person = getattr(people, name)
    if FUNCTIONS[function] == name:
        person.does(function)
        return
    with refused("AccessManagedUnauthorized", person.address):
        person.does(function)


def test_whoever_pauses_cannot_unpause_and_the_other_way_round(people: People) -> None:
    people.guardian.does("pauseOpening")
    with refused("OpeningPaused"):
        people.customer.open()
    with refused("AccessManagedUnauthorized", people.guardian.address):
        people.guardian.does("unpauseOpening")
    people.unpauser.does("unpauseOpening")
    people.customer.open()
