"""The table of moves, typed by hand from the design's drawing.

It imports neither the contract's constants nor what is generated from them: that is its use.
"""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Where a ticket stands, numbered in the order in which the design lists the states."""

    NONE = 0
    NEW = 1
    OPEN = 2
    WAITING = 3
    ON_HOLD = 4
    RESOLVED = 5
    REJECTED = 6
    ESCALATED = 7
    DISPUTED = 8
    CLOSED = 9

    def __str__(self) -> str:
        return self.name


class Kind(IntEnum):
    """As whom somebody acts on a ticket."""

    NONE = 0
    CUSTOMER = 1
    AGENT = 2
    SUPERVISOR = 3
    MODULE = 4
    ANYONE = 5

    def __str__(self) -> str:
        return self.name


Moves = frozenset[tuple[Kind, Status, Status]]

_MOVES = """
from       customer            agent                                               supervisor                   anyone     module
NEW        NEW CLOSED          -                                                   NEW REJECTED ESCALATED       ESCALATED  RESOLVED REJECTED
OPEN       OPEN CLOSED         OPEN WAITING ON_HOLD RESOLVED REJECTED ESCALATED    OPEN ESCALATED REJECTED      ESCALATED  RESOLVED REJECTED
WAITING    OPEN CLOSED         OPEN RESOLVED                                       ESCALATED                    RESOLVED   RESOLVED REJECTED
ON_HOLD    ON_HOLD CLOSED      OPEN RESOLVED                                       ESCALATED                    ESCALATED  RESOLVED REJECTED
RESOLVED   OPEN CLOSED         OPEN                                                -                            CLOSED     DISPUTED
REJECTED   ESCALATED CLOSED    OPEN                                                OPEN                         CLOSED     DISPUTED
ESCALATED  ESCALATED CLOSED    -                                                   ESCALATED RESOLVED REJECTED  ESCALATED  RESOLVED REJECTED DISPUTED
DISPUTED   DISPUTED            DISPUTED                                            DISPUTED                     ESCALATED  OPEN CLOSED
CLOSED     -                   -                                                   CLOSED                       -          -
"""  # noqa: E501 - a drawing is read across


def _parsed(drawing: str) -> Moves:
    head, *rows = drawing.strip().splitlines()
    starts = [head.index(name) for name in head.split()]
    kinds = [Kind[name.upper()] for name in head.split()[1:]]
    moves = set()
    for row in rows:
        cells = [row[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]
        for kind, cell in zip(kinds, cells[1:], strict=True):
            moves |= {(kind, Status[cells[0]], Status[to]) for to in cell.split() if to != "-"}
    return frozenset(moves)


MOVES: Moves = _parsed(_MOVES)
"""Every legal move; those of ANYONE are made by `expire`, those of MODULE by `moveAsModule`."""

TAKE_FROM = frozenset({Status.NEW})
ASSIGN_FROM = frozenset({Status.NEW, Status.OPEN, Status.WAITING, Status.ON_HOLD, Status.ESCALATED})
TRANSFER_FROM = {
    Kind.AGENT: frozenset({Status.OPEN, Status.ON_HOLD}),
    Kind.SUPERVISOR: frozenset({Status.NEW, Status.OPEN, Status.ON_HOLD, Status.ESCALATED}),
}
RATE_IN = frozenset({Status.RESOLVED, Status.CLOSED})
"""If there was an agent."""
