"""Stores and the archive: what is written comes back verified, or an error says why not."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from proofdesk._errors import ConfigurationError, ContentMissing, ContentTampered, InvalidArgument
from proofdesk._records import Opening, commit, compose
from proofdesk._store import Archive, Store
from proofdesk.stores import FolderStore, MemoryStore

DESK = "0x" + 20 * "1f"
ENTRY = "0x" + 64 * "a"


def folder(path: Path, chain_id: int = 31337, desk: str = DESK) -> FolderStore:
    return FolderStore(path, chain_id=chain_id, desk=desk)


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else folder(tmp_path / "store")


@pytest.fixture
def opening() -> Opening:
    return commit(
        compose({"body": "Where is my parcel? 我的包裹呢？", "lang": "en"}, kind="open", author="Ann")
    )


# ---------------------------------------------------------------------------------------------- every store


def test_what_is_put_comes_back(store: Store) -> None:
    assert ENTRY not in store
    store.put(ENTRY, b"content")
    assert ENTRY in store
    assert store.get(ENTRY) == b"content"
    store.put(ENTRY, b"wrapped anew")
    assert store.get(ENTRY) == b"wrapped anew"


def test_what_is_deleted_is_missing(store: Store) -> None:
    store.put(ENTRY, b"content")
    store.delete(ENTRY)
    store.delete(ENTRY)
    assert ENTRY not in store
    with pytest.raises(ContentMissing, match=f"no content for entry {ENTRY} in {store}") as caught:
        store.get(ENTRY)
    assert caught.value.entry == ENTRY


def test_entries_are_listed_in_order(store: Store) -> None:
    entries = ["0x" + 64 * digit for digit in "c4f1"]
    for entry in entries:
        store.put(entry, b"content")
    assert list(store) == sorted(entries)


@pytest.mark.parametrize("entry", ["../../etc/passwd", "0x12", "", "0x" + 64 * "/"])
def test_only_entries_name_contents(store: Store, entry: str) -> None:
    for use in (store.get, store.delete, store.__contains__, lambda entry: store.put(entry, b"")):
        with pytest.raises(InvalidArgument, match="entry"):
            use(entry)


# ----------------------------------------------------------------------------------------- reading verifies


def test_an_archive_gives_records_back(store: Store, opening: Opening) -> None:
    archive = Archive(store)
    archive.write(opening)
    assert archive.read(opening.entry) == opening
    with pytest.raises(ContentMissing):
        archive.read(ENTRY)


def changed(name: str, value: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps(json.loads(content) | {name: value}).encode()


def reworded(content: bytes) -> bytes:
    return content.replace(b"parcel", b"letter")


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (reworded, "hashes to another entry"),
        (changed("salt", "0x" + 64 * "0"), "hashes to another entry"),
        (changed("entry", ENTRY), "hashes to another entry"),
        (changed("record", {"body": "parcel"}), "a record that does not fit the schema"),
        (changed("salt", "0xparcel"), "is no stored record of version 1"),
        (changed("salt", 5), "is no stored record of version 1"),
        (changed("v", 2), "is no stored record of version 1"),
        (lambda content: content[:-9], "is no stored record of version 1"),
        (lambda _: b"", "is no stored record of version 1"),
        (lambda _: b"\xff\xfe parcel", "is no stored record of version 1"),
        (lambda _: b"[" * 100_000, "is no stored record of version 1"),
        (lambda _: b'["parcel"]', "is no stored record of version 1"),
        (
            lambda content: content.replace(b"parcel", 70_000 * b"parcel"),
            "a record that does not fit the schema",
        ),
    ],
)
def test_tampered_content_is_named_and_never_shown(
    store: Store, opening: Opening, tamper: Callable[[bytes], bytes], problem: str
) -> None:
    archive = Archive(store)
    archive.write(opening)
    store.put(opening.entry, tamper(store.get(opening.entry)))
    with pytest.raises(ContentTampered, match=problem) as caught:
        archive.read(opening.entry)
    assert caught.value.entry == opening.entry
    assert opening.entry in str(caught.value)
    assert "parcel" not in str(caught.value)
    assert opening.salt.hex() not in str(caught.value)
    assert caught.value.__cause__ is None


# -------------------------------------------------------------------------------------------------- folders


def test_a_folder_outlives_its_process_and_is_its_owners(tmp_path: Path, opening: Opening) -> None:
    path = tmp_path / "deep" / "store"
    Archive(folder(path)).write(opening)
    assert Archive(folder(path, desk=DESK.upper().replace("X", "x"))).read(opening.entry) == opening
    for item in [path, *path.rglob("*")]:
        assert stat.S_IMODE(item.stat().st_mode) & 0o077 == 0, item


def test_a_crash_while_writing_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = folder(tmp_path)
    store.put(ENTRY, b"first")
    before = sorted(tmp_path.rglob("*"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
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


def test_what_a_killed_process_left_behind_is_no_content(tmp_path: Path) -> None:
    store = folder(tmp_path)
    store.put(ENTRY, b"content")
    (tmp_path / "aa" / ".half.tmp").write_bytes(b"half")
    assert list(folder(tmp_path)) == [ENTRY]


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


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_no_store(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigurationError, match="cannot be a store: Permission denied"):
        folder(tmp_path / "store")


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
