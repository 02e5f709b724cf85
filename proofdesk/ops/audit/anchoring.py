"""Trees and the queue: whether each value that is to be dated is under a dated root, or waits for one."""

from __future__ import annotations

import time
from datetime import timedelta

from proofdesk._desk import Desk
from proofdesk._errors import ContentMissing, InvalidArgument
from proofdesk._json import parse
from proofdesk._words import moment, to_bytes, to_hex
from proofdesk.anchors.queue import Queue
from proofdesk.anchors.resource import ANCHOR
from proofdesk.anchors.tree import MalformedTree, MerkleTree
from proofdesk.ops.audit.chain import Chain
from proofdesk.ops.audit.differences import Kind, Tally

_MISFITS = (ValueError, TypeError, KeyError, InvalidArgument)


class Anchoring:
    """Checks a store's trees, its queue, and where its values went."""

    def __init__(self, desk: Desk, live: Desk, chain: Chain, tally: Tally) -> None:
        self._chain, self._live, self._tally = chain, live, tally
        self._store = desk.archive.store
        self._dated: set[str] = set()

    def check(self, patience: timedelta) -> None:
        """All of it; `patience` is how long a value may wait."""
        if not self._chain.has(ANCHOR):
            return
        queue = Queue(self._store)
        begun = queue.begun()
        self._check_trees(frozenset(begun.roots) if begun else frozenset())
        self._check_queue(patience)
        self._check_values()

    # --------------------------------------------------------------------------------------------- internal

    def _check_trees(self, begun: frozenset[str]) -> None:
        shelf = self._store.shelf("trees")
        for root in shelf:
            self._tally.count("trees")
            where = f"tree {root}"
            try:
                tree = MerkleTree.load(shelf.get(root))
            except MalformedTree as error:
                self._tally.add(Kind.TREE, where, "a tree of this root", str(error))
                continue
            if tree.root != root:
                self._tally.add(Kind.TREE, where, "a tree of this root", f"the tree of root {tree.root}")
                continue
            if self._is_dated(root, where, is_begun=root in begun):
                self._dated.add(root)
            entries = (value[0] for value in tree.values if len(value) == 1)
            self._chain.ledger.add_leaves(root, map(str, entries))

    def _is_dated(self, root: str, where: str, *, is_begun: bool) -> bool:
        (at,) = self._chain.answers(ANCHOR, "anchoredAt", [(root,)])
        told = self._chain.ledger.dated(root)
        if not at and not is_begun and self._live.anchors.anchored_at(root) is None:
            self._tally.add(Kind.TREE, where, "a root that the contract has dated", "one that it has not")
            return False
        if at and told != at:
            found = "none" if told is None else f"one at {moment(told)}"
            self._tally.add(Kind.TREE, where, f"an event of {moment(at)}, when the contract dated it", found)
        return True

    def _check_queue(self, patience: timedelta) -> None:
        shelf, now = self._store.shelf("queue"), time.time()
        for value in shelf:
            where = f"value {value} in the queue"
            try:
                since = float(parse(shelf.get(value))["since"])
            except ContentMissing:
                continue  # anchored since it was listed
            except _MISFITS:
                self._tally.add(Kind.WAITING, where, "since when it waits", "what does not say")
                continue
            self._tally.count("waiting")
            if now - since > patience.total_seconds():
                found = f"it waits since {moment(int(since))}" if 0 <= since < 2**40 else "it waits for ever"
                self._tally.add(Kind.WAITING, where, f"that it waits {patience} at most", found)

    def _check_values(self) -> None:
        batched, queue = self._store.shelf("batched"), self._store.shelf("queue")
        for value, place in self._chain.ledger.expected():
            try:
                root = to_hex(to_bytes(parse(batched.get(value))["root"], 32, "root"))
            except ContentMissing:
                if value not in queue and value not in batched:
                    expected = f"that {value} is in a tree, or waits for one"
                    self._tally.add(Kind.NOT_ANCHORED, place, expected, "neither")
                continue
            except _MISFITS:
                self._tally.add(Kind.TREE, place, f"the tree of {value}", "what names none")
                continue
            self._tally.count("anchored")
            if root not in self._dated:
                if root not in self._store.shelf("trees"):
                    self._tally.add(Kind.TREE, place, f"tree {root}, which is to hold {value}", "nothing")
            elif not self._chain.ledger.is_leaf(value, root):
                self._tally.add(Kind.TREE, place, f"{value} in tree {root}", "a tree without it")
