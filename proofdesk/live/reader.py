"""Following a chain: which logs are new on it, which blocks were orphaned.

Far behind the head logs are read in spans of blocks, which adapt to what the node allows. The last `depth`
blocks are read header by header: each must name the one before it as its parent, and its logs are asked for
by its hash, so that nothing of a branch that lost is taken for the chain. Where the chain left what was read,
the blocks read in vain are named as orphaned in the same step that brings the new ones.

No I/O happens here: the node does it, and who runs these coroutines decides whether that blocks or awaits.
"""

# ruff: noqa: N818  these names are what happened

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from proofdesk._errors import ProofdeskError
from proofdesk._reader import Log, NodeContradicts, Spans, is_busy, sound
from proofdesk._rpc import AsyncNode, NodeError
from proofdesk._words import keccak

DEPTH = 64  # blocks: two epochs, which Ethereum takes to finalise

_FIRST_SPAN = 64
_ATTEMPTS = 3
_FULL = (1 << 2048) - 1


class ChainReplaced(ProofdeskError):
    """The chain is another one: its block 0 is `found`, and was `known` when it was read."""

    def __init__(self, known: str, found: str) -> None:
        super().__init__(
            f"this chain begins with block {found}, the one that was read began with {known}: connect to "
            "that one, or, if it was made anew, begin without what was read"
        )
        self.known, self.found = known, found


class ForkTooDeep(ProofdeskError):
    """The chain left what was read at block `known` or before, deeper than can be taken back."""

    def __init__(self, known: Header, found: Header, depth: int) -> None:
        super().__init__(
            f"block {known.number} is {found.hash} and was {known.hash} when it was read: the chain was "
            f"reorganised by more than {depth} blocks. See which of them is right, then read everything anew"
        )
        self.known, self.found, self.depth = known, found, depth


@dataclass(frozen=True, slots=True)
class Header:
    """A block; `time` is seconds since 1970."""

    number: int
    hash: str
    parent: str
    time: int


@dataclass(frozen=True, slots=True)
class Position:
    """How far the chain of a genesis block was read; kept together with what was made of it, to go on from.

    `headers` are the last blocks that were read, in order; none before block `first`, the first to be read.
    """

    genesis: str
    headers: tuple[Header, ...] = ()
    first: int = field(default=0, compare=False)

    @property
    def block(self) -> int:
        """The last block that was read; −1 before the first."""
        return self.headers[-1].number if self.headers else -1


@dataclass(frozen=True, slots=True)
class Step:
    """What one step found: blocks orphaned, newest first; headers and logs, oldest first.

    Logs are as the node's JSON has them; far behind the head, only spans' last blocks are among the headers.
    `head` and `finalized` are the node's block numbers, `position` is where the next step begins.
    """

    position: Position
    head: int
    finalized: int
    orphaned: tuple[Header, ...] = ()
    headers: tuple[Header, ...] = ()
    logs: Sequence[Log] = ()

    @property
    def is_last(self) -> bool:
        """Whether there is nothing more to be had for now: the head was reached, or the node is behind."""
        return not self.headers or self.headers[-1].number >= self.head


