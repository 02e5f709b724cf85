"""Nodes that hold a transaction until it is mined (EIP-7966), and those that cannot, or in vain."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from proofdesk import InsufficientFunds, Result, Sender, UnknownLane
from proofdesk._abi import encode_call
from tests.client.office import Office, account
from tests.client.sending import RECEIVER, balance, desk_of
from tests.client.wire import Wire

WAIT = "eth_sendRawTransactionSync"


class Waiting(Wire):
    """Answers eth_sendRawTransactionSync in its own way."""

    answer: Any = None

    def make_request(self, method: Any, params: Any) -> Any:
        if method == WAIT and self.answer is not None:
            self._pass([method], params, lambda: None)
            return {"jsonrpc": "2.0", "id": 1, **self.answer}
        return super().make_request(method, params)


@pytest.mark.parametrize("code", [-32601, -32600, -32000])
def test_a_node_that_cannot_wait_is_asked_once(office: Office, code: int) -> None:
    wire = Waiting(office.chain.url)
    wire.answer = {"error": {"code": code, "message": "what is that"}}
    desk = type(office.desk).connect(wire.w3, account=account(3), deployment=office.deployment)
    for person in (3, 4, 5):
        sender = desk.using(account(person)).sender
        for value in (1, 2, 3):
            assert sender.send(RECEIVER, b"", value=value).gas_used == 21_000
    assert wire.asked.count([WAIT]) == 1


@pytest.mark.parametrize("answer", [{"error": {"code": 4, "message": "timeout"}}, {"result": None}])
def test_a_node_that_waited_in_vain_is_polled(office: Office, answer: dict[str, Any]) -> None:
    class Late(Waiting):
        def make_request(self, method: Any, params: Any) -> Any:
            if method == WAIT:
                HTTPProvider(office.chain.url).make_request(RPCEndpoint("eth_sendRawTransaction"), params)
            return super().make_request(method, params)

    wire = Late(office.chain.url)
    wire.answer = answer
    sender = Sender(wire.w3, account(3))
    for value in (1, 2, 3):
        sender.send(RECEIVER, b"", value=value)
    assert balance(office, RECEIVER) == 6 and wire.asked.count([WAIT]) == 2


def test_a_chain_that_takes_its_time_is_not_waited_for(
    wire: Wire, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proofdesk._outbox._QUICK", 0)
    for value in (1, 2):
        sender.send(RECEIVER, b"", value=value)
    assert [WAIT] not in wire.asked


def test_who_is_not_alone_keeps_nobody_waiting(office: Office, wire: Wire, sender: Sender) -> None:
    sender.send(RECEIVER, b"")
    wire.asked.clear()
    with ThreadPoolExecutor(1) as pool:
        others: list[Future[Result]] = []

        def join(methods: list[str], params: Any) -> None:
            if not others:
                others.append(pool.submit(sender.send, RECEIVER, b"", value=2))
                while len(sender._core._outbox._callers) < 2:
                    assert not others[0].done()

        wire.before = join
        sender.send(RECEIVER, b"", value=1)
        others[0].result()
    assert ["eth_sendRawTransaction"] in wire.asked and balance(office, RECEIVER) == 3


def test_a_refusal_is_told_however_it_was_sent(office: Office, wire: Wire, sender: Sender) -> None:
    sender.send(RECEIVER, b"")
    wire.asked.clear()
    with pytest.raises(UnknownLane) as caught:
        sender.send(desk_of(office), encode_call("TicketDesk", "closeLane", 99), gas=200_000)
    assert caught.value.tx_hash and [WAIT] in wire.asked
    with pytest.raises(InsufficientFunds):
        sender.send(RECEIVER, b"", value=10**30, gas=21_000)
    assert sender.send(RECEIVER, b"", value=1).gas_used == 21_000


def test_a_receipt_of_another_transaction_is_not_believed(office: Office) -> None:
    other = Sender(office.w3, account(4)).send(RECEIVER, b"", value=1)
    wire = Waiting(office.chain.url)
    sender = Sender(wire.w3, account(3))
    sender.send(RECEIVER, b"")
    wire.answer = {"result": office.chain.rpc("eth_getTransactionReceipt", other.tx_hash)}
    assert sender.send(RECEIVER, b"", value=7).tx_hash != other.tx_hash
    assert [WAIT] in wire.asked and balance(office, RECEIVER) == 8


def test_depth_is_waited_for_whoever_waits_for_the_receipt(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations=2)
    wire.before = lambda methods, _: (
        office.chain.rpc("evm_mine") if "eth_getTransactionReceipt" in methods else None
    )
    for _ in range(2):
        result = sender.send(RECEIVER, b"", value=1)
        assert int(office.chain.rpc("eth_blockNumber"), 16) >= result.block + 1
    assert [WAIT] in wire.asked
