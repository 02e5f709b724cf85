"""Calls that were announced to the access manager and may still be made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proofdesk._deployments import Deployment
from proofdesk._rpc import Node
from proofdesk._words import moment
from proofdesk.ops._contracts import MANAGER
from proofdesk.ops._events import numbered, whole


@dataclass(frozen=True, slots=True)
class Announced:
    """A call that its caller may make from `due` on; `at` is when it was announced, both chain seconds."""

    caller: str
    target: str
    data: str
    at: int
    due: int

    def __str__(self) -> str:
        when = f"{moment(self.due):%Y-%m-%d %H:%M} UTC"
        return f"{self.caller} may call {self.data[:10]} on {self.target} from {when} on"

    @property
    def cancellation(self) -> str:
        """The manager's call that ends it."""
        return f"cancel({self.caller}, {self.target}, {self.data})"


def announced(node: Node, deployment: Deployment, target: str | None = None) -> Iterator[Announced]:
    """Every call, or those on one contract, that is neither made nor cancelled nor expired.

    Raises ConnectionLost, NodeError.

    >>> list(announced(Node(w3), deployment))
    []
    """
    manager = deployment.contract(MANAGER)
    scheduled = numbered(node, MANAGER, manager.address, ["OperationScheduled"], manager.block)
    for number, event in scheduled:
        if target not in (None, event.arguments["target"]):
            continue
        operation = event.arguments["operationId"]
        due = node.call(MANAGER, manager.address, "getSchedule", operation)
        # The same call may be announced again once it was made or cancelled: its nonce tells which this is.
        if due and node.call(MANAGER, manager.address, "getNonce", operation) == whole(event, "nonce"):
            block = node.request("eth_getBlockByNumber", hex(number), False)
            caller, target, data = (str(event.arguments[name]) for name in ("caller", "target", "data"))
            yield Announced(caller, target, data, int(block["timestamp"], 16), due)
