"""Trees against OpenZeppelin's own library: the same nodes, paths and files; and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from proofdesk import MalformedTree, MerkleTree
from proofdesk._errors import InvalidArgument
from proofdesk.anchors.tree import SIGNED, path_in, root_of, standard_leaf

ROOT = Path(__file__).parents[2]
PEER = Path(__file__).parent / "peer.js"
SIZES = [*range(1, 18), 31, 32, 33, 100, 257]

words = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())


def peer(trees: list[MerkleTree]) -> list[dict[str, Any]]:
    """What OpenZeppelin's library makes of the same values, and of our files."""
    return ask_peer(
        {"values": tree.values, "types": tree.types, "dump": json.loads(tree.dump())} for tree in trees
    )


def ask_peer(asked: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What peer.js answers."""
    done = run_node(PEER, said=json.dumps(list(asked)))
    done.check_returncode()
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def run_node(script: Path, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """What JavaScript does that finds OpenZeppelin's library."""
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    return subprocess.run(
        ["node", str(script), *arguments],
        input=said,
        cwd=ROOT,
        env=os.environ | {"PATH": path, "NODE_PATH": str(ROOT / "node_modules")},
        capture_output=True,
        text=True,
    )


def test_trees_are_those_of_openzeppelins_library() -> None:
    random = Random(5)

    def value(types: tuple[str, ...]) -> list[str]:
        return ["0x" + random.randbytes(32).hex() for _ in types]

    trees = [
        MerkleTree([value(types) for _ in range(size)], types)
        for size in SIZES
        for types in (("bytes32",), SIGNED)
    ]
    twice = ["0x" + 32 * "11"]
    trees.append(MerkleTree([twice, twice, ["0x" + 32 * "22"]]))
    for tree, other in zip(trees, peer(trees), strict=True):
        assert json.loads(tree.dump()) == other["dump"]
        assert [tree.path(place) for place in range(len(tree))] == other["paths"]
        assert [tree.leaf(place) for place in range(len(tree))] == other["leaves"]
        assert other["verified"]
        assert MerkleTree.load(json.dumps(other["dump"])).root == tree.root


@given(st.lists(words, min_size=1, max_size=40, unique=True))
def test_each_value_is_proven_and_no_other(entries: list[str]) -> None:
    tree = MerkleTree.of_entries(entries)
    for place, entry in enumerate(entries):
        assert tree.place([entry]) == place
        assert root_of(standard_leaf([entry]), tree.path(place)) == tree.root
        other = entries[(place + 1) % len(entries)]
        assert len(entries) == 1 or root_of(standard_leaf([other]), tree.path(place)) != tree.root


def test_one_values_path_is_read_without_the_rest() -> None:
    for size in (1, 2, 3, 8, 33):
        entries = [f"0x{number:064x}" for number in range(size)]
        tree = MerkleTree.of_entries(entries)
        for place, entry in enumerate(entries):
            assert path_in(tree.dump(), [entry]) == (tree.root, tree.path(place))
    item = SimpleNamespace(digest="0x" + 32 * "ab", signature="0x" + 65 * "cd")
    signed = MerkleTree.of_signed([item, SimpleNamespace(digest="0x" + 32 * "12", signature="0x34")])
    assert path_in(signed.dump(), signed.values[0]) == (signed.root, signed.path(0))


def test_the_order_of_values_changes_no_root() -> None:
    entries = [f"0x{number:064x}" for number in range(7)]
    assert MerkleTree.of_entries(entries).root == MerkleTree.of_entries(reversed(entries)).root


def test_a_signed_items_leaf_is_of_its_digest_and_its_signature() -> None:
    item = SimpleNamespace(digest="0x" + 32 * "ab", signature="0x" + 65 * "cd")
    tree = MerkleTree.of_signed([item])
    inner = bytes.fromhex(32 * "ab") + keccak(bytes.fromhex(65 * "cd"))
    assert tree.root == "0x" + keccak(keccak(inner)).hex()
    assert tree.place(item) == 0
    with pytest.raises(InvalidArgument, match="does not hold this"):
        tree.place(SimpleNamespace(digest=item.digest, signature="0x" + 65 * "ce"))


def test_bytes_are_written_as_hex() -> None:
    assert MerkleTree.load(MerkleTree([[b"\x11" * 32]]).dump()).values == (("0x" + 32 * "11",),)


@pytest.mark.parametrize(
    ("values", "problem"),
    [([], "at least one"), ([["0x12"]], "does not fit bytes32"), ([["0x" + 32 * "11"] * 2], "takes 1")],
)
def test_what_makes_no_tree(values: list[list[str]], problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        MerkleTree(values)


def test_files_that_are_no_tree() -> None:
    good = json.loads(MerkleTree.of_entries([f"0x{number:064x}" for number in range(5)]).dump())
    node = {**good, "tree": [*good["tree"][:3], "0x" + 32 * "00", *good["tree"][4:]]}
    moved = {**good, "values": [{**good["values"][0], "value": ["0x" + 32 * "77"]}, *good["values"][1:]]}
    for value, problem in [
        ({**good, "format": "simple-v1"}, "format is standard-v1"),
        (node, "are not those of the values"),
        (moved, "are not those of the values"),
        ({**good, "tree": good["tree"][:-1]}, "are not those of the values"),
        ({**good, "values": []}, "at least one"),
        ({**good, "leafEncoding": ["uint8"]}, "does not fit uint8"),
        ({**good, "leafEncoding": 5}, "no tree's JSON"),
        ({name: good[name] for name in ("format", "tree")}, "no tree's JSON"),
        ([], "no tree's JSON"),
    ]:
        with pytest.raises(MalformedTree, match=problem):
            MerkleTree.load(json.dumps(value))
    for text in ("", "{", b"\xff", "[" * 100_000):
        with pytest.raises(MalformedTree):
            MerkleTree.load(text)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda tree: tree["values"].clear(), "does not hold this value"),
        (lambda tree: tree["values"][4].update(treeIndex=0), "not those of the values"),
        (lambda tree: tree["values"][4].update(treeIndex=-5), "not those of the values"),
        (lambda tree: tree["values"][4].update(treeIndex=99), "no tree's JSON"),
        (lambda tree: tree["values"][4].update(treeIndex="4"), "no tree's JSON"),
        (lambda tree: tree["values"][4].update(treeIndex=1e400), "no tree's JSON"),
        (lambda tree: tree.update(tree=["0x" + 64 * "1"] * 9), "not those of the values"),
        (lambda tree: tree.update(tree=["0x11"] * 9), "no tree's JSON"),
        (lambda tree: tree.update(tree=5), "no tree's JSON"),
        (lambda tree: tree.pop("leafEncoding"), "no tree's JSON"),
        (lambda tree: tree.update(leafEncoding=["uint256"]), "no tree's JSON"),
        (lambda tree: tree.update(values=[5]), "no tree's JSON"),
    ],
)
def test_a_path_in_what_is_no_tree(change: Callable[[Any], object], problem: str) -> None:
    entries = [f"0x{number:064x}" for number in range(5)]
    tree = json.loads(MerkleTree.of_entries(entries).dump())
    change(tree)
    with pytest.raises(MalformedTree, match=problem):
        path_in(json.dumps(tree), [entries[4]])
