"""What is offered for gas: enough while the chain asks for it, and no more than anybody allowed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from web3 import Web3

from proofdesk import Call, ConnectionLost, Sender, TransactionError
from proofdesk._rpc import NodeError
from tests.client.office import Office, account
from tests.client.sending import RECEIVER, balance
from tests.client.test_sender_journal import Memory
from tests.client.wire import Wire

GWEI = 10**9


class Waiting:
    """A call that no block takes, and what was offered for it."""

    def __init__(self, office: Office, line: Web3 | None = None) -> None:
        self._journal = Memory()
        self._sender = Sender(line or office.w3, account(3), timeout=0.2, journal=self._journal)

    def wait(self, *, most: int | None = None) -> None:
        """Make the call, and give up."""
        with pytest.raises(TransactionError, match="not mined"):
            self._sender.send_many([Call(RECEIVER, b"", 1, 21_000, most)])

    def wait_for(self, offer: int, *, most: int | None = None) -> None:
        """Make the call until so much is offered: a busy machine lets a call's time pass without a look."""
        for _ in range(30):
            self.wait(most=most)
            if self.offers[-1][0] >= offer:
                return
        raise AssertionError(f"{self.offers[-1][0]} is offered, not {offer}")

    @property
    def offers(self) -> list[tuple[int, int]]:
        """The most for a unit of gas, and the tip, wei, of each form."""
        saved = [entry.fees for entry in self._journal.saved]
        return [(fees["maxFeePerGas"], fees["maxPriorityFeePerGas"]) for fees in saved]


@pytest.fixture
def waiting(paused: Office) -> Waiting:
    """A call that waits."""
    call = Waiting(paused)
    call.wait()
    return call


def mine(office: Office, *, base_fee: int) -> None:
    """Mine a block that passes by what waits; the base fee is in gwei."""
    office.chain.rpc("anvil_dropAllTransactions")
    office.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(base_fee * GWEI))
    office.chain.rpc("evm_mine")


@pytest.mark.parametrize("block", [None, {}, {"baseFeePerGas": "0x1"}], ids=str)
def test_a_node_without_a_latest_block(office: Office, block: Any) -> None:
    with pytest.raises(ConnectionLost, match="no latest block"):
        Sender(Odd(office, eth_getBlockByNumber={"result": block}).w3, account(3)).send(RECEIVER, b"")


@pytest.mark.parametrize("method", ["eth_getBlockByNumber", "eth_gasPrice"])
def test_a_node_that_tells_no_fees(office: Office, method: str) -> None:
    line = Odd(office, **{method: {"error": {"code": -32000, "message": "not today"}}})
    with pytest.raises(NodeError, match="not today"):
        Sender(line.w3, account(3)).send(RECEIVER, b"")


class Odd(Wire):
    """A node that answers some questions as it sees fit."""

    def __init__(self, office: Office, **answers: Any) -> None:
        super().__init__(office.chain.url)
        self._answers = answers

    def make_request(self, method: Any, params: Any) -> Any:
        answer = super().make_request(method, params)
        if method not in self._answers:
            return answer
        return {"jsonrpc": "2.0", "id": answer["id"], **self._answers[method]}

    def make_batch_request(self, batch_requests: Any) -> Any:
        return [self.make_request(*each) for each in batch_requests]


def test_a_chain_that_stands_still_is_offered_no_more(waiting: Waiting) -> None:
    for _ in range(3):
        waiting.wait()
    assert len(waiting.offers) == 1


def test_who_is_passed_by_offers_more_within_bounds(paused: Office, waiting: Waiting) -> None:
    for _ in range(9):
        mine(paused, base_fee=1)
        waiting.wait()
    waiting.wait_for(7 * GWEI)
    offers = waiting.offers
    pairs = [(old, new) for before, after in pairwise(offers) for old, new in zip(before, after, strict=True)]
    assert all(10 * new >= 11 * old for old, new in pairs), "less replaces nothing"
    most, tip = offers[-1]
    assert 2 * GWEI < tip <= 5 * GWEI and most == 2 * GWEI + 5 * GWEI


