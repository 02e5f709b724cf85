"""Tests on one chain that do not hear of each other, in whatever order they run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.chain import Chain


@contextmanager
def isolated(chain: Chain) -> Iterator[None]:
    """What happens in the `with` block leaves no trace on the chain."""
    before, snapshot = _beside(chain), chain.rpc("evm_snapshot")
    try:
        yield
    finally:
        if before:
            # What waits would be mined in a later test.
            chain.rpc("anvil_dropAllTransactions")
        chain.rpc("evm_revert", snapshot)
        for method, value in before.items():
            chain.rpc(method, value)


def _beside(chain: Chain) -> dict[str, Any]:
    """What evm_revert leaves as it is; the base fee falls with every block that is hardly used."""
    if chain.kind != "anvil":
        return {}
    base_fee = chain.rpc("eth_getBlockByNumber", "pending", False)["baseFeePerGas"]
    return {"anvil_setNextBlockBaseFeePerGas": base_fee, "evm_setAutomine": chain.rpc("anvil_getAutomine")}
