"""One desk on a chain for tests: its contracts, its lanes, and what is read of it or written past it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.helpers.contract import Contract, Event
from tests.helpers.node import Node
from tests.helpers.table import Kind
from tests.helpers.words import LaneWord, Ticket
from tools.compiler import ROOT

ADMIN, SUPERVISOR, CERTIFIER, LANE_EDITOR, INTAKE, MODULE, GUARDIAN, UNPAUSER = range(8)
TREASURER, CLAIMS_EDITOR = 8, 9
"""Role ids."""
NOBODY = "0x" + "00" * 20
SEEN_ANY = 1023
"""What an agent passes for "whatever was added since"."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane's terms; windows are minutes. The default is one valid lane."""

    respond_within: int = 60
    resolve_within: int = 480
    confirm_within: int = 1440
    program: int = 1
    level: int = 2
    gated: bool = False
    claims: bool = False

    @property
    def config(self) -> tuple[int, int, int, int, int, bool, bool]:
        """As `createLane` takes it."""
        windows = (self.respond_within, self.resolve_within, self.confirm_within)
        return (*windows, self.program, self.level, self.gated, self.claims)


LANES = {
    "public": Lane(),
    "second_public": Lane(30, 240, 1440),
    "gated": Lane(gated=True),
    "second_gated": Lane(30, 240, 1440, gated=True),
    "claims": Lane(claims=True),
    "gated_claims": Lane(gated=True, claims=True),
}
PUBLIC, SECOND_PUBLIC, GATED, SECOND_GATED, CLAIMS, GATED_CLAIMS = range(1, 7)


@dataclass(frozen=True, slots=True)
class Act:
    """One act as its event tells it; `time` is seconds."""

    ticket_id: bytes
    lane: int
    actor: str
    kind: Kind
    word: int
    entry: bytes
    position: int
    time: int

    @classmethod
    def of(cls, event: Event) -> Act:
        """The act of an ActLogged event."""
        said = event.arguments
        assert event.name == "ActLogged", event
        named = {name: said[name] for name in ("lane", "actor", "word", "entry", "position", "time")}
        return cls(ticket_id=said["ticketId"], kind=Kind(said["kind"]), **named)

    @property
    def after(self) -> Ticket:
        """The ticket as the act left it."""
        return Ticket.unpacked(self.word)

    @property
    def leaf_data(self) -> bytes:
        """What the log hashes of it."""
        actor = bytes.fromhex(self.actor[2:])
        head = self.ticket_id + self.word.to_bytes(32, "big") + actor
        return head + bytes([self.kind]) + self.entry + self.time.to_bytes(8, "big")


@dataclass(slots=True, repr=False)
class Desk:
    """The contracts of one desk, and what tests read of them."""

    node: Node
    access: Contract
    certification: Contract
    tickets: Contract
    acts: list[Act] = field(default_factory=list)
    """Every act seen so far."""
    _entries: Iterator[int] = field(default_factory=itertools.count)

    # ---------------------------------------------------------------------------------------------- time

    @property
    def now(self) -> int:
        """Seconds; the time of the last block."""
        return self.node.now

    def at(self, seconds: int) -> None:
        """The next act happens at exactly this time."""
        self.node.at(seconds)

    def wait(self, minutes: int) -> None:
        """The next act happens so long after the last."""
        self.node.at(self.now + 60 * minutes)

    def overdue(self, *ticket_ids: bytes) -> None:
        """The next act happens in the first second in which all of these are overdue."""
        self.node.at(max(self.now, 60 * max(self.ticket(each).due_at for each in ticket_ids)) + 1)

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Everything done in the `with` block is undone after it."""
        count = len(self.acts)
        with self.node.isolated():
            yield
        del self.acts[count:]

    # ------------------------------------------------------------------------------------------- reading

    def entry(self) -> bytes:
        """A new entry."""
        return sha256(f"entry {next(self._entries)}".encode()).digest()

    def ticket(self, ticket_id: bytes) -> Ticket:
        """A ticket from its word in storage."""
        return Ticket.unpacked(self.node.read(self.tickets.address, ticket_slot(ticket_id)))

    def lane(self, number: int) -> LaneWord:
        """A lane from its word in storage."""
        return LaneWord.unpacked(self.node.read(self.tickets.address, lane_slot(number)))

    def view(self, function: str, *args: Any, at: int | None = None) -> Any:
        """What a view of TicketDesk answers, at a time in seconds (default: the last block's)."""
        return self.tickets.view(function, *args, at=at)

    # ------------------------------------------------------------------------------------------- acting

    def send(self, sender: str, function: str, *args: Any) -> list[Event]:
        """One transaction to TicketDesk; its events. Raises RefusedError."""
        events = self.tickets.send(sender, function, *args)
        self.acts += [Act.of(event) for event in events if event.name == "ActLogged"]
        return events

    # -------------------------------------------------------------------------------- past the contract

    def write_ticket(self, ticket_id: bytes, **changes: Any) -> Ticket:
        """Writes fields of a ticket's word past the contract; what it is then."""
        ticket = replace(self.ticket(ticket_id), **changes)
        self.node.write(self.tickets.address, ticket_slot(ticket_id), ticket.word)
        return ticket

    def write_lane(self, number: int, **changes: int) -> LaneWord:
        """Writes fields of a lane's word past the contract; what it is then."""
        lane = replace(self.lane(number), **changes)
        self.node.write(self.tickets.address, lane_slot(number), lane.word)
        return lane

    def write_departures(self, number: int, word: int, bits: int) -> None:
        """Writes a word of a lane's departures bitmap past the contract."""
        slot = mapping_slot(["uint256", "uint256"], [number, variable_slot("_departures")])
        nested = mapping_slot(["uint256", "uint256"], [word, slot])
        self.node.write(self.tickets.address, nested, bits)


def ticket_id(customer: str, entry: bytes) -> bytes:
    """The id a ticket has before it exists."""
    return keccak(encode(["address", "bytes32"], [customer, entry]))


def ticket_slot(ticket_id: bytes) -> int:
    """Where a ticket's word is stored."""
    return mapping_slot(["bytes32", "uint256"], [ticket_id, variable_slot("_tickets")])


def lane_slot(number: int) -> int:
    """Where a lane's word is stored."""
    return mapping_slot(["uint256", "uint256"], [number, variable_slot("_lanes")])


def mapping_slot(types: list[str], values: list[Any]) -> int:
    """Where a mapping keeps a key: `values` are the key and the mapping's own slot."""
    return int.from_bytes(keccak(encode(types, values)), "big")


def variable_slot(name: str) -> int:
    """A variable's slot by the committed storage layout."""
    found = re.search(rf"^ *(\d+) .* {name}: ", _LAYOUT, re.MULTILINE)
    assert found is not None, f"no {name} in the storage layout"
    return int(found[1])


_LAYOUT = (ROOT / "snapshots" / "storage-layout" / "TicketDesk.txt").read_text(encoding="utf-8")