def test_a_base_fee_that_rose_is_followed(paused: Office, waiting: Waiting) -> None:
    mine(paused, base_fee=50)
    waiting.wait_for(100 * GWEI)


def test_what_the_node_signs_again_is_found_by_its_new_name(paused: Office) -> None:
    sender, call = Sender(paused.w3, account(3).address, timeout=0.3), Call(RECEIVER, b"", 1, 21_000)
    in_doubt = sender._core._doubt

    def waits() -> str | None:
        """The first name of what is waited for in vain."""
        with pytest.raises(TransactionError, match="not mined") as caught:
            sender.send_many([call])
        return caught.value.tx_hash

    try:
        name = waits()
        paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * GWEI))
        paused.chain.rpc("evm_mine")
        # A busy machine may let all of the time pass between two looks.
        for _ in range(20):
            assert waits() == name
            if [len(job.hashes) for jobs in in_doubt.values() for job in jobs] != [1]:
                break
        paused.chain.rpc("evm_mine")
        assert balance(paused, RECEIVER) == 1
        (result,) = sender.send_many([call])
        assert result.tx_hash != name and balance(paused, RECEIVER) == 1
    finally:
        mine(paused, base_fee=1)


def test_a_tip_stays_within_bounds_when_the_base_fee_rises(paused: Office) -> None:
    class Greedy(Wire):
        def make_batch_request(self, batch_requests: Any) -> Any:
            answers = super().make_batch_request(batch_requests)
            for (method, _), answer in zip(batch_requests, answers, strict=True):
                if method == "eth_maxPriorityFeePerGas":
                    answer["result"] = hex(10**16)
            return answers

    mine(paused, base_fee=1)
    call = Waiting(paused, Greedy(paused.chain.url).w3)
    call.wait()
    for _ in range(3):
        mine(paused, base_fee=2)
        call.wait()
    assert {tip for _, tip in call.offers} == {5 * GWEI}
    mine(paused, base_fee=1)


# ------------------------------------------------------------------------------------------- a call's own cap


def test_a_call_never_offers_more_than_its_own_cap(paused: Office, waiting: Waiting) -> None:
    first = waiting.offers[-1][0]
    most = first + first // 5
    for _ in range(4):
        mine(paused, base_fee=1)
        waiting.wait(most=most)
    waiting.wait_for(most, most=most)
    assert waiting.offers[-1][0] == most
    mine(paused, base_fee=50)
    waiting.wait(most=most)
    assert waiting.offers[-1][0] == most
    waiting.wait_for(60 * GWEI, most=60 * GWEI)
    assert waiting.offers[-1][0] == 60 * GWEI, "made again with another cap, it goes by that"


def test_its_own_cap_holds_from_the_first_offer(office: Office, wire: Wire, sender: Sender) -> None:
    mine(office, base_fee=1)
    sender.send_many([Call(RECEIVER, b"", 1, 21_000, 1_200_000_000)])
    (mined,) = office.chain.rpc("eth_getBlockByNumber", "latest", True)["transactions"]
    assert int(mined["maxFeePerGas"], 16) == 1_200_000_000
    wire.asked.clear()
    with pytest.raises(TransactionError, match="the call's most"):
        sender.send_many([Call(RECEIVER, b"", 1, 21_000), Call(RECEIVER, b"", 2, 21_000, 1)])
    assert not any("eth_sendRawTransaction" in methods for methods in wire.asked)
    assert balance(office, RECEIVER) == 1


def test_a_base_fee_that_rises_above_a_calls_cap_on_the_way(
    office: Office, wire: Wire, sender: Sender
) -> None:
    wire.before = lambda methods, _: (
        mine(office, base_fee=50) if methods == ["eth_sendRawTransaction"] else None
    )
    with pytest.raises(TransactionError, match="nothing was done"):
        sender.send_many([Call(RECEIVER, b"", 1, 21_000, 10 * GWEI)])
    assert balance(office, RECEIVER) == 0
    mine(office, base_fee=1)
