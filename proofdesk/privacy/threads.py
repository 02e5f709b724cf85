"""Threads: the messages of a ticket, words outside an act as in a chat, in the order of their numbers.

Message n is found on the store's shelf "threads" under keccak256("proofdesk.thread.v1" ‖ salt ‖ n), n from 1
in eight bytes, where its entry stands; the salt is that of the ticket's opening record. Who cannot read that
one cannot tell which messages belong together. Where it was erased, the record of the last erasure that
covers it takes its place: a thread of its own begins. A message is a record, sealed and kept as every other;
its entry is queued to be anchored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from proofdesk._errors import (
    ContentErased,
    ContentMissing,
    ContentSealed,
    IntegrityError,
    InvalidArgument,
)
from proofdesk._json import parse
from proofdesk._models import Act
from proofdesk._reader import NodeContradicts
from proofdesk._records import Opening, Record
from proofdesk._store import Archive, Store
from proofdesk._words import keccak, ticket_of, to_bytes, to_hex
from proofdesk._writing import Content
from proofdesk.anchors.queue import enqueue
from proofdesk.privacy.erasing import Erasure
from proofdesk.privacy.numbered import Row

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

SHELF: Final = "threads"
KIND: Final = "message"

_DOMAIN: Final = b"proofdesk.thread.v1"


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a ticket, its record as far as it is readable; `problem` says why it is not."""

    number: int
    entry: str
    record: Record | None = field(default=None, repr=False)
    problem: IntegrityError | ContentSealed | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a ticket's later records hang on: its thread's salt, the customer's public key if there is one."""

    salt: bytes = field(repr=False)
    reply_key: bytes | None


async def origin(desk: AsyncDesk, ticket: str) -> Origin:
    """The origin of the ticket of an id, by its opening record or by the record of that one's erasure.

    Raises UnknownTicket, ContentSealed, ContentMissing, ContentTampered, ConnectionLost.
    """
    return await desk.records.origin(ticket)


async def acts_of(desk: AsyncDesk, ticket: str) -> list[Act]:
    """The acts of the ticket of an id, one at least; raises UnknownTicket, NodeContradicts."""
    if acts := await desk.tickets.acts(ticket):
        return acts
    await desk.tickets.get(ticket)
    raise NodeContradicts(f"it has ticket {ticket}, and shows no act of it")


def origin_in(archive: Archive, acts: Sequence[Act]) -> Origin:
    """The origin of a ticket by its acts: the last of its roots.

    Raises ContentSealed, ContentMissing, ContentTampered where the opening record is not readable, but not
    erased.
    """
    try:
        return _origin(archive.read(acts[0].entry))
    except (ContentErased, ContentMissing) as error:
        found = [opening for opening, erasure in erasures_in(archive, acts) if erasure.covers(acts[0])]
        if not found:
            raise error
        return _origin(found[-1])


class Origins:
    """The origins of a desk's tickets; which entry opened one is asked of the chain once."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk
        self._opened_by: dict[str, str] = {}

    async def of(self, ticket: str) -> Origin:
        """As `origin`."""
        if ticket not in self._opened_by:
            self._opened_by[ticket] = (await acts_of(self._desk, ticket))[0].entry
        try:
            return _origin(await self._desk.run(self._desk.archive.read, self._opened_by[ticket]))
        except (ContentErased, ContentMissing):
            acts = await acts_of(self._desk, ticket)
            return await self._desk.run(origin_in, self._desk.archive, acts)


def erasures_in(archive: Archive, acts: Iterable[Act]) -> list[tuple[Opening, Erasure]]:
    """The erasures among a ticket's acts that this archive can read, each with its record."""
    found = []
    for act in acts:
        try:
            opening = archive.read(act.entry)
        except (IntegrityError, ContentSealed):
            continue
        if erasure := Erasure.of(act, opening.record):
            found.append((opening, erasure))
    return found


def _origin(opening: Opening) -> Origin:
    named = opening.record.reply_key or opening.record.data.get("reply_key")
    try:
        key = to_bytes(named, 32, "reply key") if isinstance(named, str) else None
    except InvalidArgument:
        key = None
    return Origin(opening.salt, key)


