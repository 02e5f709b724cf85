"""What the model keeps: tickets, lanes, events, and the reasons for which an act is refused."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import NamedTuple

from eth_utils.crypto import keccak

from tests.helpers.model.table import Kind, Status
from tests.helpers.model.tree import Log

Address = str
TicketId = bytes
Entry = bytes
NO_ENTRY: Entry = bytes(32)
NOBODY: Address = "0x" + 40 * "0"


class Role(IntEnum):
    """What an account may be, beside being a ticket's customer or agent."""

    ADMIN = 0
    SUPERVISOR = 1
    CERTIFIER = 2
    LANE_EDITOR = 3
    INTAKE = 4
    MODULE = 5
    GUARDIAN = 6
    UNPAUSER = 7


class Refusal(NamedTuple):
    """A contract error, by name, with its arguments."""

    name: str
    args: tuple[int | bytes | str, ...] = ()

    def __str__(self) -> str:
        shown = (f"0x{arg.hex()}" if isinstance(arg, bytes) else format(arg) for arg in self.args)
        return f"{self.name}({', '.join(shown)})"


class ForbiddenError(Exception):
    """An act is refused; every reason that holds, since no text says which comes first."""

    def __init__(self, *reasons: Refusal) -> None:
        super().__init__(", ".join(map(str, reasons)))
        self.reasons = frozenset(reasons)


class Event(NamedTuple):
    """One act as it is logged."""

    ticket_id: TicketId
    lane: int
    actor: Address
    kind: Kind
    word: int
    entry: Entry
    position: int
    time: int

    def leaf(self) -> bytes:
        """The leaf's data."""
        who = bytes.fromhex(self.actor[2:]) + self.kind.to_bytes(1, "big")
        return (
            self.ticket_id + self.word.to_bytes(32, "big") + who + self.entry + self.time.to_bytes(8, "big")
        )


class Skipped(NamedTuple):
    """How far a line's head must move at least, and may at most."""

    lane: int
    least: int
    most: int


@dataclass(slots=True)
class Ticket:
    """A ticket's fields; `due_at` and `budget` in minutes."""

    customer: Address
    status: Status
    lane: int
    seat: int
    due_at: int
    acts: int = 1
    rating: int = 0
    breached: bool = False
    budget: int = 0

    def overdue(self, now: int) -> bool:
        """Whether its clock has ended; `now` in seconds."""
        return self.due_at != 0 and now > 60 * self.due_at

    def agent_seat(self) -> int:
        """The certificate in its seat; 0 for none (in New the seat is a turn)."""
        return 0 if self.status == Status.NEW else self.seat

    def word(self) -> int:
        """The ticket as one word. Raises OverflowError when a value does not fit its field."""
        word = int(self.customer, 16)
        offset = 160
        for value, bits in (
            (self.status, 4),
            (self.rating, 3),
            (self.breached, 1),
            (self.lane, 10),
            (self.seat, 26),
            (self.due_at, 26),
            (self.acts, 10),
            (self.budget, 16),
        ):
            if value >> bits:
                raise OverflowError(f"{int(value)} does not fit {bits} bits")
            word |= int(value) << offset
            offset += bits
        return word

    @classmethod
    def read(cls, word: int) -> Ticket:
        """The ticket that a word holds."""

        def bits(start: int, end: int) -> int:
            return word >> start & (1 << end - start + 1) - 1

        return cls(
            customer=f"0x{bits(0, 159):040x}",
            status=Status(bits(160, 163)),
            rating=bits(164, 166),
            breached=bool(bits(167, 167)),
            lane=bits(168, 177),
            seat=bits(178, 203),
            due_at=bits(204, 229),
            acts=bits(230, 239),
            budget=bits(240, 255),
        )


@dataclass(frozen=True)
class LaneTerms:
    """What a lane promises, in minutes, and who may serve it."""

    respond: int
    resolve: int
    confirm: int
    program: int
    level: int
    gated: bool
    claims: bool

    def as_tuple(self) -> tuple[int | bool, ...]:
        """In the order of the contract's struct."""
        return tuple(getattr(self, each.name) for each in fields(self))


@dataclass
class Lane:
    """A lane: its terms, its line and its log."""

    terms: LaneTerms
    closed: bool = False
    article: int = 0
    turns: int = 0
    served: int = 0
    waiting: set[int] = field(default_factory=set)
    log: Log = field(default_factory=Log)

    def next_in_line(self) -> int:
        """The lowest turn that waits; 0 if nobody waits."""
        return min(self.waiting, default=0)

    def departed(self) -> int:
        """Turns above `served` that left the line."""
        return self.turns - self.served - len(self.waiting)


def ticket_id_of(customer: Address, entry: Entry) -> TicketId:
    """The id of the ticket that `customer` opens with `entry`."""
    return keccak(bytes.fromhex(customer[2:]).rjust(32, b"\0") + entry)
