"""What the reader makes of answers that are empty, out of order, doubled, or cannot be right."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from proofdesk._reader import NodeContradicts, scan
from proofdesk._rpc import NodeError
from proofdesk._shell import drive
from proofdesk.live.reader import Header, Position
from tests.index.compare import line_to
from tests.index.simulated import CERTIFICATION, DESK, STRANGER, Block, SimulatedNode, Tree
from tests.index.test_reader import logs_of, reader, replayed, to_head


@pytest.fixture
def tree(seed: int) -> Tree:
    """A tree of one block."""
    return Tree(Random(seed))


def busy(tree: Tree) -> Block:
    """A block with at least two acts."""
    head = tree.grow(tree.genesis, 20)
    while len(logs_of([head])) < 2 or CERTIFICATION in {log["address"] for log in head.logs}:
        head = tree.grow(head, 1)
    return head


def spoiled(change: Any, *, times: int = 10**9) -> Any:
    """Changes the answers to eth_getLogs by hash that hold any, so often."""
    left = [times]

    def spoil(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs" and "blockHash" in params[0] and result and left[0]:
            left[0] -= 1
            return change(result)
        return result

    return spoil


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _: [], id="empty"),
        pytest.param(lambda logs: logs[::-1], id="out of order"),
        pytest.param(lambda logs: [log for log in logs for _ in range(3)], id="duplicated"),
    ],
)
def test_an_answer_that_can_be_mended_is(tree: Tree, change: Any) -> None:
    node = SimulatedNode(tree, busy(tree))
    with node.spoiling(spoiled(change)):
        assert replayed(to_head(reader(node))) == logs_of(node.chain)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(lambda logs: [{**logs[0], "removed": True}], "not asked for", id="removed"),
        pytest.param(lambda logs: [{**logs[0], "address": STRANGER}], "not asked for", id="address"),
        pytest.param(lambda logs: [{**logs[0], "blockHash": "0x" + 64 * "1"}], "another block", id="hash"),
        pytest.param(lambda logs: [{**logs[0], "blockNumber": "0x7"}], "another block", id="number"),
        pytest.param(lambda _: [{"address": DESK}], "logs that are none", id="no log"),
        pytest.param(lambda _: None, "logs that are none", id="null"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(tree: Tree, change: Any, problem: str) -> None:
    node = SimulatedNode(tree, busy(tree))
    following = reader(node)
    with node.spoiling(spoiled(change)), pytest.raises(NodeContradicts, match=problem):
        to_head(following)
    # Asked again it may do better.
    with node.spoiling(spoiled(change, times=1)):
        to_head(following)
    assert following.position.block == node.chain[-1].number


@pytest.mark.parametrize("whole", [True, False])
def test_an_empty_answer_is_doubted_when_the_bloom_disagrees(tree: Tree, whole: bool) -> None:
    """Even receipts leave the logs out: nothing then sets the header's bits."""
    node = SimulatedNode(tree, busy(tree))
    node.gives_whole_blocks = whole

    def silent(method: str, params: list[Any], result: Any) -> Any:
        if method in ("eth_getTransactionReceipt", "eth_getBlockReceipts"):
            return None
        return [] if method == "eth_getLogs" and "blockHash" in params[0] else result

    with node.spoiling(silent), pytest.raises(NodeContradicts, match="leaves out logs that are in block"):
        to_head(reader(node))


@pytest.mark.parametrize("whole", [True, False])
def test_a_bloom_that_has_a_contract_by_chance_is_believed_when_receipts_explain_it(
    tree: Tree, whole: bool
) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 9))

    def full(method: str, params: list[Any], result: Any) -> Any:
        return {**result, "logsBloom": "0x7" + 511 * "f"} if method == "eth_getBlockByNumber" else result

    with node.spoiling(full), pytest.raises(NodeContradicts, match="leaves out logs"):
        to_head(reader(node))
    # Of a block with hundreds of other logs nearly every bit is set, and each is explained.
    crowd = [{"address": f"0x{n:040x}", "topics": [f"0x{n:064x}"], "blockHash": "0x"} for n in range(4000)]

    def crowded(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getTransactionReceipt":
            return {**result, "logs": [*result["logs"], *crowd]}
        if method == "eth_getBlockReceipts":
            return [*result, {"logs": crowd}]
        return full(method, params, result)

    node.show(busy(tree))
    tail = SimulatedNode(tree, tree.grow(node.chain[-2], 1))
    tail.chain[-1] = node.chain[-1]
    tail.gives_whole_blocks = whole
    with tail.spoiling(crowded):
        following = reader(tail, Position(tree.genesis.hash, (header(tail.chain[-2]),)))
        assert replayed(to_head(following)) == logs_of(tail.chain[-1:])
        assert ("eth_getTransactionReceipt" in tail.asked) is not whole


def header(block: Block) -> Header:
    """As the reader knows it."""
    return Header(block.number, block.hash, block.parent, block.time)


def test_a_span_whose_last_block_changed_is_read_again(tree: Tree) -> None:
    node = SimulatedNode(tree, tree.grow(busy(tree), 200))
    left = [1]

    def other(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs" and "toBlock" in params[0] and left[0]:
            left[0] -= 1
            last = int(params[0]["toBlock"], 16)
            return [{**result[0], "blockNumber": hex(last), "blockHash": "0x" + 64 * "2"}]
        return result

    with node.spoiling(other):
        assert replayed(to_head(reader(node))) == logs_of(node.chain)


def test_a_bloom_of_all_ones_says_nothing(tree: Tree) -> None:
    """Some chains have none, and fill it for every block."""
    node = SimulatedNode(tree, tree.grow(tree.genesis, 9))

    def full(method: str, params: list[Any], result: Any) -> Any:
        return {**result, "logsBloom": "0x" + 512 * "f"} if method == "eth_getBlockByNumber" else result

    with node.spoiling(full):
        assert replayed(to_head(reader(node))) == logs_of(node.chain)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda block: {**block, "number": 7}, id="number"),
        pytest.param(lambda block: {**block, "hash": None}, id="no hash"),
        pytest.param(lambda block: {**block, "parentHash": "0x12"}, id="short hash"),
        pytest.param(lambda block: {**block, "logsBloom": "full"}, id="bloom"),
        pytest.param(lambda block: {**block, "logsBloom": 7}, id="bloom's kind"),
        pytest.param(lambda block: {"number": block["number"]}, id="fields"),
        pytest.param(lambda _: "0x", id="text"),
        pytest.param(lambda _: [], id="list"),
    ],
)
def test_a_block_that_is_none_is_refused(tree: Tree, change: Any) -> None:
    node = SimulatedNode(tree, busy(tree))

    def odd(method: str, params: list[Any], result: Any) -> Any:
        return change(result) if method == "eth_getBlockByNumber" and params[0] != "0x0" else result

    with node.spoiling(odd), pytest.raises(NodeContradicts, match="a block that is none"):
        to_head(reader(node))


