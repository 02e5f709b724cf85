"""Merkle trees in the standard format of OpenZeppelin's merkle-tree library: each verifies the other's.

A leaf is the hash of the hash of its ABI-encoded values, pairs are hashed in the order of their numbers, and
the leaves stand in that order too; node i has the children 2i + 1 and 2i + 2, so the root comes first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from proofdesk._abi import _encode
from proofdesk._errors import InvalidArgument
from proofdesk._json import parse
from proofdesk._words import keccak, to_bytes, to_hex

FORMAT: Final = "standard-v1"
ENTRIES: Final = ("bytes32",)  # of records, each by itself
SIGNED: Final = ("bytes32", "bytes32")  # of signed items: digest, and the hash of the signature


class MalformedTree(InvalidArgument):
    """What was handed in is no tree of this format, or its nodes are not those of its values."""


class MerkleTree:
    """A Merkle tree over values of some ABI types, by default one bytes32 each, as entries are.

    `root` and hashes are 0x-hex. Raises InvalidArgument for a value that does not fit, or where none is.

    >>> tree = MerkleTree([["0x" + 32 * "11"], ["0x" + 32 * "22"]])
    >>> root_of(standard_leaf(["0x" + 32 * "22"]), tree.path(1)) == tree.root
    True
    """

    def __init__(self, values: Iterable[Sequence[Any]], types: Sequence[str] = ENTRIES) -> None:
        self.types = tuple(types)
        self.values = tuple(tuple(map(_plain, value)) for value in values)
        if not self.values:
            raise InvalidArgument("a tree holds at least one value: pass some")
        leaves = [_leaf(value, self.types) for value in self.values]
        order = sorted(range(len(leaves)), key=lambda place: leaves[place])
        # From the last node backwards the leaves, then each parent before its children.
        nodes = [b""] * (len(leaves) - 1) + [leaves[place] for place in reversed(order)]
        for place in reversed(range(len(leaves) - 1)):
            nodes[place] = _pair(nodes[2 * place + 1], nodes[2 * place + 2])
        self._nodes = nodes
        self._places = [0] * len(leaves)
        for rank, place in enumerate(order):
            self._places[place] = len(nodes) - 1 - rank

    @classmethod
    def of_entries(cls, entries: Iterable[str]) -> MerkleTree:
        """A tree over records' entries.

        >>> len(MerkleTree.of_entries(["0x" + 32 * "11", "0x" + 32 * "22"]))
        2
        """
        return cls([entry] for entry in entries)

    @classmethod
    def of_signed(cls, items: Iterable[Any]) -> MerkleTree:
        """A tree over signed receipts and evidence, each with its signature: it dates that both were there.

        >>> tree = MerkleTree.of_signed([signed_receipt])
        >>> tree.path(tree.place(signed_receipt))
        []
        """
        return cls(map(_signed, items), SIGNED)

    @property
    def root(self) -> str:
        """What is anchored."""
        return to_hex(self._nodes[0])

    def __len__(self) -> int:
        return len(self.values)

    def place(self, item: Any) -> int:
        """Where a value stands among the values, from 0; a signed item may be given as it is.

        Raises InvalidArgument for what is not in the tree.
        """
        value = _signed(item) if hasattr(item, "digest") else item
        leaf = _leaf(value, self.types)
        for place, node in enumerate(self._places):
            if self._nodes[node] == leaf:
                return place
        raise InvalidArgument(f"the tree of root {self.root} does not hold this: see which one it went into")

    def leaf(self, place: int) -> str:
        """The leaf of the value at a place, from 0."""
        return to_hex(self._nodes[self._places[place]])

    def path(self, place: int) -> list[str]:
        """The Merkle proof of the value at a place, from 0: what leads from its leaf to the root."""
        return [to_hex(self._nodes[node]) for node in _siblings(self._places[place])]

    def dump(self) -> str:
        """The tree as JSON, which OpenZeppelin's library loads too.

        >>> tree = MerkleTree.of_entries(["0x" + 32 * "11"])
        >>> MerkleTree.load(tree.dump()).root == tree.root
        True
        """
        return json.dumps(
            {
                "format": FORMAT,
                "leafEncoding": list(self.types),
                "tree": list(map(to_hex, self._nodes)),
                "values": [
                    {"value": list(value), "treeIndex": node}
                    for value, node in zip(self.values, self._places, strict=True)
                ],
            },
            separators=(",", ":"),
        )

    @classmethod
    def load(cls, content: str | bytes) -> MerkleTree:
        """Read a tree's JSON, of this package or of OpenZeppelin's; raises MalformedTree.

        >>> MerkleTree.load('{"format": "simple-v1"}')
        Traceback (most recent call last):
        proofdesk.anchors.tree.MalformedTree: a tree's format is standard-v1, this has 'simple-v1'
        """
        try:
            value = parse(content.encode() if isinstance(content, str) else content)
            found = value["format"]
            if found == FORMAT:
                tree = cls([item["value"] for item in value["values"]], value["leafEncoding"])
                nodes = [to_bytes(node, 32, "node") for node in value["tree"]]
        except InvalidArgument as error:
            raise MalformedTree(str(error)) from None
        except (AttributeError, KeyError, TypeError, ValueError):
            raise MalformedTree("this is no tree's JSON, as `dump` writes it: read it again") from None
        if found != FORMAT:
            raise MalformedTree(f"a tree's format is {FORMAT}, this has {found!r:.40}")
        if nodes != tree._nodes:
            raise MalformedTree("the nodes are not those of the values: make the tree anew of its values")
        return tree


def path_in(content: str | bytes, value: Sequence[Any]) -> tuple[str, list[str]]:
    """The root and the Merkle proof of one value in a tree's JSON, without making the whole tree anew.

    What is not on the way is not looked at. Raises MalformedTree where the tree is none, does not hold the
    value, or does not lead from it to its root.

    >>> tree = MerkleTree.of_entries(["0x" + 32 * "11", "0x" + 32 * "22"])
    >>> path_in(tree.dump(), ["0x" + 32 * "22"]) == (tree.root, tree.path(1))
    True
    """
    root, (path,) = paths_in(content, [value])
    return root, path


def paths_in(content: str | bytes, values: Iterable[Sequence[Any]]) -> tuple[str, list[list[str]]]:
    """The root and the Merkle proofs of some values in a tree's JSON, in their order, as `path_in`.

    >>> tree = MerkleTree.of_entries(["0x" + 32 * "11", "0x" + 32 * "22"])
    >>> paths_in(tree.dump(), tree.values) == (tree.root, [tree.path(0), tree.path(1)])
    True
    """
    paths = []
    try:
        found = parse(content.encode() if isinstance(content, str) else content)
        nodes, types = found["tree"], found["leafEncoding"]
        places = {tuple(item["value"]): item["treeIndex"] for item in found["values"]}
        root, is_led = to_hex(to_bytes(nodes[0], 32, "node")), True
        for wanted in (tuple(map(_plain, value)) for value in values):
            if wanted not in places:
                raise MalformedTree("the tree does not hold this value: see which one it went into")
            siblings = _siblings(places[wanted])
            paths.append([to_hex(to_bytes(nodes[node], 32, "node")) for node in siblings])
            is_led = is_led and root_of(standard_leaf(wanted, types), paths[-1]) == root
    except MalformedTree:
        raise
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise MalformedTree("this is no tree's JSON, as `dump` writes it: read it again") from None
    if not is_led:
        raise MalformedTree("the nodes are not those of the values: make the tree anew of its values")
    return root, paths


def standard_leaf(value: Sequence[Any], types: Sequence[str] = ENTRIES) -> str:
    """The leaf of a value: the hash of the hash of its ABI encoding; raises InvalidArgument.

    >>> standard_leaf(["0x" + 32 * "11"])[:10]
    '0xddf01ddd'
    """
    return to_hex(_leaf(value, types))


def root_of(leaf: str, path: Iterable[str]) -> str:
    """The root to which a Merkle proof leads from a leaf; raises InvalidArgument for what is no hash."""
    node = to_bytes(leaf, 32, "leaf")
    for sibling in path:
        node = _pair(node, to_bytes(sibling, 32, "path"))
    return to_hex(node)


def _siblings(node: int) -> Iterator[int]:
    """The nodes that a Merkle proof names, from a node up."""
    while node > 0:
        yield node + 1 if node % 2 else node - 1
        node = (node - 1) // 2


def _leaf(value: Sequence[Any], types: Sequence[str]) -> bytes:
    parts = [{"name": f"value {place}", "type": kind} for place, kind in enumerate(types)]
    return keccak(keccak(_encode("a leaf", parts, value)))


def _plain(value: Any) -> Any:
    return to_hex(value) if isinstance(value, bytes) else value


def _pair(one: bytes, other: bytes) -> bytes:
    return keccak(one + other if one < other else other + one)


def _signed(item: Any) -> tuple[str, str]:
    """What stands for a signed item: other signatures of the same are other items."""
    return item.digest, to_hex(keccak(bytes.fromhex(item.signature.removeprefix("0x"))))
