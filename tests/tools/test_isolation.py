from __future__ import annotations

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
