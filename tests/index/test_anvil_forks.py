"""Forks on a real node: reorganised by its own means, or wound back and continued otherwise."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.bench import Bench, Call
from benchmarks.desk import GATED, PUBLIC, Scene
from proofdesk._abi import encode_call
from proofdesk.ops.index import Index
from proofdesk.ops.index._schema import EVENTS
from tests.index.compare import assert_equal, rows

DEPTH = 64
STEPS = 5
STORIES = 5  # on one node


class Story:
    """One index, and a chain whose last blocks are replaced again and again."""

    def __init__(self, scene: Scene, random: Random, *, wound_back: bool) -> None:
        self.random, self.scene, self.bench = random, scene, scene.bench
        self.wound_back = wound_back
        self.index = Index.open(":memory:", scene.deployment, depth=DEPTH)
        self.marks: list[tuple[int, str]] = []
        self.base = self.highest = self.bench.node.height()

    def act(self) -> None:
        """Some blocks, of which most hold acts."""
        for _ in range(self.random.randint(1, 4)):
            if self.wound_back:
                self.marks.append((self.bench.node.height(), self.bench.node.request("evm_snapshot")))
            kind = self.random.randrange(4)
            if kind == 0:
                self.bench.node.request("anvil_mine", hex(self.random.randint(1, 30)))
            elif kind == 1:
                self.scene.live(PUBLIC, self.random.randint(1, 3), [self.bench.agent], self.bench.flood)
            else:
                lane, customer = self.random.choice(
                    ((PUBLIC, self.bench.customer), (GATED, self.bench.intake))
                )
                calls = [encode_call("TicketDesk", "open", lane, self.bench.entry()) for _ in range(3)]
                self.bench.flood(Call(customer, self.scene.desk, data) for data in calls)

    def fork(self) -> None:
        """Replace up to 64 of the last blocks, counted from the highest that there ever was."""
        height = self.bench.node.height()
        self.highest = max(self.highest, height)
        lowest = max(self.base, self.highest - DEPTH)
        near = [mark for mark in self.marks if lowest <= mark[0] < height]
        if near:
            mark = self.random.choice(near)
            del self.marks[self.marks.index(mark) :]
            self.bench.node.request("evm_revert", mark[1])
            self.act()
        elif height > lowest and not self.wound_back:
            self.bench.node.request("anvil_reorg", self.random.randint(1, height - lowest), [])

    def play(self) -> None:
        """All of it; in the end the index is what a fresh one is, and what the contracts say."""
        for _ in range(STEPS):
            self.act()
            if self.random.random() < 0.8:
                self.index.update(self.bench.url)
            self.fork()
        self.bench.node.request("anvil_mine", hex(max(1, self.highest - self.bench.node.height() + 1)))
        self.index.update(self.bench.url)
        with Index.open(":memory:", self.scene.deployment, depth=DEPTH) as fresh:
            fresh.update(self.bench.url)
            assert_equal(self.index, fresh)
        check = self.index.check(self.bench.url)
        assert check.differences == 0, check.first
        assert check.lanes == 3


# Not both on one node: after snapshots anvil's reorganisations lose the state, as they do after a while.
@pytest.mark.parametrize("wound_back", [False, True], ids=["reorganised", "wound back"])
def test_forks_of_a_real_node_leave_what_a_fresh_index_has(
    seed: int, long_profile: bool, wound_back: bool
) -> None:
    orphans = 0
    for first in range(0, 100 if long_profile else 10, STORIES):
        with Bench.started() as bench:
            scene = Scene.deployed(bench)
            for number in range(first, first + STORIES):
                story = Story(scene, Random(f"{seed}.{number}"), wound_back=wound_back)
                story.play()
                orphans += len(rows(story.index, EVENTS, EVENTS.c.orphaned))
    assert orphans > 100, "hardly anything was orphaned"
