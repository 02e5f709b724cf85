"""Threads: the messages of a ticket, words outside an act as in a chat, in the order of their numbers.

Message n is found on the store's shelf "threads" under keccak256("proofdesk.thread.v1" ‖ salt ‖ n), n from 1
in eight bytes, where its entry stands; the salt is that of the ticket's opening record. Who cannot read that
one cannot tell which messages belong together. Where it was erased, the record of the last erasure that
covers it takes its place: a thread of its own begins. A ticket that was opened with another one's record has
neither its customer's key nor its thread. A message is a record, sealed and kept as every other; its entry is
queued to be anchored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
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
from proofdesk._words import NO_ENTRY, keccak, ticket_id, ticket_of, to_bytes, to_hex
from proofdesk._writing import Content
from proofdesk.anchors.queue import enqueue
from proofdesk.privacy.erasing import Erasure, mark_of
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
    acts = await desk.tickets.acts(ticket)
    if not acts:
        await desk.tickets.get(ticket)
        raise NodeContradicts(f"it has ticket {ticket}, and shows no act of it")
    # The id is made of both: a node could name an entry that leads to a key of its own.
    if to_hex(ticket_id(_customer_of(acts[0]), to_bytes(acts[0].entry, 32, "entry"))) != ticket:
        raise NodeContradicts(f"ticket {ticket} was not opened with the entry that its first act names")
    return acts


def origin_in(archive: Archive, acts: Sequence[Act]) -> Origin:
    """The origin of a ticket by its acts: the salt of the last of its roots, the key that it began with.

    Raises ContentSealed, ContentMissing, ContentTampered where the opening record is not readable, but not
    erased.
    """
    first = acts[0]
    try:
        return root_of(archive.read(first.entry), first)
    except (ContentErased, ContentMissing) as error:
        found = [each for each in erasures_in(archive, acts) if each[1].covers(first)]
        if not found:
            raise error
        # Anybody who acts on it may add an erasure that names a key of his: who took the record had read it.
        by = error.erasure if isinstance(error, ContentErased) else None
        took = next((opening for opening, erasure in found if erasure.act.entry == by), found[0][0])
        return Origin(found[-1][0].salt, origin_of(took).reply_key)


class Origins:
    """The origins of a desk's tickets; which act opened one is asked of the chain once."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk
        self._opened_by: dict[str, Act] = {}

    async def of(self, ticket: str) -> Origin:
        """As `origin`."""
        if ticket not in self._opened_by:
            self._opened_by[ticket] = (await acts_of(self._desk, ticket))[0]
        first = self._opened_by[ticket]
        try:
            return root_of(await self._desk.run(self._desk.archive.read, first.entry), first)
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


def root_of(opening: Opening, first: Act) -> Origin:
    """What the record gives that a ticket was opened with; of another one's only a salt for this ticket."""
    record = opening.record
    if record.kind == "open" and (is_by_customer(record, first) or not _names_account(record)):
        return origin_of(opening)
    return Origin(keccak(_DOMAIN + opening.salt + to_bytes(first.ticket_id, 32, "ticket")), None)


async def erasure_of(desk: AsyncDesk, erased: ContentErased) -> Erasure | None:
    """The erasure that took a message, by what its tombstone says; None where no key at hand tells.

    Looked for among those of the access log and, for who does not read it or was stopped before he logged,
    among acts of the account's own and on its own tickets.
    """
    entries: list[object] = []
    with suppress(IntegrityError):
        log = await desk.records.log.read()
        entries = [access.details.get("erasure") for access in log if access.action == "erase"]
    opening = await desk.run(_marking, desk.archive, entries, erased)
    if opening is None:
        me = desk.sender.address
        acts = [act for act in await desk.tickets.acts() if me in (act.actor, _customer_of(act))]
        opening = await desk.run(_marking, desk.archive, [act.entry for act in acts], erased)
    if opening is None or opening.record.ticket is None:
        return None
    acts = [act for act in await acts_of(desk, opening.record.ticket) if act.entry == opening.entry]
    return Erasure.of(acts[0], opening.record) if acts else None


def _marking(archive: Archive, entries: Iterable[object], erased: ContentErased) -> Opening | None:
    """The record of the erasure that a message's tombstone bears the mark of."""
    for entry in entries:
        with suppress(IntegrityError, ContentSealed, InvalidArgument):
            opening = archive.read(str(entry))
            if mark_of(opening, erased.entry) == erased.erasure:
                return opening
    return None


def origin_of(opening: Opening) -> Origin:
    """What a record gives that later ones hang on, a ticket's first or an erasure's."""
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

    Entries are public: anybody can act, or open a ticket, with another one's, and be first. What opens a
    ticket is of the one whose customer wrote it or, where its author is no account, of the first one.
    """
    if record.kind != "open":
        return record.ticket
    opened = [act for act in acts if act.entry == entry and act.number == 1]
    own = [act for act in opened if is_by_customer(record, act)]
    if not own and not _names_account(record):
        own = opened
    return min(own, key=lambda act: (act.block, act.log_index)).ticket_id if own else None


async def is_own(desk: AsyncDesk, first: Act, record: Record) -> bool:
    """Whether the record that a ticket's first act names is that ticket's; raises ConnectionLost."""
    if is_by_customer(record, first):
        return True
    return owner_of(first.entry, record, await desk.tickets.acts()) == first.ticket_id


def entries_in(row: Row, end: int | None = None) -> list[str]:
    """The entries of a thread's messages, in order; zeros for a pointer that is none, or is gone."""
    return [_entry_at(row, number) for number in range(1, (row.end() if end is None else end) + 1)]


def _entry_at(row: Row, number: int) -> str:
    try:
        return entry_in(row.get(number))
    except ContentMissing:
        return to_hex(NO_ENTRY)


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
    found = await desk.run(_all, desk.archive, thread_of(desk.archive.store, salt), ticket)
    if not any(isinstance(message.problem, ContentErased) for message in found):
        return found
    erasures = await desk.run(erasures_in, desk.archive, await acts_of(desk, ticket))
    return [_explained(message, erasures) for message in found]


def _explained(message: Message, erasures: Iterable[tuple[Opening, Erasure]]) -> Message:
    for opening, erasure in erasures:
        is_it = isinstance(message.problem, ContentErased) and message.problem.erasure in (
            *(erasure.act.entry, mark_of(opening, message.entry)),
        )
        if is_it:
            return replace(message, problem=erasure.told(message.entry))
    return message


def _add(store: Store, salt: bytes, entry: str, is_known: bool) -> int:
    """Add an entry to a thread, unless it is there, have it anchored, and return its number."""
    row = thread_of(store, salt)
    end = row.end()
    if end:
        # Whoever added it may have been stopped before he could.
        enqueue(store, entry_in(row.get(end)))
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


def is_by_customer(record: Record, first: Act) -> bool:
    """Whether the customer of the ticket that an act opened wrote a record, by the name that it bears."""
    return record.author.lower() == _customer_of(first).lower()


def _customer_of(act: Act) -> str:
    return ticket_of(to_bytes(act.ticket_id, 32, "ticket"), act.word).customer


def _names_account(record: Record) -> bool:
    try:
        return bool(to_bytes(record.author, 20, "author"))
    except InvalidArgument:
        return False


def entry_in(content: bytes) -> str:
    """The entry that a pointer of a thread names; zeros for what is no pointer."""
    try:
        return to_hex(to_bytes(parse(content)["entry"], 32, "entry"))
    except (ValueError, TypeError, KeyError):
        return to_hex(bytes(32))
