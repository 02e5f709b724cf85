"""Whose a nonce is, where nodes of different age answer at one address: only a block says it for sure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from eth_account.datastructures import SignedTransaction

from proofdesk import ConnectionLost, Sender, TransactionError, TransactionInDoubt
from proofdesk._outbox import Call, Job
from proofdesk._rpc import AsyncNode, NodeError
from proofdesk._shell import drive
from proofdesk.sending.journal import Entry
from proofdesk.sending.nonces import is_anothers
from tests.client.office import Office, account
from tests.client.sending import CREATE_LANE, RECEIVER, balance, desk_of, lanes
from tests.client.test_sender_journal import Memory
from tests.client.wire import Wire

BY_HASH = ("eth_getTransactionByHash", "eth_getTransactionReceipt")
NO_SYNC = {"error": {"code": -32601, "message": "method not found"}}


class Aged(Wire):
    """Counts are a fresh node's; what `is_late` says is answered by one that has not heard of it."""

    is_late: Callable[[str, Any], bool] = staticmethod(lambda _method, _params: False)

    def make_request(self, method: Any, params: Any) -> Any:
        if method == "eth_sendRawTransactionSync":
            return {"jsonrpc": "2.0", "id": 1, **NO_SYNC}
        answer = super().make_request(method, params)
        return {**answer, "result": None} if self.is_late(method, params) else answer

    def make_batch_request(self, batch_requests: Any) -> Any:
        raise NotImplementedError


@pytest.fixture
def aged(office: Office) -> Aged:
    """A line to nodes of different age."""
    return Aged(office.chain.url)


def test_a_transaction_that_look_ups_do_not_show_yet_is_not_made_again(office: Office, aged: Aged) -> None:
    until = time.monotonic() + 1.5
    aged.is_late = lambda method, _: method in BY_HASH and time.monotonic() < until
    Sender(aged.w3, account(3), timeout=20).send(RECEIVER, b"", value=1000, gas=21_000)
    assert balance(office, RECEIVER) == 1000


def test_what_no_block_shows_stays_in_doubt(office: Office, aged: Aged) -> None:
    sent: list[str] = []
    aged.is_late = lambda method, _: method in (*BY_HASH, "eth_getBlockByNumber") and bool(sent)
    aged.before = lambda methods, params: sent.extend(params) if "sendRaw" in methods[0] else None
    journal = Memory()
    sender = Sender(aged.w3, account(3), timeout=1.5, journal=journal)
    with pytest.raises(TransactionInDoubt, match=r"nonce \d+ is used, and the node does not show") as caught:
        sender.send(desk_of(office), CREATE_LANE, gas=300_000)
    assert len(caught.value.tx_hashes) == len(journal.entries) == 1 and len(set(sent)) == 1
    aged.before = None
    sent.clear()
    assert sender.send(desk_of(office), CREATE_LANE).tx_hash == caught.value.tx_hashes[0]
    assert lanes(office) == 1 and journal.load() == []


@pytest.mark.parametrize("gone", ["state", "count"])
def test_a_node_that_cannot_look_back_keeps_it_in_doubt(office: Office, gone: str) -> None:
    class Pruned(Aged):
        def make_request(self, method: Any, params: Any) -> Any:
            old = method == "eth_getTransactionCount" and params[1].startswith("0x") and sent
            if old and gone == "state":
                return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "missing trie node"}}
            if old:
                return {"jsonrpc": "2.0", "id": 1, "result": "0x0"}
            return super().make_request(method, params)

    sent: list[str] = []
    aged = Pruned(office.chain.url)
    aged.before = lambda methods, params: sent.extend(params) if "sendRaw" in methods[0] else None
    aged.is_late = lambda method, _: method in BY_HASH
    sender = Sender(aged.w3, account(3), timeout=1.5)
    with pytest.raises(TransactionInDoubt, match="is used, and the node does not show"):
        sender.send(desk_of(office), CREATE_LANE, gas=300_000)
    assert lanes(office) == 1


