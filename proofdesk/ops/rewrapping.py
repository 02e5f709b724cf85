"""Re-wrapping: every sealed record of a store to whom it is for now, by the registry and the access log.

    from proofdesk.ops.rewrapping import rewrap_all

    rewrap_all(desk)

Needed after a role was rotated, made, retired, or given other kinds to read: what was written before is
sealed to the keys of then. Each record is replaced in one step, so that whoever is killed leaves it readable
to whom it was, or to whom it is to be; running it again goes on where it stopped. A pass that met no record
with an older key of a role any more deletes that key's shares: the first pass after a rotation re-wraps, the
next one, a minute later or more, tidies up. One that went on where another stopped did not look at all
records, and tidies nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from proofdesk._desk import Desk
from proofdesk._errors import InvalidArgument
from proofdesk._shell import drive
from proofdesk._store import Store
from proofdesk.ops._audience import Audience
from proofdesk.ops._bookmark import Bookmark
from proofdesk.ops._hands import done, is_shareable
from proofdesk.ops._resealing import OUTCOMES, Tally, Unreadable
from proofdesk.privacy.access_log import append
from proofdesk.privacy.shares import drop_key, listed_in

THREADS: Final = 8  # most of a durable store's time is the disk's

# So many records are looked at again at most when a pass is stopped, but for those under way.
_STRIDE: Final = 2048
_MANY: Final = 20_000  # records from which on processes pay for their start


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass over a store did, in records; of one that was stopped and went on, from its beginning.

    `rewrapped` are sealed to others than before, `unchanged` were as they should be; of `unreadable` ones at
    most 1,000 are `named`. `retired` are keys of roles whose shares are gone, as "agents v1". `clear` are not
    sealed at all, as they were kept before the desk was: `desk.records.rewrap` seals a ticket's.
    """

    rewrapped: int
    unchanged: int
    unreadable: int
    named: tuple[Unreadable, ...] = ()
    retired: tuple[str, ...] = ()
    clear: int = 0

    @property
    def total(self) -> int:
        """The records that were looked at."""
        return self.rewrapped + self.unchanged + self.unreadable + self.clear

    def __str__(self) -> str:
        said = f"{self.rewrapped:,} re-wrapped, {self.unchanged:,} unchanged, {self.unreadable:,} unreadable"
        said += f", {self.clear:,} in the clear" if self.clear else ""
        return f"{said}; gone: {', '.join(self.retired)}" if self.retired else said


def rewrap_all(
    desk: Desk,
    *,
    role: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    threads: int = THREADS,
    processes: int = 0,
) -> Pass:
    """Seal every record of a desk's store to whom it is for now, with the keyring of the desk.

    Readers whom neither registry nor log knows, a ticket's customer above all, stay as they are. With `role`
    only that role's keys are looked at. What this keyring cannot open is named and stays as it is.
    `progress` is told from time to time how many records of how many are done. What was done is logged.
    With `processes` they share work and threads among them, which pays where there are many records and as
    many processor cores, see `processes_for`; the module that calls it is then to be importable, as
    multiprocessing says.

    Raises ConfigurationError for a desk without a keyring or a registry of keys, a store that lives in one
    process, or a process that was ended from outside; InvalidArgument for a role that there never was,
    ConnectionLost, and what the store raises. The same call then goes on.

    >>> rewrap_all(supervisor).rewrapped
    0
    """
    if threads < 1 or processes < 0:
        raise InvalidArgument(f"{threads} threads, {processes} processes: pass 1 or more, and 0 or more")
    audience, store = Audience.of(desk, role), desk.archive.store
    bookmark = Bookmark(store, role or "", audience.digest(), audience.keys[0])
    reached = bookmark.read()
    tally = Tally() if reached is None else Tally.of(reached.told)
    ahead = _Ahead(store, "" if reached is None else reached.last)
    total, marked = sum(1 for _ in store), 0
    for last, part in done(store, audience, ahead, threads, processes):
        tally.add(part)
        marked += part.total
        if marked >= _STRIDE and ahead.is_sorted:
            bookmark.put(last, tally.told())
            marked = 0
        if progress is not None:
            progress(min(tally.total, total), total)
    retired = _tidied(store, audience, tally.met, is_whole=reached is None)
    rewrapped, unchanged, unreadable, clear = map(tally.counts.__getitem__, OUTCOMES)
    if rewrapped or retired:
        details = {"rewrapped": rewrapped, "unchanged": unchanged, "unreadable": unreadable}
        of_role = {} if role is None else {"role": role}
        drive(append(desk._core, "rewrap", **details, **of_role, retired=list(retired)))
    bookmark.drop()
    return Pass(rewrapped, unchanged, unreadable, tuple(tally.named), retired, clear)


def processes_for(desk: Desk) -> int:
    """How many processes pay for re-wrapping a desk's store: a processor core each, 0 for few records.

    >>> processes_for(supervisor)
    0
    """
    store, cores = desk.archive.store, os.cpu_count() or 1
    is_worth_it = cores > 1 and is_shareable(store) and any(islice(store, _MANY - 1, None))
    return cores if is_worth_it else 0


class _Ahead:
    """The entries of a store after one of them, and whether it gives them in their order so far."""

    def __init__(self, store: Store, after: str) -> None:
        self._store, self._after = store, after
        self.is_sorted = True

    def __iter__(self) -> Iterator[str]:
        before = ""
        for entry in self._store:
            self.is_sorted = self.is_sorted and before < entry
            before = entry
            if entry > self._after:
                yield entry


def _tidied(store: Store, audience: Audience, met: Collection[bytes], *, is_whole: bool) -> tuple[str, ...]:
    """Delete the shares of keys that no record is sealed to any more; returns which they were."""
    gone = []
    for listed in list(listed_in(store)):
        # One that the registry does not name stays: a node that is behind does not know the newest.
        if is_whole and listed.key in audience.old and listed.key not in met:
            drop_key(store, listed.role, listed.key)
            gone.append(audience.roles[listed.key].name)
    return tuple(gone)
