"""Re-wrapping a ticket's records and messages: more readers, fewer, or those that there should be now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from proofdesk._deployments import CLEAR
from proofdesk._errors import (
    ConfigurationError,
    ContentErased,
    ContentMissing,
    ContentSealed,
    ContentTampered,
)
from proofdesk._models import Act
from proofdesk._records import Record
from proofdesk._store import Archive, ClearCodec, Store
from proofdesk._words import NO_ENTRY, to_hex
from proofdesk.privacy.erasing import replace
from proofdesk.privacy.errors import MalformedSealed
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.keys import Reader, Scope
from proofdesk.privacy.sealed import rewrap, seal
from proofdesk.privacy.threads import acts_of, entries_in, is_own, origin_in, thread_of

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What came of a re-wrapping: of so many records the readers changed, and these entries stayed.

    `sealed` are of records that no key at hand opens: whoever reads them makes the same call.
    """

    records: int
    sealed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    """What a ticket's acts and messages name and this desk can read, by entries; and what it cannot."""

    records: dict[str, Record]
    sealed: tuple[str, ...]


async def add_reader(desk: AsyncDesk, ticket: str, reader: Reader, kinds: Collection[str]) -> Rewrapped:
    """Seal a ticket's records of these kinds to one reader more."""
    held = await _held(desk, ticket)
    entries = [entry for entry, record in held.records.items() if record.kind in kinds]
    return await _each(desk, held, entries, lambda _: ([reader], []))


async def remove_readers(desk: AsyncDesk, ticket: str, readers: Iterable[Reader]) -> Rewrapped:
    """Seal a ticket's records to some readers no more, but where they read them for another reason."""
    held, gone = await _held(desk, ticket), list(readers)
    expected = {entry: await _expected(desk, record, ticket) for entry, record in held.records.items()}
    kept = {entry: {each.key for each in readers} for entry, readers in expected.items()}
    return await _each(
        desk, held, held.records, lambda entry: ([], [each for each in gone if each.key not in kept[entry]])
    )


async def rewrap_ticket(desk: AsyncDesk, ticket: str, *, anew: bool = False) -> Rewrapped:
    """Seal a ticket's records to whom registry and access log name now, no more to whom they named before.

    What was kept in the clear before the desk was sealed is sealed, too.
    """
    held = await _held(desk, ticket)
    expected = {entry: await _expected(desk, record, ticket) for entry, record in held.records.items()}
    before = [role.reader for role in await desk.keys.versions() if role.key is not None]
    before += [grant.reader for grant in await desk.records.grants.ever(ticket)]
    sealed = 0
    if desk.deployment.records != CLEAR:
        for entry, readers in expected.items():
            sealed += await desk.run(_seal, desk.archive.store, codec_of(desk).scope, entry, readers)
    done = await _each(desk, held, held.records, lambda entry: (expected[entry], before), anew=anew)
    return Rewrapped(sealed + done.records, done.sealed)


def codec_of(desk: AsyncDesk) -> SealedCodec:
    """What a desk's keyring opens; raises ConfigurationError for a desk without one."""
    if isinstance(codec := desk.archive.codec, SealedCodec):
        return codec
    raise ConfigurationError("this desk was connected without keyring=: nothing can be opened to others")


async def _expected(desk: AsyncDesk, record: Record, ticket: str) -> list[Reader]:
    # Late: what writes asks for grants, which are re-wraps.
    from proofdesk.privacy.writing import readers_of

    # Who re-wraps is no writer of what he re-wraps.
    writer, grants = Reader("writer", codec_of(desk).keyring.own[0].public), desk.records.grants
    if record.kind != "open" or record.author.lower() == (await grants.customer_of(ticket)).lower():
        found = await readers_of(desk, record, ticket)
    else:
        # Whoever opened a ticket with it is not known to have written it, and opens it to nobody.
        found = await readers_of(desk, record, None)
        found += [each.reader for each in await grants.by_office(ticket) if record.kind in each.kinds]
    return [each for each in found if each != writer]


async def _each(
    desk: AsyncDesk,
    held: _Held,
    entries: Iterable[str],
    change: Callable[[str], tuple[Sequence[Reader], Sequence[Reader]]],
    *,
    anew: bool = False,
) -> Rewrapped:
    codec, changed = codec_of(desk), 0
    for entry in entries:
        add, remove = change(entry)
        changed += await desk.run(partial(_rewrap, desk.archive, codec, entry, add, remove, anew))
    return Rewrapped(changed, held.sealed)


def _seal(store: Store, scope: Scope, entry: str, readers: Sequence[Reader]) -> bool:
    """Seal a record that is kept in the clear, and say whether it was."""
    try:
        opening = ClearCodec().decode(store.get(entry))
    except (ContentErased, ContentMissing, ContentSealed):
        return False
    return replace(store, entry, seal(opening, scope, readers))


def _rewrap(
    archive: Archive,
    codec: SealedCodec,
    entry: str,
    add: Sequence[Reader],
    remove: Sequence[Reader],
    anew: bool,
) -> bool:
    content = archive.store.get(entry)
    try:
        new = rewrap(content, codec.scope, codec.held(), add=add, remove=remove, anew=anew)
    except (ContentSealed, MalformedSealed):
        # Erased since it was read, or kept in the clear.
        return False
    return new != content and replace(archive.store, entry, new)


async def _held(desk: AsyncDesk, ticket: str) -> _Held:
    acts = await acts_of(desk, ticket)
    held = await desk.run(_held_in, desk.archive, acts)
    opening = held.records.get(acts[0].entry)
    if opening is not None and not await is_own(desk, acts[0], opening):
        del held.records[acts[0].entry]
    return held


def _held_in(archive: Archive, acts: Sequence[Act]) -> _Held:
    entries = [act.entry for act in acts if act.entry != to_hex(NO_ENTRY)]
    # Without the opening record the way to its messages is not known.
    with suppress(ContentErased, ContentMissing, ContentSealed, ContentTampered):
        entries += entries_in(thread_of(archive.store, origin_in(archive, acts).salt))
    records, sealed = {}, []
    for entry in dict.fromkeys(entries):
        try:
            record = archive.read(entry).record
        except ContentSealed:
            sealed.append(entry)
        except (ContentErased, ContentMissing, ContentTampered):
            continue
        else:
            # Anybody can act with another ticket's entry.
            if record.ticket == acts[0].ticket_id or entry == acts[0].entry:
                records[entry] = record
    return _Held(records, tuple(sealed))
