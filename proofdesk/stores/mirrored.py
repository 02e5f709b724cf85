"""Several stores as one, so that what is kept is kept everywhere, and what is erased is erased everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from heapq import merge
from itertools import groupby

from proofdesk._errors import ContentMissing, InvalidArgument
from proofdesk._store import Store
from proofdesk.stores.batches import batches, put_all
from proofdesk.stores.errors import StoreUnavailable


class Mirrored(Store):
    """A store and copies of it: writes go to each, reads come from the first that has it.

    A place that fails does not keep the others from being written: StoreUnavailable is raised when they are
    done, and the same call made again brings the rest along. Of several who create an entry `primary` says
    who did. What a copy kept while a delete or put failed on it is there until that is done again.

    >>> from proofdesk import MemoryStore
    >>> here, there = MemoryStore(), MemoryStore()
    >>> both = Mirrored(here, there)
    >>> both.put("0x" + 64 * "a", b"content")
    >>> both.delete("0x" + 64 * "a")
    >>> list(here), list(there)
    ([], [])
    """

    def __init__(self, primary: Store, *copies: Store) -> None:
        self.places = (primary, *copies)

    def put(self, entry: str, content: bytes) -> None:
        self._each(self.places, f"put entry {entry}", lambda place: place.put(entry, content))

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Keep many contents everywhere, each place in its own few steps."""
        for batch in batches(items):
            self._each(self.places, "put contents", partial(_put_all, batch))

    def create(self, entry: str, content: bytes) -> bool:
        primary, *copies = self.places
        what = f"put entry {entry}"
        if primary.create(entry, content):
            self._each(copies, what, lambda place: place.put(entry, content))
            return True
        # A copy may have failed when it was created.
        with suppress(ContentMissing):
            there = primary.get(entry)
            self._each(copies, what, lambda place: place.create(entry, there))
        return False

    def get(self, entry: str) -> bytes:
        failed: list[StoreUnavailable] = []
        for place in self.places:
            try:
                return place.get(entry)
            except ContentMissing:
                continue
            except StoreUnavailable as error:
                failed.append(error)
        if failed:
            # One that does not answer may have it.
            raise failed[0]
        raise ContentMissing(entry, str(self))

    def delete(self, entry: str) -> None:
        self._each(self.places, f"delete entry {entry}", lambda place: place.delete(entry))

    def shelf(self, name: str) -> Store:
        return Mirrored(*(place.shelf(name) for place in self.places))

    def __contains__(self, entry: str) -> bool:
        return any(entry in place for place in self.places)

    def __iter__(self) -> Iterator[str]:
        return (entry for entry, _ in groupby(merge(*self.places)))

    def __str__(self) -> str:
        return " and ".join(map(str, self.places))

    def _each(self, places: Iterable[Store], what: str, do: Callable[[Store], object]) -> None:
        failed: list[tuple[Store, Exception]] = []
        for place in places:
            try:
                do(place)
            except InvalidArgument:
                raise
            except Exception as error:  # a place may be anybody's, and the others' turn comes all the same
                failed.append((place, error))
        if failed:
            names = " and ".join(str(place) for place, _ in failed)
            reasons = ", ".join(sorted({type(error).__name__ for _, error in failed}))
            raise StoreUnavailable(names, what, reasons) from failed[0][1]


def _put_all(items: list[tuple[str, bytes]], place: Store) -> None:
    put_all(place, items)
