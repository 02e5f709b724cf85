"""A lane's log: the Merkle tree of RFC 9162 (Certificate Transparency 2.0), section 2.1.

SHA-256; a leaf is hashed as ``0x00 ‖ data``, a node as ``0x01 ‖ left ‖ right``. Roots and proofs are the
RFC's own, so any existing verifier checks them. Everything here is bytes and ints; nothing reads a chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash one leaf's data.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node from its two children."""
    return sha256(b"\1" + left + right).digest()


def peaks_root(peaks: Sequence[bytes]) -> bytes:
    """Fold the roots of a log's complete subtrees, largest first, into the log's root.

    >>> peaks_root([]) == EMPTY_ROOT
    True
    """
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


class Log:
    """An append-only log that gives roots and proofs at any of its sizes in O(log n).

    It keeps the root of every complete subtree, about 64 bytes a leaf. Indices count from 0.

    >>> log = Log()
    >>> for act in (b"open", b"take", b"move"):
    ...     _ = log.append(act)
    >>> proof = log.inclusion_proof(1)
    >>> verify_inclusion(leaf_hash(b"take"), 1, 3, proof, log.root())
    True
    """

    __slots__ = ("_levels",)

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        # Level h holds the roots of the complete subtrees of 2^h leaves, one after another.
        self._levels: list[bytearray] = [bytearray()]
        for leaf in leaf_hashes:
            self.append_hash(leaf)

    def __len__(self) -> int:
        return len(self._levels[0]) // HASH_SIZE

    def append(self, data: bytes) -> int:
        """Append a leaf by its data and return its index."""
        return self.append_hash(sha256(b"\0" + data).digest())

    def append_hash(self, leaf: bytes) -> int:
        """Append a leaf by its hash and return its index.

        Raises ValueError if the hash is not 32 bytes long.
        """
        if len(leaf) != HASH_SIZE:
            raise ValueError(f"a leaf hash has {HASH_SIZE} bytes, not {len(leaf)}")
        levels = self._levels
        node, height = leaf, 0
        while True:
            level = levels[height]
            level += node
            if len(level) & HASH_SIZE:  # an odd count: this node has no sibling yet
                return len(levels[0]) // HASH_SIZE - 1
            node = sha256(b"\1" + level[-2 * HASH_SIZE :]).digest()
            height += 1
            if height == len(levels):
                levels.append(bytearray())

    def leaf(self, index: int) -> bytes:
        """Return a leaf's hash; IndexError if the log has no such leaf."""
        if not 0 <= index < len(self):
            raise IndexError(f"no leaf {index} in a log of {len(self)}")
        return self._complete(0, index)

    def peaks(self, size: int | None = None) -> list[bytes]:
        """Return the roots of the complete subtrees at a size (default: now), largest first."""
        return self._peaks(0, self._size(size))

    def root(self, size: int | None = None) -> bytes:
        """Return the root at a size (default: now); that of the empty log is SHA-256 of nothing."""
        return peaks_root(self.peaks(size))

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the RFC's proof (2.1.3.1) that a leaf stands at an index, at a size (default: now).

        Raises IndexError if the log had no such leaf at that size, ValueError if it never had the size.
        """
        size = self._size(size)
        if not 0 <= index < size:
            raise IndexError(f"no leaf {index} in a log of {size}")
        proof: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                proof.append(self._subtree(middle, end))
                end = middle
            else:
                proof.append(self._subtree(start, middle))
                start = middle
        return proof[::-1]

    def consistency_proof(self, first: int, second: int | None = None) -> list[bytes]:
        """Return the RFC's proof (2.1.4.1) that the log at one size continues the log at a smaller one.

        Empty if the sizes are equal or `first` is 0. Raises ValueError if the log never had one of the sizes,
        or `first` is the larger.
        """
        second = self._size(second)
        if not 0 <= first <= second:
            raise ValueError(f"a log of {second} does not continue one of {first}")
        if first == 0:
            return []
        proof: list[bytes] = []
        start, end = 0, second
        while first != end:
            middle = start + _split(end - start)
            if first <= middle:
                proof.append(self._subtree(middle, end))
                end = middle
            else:
                proof.append(self._subtree(start, middle))
                start = middle
        if start:  # otherwise the verifier knows this node: it is the first root
            proof.append(self._subtree(start, end))
        return proof[::-1]

    def _size(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise ValueError(f"the log has {len(self)} leaves and never had {size}")
        return size

    def _complete(self, height: int, position: int) -> bytes:
        offset = position * HASH_SIZE
        return bytes(self._levels[height][offset : offset + HASH_SIZE])

    def _peaks(self, start: int, end: int) -> list[bytes]:
        peaks = []
        while start < end:
            height = (end - start).bit_length() - 1
            peaks.append(self._complete(height, start >> height))
            start += 1 << height
        return peaks

    def _subtree(self, start: int, end: int) -> bytes:
        return peaks_root(self._peaks(start, end))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a proof puts a leaf hash at an index of the log with this root (RFC 9162, 2.1.3.2).

    Malformed sizes and hashes are answered with False, never with an exception.
    """
    if not (0 <= index < size and _are_hashes(leaf, root, *proof)):
        return False
    node, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether a proof shows that the second log continues the first (RFC 9162, 2.1.4.2).

    Every log continues the empty one, and each itself, by an empty proof. Malformed sizes and hashes are
    answered with False, never with an exception.
    """
    if not (0 <= first <= second and _are_hashes(first_root, second_root, *proof)):
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    if not proof:
        return False
    # A complete first tree is itself the path's first node, which the RFC leaves out of the proof.
    path = [first_root, *proof] if first & (first - 1) == 0 else proof
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(width: int) -> int:
    """The largest power of two below a width of at least 2."""
    return 1 << ((width - 1).bit_length() - 1)


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
