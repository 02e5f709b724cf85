"""What is offered for gas: EIP-1559 fees under a cap, one price where the chain knows no others."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from proofdesk._errors import ConnectionLost, TransactionError
from proofdesk._rpc import AsyncNode, NodeError
from proofdesk._transport import Requests

_SECONDS = 2.0  # how long fees are taken for current
_RISE = 5 / 4  # nodes ask for a tenth more to replace a transaction
# What is offered as a tip is paid, whatever a node says that it takes: so much at most, wei.
_TIP, _HIGHEST_TIP = 5 * 10**9, 500 * 10**9
_QUESTIONS: Requests = (
    ("eth_getBlockByNumber", ["latest", False]),
    ("eth_maxPriorityFeePerGas", []),
    ("eth_gasPrice", []),
)


class Fees:
    """Fees as a transaction's fields, in wei for a unit of gas; `cap` is the most that is ever offered."""

    def __init__(self, node: AsyncNode, cap: int | None) -> None:
        self.cap = cap
        self.least = 0  # what the chain takes at the least
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

    async def raised(self, fields: Mapping[str, int]) -> Mapping[str, int] | None:
        """Fields that replace a stuck transaction's; None where the cap does not admit them."""
        try:
            now = await self.current()
        except TransactionError:
            return None
        higher = {name: max(now.get(name, 0), int(fee * _RISE) + 1) for name, fee in fields.items()}
        return None if self.cap is not None and price(higher) > self.cap else higher

    def _read(self, block: Any, tip: Any, gas_price: Any) -> Mapping[str, int]:
        for answer in (block, gas_price):
            if isinstance(answer, NodeError):
                raise answer
        if not isinstance(block, Mapping):
            raise ConnectionLost("the node has no latest block: ask another one, or call again")
        if "baseFeePerGas" not in block:
            self.least = int(gas_price, 16)
            return {"gasPrice": self._capped(self.least)}
        self.least = int(block["baseFeePerGas"], 16)
        wanted = 0 if isinstance(tip, NodeError) else int(tip, 16)
        priority = min(wanted, max(2 * self.least, _TIP), _HIGHEST_TIP)
        most = self._capped(2 * self.least + priority)  # twice lasts through six full blocks
        return {"maxFeePerGas": most, "maxPriorityFeePerGas": min(priority, most)}

    def _capped(self, wanted: int) -> int:
        if self.cap is None:
            return wanted
        if self.cap < self.least:
            raise TransactionError(
                f"the chain asks {self.least} wei for a unit of gas, the cap is {self.cap}: "
                "wait, or raise max_fee_per_gas"
            )
        return min(wanted, self.cap)


def price(fields: Mapping[str, int]) -> int:
    """The most that fields offer for a unit of gas, wei."""
    return fields.get("maxFeePerGas", fields.get("gasPrice", 0))
