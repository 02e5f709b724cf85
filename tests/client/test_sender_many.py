"""Many calls at a time, and how deep in the chain they are waited for."""

from __future__ import annotations

from typing import Any

import pytest

from proofdesk import (
    BatchFailed,
    Call,
    ConnectionLost,
    Result,
    Sender,
    TransactionError,
    UnknownLane,
)
from proofdesk._abi import encode_call
from tests.client.office import Office, account
from tests.client.sending import CREATE_LANE, RECEIVER, balance, desk_of, lanes, mining
from tests.client.wire import Wire


def test_many_calls_in_order_and_bounded_in_flight(paused: Office) -> None:
    sent: set[str] = set()
    looks: list[int] = []
    peak = receipts = 0

    def watch(methods: list[str], params: list[list[str]]) -> None:
        nonlocal peak, receipts
        receipts += methods.count("eth_getTransactionReceipt")
        if methods[0] == "eth_sendRawTransaction":
            sent.update(raw[0] for raw in batches[-1])
            peak = max(peak, len(sent) - mined())
        elif methods == ["eth_getTransactionCount"]:
            looks.append(1)
            if len(looks) % 3 == 0:
                paused.chain.rpc("evm_mine")

    def mined() -> int:
        return int(paused.chain.rpc("eth_getTransactionCount", account(3).address, "latest"), 16) - before

    class Listening(Wire):
        def make_batch_request(self, batch_requests: Any) -> Any:
            batches.append([params for _, params in batch_requests])
            return super().make_batch_request(batch_requests)

    batches: list[list[list[str]]] = []
    before = 0
    before = mined()
    line = Listening(paused.chain.url)
    line.before = watch
    results = Sender(line.w3, account(3)).send_many([Call(RECEIVER, b"", value) for value in range(1, 1201)])
    values = [
        int(paused.chain.rpc("eth_getTransactionByHash", result.tx_hash)["value"], 16)
        for result in results[::100]
    ]
    assert values == list(range(1, 1201, 100))
    assert peak == 500
    assert receipts == 1200, "of each call one, once it is mined"


def test_a_bad_call_does_not_sink_the_others(office: Office, sender: Sender) -> None:
    to = desk_of(office)
    calls = [Call(to, encode_call("TicketDesk", "setArticle", lane, 7)) for lane in (1, 99, 2)]
    with pytest.raises(BatchFailed, match="1 of 3 calls failed, first call 1") as caught:
        sender.send_many(calls)
    _, bad, _ = caught.value.outcomes
    assert isinstance(bad, UnknownLane) and bad.lane == 99 and bad.tx_hash
    assert office.desk.lanes.get(1).article == office.desk.lanes.get(2).article == 7


def test_a_reason_that_only_the_state_before_gives(paused: Office, wire: Wire, sender: Sender) -> None:
    def mine_when_both_are_sent(methods: list[str], params: list[str]) -> None:
        if methods == ["eth_getTransactionCount"]:
            paused.chain.rpc("evm_mine")

    wire.before = mine_when_both_are_sent
    next_lane = len(paused.deployment.lanes) + 1
    too_early = encode_call("TicketDesk", "setArticle", next_lane, 7)
    calls = [Call(desk_of(paused), data, gas=300_000) for data in (too_early, CREATE_LANE)]
    with pytest.raises(BatchFailed) as caught:
        sender.send_many(calls)
    refused, made = caught.value.outcomes
    assert isinstance(refused, UnknownLane) and refused.lane == next_lane
    assert isinstance(made, Result) and lanes(paused) == 1


