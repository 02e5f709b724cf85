"""Watching a desk: its events as they come, and what a reorganisation takes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from proofdesk._abi import decode_event
from proofdesk._errors import ConnectionLost
from proofdesk._models import Act, Event
from proofdesk._rpc import NodeError
from proofdesk.live.reader import DEPTH, Position, Reader, Step

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of a block; watching from `position` goes on after it.

    Among several of one block all but the last lead back to the block's beginning.
    """

    event: Act | Event
    block: int
    block_hash: str
    position: Position


@dataclass(frozen=True, slots=True)
class Orphaned:
    """A block that is no longer on the chain: what was seen of it did not happen."""

    block: int
    block_hash: str
    position: Position


async def watch(
    desk: AsyncDesk, since: Position | int | None, poll: float, patience: float
) -> AsyncIterator[Seen | Orphaned]:
    """As `AsyncDesk.watch` says."""
    reader: Reader | None = None
    is_known, deadline = since is None, inf
    while True:
        asked = monotonic()
        try:
            reader = reader or await _reader(desk, since)
            before = reader.position
            step = await reader.step()
        except (ConnectionLost, NodeError):
            # A node refuses who asks too often, too; from the first failure on patience runs.
            deadline = min(deadline, asked + patience)
            if monotonic() >= deadline:
                raise
            await desk.node.transport.sleep(poll)
            continue
        deadline = inf
        for item in () if is_known else _items(before, step):
            yield item
        is_known = is_known and not step.is_last
        if step.is_last:
            try:
                await desk.node.transport.news(poll)
            except ConnectionLost:
                # The next step tells whether the node is gone; it is not to be asked in haste.
                await desk.node.transport.sleep(poll)


async def _reader(desk: AsyncDesk, since: Position | int | None) -> Reader:
    contracts = desk.deployment.contracts.values()
    made = min(contract.block for contract in contracts)
    if since is None:
        # Read again what may still be reorganised, without telling of it.
        first = max(made, await desk.node.height() - DEPTH)
    else:
        first = max(made, since) if isinstance(since, int) else since.first
    genesis = desk.deployment.genesis_hash
    position = since if isinstance(since, Position) else Position(genesis, first=first)
    return Reader(desk.node, [contract.address for contract in contracts], position)


def _items(before: Position, step: Step) -> Iterator[Seen | Orphaned]:
    headers = before.headers
    for orphaned in step.orphaned:
        headers = headers[:-1]
        yield Orphaned(orphaned.number, orphaned.hash, replace(before, headers=headers))
    # Where reading goes on after each block; of spans far behind only the last is a place to go on from.
    ends = {
        header.hash: replace(step.position, headers=step.position.headers[: index + 1])
        for index, header in enumerate(step.position.headers)
    }
    position = replace(before, headers=headers)
    for log, following in zip(step.logs, [*step.logs[1:], None], strict=False):
        block_hash = log["blockHash"]
        if following is None or following["blockHash"] != block_hash:
            position = ends.get(block_hash, position) if following is not None else step.position
        yield Seen(decode_event(log), int(log["blockNumber"], 16), block_hash, position)
