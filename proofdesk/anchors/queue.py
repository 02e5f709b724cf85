"""What waits to be anchored, what is being anchored, and where what was anchored went; kept in a store.

    shelf queue      value → {"since"}    waits, since that second
    shelf begun      one key → {"roots"}  the trees that somebody is dating on chain just now
    shelf trees      root → the tree      in OpenZeppelin's format
    shelf batched    value → {"root"}     which tree a value went into, once that is dated

A value leaves the queue only after its tree is dated and `batched` says so: whatever breaks in between, it
stays, and is anchored again. To be in two dated trees harms nothing; `batched` names one of them.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress
from math import inf
from typing import Any, Final, TypeVar

from proofdesk._errors import ContentMissing, ContentTampered
from proofdesk._json import parse
from proofdesk._store import Store
from proofdesk._words import to_bytes, to_hex
from proofdesk.anchors.tree import MalformedTree, MerkleTree, paths_in
from proofdesk.stores import put_all

R = TypeVar("R")

_PLACE: Final = "0x" + 64 * "0"
_MOMENTS: Final = 253_402_300_800  # seconds: the year 10,000
_AT_ONCE: Final = 8  # threads
# What JSON of another form makes reading it raise.
_MISFITS: Final = (ValueError, TypeError, KeyError, OverflowError)


@dataclass(frozen=True, slots=True)
class Batched:
    """How a value was anchored: its tree's root, and the Merkle proof that leads from its leaf there."""

    root: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """Roots of trees that are being dated, by which account, since when (seconds since 1970)."""

    roots: tuple[str, ...]
    by: str
    since: float


def enqueue(store: Store, value: str, *, now: float | None = None) -> None:
    """Let a value of 32 bytes, such as an entry, be anchored soon; once, however often it is called.

    `now` is seconds since 1970, by this machine's clock by default. Raises InvalidArgument for what is no
    such value, and what the store raises; when it returns, the store has it.

    >>> enqueue(store, "0x" + 32 * "11")
    >>> proof_of(store, "0x" + 32 * "11") is None
    True
    """
    value = to_hex(to_bytes(value, 32, "value"))
    if value not in store.shelf("batched"):
        since = time.time() if now is None else now
        store.shelf("queue").create(value, _written({"since": since}))


def proof_of(store: Store, value: str) -> Batched | None:
    """Which root a value was anchored under, and how it leads there; None as long as it was not.

    `desk.anchors.verify(found.root, standard_leaf([value]), found.path)` says when. Raises InvalidArgument
    for what is no value, ContentMissing where the tree is not there, ContentTampered where it is another.

    >>> len(proof_of(anchored_store, entry).path)
    1
    """
    return proofs_of(store, [value]).get(to_hex(to_bytes(value, 32, "value")))


def proofs_of(store: Store, values: Iterable[str]) -> dict[str, Batched]:
    """How those of some values were anchored that were, as `proof_of`; each of their trees is read once.

    >>> sorted(proofs_of(anchored_store, [entry, "0x" + 32 * "77"])) == [entry]
    True
    """
    by_root: dict[str, list[str]] = defaultdict(list)
    for value in values:
        value = to_hex(to_bytes(value, 32, "value"))
        if (root := _root_of(store, value)) is not None:
            by_root[root].append(value)
    found: dict[str, Batched] = {}
    for root, own in by_root.items():
        try:
            # Built anew the whole tree takes some twenty times as long.
            reached, paths = paths_in(store.shelf("trees").get(root), ([value] for value in own))
        except MalformedTree as error:
            held = f"{own[0]}{' and others' if own[1:] else ''}"
            raise ContentTampered(root, str(store), f"is no tree that holds {held}: {error}") from None
        if reached != root:
            raise ContentTampered(root, str(store), f"is the tree of root {reached}")
        found |= {value: Batched(root, tuple(path)) for value, path in zip(own, paths, strict=True)}
    return found


def tree_of(store: Store, value: str) -> MerkleTree | None:
    """The tree in which a value was anchored, checked as a whole; None as long as it was not.

    Raises as `proof_of`.

    >>> len(tree_of(anchored_store, entry))
    2
    """
    root = _root_of(store, to_hex(to_bytes(value, 32, "value")))
    return None if root is None else _loaded(root, store.shelf("trees").get(root), str(store))


