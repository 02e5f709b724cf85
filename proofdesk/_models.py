"""What the client gives back: frozen values and enums.

Ids, entries and hashes are 0x-prefixed lower-case hex, addresses EIP-55 checksummed; inside the package the
same things are bytes. Moments are aware UTC datetimes, spans timedeltas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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


class Actor(IntEnum):
    """As whom somebody acts on a ticket; ANYONE calls overdue tickets."""

    NONE = 0
    CUSTOMER = 1
    AGENT = 2
    SUPERVISOR = 3
    MODULE = 4
    ANYONE = 5


class Standing(IntEnum):
    """What a certificate is worth; expiry is apart from it."""

    NONE = 0
    ACTIVE = 1
    SUSPENDED = 2
    REVOKED = 3
    RESIGNED = 4


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as its word says.

    `turn` is its place in the lane's line while it is New, `certificate_id` its agent's later; `due_at` is
    when its clock ends; `budget` what is left of the resolution clock while that one stands.
    """

    id: str
    customer: str
    status: Status
    rating: int | None
    breached: bool
    lane: int
    turn: int | None
    certificate_id: int | None
    due_at: datetime | None
    acts: int
    budget: timedelta

    def is_overdue(self, at: datetime) -> bool:
        """Tell whether its clock has run out at a moment of the chain's time."""
        return self.due_at is not None and at > self.due_at


@dataclass(frozen=True, slots=True)
class Act:
    """One logged act: leaf `position` of the log of `lane`, the `number`-th of its ticket.

    `status` and `word` are the ticket's after the act; `entry` is all zeros for a called breach or silence.
    """

    ticket_id: str
    lane: int
    position: int
    number: int
    status: Status
    word: int
    actor: str
    kind: Actor
    entry: str
    at: datetime
    block: int
    tx_hash: str
    log_index: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane: what it promises, and how its line and its log stand.

    So many `turns` were handed out; all up to `served` have left the line, and `departed` ones above it.
    """

    id: int
    respond_within: timedelta
    resolve_within: timedelta
    confirm_within: timedelta
    program: int
    level: int
    article: int | None
    gated: bool
    claims: bool
    closed: bool
    turns: int
    served: int
    departed: int
    size: int

    @property
    def waiting(self) -> int:
        """Tickets that wait in the line."""
        return self.turns - self.served - self.departed


@dataclass(frozen=True, slots=True)
class Certificate:
    """An agent's certificate for a program at a level."""

    id: int
    agent: str
    program: int
    level: int
    standing: Standing
    issued_at: datetime
    expires_at: datetime

    def is_valid(self, at: datetime) -> bool:
        """Tell whether it admits its agent at a moment, should its standing be the same then."""
        return self.standing is Standing.ACTIVE and at < self.expires_at


@dataclass(frozen=True, slots=True)
class Program:
    """What agents are examined in; `pass_mark` is basis points of the full score, `syllabus` its hash."""

    id: int
    syllabus: str
    pass_mark: int
    validity: timedelta
    retake_delay: timedelta
    active: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An event that is no act, by its Solidity name and arguments."""

    name: str
    arguments: Mapping[str, object]
    contract: str
    log_index: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a transaction did; `gas_used` is units of gas."""

    tx_hash: str
    block: int
    gas_used: int
    events: tuple[Act | Event, ...] = ()

    @property
    def acts(self) -> tuple[Act, ...]:
        """The acts it logged, in order."""
        return tuple(event for event in self.events if isinstance(event, Act))
