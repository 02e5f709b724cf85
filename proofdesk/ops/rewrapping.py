"""Re-wrapping: every sealed record of a store to whom it is for now, by the registry and the access log.

    from proofdesk.ops.rewrapping import rewrap_all

    rewrap_all(desk)

Needed after a role was rotated, made, retired, or given other kinds to read: what was written before is
sealed to the keys of then. Each record is replaced in one step, so that whoever is killed leaves it readable
to whom it was, or to whom it is to be; running it again goes on where it stopped, for what is done is only
looked at. A pass that met no record with an older key of a role any more deletes that key's shares: the first
pass after a rotation re-wraps, the next one, a minute later or more, tidies up.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from proofdesk._desk import Desk
from proofdesk._errors import (
    ConfigurationError,
    ContentMissing,
    ContentSealed,
    InvalidArgument,
)
from proofdesk._shell import drive
from proofdesk._store import SEALED, Store
from proofdesk.ops._audience import Audience
from proofdesk.privacy.access_log import append
from proofdesk.privacy.erasing import SHELF as ERASED
from proofdesk.privacy.erasing import replace
from proofdesk.privacy.errors import SealedMismatch
from proofdesk.privacy.keys import ReadingKey
from proofdesk.privacy.sealed import rewrap, unseal, who_reads
from proofdesk.privacy.shares import drop_key, listed_in

if TYPE_CHECKING:
    pass

THREADS: Final = 8  # most of a durable store's time is the disk's
NAMED: Final = 1000  # of the records that could not be re-wrapped so many are named

_CHUNK: Final = 64  # records that a thread takes at once
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
    processes: int = 0,
) -> Rewrapped:
    """Seal every record of a desk's store to whom it is for now, with the keyring of the desk.

    Readers whom neither registry nor log knows, a ticket's customer above all, stay as they are. With `role`
    only that role's keys are looked at. What this keyring cannot open is named and stays as it is.
    `progress` is told from time to time how many records of how many are done. What was done is logged.
    With `processes` the work is theirs in place of threads, which pays where there are many records and as
    many processor cores; the module that calls it is then to be importable, as multiprocessing says.

    Raises ConfigurationError for a desk without a keyring or a registry of keys, or a store that lives in one
    process; InvalidArgument for a role that there never was, ConnectionLost, and what the store raises. The
    same call then goes on.

    >>> rewrap_all(supervisor).rewrapped
    0
    """
    if threads < 1 or processes < 0:
        raise InvalidArgument(f"{threads} threads, {processes} processes: pass 1 or more, and 0 or more")
    plan = Audience.of(desk, role)
    store = desk.archive.store
    total = sum(1 for _ in store)
    tally = _Tally()
    for outcome in _done(store, plan, threads, processes):
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


def _done(store: Store, plan: Audience, threads: int, processes: int) -> Iterator[_Tally]:
    """Parts of a store, done by several; of those under way and done at most so many are in memory."""
    entries = iter(store)
    chunks = iter(lambda: list(islice(entries, _CHUNK)), [])
    pool = _processes(store, plan, processes) if processes else ThreadPoolExecutor(threads)
    work = _chunk_here if processes else partial(_chunk, store, plan)
    try:
        under_way: deque[Future[_Tally]] = deque()
        for chunk in chunks:
            under_way.append(pool.submit(work, chunk))
            if len(under_way) >= 2 * (processes or threads):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _processes(store: Store, plan: Audience, count: int) -> ProcessPoolExecutor:
    """Processes that have store and plan; raises ConfigurationError for a store that lives in this one."""
    try:
        pickle.dumps(store)
    except (TypeError, pickle.PicklingError):
        raise ConfigurationError(
            f"the store in {store} is this process's alone: leave out processes="
        ) from None
    # The keys go through a pipe, to this process's own children alone.
    keys = [key.private_bytes() for key in plan.keys]
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, context, _begin, (store, plan.with_keys([]), keys))


# What a process of the pool works on.
_here: list[tuple[Store, Audience]] = []


def _begin(store: Store, plan: Audience, keys: list[bytes]) -> None:
    """Make a process ready; it ends with the one that began it, however that ends."""
    _here.append((store, plan.with_keys(map(ReadingKey.from_bytes, keys))))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _chunk_here(entries: Iterable[str]) -> _Tally:
    return _chunk(*_here[0], entries)


def _chunk(store: Store, plan: Audience, entries: Iterable[str]) -> _Tally:
    tally = _Tally()
    for entry in entries:
        try:
            what = _one(store, plan, entry, tally.met)
        except (ContentSealed, SealedMismatch, InvalidArgument) as error:
            what = "unreadable"
            tally.named.append(Unreadable(entry, _problem(error)))
        tally.counts[what] += 1
    return tally


def _one(store: Store, plan: Audience, entry: str, met: set[bytes]) -> str:
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
    opening = unseal(content, plan.scope, plan.keys)
    if opening.entry != entry:
        raise SealedMismatch("is another entry's", entry=opening.entry)
    add, remove = plan.changes(content, opening, there)
    if not add and not remove:
        return "unchanged"
    replace(store, entry, rewrap(content, plan.scope, plan.keys, add=add, remove=remove))
    return "rewrapped"


def _problem(error: ContentSealed | SealedMismatch | InvalidArgument) -> str:
    return "no key at hand opens it" if isinstance(error, ContentSealed) else str(error)


def _tidied(store: Store, plan: Audience, met: Collection[bytes]) -> tuple[str, ...]:
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
