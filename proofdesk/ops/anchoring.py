"""Anchoring: what waits in a desk's queue goes into Merkle trees whose roots are dated on chain.

    from proofdesk.ops.anchoring import Anchorer

    Anchorer(desk).run(stop)

It needs gas and no role. docs/anchoring.md says what it promises and what a path proves.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from proofdesk._contract_errors import AlreadyAnchored
from proofdesk._desk import Desk
from proofdesk._errors import ConfigurationError, InvalidArgument, ProofdeskError
from proofdesk._sender import BatchFailed
from proofdesk.anchors.queue import Begun, Queue
from proofdesk.anchors.resource import ANCHOR
from proofdesk.anchors.tree import MerkleTree

log = logging.getLogger("proofdesk.anchoring")

MOST = 100_000  # leaves of a tree: 17 hashes lead to its root

_TREES = 20  # dated at once
_STOPPED = 300.0  # seconds, after which what another has begun is taken for left
_LEAST_PAUSE, _LONGEST_TROUBLE = 0.05, 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: roots of the trees that it saw dated, and how many values are in these.

    `waiting` is how many values wait, and `next` when the first of them is due, seconds since 1970; None
    where none waits, another anchorer is at work on them, or what was dated is to become deep first.
    """

    roots: tuple[str, ...]
    values: int
    waiting: int
    next: float | None


