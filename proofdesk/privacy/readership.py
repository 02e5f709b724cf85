"""Who can open a record now: by its wraps, with the names that registry, opening record and log know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from proofdesk._errors import ContentErased, ContentMissing, ContentSealed, ContentTampered, InvalidArgument
from proofdesk._records import Record
from proofdesk._words import to_bytes, to_hex
from proofdesk.privacy.errors import MalformedSealed
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.keys import Reader, unfit
from proofdesk.privacy.sealed import strangers, who_reads
from proofdesk.privacy.threads import origin, owner_of

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk


@dataclass(frozen=True, slots=True)
class Reading:
    """A reader of a record: a role by its name and version, its customer, or a person by a grant.

    `since` and `by` are of the key's publication, or of the grant, whose entry in the access log is `number`;
    None where that does not tell.
    """

    name: str
    key: bytes = field(repr=False)
    since: datetime | None = None
    by: str | None = None
    number: int | None = None

    @property
    def reader(self) -> Reader:
        """As records are sealed to it."""
        return Reader(self.name, self.key)


@dataclass(frozen=True, slots=True)
class Readers:
    """Who can open an entry: those known by name, and how many are not.

    `unknown` is None where no key at hand opens the record: decoys are then not told from readers.
    """

    entry: str
    known: tuple[Reading, ...]
    unknown: int | None


async def readers(desk: AsyncDesk, entry: str) -> Readers:
    """Who can open an entry, as `Records.readers` says."""
    entry = to_hex(to_bytes(entry, 32, "entry"))
    content = await desk.run(desk.archive.store.get, entry)
    try:
        record: Record | None = (await desk.run(desk.archive.read, entry)).record
    except ContentSealed:
        record = None
    candidates = await _candidates(desk, entry, record)
    try:
        there = who_reads(content, [each.reader for each in candidates.values()])
    except MalformedSealed:
        raise InvalidArgument(
            f"entry {entry} is kept in the clear: whoever reaches the store reads it"
        ) from None
    codec, unknown = desk.archive.codec, None
    if record is not None and isinstance(codec, SealedCodec):
        unknown = len(await desk.run(strangers, content, codec.scope, codec.held(), there))
    return Readers(entry, tuple(candidates[each.key] for each in there), unknown)


async def _candidates(desk: AsyncDesk, entry: str, record: Record | None) -> dict[bytes, Reading]:
    """Everybody who is known to have a key, by that; who comes first names it."""
    found = [*await _roles(desk), *await _of_ticket(desk, entry, record)]
    if isinstance(codec := desk.archive.codec, SealedCodec):
        found += [Reading("this keyring", key.public) for key in codec.keyring.own]
    named: dict[bytes, Reading] = {}
    for each in found:
        if not unfit(each.key):
            named.setdefault(each.key, each)
    return named


async def _roles(desk: AsyncDesk) -> list[Reading]:
    log = desk.records.log
    made = [access for access in await log.read() if access.action in ("create", "rotate")]
    found = []
    for role in await desk.keys.versions():
        if role.key is not None:
            access = None
            # The first that is signed: whoever can write to the log can add others.
            for each in made:
                said = each.details.get("role"), each.details.get("version")
                if said == (role.name, role.version) and await log.is_signed(each.number):
                    access = each
                    break
            by, number = (access.by, access.number) if access else (None, None)
            found.append(Reading(role.reader.name, role.key, role.since, by, number))
    return found


async def _of_ticket(desk: AsyncDesk, entry: str, record: Record | None) -> list[Reading]:
    """The customer and the grantees of an entry's ticket."""
    ticket = record.ticket if record else None
    if record is None or record.kind == "open":
        named = [act for act in await desk.tickets.acts() if act.entry == entry]
        owner = owner_of(entry, record, named) if record else None
        ticket = owner or next((act.ticket_id for act in named), None)
    if ticket is None:
        return []
    return [*await _customer(desk, ticket), *await _grantees(desk, ticket)]


async def _customer(desk: AsyncDesk, ticket: str) -> Iterable[Reading]:
    try:
        key = (await origin(desk, ticket)).reply_key
    except (ContentErased, ContentMissing, ContentSealed, ContentTampered):
        return []
    return [Reading("customer", key)] if key else []


async def _grantees(desk: AsyncDesk, ticket: str) -> Iterable[Reading]:
    return [
        Reading(grant.reader.name, grant.reader.key, grant.since, grant.by, grant.number)
        for grant in await desk.records.grants.ever(ticket)
    ]
