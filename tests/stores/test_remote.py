"""A store that fsspec reaches: one desk's, whole contents, and errors that keep their secrets."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk.stores import StoreUnavailable
from tests.stores.places import DESK, ENTRY, address, folder, remote

SECRET = "hunter2"


class Refusing(MemoryFileSystem):
    """Opens, and then fails as drivers do: with what was asked, keys and all."""

    protocol = "refusing"
    error: type[Exception] | None = None

    def _refuse(self) -> None:
        if type(self).error is not None:
            raise type(self).error(f"https://records/?signature={SECRET}")

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **options: object) -> None:
        self._refuse()
        super().pipe_file(path, value, mode, **options)

    def cat_file(self, path: str, *args: object, **options: object) -> bytes:
        self._refuse()
        found: bytes = super().cat_file(path, *args, **options)
        return found

    def rm_file(self, path: str) -> None:
        self._refuse()
        super().rm_file(path)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> type[Refusing]:
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    monkeypatch.setattr(Refusing, "store", {})
    monkeypatch.setattr(Refusing, "pseudo_dirs", [""])
    monkeypatch.setattr(Refusing, "error", None)
    return Refusing


def test_a_place_outlives_its_store() -> None:
    place = address()
    remote(place).put(ENTRY, b"content")
    assert remote(place).get(ENTRY) == b"content"
    assert list(remote(place)) == [ENTRY]


def test_its_places_are_a_folders(tmp_path: Path) -> None:
    for entry in (ENTRY, "0x" + 64 * "b"):
        folder(tmp_path).put(entry, b"content")
        folder(tmp_path).shelf("queue").put(entry, b"queued")
    store = remote(f"file://{tmp_path}")
    assert list(store) == list(folder(tmp_path))
    assert store.get(ENTRY) == b"content"
    assert store.shelf("queue").get(ENTRY) == b"queued"


@pytest.mark.parametrize(("chain_id", "desk"), [(1, DESK), (31337, "0x" + 40 * "2")])
def test_another_desks_place_is_refused(chain_id: int, desk: str) -> None:
    place = address()
    remote(place)
    with pytest.raises(ConfigurationError, match=f"^{place} keeps the contents of desk {DESK} on"):
        remote(place, chain_id, desk)


def test_a_place_with_other_files_is_no_store() -> None:
    place = address()
    fsspec.filesystem("memory").pipe_file(f"{place}/letter.txt", b"mine")
    with pytest.raises(ConfigurationError, match=r"is no store: it holds files but no proofdesk-store\.json"):
        remote(place)


def test_a_damaged_marker_is_named() -> None:
    place = address()
    remote(place)
    fsspec.filesystem("memory").pipe_file(f"{place}/proofdesk-store.json", b"{")
    with pytest.raises(ConfigurationError, match=r"proofdesk-store\.json is damaged: restore it"):
        remote(place)


def test_a_file_is_no_place(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.touch()
    with pytest.raises(ConfigurationError, match="is a file, no folder: name another"):
        remote(f"file://{path}")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nowhere://records", "nowhere://records begins with no protocol that fsspec knows"),
        ("simplecache::memory://records", "chains file systems"),
        ("smb://office/records", r"smb://office/records needs a driver of fsspec: .*smbprotocol"),
    ],
)
def test_an_address_that_cannot_be_meant(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        remote(url)


def test_an_address_that_cannot_be_read() -> None:
    with pytest.raises(InvalidArgument, match="the address of the store cannot be read") as caught:
        remote(f"s3://[{SECRET}/records")
    assert SECRET not in str(caught.value)


def test_a_password_in_an_address_is_not_shown() -> None:
    store = remote(address().replace("://", f"://ann:{SECRET}@") + f"?token={SECRET}")
    assert SECRET not in f"{store} {store!r} {store.shelf('queue')}"
    with pytest.raises(ConfigurationError) as caught:
        remote(f"smb://ann:{SECRET}@office/records?token={SECRET}")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("error", [PermissionError, TimeoutError, RuntimeError, KeyError])
def test_what_a_driver_says_is_not_repeated(refusing: type[Refusing], error: type[Exception]) -> None:
    store = remote("refusing://records", key=SECRET)
    refusing.error = error
    uses = (
        lambda: store.put(ENTRY, b""),
        lambda: store.put_many([(ENTRY, b"")]),
        lambda: store.create(ENTRY, b""),
        lambda: store.get(ENTRY),
        lambda: store.delete(ENTRY),
        lambda: remote("refusing://records", key=SECRET),
    )
    for use in uses:
        with pytest.raises(StoreUnavailable, match=rf"did not .* \({error.__name__}\): see to it") as caught:
            use()
        assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_refusal_that_means_that_it_is_there(
    refusing: type[Refusing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As S3's precondition, which some versions of its driver tell as any other error."""
    monkeypatch.setattr("proofdesk.stores.remote._OBJECT_STORES", {"refusing"})
    store = remote("refusing://records")
    assert store.create(ENTRY, b"first")
    refusing.error = OSError
    assert not store.create(ENTRY, b"second")
    with pytest.raises(StoreUnavailable):
        store.create("0x" + 64 * "b", b"content")


def test_what_was_written_aside_and_left_is_swept(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/store"
    remote(url).put(ENTRY, b"content")
    old, new = (tmp_path / "store" / ".unfinished" / name for name in ("old.tmp", "new.tmp"))
    for left in (old, new):
        left.write_bytes(b"half")
    os.utime(old, (time.time() - 3601,) * 2)
    assert list(remote(url)) == [ENTRY]
    assert (old.exists(), new.exists()) == (False, True)


def test_a_write_that_is_broken_off_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = remote(f"file://{tmp_path}/store")
    store.put(ENTRY, b"first")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store._system, "mv", full)
    with pytest.raises(StoreUnavailable):
        store.put(ENTRY, b"second")
    assert store.get(ENTRY) == b"first"
    assert list((tmp_path / "store" / ".unfinished").iterdir()) == []


def test_without_fsspec_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['fsspec'] = None\n"
        "from proofdesk.stores import FsspecStore, MemoryStore\n"
        f"FsspecStore('s3://bucket/records', chain_id=1, desk='{DESK}')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert 'which is not installed: pip install "proofdesk[fsspec]"' in done.stderr
