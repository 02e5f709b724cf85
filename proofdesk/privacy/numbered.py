"""A row of numbered contents on a store's shelf: who adds to it takes the next number, and nobody's twice.

It has no count of its own, which writers would have to agree on: its end is where the next number is free,
found in some two steps for each doubling of its length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from proofdesk._store import Store

_LOST: Final = 16


@dataclass(frozen=True, slots=True)
class Row:
    """Contents 1, 2, 3 … on a shelf; `key` tells under which hash a number is kept.

    >>> row = Row(MemoryStore(), lambda number: f"0x{number:064x}")
    >>> [row.create(row.end() + 1, text) for text in (b"one", b"two")], row.get(2)
    ([True, True], b'two')
    """

    shelf: Store
    key: Callable[[int], str]

    def end(self, known: int = 0) -> int:
        """The last number that is taken, 0 where none is; all up to `known` are taken for sure."""
        taken, free = known, known + 1
        while self.key(free) in self.shelf:
            taken, free = free, 2 * free - known
        while free - taken > 1:
            middle = (taken + free) // 2
            if self.key(middle) in self.shelf:
                taken = middle
            else:
                free = middle
        return taken

    def get(self, number: int) -> bytes:
        """The content of a number; raises ContentMissing."""
        return self.shelf.get(self.key(number))

    def create(self, number: int, content: bytes) -> bool:
        """Take a number, and say whether it was free."""
        return self.shelf.create(self.key(number), content)

    def last(self) -> int:
        """The last number that is taken though some before it were lost, 16 in a row at most."""
        end = self.end()
        while found := next(
            (each for each in range(end + _LOST, end, -1) if self.key(each) in self.shelf), 0
        ):
            end = self.end(found)
        return end

    def clear(self) -> None:
        """Forget all; from the last to the first, so that whoever is killed leaves a shorter row."""
        for number in range(self.last(), 0, -1):
            self.shelf.delete(self.key(number))
