"""Re-wrapping: every sealed record of a store to whom it is for now, by the registry and the access log.

    from proofdesk.ops.rewrapping import rewrap_all

    rewrap_all(desk)

Needed after a role was rotated, made, retired, or given other kinds to read: what was written before is
sealed to the keys of then. Each record is replaced in one step by one that is sealed to more at first and
fewer after, so that whoever is killed leaves every record readable to whom it was; running it again goes on
where it stopped, for what is done is only looked at. A pass that met no record with an older key of a role
any more deletes that key's shares: the first pass after a rotation re-wraps, the next one tidies up.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from proofdesk._contract_errors import UnknownTicket
from proofdesk._desk import Desk
from proofdesk._errors import (
    ConfigurationError,
    ContentMissing,
    ContentSealed,
    IntegrityError,
    InvalidArgument,
)
from proofdesk._records import Opening
from proofdesk._shell import drive
from proofdesk._store import SEALED, Store
from proofdesk.privacy.access_log import append
from proofdesk.privacy.erasing import SHELF as ERASED
from proofdesk.privacy.erasing import replace
from proofdesk.privacy.errors import SealedMismatch
from proofdesk.privacy.grants import Grant
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.privacy.keys import Reader, unfit
from proofdesk.privacy.registry import FRESH
from proofdesk.privacy.roles import RoleKey
from proofdesk.privacy.sealed import rewrap, unseal, who_reads
from proofdesk.privacy.shares import drop_key, listed_in, shares_in
from proofdesk.privacy.threads import is_own

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

THREADS: Final = 8  # most of a durable store's time is the disk's
NAMED: Final = 1000  # of the records that could not be re-wrapped so many are named

_CHUNK: Final = 64  # records that a thread takes at once
# Writers take what they read of roles for so long for what they are, and a record is on its way meanwhile.
_GRACE: Final = timedelta(seconds=2 * FRESH)
# A key that was shared and never published: whoever made it was stopped, or is still at it.
_FORGOTTEN: Final = 86_400.0  # seconds
_OUTCOMES: Final = ("rewrapped", "unchanged", "unreadable")
_SEALED: Final = f'{{"format":"{SEALED}"'.encode()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that stays as it is, and why."""

    entry: str
    problem: str


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What a pass over a store did, in records.

    `rewrapped` are sealed to others than before, `unchanged` were as they should be or are not sealed at all;
    of `unreadable` ones at most 1,000 are `named`. `retired` are keys of roles whose shares are gone, as
    "agents v1".
    """

    rewrapped: int
    unchanged: int
    unreadable: int
    named: tuple[Unreadable, ...] = ()
    retired: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """The records that were looked at."""
        return self.rewrapped + self.unchanged + self.unreadable

    def __str__(self) -> str:
        said = f"{self.rewrapped:,} re-wrapped, {self.unchanged:,} unchanged, {self.unreadable:,} unreadable"
        return f"{said}; gone: {', '.join(self.retired)}" if self.retired else said


def rewrap_all(
    desk: Desk,
    *,
    role: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    threads: int = THREADS,
) -> Rewrapped:
    """Seal every record of a desk's store to whom it is for now, with the keyring of the desk.

    Readers whom neither registry nor log knows, a ticket's customer above all, stay as they are. With `role`
    only that role's keys are looked at. What this keyring cannot open is named and stays as it is.
    `progress` is told from time to time how many records of how many are done. What was done is logged.

    Raises ConfigurationError for a desk without a keyring or a registry of keys, InvalidArgument for a role
    that there never was, ConnectionLost, and what the store raises; the same call then goes on.

    >>> rewrap_all(supervisor).rewrapped
    0
    """
    if threads < 1:
        raise InvalidArgument(f"{threads} threads do nothing: pass 1 or more")
    plan = _Plan.of(desk, role)
    store = desk.archive.store
    total = sum(1 for _ in store)
    tally = _Tally()
    for outcome in _done(store, plan, threads):
        tally.add(outcome)
        if progress is not None:
            progress(tally.total, total)
    retired = _tidied(store, plan, tally.met)
    made = tally.result(retired)
    if made.rewrapped or retired:
        details = {"rewrapped": made.rewrapped, "unchanged": made.unchanged, "unreadable": made.unreadable}
        of_role = {} if role is None else {"role": role}
        drive(append(desk._core, "rewrap", **details, **of_role, retired=list(retired)))
    return made


@dataclass(frozen=True, slots=True)
class _Persons:
    """To whom a ticket is open now, and to whom it may be closed."""

    standing: tuple[Grant, ...]
    ever: tuple[Reader, ...]

    def of(self, kind: str) -> tuple[list[Reader], list[Reader]]:
        """Who reads its records of a kind, and who does not."""
        wanted = [each.reader for each in self.standing if kind in each.kinds]
        keys = {each.key for each in wanted}
        return wanted, [each for each in self.ever if each.key not in keys]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Whom records are for, as it stood when the pass began."""

    codec: SealedCodec
    role: str | None
    # Every key that a role ever had, by its public half, which kinds it reads now, and those that are gone
    # for so long that nobody seals to them.
    roles: Mapping[bytes, Reader]
    reads: Mapping[bytes, frozenset[str]]
    old: frozenset[bytes]
    # To whom tickets are open, or were, by their ids; and the tickets of records that open them, which do not
    # name theirs.
    persons: Mapping[str, _Persons]
    opened: Mapping[str, str]

    @classmethod
    def of(cls, desk: Desk, role: str | None) -> _Plan:
        """What registry and log say; raises ConfigurationError, InvalidArgument."""
        codec = desk.archive.codec
        if not isinstance(codec, SealedCodec):
            raise ConfigurationError("this desk was connected without keyring=, and opens no sealed record")
        versions = desk.keys.versions(role)
        if role is not None and not versions:
            raise InvalidArgument(f"there never was a role {role}: see desk.keys.roles")
        now = {each.name: each for each in versions}  # the last of each name stands
        desk._core.keys.forget()  # what is logged in the end is sealed to these, too
        _refuse_unshared(desk.archive.store, versions, now)
        reads = {each.key: frozenset[str]() for each in versions if each.key}
        for each in now.values():
            if each.key:
                reads[each.key] |= each.kinds
        late = desk.now() - _GRACE
        old = {each.key for each in versions if each.key and now[each.name].since < late}
        # Over one role's keys a pass leaves persons alone.
        persons, opened = ({}, {}) if role is not None else drive(_persons(desk._core))
        return cls(
            codec=codec,
            role=role,
            roles={
                each.key: each.reader for each in versions if each.key and _is_reader(each, now[each.name])
            },
            reads=reads,
            old=frozenset(key for key in old if not reads[key]),
            persons=persons,
            opened=opened,
        )

    def changes(
        self, content: bytes, opening: Opening, there: Collection[bytes]
    ) -> tuple[list[Reader], list[Reader]]:
        """Who is to join a record's readers, and who to leave them; `there` are those of roles."""
        kind = opening.record.kind
        add = [each for key, each in self.roles.items() if kind in self.reads[key] and key not in there]
        remove = [self.roles[key] for key in there if kind not in self.reads[key]]
        ticket = self.opened.get(opening.entry) if kind == "open" else opening.record.ticket
        if ticket is not None and ticket in self.persons:
            wanted, unwanted = self.persons[ticket].of(kind)
            known = {each.key for each in who_reads(content, [*wanted, *unwanted])}
            add += [each for each in wanted if each.key not in known]
            remove += [each for each in unwanted if each.key in known]
        return add, remove


