"""The guardian excludes an outage: of at most 24 hours, within 48, once in 30 days."""

from __future__ import annotations

import pytest

from tests.helpers.contract import Contract, refused
from tests.unit.compensation_desk.lateness import DAY, DELAY, HOUR, PERIOD, Lateness


def at(lateness: Lateness, seconds: int) -> None:
    """The next act happens then."""
    lateness.desk.at(seconds)


def test_breaches_in_it_are_not_compensated(lateness: Lateness) -> None:
    ticket = lateness.noted()
    breach = lateness.breach(ticket)[0]
    at(lateness, breach + HOUR)
    (excluded,) = lateness.exclude(breach - HOUR, breach + HOUR)
    assert excluded.name == "OutageExcluded"
    assert excluded.arguments == {
        "guardian": lateness.people.guardian.address,
        "from": breach - HOUR,
        "to": breach + HOUR,
    }
    assert not lateness.is_due(ticket, breach + DELAY)
    with refused("Excluded", ticket):
        lateness.compensate(ticket)


@pytest.mark.parametrize(
    ("start", "end", "paid"), [(0, 60, False), (-60, 0, False), (1, 60, True), (-60, -1, True)]
)
def test_its_first_and_last_second(start: int, end: int, paid: bool, lateness: Lateness) -> None:
    ticket = lateness.noted()
    breach = lateness.breach(ticket)[0]
    at(lateness, breach + HOUR)
    lateness.exclude(breach + start, breach + end)
    if paid:
        lateness.compensate(ticket)
        return
    with refused("Excluded", ticket):
        lateness.compensate(ticket)


@pytest.mark.parametrize("length", [0, -1, DAY + 1])
def test_it_lasts_at_most_a_day(length: int, lateness: Lateness) -> None:
    start = lateness.desk.now - DAY
    at(lateness, start + DAY + HOUR)
    with refused("InvalidOutage", start, start + length):
        lateness.exclude(start, start + length)
    at(lateness, start + DAY + HOUR)
    lateness.exclude(start, start + DAY)


def test_it_is_over(lateness: Lateness) -> None:
    now = lateness.desk.now + 100
    at(lateness, now)
    with refused("InvalidOutage", now - HOUR, now + 1):
        lateness.exclude(now - HOUR, now + 1)
    at(lateness, now + 1)
    lateness.exclude(now - HOUR, now + 1)


def test_nothing_that_was_due_is_excluded(lateness: Lateness) -> None:
    start = lateness.desk.now
    at(lateness, start + DELAY)
    with refused("OutageTooOld", start):
        lateness.exclude(start, start + HOUR)
    with lateness.desk.isolated():
        at(lateness, start + DELAY + 1)
        lateness.exclude(start + 2, start + HOUR)


def test_once_in_30_days(lateness: Lateness) -> None:
    first = lateness.desk.now
    at(lateness, first + HOUR)
    lateness.exclude(first, first + HOUR)
    at(lateness, first + HOUR + 10)
    with refused("OutageTooSoon", first):
        lateness.exclude(first - 1, first)
    second = first + PERIOD
    at(lateness, second + HOUR)
    with refused("OutageTooSoon", first):
        lateness.exclude(second - 1, second + HOUR)
    at(lateness, second + HOUR)
    lateness.exclude(second, second + HOUR)
    outage = lateness.office.compensation.view("outageOf", second // PERIOD)
    assert outage == (second, second + HOUR)


def test_it_holds_over_the_end_of_a_period(lateness: Lateness) -> None:
    """They are kept by the 30 days in which they began; a breach in the next is found all the same."""
    border = (lateness.desk.now // PERIOD + 1) * PERIOD
    at(lateness, border - 60 * 60 + 600)
    ticket = lateness.ticket()
    breach = lateness.end(ticket)
    assert breach >= border
    lateness.noted(ticket)
    at(lateness, breach + 120)
    lateness.exclude(border - 60, breach + 60)
    with refused("Excluded", ticket):
        lateness.compensate(ticket)


def test_it_holds_before_the_end_of_its_period(lateness: Lateness) -> None:
    """A breach in the period where the outage began, before the end that lies in the next."""
    border = (lateness.desk.now // PERIOD + 1) * PERIOD
    at(lateness, border - 60 * 60 - 600)
    ticket = lateness.ticket()
    breach = lateness.end(ticket)
    assert breach < border
    lateness.noted(ticket)
    at(lateness, border + 120)
    lateness.exclude(breach, border + 60)
    assert not lateness.is_due(ticket, breach + DELAY)
    with refused("Excluded", ticket):
        lateness.compensate(ticket)


def test_only_the_guardian_excludes(lateness: Lateness) -> None:
    people, now = lateness.people, lateness.desk.now
    for person in (people.stranger, people.supervisor, people.claims_editor, people.unpauser):
        with refused("AccessManagedUnauthorized", person.address):
            lateness.exclude(now - HOUR, now, by=person)


def test_it_stands_on_contracts(lateness: Lateness) -> None:
    """Its manager and its ClaimDesk are contracts."""
    node, nobody = lateness.desk.node, lateness.people.stranger.address
    access, claims = lateness.desk.access.address, lateness.office.claims.address
    for arguments in ((nobody, claims), (access, nobody)):
        with refused("NoContract", nobody):
            Contract.deployed(node, nobody, "CompensationDesk", *arguments)
