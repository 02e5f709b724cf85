"""The table of moves, typed from the drawing: who may lead a ticket from which state to which."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Where a ticket stands."""

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


class Kind(IntEnum):
    """As whom somebody acts on a ticket."""

    NONE = 0
    CUSTOMER = 1
    AGENT = 2
    SUPERVISOR = 3
    MODULE = 4
    ANYONE = 5


# A state that names itself is one that can be added to.
_DRAWING = """
          | CUSTOMER          | AGENT                                           | SUPERVISOR                    | ANYONE    | MODULE
NEW       | NEW CLOSED        |                                                 | NEW REJECTED ESCALATED        | ESCALATED | RESOLVED REJECTED
OPEN      | OPEN CLOSED       | OPEN WAITING ON_HOLD RESOLVED REJECTED ESCALATED| OPEN ESCALATED REJECTED       | ESCALATED | RESOLVED REJECTED
WAITING   | OPEN CLOSED       | OPEN RESOLVED                                   | ESCALATED                     | RESOLVED  | RESOLVED REJECTED
ON_HOLD   | ON_HOLD CLOSED    | OPEN RESOLVED                                   | ESCALATED                     | ESCALATED | RESOLVED REJECTED
RESOLVED  | OPEN CLOSED       | OPEN                                            |                               | CLOSED    | DISPUTED
REJECTED  | ESCALATED CLOSED  | OPEN                                            | OPEN                          | CLOSED    | DISPUTED
ESCALATED | ESCALATED CLOSED  |                                                 | ESCALATED RESOLVED REJECTED   | ESCALATED | RESOLVED REJECTED DISPUTED
DISPUTED  | DISPUTED          | DISPUTED                                        | DISPUTED                      | ESCALATED | OPEN CLOSED
CLOSED    |                   |                                                 | CLOSED                        |           |
"""  # noqa: E501 - a drawing keeps its width

Cell = tuple[Kind, Status, Status]


def _read(drawing: str) -> frozenset[Cell]:
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in drawing.strip("\n").splitlines()]
    kinds = [Kind[name] for name in head[1:]]
    return frozenset(
        (kind, Status[row[0]], Status[to])
        for row in rows
        for kind, cell in zip(kinds, row[1:], strict=True)
        for to in cell.split()
    )


LEGAL = _read(_DRAWING)
ASSIGNABLE = frozenset({Status.NEW, Status.OPEN, Status.WAITING, Status.ON_HOLD, Status.ESCALATED})
TRANSFERABLE = {
    Kind.AGENT: frozenset({Status.OPEN, Status.ON_HOLD}),
    Kind.SUPERVISOR: frozenset({Status.NEW, Status.OPEN, Status.ON_HOLD, Status.ESCALATED}),
}
WORKING = frozenset({Status.OPEN, Status.ON_HOLD, Status.ESCALATED})
STOPPED = frozenset({Status.WAITING, Status.RESOLVED, Status.REJECTED, Status.DISPUTED})
# What a ticket that has seen a thousand acts can still become.
ENDING = frozenset({Status.RESOLVED, Status.REJECTED, Status.DISPUTED, Status.CLOSED})
