"""Events of one contract from its first block on."""

from __future__ import annotations

from collections.abc import Sequence

from proofdesk._abi import decode_event, topic
from proofdesk._models import Event
from proofdesk._rpc import Node


def events(node: Node, contract: str, address: str, names: Sequence[str], since: int) -> list[Event]:
    """The events of these names that a contract emitted from a block on, in order.

    Raises ConnectionLost, NodeError.
    """
    return [event for _, event in numbered(node, contract, address, names, since)]


def numbered(
    node: Node, contract: str, address: str, names: Sequence[str], since: int
) -> list[tuple[int, Event]]:
    """As `events`, each with the number of its block."""
    topics = [[topic(contract, name) for name in names]]
    logs = node.logs(address, topics, since, node.height())
    decoded = ((int(log["blockNumber"], 16), decode_event(log)) for log in logs)
    return [(block, event) for block, event in decoded if isinstance(event, Event)]


def whole(event: Event, name: str) -> int:
    """A number among an event's arguments."""
    value = event.arguments[name]
    assert isinstance(value, int)
    return value
