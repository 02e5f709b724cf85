from __future__ import annotations

import time

import pytest

from tests.helpers.isolation import isolated
from tools.chain import Chain


def test_nothing_is_left_on_the_chain_nor_beside_it() -> None:
    with Chain.anvil() as chain:

        def state() -> tuple[object, ...]:
            pending = chain.rpc("eth_getBlockByNumber", "pending", False)
            waiting = chain.rpc("txpool_status")
            return pending["number"], pending["baseFeePerGas"], waiting, chain.rpc("anvil_getAutomine")

        before = state()
        with pytest.raises(RuntimeError), isolated(chain):
            chain.rpc("anvil_mine", "0x20")
            chain.rpc("evm_setAutomine", False)
            one, other, *_ = chain.rpc("eth_accounts")
            chain.rpc("eth_sendTransaction", {"from": one, "to": other, "value": "0x1"})
            assert not any(was == is_ for was, is_ in zip(before, state(), strict=True))
            raise RuntimeError
        assert state() == before


@pytest.mark.parametrize("ahead", [0, 3600])
def test_the_clock_is_as_far_from_this_machines_as_before(ahead: int) -> None:
    """It would stand where the snapshot was made, and fall behind for as long as tests take."""
    with Chain.anvil() as chain:

        def lead() -> float:
            pending = chain.rpc("eth_getBlockByNumber", "pending", False)
            return int(pending["timestamp"], 16) - time.time()

        chain.rpc("evm_increaseTime", ahead)
        chain.rpc("evm_mine")
        chain.rpc("evm_setTime", int(time.time()) + ahead + 600)  # as after ten minutes of tests
        for _ in range(3):
            with isolated(chain):
                chain.rpc("evm_increaseTime", 86400)
                chain.rpc("evm_mine")
            assert ahead + 598 <= lead() <= ahead + 602
