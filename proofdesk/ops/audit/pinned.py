"""A desk as of one block: whatever is asked of its latest state is answered as of that."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from proofdesk._desk import Desk
from proofdesk._reader import NodeContradicts
from proofdesk._rpc import AsyncNode, Node
from proofdesk._transport import Requests, Transport
from proofdesk._words import to_hex


@dataclass(frozen=True, slots=True)
class Block:
    """The block as of which a desk is read; `time` is seconds since 1970."""

    number: int
    hash: str
    time: int


class Pinned(Transport):
    """A line to a node on which the latest block is always the same."""

    def __init__(self, line: Transport, block: int) -> None:
        self.provider = line.provider
        self._line = line
        self._block = hex(block)

    async def ask(self, method: str, params: list[Any]) -> Any:
        if method == "eth_blockNumber":
            return {"result": self._block}
        return await self._line.ask(method, self._pinned(params))

    async def ask_all(self, requests: Requests) -> Any:
        return await self._line.ask_all([(method, self._pinned(params)) for method, params in requests])

    async def sleep(self, seconds: float) -> None:
        await self._line.sleep(seconds)

    async def run(self, function: Any, *args: object) -> Any:
        return await self._line.run(function, *args)

    def lock(self) -> AbstractAsyncContextManager[object]:
        return self._line.lock()

    async def close(self) -> None:
        """Leave the line to whose it is."""

    def _pinned(self, params: list[Any]) -> list[Any]:
        return [self._block if param == "latest" else param for param in params]


def pinned(desk: Desk) -> tuple[Desk, Block]:
    """A desk as of its chain's latest block, with the same records and keyring, to be read only."""
    found = desk.node.request("eth_getBlockByNumber", "latest", False)
    block = Block(
        int(found["number"], 16), to_hex(bytes.fromhex(found["hash"][2:])), int(found["timestamp"], 16)
    )
    node = Node(desk.node)
    node._core = AsyncNode(Pinned(desk.node._core.transport, block.number))
    store = desk.archive.store
    return Desk(node, desk.deployment, store=store, keyring=desk.keyring), block


def refuse_replaced(desk: Desk, block: Block) -> None:
    """Raise NodeContradicts where the chain that was read is no more what the node shows."""
    found = desk.node.request("eth_getBlockByNumber", hex(block.number), False)
    if found is None or found["hash"] != block.hash:
        raise NodeContradicts(f"block {block.number}, as of which it was audited, was replaced by another")
