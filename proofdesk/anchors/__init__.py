"""Anchors: records dated by the Merkle root of many, in OpenZeppelin's format. Loaded when first used."""

from proofdesk._contract_errors import AlreadyAnchored, EmptyRoot
from proofdesk.anchors.resource import AsyncAnchors
from proofdesk.anchors.tree import MalformedTree, MerkleTree, root_of, standard_leaf

__all__ = [
    "AlreadyAnchored",
    "AsyncAnchors",
    "EmptyRoot",
    "MalformedTree",
    "MerkleTree",
    "root_of",
    "standard_leaf",
]