@dataclass(slots=True)
class _Tally:
    """What became of records, and which older keys of roles they were sealed to."""

    counts: Counter[str] = field(default_factory=Counter)
    named: list[Unreadable] = field(default_factory=list)
    met: set[bytes] = field(default_factory=set)

    @property
    def total(self) -> int:
        return self.counts.total()

    def add(self, other: _Tally) -> None:
        self.counts.update(other.counts)
        self.named += other.named[: NAMED - len(self.named)]
        self.met |= other.met

    def result(self, retired: tuple[str, ...]) -> Rewrapped:
        rewrapped, unchanged, unreadable = map(self.counts.__getitem__, _OUTCOMES)
        return Rewrapped(rewrapped, unchanged, unreadable, tuple(self.named), retired)


def _done(store: Store, plan: _Plan, threads: int) -> Iterator[_Tally]:
    """Parts of a store, done by threads; of those under way and done at most so many are in memory."""
    entries = iter(store)
    chunks = iter(lambda: list(islice(entries, _CHUNK)), [])
    pool = ThreadPoolExecutor(threads, thread_name_prefix="rewrap")
    try:
        under_way: deque[Future[_Tally]] = deque()
        for chunk in chunks:
            under_way.append(pool.submit(_chunk, store, plan, chunk))
            if len(under_way) >= 2 * threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _chunk(store: Store, plan: _Plan, entries: Iterable[str]) -> _Tally:
    tally = _Tally()
    for entry in entries:
        try:
            what = _one(store, plan, entry, tally.met)
        except (ContentSealed, SealedMismatch, InvalidArgument) as error:
            what = "unreadable"
            tally.named.append(Unreadable(entry, _problem(error)))
        tally.counts[what] += 1
    return tally


