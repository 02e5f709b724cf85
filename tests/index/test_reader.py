"""The reader, step by step, against a node that is made up and misbehaves in every way it can."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from proofdesk._reader import NodeContradicts, scan
from proofdesk._rpc import NodeError
from proofdesk._shell import drive
from proofdesk.live.reader import DEPTH, ChainReplaced, ForkTooDeep, Position, Reader, Step
from tests.index.compare import line_to
from tests.index.simulated import CERTIFICATION, DESK, Block, SimulatedNode, Tree

OURS = [DESK, CERTIFICATION]


@pytest.fixture
def tree(seed: int) -> Tree:
    """A tree of one block."""
    return Tree(Random(seed))


def reader(
    node: SimulatedNode, position: Position | None = None, *, first: int = 0, depth: int = 8
) -> Reader:
    """A reader of the desk's contracts."""
    begin = position or Position(node.tree.genesis.hash)
    return Reader(line_to(node)._core, OURS, begin, first=first, depth=depth)


def to_head(following: Reader) -> list[Step]:
    """Steps until there is nothing more to be had."""
    steps = [drive(following.step())]
    while not steps[-1].is_last:
        steps.append(drive(following.step()))
    return steps


def logs_of(chain: list[Block]) -> list[dict[str, Any]]:
    """What a reader should have of a chain."""
    return [log for block in chain for log in block.logs if log["address"] in OURS]


def replayed(steps: list[Step]) -> list[dict[str, Any]]:
    """The logs that are left of all steps when those of orphaned blocks are taken back."""
    left: list[dict[str, Any]] = []
    for step in steps:
        gone = {header.hash for header in step.orphaned}
        left = [log for log in left if log["blockHash"] not in gone] + list(step.logs)
    return left


def test_reads_from_the_first_block_to_the_head(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 300), finality=20)
    steps = to_head(reader(node))
    assert replayed(steps) == logs_of(node.chain)
    assert [step.head for step in steps] == [300] * len(steps)
    assert {step.finalized for step in steps} == {280}
    assert [header.number for header in steps[-1].position.headers] == list(range(292, 301))
    assert not steps[-1].orphaned
    # Far behind by spans, near the head by hash: two requests a block there, none elsewhere.
    assert node.asked.count("eth_getBlockByNumber") < 3 * (len(steps) + 8)


def test_begins_at_a_block(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 30))
    for first in (29, 30, 5):
        assert replayed(to_head(reader(node, first=first))) == logs_of(node.chain[first:])


def test_waits_where_nothing_is_new_or_begun(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 3))
    early = drive(reader(node, first=4).step())
    assert (early.headers, early.logs, early.is_last, early.position.block) == ((), (), True, -1)
    following = reader(node)
    to_head(following)
    again = drive(following.step())
    assert (again.headers, again.logs, again.orphaned, again.is_last) == ((), (), (), True)


def test_goes_on_from_a_position(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 40))
    steps = to_head(reader(node))
    node.show(tree.grow(node.chain[-1], 100))
    steps += to_head(reader(node, steps[-1].position))
    assert replayed(steps) == logs_of(node.chain)


@pytest.mark.parametrize("fork", [1, 7, 8])
@pytest.mark.parametrize("growth", [-1, 0, 1, 50])
def test_a_fork_is_taken_back_and_replaced_in_one_step(tree: Tree, fork: int, growth: int) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 60))
    following = reader(node)
    steps, lost = to_head(following), node.chain
    node.show(tree.grow(lost[60 - fork], fork + growth or 1))
    step = drive(following.step())
    assert [header.hash for header in step.orphaned] == [block.hash for block in lost[: 60 - fork : -1]]
    assert step.headers
    steps += [step, *to_head(following)]
    assert replayed(steps) == logs_of(node.chain)


def test_everything_read_may_be_orphaned_while_it_is_young(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 8))
    following = reader(node, first=3)
    steps = to_head(following)
    node.show(tree.grow(node.chain[1], 9))
    steps += to_head(following)
    assert len(steps[1].orphaned) == 6
    assert replayed(steps) == logs_of(node.chain[3:])


def test_a_fork_below_the_depth_stops_it(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 60))
    following = reader(node)
    position, lost = to_head(following)[-1].position, node.chain
    node.show(tree.grow(lost[51], 20))
    with pytest.raises(ForkTooDeep, match="reorganised by more than 8 blocks") as caught:
        drive(following.step())
    assert caught.value.known.hash == lost[52].hash
    assert caught.value.found.hash == node.chain[52].hash
    assert str(caught.value).count("0x") == 2
    assert following.position == position


def test_a_short_chain_replaced_deeper_than_the_depth_stops_it(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 4))
    following = reader(node, first=0, depth=4)
    to_head(following)
    following.position = Position(following.position.genesis, following.position.headers[1:])
    node.show(tree.grow(tree.genesis, 6))
    with pytest.raises(ForkTooDeep):
        drive(following.step())


def test_more_than_the_depth_is_not_taken_back_even_at_the_beginning(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 5))
    following = reader(node, first=1, depth=4)
    to_head(following)
    node.show(tree.grow(tree.genesis, 6))
    with pytest.raises(ForkTooDeep, match="more than 4 blocks"):
        drive(following.step())


