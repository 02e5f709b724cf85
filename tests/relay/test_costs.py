"""What carrying costs: no more than was reserved, and few questions."""

from __future__ import annotations

from typing import Any

import pytest

from proofdesk import TransactionError
from proofdesk.ops.relay import Limits
from proofdesk.ops.relay._journal import DatabaseJournal
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, yes
from tests.relay.test_carrying import done


def test_what_is_on_chain_is_looked_for_from_when_it_was_taken(
    office: Office, crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Public nodes answer for few blocks at a time; a desk's chain has millions before."""
    office.chain.rpc("anvil_mine", hex(300))
    relayer = make_relayer()
    act = crowd.open(1)
    yes(relayer.submit([act]))
    result = office.stranger.tickets.carry(act)
    asked: list[tuple[int, int]] = []
    logs = relayer.desk.node._core.logs

    async def count(address: str, topics: Any, since: int, until: int) -> Any:
        asked.append((since, until))
        return await logs(address, topics, since, until)

    monkeypatch.setattr(relayer.desk.node._core, "logs", count)
    assert done(relayer, act) == ["done"]
    ((since, until),) = asked
    assert until - since <= 102 and relayer.fate(act.digest).tx_hash == result.tx_hash


def test_no_batch_may_cost_more_than_was_reserved(office: Office, crowd: Crowd, make_relayer: Make) -> None:
    """The price rises while a batch waits: as much more is reserved as the hour admits, then offered."""
    office.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    office.chain.rpc("anvil_mine", "0x1")
    price = make_relayer()._chain.gas_price()
    limit = 3_000_000 * price
    relayer = make_relayer(timeout=0.4, limits=Limits(wei_per_hour=limit))
    acts = [crowd.open(number) for number in range(8)]
    yes(relayer.submit(acts))
    reserved = []
    office.chain.rpc("evm_setAutomine", False)
    try:
        for _ in range(3):
            with pytest.raises(TransactionError):
                relayer.step(flush=True)
            reserved.append(relayer.control.spent())
            for entry in DatabaseJournal(relayer._database, relayer.address).load():
                assert entry.gas * entry.fees["maxFeePerGas"] <= reserved[-1] <= limit
            base = office.w3.eth.get_block("pending")["baseFeePerGas"]
            office.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(2 * base))
            office.chain.rpc("anvil_dropAllTransactions")
            office.chain.rpc("anvil_mine", "0x1")
    finally:
        office.chain.rpc("evm_setAutomine", True)
    assert reserved[0] < max(reserved), "the price did rise"
    office.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(10**8))
    office.chain.rpc("anvil_mine", "0x1")
    relayer._chain.look()
    relayer.step(flush=True)
    assert relayer.counts()["done"] == len(acts)