@pytest.mark.parametrize("answer", [None, 7, "latest", []])
def test_a_head_that_is_none_is_refused(tree: Tree, answer: Any) -> None:
    node = SimulatedNode(tree, busy(tree))

    def odd(method: str, params: list[Any], result: Any) -> Any:
        return answer if params[0] == "latest" else result

    with node.spoiling(odd), pytest.raises(NodeContradicts, match="a block that is none"):
        drive(reader(node).step())


@pytest.mark.parametrize("change", [{"logs": None}, {"logs": [{}]}, {"logs": 7}])
def test_receipts_that_are_none_are_refused(tree: Tree, change: Any) -> None:
    node = SimulatedNode(tree, busy(tree))

    def odd(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockReceipts":
            return [{**receipt, **change} for receipt in result]
        return [] if method == "eth_getLogs" and "blockHash" in params[0] else result

    with node.spoiling(odd), pytest.raises(NodeContradicts, match="a block that is none"):
        to_head(reader(node))


BUSY = [
    ("rate limit exceeded, retry in 1s", -32005),
    ("Too many requests", -32000),
    ("50 per second allowed", -32007),
    ("limit exceeded", -32005),
    ("slow down", 429),
]


@pytest.mark.parametrize(("text", "code"), BUSY)
def test_a_node_that_is_asked_too_often_is_waited_for_and_asked_the_same(
    tree: Tree, pauses: list[float], text: str, code: int
) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 200))
    node.busy = [("eth_getLogs", code, text)] * 4
    assert replayed(to_head(reader(node))) == logs_of(node.chain)
    assert pauses == [0.25, 0.5, 1.0, 2.0]
    # What it allows in one answer has not become less.
    assert node.asked.count("eth_getLogs") < 20
    node.busy = [("eth_getLogs", code, text)] * 1000
    with pytest.raises(NodeError, match=text):
        drive(scan(line_to(node)._core, [DESK], 0, 200))
    assert len(pauses) < 12 and sum(pauses[4:]) > 10


def test_headers_that_are_asked_too_often_are_waited_for(tree: Tree, pauses: list[float]) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 20))
    node.busy = [("eth_getBlockByNumber", 429, "slow down")] * 2
    assert replayed(to_head(reader(node))) == logs_of(node.chain)
    assert sum(pauses) >= 1


def test_ranges_are_halved_without_a_pause_but_not_for_ever(tree: Tree, pauses: list[float]) -> None:
    node = SimulatedNode(tree, tree.grow(tree.genesis, 2_000))
    node.most_blocks = 16
    assert len(drive(scan(line_to(node)._core, [DESK], 0, 2_000))) > 0
    assert pauses == []
    node.most_blocks = 1
    drive(scan(line_to(node)._core, [DESK], 0, 2_000))
    assert 0 < len(pauses) <= 2_000 and set(pauses) == {0.25}


def test_a_span_and_its_last_block_are_asked_for_together(tree: Tree) -> None:
    """Of several nodes behind one address, one answers both."""
    node = SimulatedNode(tree, tree.grow(tree.genesis, 200))
    batches: list[list[str]] = []
    node.told = lambda methods: batches.append(methods)
    to_head(reader(node))
    spans = [
        methods for methods in batches if methods[0] == "eth_getLogs" and "eth_getBlockByNumber" in methods
    ]
    assert len(spans) >= 2 and all(methods == ["eth_getLogs", "eth_getBlockByNumber"] for methods in spans)
