"""Several stores as one: written everywhere, erased everywhere, loud where one does not answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proofdesk._errors import ContentMissing, InvalidArgument
from proofdesk._store import Store
from proofdesk.stores import MemoryStore, Mirrored, StoreUnavailable
from tests.stores.places import ENTRY, folder

OTHER = "0x" + 64 * "b"


class Ailing(MemoryStore):
    """Does not answer as long as it is ill."""

    is_ill = False

    def put(self, entry: str, content: bytes) -> None:
        self._ail()
        super().put(entry, content)

    def create(self, entry: str, content: bytes) -> bool:
        self._ail()
        return super().create(entry, content)

    def get(self, entry: str) -> bytes:
        self._ail()
        return super().get(entry)

    def delete(self, entry: str) -> None:
        self._ail()
        super().delete(entry)

    def __str__(self) -> str:
        return "the ailing one"

    def _ail(self) -> None:
        if self.is_ill:
            raise StoreUnavailable(str(self), "answer", "TimeoutError")


@pytest.fixture
def ailing() -> Ailing:
    return Ailing()


def test_everything_is_everywhere_and_goes_everywhere() -> None:
    places = [MemoryStore() for _ in range(3)]
    store = Mirrored(*places)
    store.put(ENTRY, b"content")
    store.shelf("queue").put(OTHER, b"queued")
    assert store.create(OTHER, b"content")
    assert [place.get(ENTRY) for place in places] == 3 * [b"content"]
    assert [place.shelf("queue").get(OTHER) for place in places] == 3 * [b"queued"]
    assert [list(place) for place in (*places, store)] == 4 * [[ENTRY, OTHER]]
    for entry in (ENTRY, OTHER):
        store.delete(entry)
    assert [list(place) for place in (*places, store)] == 4 * [[]]


def test_reads_come_from_the_first_that_has_it(ailing: Ailing) -> None:
    first, last = MemoryStore(), MemoryStore()
    store = Mirrored(first, ailing, last)
    last.put(ENTRY, b"older")
    assert (store.get(ENTRY), ENTRY in store, list(store)) == (b"older", True, [ENTRY])
    first.put(ENTRY, b"newer")
    assert (store.get(ENTRY), list(store)) == (b"newer", [ENTRY])
    with pytest.raises(ContentMissing, match="in memory and the ailing one and memory"):
        store.get(OTHER)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_that_is_ill_keeps_no_other_from_being_read_or_written(ailing: Ailing, place: int) -> None:
    places: list[Store] = [MemoryStore(), MemoryStore()]
    well = tuple(places)
    places.insert(place, ailing)
    store = Mirrored(*places)
    store.put(ENTRY, b"first")
    ailing.is_ill = True
    assert store.get(ENTRY) == b"first"
    said = rf"the ailing one did not put entry {ENTRY} \(StoreUnavailable\).*do the same again"
    with pytest.raises(StoreUnavailable, match=said):
        store.put(ENTRY, b"second")
    assert [each.get(ENTRY) for each in well] == 2 * [b"second"]
    with pytest.raises(StoreUnavailable, match=f"did not delete entry {ENTRY}"):
        store.delete(ENTRY)
    assert [list(each) for each in well] == 2 * [[]]
    # It may still have it, and nobody says that it is gone.
    with pytest.raises(StoreUnavailable):
        store.get(ENTRY)
    ailing.is_ill = False
    assert ENTRY in store
    store.delete(ENTRY)
    assert ENTRY not in store


def test_the_first_says_who_created(ailing: Ailing) -> None:
    copy = MemoryStore()
    store = Mirrored(ailing, copy)
    ailing.is_ill = True
    with pytest.raises(StoreUnavailable):
        store.create(ENTRY, b"first")
    assert ENTRY not in copy
    ailing.is_ill = False
    assert store.create(ENTRY, b"first")
    assert not Mirrored(ailing, MemoryStore()).create(ENTRY, b"second")
    assert copy.get(ENTRY) == b"first"
    alone = Mirrored(MemoryStore())
    assert (alone.create(ENTRY, b"first"), alone.create(ENTRY, b"second"), alone.get(ENTRY)) == (
        True,
        False,
        b"first",
    )


def test_a_copy_that_failed_is_brought_along_when_it_is_created_again(ailing: Ailing) -> None:
    here = MemoryStore()
    store = Mirrored(here, ailing)
    ailing.is_ill = True
    with pytest.raises(StoreUnavailable):
        store.create(ENTRY, b"first")
    with pytest.raises(StoreUnavailable):
        store.create(ENTRY, b"first")
    ailing.is_ill = False
    assert not store.create(ENTRY, b"second")
    # What the primary has is what counts.
    assert here.get(ENTRY) == ailing.get(ENTRY) == b"first"


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    here, there = folder(tmp_path / "here"), folder(tmp_path / "there")
    shutil.rmtree(there.path)
    there.path.touch()
    with pytest.raises(StoreUnavailable, match=f"^folder {there.path} did not put entry"):
        Mirrored(here, there).put(ENTRY, b"content")
    assert here.get(ENTRY) == b"content"


def test_a_caller_who_errs_is_told_so(ailing: Ailing) -> None:
    with pytest.raises(InvalidArgument, match="entry"):
        Mirrored(MemoryStore(), ailing).put("0x12", b"")
