"""Anchors of a desk: Merkle roots dated on chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from proofdesk._abi import topic
from proofdesk._models import Result
from proofdesk._shell import blocking
from proofdesk._words import moment, to_bytes, to_hex
from proofdesk.anchors.tree import MerkleTree

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk._desk import Desk

ANCHOR: Final = "RecordAnchor"


class AsyncAnchors:
    """Dates of Merkle roots: what was in a tree was there by then. Anyone may anchor, anyone may look."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk

    async def anchor(self, tree: MerkleTree) -> Result:
        """Date a tree's root, once: of one that was dated before, the Result is what was done then.

        Raises what `Sender.send` raises.

        >>> tree = MerkleTree.of_entries(["0x" + 32 * "11", "0x" + 32 * "22"])
        >>> desk.anchors.anchor(tree).events[0].arguments["count"]
        2
        """
        # Late: of a hundred generated classes this needs one, and rarely.
        from proofdesk._contract_errors import AlreadyAnchored

        try:
            return await self._desk.send(ANCHOR, "anchor", tree.root, len(tree))
        except AlreadyAnchored:
            found = await self._dated(tree.root)
            if found is None:
                raise
            return await self._desk.result(found["transactionHash"])

    async def anchored_at(self, root: MerkleTree | str) -> datetime | None:
        """When a root was dated; None where it was not. Raises InvalidArgument for what is no hash.

        >>> desk.anchors.anchored_at("0x" + 32 * "11") is None
        True
        """
        time = await self._desk.read(ANCHOR, "anchoredAt", _root(root))
        return moment(time) if time else None

    async def verify(self, root: MerkleTree | str, leaf: str, path: Sequence[str]) -> datetime | None:
        """When a leaf's root was dated; None where it was not, or the Merkle proof leads elsewhere.

        >>> tree = MerkleTree.of_entries(["0x" + 32 * "11", "0x" + 32 * "22"])
        >>> dated = desk.anchors.anchor(tree).events[0].arguments["time"]
        >>> desk.anchors.verify(tree, tree.leaf(1), tree.path(1)).timestamp() == dated
        True
        """
        time = await self._desk.read(ANCHOR, "verify", _root(root), leaf, list(path))
        return moment(time) if time else None

    async def _dated(self, root: str) -> dict[str, Any] | None:
        contract, node = self._desk.deployment.contract(ANCHOR), self._desk.node
        wanted = [topic(ANCHOR, "Timestamped"), root]
        logs = await node.logs(contract.address, wanted, contract.block, await node.height())
        return logs[0] if logs else None


class Anchors:
    """AsyncAnchors' blocking twin."""

    def __init__(self, desk: Desk) -> None:
        self._core = desk._core.anchors

    anchor = blocking(AsyncAnchors.anchor)
    anchored_at = blocking(AsyncAnchors.anchored_at)
    verify = blocking(AsyncAnchors.verify)


def _root(root: MerkleTree | str) -> str:
    return root.root if isinstance(root, MerkleTree) else to_hex(to_bytes(root, 32, "root"))
