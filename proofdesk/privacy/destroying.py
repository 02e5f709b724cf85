"""Destroying records: an act on the chain says so first, then they are gone wherever the store reaches.

Who is killed in between calls again: an erasure that the chain has and the store has not is finished, and no
second one is logged. Messages go before the records of acts: the opening record's salt leads to them. Nobody
erases what he cannot read: an act may name another ticket's entry, which stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from proofdesk._checks import text
from proofdesk._errors import (
    ContentErased,
    ContentMissing,
    ContentTampered,
    ContractRevert,
    InvalidArgument,
)
from proofdesk._models import Act, Result, Status, Ticket
from proofdesk._records import Json, Opening, Record, commit, compose
from proofdesk._store import Archive
from proofdesk._words import NO_ENTRY, to_bytes, to_hex
from proofdesk.privacy.access_log import append
from proofdesk.privacy.erasing import KIND, Erasure, Ground, bury, mark_of, settle
from proofdesk.privacy.numbered import Row
from proofdesk.privacy.threads import KIND as MESSAGE
from proofdesk.privacy.threads import (
    Origin,
    acts_of,
    entries_in,
    erasure_of,
    erasures_in,
    is_own,
    origin_in,
    owner_of,
    root_of,
    thread_of,
)

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

_GROUND: Final = text(200)
_NOWHERE: Final = Origin(b"", None)
_Logged = tuple[Opening, Erasure]
_ADVICE: Final = {
    Status.WAITING: "it waits for its customer: pass to=Status.OPEN as its agent, to=Status.ESCALATED as a "
    "supervisor, and it moves on with the erasure; or wait for his answer",
    Status.ON_HOLD: "it is on hold: pass to=Status.OPEN as its agent, to=Status.ESCALATED as a supervisor, "
    "and it moves on with the erasure",
    Status.RESOLVED: "it is resolved: wait until it is closed, when a supervisor can erase, or pass "
    "to=Status.OPEN as its agent or customer, which reopens it",
    Status.REJECTED: "it is rejected: wait until it is closed, when a supervisor can erase, or pass "
    "to=Status.OPEN as its agent or a supervisor, which reopens it",
    Status.CLOSED: "it is closed: a supervisor erases",
}


@dataclass(frozen=True, slots=True)
class _Target:
    """What is to go: one entry of a ticket, or all of it."""

    ticket: Ticket
    acts: list[Act]
    entry: str
    is_whole: bool
    tombstone: str | None = None

    @property
    def opening(self) -> str:
        return self.acts[0].entry

    def is_meant_by(self, erasure: Erasure) -> bool:
        """Whether an erasure that was logged already is, or covers, what is to go."""
        if self.is_whole:
            return True
        own = [act for act in self.acts if act.entry == self.entry]
        is_it = self.entry == erasure.after or self.tombstone == erasure.act.entry
        return is_it or any(map(erasure.covers, own))


async def erase(
    desk: AsyncDesk, target: Ticket | str, *, ground: Ground | str, to: Status | None = None
) -> Result:
    """Erase a record by its entry, or all of a ticket, as `Records.erase` says."""
    said = _said(ground)
    found = await _found(desk, target)
    is_own = await _is_own(desk, found)
    logged = await desk.run(erasures_in, desk.archive, found.acts)
    key = (await desk.run(_origin, desk.archive, found.acts) or _NOWHERE).reply_key
    begun = [
        each
        for each in logged
        if found.is_meant_by(each[1])
        and (is_own or not each[1].covers(found.acts[0]))
        and _is_believed(desk, found, each, key)
    ]
    for each in begun:
        await _finish(desk, found, each)
    # Before anything is logged it is read: what cannot be is not erased.
    left = await desk.run(_left, desk.archive, found)
    if begun and not left:
        return await desk.result(begun[-1][1].act.tx_hash)
    opening = _composed(desk, found, said, key)
    result = await _log(desk, found.ticket, opening, to)
    if new := Erasure.of(result.acts[0], opening.record):
        await _finish(desk, replace(found, acts=[*found.acts, new.act]), (opening, new))
    return result


def _is_believed(desk: AsyncDesk, found: _Target, logged: _Logged, key: bytes | None) -> bool:
    """Whether an erasure may be finished for somebody else: any act may bear a record of one.

    A customer's own may name what he cannot read, anybody's a key of his in place of the customer's.
    """
    opening, erasure = logged
    if erasure.act.actor == found.ticket.customer != desk.sender.address:
        return False
    return not erasure.covers(found.acts[0]) or opening.record.data.get("reply_key") == (key and to_hex(key))


async def _found(desk: AsyncDesk, target: Ticket | str) -> _Target:
    """What a ticket, its id, or an entry stands for; raises InvalidArgument."""
    # Late: of a hundred generated classes this needs one, and rarely.
    from proofdesk._contract_errors import UnknownTicket

    id_ = target.id if isinstance(target, Ticket) else to_hex(to_bytes(target, 32, "ticket or entry"))
    try:
        ticket = await desk.tickets.get(id_)
    except UnknownTicket:
        owner, tombstone = await _owner(desk, id_)
        acts = await acts_of(desk, owner)
        return _Target(await desk.tickets.get(owner), acts, id_, False, tombstone)
    acts = await acts_of(desk, id_)
    return _Target(ticket, acts, acts[0].entry, True)


async def _owner(desk: AsyncDesk, entry: str) -> tuple[str, str | None]:
    """The ticket of an entry and, where that is erased, the erasure's entry; raises InvalidArgument."""
    tombstone = record = None
    await desk.run(settle, desk.archive.store, entry)
    try:
        record = await desk.run(_record, desk.archive, entry)
    except ContentErased as error:
        if erased := await erasure_of(desk, error):
            return erased.act.ticket_id, erased.act.entry
        tombstone = error.erasure
        erasure = await desk.run(_record, desk.archive, tombstone)
        if erasure is not None and erasure.ticket is not None:
            return erasure.ticket, tombstone
    if record is not None and record.kind == KIND:
        raise InvalidArgument(f"entry {entry} is the record of an erasure, which stays")
    if record is not None and record.ticket is not None:
        return record.ticket, None
    # Records that open a ticket do not name it, and what is gone names nothing.
    named = [act for act in await desk.tickets.acts() if act.entry == entry]
    owner = owner_of(entry, record, named) if record else next((act.ticket_id for act in named), None)
    if owner is not None:
        return owner, tombstone
    if record is not None:
        raise InvalidArgument(f"entry {entry} is of kind {record.kind}, of no ticket: it cannot be erased")
    raise InvalidArgument(f"{entry} is neither a ticket of this desk nor an entry of one")


