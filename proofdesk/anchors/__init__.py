"""Anchors: records dated by the Merkle root of many, in OpenZeppelin's format. Loaded when first used."""

from proofdesk.anchors.tree import MalformedTree, MerkleTree, root_of, standard_leaf

__all__ = ["MalformedTree", "MerkleTree", "root_of", "standard_leaf"]
