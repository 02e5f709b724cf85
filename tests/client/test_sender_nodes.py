"""The sender over providers and nodes of all manners."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from eth_account import Account

from proofdesk import (
    Call,
    ConnectionLost,
    Sender,
    TransactionError,
)
from tests.client.office import Office, account
from tests.client.sending import CREATE_LANE, RECEIVER, balance, desk_of, lanes
from tests.client.wire import Altered, Wire

# ------------------------------------------------------------------------------------------- other providers


class NoBatches(Wire):
    """A provider that knows no batches."""

    def make_batch_request(self, batch_requests: Any) -> Any:
        raise NotImplementedError


class RefusedBatches(Wire):
    """A node that answers a batch with one error."""

    def make_batch_request(self, batch_requests: Any) -> Any:  # noqa: ARG002
        return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}


@pytest.mark.parametrize("provider", [NoBatches, RefusedBatches])
def test_without_batches_it_is_asked_one_by_one(office: Office, provider: type[Wire]) -> None:
    sender = Sender(provider(office.chain.url).w3, account(3))
    assert len(sender.send_many([Call(RECEIVER, b"", value) for value in (1, 2, 3)])) == 3
    assert balance(office, RECEIVER) == 6


def test_a_provider_that_retries_by_itself(office: Office) -> None:
    class Twice(Wire):
        def make_request(self, method: Any, params: Any) -> Any:
            if method == "eth_sendRawTransaction":
                super().make_request(method, params)  # whose answer is lost on the way
            return super().make_request(method, params)

    before = lanes(office)
    Sender(Twice(office.chain.url).w3, account(3), timeout=20).send(desk_of(office), CREATE_LANE)
    assert lanes(office) == before + 1


def test_a_node_that_counts_only_what_is_mined(paused: Office) -> None:
    def mined(params: Any, answer: Any) -> Any:
        return {**answer, "result": paused.chain.rpc("eth_getTransactionCount", params[0], "latest")}

    line = Altered(paused.chain.url, eth_getTransactionCount=mined)
    sender = Sender(line.w3, account(3), timeout=20)
    with ThreadPoolExecutor(5) as pool:
        sent = [pool.submit(sender.send, RECEIVER, b"", value=value) for value in (1, 2, 3, 4, 5)]
        while len(paused.chain.rpc("txpool_content")["pending"].get(sender.address.lower(), {})) < 5:
            assert not any(future.done() for future in sent)
        paused.chain.rpc("evm_mine")
    assert [future.result().block for future in sent] == 5 * [sent[0].result().block]
    assert balance(paused, RECEIVER) == 15


def test_an_answer_that_is_no_json(office: Office) -> None:
    class Proxy(Wire):
        def decode_rpc_response(self, raw_response: bytes) -> Any:  # noqa: ARG002
            return super().decode_rpc_response(b"<html>502 Bad Gateway</html>")

    with pytest.raises(ConnectionLost, match="did not answer"):
        Sender(Proxy(office.chain.url).w3, account(3)).send(RECEIVER, b"")


# ----------------------------------------------------------------------------------- nodes of little manners


class Refusing(Wire):
    """Refuses some requests from a moment on, as public nodes do who were asked too often."""

    methods: tuple[str, ...] = ()

    def make_request(self, method: Any, params: Any) -> Any:
        if method in self.methods:
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "too many requests"}}
        return super().make_request(method, params)

    def make_batch_request(self, batch_requests: Any) -> Any:
        raise NotImplementedError


def test_what_is_refused_while_it_waits_ends_nothing(paused: Office) -> None:
    wire = Refusing(paused.chain.url)
    asked: list[str] = []

    def refuse(methods: list[str], params: Any) -> None:
        asked.extend(methods)
        if "eth_sendRawTransaction" in methods:
            wire.methods = ("eth_getTransactionByHash", "eth_getTransactionCount", "eth_gasPrice")
        elif len(asked) > 14:
            paused.chain.rpc("evm_mine")

    wire.before = refuse
    Sender(wire.w3, account(3), timeout=60).send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 1


def test_a_cap_below_a_risen_fee_leaves_it_in_doubt(paused: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), timeout=1.5, max_fee_per_gas=5 * 10**9)
    raised: list[str] = []

    def raise_fee(methods: list[str], params: Any) -> None:
        if methods == ["eth_getTransactionReceipt"] and not raised:
            raised.append(params[0])
            paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))

    wire.before = raise_fee
    with pytest.raises(TransactionError, match="not mined within") as caught:
        sender.send(RECEIVER, b"", value=1)
    assert caught.value.tx_hash == raised[0]
    paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", "0x1")
    paused.chain.rpc("evm_mine")
    assert sender.send(RECEIVER, b"", value=1).tx_hash == raised[0]


def test_what_is_signed_is_good_on_one_chain_alone(office: Office) -> None:
    class Lying(Wire):
        def make_request(self, method: Any, params: Any) -> Any:
            answer = super().make_request(method, params)
            return {**answer, "result": "0x1"} if method == "eth_chainId" and self.asked[1:] else answer

    signed: list[int] = []
    desk = office.desk
    wire = Lying(office.chain.url)
    wire.before = lambda methods, params: (
        signed.append(Account.recover_transaction(params[0]) and chain_of(params[0]))
        if methods == ["eth_sendRawTransaction"]
        else None
    )
    own = type(desk).connect(
        wire.w3, account=account(10), deployment=office.deployment, store=desk.archive.store
    )
    own.tickets.open(lane="cards", content="Which chain?")
    assert signed == [31337]


def chain_of(raw: str) -> int:
    """The chain that a type-2 transaction is good on: the first of its fields (EIP-1559)."""
    import rlp

    return int.from_bytes(rlp.decode(bytes.fromhex(raw[4:]))[0], "big")


def test_a_tip_is_bounded_whatever_the_node_says(office: Office) -> None:
    class Greedy(Wire):
        def make_batch_request(self, batch_requests: Any) -> Any:
            answers = super().make_batch_request(batch_requests)
            for (method, _), answer in zip(batch_requests, answers, strict=True):
                if method == "eth_maxPriorityFeePerGas":
                    answer["result"] = hex(10**16)
            return answers

    before = int(office.chain.rpc("eth_getBalance", account(3).address, "latest"), 16)
    Sender(Greedy(office.chain.url).w3, account(3)).send(RECEIVER, b"")
    spent = before - int(office.chain.rpc("eth_getBalance", account(3).address, "latest"), 16)
    assert 0 < spent < 21_000 * 10 * 10**9


def test_a_chain_that_stands_still_never_confirms(office: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), confirmations=2, timeout=0.3)
    with pytest.raises(TransactionError, match=r"mined in block \d+ .* no further block came") as caught:
        sender.send(RECEIVER, b"", value=1)
    office.chain.rpc("evm_mine")
    assert sender.send(RECEIVER, b"", value=1).tx_hash == caught.value.tx_hash


def test_a_chain_that_goes_on_has_the_time_it_takes(office: Office, wire: Wire) -> None:
    # A dozen looks take more than a second, as pauses grow; each finds a block more.
    sender = Sender(wire.w3, account(3), confirmations=14, timeout=0.8)
    wire.before = lambda methods, _: (
        office.chain.rpc("evm_mine") if "eth_getTransactionReceipt" in methods else None
    )
    assert sender.send(RECEIVER, b"", value=1).gas_used == 21_000
