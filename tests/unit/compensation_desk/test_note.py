"""Noting breaches: when the clock ran out, or, where another act recorded it, now."""

from __future__ import annotations

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import GATED
from tests.helpers.table import Status
from tests.unit.compensation_desk.lateness import Lateness


def test_the_end_of_the_clock_is_noted_and_the_ticket_expired(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    end = lateness.end(ticket)
    lateness.desk.at(end + 5_000)
    (noted,) = lateness.note(ticket)
    assert noted.name == "BreachNoted"
    assert noted.arguments == {"ticketId": ticket, "lane": lateness.lane, "time": end}
    assert lateness.breach(ticket) == (end, False)
    word = lateness.desk.ticket(ticket)
    assert (word.status, word.breached) == (Status.ESCALATED, True)


def test_not_before_the_clock_ran_out(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    end = lateness.end(ticket)
    lateness.desk.at(end)
    with refused("NothingToNote"):
        lateness.note(ticket)
    lateness.desk.at(end + 1)
    lateness.note(ticket)


def test_a_breach_that_another_act_recorded_has_the_time_of_the_note(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    lateness.desk.overdue(ticket)
    lateness.people.stranger.expire(ticket)
    lateness.desk.wait(30)
    lateness.note(ticket)
    assert lateness.breach(ticket) == (lateness.desk.now, False)


def test_a_second_clock_that_ran_out_is_no_second_breach(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    lateness.desk.overdue(ticket)
    lateness.people.stranger.expire(ticket)
    lateness.people.supervisor.assign(ticket, lateness.people.agent)
    lateness.desk.at(lateness.end(ticket) + 5_000)
    lateness.note(ticket)
    assert lateness.breach(ticket) == (lateness.desk.now, False)


def test_a_breach_is_noted_once(lateness: Lateness) -> None:
    ticket = lateness.noted()
    before = lateness.breach(ticket)
    lateness.desk.wait(60)
    with refused("NothingToNote"):
        lateness.note(ticket)
    assert lateness.breach(ticket) == before


def test_a_ticket_in_time_has_none(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    lateness.people.agent.take(ticket)
    lateness.people.agent.move(ticket, Status.RESOLVED)
    lateness.desk.at(lateness.end(ticket) + 1)
    with refused("NothingToNote"):
        lateness.note(ticket)


def test_a_customers_silence_is_no_breach(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    lateness.people.agent.take(ticket)
    lateness.people.agent.move(ticket, Status.WAITING)
    lateness.desk.overdue(ticket)
    with refused("NothingToNote"):
        lateness.note(ticket)


def test_where_nothing_is_offered_nothing_is_noted(lateness: Lateness) -> None:
    ticket = lateness.people.opened(GATED)
    lateness.desk.overdue(ticket)
    with refused("NothingToNote"):
        lateness.note(ticket)


@pytest.mark.parametrize("reverse", [False, True])
def test_of_many_those_that_are_late_are_noted(reverse: bool, lateness: Lateness) -> None:
    late = [lateness.ticket() for _ in range(3)]
    lateness.desk.overdue(*late)
    tickets = [*late, late[0], b"\x01" * 32, lateness.office.desk.entry()]
    noted = lateness.note(*(reversed(tickets) if reverse else tickets))
    assert {event.arguments["ticketId"] for event in noted} == set(late)
    with refused("NothingToNote"):
        lateness.note()
