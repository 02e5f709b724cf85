"""What every store does, wherever it keeps."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from proofdesk._errors import ContentMissing, InvalidArgument
from proofdesk._store import Store
from proofdesk.stores import put_all
from tests.stores.places import ENTRY


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
    with pytest.raises(ContentMissing, match=re.escape(f"no content for entry {ENTRY} in {store}")) as caught:
        store.get(ENTRY)
    assert caught.value.entry == ENTRY


def test_entries_are_listed_in_order(store: Store) -> None:
    entries = ["0x" + 64 * digit for digit in "c4f1"]
    for entry in entries:
        store.put(entry, b"content")
    assert list(store) == sorted(entries)


@pytest.mark.parametrize("entry", ["../../etc/passwd", "0x12", "", "0x" + 64 * "/"])
def test_only_entries_name_contents(store: Store, entry: str) -> None:
    def put(entry: str) -> None:
        store.put(entry, b"")

    def create(entry: str) -> None:
        store.create(entry, b"")

    for use in (store.get, store.delete, store.__contains__, put, create):
        with pytest.raises(InvalidArgument, match="entry"):
            use(entry)


def test_what_is_there_is_not_created(store: Store) -> None:
    assert store.create(ENTRY, b"first")
    assert not store.create(ENTRY, b"second")
    assert store.get(ENTRY) == b"first"
    store.delete(ENTRY)
    assert store.create(ENTRY, b"third")
    assert store.get(ENTRY) == b"third"


def test_of_many_who_create_one_does(request: pytest.FixtureRequest, store: Store) -> None:
    if "files" in request.node.name:
        pytest.skip("its docstring says that it looks first")
    at_once = Barrier(8)

    def create(number: int, entry: str) -> bool:
        at_once.wait()
        return store.create(entry, b"%d" % number)

    with ThreadPoolExecutor(8) as threads:
        for digit in "0123456789abcdef":
            entry = "0x" + 64 * digit
            said = list(threads.map(create, range(8), 8 * [entry]))
            assert said.count(True) == 1
            assert store.get(entry) == b"%d" % said.index(True)


def test_a_shelf_is_a_store_of_its_own(store: Store) -> None:
    shelf = store.shelf("queue")
    shelf.put(ENTRY, b"queued")
    store.put(ENTRY, b"content")
    assert store.shelf("queue").get(ENTRY) == b"queued"
    assert (list(store), list(shelf), list(store.shelf("threads"))) == ([ENTRY], [ENTRY], [])
    shelf.delete(ENTRY)
    assert store.get(ENTRY) == b"content"
    assert ENTRY not in store.shelf("queue")
    assert shelf.shelf("inner").create(ENTRY, b"deeper")
    assert list(shelf) == []


@pytest.mark.parametrize(
    "name", ["", "Queue", "a/b", "..", "-a", "a" * 21, "queue ", "warteschlänge", "a\n", 5]
)
def test_only_names_of_shelves_name_shelves(store: Store, name: str) -> None:
    with pytest.raises(InvalidArgument, match="1 to 20 lower letters and hyphens"):
        store.shelf(name)


def test_many_are_kept_at_once(store: Store) -> None:
    entries = [f"0x{number:064x}" for number in range(250)]
    store.put(entries[7], b"before")
    put_all(store, ((entry, entry.encode()) for entry in entries))
    assert list(store) == entries
    assert all(store.get(entry) == entry.encode() for entry in entries)
    put_all(store, [(ENTRY, b"first"), (ENTRY, b"second")])
    assert store.get(ENTRY) == b"second"
    put_all(store, [])
