"""Keeping a record sealed: to whom, by its kind, its ticket and what the chain and the access log say now."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from proofdesk._errors import (
    ConfigurationError,
    ContentErased,
    ContentMissing,
    ContentSealed,
    ContentTampered,
)
from proofdesk._records import Opening, Record
from proofdesk._store import Store
from proofdesk._words import to_bytes
from proofdesk.privacy.erasing import SHELF as ERASED
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.keys import Reader, Scope, unfit
from proofdesk.privacy.roles import RoleKey
from proofdesk.privacy.sealed import seal, who_reads

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

# Kinds that are not for the customer's eyes, and those that are nothing unless he reads them.
INTERNAL: Final = frozenset({"note", "access", "exam", "revocation"})
TO_CUSTOMER: Final = frozenset({"reply", "message"})
WRITER: Final = "writer"  # as which he is his own record's reader

# From sealing what opens a ticket to opening it: mostly, and at most where it was signed for others to carry.
_SOON: Final = timedelta(minutes=1)
_LATE: Final = timedelta(days=1)


async def keep(desk: AsyncDesk, opening: Opening) -> None:
    """Seal a record to all whom it is for, and keep it; one that is kept already stays as it is.

    Raises as `readers_of`.
    """
    readers = await readers_of(desk, opening.record, opening.record.ticket)
    scope = Scope.of(desk.deployment)
    await desk.run(partial(_keep, desk.archive.store, opening, scope, readers))


async def readers_of(desk: AsyncDesk, record: Record, ticket: str | None) -> list[Reader]:
    """Whom a record of a ticket is for; `ticket` is the id, None where there is none yet, or it has none.

    They are the roles that read its kind, as they were at most 30 seconds ago; the ticket's customer; those
    to whom the ticket was opened, as far as this desk's keyring reads the access log; and the writer, where
    he is none of them.

    Raises ConfigurationError where there would be nobody, or where a reply's writer cannot read to which key
    its customer is answered; InvalidKey for a role's key that nobody can seal to; UnknownTicket,
    ConnectionLost.
    """
    roles = [role for role in await desk.keys.fresh_roles() if role.key is not None]
    if not roles:
        raise ConfigurationError(
            f"records of desk {desk.deployment.desk} are sealed, and no role that reads has a key: as "
            'KEYS_EDITOR make one by desk.keys.create_role; for trials deploy with [records] form = "clear"'
        )
    readers = [role.reader for role in roles if record.kind in role.kinds]
    readers += await _customer(desk, record, ticket)
    if ticket is not None and record.kind != "access":
        # Late: grants are read from the log, whose own entries are kept by this module.
        from proofdesk.privacy.grants import readers_for

        readers += await readers_for(desk, ticket, record.kind)
    readers += await desk.run(_writer, desk.archive.codec, [reader.key for reader in readers])
    if not readers:
        raise ConfigurationError(
            f"nobody would read a record of kind {record.kind}: make a role that does, by "
            "desk.keys.create_role, or connect with keyring="
        )
    return readers


async def _customer(desk: AsyncDesk, record: Record, ticket: str | None) -> list[Reader]:
    if record.kind in INTERNAL:
        return []
    if record.kind == "open":
        key = to_bytes(record.reply_key, 32, "reply key") if record.reply_key else None
    else:
        key = None if ticket is None else await _reply_key(desk, record, ticket)
    # A customer who named no key that anybody can seal to shall not keep the desk from writing.
    return [] if key is None or unfit(key) else [Reader("customer", key)]


async def _reply_key(desk: AsyncDesk, record: Record, ticket: str) -> bytes | None:
    # Late: it loads what messages need.
    from proofdesk.privacy.threads import origin

    try:
        return (await origin(desk, ticket)).reply_key
    except (ContentErased, ContentMissing, ContentTampered):
        return None
    except ContentSealed as sealed:
        if record.kind not in TO_CUSTOMER:
            return None
        # The customer himself may write without a keyring: he has given no key then.
        if record.author == (await desk.tickets.get(ticket)).customer:
            return None
        if not await _is_as_opened(desk, ticket, sealed.entry):
            return None
        raise ConfigurationError(
            f"a {record.kind} is sealed to its customer's key, which stands in entry {sealed.entry}, and no "
            "key at hand opens that: connect with keyring= of somebody who reads tickets' opening records"
        ) from None


async def _is_as_opened(desk: AsyncDesk, ticket: str, entry: str) -> bool:
    """Whether a record is sealed as one that opens a ticket is: to each role that read those at the time.

    Entries are public: anybody can open a ticket with that of an exam, which is not for agents, or with that
    of words which he sealed to himself, and nobody shall be kept from answering him.
    """
    # Late: as above.
    from proofdesk.privacy.threads import acts_of

    content = await desk.run(desk.archive.store.get, entry)
    opened_at = (await acts_of(desk, ticket))[0].at
    standing = defaultdict[str, list[RoleKey]](list)
    for version in await desk.keys.versions():
        if version.since <= opened_at - _LATE:
            standing[version.name].clear()
        standing[version.name].append(version)
    return all(
        who_reads(content, [version.reader for version in versions])
        for versions in standing.values()
        if versions[0].since <= opened_at - _SOON and all(map(_reads_openings, versions))
    )


def _reads_openings(version: RoleKey) -> bool:
    return version.key is not None and not unfit(version.key) and "open" in version.kinds


def _writer(codec: object, keys: list[bytes]) -> list[Reader]:
    """The writer as a reader of his own, unless he is among those already."""
    if not isinstance(codec, SealedCodec) or any(key.public in keys for key in codec.held()):
        return []
    return [Reader(WRITER, codec.keyring.own[0].public)]


def _keep(store: Store, opening: Opening, scope: Scope, readers: list[Reader]) -> None:
    erased = store.shelf(ERASED)
    if opening.entry in erased:
        # Whoever erased it may have been stopped before its tombstone stood there.
        store.put(opening.entry, erased.get(opening.entry))
        return
    try:
        # Not in place of what is there, which may have more readers by now; a copy of it may have failed.
        content = store.get(opening.entry)
    except ContentMissing:
        content = seal(opening, scope, readers)
    store.create(opening.entry, content)