def test_what_was_refused_is_made_anew_though_others_are_in_doubt(paused: Office, wire: Wire) -> None:
    sender, raws = Sender(wire.w3, account(3), timeout=0.3), []

    def mine_the_first(methods: list[str], params: list[str]) -> None:
        if methods == ["eth_getTransactionCount"] and params[1] == "latest" and not raws:
            waiting = paused.chain.rpc("txpool_content")["pending"]
            (own,) = (each for who, each in waiting.items() if who.lower() == sender.address.lower())
            raws.extend(own[nonce]["hash"] for nonce in sorted(own, key=int))
            paused.chain.rpc("anvil_dropTransaction", raws[1])
            paused.chain.rpc("evm_mine")

    wire.before = mine_the_first
    to, next_lane = desk_of(paused), len(paused.deployment.lanes) + 1
    too_early = encode_call("TicketDesk", "setArticle", next_lane, 7)
    with pytest.raises(TransactionError, match="not mined"):
        sender.send_many([Call(to, too_early, gas=300_000), Call(to, CREATE_LANE, gas=300_000)])
    paused.chain.rpc("evm_setAutomine", True)
    assert sender.send(to, CREATE_LANE).gas_used > 21_000
    assert sender.send(to, too_early).gas_used > 21_000
    assert lanes(paused) == 1 and paused.desk.lanes.get(next_lane).article == 7


def test_one_of_many_in_doubt_is_taken_up_alone(paused: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), timeout=0.05)
    calls = [Call(desk_of(paused), CREATE_LANE), Call(RECEIVER, b"", 1), Call(RECEIVER, b"", 2)]
    with pytest.raises(TransactionError, match="not mined"):
        sender.send_many(calls)
    paused.chain.rpc("evm_mine")
    sender.send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 1


def test_acts_that_cost_more_than_the_one_estimated(office: Office) -> None:
    office.opened()
    office.opened()
    calls = [office.desk.call("TicketDesk", "open", 1, f"0x{number:064x}") for number in range(1, 127)]
    results = office.customer.sender.send_many(calls)
    gas = [result.gas_used for result in results]
    assert max(gas) == gas[-1] > 1.4 * gas[0], "leaf 127 completes seven subtrees and begins an eighth"


@pytest.mark.parametrize("heard", [False, True])
def test_many_calls_cut_at_every_request(
    office: Office, wire: Wire, heard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proofdesk._outbox.MAX_IN_FLIGHT", 2)
    calls = [Call(desk_of(office), CREATE_LANE)] * 3
    cut = 0
    while True:
        sender, before = Sender(wire.w3, account(3), timeout=20), lanes(office)
        wire.cut(cut, heard=heard)
        try:
            sender.send_many(calls)
        except ConnectionLost:
            sender.send_many(calls)
        assert lanes(office) == before + 3
        if wire.cut_at is not None:
            break
        cut += 1
    assert cut >= 5


def test_confirmations_are_waited_for(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations=3)
    wire.before = mining(office, 1)
    result = sender.send(RECEIVER, b"")
    assert int(office.chain.rpc("eth_blockNumber"), 16) == result.block + 2


def test_finality_is_waited_for(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations="finalized")
    wire.before = mining(office, 64)
    result = sender.send(RECEIVER, b"")
    finalized = office.chain.rpc("eth_getBlockByNumber", "finalized", False)
    assert int(finalized["number"], 16) >= result.block


def test_the_last_block_that_is_final_is_final(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations="finalized", timeout=2)

    def mine_once(methods: list[str], params: list[str]) -> None:
        if methods[0] == "eth_getTransactionReceipt":
            wire.before = None
            office.chain.rpc("anvil_mine", hex(64))

    wire.before = mine_once
    result = sender.send(RECEIVER, b"")
    finalized = office.chain.rpc("eth_getBlockByNumber", "finalized", False)
    assert int(finalized["number"], 16) == result.block


def test_a_block_that_was_reorganised_away_is_waited_out(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations=3, timeout=20)
    turned: list[int] = []

    def reorganise_once(methods: list[str], params: list[str]) -> None:
        if methods[0] == "eth_getTransactionReceipt":
            polls = [m for m in wire.asked if m[0] == "eth_getTransactionReceipt"]
            if len(polls) == 1 and not turned:
                assert office.chain.rpc("eth_getTransactionReceipt", params[0])
                turned.append(1)
                office.chain.rpc("anvil_reorg", 2, [])
                assert not office.chain.rpc("eth_getTransactionReceipt", params[0])
            else:
                office.chain.rpc("evm_mine")

    wire.before = reorganise_once
    result = sender.send(RECEIVER, b"", value=9)
    assert turned and balance(office, RECEIVER) == 9
    assert office.chain.rpc("eth_getTransactionReceipt", result.tx_hash)["blockNumber"] == hex(result.block)
