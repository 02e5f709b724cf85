"""A process that does something to a store, and is killed, or has no room, at one of its steps."""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any, BinaryIO

from proofdesk._errors import ConfigurationError
from proofdesk.stores import FolderStore, StoreUnavailable

CHAIN, DESK = 31337, "0x" + 40 * "1"
ENTRY, OTHER, NEW = ("0x" + 64 * digit for digit in "abc")
# Longer than what is written at once, and of different lengths.
FIRST, SECOND, TOMBSTONE = b"first " * 5000, b"second " * 6000, b"tombstone"

# Exit codes: the store said that it is not available; it did what it was asked, though trouble came.
TOLD, DONE_ANYWAY = 7, 8

_NAMELESS = {"fcntl.flock"}  # of a file that was opened before
_MAKES = os.O_CREAT | os.O_TRUNC
_STEPS = {"open", "os.link", "os.listdir", "os.mkdir", "os.remove", "os.rename"} | _NAMELESS


def opened(folder: Path, *, durable: bool = True) -> FolderStore:
    """The store that all is done to."""
    return FolderStore(folder, chain_id=CHAIN, desk=DESK, durable=durable)


@dataclass(frozen=True)
class Deed:
    """What is done to a store that holds ENTRY and OTHER, and what may be there instead of ENTRY and NEW."""

    do: Callable[[FolderStore], object]
    entry: frozenset[bytes | None] = frozenset({FIRST})
    new: frozenset[bytes | None] = frozenset({None})


def _many(store: FolderStore) -> None:
    store.put_many([(ENTRY, SECOND), (NEW, SECOND)])


def _shelved(store: FolderStore) -> None:
    store.shelf("access").create(NEW, SECOND)


DEEDS = {
    "put": Deed(lambda store: store.put(NEW, SECOND), new=frozenset({None, SECOND})),
    "replace": Deed(lambda store: store.put(ENTRY, SECOND), frozenset({FIRST, SECOND})),
    "erase": Deed(lambda store: store.put(ENTRY, TOMBSTONE), frozenset({FIRST, TOMBSTONE})),
    "create": Deed(lambda store: store.create(NEW, SECOND), new=frozenset({None, SECOND})),
    "create again": Deed(lambda store: store.create(ENTRY, SECOND)),
    "delete": Deed(lambda store: store.delete(ENTRY), frozenset({FIRST, None})),
    "put many": Deed(_many, frozenset({FIRST, SECOND}), frozenset({None, SECOND})),
    "shelf": Deed(_shelved),
    "open": Deed(lambda _: None),
}


class Steps:
    """Counts steps that change a folder, and what is half written; at one of them `trouble` comes."""

    def __init__(self, trouble_at: int, trouble: Callable[[], None], folder: Path = Path("/")) -> None:
        self.count = 0
        self._lock = Lock()
        self._at = trouble_at
        self._trouble = trouble
        self._folder = str(folder)
        self.has_come = False

    def step(self) -> None:
        """One more."""
        with self._lock:
            self.count += 1
            is_it = self.count == self._at
        if is_it:
            self.has_come = True
            self._trouble()

    def begin(self) -> None:
        """From now on, until the process ends."""

        def hear(event: str, args: tuple[Any, ...]) -> None:
            is_there = event in _NAMELESS or str(args[0]).startswith(self._folder)
            if event in _STEPS and is_there and (event != "open" or args[2] & _MAKES):
                self.step()

        sys.addaudithook(hear)
        fsync, fdopen = os.fsync, os.fdopen

        def synced(handle: int) -> None:
            self.step()
            fsync(handle)
            self.step()

        def halved(*args: Any) -> Any:
            return _Halved(fdopen(*args), self)

        os.fsync, os.fdopen = synced, halved  # type: ignore[assignment]  # as they are called here


class _Halved:
    """A file that is written in two steps."""

    def __init__(self, file: BinaryIO, steps: Steps) -> None:
        self._file = file
        self._steps = steps

    def write(self, content: bytes) -> int:
        half = len(content) // 2
        self._file.write(content[:half])
        self._file.flush()
        self._steps.step()
        return half + self._file.write(content[half:])

    def __enter__(self) -> _Halved:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def killed() -> None:
    """End as by power cut or `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


def full() -> None:
    """What a full disk answers."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def run(folder: Path, deed: str, at: int, trouble: Callable[[], None]) -> None:
    """Do it, with trouble at a step."""
    steps = Steps(at, trouble)
    steps.begin()
    _do(folder, deed)
    sys.exit(DONE_ANYWAY if steps.has_come else 0)


def run_in_little_room(folder: Path, deed: str, room: int) -> None:
    """Do it where no file may be longer than so many bytes."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))
    _do(folder, deed)


def _do(folder: Path, deed: str) -> None:
    try:
        DEEDS[deed].do(opened(folder))
    except (ConfigurationError, StoreUnavailable):
        sys.exit(TOLD)


def run_many(folder: Path, seed: int, at: int) -> None:
    """Do much in four threads, and be killed in the midst of it."""
    store = opened(folder)
    Steps(at, killed).begin()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: _some(store, Random(seed + number)), range(4)))


def _some(store: FolderStore, rng: Random) -> None:
    for _ in range(20):
        entry = rng.choice((ENTRY, NEW))
        do = rng.choice((store.put, store.create, store.delete))
        if do == store.delete:
            store.delete(entry)
        else:
            do(entry, rng.choice((FIRST, SECOND, TOMBSTONE)))  # type: ignore[call-arg, operator]  # not delete


def create_all(folder: Path, number: int, count: int, gate: Any, said: Any) -> None:
    """Try to create many entries that others try too; says which ones it did."""
    store = opened(folder, durable=False).shelf("access")
    gate.wait()
    done = [entry for entry in range(count) if store.create(f"0x{entry:064x}", b"%d" % number)]
    said.put((number, done))