def _record(archive: Archive, entry: str) -> Record | None:
    try:
        return archive.read(entry).record
    except (ContentMissing, ContentTampered):
        return None


async def _is_own(desk: AsyncDesk, found: _Target) -> bool:
    """Whether a ticket was opened with a record of its own: anybody can open one with another one's entry.

    Raises InvalidArgument where that record is to go.
    """
    record = await desk.run(_there, desk.archive, found.opening)
    if record is None or await is_own(desk, found.acts[0], record):
        return True
    if found.entry == found.opening:
        raise InvalidArgument(
            f"ticket {found.ticket.id} was opened with the record of another one, entry {found.opening}, "
            "which stays: erase other entries of it"
        )
    return False


def _there(archive: Archive, entry: str) -> Record | None:
    try:
        return _record(archive, entry)
    except ContentErased:
        return None


def _composed(desk: AsyncDesk, found: _Target, ground: str, key: bytes | None) -> Opening:
    data: dict[str, Json] = {"ground": ground}
    if found.is_whole:
        data |= {"scope": "ticket", "acts": found.ticket.acts}
    if found.entry == found.opening:
        # With the opening record it would be lost, and later replies with it.
        data |= {"reply_key": to_hex(key)} if key else {}
    by, ticket = desk.sender.address, found.ticket.id
    return commit(compose({"data": data}, kind=KIND, author=by, ticket=ticket, after=found.entry))


async def _log(desk: AsyncDesk, ticket: Ticket, opening: Opening, to: Status | None) -> Result:
    from proofdesk._contract_errors import IllegalMove

    try:
        return await desk.tickets.move(ticket, ticket.status if to is None else to, opening)
    except ContractRevert as error:
        await desk.run(desk.archive.store.delete, opening.entry)
        if isinstance(error, IllegalMove) and to is None and ticket.status in _ADVICE:
            error.args = (
                f"{error}. Nothing can be added to ticket {ticket.id} so: {_ADVICE[ticket.status]}",
            )
        raise


