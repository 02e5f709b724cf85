"""A store in a folder: its owner's, one desk's, and never half written."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import BinaryIO

import pytest

from proofdesk._errors import ConfigurationError
from proofdesk.stores import FolderStore, FsspecStore, StoreUnavailable, open_store
from tests.stores.places import CHAIN, DESK, ENTRY, address, folder

OTHER = "0x" + 64 * "b"
NOBODY = 65534


def test_a_folder_outlives_its_process_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store"
    for store in (folder(path), folder(path).shelf("access")):
        store.put(ENTRY, b"content")
    again = folder(path, desk=DESK.upper().replace("X", "x"))
    assert again.get(ENTRY) == again.shelf("access").get(ENTRY) == b"content"
    for item in [path, *path.rglob("*")]:
        assert stat.S_IMODE(item.stat().st_mode) & 0o077 == 0, item


def test_who_reads_loads_only_what_reads(tmp_path: Path) -> None:
    """A reading command is over in a fifth of a second, its start included."""
    folder(tmp_path).put(ENTRY, b"content")
    lines = f"""
import sys
from proofdesk.stores import open_store
assert open_store({str(tmp_path)!r}, chain_id={CHAIN}, desk={DESK!r}).get({ENTRY!r}) == b"content"
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "proofdesk.stores.folder" in loaded
    late = {"tempfile", "concurrent.futures", "proofdesk.stores.remote", "proofdesk.stores.mirrored"}
    assert not late & loaded


def test_a_crash_while_writing_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = folder(tmp_path)
    store.put(ENTRY, b"first")
    before = sorted(tmp_path.rglob("*"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreUnavailable, match=r"did not put a content \(No space left on device\)"):
            store.put(ENTRY, b"second")
    assert store.get(ENTRY) == b"first"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("durable", [True, False])
def test_only_a_durable_put_waits_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    store = FolderStore(tmp_path, chain_id=31337, desk=DESK, durable=durable)
    waits: list[int] = []
    monkeypatch.setattr(os, "fsync", waits.append)
    store.put(ENTRY, b"first of its shard: the root's names, the file, the shard's names")
    assert len(waits) == (3 if durable else 0)


def test_many_wait_for_the_disk_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, at_once, sync = folder(tmp_path), Barrier(2), os.fsync

    def together(handle: int) -> None:
        at_once.wait(timeout=30)
        sync(handle)

    (tmp_path / "aa").mkdir()
    monkeypatch.setattr(os, "fsync", together)
    store.put_many((f"0xaa{number:062x}", b"content") for number in range(2))
    assert len(list(store)) == 2


def test_a_durable_delete_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = folder(tmp_path)
    store.put(ENTRY, b"content")
    waits: list[int] = []
    monkeypatch.setattr(os, "fsync", waits.append)
    store.delete(ENTRY)
    assert len(waits) == 1


def left_behind(path: Path) -> Path:
    """What a process leaves that is killed while it writes."""
    left = path / ".unfinished" / "half.tmp"
    left.write_bytes(b"half")
    return left


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.put(ENTRY, b"tombstone"),
        lambda store: store.create(ENTRY, b"content"),
        lambda store: store.delete(ENTRY),
        lambda store: store.shelf("access").delete(ENTRY),
        lambda store: folder(store.path),
    ],
    ids=["put", "create", "delete", "shelf", "open"],
)
def test_what_a_killed_process_left_is_no_content_and_is_swept(
    tmp_path: Path, use: Callable[[FolderStore], object]
) -> None:
    store = folder(tmp_path)
    left = left_behind(tmp_path)
    assert list(store) == []
    use(store)
    assert not left.exists()


def test_what_another_is_writing_is_not_swept(tmp_path: Path) -> None:
    store = folder(tmp_path)
    others = left_behind(tmp_path)
    with others.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        store.put(ENTRY, b"content")
        assert others.exists()


def test_where_no_locks_are_known_age_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    store = folder(tmp_path)
    monkeypatch.setattr(fcntl, "flock", unknown)
    left = left_behind(tmp_path)
    store.put(ENTRY, b"content")
    assert left.exists()
    os.utime(left, (time.time() - 3601,) * 2)
    store.put(ENTRY, b"content")
    assert not left.exists()


