"""Tests on one chain that do not hear of each other, in whatever order they run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.chain import Chain

_CLOCK = "evm_setTime"


@contextmanager
def isolated(chain: Chain) -> Iterator[None]:
    """What happens in the `with` block leaves no trace on the chain; its clock goes on."""
    before, snapshot = _beside(chain), chain.rpc("evm_snapshot")
    try:
        yield
    finally:
        if before:
            # What waits would be mined in a later test.
            chain.rpc("anvil_dropAllTransactions")
        chain.rpc("evm_revert", snapshot)
        for method, value in before.items():
            # The clock is as far from this machine's as it was: acts are signed and records dated by that.
            chain.rpc(method, int(time.time() + value) if method == _CLOCK else value)


def _beside(chain: Chain) -> dict[str, Any]:
    """What evm_revert leaves as it is or sets back, the clock as seconds ahead of this machine's.

    The base fee falls with every block that is hardly used.
    """
    if chain.kind != "anvil":
        return {}
    pending = chain.rpc("eth_getBlockByNumber", "pending", False)
    return {
        _CLOCK: int(pending["timestamp"], 16) - time.time(),
        "anvil_setNextBlockBaseFeePerGas": pending["baseFeePerGas"],
        "evm_setAutomine": chain.rpc("anvil_getAutomine"),
    }