@pytest.mark.parametrize("blocks_ago", [0, 1, 2, 9, 40])
def test_another_transaction_is_found_however_long_ago(office: Office, wire: Wire, blocks_ago: int) -> None:
    """A job of the journal whose nonce was used meanwhile is made anew."""
    Sender(office.w3, account(3)).send(RECEIVER, b"", value=1)
    for _ in range(3):
        Sender(office.w3, account(3)).send(RECEIVER, b"")
    if blocks_ago:
        office.chain.rpc("anvil_mine", hex(blocks_ago))
    sender = Sender(wire.w3, account(3), timeout=20, journal=Memory([entry_of(office, nonce=0)]))
    sender.send(RECEIVER, b"", value=5, gas=21_000)
    assert balance(office, RECEIVER) == 6
    asked = sum(methods.count("eth_getTransactionCount") for methods in wire.asked)
    assert asked < 40, "found in strides, not by walking"


def test_in_a_block_of_many_each_is_told_from_its_neighbours(paused: Office) -> None:
    """By account and nonce: what is its own must not be taken for another's, and made a second time."""
    sent = {
        (number, nonce): raw_of(paused, number, nonce, tip)
        for number, nonce, tip in [(16, 0, 3), (15, 0, 2), (15, 1, 2)]
    }
    hashes = {key: paused.chain.rpc("eth_sendRawTransaction", raw) for key, raw in sent.items()}
    paused.chain.rpc("evm_mine")
    block = paused.chain.rpc("eth_getBlockByNumber", "latest", False)
    assert block["transactions"] == list(hashes.values())
    outbox = Sender(paused.w3, account(15))._core._outbox
    for nonce in (0, 1):
        job = Job(Call(RECEIVER, b""), 21_000, nonce, hashes=[hashes[15, nonce]])
        assert not drive(is_anothers(outbox, job))
        assert drive(is_anothers(outbox, replace(job, hashes=["0x" + 64 * "5"])))


def test_the_first_of_a_chain_is_found(office: Office) -> None:
    """Strides that double do not lead beyond the first block."""
    outbox = Sender(office.w3, account(0))._core._outbox
    job = Job(Call(RECEIVER, b""), 21_000, 0, hashes=["0x" + 64 * "5"])
    assert drive(is_anothers(outbox, job))


@pytest.mark.parametrize(("wanted", "deep"), [(1, 0), (3, 2), ("finalized", 64)])
def test_who_has_a_nonce_is_believed_when_it_is_as_deep_as_is_waited_for(
    office: Office, wanted: Any, deep: int
) -> None:
    """A block that is replaced may have the job's own in its place: a new one would be a second one."""
    Sender(office.w3, account(3)).send(RECEIVER, b"", value=1)
    outbox = Sender(office.w3, account(3), confirmations=wanted)._core._outbox
    job = Job(Call(RECEIVER, b""), 21_000, 0, hashes=["0x" + 64 * "5"])
    for more in range(deep):
        assert not drive(is_anothers(outbox, job)), f"{more} blocks above it"
        office.chain.rpc("evm_mine")
    assert drive(is_anothers(outbox, job))


@pytest.mark.parametrize("kept", [64, 128])
def test_all_that_a_node_keeps_is_found_while_the_chain_goes_on(office: Office, kept: int) -> None:
    """A block comes after the first look at how high the chain is, and takes the oldest state with it."""

    class Pruned(AsyncNode):
        def __init__(self, blocks_ago: int) -> None:
            self.head, self.used = 1000, 1000 - blocks_ago

        async def height(self) -> int:
            self.head += 1
            return self.head - 1

        async def quantity(self, method: str, *params: Any) -> int:
            block = int(params[1], 16)
            if block <= self.head - kept:
                raise NodeError(method, "missing trie node")
            return int(block >= self.used)

        async def request(self, _method: str, *_params: Any) -> Any:
            return {"transactions": [{"from": account(0).address, "nonce": "0x0", "hash": "0x1"}]}

    outbox = Sender(office.w3, account(0))._core._outbox
    job = Job(Call(RECEIVER, b""), 21_000, 0, hashes=["0x" + 64 * "5"])
    for blocks_ago in range(kept - 2):
        outbox.node = Pruned(blocks_ago)
        assert drive(is_anothers(outbox, job)), f"used {blocks_ago} blocks ago"


def raw_of(office: Office, number: int, nonce: int, tip: int) -> str:
    """An account's transaction, signed; with a higher `tip`, gwei, it stands first in a block."""
    fields: dict[str, Any] = {
        "chainId": office.chain.chain_id,
        "nonce": nonce,
        "to": bytes.fromhex(RECEIVER[2:]),
    }
    fees: dict[str, Any] = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": tip * 10**9}
    signed = account(number).sign_transaction({"type": 2, "value": 1, "gas": 21_000, **fields, **fees})
    return str(signed.raw_transaction.to_0x_hex())


