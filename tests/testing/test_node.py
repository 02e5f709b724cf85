"""The node in this process answers and refuses in the shapes in which anvil does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proofdesk.testing._provider import LocalProvider
from tests.client.office import account
from tests.testing.twins import Twins

ME, YOU, OTHER = (account(number).address.lower() for number in range(3))
NOBODY, UNKNOWN = "0x" + 20 * "12", "0x" + 32 * "11"
FEES = {"maxFeePerGas": hex(5 * 10**9), "maxPriorityFeePerGas": hex(10**9)}
# Creation code. The first reverts with its number, the second logs it under topics 4, 2 and 1.
REVERTING = "0x602a60005260206000fd"
LOGGING = "0x602a60005260016002600460206000a300"
# Creates a contract that answers 7.
ANSWERING = "0x600a600c600039600a6000f3" + "600760005260206000f3"
# Code that answers by what it sees: the block's number, its time, the hash of the one before.
NUMBER, TIMESTAMP = "0x4360005260206000f3", "0x4260005260206000f3"
BLOCKHASH = "0x436001900340" + "60005260206000f3"


def sent(twins: Twins, **fields: Any) -> str:
    """The hash of a transaction mined by both."""
    nonce = twins.result("eth_getTransactionCount", ME, "latest")
    transaction = {"from": ME, "gas": hex(200_000), "nonce": nonce, **FEES, **fields}
    if "gasPrice" in fields:
        transaction = {name: value for name, value in transaction.items() if name not in FEES}
    ours, theirs = twins.ask("eth_sendTransaction", transaction)
    assert ours.get("result") and ours["result"] == theirs["result"], (ours, theirs)
    while twins.anvil.make_request("eth_getTransactionReceipt", [ours["result"]])["result"] is None:
        pass  # anvil answers before it mines
    return str(ours["result"])


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_chainId", []),
        ("net_version", []),
        ("eth_syncing", []),
        ("eth_blockNumber", []),
        ("eth_gasPrice", []),
        ("eth_maxPriorityFeePerGas", []),
        ("web3_clientVersion", []),
        ("eth_getBalance", [ME, "latest"]),
        ("eth_getBalance", [ME, {"blockNumber": "0x0"}]),
        ("eth_getCode", [ME, "latest"]),
        ("eth_getStorageAt", [ME, "0x0", "latest"]),
        ("eth_getTransactionCount", [ME, "pending"]),
        ("eth_getTransactionReceipt", [UNKNOWN]),
        ("eth_getTransactionByHash", [UNKNOWN]),
        ("eth_getBlockByHash", [UNKNOWN, False]),
        ("eth_getBlockByNumber", ["0x999", False]),
        ("eth_getBlockByNumber", ["earliest", False]),
        ("eth_call", [{"data": "0x600760005260206000f3"}, "latest"]),
        ("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "0x999"}]),
        ("evm_snapshot", []),
        ("evm_revert", ["0x99"]),
        ("evm_increaseTime", [1]),
        ("evm_mine", []),
    ],
)
def test_what_is_read(twins: Twins, method: str, params: list[Any]) -> None:
    twins.result(method, *params)


@pytest.mark.parametrize(
    "fields",
    [
        {"to": YOU, "value": "0x1"},
        {"to": YOU, "value": "0x1", "gasPrice": hex(3 * 10**9)},
        {"to": YOU, "data": "0x1234"},
        {"data": ANSWERING},
        {"data": LOGGING},
        {"data": REVERTING},
        {"data": "0xfe"},
    ],
    ids=["value", "legacy", "data", "creation", "logs", "revert", "invalid"],
)
def test_a_transaction_its_receipt_and_its_block(twins: Twins, fields: dict[str, Any]) -> None:
    digest = sent(twins, **fields)
    twins.result("eth_getTransactionByHash", digest)
    receipt = twins.result("eth_getTransactionReceipt", digest)
    twins.result("eth_getBlockReceipts", receipt["blockNumber"])
    for full in (False, True):
        block = twins.result("eth_getBlockByNumber", receipt["blockNumber"], full)
    found = twins.ours.make_request("eth_getBlockByHash", [block["hash"], True])
    assert found["result"] == block
    if receipt["contractAddress"]:
        twins.result("eth_getCode", receipt["contractAddress"], "latest")


def test_logs_by_range_address_and_topics(twins: Twins) -> None:
    digest = sent(twins, data=LOGGING)
    receipt = twins.result("eth_getTransactionReceipt", digest)
    (log,) = receipt["logs"]
    number, (first, *_) = receipt["blockNumber"], log["topics"]
    bounds = {"fromBlock": number, "toBlock": "latest"}
    for asked, count in [
        ({}, 1),
        ({"address": log["address"]}, 1),
        ({"address": [NOBODY, log["address"]]}, 1),
        ({"address": NOBODY}, 0),
        ({"topics": []}, 1),
        ({"topics": [first]}, 1),
        ({"topics": [None, log["topics"][1]]}, 1),
        ({"topics": [[UNKNOWN, first], None]}, 1),
        ({"topics": [UNKNOWN]}, 0),
        ({"topics": [None, first]}, 0),
        ({"topics": [None, None, None]}, 1),
    ]:
        assert len(twins.result("eth_getLogs", bounds | asked)) == count, asked
    # As geth: a place that is asked for has to be there. Anvil takes a null for none.
    longer = {**bounds, "topics": [None, None, None, None]}
    assert twins.ours.make_request("eth_getLogs", [longer])["result"] == []
    assert twins.result("eth_getLogs", {"fromBlock": "0x0", "toBlock": hex(int(number, 16) - 1)}) is not None
    by_hash = {"blockHash": receipt["blockHash"]}
    assert twins.ours.make_request("eth_getLogs", [by_hash])["result"] == [log]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_foo", []),
        ("eth_getBalance", []),
        ("eth_getBalance", ["0x12", "latest"]),
        ("eth_getBalance", [ME, "0xzz"]),
        ("eth_call", [{"to": YOU, "data": "0xzz"}, "latest"]),
        ("eth_call", [{"to": YOU}, "0x999"]),
        ("eth_call", [{"data": REVERTING}, "latest"]),
        ("eth_call", [{"data": "0x60006000fd"}, "latest"]),
        ("eth_call", [{"data": "0xfe"}, "latest"]),
        ("eth_call", [{"from": ME, "to": YOU, "value": hex(10**40)}, "latest"]),
        ("eth_estimateGas", [{"data": REVERTING}]),
        ("eth_sendTransaction", [{"from": NOBODY, "to": YOU, "gas": "0x5208"}]),
        ("eth_sendTransaction", [{"from": OTHER, "to": YOU, "gas": "0x5208", "value": hex(10**40)}]),
        ("eth_sendTransaction", [{"from": OTHER, "to": YOU, "gas": "0x5208", "maxFeePerGas": "0x1",
                                  "maxPriorityFeePerGas": "0x1"}]),
        ("eth_sendTransaction", [{"from": OTHER, "to": YOU, "gas": "0x100"}]),
        ("eth_sendTransaction", [{"from": OTHER, "to": YOU, "gas": hex(10**9)}]),
        ("eth_sendRawTransaction", ["0x1234"]),
        ("eth_getLogs", [{"fromBlock": "0x999", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"blockHash": UNKNOWN}]),
        ("eth_getLogs", [{"blockHash": UNKNOWN, "fromBlock": "0x0"}]),
        ("evm_setNextBlockTimestamp", [1]),
    ],
)  # fmt: skip
def test_what_is_refused(twins: Twins, method: str, params: list[Any]) -> None:
    twins.error(method, *params)


def test_a_nonce_that_was_used(twins: Twins) -> None:
    sent(twins, to=YOU)
    twins.error("eth_sendTransaction", {"from": ME, "to": YOU, "gas": "0x5208", "nonce": "0x0", **FEES})


def test_a_raw_transaction_of_another_chain() -> None:
    signed = account(2).sign_transaction(
        {"chainId": 1, "nonce": 0, "gas": 21_000, "gasPrice": 5 * 10**9, "to": account(1).address, "value": 0}
    )
    answer: Any = LocalProvider().make_request("eth_sendRawTransaction", [signed.raw_transaction.to_0x_hex()])
    assert answer["error"]["message"] == "invalid chain id for signer"


def test_a_call_on_the_state_of_an_earlier_block(twins: Twins) -> None:
    created = twins.result("eth_getTransactionReceipt", sent(twins, data=ANSWERING))
    call = {"to": created["contractAddress"]}
    before = hex(int(created["blockNumber"], 16) - 1)
    sent(twins, to=YOU)
    assert int(twins.result("eth_call", call, created["blockNumber"]), 16) == 7
    assert twins.result("eth_call", call, before) == "0x"


def test_a_call_sees_its_block(twins: Twins) -> None:
    twins.result("evm_mine")
    block = twins.result("eth_getBlockByNumber", "latest", False)
    answers = {
        NUMBER: block["number"],
        TIMESTAMP: block["timestamp"],
        BLOCKHASH: block["parentHash"],
    }
    for code, expected in answers.items():
        found = twins.ours.make_request("eth_call", [{"data": code}, "latest"])["result"]
        assert int(found, 16) == int(expected, 16)


def test_a_batch_and_bytes_that_are_no_request(twins: Twins) -> None:
    requests: Any = [("eth_chainId", []), ("eth_foo", []), ("eth_blockNumber", [])]
    ours, theirs = (node.make_batch_request(requests) for node in (twins.ours, twins.anvil))
    assert [sorted(answer) for answer in ours] == [sorted(answer) for answer in theirs]
    node = LocalProvider()
    assert json.loads(node.answer(b"{"))["error"]["code"] == -32700
    assert json.loads(node.answer(b"7"))["error"]["code"] == -32600
    assert json.loads(node.answer(b'{"method": "eth_chainId", "params": {}}'))["error"]["code"] == -32602


def test_time_and_snapshots(twins: Twins) -> None:
    now = int(twins.result("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    snapshot, theirs = (each["result"] for each in twins.ask("evm_snapshot"))
    balance = twins.result("eth_getBalance", YOU, "latest")
    digest = sent(twins, to=YOU, value="0x7")
    assert twins.result("eth_getBalance", YOU, "latest") != balance
    twins.result("evm_mine", hex(now + 86_400))
    assert int(twins.result("eth_getBlockByNumber", "latest", False)["timestamp"], 16) == now + 86_400
    later = twins.ours.make_request("evm_snapshot", [])["result"]
    assert twins.ours.make_request("evm_revert", [snapshot])["result"] is True
    assert twins.anvil.make_request("evm_revert", [theirs])["result"] is True
    assert twins.ours.make_request("evm_revert", [later])["result"] is False
    assert twins.result("eth_getTransactionReceipt", digest) is None
    assert twins.result("eth_getBalance", YOU, "latest") == balance
    sent(twins, to=YOU)
    block = twins.ours.make_request("eth_getBlockByNumber", ["latest", False])["result"]
    assert int(block["timestamp"], 16) < now + 3_600
