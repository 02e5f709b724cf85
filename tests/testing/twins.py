"""The chain in this process and an anvil, asked the same: what they answer has to have the same shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from proofdesk.testing._provider import LocalProvider
from tests.client.office import account
from tests.client.wire import Wire
from tools.chain import Chain

# What anvil tells beyond others; the design's chain is of Shanghai, which knows no blobs.
EXTRAS = {
    *("blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash", "blobGasPrice"),
    *("blockTimestamp", "totalDifficulty"),
}
# What hangs neither on the clock nor on the fees of anvil's first block is the same to the last digit: both
# sign with the same keys.
SAME = {
    *("status", "gasUsed", "cumulativeGasUsed", "contractAddress", "type", "from", "to", "input", "nonce"),
    *(
        "gas",
        "value",
        "r",
        "s",
        "yParity",
        "transactionHash",
        "transactionIndex",
        "transactionsRoot",
        "topics",
    ),
    *("data", "address", "logIndex", "logsBloom", "receiptsRoot", "removed", "blockNumber", "number"),
    *("maxFeePerGas", "maxPriorityFeePerGas"),
}
ACCOUNTS = 4


@dataclass(frozen=True)
class Twins:
    """Two nodes with the same accounts, of which both have the keys."""

    ours: LocalProvider
    anvil: Wire

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Twins]:
        """Two nodes for as long as the `with` block lasts."""
        with Chain.anvil(extra=["--hardfork", "shanghai"]) as chain:
            yield cls(LocalProvider(map(account, range(ACCOUNTS))), Wire(chain.url))

    def ask(self, method: Any, *params: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Both answers, ours first."""
        ours: Any = self.ours.make_request(method, list(params))
        theirs: Any = self.anvil.make_request(method, list(params))
        return ours, theirs

    def result(self, method: str, *params: Any) -> Any:
        """Our result, after comparing the shapes of both."""
        ours, theirs = self.ask(method, *params)
        assert "error" not in ours and "error" not in theirs, (ours, theirs)
        assert shape(ours["result"]) == shape(theirs["result"])
        assert same(ours["result"]) == same(theirs["result"])
        return ours["result"]

    def error(self, method: str, *params: Any) -> dict[str, Any]:
        """Our error, after comparing the codes and data of both."""
        ours, theirs = self.ask(method, *params)
        mine, yours = ours["error"], theirs["error"]
        assert (mine["code"], mine.get("data")) == (yours["code"], yours.get("data")), (mine, yours)
        assert isinstance(mine["message"], str)
        found: dict[str, Any] = mine
        return found


def shape(value: Any) -> Any:
    """What a value looks like, whatever it is: names, kinds, lengths."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in sorted(value.items()) if name not in EXTRAS}
    if isinstance(value, list):
        return [shape(item) for item in value]
    if isinstance(value, str) and re.fullmatch("0x(0|[1-9a-f][0-9a-f]{0,15})", value):
        return "quantity"
    if isinstance(value, str) and re.fullmatch("0x[0-9a-f]*", value):
        return f"{len(value) // 2 - 1} bytes"
    return type(value)


def same(value: Any) -> Any:
    """What is to be equal on both nodes."""
    if isinstance(value, dict):
        inside = {name: item if name in SAME else same(item) for name, item in sorted(value.items())}
        return {name: item for name, item in inside.items() if name in SAME or item}
    return [same(item) for item in value] if isinstance(value, list) else None
