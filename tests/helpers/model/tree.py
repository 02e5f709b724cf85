"""A lane's log: the Merkle tree hash of RFC 9162, section 2.1.1, by its recursive definition."""

from __future__ import annotations

from hashlib import sha256


class Log:
    """The leaves of one lane, in order."""

    def __init__(self) -> None:
        self._leaves: list[bytes] = []
        # Leaves are never changed, so a complete subtree is hashed once.
        self._complete: dict[tuple[int, int], bytes] = {}

    def __len__(self) -> int:
        return len(self._leaves)

    def append(self, data: bytes) -> None:
        """Adds a leaf."""
        self._leaves.append(data)

    def root(self) -> bytes:
        """The tree's hash; that of the empty string for an empty log."""
        return self._hash(0, len(self)) if self._leaves else sha256(b"").digest()

    def peaks(self) -> list[bytes]:
        """The hashes of the largest complete subtrees from the left on: one for each bit of the size."""
        found, start = [], 0
        for bit in reversed(range(len(self).bit_length())):
            if len(self) >> bit & 1:
                found.append(self._hash(start, 1 << bit))
                start += 1 << bit
        return found

    def _hash(self, start: int, count: int) -> bytes:
        known = self._complete.get((start, count))
        if known is not None:
            return known
        if count == 1:
            result = sha256(b"\x00" + self._leaves[start]).digest()
        else:
            left = 1 << (count - 1).bit_length() - 1
            parts = self._hash(start, left) + self._hash(start + left, count - left)
            result = sha256(b"\x01" + parts).digest()
        if count & (count - 1) == 0:
            self._complete[start, count] = result
        return result
