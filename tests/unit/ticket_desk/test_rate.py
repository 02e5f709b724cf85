"""rate: once, by the customer, for the agent; and what counts for his score."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import CLAIMS, GATED, GATED_CLAIMS, PUBLIC, SECOND_GATED, Desk
from tests.helpers.people import People, Person
from tests.helpers.table import Kind, Status

RATEABLE = (Status.RESOLVED, Status.CLOSED)


def score_of(desk: Desk, agent: Person) -> tuple[int, int]:
    total, count = desk.view("scoreOf", agent.certificate)
    return total, count


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("at", RATEABLE)
def test_rule_10_rating_is_an_act_that_changes_no_clock(
    customer: Person, desk: Desk, people: People, at: Status, score: int
) -> None:
    ticket = people.ticket_in(at)
    before, entry = desk.ticket(ticket), desk.entry()
    act = customer.rate(ticket, score, entry)
    assert act.after == desk.ticket(ticket) == replace(before, rating=score, acts=before.acts + 1)
    assert (act.kind, act.actor, act.entry, act.lane) == (Kind.CUSTOMER, customer.address, entry, PUBLIC)


@pytest.mark.parametrize("score", [0, 6, 7, 8, 1 << 255])
def test_a_score_is_1_to_5(customer: Person, people: People, score: int) -> None:
    ticket = people.ticket_in(Status.RESOLVED)
    with refused("InvalidScore", score):
        customer.rate(ticket, score)


@pytest.mark.parametrize("at", RATEABLE)
def test_a_ticket_is_rated_once(customer: Person, people: People, at: Status) -> None:
    ticket = people.ticket_in(at, GATED)
    customer.rate(ticket, 1)
    with refused("NotRateable", ticket):
        customer.rate(ticket, 5)
    assert score_of(people.desk, people.agent) == (1, 1)


def test_a_rating_outlives_a_reopening(customer: Person, agent: Person, people: People) -> None:
    ticket = people.ticket_in(Status.RESOLVED)
    customer.rate(ticket, 2)
    assert customer.move(ticket, Status.OPEN).after.rating == 2
    agent.move(ticket, Status.RESOLVED)
    with refused("NotRateable", ticket):
        customer.rate(ticket, 5)


def test_only_the_customer_rates(agent: Person, people: People, stranger: Person, supervisor: Person) -> None:
    ticket = people.ticket_in(Status.CLOSED)
    for person in (agent, supervisor, stranger):
        with refused("NotCustomer", ticket, person.address):
            person.rate(ticket)


def test_rating_needs_an_entry(customer: Person, people: People) -> None:
    ticket = people.ticket_in(Status.RESOLVED)
    with refused("EmptyEntry"):
        customer.rate(ticket, entry=bytes(32))


def test_rating_is_never_too_late(customer: Person, desk: Desk, people: People) -> None:
    ticket = people.ticket_in(Status.RESOLVED)
    desk.overdue(ticket)
    assert not customer.rate(ticket).after.breached


def test_rule_23_only_gated_lanes_count(customer: Person, desk: Desk, people: People) -> None:
    expected = 0
    for lane in (PUBLIC, CLAIMS, GATED, SECOND_GATED, GATED_CLAIMS):
        customer.rate(people.ticket_in(Status.RESOLVED, lane), 4)
        expected += desk.lane(lane).gated
        assert score_of(desk, people.agent) == (4 * expected, expected)
    assert expected == 3


def test_a_score_is_a_sum_and_a_count(customer: Person, desk: Desk, people: People) -> None:
    for scores in ([5], [5, 1], [5, 1, 3]):
        customer.rate(people.ticket_in(Status.CLOSED, GATED), scores[-1])
        assert score_of(desk, people.agent) == (sum(scores), len(scores))
    assert score_of(desk, people.second_agent) == (0, 0)


def test_each_agent_has_a_score_of_his_own(
    customer: Person, desk: Desk, people: People, second_agent: Person
) -> None:
    customer.rate(people.ticket_in(Status.CLOSED, GATED), 5)
    others = people.ticket_in(Status.OPEN, GATED)
    people.supervisor.assign(others, second_agent)
    second_agent.move(others, Status.RESOLVED)
    customer.rate(others, 3)
    assert score_of(desk, people.agent) == (5, 1)
    assert score_of(desk, second_agent) == (3, 1)


def test_the_agent_who_is_rated_is_the_last(
    customer: Person, desk: Desk, people: People, second_agent: Person
) -> None:
    ticket = people.ticket_in(Status.ON_HOLD, GATED)
    people.supervisor.assign(ticket, second_agent)
    second_agent.move(ticket, Status.RESOLVED)
    customer.rate(ticket, 3)
    assert score_of(desk, people.agent) == (0, 0)
    assert score_of(desk, second_agent) == (3, 1)


def test_rule_12_escalating_does_not_shed_the_rating(
    customer: Person, desk: Desk, people: People, supervisor: Person
) -> None:
    ticket = people.ticket_in(Status.ESCALATED, GATED)
    supervisor.move(ticket, Status.RESOLVED)
    customer.rate(ticket, 1)
    assert score_of(desk, people.agent) == (1, 1)


def test_an_agent_who_left_is_still_rated(customer: Person, desk: Desk, people: People) -> None:
    ticket = people.ticket_in(Status.RESOLVED, GATED)
    people.certifier.suspend(people.agent)
    customer.rate(ticket, 2)
    assert score_of(desk, people.agent) == (2, 1)


def test_where_no_agent_was_there_is_nobody_to_rate(customer: Person, people: People) -> None:
    closed_in_line = customer.open()
    customer.move(closed_in_line, Status.CLOSED)
    for ticket in (closed_in_line, people.unseated_in(Status.RESOLVED), people.unseated_in(Status.CLOSED)):
        with refused("NotRateable", ticket):
            customer.rate(ticket)


def test_a_transferred_ticket_has_no_agent_to_rate(
    agent: Person, customer: Person, people: People, supervisor: Person
) -> None:
    ticket = people.ticket_in(Status.OPEN, GATED)
    agent.transfer(ticket, SECOND_GATED)
    supervisor.move(ticket, Status.RESOLVED)
    with refused("NotRateable", ticket):
        customer.rate(ticket)
