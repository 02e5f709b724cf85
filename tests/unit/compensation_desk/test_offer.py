"""What a lane offers for a breach: in gated and claims lanes, once, before the first ticket."""

from __future__ import annotations

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import PUBLIC, Lane
from tests.helpers.money import ETHER
from tests.helpers.people import Person
from tests.unit.compensation_desk.lateness import CAP, OFFER, Lateness

MOST = 2**128 - 1


@pytest.fixture
def lane(lateness: Lateness) -> int:
    """A gated lane that offers nothing yet."""
    return lateness.people.lane_editor.create_lane(Lane(gated=True))


@pytest.mark.parametrize("terms", [Lane(gated=True), Lane(claims=True), Lane(gated=True, claims=True)])
def test_gated_and_claims_lanes_offer(terms: Lane, lateness: Lateness) -> None:
    lane = lateness.people.lane_editor.create_lane(terms)
    (offered,) = lateness.offer(lane)
    assert offered.name == "CompensationPromised"
    assert offered.arguments == {"lane": lane, "token": ETHER, "amount": OFFER, "dailyCap": CAP}
    assert lateness.office.compensation.view("offerOf", lane) == (ETHER, OFFER, CAP)


def test_a_public_lane_offers_nothing(lateness: Lateness) -> None:
    """Or anybody would open tickets by the thousand and wait."""
    with refused("LaneNotEligible", PUBLIC):
        lateness.offer(PUBLIC)


def test_an_offer_never_changes(lateness: Lateness) -> None:
    with refused("LaneInUse", lateness.lane):
        lateness.offer(lateness.lane, amount=1)


def test_old_tickets_are_offered_nothing(lane: int, lateness: Lateness) -> None:
    lateness.people.opened(lane)
    with refused("LaneInUse", lane):
        lateness.offer(lane)


@pytest.mark.parametrize(("amount", "cap"), [(0, 0), (0, 1), (2, 1)])
def test_an_offer_is_something_and_within_its_cap(
    amount: int, cap: int, lane: int, lateness: Lateness
) -> None:
    with refused("InvalidTerms", amount, cap):
        lateness.offer(lane, amount=amount, cap=cap)


@pytest.mark.parametrize(("amount", "cap"), [(1, 1), (MOST, MOST)])
def test_the_least_and_the_most(amount: int, cap: int, lane: int, lateness: Lateness) -> None:
    lateness.offer(lane, amount=amount, cap=cap)


def test_an_offer_is_in_a_listed_token(lane: int, lateness: Lateness, stranger: Person) -> None:
    with refused("TokenNotListed", stranger.address):
        lateness.offer(lane, token=stranger.address)


def test_only_the_claims_editor_offers(lane: int, lateness: Lateness) -> None:
    people = lateness.people
    for person in (people.stranger, people.lane_editor, people.treasurer, people.guardian):
        with refused("AccessManagedUnauthorized", person.address):
            lateness.offer(lane, by=person)
