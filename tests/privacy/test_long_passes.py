"""A pass over many records: swapped where nothing else is to be known, stopped anywhere, gone on with."""

from __future__ import annotations

import json
import multiprocessing
import os
import select
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from proofdesk import ConfigurationError, Desk
from proofdesk.ops import _hands, rewrapping
from proofdesk.ops._audience import _steady
from proofdesk.ops._bookmark import SHELF
from proofdesk.ops.rewrapping import processes_for, rewrap_all
from proofdesk.privacy import plaintext
from proofdesk.privacy.keys import Reader, ReadingKey
from proofdesk.privacy.roles import RoleKey
from tests.privacy.office import SealedOffice
from tests.privacy.test_rotation import LATER, _elsewhere, busy, read, rotated, thief

STRIDE = 8


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passes have small parts, and mark their way often."""
    monkeypatch.setattr(_hands, "CHUNK", 8)
    monkeypatch.setattr(rewrapping, "_STRIDE", STRIDE)


@pytest.fixture
def office(office: SealedOffice) -> SealedOffice:
    """An office with a ticket of 42 records, all as they should be, and an agents' key that leaked since."""
    rewrap_all(office.supervisor)
    busy(office, 20)
    return office


class Stopped(Exception):  # noqa: N818  it is no error
    """The pass was stopped."""


def stopped_after(records: int) -> Callable[[int, int], None]:
    """A progress that stops a pass when so many records are done."""

    def told(done: int, _: int) -> None:
        if done >= records:
            raise Stopped

    return told


def stop(office: SealedOffice, records: int = 2 * STRIDE) -> None:
    """Begin a pass, and stop it when so many records are done."""
    with pytest.raises(Stopped):
        rewrap_all(office.supervisor, threads=1, progress=stopped_after(records))


def noted(patched: pytest.MonkeyPatch, owner: Any, name: str) -> list[str]:
    """The entries that a function is called with from now on, first of all it takes."""
    seen: list[str] = []
    original = getattr(owner, name)

    def noting(entry: str, *rest: Any) -> Any:
        seen.append(entry)
        return original(entry, *rest)

    patched.setattr(owner, name, noting)
    return seen


