"""A ticket's clock read in minutes from BASE, and steps that tests take at exact times.

A ticket of the public lane has 60 minutes for the first response, 480 for its resolution and 1,440 for its
customer's reply or objection.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.helpers.desk import SECOND_PUBLIC
from tests.helpers.people import People
from tests.helpers.table import Status

BASE = 30_000_100
RESPOND, RESOLVE, CONFIRM, DISPUTE = 60, 480, 1440, 180 * 24 * 60
RUNNING = (Status.OPEN, Status.ON_HOLD, Status.ESCALATED)
STOPPED = (Status.WAITING, Status.RESOLVED, Status.REJECTED, Status.DISPUTED)

Step = Callable[[People, bytes], object]
"""Something that somebody does with a ticket."""


def at(people: People, minute: int, second: int = 0) -> None:
    """The next act happens then."""
    people.desk.at(60 * (BASE + minute) + second)


def clock(people: People, ticket: bytes) -> tuple[int | None, int]:
    """The minute at which the ticket's clock ends, None for no clock; and its budget."""
    word = people.desk.ticket(ticket)
    return (word.due_at - BASE if word.due_at else None, word.budget)


def moves(name: str, to: Status) -> Step:
    """Somebody moves it, the module by `moveAsModule`."""

    def step(people: People, ticket: bytes) -> object:
        if name == "module":
            return people.module.move_as_module(ticket, to)
        return getattr(people, name).move(ticket, to)

    step.__name__ = f"{name}-{to}"  # what a parametrized test is then called
    return step


def taken(people: People, ticket: bytes) -> object:
    """The agent takes it."""
    return people.agent.take(ticket)


def assigned(people: People, ticket: bytes) -> object:
    """The supervisor assigns it to the second agent."""
    return people.supervisor.assign(ticket, people.second_agent)


def transferred(people: People, ticket: bytes) -> object:
    """The supervisor hands it to the second public lane."""
    return people.supervisor.transfer(ticket, SECOND_PUBLIC)


def expired(people: People, ticket: bytes) -> object:
    """Somebody calls its clock."""
    return people.stranger.expire(ticket)


def ran_out(people: People, ticket: bytes) -> object:
    """Somebody calls its clock in the first second in which it is overdue."""
    people.desk.overdue(ticket)
    return people.stranger.expire(ticket)


def held_in(people: People, status: Status) -> bytes:
    """Opened at minute 0, taken at 10 (so due at 490), brought into the state at 20."""
    at(people, 0)
    ticket = people.customer.open()
    at(people, 10)
    people.agent.take(ticket)
    at(people, 20)
    if status == Status.DISPUTED:
        people.agent.move(ticket, Status.REJECTED)
        at(people, 20)
        people.module.move_as_module(ticket, status)
    elif status != Status.OPEN:
        people.agent.move(ticket, status)
    return ticket


COMING_BACK: list[tuple[Status, Step, bool]] = [
    (Status.WAITING, moves("customer", Status.OPEN), False),
    (Status.WAITING, moves("agent", Status.OPEN), False),
    (Status.WAITING, moves("supervisor", Status.ESCALATED), False),
    (Status.WAITING, assigned, False),
    (Status.RESOLVED, moves("customer", Status.OPEN), True),
    (Status.RESOLVED, moves("agent", Status.OPEN), False),
    (Status.REJECTED, moves("customer", Status.ESCALATED), True),
    (Status.REJECTED, moves("agent", Status.OPEN), False),
    (Status.REJECTED, moves("supervisor", Status.OPEN), False),
    (Status.DISPUTED, moves("module", Status.OPEN), True),
]
"""From where, by what, and whether at least `respondWithin` is granted."""