def _one(store: Store, plan: _Plan, entry: str, met: set[bytes]) -> str:
    """Do one record, and say what became of it; adds to `met` the old keys of roles that it was sealed to."""
    try:
        content = store.get(entry)
    except ContentMissing:
        return "unchanged"  # deleted since it was listed
    if not content.startswith(_SEALED):
        return "unchanged"
    erased = store.shelf(ERASED)
    if entry in erased:
        # Whoever re-wrapped it while it was erased was stopped before he had seen that.
        store.put(entry, erased.get(entry))
        return "unchanged"
    there = {each.key for each in who_reads(content, plan.roles.values())}
    met |= there & plan.old
    opening = unseal(content, plan.codec.scope, plan.codec.held())
    if opening.entry != entry:
        raise SealedMismatch("is another entry's", entry=opening.entry)
    add, remove = plan.changes(content, opening, there)
    if not add and not remove:
        return "unchanged"
    replace(store, entry, rewrap(content, plan.codec.scope, plan.codec.held(), add=add, remove=remove))
    return "rewrapped"


def _problem(error: ContentSealed | SealedMismatch | InvalidArgument) -> str:
    return "no key at hand opens it" if isinstance(error, ContentSealed) else str(error)


def _is_reader(version: RoleKey, now: RoleKey) -> bool:
    """Whether a version of a role has a key; an old one that nobody can seal to is none."""
    return version.key is not None and (version.key == now.key or not unfit(version.key))


def _refuse_unshared(store: Store, versions: Iterable[RoleKey], now: Mapping[str, RoleKey]) -> None:
    """Raise ConfigurationError for a role whose older key would go before anybody has the new one."""
    older = {each.name for each in versions if each.key and each.key != now[each.name].key}
    shared = {(share.role, share.key) for share in shares_in(store)} if older else set()
    for name in sorted(older):
        key = now[name].key
        if key is not None and (name, key) not in shared:
            raise ConfigurationError(
                f"the key of role {name} v{now[name].version} is shared to nobody in {store}, and what is "
                "sealed to it alone nobody would read: share it, or rotate it by desk.keys.rotate"
            )


async def _persons(desk: AsyncDesk) -> tuple[dict[str, _Persons], dict[str, str]]:
    """Whom tickets were ever opened to, by their ids, and these tickets by the entries that opened them."""
    grants, persons, opened = desk.records.grants, {}, {}
    for ticket in await grants.tickets():
        try:
            # Of a key that is the customer's too nothing is taken away.
            own = (await desk.records.origin(ticket)).reply_key
            first = (await desk.tickets.acts(ticket))[0]
            record = (await desk.run(desk.archive.read, first.entry)).record
            standing, ever = await grants.standing(ticket), await grants.ever(ticket)
        except (UnknownTicket, InvalidArgument):
            continue  # anybody can write to a log what he likes
        except (IntegrityError, ContentSealed):
            # Nobody can tell here, and then all stays as it is but for who is to join.
            persons[ticket] = _Persons(tuple(await grants.standing(ticket)), ())
            continue
        gone = {each.reader for each in ever if each.reader.key != own}
        persons[ticket] = _Persons(tuple(standing), tuple(gone))
        if await is_own(desk, first, record):
            opened[first.entry] = ticket
    return persons, opened


def _tidied(store: Store, plan: _Plan, met: Collection[bytes]) -> tuple[str, ...]:
    """Delete the shares of keys that no record is sealed to any more; returns which they were."""
    gone = []
    for listed in list(listed_in(store)):
        is_old = listed.key in plan.old and listed.key not in met
        is_unknown = listed.key not in plan.roles and plan.role in (None, listed.role)
        if is_old or (is_unknown and time.time() - listed.at > _FORGOTTEN):
            drop_key(store, listed.role, listed.key)
        if is_old:
            gone.append(plan.roles[listed.key].name)
    return tuple(gone)
