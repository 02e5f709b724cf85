"""Minutes and limits: what an act does to a ticket's clock, and from how many acts on it is refused.

Windows, `due_at` and budgets are minutes, `now` is seconds. Numbers in comments are those of docs/adr/0004.
"""

from __future__ import annotations

from tests.helpers.model.table import ENDING, STOPPED, WORKING, Kind, Status
from tests.helpers.model.things import LaneTerms, Ticket

DISPUTE_MINUTES = 180 * 24 * 60
MOST_ACTS_IN_NEW = 50
MOST_ACTS_STAYING = 900
MOST_ACTS = 1000
MOST_NOTES_IN_CLOSED = 1022
WHATEVER_WAS_ADDED = 1023
WORDS_READ_BY_TAKE = 16
TURNS_IN_A_WORD = 256


def floor_minute(now: int) -> int:
    """The minute that has begun."""
    return now // 60


def ceil_minute(now: int) -> int:
    """The minute that has not ended."""
    return -(-now // 60)


def breaches(ticket: Ticket, now: int) -> bool:
    """Whether an act at `now` finds a clock of the desk's missed (6)."""
    return ticket.overdue(now) and (ticket.status == Status.NEW or ticket.status in WORKING)


def left(ticket: Ticket, terms: LaneTerms, now: int) -> int:
    """Minutes of the resolution clock that are left (7)."""
    if ticket.status == Status.NEW:
        return terms.resolve
    if ticket.status in WORKING:
        return max(0, ticket.due_at - ceil_minute(now))
    return ticket.budget


def clock_after(
    ticket: Ticket, after: Status, terms: LaneTerms, now: int, kind: Kind, *, seated: bool
) -> tuple[int, int]:
    """`due_at` and budget of a ticket, its breach recorded, that becomes `after` (8 to 10).

    `seated` says that it was taken or assigned.
    """
    before = ticket.status
    if after == Status.CLOSED:
        return 0, 0
    if after == before and after in (Status.NEW, Status.DISPUTED):
        return ticket.due_at, ticket.budget
    minutes = left(ticket, terms, now)
    if after in STOPPED:
        window = DISPUTE_MINUTES if after == Status.DISPUTED else terms.confirm
        return ceil_minute(now) + window, minutes
    if ticket.breached and after == Status.ESCALATED:
        return 0, 0
    if ticket.breached and seated:
        return floor_minute(now) + terms.resolve, 0
    if before in WORKING:
        return ticket.due_at, 0
    objects = kind == Kind.CUSTOMER and before in (Status.RESOLVED, Status.REJECTED)
    if objects or before == Status.DISPUTED:
        minutes = max(minutes, terms.respond)
    return floor_minute(now) + minutes, 0


def too_many(ticket: Ticket, after: Status, kind: Kind) -> bool:
    """Whether the ticket has seen too many acts for one that leads to `after` (15, 16)."""
    if after == ticket.status == Status.CLOSED:
        return ticket.acts >= MOST_NOTES_IN_CLOSED
    if after == ticket.status:
        most = MOST_ACTS_IN_NEW if after == Status.NEW else MOST_ACTS_STAYING
        if ticket.acts >= most:
            return True
    return ticket.acts >= MOST_ACTS and after not in ENDING