class Queue:
    """A store's queue as those who anchor see it; any number of processes may have one.

    >>> queue = Queue(store)
    >>> enqueue(store, "0x" + 32 * "22", now=1_700_000_000)
    >>> queue.waiting(now=1_700_000_060)["0x" + 32 * "22"]
    1700000000.0
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue, self._begun = store.shelf("queue"), store.shelf("begun")
        self._trees, self._batched = store.shelf("trees"), store.shelf("batched")
        self._since: dict[str, float] = {}

    def waiting(self, now: float) -> Mapping[str, float]:
        """What waits, who has waited longest first, each since when; seconds since 1970, as `now`."""
        found, known = list(self._queue), self._since
        # What was read once is not read again: it waits since then.
        fresh = [value for value in found if value not in known]
        read = dict(zip(fresh, _each(self._read_since, fresh), strict=True))
        # The clock of who handed it in may be ahead: for who waits, time runs from when it was seen here.
        seen = {value: since if 0 <= since <= now else now for value, since in read.items()}
        self._since = {value: known[value] if value in known else seen[value] for value in found}
        return dict(sorted(self._since.items(), key=lambda item: (item[1], item[0])))

    def begin(self, batches: Iterable[Sequence[str]], by: str, *, now: float) -> list[MerkleTree] | None:
        """Keep a tree for each batch, to be dated by an account; None while somebody else is at it.

        What was anchored already, by another or before it was handed in again, waits no more.
        """
        begun = {"since": now, "by": by}
        if not self._begun.create(_PLACE, _written({**begun, "roots": []})):
            return None
        # Only now: whoever was at it before has noted what he anchored.
        left = [list(compress(batch, _each(self._is_left, batch))) for batch in batches]
        trees = [MerkleTree.of_entries(batch) for batch in left if batch]
        if not trees:
            self._begun.delete(_PLACE)
            return []
        # Named before they are kept: so each tree that is kept is dated, or found here.
        self._begun.put(_PLACE, _written({**begun, "roots": [tree.root for tree in trees]}))
        for tree in trees:
            self._trees.put(tree.root, tree.dump().encode())
        return trees

    def begun(self) -> Begun | None:
        """What somebody is at, or was when he was stopped; None where nobody is."""
        try:
            found = parse(self._begun.get(_PLACE))
            roots = tuple(to_hex(to_bytes(root, 32, "root")) for root in found["roots"])
            since = float(found["since"])
            return Begun(roots, str(found["by"]), since if 0 <= since < _MOMENTS else 0.0)
        except ContentMissing:
            return None
        except _MISFITS:
            # Nothing is lost with it: what waits waits, and gets a tree anew.
            return Begun((), "", 0.0)

    def tree(self, root: str) -> MerkleTree | None:
        """A tree that was begun; None where it never was kept, or is damaged, and thus to be made anew."""
        try:
            return _loaded(root, self._trees.get(root), str(self._store))
        except (ContentMissing, ContentTampered):
            return None

    def finish(self, trees: Iterable[MerkleTree]) -> None:
        """Note where the values of dated trees went, and that they wait no more."""
        for tree in trees:
            values = [value for (value,) in tree.values]
            pointer = _written({"root": tree.root})
            put_all(self._batched, [(value, pointer) for value in values])
            _each(self._queue.delete, values)

    def end(self, roots: Iterable[str]) -> None:
        """Let others begin, if it is these roots that are begun."""
        begun = self.begun()
        if begun is not None and begun.roots == tuple(roots):
            self._begun.delete(_PLACE)

    def _is_left(self, value: str) -> bool:
        if value not in self._batched:
            return True
        self._queue.delete(value)
        return False

    def _read_since(self, value: str) -> float:
        try:
            return float(parse(self._queue.get(value))["since"])
        except (ContentMissing, *_MISFITS):
            # Gone meanwhile, or damaged: what never was counts from when it is seen.
            return inf


def _root_of(store: Store, value: str) -> str | None:
    """The root of the tree that a value went into; None as long as it went into none."""
    try:
        pointer = store.shelf("batched").get(value)
    except ContentMissing:
        return None
    try:
        return to_hex(to_bytes(parse(pointer)["root"], 32, "root"))
    except _MISFITS:
        raise ContentTampered(value, str(store), "does not say which tree it went into") from None


def _loaded(root: str, content: bytes, place: str) -> MerkleTree:
    try:
        tree = MerkleTree.load(content)
    except MalformedTree as error:
        raise ContentTampered(root, place, f"is no tree: {error}") from None
    if tree.root != root:
        raise ContentTampered(root, place, f"is the tree of root {tree.root}")
    return tree


def _each(function: Callable[[str], R], values: Sequence[str]) -> list[R]:
    """Call it for each value, several at once: a distant store takes its time for each."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(function, values))


def _written(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