def test_after_a_rotation_no_record_is_taken_apart(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    stolen = thief(office)
    rotated(office)
    entries = [entry for entry in office.desk.archive.store if entry in read(stolen)]
    opened = noted(monkeypatch, plaintext, "read")
    done = rewrap_all(office.supervisor, role="agents")
    # But for what the pass itself reads of the log, afterwards.
    assert done.rewrapped == len(entries)
    assert not set(opened) & set(entries)
    assert not read(stolen)


def test_who_was_granted_a_ticket_has_its_records_taken_apart(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom a record is for is then not told by its wraps alone."""
    ticket = office.opened()
    office.supervisor.records.grant(ticket, Reader("court", ReadingKey.new().public))
    stolen = thief(office)
    rotated(office)
    opened = noted(monkeypatch, plaintext, "read")
    done = rewrap_all(office.supervisor)
    assert len(opened) >= done.rewrapped > 40
    assert not read(stolen)


def _version(name: str, number: int, key: bytes | None, *kinds: str) -> RoleKey:
    return RoleKey(name, key, frozenset(kinds), number, datetime.fromtimestamp(number, timezone.utc))


@pytest.mark.parametrize(
    ("court", "is_steady"),
    [
        ([("c1", "open"), ("c2", "open")], True),
        ([("c1", "open"), ("c2", "open", "reply")], False),
        ([("c1", "open"), (None,)], False),
        ([("a1", "open"), ("c2", "open")], False),  # once the agents' key, too
    ],
)
def test_wraps_tell_all_of_roles_that_read_the_same_as_ever(court: list[Any], is_steady: bool) -> None:
    keys = {name: ReadingKey.new().public for name in ("a1", "a2", "c1", "c2")}
    agents = [("a1", "open", "reply"), ("a2", "open", "reply")]
    versions = [
        _version(role, number, keys.get(name or ""), *kinds)
        for role, each in (("agents", agents), ("court", court))
        for number, (name, *kinds) in enumerate(each, 1)
    ]
    found = _steady(versions, {each.name: each for each in versions})
    expected = tuple((keys[f"{role}2"], frozenset({keys[f"{role}1"]})) for role in "ac")
    told = None if found is None else tuple((reader.key, older) for reader, older in found)
    assert told == (expected if is_steady else None)


def test_what_was_stopped_goes_on_where_it_was(office: SealedOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    stolen = thief(office)
    rotated(office)
    entries = list(office.desk.archive.store)
    stop(office)
    with monkeypatch.context() as patched:
        seen, told = noted(patched, office.desk.archive.store, "get"), list[int]()
        done = rewrap_all(office.supervisor, progress=lambda records, _: told.append(records))
    # Nothing before the mark is looked at, and the counts are of all.
    assert not set(entries[:STRIDE]) & set(seen)
    assert set(entries[3 * STRIDE :]) <= set(seen)
    assert done.total == len(entries) == told[-1]
    assert told[0] > STRIDE
    assert not read(stolen)
    assert office.supervisor.records.access()[-1].details["rewrapped"] == done.rewrapped
    assert not list(office.desk.archive.store.shelf(SHELF))


def test_only_who_looked_at_all_takes_old_shares_away(office: SealedOffice) -> None:
    rotated(office)
    rewrap_all(office.supervisor)
    office.pass_time(LATER)
    # All is done: both would find no record of the old key.
    stop(office)
    assert rewrap_all(office.supervisor).retired == ()
    assert rewrap_all(office.supervisor).retired == ("agents v1",)


def test_a_mark_is_of_one_pass_alone(office: SealedOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    rotated(office)
    stop(office)
    stolen = thief(office)
    office.supervisor.keys.rotate("agents")
    seen = noted(monkeypatch, office.desk.archive.store, "get")
    rewrap_all(office.supervisor)
    assert set(office.desk.archive.store) - set(seen) <= {office.supervisor.records.access()[-1].entry}
    assert not read(stolen)


def test_a_mark_that_somebody_made_up_is_none(office: SealedOffice) -> None:
    """Whoever keeps the store would have the pass believe that all was done."""
    stolen = thief(office)
    rotated(office)
    stop(office)
    shelf = office.desk.archive.store.shelf(SHELF)
    (place,) = shelf
    right = json.loads(shelf.get(place))
    forged = json.dumps(right | {"last": "0x" + 64 * "f"}).encode()
    for content in (forged, b"", b"[]", b"{}", b'{"by":5}', b'{"by":"00"}', b"\xff"):
        shelf.put(place, content)
        with pytest.raises(Stopped):
            rewrap_all(office.supervisor, threads=1, progress=stopped_after(0))
    shelf.put(place, forged)
    rewrap_all(office.supervisor)
    assert not read(stolen)


def test_a_store_in_no_order_has_no_mark(office: SealedOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    stolen = thief(office)
    rotated(office)
    store: Any = office.desk.archive.store

    def backwards(self: Any) -> Iterator[str]:
        return iter(["0x" + name for name in sorted(self._contents, reverse=self is store)])

    with monkeypatch.context() as patched:
        patched.setattr(type(store), "__iter__", backwards)
        stop(office, 30)
    assert not list(store.shelf(SHELF))
    rewrap_all(office.supervisor)
    assert not read(stolen)


# Processes.


def test_processes_are_for_many_records_and_cores(
    office: SealedOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrapping, "_MANY", 40)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert processes_for(office.supervisor) == 0  # in memory
    office.stand_in(tmp_path / "store")
    assert processes_for(office.supervisor) == 3
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert processes_for(office.supervisor) == 0
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    monkeypatch.setattr(rewrapping, "_MANY", 1000)
    assert processes_for(office.supervisor) == 0


def test_a_process_that_is_ended_ends_the_pass_and_the_next_goes_on(
    office: SealedOffice, tmp_path: Path
) -> None:
    office.stand_in(tmp_path / "store")
    stolen = thief(office)
    rotated(office)

    def killing(*_: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(ConfigurationError, match="pass fewer processes="):
        rewrap_all(office.supervisor, processes=2, progress=killing)
    rewrap_all(office.supervisor, processes=2)
    assert not read(stolen)


def test_who_is_killed_takes_its_processes_along(
    office: SealedOffice, tmp_path: Path, seed: int, long_profile: bool
) -> None:
    """Again and again, until one is done: nobody works on, nobody loses what he reads."""
    random = Random(seed)
    print(f"seed {seed}")
    office.stand_in(tmp_path / "store")
    stolen, before = thief(office), read(office.agent)
    rotated(office)
    kills = 0
    while not _ends(office, random.randrange(2, 6), kills > (9 if long_profile else 2)):
        kills += 1
        fresh = office.connected(office.agent.sender, office.desk.archive.store, "agent")
        assert before <= read(fresh)
    assert kills
    assert not read(stolen)
    assert rewrap_all(office.supervisor).rewrapped == 0
    assert not list(tmp_path.rglob("*.tmp"))


def _ends(office: SealedOffice, parts: int, is_spared: bool) -> bool:
    """A pass in a child that is killed when so many parts are done; all its processes are gone then."""
    told, telling = os.pipe()
    child = os.fork()
    if not child:
        try:
            _pass_and_die(_elsewhere(office), parts, telling, is_spared)
            os._exit(0)
        finally:
            os._exit(99)
    os.close(telling)
    with os.fdopen(told) as reader:
        workers = [int(number) for number in reader.read().split()]
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL)
    assert workers or status == 0
    for worker in workers:
        _wait_for_end_of(worker)
    return status == 0


def _pass_and_die(desk: Desk, parts: int, telling: int, is_spared: bool) -> None:
    left = count(1)

    def dying(*_: int) -> None:
        if next(left) == parts and not is_spared:
            workers = [str(child.pid) for child in multiprocessing.active_children()]
            os.write(telling, " ".join(workers).encode())
            os.kill(os.getpid(), signal.SIGKILL)

    rewrap_all(desk, processes=2, progress=dying)


def _wait_for_end_of(process: int) -> None:
    """Wait until a process that is nobody's child here is gone; raises TimeoutError."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return
    try:
        if not select.select([handle], [], [], 20)[0]:
            raise TimeoutError(f"process {process} works on")
    finally:
        os.close(handle)