class Anchorer:
    """Anchors what was handed in by `enqueue`, from the account that the desk is seen with.

    A tree is made of `count` values, or of those there are when the first of them has waited for `age`. What
    breaks, at whatever moment, is gone on with by the next step, of this process or another. Several may work
    for one desk, each with an account of its own: one is at work, and another takes over what it left for
    five minutes. `clock` gives seconds since 1970.

    Raises ConfigurationError for a desk without an account or without a RecordAnchor, InvalidArgument for a
    count or an age that cannot be meant.

    >>> from proofdesk.anchors.queue import enqueue, proof_of
    >>> enqueue(desk.archive.store, "0x" + 32 * "11")
    >>> anchorer = Anchorer(desk, age=timedelta(0))
    >>> anchorer.step().values
    1
    >>> found = proof_of(desk.archive.store, "0x" + 32 * "11")
    >>> desk.anchors.anchored_at(found.root) is None
    False
    """

    def __init__(
        self,
        desk: Desk,
        count: int = 1000,
        age: timedelta = timedelta(seconds=60),
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not 1 <= count <= MOST:
            raise InvalidArgument(f"count {count}: pass 1 to {MOST}, the most leaves of a tree")
        if age < timedelta(0):
            raise InvalidArgument(f"age {age}: pass a span of time, or none")
        desk.deployment.contract(ANCHOR)
        self.desk = desk
        self.address = desk.sender.address
        self._count, self._age, self._clock = count, age.total_seconds(), clock
        self._queue = Queue(desk.archive.store)

    def step(self, *, everything: bool = False) -> Step:
        """Go on with what was begun, then anchor what is due; or all that waits, be it due or not.

        Raises InsufficientFunds, TransactionError, ConnectionLost, NodeError, and what the store raises; the
        next step goes on where this one stopped.
        """
        begun = self._queue.begun()
        if begun is not None and not self._may_go_on(begun):
            return Step((), 0, len(self._queue.waiting(self._clock())), None)
        done = [] if begun is None else self._go_on(begun)
        if done is None:
            return Step((), 0, len(self._queue.waiting(self._clock())), None)
        waiting = self._queue.waiting(self._clock())
        due = self._due(waiting, everything)
        for start in range(0, len(due), _TREES):
            trees = self._queue.begin(due[start : start + _TREES], self.address, now=self._clock())
            if trees is None:
                return self._told(done, {}, len(waiting))
            self._date(trees)
            if not self._are_settled(trees):
                return self._told(done, {}, len(waiting))
            done += self._ended(trees)
        gone = {value for tree in done for (value,) in tree.values}
        left = {value: since for value, since in waiting.items() if value not in gone}
        return self._told(done, left, len(left))

    def run(
        self, stop: threading.Event, *, poll: float = 1.0, told: Callable[[Step], object] | None = None
    ) -> None:
        """Step until `stop` is set: when a value is due, and every `poll` seconds for new ones.

        `told` hears of every step that anchored something. Looking costs a look into the store: no
        transaction, and nothing is asked of the node. Trouble, of the node's or the store's, is logged and
        outlived, but for what does not end by itself: raises ConfigurationError.
        """
        trouble = 0.0
        while not stop.is_set():
            try:
                found = self.step()
            except ConfigurationError:
                raise
            except (ProofdeskError, OSError) as error:
                trouble = min(max(2 * trouble, poll), _LONGEST_TROUBLE)
                log.warning("%s: %s", type(error).__name__, error)
                stop.wait(trouble)
                continue
            if trouble:
                trouble = 0.0
                log.info("the trouble is over")
            if told is not None and found.roots:
                told(found)
            until = poll if found.next is None else min(poll, found.next - self._clock())
            stop.wait(max(until, _LEAST_PAUSE))

    # ----------------------------------------------------------------------------------------- doing it

    def _may_go_on(self, begun: Begun) -> bool:
        # Another machine's clock may be ahead of this one, or be put back.
        return begun.by == self.address or abs(self._clock() - begun.since) > _STOPPED

    def _go_on(self, begun: Begun) -> list[MerkleTree] | None:
        """See to its end what was begun before something broke, here or in a process that died.

        None as long as what is dated has to become deep.
        """
        kept = [tree for root in begun.roots if (tree := self._queue.tree(root)) is not None]
        self._date(self._undated(kept))
        if not self._are_settled(kept):
            return None
        ended = self._ended(kept)
        # Of a tree that was not kept nothing was sent, and its values still wait.
        self._queue.end(begun.roots)
        return ended

    def _due(self, waiting: Mapping[str, float], everything: bool) -> list[list[str]]:
        values = list(waiting)
        batches = [values[start : start + self._count] for start in range(0, len(values), self._count)]
        if batches and len(batches[-1]) < self._count and not everything:
            first = batches[-1][0]
            if self._clock() < waiting[first] + self._age:
                batches.pop()
        return batches

    def _date(self, trees: Sequence[MerkleTree]) -> None:
        if not trees:
            return
        calls = [self.desk.call(ANCHOR, "anchor", tree.root, len(tree)) for tree in trees]
        try:
            self.desk.sender.send_many(calls)
        except (AlreadyAnchored, BatchFailed):
            # Somebody else was faster, as anyone may be: what counts is what the chain says.
            left = self._undated(trees)
            if len(left) == len(trees):
                raise
            self._date(left)

    def _undated(self, trees: Sequence[MerkleTree]) -> list[MerkleTree]:
        return [tree for tree in trees if self.desk.anchors.anchored_at(tree) is None]

    def _are_settled(self, trees: Sequence[MerkleTree]) -> bool:
        """Whether trees are dated as deep as the desk's sender waits for, whoever sent it and saw it mined.

        Until then they stay begun: of a block that is taken back nothing may have left the queue.
        """
        # Private, for the sender says it nowhere else.
        wanted = self.desk.sender._core._outbox.confirmations
        if wanted == 1:
            return True
        if wanted == "finalized":
            found = self.desk.node.request("eth_getBlockByNumber", wanted, False)
            block = int(found["number"], 16) if found else 0
        else:
            block = self.desk.node.height() - int(wanted) + 1
        if block < self.desk.deployment.contract(ANCHOR).block:
            return not trees
        return all(self.desk.read(ANCHOR, "anchoredAt", tree.root, block=block) for tree in trees)

    def _ended(self, trees: list[MerkleTree]) -> list[MerkleTree]:
        self._queue.finish(trees)
        self._queue.end(tree.root for tree in trees)
        for tree in trees:
            log.info("%s: %d anchored", tree.root, len(tree))
        return trees

    def _told(self, done: Sequence[MerkleTree], left: Mapping[str, float], waiting: int) -> Step:
        due = min(left.values()) + self._age if left else None
        return Step(tuple(tree.root for tree in done), sum(map(len, done)), waiting, due)


@dataclass(frozen=True, slots=True)
class Survey:
    """A queue as it was at `now`: how many values wait, the first of them since when, and what is begun.

    Times are seconds since 1970.
    """

    now: float
    waiting: int
    since: float | None
    begun: Begun | None


def survey(desk: Desk) -> Survey:
    """What waits in a desk's queue; nothing is asked of the node. Raises what the store raises.

    >>> survey(desk).waiting
    0
    """
    now, queue = time.time(), Queue(desk.archive.store)
    waiting = queue.waiting(now)
    return Survey(now, len(waiting), min(waiting.values(), default=None), queue.begun())
