"""Logs of one contract over any range of blocks, however few a node gives at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proofdesk._abi import decode_event, topic
from proofdesk._models import Event
from proofdesk._rpc import Node, NodeError
from proofdesk._sender import Sender


def whole(event: Event, name: str) -> int:
    """A number among an event's arguments."""
    value = event.arguments[name]
    assert isinstance(value, int)
    return value


def node_of(sender: Sender) -> Node:
    """The line to the chain that a sender sends through."""
    return sender._node


def events(node: Node, contract: str, address: str, names: Sequence[str], since: int) -> list[Event]:
    """The events of these names that a contract emitted from a block on, in order; raises as `logs`."""
    topics = [[topic(contract, name) for name in names]]
    decoded = (decode_event(log) for log in logs(node, address, since, topics))
    return [event for event in decoded if isinstance(event, Event)]


def logs(node: Node, address: str, since: int, topics: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The logs of an address from a block on, as the node gives them; raises ConnectionLost, NodeError."""
    return _between(node, address, topics, since, int(node.request("eth_blockNumber"), 16))


def _between(node: Node, address: str, topics: Sequence[Any], first: int, last: int) -> list[dict[str, Any]]:
    bounds = {"fromBlock": hex(first), "toBlock": hex(last)}
    try:
        found: list[dict[str, Any]] = node.request(
            "eth_getLogs", {"address": address, "topics": topics} | bounds
        )
    except NodeError:
        if first >= last:
            raise
        # Every node bounds the range, or the number of logs, in words of its own; a half passes at last.
        middle = (first + last) // 2
        return _between(node, address, topics, first, middle) + _between(
            node, address, topics, middle + 1, last
        )
    return found
