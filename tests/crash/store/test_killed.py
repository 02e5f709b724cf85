"""SIGKILL, or no room left, at every step: nothing half, nothing lost, nothing left behind."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from itertools import count
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from proofdesk._errors import ContentMissing
from proofdesk._store import Store
from tests.crash.store.child import (
    DEEDS,
    DONE_ANYWAY,
    ENTRY,
    FIRST,
    NEW,
    OTHER,
    SECOND,
    TOLD,
    TOMBSTONE,
    create_all,
    full,
    killed,
    opened,
    run,
    run_in_little_room,
    run_many,
)

SECONDS = 60
RUNS, LONG_RUNS = 10, 300
WHOLE = {FIRST, SECOND, TOMBSTONE}


@pytest.fixture(scope="module")
def processes() -> Iterator[ForkServerContext]:
    """Processes that have loaded everything when they begin."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.store.child"])
    yield context


@pytest.fixture
def folders(tmp_path: Path) -> Callable[[], Path]:
    """Makes folders of a store that holds two entries."""
    numbers = count()

    def make() -> Path:
        store = opened(tmp_path / str(next(numbers)), durable=False)
        for entry in (ENTRY, OTHER):
            store.put(entry, FIRST)
        return store.path

    return make


def end_of(processes: ForkServerContext, target: Callable[..., None], *args: Any) -> int | None:
    """How a process ended."""
    process = processes.Process(target=target, args=args)
    process.start()
    process.join(SECONDS)
    return process.exitcode


def held(store: Store, entry: str) -> bytes | None:
    try:
        return store.get(entry)
    except ContentMissing:
        return None


def check(folder: Path, deed: str) -> None:
    """What must be true whenever a process died: what can be read is whole, and nothing stays for ever."""
    store = opened(folder)
    assert held(store, OTHER) == FIRST
    assert held(store, ENTRY) in DEEDS[deed].entry
    assert held(store, NEW) in DEEDS[deed].new
    assert held(store.shelf("access"), NEW) in {None, SECOND}
    assert {path.read_bytes() for path in folder.rglob("??/*.json")} <= WHOLE
    assert list((folder / ".unfinished").iterdir()) == []


def finish(folder: Path, deed: str) -> None:
    """Done again it is done, and of what it took away nothing is left anywhere."""
    store = opened(folder)
    DEEDS[deed].do(store)
    check(folder, deed)
    DEEDS[deed].do(store)
    if deed in {"replace", "put many", "erase", "delete"}:
        (folder / "bb" / f"{OTHER[2:]}.json").unlink()
        assert not [path for path in folder.rglob("*") if path.is_file() and FIRST in path.read_bytes()]


@pytest.mark.parametrize("deed", DEEDS)
def test_killed_at_every_step(processes: ForkServerContext, folders: Callable[[], Path], deed: str) -> None:
    for at in count(1):
        folder = folders()
        end = end_of(processes, run, folder, deed, at, killed)
        try:
            check(folder, deed)
            finish(folder, deed)
        except AssertionError as error:
            pytest.fail(f"killed at step {at}: {error}")
        if end == 0:
            break
        assert end == -signal.SIGKILL
    assert at > {"open": 2, "create again": 3, "delete": 7}.get(deed, 8), "steps that were seen"


@pytest.mark.parametrize("deed", sorted(DEEDS.keys() - {"open"}))
def test_no_room_left_at_every_step(
    processes: ForkServerContext, folders: Callable[[], Path], deed: str
) -> None:
    told = 0
    for at in count(1):
        folder = folders()
        opened(folder)
        end = end_of(processes, run, folder, deed, at, full)
        try:
            check(folder, deed)
            finish(folder, deed)
        except AssertionError as error:
            pytest.fail(f"no room at step {at}: {error}")
        told += end == TOLD
        if end == 0:
            break
        assert end in {TOLD, DONE_ANYWAY}
    assert told


@pytest.mark.parametrize("room", [0, 1, 1000, len(SECOND) - 1])
@pytest.mark.parametrize("deed", ["put", "put many", "replace", "create", "shelf"])
def test_no_room_for_a_whole_content(
    processes: ForkServerContext, folders: Callable[[], Path], deed: str, room: int
) -> None:
    folder = folders()
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    assert end_of(processes, run_in_little_room, folder, deed, room) == TOLD
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before
    assert list((folder / ".unfinished").iterdir()) == []


def test_killed_in_the_midst_of_many(
    processes: ForkServerContext, folders: Callable[[], Path], seed: int, long_profile: bool
) -> None:
    rng = random.Random(seed)
    deaths = 0
    for number in range(LONG_RUNS if long_profile else RUNS):
        at, folder = rng.randint(1, 700), folders()
        end = end_of(processes, run_many, folder, seed + 10 * number, at)
        deaths += end == -signal.SIGKILL
        store = opened(folder)
        assert {held(store, entry) for entry in (ENTRY, NEW)} <= {*WHOLE, None}, (seed, number, at)
        assert held(store, OTHER) == FIRST
        assert list((folder / ".unfinished").iterdir()) == [], (seed, number, at)
    assert deaths


def test_of_many_processes_who_create_one_does(
    processes: ForkServerContext, folders: Callable[[], Path]
) -> None:
    folder, gate, said, entries = folders(), processes.Barrier(4), processes.SimpleQueue(), 100
    creators = [
        processes.Process(target=create_all, args=(folder, number, entries, gate, said))
        for number in range(4)
    ]
    for creator in creators:
        creator.start()
    done = dict(said.get() for _ in creators)
    for creator in creators:
        creator.join(SECONDS)
    assert sorted(entry for mine in done.values() for entry in mine) == list(range(entries))
    shelf = opened(folder).shelf("access")
    for number, mine in done.items():
        assert {shelf.get(f"0x{entry:064x}") for entry in mine} <= {b"%d" % number}