def test_what_is_refused_twice_is_not_forgotten(office: Office) -> None:
    """The first of two deliveries is mined; what the second's refusal and the look-ups say is older."""

    class Twice(Aged):
        def make_request(self, method: Any, params: Any) -> Any:
            if method == "eth_sendRawTransaction":
                super().make_request(method, params)
            return super().make_request(method, params)

    aged = Twice(office.chain.url)
    until = time.monotonic() + 1
    aged.is_late = lambda method, _: method in BY_HASH and time.monotonic() < until
    Sender(aged.w3, account(3), timeout=20).send(desk_of(office), CREATE_LANE)
    assert lanes(office) == 1


def test_what_is_known_is_out_though_its_nonce_is_counted_as_free(office: Office) -> None:
    """Refused as known already by a node whose count is another one's, and older."""

    class Behind(Aged):
        def make_request(self, method: Any, params: Any) -> Any:
            if method == "eth_sendRawTransaction":
                counted.append(
                    super().make_request("eth_getTransactionCount", [account(3).address, "pending"])
                )
                super().make_request(method, params)
            if method == "eth_getTransactionCount" and counted:
                return counted[0]
            return super().make_request(method, params)

    counted: list[Any] = []
    Sender(Behind(office.chain.url).w3, account(3), timeout=20).send(RECEIVER, b"", value=5, gas=21_000)
    assert balance(office, RECEIVER) == 5 and len(counted) == 1


def test_what_was_out_before_is_not_forgotten_for_want_of_money(office: Office) -> None:
    """It is mined and its money spent, but node after node has not heard of it."""
    line = Aged(office.chain.url)
    journal = Memory()
    whole = int(office.chain.rpc("eth_getBalance", account(3).address, "latest"), 16)
    sender = Sender(line.w3, account(3), timeout=1.5, journal=journal)

    def cut_when_sent(methods: list[str], _params: Any) -> None:
        if methods == ["eth_sendRawTransaction"]:
            line.cut(0, heard=True)

    line.before = cut_when_sent
    with pytest.raises(ConnectionLost):
        sender.send(RECEIVER, b"", value=whole * 2 // 3, gas=21_000)
    line.before = None
    counted = line.make_request

    def behind(method: Any, params: Any) -> Any:
        if method == "eth_getTransactionCount":
            return {"jsonrpc": "2.0", "id": 1, "result": "0x0"}
        return counted(method, params)

    line.make_request = behind  # type: ignore[method-assign]  # one node of many, for a while
    line.is_late = lambda method, _: method in BY_HASH
    with pytest.raises(TransactionError, match="not mined"):
        sender.send(RECEIVER, b"", value=whole * 2 // 3, gas=21_000)
    assert len(journal.entries) == 1


def test_a_gap_too_wide_to_be_a_loss_is_not_filled(office: Office, wire: Wire) -> None:
    before = int(office.chain.rpc("eth_getTransactionCount", account(3).address, "latest"), 16)
    sender = Sender(wire.w3, account(3), timeout=1.5, journal=Memory([entry_of(office, nonce=before + 501)]))
    with pytest.raises(TransactionInDoubt, match=r"lacks 501 transactions .* of the same chain"):
        sender.send(RECEIVER, b"", value=5, gas=21_000)
    assert int(office.chain.rpc("eth_getTransactionCount", account(3).address, "latest"), 16) == before


def entry_of(office: Office, *, nonce: int) -> Entry:
    """What a process left in its journal that died before it sent 5 wei."""
    signed: SignedTransaction = account(3).sign_transaction(
        {
            "type": 2,
            "chainId": office.chain.chain_id,
            "nonce": nonce,
            "to": bytes.fromhex(RECEIVER[2:]),
            "value": 5,
            "gas": 21_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
        }
    )
    fees = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9}
    hashes, raws = (signed.hash.to_0x_hex(),), (signed.raw_transaction.to_0x_hex(),)
    return Entry(
        office.chain.chain_id, account(3).address, nonce, RECEIVER, b"", 5, 21_000, fees, hashes, raws
    )