def test_spans_grow_while_little_comes(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 4000))
    assert len(to_head(reader(node))) < 10


def test_a_chain_made_anew_stops_it(tree: Tree, seed: int) -> None:
    following = reader(SimulatedNode(tree, tree.grow(tree.genesis, 4)))
    position = to_head(following)[-1].position
    other = Tree(Random(seed + 1))
    with pytest.raises(ChainReplaced, match="begin without what was read") as caught:
        drive(reader(SimulatedNode(other, other.grow(other.genesis, 9)), position).step())
    assert (caught.value.known, caught.value.found) == (tree.genesis.hash, other.genesis.hash)


def test_a_node_that_is_behind_is_waited_for(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 60))
    following = reader(node)
    position, whole = to_head(following)[-1].position, node.chain[-1]
    for behind in (59, 53, 52, 51, 3, 0):  # within what is known, and far below it
        node.show(node.tree.branch(whole)[behind])
        step = drive(following.step())
        assert (step.orphaned, step.headers, step.position, step.is_last) == ((), (), position, True)
    node.show(tree.grow(whole, 2))
    assert [header.number for header in drive(following.step()).headers] == [61, 62]


def test_a_header_that_is_missing_is_waited_for(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 6))
    following = reader(node)

    def missing(number: int) -> Any:
        return lambda method, params, result: (
            None if method == "eth_getBlockByNumber" and params[0] == hex(number) else result
        )

    with node.spoiling(missing(0)):
        assert drive(following.step()).is_last
    with node.spoiling(missing(4)):
        steps = [drive(following.step())]
        assert [header.number for header in steps[0].headers] == [0, 1, 2, 3]
        steps.append(drive(following.step()))
        assert not steps[1].headers
    steps += to_head(following)
    assert replayed(steps) == logs_of(node.chain)


def test_a_chain_that_moves_on_between_answers_gives_one_branch(tree: Tree) -> None:
    """Headers of two branches in one batch: what is taken links, the rest comes later."""
    trunk = tree.grow(tree.genesis, 10)
    first, second = tree.grow(trunk, 6), tree.grow(trunk, 8)
    node = SimulatedNode(tree, first)
    following = reader(node)
    numbers = iter(range(100))

    def move_on(method: str) -> None:
        if method == "eth_getBlockByNumber" and next(numbers) == 11:
            node.show(second)

    node.before = move_on
    steps = to_head(following) + to_head(following) + to_head(following)
    assert replayed(steps) == logs_of(node.chain)


def test_a_block_that_does_not_follow_is_refused(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 60))
    following = reader(node)
    to_head(following)
    node.show(tree.grow(node.chain[-1], 1))

    def other_parent(method: str, params: list[Any], result: Any) -> Any:
        return {**result, "parentHash": tree.genesis.hash} if params[0] == hex(61) else result

    with node.spoiling(other_parent), pytest.raises(NodeContradicts, match="block 61 does not follow"):
        drive(following.step())


@pytest.mark.parametrize("limits", [(10, None), (None, 7), (1, None), (3, 2)])
def test_ranges_are_halved_until_the_node_answers(tree: Tree, limits: tuple[int | None, int | None]) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 200))
    node.most_blocks, node.most_logs = limits
    assert replayed(to_head(reader(node))) == logs_of(node.chain)
    assert drive(scan(line_to(node)._core, OURS, 0, 200)) == logs_of(node.chain)


def test_spans_grow_again(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 4000))
    node.most_blocks = 100
    asked = to_head(reader(node))
    assert len(asked) < 2 * 40
    tried = node.asked.count("eth_getLogs")
    assert tried < 2 * len(asked), "half of the answers are refusals"


def test_full_answers_make_spans_shorter(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofdesk._reader.MANY", 40)
    tree = Tree(Random(seed), events=10)
    node = SimulatedNode(tree, tree.grow(tree.genesis, 400))
    steps = to_head(reader(node))
    assert replayed(steps) == logs_of(node.chain)
    assert max(len(step.logs) for step in steps[2:-1]) < 200


def test_a_single_block_that_is_refused_says_so(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 60))
    node.most_blocks = 0
    with pytest.raises(NodeError, match="query returned more than it may"):
        drive(reader(node).step())
    with pytest.raises(NodeError, match="eth_getLogs"):
        drive(scan(line_to(node)._core, OURS, 0, 5))


def test_scan_asks_for_topics_and_takes_any_range(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 30))
    queries: list[Any] = []

    def heard(_method: str, params: list[Any], result: Any) -> Any:
        queries.append(params[0])
        return result

    node.spoil = heard
    assert drive(scan(line_to(node)._core, [DESK], 5, 4)) == []
    drive(scan(line_to(node)._core, [DESK], 5, 5, topics=["0xaa", None]))
    assert queries == [{"address": [DESK], "topics": ["0xaa", None], "fromBlock": "0x5", "toBlock": "0x5"}]


def test_a_node_that_knows_no_finality(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 100))
    assert drive(reader(node, depth=DEPTH).step()).finalized == 100 - DEPTH
    node.finality = 0
    assert drive(reader(node).step()).finalized == 100
