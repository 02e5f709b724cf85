"""Logs by ranges of blocks, which adapt to what a node allows, and whether its answers can be true."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from proofdesk._errors import ConnectionLost, ProofdeskError
from proofdesk._rpc import AsyncNode, NodeError
from proofdesk._transport import Requests

MANY = 8_192  # logs: an answer beyond it makes the next span shorter, so that memory stays bounded

_HALVINGS = 8  # without a pause
_PAUSE = 0.25  # seconds; it doubles while the node is busy
_LONGEST = 8.0

# Nodes say in words of their own that they are asked too often, or that they are asked for too much.
_BUSY = re.compile(r"\brate\b|\b429\b|too many requests|throttl|per second|/sec|capacity", re.IGNORECASE)
_TOO_MUCH = re.compile("range|result|return|block|log", re.IGNORECASE)

Log: TypeAlias = "dict[str, Any]"


class NodeContradicts(ConnectionLost):
    """The node's answers do not fit together, however often it is asked; nothing was read."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the node contradicts itself: {problem}; try again later, or ask another node")


async def scan(
    node: AsyncNode, addresses: Sequence[str], first: int, last: int, topics: Sequence[Any] = ()
) -> list[Log]:
    """The logs of contracts in the blocks from `first` to `last`, in order; none if that is before `first`.

    Raises ConnectionLost, NodeContradicts, and NodeError where even a single block is refused.
    """
    spans = Spans(node, addresses, topics, last - first + 1)
    found: list[Log] = []
    while first <= last:
        logs, until, _ = await spans.read(first, last)
        found += logs
        first = until + 1
    return found


class Spans:
    """Logs by ranges of blocks, whose length adapts."""

    def __init__(self, node: AsyncNode, addresses: Sequence[str], topics: Sequence[Any], span: int) -> None:
        self.addresses = {address.lower() for address in addresses}
        self.query = {"address": list(addresses), "topics": list(topics)}
        self._node, self._span, self._growth = node, span, 2.0

    async def read(self, first: int, last: int, *, with_block: bool = False) -> tuple[list[Log], int, Any]:
        """The logs of a span from `first` on, and the block it ends with, which is `last` or before.

        That block too, `with_block`: asked for together, both come from one of the nodes behind an address.
        """
        halvings, pause = 0, _PAUSE
        while True:
            until = min(last, first + self._span - 1)
            bounds = {"fromBlock": hex(first), "toBlock": hex(until)}
            asked: Requests = [
                ("eth_getLogs", [self.query | bounds]),
                ("eth_getBlockByNumber", [hex(until), False]),
            ]
            answers = await self._node.batch(asked[: 1 + with_block])
            try:
                logs = self.checked(answers[0], first, until, {})
            except NodeError as error:
                waits = is_busy(error)
                if pause > _LONGEST if waits else first == until:
                    raise
                if waits or halvings >= _HALVINGS:
                    await self._node.transport.sleep(pause)
                if waits:
                    pause *= 2
                    continue
                # Each node bounds ranges and answers, in words of its own; a half passes in the end.
                self._span, self._growth = (until - first + 1) // 2, 1.25
                halvings += 1
                continue
            if len(logs) > MANY:
                self._span = max(1, self._span // 2)
            elif len(logs) < MANY // 4:
                self._span = min(int(self._span * self._growth) + 1, last - first + 1)
            return logs, until, answers[-1]

    def checked(self, answer: Any, first: int, last: int, hashes: dict[int, str]) -> list[Log]:
        """An answer's logs in order, each once; raises NodeContradicts, and the NodeError that it may be."""
        if isinstance(answer, NodeError):
            raise answer
        logs: dict[tuple[int, int], Log] = {}
        with sound("logs"):
            for log in answer:
                number, log_hash = int(log["blockNumber"], 16), log["blockHash"]
                logs[number, int(log["logIndex"], 16)] = log
                if log.get("removed") or log["address"].lower() not in self.addresses:
                    raise NodeContradicts(f"it sends a log of block {number} that was not asked for")
                if not first <= number <= last or hashes.setdefault(number, log_hash) != log_hash:
                    raise NodeContradicts(f"it sends logs of another block than {number}")
        return [logs[place] for place in sorted(logs)]


@contextmanager
def sound(what: str) -> Iterator[None]:
    """What is read of an answer in here is what the documents say, or the node is to blame."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise NodeContradicts(f"it sends {what} that {'are' if what.endswith('s') else 'is'} none") from None


def is_busy(error: ProofdeskError) -> bool:
    """Whether the node asks for patience, not for less."""
    if not isinstance(error, NodeError):
        return False
    if error.code == 429 or _BUSY.search(error.reason):
        return True
    return error.code == -32005 and not _TOO_MUCH.search(error.reason)