class Reader:
    """Follows contracts on a chain from block `first` on, or from the `position` of an earlier step.

    `depth` is how many blocks a reorganisation may take back, counted from the highest that was read.
    """

    def __init__(
        self,
        node: AsyncNode,
        addresses: Sequence[str],
        position: Position,
        *,
        first: int = 0,
        depth: int = DEPTH,
    ) -> None:
        self.position = position
        self._node, self._first, self._depth = node, max(first, position.first), depth
        self._spans = Spans(node, addresses, (), _FIRST_SPAN)

    async def step(self) -> Step:
        """Read the next span, or all blocks near the head; an empty step where nothing is new.

        A node that is behind what was read is waited for: it makes empty steps.
        Raises ChainReplaced, ForkTooDeep, NodeContradicts, ConnectionLost, NodeError.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                step = await self._step()
                self.position = step.position
                return step
            except _BehindError:
                break
            except (NodeContradicts, NodeError) as error:
                # The chain may have moved on between two requests.
                if attempt == _ATTEMPTS:
                    raise
                await self._node.transport.sleep(attempt if is_busy(error) else 0)
        return Step(self.position, head=0, finalized=0)

    async def _step(self) -> Step:
        genesis, latest, final = await self._blocks(["0x0", "latest", "finalized"])
        if (found := _header(genesis).hash) != self.position.genesis:
            raise ChainReplaced(self.position.genesis, found)
        head = _header(latest or {}).number
        border = head - self._depth
        # Not every chain finalises, and not every node says so.
        finalized = min(head, _header(final).number) if isinstance(final, dict) else max(0, border)
        kept = await self._kept(head)
        start = kept[-1].number + 1 if kept else self._first
        if start > head:
            return Step(self.position, head, finalized)
        headers, logs = await (self._span(start, border) if start <= border else self._fresh(start, head))
        # Headers on both sides of a span do not touch, and none before it can matter again.
        linked = kept if kept and kept[-1].number + 1 == headers[0].number else ()
        if linked and linked[-1].hash != headers[0].parent:
            raise NodeContradicts(f"block {start} does not follow on {linked[-1].hash}")
        position = Position(found, (*linked, *headers)[-self._depth - 1 :], self._first)
        return Step(position, head, finalized, self.position.headers[len(kept) :][::-1], headers, logs)

    async def _kept(self, head: int) -> tuple[Header, ...]:
        """The known headers that are on the chain still."""
        known = self.position.headers
        shared = [header for header in known if header.number <= head]
        # Where the head is below the last of what is known, the node is behind.
        if not shared or await self._standing(shared[-1:]) == shared[-1:]:
            return known
        theirs = await self._standing(shared)
        same = [ours == header for ours, header in zip(shared, theirs, strict=True)]
        if any(same[1:]) and not same[0]:
            raise NodeContradicts(f"block {known[0].number} changed, the blocks after it did not")
        if not same[0] and (known[0].number > self._first or len(known) > self._depth):
            raise ForkTooDeep(known[0], theirs[0], self._depth)
        return known[: [*same, False].index(False)]

    async def _standing(self, headers: Sequence[Header]) -> list[Header]:
        """What stands on the chain at the heights of these."""
        return [_header(block) for block in await self._blocks(hex(header.number) for header in headers)]

    async def _span(self, start: int, last: int) -> tuple[tuple[Header, ...], list[Log]]:
        """Logs from `start` on, of as many blocks as may be, and the header of the last of these."""
        logs, until, block = await self._spans.read(start, last, with_block=True)
        header = _header(block)
        self._spans.checked(logs[-1:], start, until, {until: header.hash})
        return (header,), logs

    async def _fresh(self, start: int, head: int) -> tuple[tuple[Header, ...], list[Log]]:
        """The blocks from `start` on, as far as each follows on the one before, and their logs."""
        blocks = await self._blocks(map(hex, range(start, head + 1)))
        headers = [_header(blocks[0])]
        for block in blocks[1:]:
            # The node lacks what it spoke of, or the chain moved on between answers: one branch all the same.
            if block is None or _header(block).parent != headers[-1].hash:
                break
            headers.append(_header(block))
        query = self._spans.query
        asked = [("eth_getLogs", [query | {"blockHash": header.hash}]) for header in headers]
        found = zip(blocks, headers, await self._node.batch(asked), strict=False)
        with sound("a block"):
            return tuple(headers), [log for each in found for log in await self._complete(*each)]

    async def _complete(self, block: Any, header: Header, answer: Any) -> list[Log]:
        """A fresh block's logs. Where its bloom has a contract of which there are none, receipts decide."""
        place = header.number, header.number, {header.number: header.hash}
        logs = self._spans.checked(answer, *place)
        bloom = int("0" + (block.get("logsBloom") or "0x")[2:], 16)
        silent = self._spans.addresses - {log["address"].lower() for log in logs}
        # Some chains have no blooms, and send a full one for every block.
        if bloom == _FULL or all(_bits(address) & ~bloom for address in silent):
            return logs
        # The bloom of a full block has nearly everything: what set its bits tells whether ours are among it.
        receipts = (await self._node.batch([("eth_getBlockReceipts", [header.hash])]))[0]
        if not isinstance(receipts, list):
            # Not every node knows that one, and who does counts it as one request.
            asked = [("eth_getTransactionReceipt", [sent]) for sent in block["transactions"]]
            receipts = await self._node.batch(asked)
        receipts = [receipt for receipt in receipts if isinstance(receipt, dict)]
        every = [log for receipt in receipts for log in receipt["logs"]]
        for item in (item for log in every for item in (log["address"], *log["topics"])):
            bloom &= ~_bits(item.lower())
        if bloom:
            raise NodeContradicts(f"it leaves out logs that are in block {header.number} by its header")
        ours = [log for log in every if log["address"].lower() in self._spans.addresses]
        return self._spans.checked(ours, *place)

    async def _blocks(self, numbers: Iterable[str]) -> list[Any]:
        asked = [("eth_getBlockByNumber", [number, False]) for number in numbers]
        return await self._node.batch(asked)


class _BehindError(Exception):
    """The node lacks a block that it should have by now."""


def _header(block: Any) -> Header:
    if block is None:
        raise _BehindError
    if isinstance(block, NodeError):
        raise block
    with sound("a block"):
        number, time = int(block["number"], 16), int(block["timestamp"], 16)
        return Header(number, _hash(block["hash"]), _hash(block["parentHash"]), time)


def _hash(text: str) -> str:
    if len(bytes.fromhex(text[2:])) != 32:
        raise ValueError("no hash")
    return text


@lru_cache(maxsize=4096)
def _bits(item: str) -> int:
    """The bits that an address or topic sets in the bloom of its block."""
    digest = keccak(bytes.fromhex(item[2:]))
    return sum({1 << (int.from_bytes(digest[start : start + 2], "big") & 2047) for start in (0, 2, 4)})