async def _finish(desk: AsyncDesk, found: _Target, logged: _Logged) -> None:
    """Destroy what an erasure on the chain names and is to go, as far as it is there, and log it beside."""
    await desk.run(_destroy, desk.archive, found, logged)
    erasure = logged[1]
    entry, by = erasure.after if found.is_whole else found.entry, erasure.act.entry
    # Whoever can write to the log can write what he likes there.
    noted = [each.details for each in await desk.records.log.read()]
    if any(each.get("erasure") == by and each.get("entry") in (entry, erasure.after) for each in noted):
        await desk.records.log.settle()
    else:
        await append(desk, "erase", ticket=found.ticket.id, entry=entry, erasure=by)


def _destroy(archive: Archive, found: _Target, logged: _Logged) -> None:
    opening, erasure = logged
    acts, named = found.acts, [act.entry for act in found.acts]
    entries = [act.entry for act in acts if erasure.covers(act)]
    entries += [] if erasure.after in named else [erasure.after]
    # Of one that names more, in another's name perhaps, only what is to go.
    entries = [entry for entry in entries if found.is_whole or entry == found.entry]
    is_root = erasure.covers(acts[0]) and acts[0].entry in entries
    threads = [thread_of(archive.store, salt) for salt in _roots(archive, acts, erasure)] if is_root else []
    there = _readable(archive, acts, entries, erased_by=erasure)
    _clear(archive, threads, acts, opening)
    for entry in there:
        bury(archive.store, entry, erasure.act.entry if entry in named else mark_of(opening, entry))
    # Who had read the salt before may have added something meanwhile.
    _clear(archive, threads, acts, opening)


def _clear(archive: Archive, threads: Sequence[Row], acts: Sequence[Act], opening: Opening) -> None:
    for thread in threads:
        for entry in _readable(archive, acts, entries_in(thread, thread.last()), MESSAGE):
            bury(archive.store, entry, mark_of(opening, entry))
        thread.clear()


def _left(archive: Archive, found: _Target) -> list[str]:
    """The entries whose contents are there and to go; raises ContentSealed where one cannot be read."""
    if not found.is_whole and found.entry != found.opening:
        return _readable(archive, found.acts, [found.entry])
    entries = [act.entry for act in found.acts] if found.is_whole else [found.entry]
    origin, messages = _origin(archive, found.acts), []
    if origin:
        thread = thread_of(archive.store, origin.salt)
        messages = entries_in(thread, thread.last())
    return [*_readable(archive, found.acts, entries), *_readable(archive, found.acts, messages, MESSAGE)]


def _origin(archive: Archive, acts: Sequence[Act]) -> Origin | None:
    try:
        return origin_in(archive, acts)
    except (ContentMissing, ContentTampered):
        # The way to its messages is lost.
        return None


def _roots(archive: Archive, acts: Sequence[Act], erasure: Erasure) -> list[bytes]:
    """The salts of the threads that an erasure took: of the opening record, and of erasures before it."""
    salts = [
        opening.salt
        for opening, earlier in erasures_in(archive, acts)
        if earlier.covers(acts[0]) and earlier.act.number < erasure.act.number
    ]
    with suppress(ContentErased, ContentMissing, ContentTampered):
        salts.append(root_of(archive.read(acts[0].entry), acts[0]).salt)
    return salts


def _readable(
    archive: Archive,
    acts: Sequence[Act],
    entries: Sequence[str],
    kind: str | None = None,
    erased_by: Erasure | None = None,
) -> list[str]:
    """Those of the entries whose records are there, of this ticket, and no erasures; raises ContentSealed.

    Those too that are gone by one erasure: in a copy of the store, restored from a backup, they may be there.
    """
    found = []
    for entry in dict.fromkeys(entries):
        if entry == to_hex(NO_ENTRY):
            continue
        try:
            record = archive.read(entry).record
        except ContentErased as error:
            if erased_by is not None and error.erasure == erased_by.act.entry:
                found.append(entry)
            continue
        except ContentMissing:
            continue
        except ContentTampered:
            found.append(entry)
            continue
        is_own = record.ticket == acts[0].ticket_id or entry == acts[0].entry
        if is_own and record.kind != KIND and kind in (None, record.kind):
            found.append(entry)
    return found


def _said(ground: Ground | str) -> str:
    said = ground.value if isinstance(ground, Ground) else ground
    if problem := _GROUND(said):
        raise InvalidArgument(
            f"the ground of an erasure {problem}: pass a Ground, or the law's words in short"
        )
    return said
