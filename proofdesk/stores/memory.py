"""A store that lasts as long as the process."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from proofdesk._errors import ContentMissing
from proofdesk._store import Store
from proofdesk.stores.names import name_of, shelf_of


class MemoryStore(Store):
    """A store that lasts as long as the process.

    >>> store = MemoryStore()
    >>> store.create("0x" + 64 * "a", b"content"), store.create("0x" + 64 * "a", b"another")
    (True, False)
    """

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._shelves: dict[str, MemoryStore] = {}
        self._lock = Lock()

    def put(self, entry: str, content: bytes) -> None:
        self._contents[name_of(entry)] = content

    def create(self, entry: str, content: bytes) -> bool:
        name = name_of(entry)
        with self._lock:
            if name in self._contents:
                return False
            self._contents[name] = content
        return True

    def get(self, entry: str) -> bytes:
        try:
            return self._contents[name_of(entry)]
        except KeyError:
            raise ContentMissing(entry, str(self)) from None

    def delete(self, entry: str) -> None:
        self._contents.pop(name_of(entry), None)

    def shelf(self, name: str) -> MemoryStore:
        return self._shelves.setdefault(shelf_of(name), MemoryStore())

    def copied(self) -> MemoryStore:
        """A store of its own that begins with all that this one has, shelves too.

        >>> store = MemoryStore()
        >>> store.copied().put("0x" + 64 * "a", b"content")
        >>> len(list(store))
        0
        """
        other = MemoryStore()
        other._contents = dict(self._contents)
        other._shelves = {name: shelf.copied() for name, shelf in self._shelves.items()}
        return other

    def __contains__(self, entry: str) -> bool:
        return name_of(entry) in self._contents

    def __iter__(self) -> Iterator[str]:
        return ("0x" + name for name in sorted(self._contents))

    def __str__(self) -> str:
        return "memory"
