"""What a desk owes at which moment, by what its events say: no chain, no clock, no file.

Moments are seconds of the chain's time. A duty's moment is the first second in which a contract lets it be
done; 0 where the events do not tell since when it could be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from proofdesk._models import Status
from proofdesk._words import TICKET, unpack

WAIT = 48 * 3600
"""Seconds from a breach until its compensation is paid."""

_AT_DESK = (Status.NEW, Status.OPEN, Status.ON_HOLD, Status.ESCALATED)


class Duty(IntEnum):
    """What anyone may do for a desk; in the order in which DeskUpkeep does it.

    EXPIRE is of a ticket whose clock ran out; NOTE of a breach in a lane that promises a compensation, which
    expires the ticket too; COMPENSATE of a breach noted 48 hours ago; RELEASE of a ticket that was Closed
    with a claim under review; SETTLE of a token in which payments wait for money.
    """

    EXPIRE = 1
    NOTE = 2
    COMPENSATE = 3
    RELEASE = 4
    SETTLE = 5


@dataclass(frozen=True, slots=True)
class Watched:
    """What the events say of a ticket: its word, the moment of its last act, and what other contracts know.

    `noted` is when its breach happened, 0 while none is noted, in lane `lane`; `is_review` whether a claim of
    it waits for a decision.
    """

    word: int = 0
    since: int = 0
    noted: int = 0
    lane: int = 0
    is_paid: bool = False
    is_review: bool = False


def duties_of(ticket: Watched, promising: Mapping[int, object]) -> dict[Duty, int]:
    """What is to be done about a ticket if nobody else acts on it, and when; `promising` are lanes.

    >>> duties_of(Watched(pack(TICKET, status=Status.NEW, lane=1, due_at=10)), {})
    {<Duty.EXPIRE: 1>: 601}
    """
    field = unpack(TICKET, ticket.word)
    status, overdue = Status(field["status"]), 60 * field["due_at"] + 1
    to_note = not ticket.noted and field["lane"] in promising
    found: dict[Duty, int] = {}
    if to_note and field["breached"]:
        found[Duty.NOTE] = ticket.since
    if field["due_at"]:
        # Only a note knows when the clock ran out; an expiry before it would leave the time of the note.
        is_breach = to_note and not field["breached"] and status in _AT_DESK
        found[Duty.NOTE if is_breach else Duty.EXPIRE] = overdue
    if ticket.noted and not ticket.is_paid:
        found[Duty.COMPENSATE] = ticket.noted + WAIT
    if ticket.is_review and status is Status.CLOSED:
        found[Duty.RELEASE] = ticket.since
    return found