def thread_of(store: Store, salt: bytes) -> Row:
    """The thread that hangs on a salt."""
    return Row(store.shelf(SHELF), partial(key_of, salt))


def key_of(salt: bytes, number: int) -> str:
    """Under what a message's entry is kept.

    >>> key_of(bytes(32), 1) == key_of(bytes(32), 2)
    False
    """
    return to_hex(keccak(_DOMAIN + salt + number.to_bytes(8, "big")))


def owner_of(entry: str, record: Record, acts: Iterable[Act]) -> str | None:
    """The id of the ticket that a record is of; None where none of `acts` tells, which name its entry.

    Entries are public: anybody can act, or open a ticket, with another one's. What opens a ticket is of the
    one whose customer wrote it or, where none did, of the one that was first.
    """
    if record.kind != "open":
        return record.ticket
    opened = [act for act in acts if act.entry == entry and act.number == 1]
    own = [act for act in opened if _is_by_customer(record, act)] or opened
    return min(own, key=lambda act: (act.block, act.log_index)).ticket_id if own else None


async def is_own(desk: AsyncDesk, first: Act, record: Record) -> bool:
    """Whether the record that a ticket's first act names is that ticket's; raises ConnectionLost."""
    if _is_by_customer(record, first):
        return True
    return owner_of(first.entry, record, await desk.tickets.acts()) == first.ticket_id


def entries_in(row: Row) -> list[str]:
    """The entries of a thread's messages, in order; zeros for a pointer that is none."""
    return [_entry(row.get(number)) for number in range(1, row.end() + 1)]


async def post(desk: AsyncDesk, ticket: str, content: Content) -> Message:
    """Add a message to a ticket's thread; of a prepared one only once, however often it is called.

    Raises as `Desk.prepare` and `origin` do.
    """
    salt = (await origin(desk, ticket)).salt
    opening = await desk.prepare(content, kind=KIND, ticket=ticket)
    is_known = isinstance(content, Opening)
    number = await desk.run(_add, desk.archive.store, salt, opening.entry, is_known)
    return Message(number, opening.entry, opening.record)


async def messages(desk: AsyncDesk, ticket: str) -> list[Message]:
    """The messages of a ticket; raises as `origin`."""
    salt = (await origin(desk, ticket)).salt
    return await desk.run(_all, desk.archive, thread_of(desk.archive.store, salt), ticket)


def _add(store: Store, salt: bytes, entry: str, is_known: bool) -> int:
    """Add an entry to a thread, unless it is there, have it anchored, and return its number."""
    row = thread_of(store, salt)
    end = row.end()
    if end:
        # Whoever added it may have been stopped before he could.
        enqueue(store, _entry(row.get(end)))
    earlier = entries_in(row) if is_known else []
    if entry in earlier:
        number = earlier.index(entry) + 1
    else:
        while not row.create(end + 1, json.dumps({"entry": entry}).encode()):
            end = row.end(end)
        number = end + 1
    enqueue(store, entry)
    return number


def _all(archive: Archive, row: Row, ticket: str) -> list[Message]:
    return [_message(archive, ticket, number, entry) for number, entry in enumerate(entries_in(row), 1)]


def _message(archive: Archive, ticket: str, number: int, entry: str) -> Message:
    try:
        record = archive.read(entry).record
    except (IntegrityError, ContentSealed) as problem:
        return Message(number, entry, problem=problem)
    if (record.kind, record.ticket) != (KIND, ticket):
        return Message(
            number, entry, problem=IntegrityError(f"entry {entry} is no message of ticket {ticket}")
        )
    return Message(number, entry, record)


def _is_by_customer(record: Record, first: Act) -> bool:
    customer = ticket_of(to_bytes(first.ticket_id, 32, "ticket"), first.word).customer
    return record.author.lower() == customer.lower()


def _entry(content: bytes) -> str:
    try:
        return to_hex(to_bytes(parse(content)["entry"], 32, "entry"))
    except (ValueError, TypeError, KeyError):
        return to_hex(bytes(32))
