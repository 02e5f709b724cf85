"""Random trees of forks: however the chain turned, the index ends equal to one that never saw it turn.

`PROFILE=long` plays ten thousand on the made-up node and two hundred on anvil.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from proofdesk import ConnectionLost, LogMismatch, NodeError
from proofdesk.ops.index import Index
from proofdesk.ops.index._schema import EVENTS
from tests.index.compare import assert_equal, assert_orphans_are_kept, deployment_of, line_to, rows
from tests.index.simulated import Block, RefusedError, SimulatedNode, Tree

STEPS = 6
DEPTHS = (0, 1, 3, 16, 64)


class Mischief:
    """Spoils answers now and then: duplicated, shuffled, missing, of another block, refused, cut off."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def __call__(self, method: str, params: list[Any], result: Any) -> Any:
        if self._random.random() > 0.03:
            return result
        if method == "eth_getBlockByNumber":
            if self._random.random() < 0.5:
                return None
            raise RefusedError("busy")
        if method != "eth_getLogs":
            return result
        kind = self._random.randrange(6)
        if kind == 0:
            raise RefusedError("query returned more than 10000 results")
        if kind == 1:
            raise ConnectionError("cut off")
        if kind == 2 and "blockHash" in params[0]:
            return []
        if kind == 3 and result:
            return [{**result[0], "removed": True}, *result[1:]]
        if kind == 4 and "blockHash" in params[0]:
            return [{**log, "blockHash": "0x" + 64 * "9"} for log in result]
        shuffled = [log for log in result for _ in range(2)]
        self._random.shuffle(shuffled)
        return shuffled


class Story:
    """One index and a chain that grows, forks, turns back, and is shown too early."""

    def __init__(self, random: Random, place: str | Path) -> None:
        self.random = random
        self.depth = random.choice(DEPTHS)
        self.tree = Tree(random, events=2, first=random.randrange(4))
        self.heads = [self.tree.grow(self.tree.genesis, random.randint(1, 2 * self.depth + 6))]
        self.node = SimulatedNode(self.tree, self.heads[0], finality=random.choice((None, 0, 5)))
        self.node.gives_whole_blocks = random.random() < 0.5
        self.deployment = deployment_of(self.node)
        self.highest = self.heads[0].number
        self.index = Index.open(place, self.deployment, depth=self.depth)
        self.stored: set[Any] = set()
        if random.random() < 0.5:
            self.node.most_blocks = random.randint(1, 40)

    def turn(self) -> None:
        """The chain's next head; a node that is late shows an older one."""
        head, random = self.heads[-1], self.random
        chain, lowest = self.tree.branch(head), max(0, self.highest - self.depth)
        kind = random.randrange(5)
        if kind in (1, 2) and lowest <= head.number:
            head = self.tree.grow(
                chain[random.randint(lowest, head.number)], random.randint(1, self.depth + 2)
            )
        elif kind == 3 and self.shared(old := random.choice(self.heads)) >= lowest:
            head = old
        elif kind == 4:
            self.node.show(chain[max(0, head.number - random.randrange(self.depth + 2))])
            return
        else:
            head = self.tree.grow(head, random.randint(1, 2 * self.depth + 3))
        self.heads.append(head)
        self.highest = max(self.highest, head.number)
        self.node.show(head)

    def shared(self, other: Block) -> int:
        """The number of the last block that a chain shares with the newest."""
        mine = {block.hash for block in self.tree.branch(self.heads[-1])}
        return max(block.number for block in self.tree.branch(other) if block.hash in mine)

    def update(self, spoil: Mischief | None) -> None:
        """One update, which may be spoiled, and broken off after any batch."""

        def told(_batch: object) -> None:
            if self.random.random() < 0.15:
                raise KeyboardInterrupt

        self.node.spoil = spoil or (lambda _method, _params, result: result)
        with suppress(ConnectionLost, NodeError, LogMismatch, KeyboardInterrupt):
            self.index.update(line_to(self.node), progress=told)
        self.stored |= {row[:3] for row in rows(self.index, EVENTS)}

    def play(self) -> None:
        """All of it."""
        mischief = Mischief(self.random)
        for _ in range(STEPS):
            self.update(mischief if self.random.random() < 0.7 else None)
            self.turn()
        # Higher than all before: a shorter chain could be that of a node which is late.
        head = self.heads[-1]
        self.node.show(self.tree.grow(head, self.highest - head.number + 1))
        self.node.spoil = lambda _method, _params, result: result
        self.index.update(line_to(self.node))
        with Index.open(":memory:", self.deployment, depth=self.depth) as fresh:
            fresh.update(line_to(self.node))
            assert_equal(self.index, fresh)
        assert_orphans_are_kept(self.index, self.node)
        assert self.stored <= {row[:3] for row in rows(self.index, EVENTS)}, "an orphaned event was dropped"
        self.index.close()


def test_a_chain_that_turns_leaves_what_a_fresh_index_has(
    seed: int, long_profile: bool, tmp_path: Path
) -> None:
    for number in range(10_000 if long_profile else 80):
        story = f"{seed}.{number}"
        try:
            Story(Random(story), tmp_path / f"{number}.db" if number % 20 == 0 else ":memory:").play()
        except Exception as error:
            raise AssertionError(f"story {story}: {error!r}") from error
