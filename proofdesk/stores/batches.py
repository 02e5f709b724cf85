"""Keeping many contents in few steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from proofdesk._store import Store

T = TypeVar("T")

# So many contents are on their way, or in memory, at once.
_BATCH = 100


def put_all(store: Store, items: Iterable[tuple[str, bytes]]) -> None:
    """Keep many contents by entry: all are there when this returns; after an error some may be, each whole.

    It takes a fraction of the time where a store has `put_many(items)`, as a folder and a remote one have;
    otherwise it is one put after the other. Raises what `put` raises.

    >>> from proofdesk import MemoryStore
    >>> store = MemoryStore()
    >>> put_all(store, ((f"0x{number:064x}", b"content") for number in range(3)))
    >>> len(list(store))
    3
    """
    many = getattr(store, "put_many", None)
    if many is not None:
        many(items)
        return
    for entry, content in items:
        store.put(entry, content)


def batches(items: Iterable[T], size: int = _BATCH) -> Iterator[list[T]]:
    """Lists of so many items at most.

    >>> list(batches("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