def test_a_sweeper_that_comes_between_making_and_locking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lock, swept = folder(tmp_path), fcntl.flock, []

    def late(file: BinaryIO, how: int) -> None:
        if not swept:
            swept.extend((tmp_path / ".unfinished").iterdir())
            swept[0].unlink()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    store.put(ENTRY, b"content")
    assert len(swept) == 1
    assert store.get(ENTRY) == b"content"


def test_a_file_system_without_hard_links_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    store = folder(tmp_path)
    monkeypatch.setattr(os, "link", refused)
    with pytest.raises(ConfigurationError, match="without hard links: name a folder on another"):
        store.create(ENTRY, b"content")
    assert list(store) == []


def test_of_two_desks_that_begin_at_once_one_has_the_folder(tmp_path: Path) -> None:
    desks = ["0x" + 40 * digit for digit in "12345678"]
    at_once = Barrier(len(desks))

    def claim(desk: str) -> bool:
        at_once.wait()
        try:
            folder(tmp_path / "store", desk=desk)
        except ConfigurationError:
            return False
        return True

    with ThreadPoolExecutor(len(desks)) as threads:
        assert list(threads.map(claim, desks)).count(True) == 1


def test_other_files_are_not_listed(tmp_path: Path) -> None:
    store = folder(tmp_path)
    store.put(ENTRY, b"content")
    (tmp_path / "aa" / "notes.json").touch()
    (tmp_path / "zz").mkdir()
    (tmp_path / "bb").touch()
    assert list(store) == [ENTRY]


def test_opening_by_a_path_or_an_address(tmp_path: Path) -> None:
    options = {"chain_id": CHAIN, "desk": DESK}
    for place in (tmp_path / "store", str(tmp_path / "store"), f"file://{tmp_path}/store"):
        store = open_store(place, **options)
        assert isinstance(store, FolderStore)
        assert store.path == tmp_path / "store"
    assert isinstance(open_store(address(), **options), FsspecStore)


def test_a_folder_with_other_files_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"is no store: it holds files.*name an empty or a new folder"
    ):
        folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(ConfigurationError, match="cannot be a store: File exists"):
        folder(path)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of somebody whom rights bind, as whom the test runs: root may write anywhere."""
    with TemporaryDirectory() as name:
        path = Path(name)
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield path
        finally:
            os.seteuid(os.getuid())
            for each in (path, *path.rglob("*")):
                each.chmod(0o700)


def test_a_folder_that_cannot_be_written_is_no_store(nobody: Path) -> None:
    nobody.chmod(0o500)
    with pytest.raises(ConfigurationError, match="cannot be a store: Permission denied"):
        folder(nobody / "store")


def test_who_may_only_read_reads(nobody: Path) -> None:
    folder(nobody).put(ENTRY, b"content")
    left_behind(nobody)
    for each in (nobody, *nobody.rglob("*")):
        each.chmod(0o500 if each.is_dir() else 0o400)
    store = folder(nobody)
    assert (store.get(ENTRY), list(store), OTHER in store) == (b"content", [ENTRY], False)
    uses: tuple[Callable[[], object], ...] = (
        lambda: store.put(ENTRY, b"another"),
        lambda: store.create(OTHER, b"another"),
        lambda: store.delete(ENTRY),
    )
    for use in uses:
        with pytest.raises(StoreUnavailable, match="Permission denied"):
            use()
    assert store.get(ENTRY) == b"content"


@pytest.mark.parametrize(("chain_id", "desk"), [(1, DESK), (31337, "0x" + 40 * "2")])
def test_a_folder_of_another_desk_is_refused(tmp_path: Path, chain_id: int, desk: str) -> None:
    folder(tmp_path)
    with pytest.raises(
        ConfigurationError, match=f"keeps the contents of desk {DESK} on chain 31337, not of desk"
    ):
        folder(tmp_path, chain_id, desk)


@pytest.mark.parametrize("marker", ["", "{", "[]", '{"format": "proofdesk-store/9"}'])
def test_a_damaged_or_newer_marker_is_named(tmp_path: Path, marker: str) -> None:
    folder(tmp_path)
    (tmp_path / FolderStore.MARKER).write_text(marker, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"is damaged|a format that this package does not know"):
        folder(tmp_path)
