"""Many hands: the parts of a store, each done by one of several threads or processes, in order."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Final

from proofdesk._errors import ConfigurationError
from proofdesk._store import Store
from proofdesk.ops._audience import Audience
from proofdesk.ops._resealing import Tally, reseal
from proofdesk.privacy.keys import ReadingKey
from proofdesk.stores.batches import batches

CHUNK: Final = 256  # records that a hand takes at once; of a process its threads share them
_AHEAD: Final = 2  # chunks for each hand that are waiting or done, and in memory


def done(
    store: Store, audience: Audience, entries: Iterable[str], threads: int, processes: int
) -> Iterator[tuple[str, Tally]]:
    """What became of the parts of a store, in order, each with its last entry.

    Raises ConfigurationError for processes and a store that lives in this one, or a process that was ended,
    and what the store raises.
    """
    pool = _processes(store, audience, threads, processes) if processes else ThreadPoolExecutor(threads)
    work = _here if processes else partial(reseal, store, audience)
    # Threads begin with small parts: a store of few records is then done by all of them.
    chunks = batches(entries, CHUNK if processes else CHUNK // 4)
    try:
        under_way: deque[tuple[str, Future[Tally]]] = deque()
        while True:
            for chunk in islice(chunks, _AHEAD * (processes or threads) - len(under_way)):
                under_way.append((chunk[-1], pool.submit(work, chunk)))
            if not under_way:
                return
            last, future = under_way.popleft()
            yield last, future.result()
    except BrokenExecutor:
        raise ConfigurationError(
            "a process that re-wraps was ended from outside: where memory is short pass fewer processes="
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def is_shareable(store: Store) -> bool:
    """Whether another process can have the store, too."""
    try:
        pickle.dumps(store)
    except (TypeError, AttributeError, pickle.PicklingError):
        return False
    return True


def _processes(store: Store, audience: Audience, threads: int, count: int) -> ProcessPoolExecutor:
    """Processes that have store and audience."""
    if not is_shareable(store):
        raise ConfigurationError(f"the store in {store} is this process's alone: leave out processes=")
    # The keys go through a pipe, to this process's own children alone.
    keys = [key.private_bytes() for key in audience.keys]
    context = multiprocessing.get_context("spawn")
    given = (store, audience.with_keys([]), keys, max(1, threads // count))
    return ProcessPoolExecutor(count, context, _begin, given)


# What a process of the pool works on, and its threads.
_mine: list[tuple[Store, Audience, int, ThreadPoolExecutor]] = []


def _begin(store: Store, audience: Audience, keys: list[bytes], threads: int) -> None:
    """Make a process ready; it ends with the one that began it, however that ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Whoever interrupts a terminal means all; the one that began it ends it in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    whole = audience.with_keys(map(ReadingKey.from_bytes, keys))
    _mine.append((store, whole, threads, ThreadPoolExecutor(threads)))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _here(entries: Sequence[str]) -> Tally:
    """Do a part of the store by this process's threads: while one waits for the disk another computes."""
    store, audience, threads, pool = _mine[0]
    tally = Tally()
    for part in pool.map(
        partial(reseal, store, audience), [entries[each::threads] for each in range(threads)]
    ):
        tally.add(part)
    return tally
