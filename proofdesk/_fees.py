"""What is offered for gas: EIP-1559 fees under a cap, one price where the chain knows no others."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from proofdesk._errors import ConnectionLost, TransactionError
from proofdesk._rpc import AsyncNode, NodeError, number
from proofdesk._transport import Requests

_SECONDS = 2.0  # how long fees are taken for current
# What is offered as a tip is paid, whatever a node says that it takes: so much at most, wei.
_TIP, _HIGHEST_TIP = 5 * 10**9, 500 * 10**9
_BOUNDLESS = 1 << 64
_QUESTIONS: Requests = (
    ("eth_getBlockByNumber", ["latest", False]),
    ("eth_maxPriorityFeePerGas", []),
    ("eth_gasPrice", []),
)


class Fees:
    """Fees as a transaction's fields, in wei for a unit of gas; `cap` is the most that is ever offered."""

    def __init__(self, node: AsyncNode, cap: int | None) -> None:
        self.cap = cap
        self.least = self.tip = self.head = 0  # what the chain takes at the least, the highest tip, its block
        self.room = _BOUNDLESS  # how much gas a block has
        self._node = node
        self._fields: Mapping[str, int] = {}
        self._until = 0.0

    def questions(self) -> Requests:
        """What to ask the node along with something else, whose answers `learnt` is given; often nothing."""
        return _QUESTIONS if time.monotonic() > self._until else ()

    def learnt(self, answers: Sequence[Any]) -> Mapping[str, int]:
        """The fees for now; raises TransactionError where the chain asks more than the cap."""
        if answers:
            self._fields = self._read(*answers)
            self._until = time.monotonic() + _SECONDS
        return self._fields

    async def current(self) -> Mapping[str, int]:
        """The fees, asked anew; raises as `learnt`."""
        return self.learnt(await self._node.batch(_QUESTIONS))

    def within(self, most: int | None) -> Mapping[str, int]:
        """The fees for now, under a call's own cap; raises TransactionError where the chain asks more."""
        return {name: self._capped(fee, most) for name, fee in self._fields.items()}

    def _read(self, block: Any, tip: Any, gas_price: Any) -> Mapping[str, int]:
        for answer in (block, gas_price):
            if isinstance(answer, NodeError):
                raise answer
        if not isinstance(block, Mapping) or "number" not in block:
            raise ConnectionLost("the node has no latest block: ask another one, or call again")
        (asked, _), (asked_tip, _), (asked_price, _) = _QUESTIONS
        self.head = number(asked, block["number"])
        self.room = number(asked, block["gasLimit"]) if block.get("gasLimit") else _BOUNDLESS
        # Some answer null for what they do not know.
        if block.get("baseFeePerGas") is None:
            self.least = number(asked_price, gas_price)
            return {"gasPrice": self._capped(self.least, self.cap)}
        self.least = number(asked, block["baseFeePerGas"])
        wanted = number(asked_tip, tip) if isinstance(tip, str) else 0
        self.tip = min(max(2 * self.least, _TIP), _HIGHEST_TIP)
        priority = min(wanted, self.tip)
        most = self._capped(2 * self.least + priority, self.cap)  # twice lasts through six full blocks
        return {"maxFeePerGas": most, "maxPriorityFeePerGas": min(priority, most)}

    def _capped(self, wanted: int, cap: int | None) -> int:
        if cap is None:
            return wanted
        if cap < self.least:
            raise TransactionError(
                f"the chain asks {self.least} wei for a unit of gas, the cap is {cap}: "
                "wait, or raise max_fee_per_gas, or the call's most"
            )
        return min(wanted, cap)


def price(fields: Mapping[str, int]) -> int:
    """The most that fields offer for a unit of gas, wei."""
    return fields.get("maxFeePerGas", fields.get("gasPrice", 0))
