"""Every call lands exactly once, whatever breaks, and whoever else sends from the account."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from proofdesk import (
    Call,
    ConnectionLost,
    InsufficientFunds,
    Result,
    Sender,
    TransactionError,
    TransactionInDoubt,
)
from proofdesk.sending.journal import JournalFile
from tests.client.office import Office, account
from tests.client.sending import CREATE_LANE, RECEIVER, balance, desk_of, lanes
from tests.client.wire import Wire


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("warm", [False, True])
def test_cut_at_every_request_it_lands_once(office: Office, wire: Wire, heard: bool, warm: bool) -> None:
    cuts = 0
    while True:
        sender = Sender(wire.w3, account(3), timeout=20)
        if warm:  # it then has the node wait for the receipt
            sender.send(RECEIVER, b"")
        before = lanes(office)
        wire.cut(cuts, heard=heard)
        try:
            sender.send(desk_of(office), CREATE_LANE)
        except ConnectionLost as error:
            sent = any("eth_sendRawTransaction" in methods for methods in wire.asked)
            assert isinstance(error, TransactionInDoubt) == sent
            sender.send(desk_of(office), CREATE_LANE)
        assert lanes(office) == before + 1
        if wire.cut_at is not None:
            break
        cuts += 1
    assert cuts >= (2 if warm else 4)


def test_lost_while_it_waits_to_be_mined(paused: Office, wire: Wire, sender: Sender) -> None:
    def cut_when_sent(methods: list[str], params: list[str]) -> None:
        if "eth_sendRawTransaction" in methods:
            wire.cut(0, heard=True)

    wire.before = cut_when_sent
    with pytest.raises(TransactionInDoubt) as caught:
        sender.send(desk_of(paused), CREATE_LANE)
    pending = caught.value.tx_hashes
    assert len(pending) == 1 and pending[0] in str(caught.value)
    wire.before = None
    paused.chain.rpc("evm_setAutomine", True)
    paused.chain.rpc("evm_mine")
    wire.asked.clear()
    assert sender.send(desk_of(paused), CREATE_LANE).tx_hash == pending[0]
    assert lanes(paused) == 1
    assert "eth_estimateGas" not in wire.asked[0], "what is out is sent again as it is, and waited for"


def test_not_mined_in_time_is_waited_for_by_calling_again(paused: Office, wire: Wire) -> None:
    sender = Sender(wire.w3, account(3), timeout=0.05)
    with pytest.raises(TransactionError, match="call again to go on waiting") as caught:
        sender.send(desk_of(paused), CREATE_LANE)
    paused.chain.rpc("evm_mine")
    assert sender.send(desk_of(paused), CREATE_LANE).tx_hash == caught.value.tx_hash
    assert lanes(paused) == 1


def test_what_the_node_forgot_is_sent_again(paused: Office, wire: Wire, sender: Sender) -> None:
    def drop_once(methods: list[str], params: list[str]) -> None:
        sent = [m for m in wire.asked if "eth_sendRawTransaction" in m]
        if methods == ["eth_getTransactionReceipt"] and len(sent) == 1:
            paused.chain.rpc("anvil_dropTransaction", params[0])
        elif len(sent) == 2:
            paused.chain.rpc("evm_mine")

    wire.before = drop_once
    sender.send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 1


def test_what_is_mined_between_two_looks_is_not_sent_again(
    paused: Office, wire: Wire, sender: Sender
) -> None:
    raw: list[str] = []

    def hide_then_mine(methods: list[str], params: list[str]) -> None:
        if "eth_sendRawTransaction" in methods and not raw:
            raw.append(params[0])
        elif methods == ["eth_getTransactionReceipt"] and raw and not is_mined():
            paused.chain.rpc("anvil_dropTransaction", params[0])
        # The node did not know it a moment ago, and now counts its nonce as used: by itself.
        elif methods == ["eth_getTransactionCount"] and params[1] == "latest" and raw and not is_mined():
            paused.chain.rpc("eth_sendRawTransaction", raw[0])
            paused.chain.rpc("evm_mine")
            paused.chain.rpc("evm_setAutomine", True)

    def is_mined() -> bool:
        return lanes(paused) > 0

    wire.before = hide_then_mine
    sender.send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 1


def test_a_nonce_that_another_sender_took(paused: Office, wire: Wire, sender: Sender) -> None:
    rival = Sender(paused.w3, account(3), timeout=20)

    def outbid_once(methods: list[str], params: list[str]) -> None:
        sent = [m for m in wire.asked if "eth_sendRawTransaction" in m]
        if methods == ["eth_getTransactionReceipt"] and len(sent) == 1 and not rivals:
            ours = paused.chain.rpc("eth_getTransactionByHash", params[0])
            signed = account(3).sign_transaction(
                {
                    "to": "0x" + 20 * "22",
                    "value": 1,
                    "gas": 21_000,
                    "nonce": int(ours["nonce"], 16),
                    "chainId": paused.chain.chain_id,
                    "maxFeePerGas": 2 * int(ours["maxFeePerGas"], 16),
                    "maxPriorityFeePerGas": 2 * int(ours["maxPriorityFeePerGas"], 16),
                }
            )
            rivals.append(paused.chain.rpc("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex()))
            paused.chain.rpc("evm_setAutomine", True)
            paused.chain.rpc("evm_mine")

    rivals: list[str] = []
    wire.before = outbid_once
    sender.send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 1 and balance(paused, "0x" + 20 * "22") == 1
    assert rival.send(RECEIVER, b"").gas_used == 21_000


def test_the_chain_was_reset(office: Office, sender: Sender) -> None:
    def nonce() -> int:
        return int(office.chain.rpc("eth_getTransactionCount", sender.address, "latest"), 16)

    before = nonce()
    with office.isolated():
        sender.send(RECEIVER, b"")
        sender.send(RECEIVER, b"")
    assert sender.send(RECEIVER, b"", value=1).gas_used == 21_000
    assert nonce() == before + 1, "no gap was there to be filled"


def test_threads_share_a_sender(office: Office, sender: Sender) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda value: sender.send(RECEIVER, b"", value=value), range(1, 21)))
    assert len({result.tx_hash for result in results}) == 20
    assert balance(office, RECEIVER) == sum(range(1, 21))


def test_a_refused_call_leaves_no_gap_to_those_after_it(paused: Office, sender: Sender) -> None:
    def pending() -> int:
        return int(paused.chain.rpc("eth_getTransactionCount", sender.address, "pending"), 16)

    before = pending()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sender.send, RECEIVER, b"", value=1)
        while pending() == before:
            assert not first.done()
        with pytest.raises(InsufficientFunds):
            sender.send(RECEIVER, b"", value=10**30, gas=21_000)
        second = pool.submit(sender.send, RECEIVER, b"", value=2)
        while not (first.done() and second.done()):
            paused.chain.rpc("evm_mine")
    assert balance(paused, RECEIVER) == 3
    assert second.result().block >= first.result().block


def test_two_senders_of_one_account(office: Office) -> None:
    senders = [Sender(Wire(office.chain.url).w3, account(3), timeout=20) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        batches = [[Call(RECEIVER, b"", value) for value in range(start, 100, 2)] for start in (1, 2)]
        results = list(pool.map(lambda job: job[0].send_many(job[1]), zip(senders, batches, strict=True)))
    assert [len(batch) for batch in results] == [50, 49]
    assert balance(office, RECEIVER) == sum(range(1, 100))


PROCESS = """
import sys
from web3 import HTTPProvider, Web3
from proofdesk import Sender
from tests.client.office import account
sender = Sender(Web3(HTTPProvider(sys.argv[1])), account(3))
for value in range(int(sys.argv[2]), 40, 2):
    sender.send("0x" + 20 * "11", b"", value=value)
"""


def test_two_processes_of_one_account(office: Office) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", PROCESS, office.chain.url, start]) for start in ("1", "2")
    ]
    assert [process.wait(120) for process in processes] == [0, 0]
    assert balance(office, RECEIVER) == sum(range(1, 40))


# ------------------------------------------------------------------------------------------ gaps of nonces


def test_what_a_lost_mempool_took_with_it_is_brought_back(paused: Office, wire: Wire, sender: Sender) -> None:
    """The first of two is given up by its caller, the second waits for it."""
    with ThreadPoolExecutor(1) as pool:
        hasty = Sender(wire.w3, account(3), timeout=0.05)
        with pytest.raises(TransactionError, match="not mined"):
            hasty.send(RECEIVER, b"", value=1)
        hasty._core._outbox.timeout = 20
        second = pool.submit(hasty.send, RECEIVER, b"", value=2)
        while pending(paused) < 2:
            assert not second.done()
        paused.chain.rpc("anvil_dropAllTransactions")
        while pending(paused) < 2:
            assert not second.done()
        paused.chain.rpc("evm_mine")
        assert second.result().gas_used == 21_000
    assert balance(paused, RECEIVER) == 3


@pytest.mark.parametrize(("is_kept", "sum_"), [(False, 2), (True, 3)])
def test_a_gap_that_another_process_left_is_filled(
    paused: Office, tmp_path: Path, is_kept: bool, sum_: int
) -> None:
    """By what the journal has, or else by nothing, sent to the account itself."""

    def give_up(value: int, journal: JournalFile | None) -> None:
        hasty = Sender(paused.w3, account(3), timeout=0.05, journal=journal)
        with pytest.raises(TransactionError, match="not mined"):
            hasty.send(RECEIVER, b"", value=value)

    def take_up() -> Result:
        with JournalFile(tmp_path / "journal") as journal:
            return Sender(paused.w3, account(3), timeout=20, journal=journal).send(RECEIVER, b"", value=2)

    with JournalFile(tmp_path / "journal") as journal:
        give_up(1, journal if is_kept else None)
        give_up(2, journal)
    paused.chain.rpc("anvil_dropAllTransactions")
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(take_up)
        while pending(paused) < 2:
            assert not second.done()
        paused.chain.rpc("evm_mine")
        second.result()
    assert balance(paused, RECEIVER) == sum_


def test_many_that_a_mempool_lost_are_brought_back_together(paused: Office, wire: Wire) -> None:
    sender, dropped = Sender(wire.w3, account(3), timeout=3), []

    def drop_once_then_mine_all(methods: list[str], params: list[str]) -> None:
        if methods == ["eth_getTransactionCount"] and params[1] == "latest":
            if not dropped:
                dropped.append(pending(paused))
                paused.chain.rpc("anvil_dropAllTransactions")
            elif pending(paused) == 20:
                paused.chain.rpc("evm_mine")

    wire.before = drop_once_then_mine_all
    assert len(sender.send_many([Call(RECEIVER, b"", value) for value in range(1, 21)])) == 20
    assert dropped == [20] and balance(paused, RECEIVER) == 210


def pending(office: Office) -> int:
    """How many of the account's transactions wait to be mined, and can be."""
    content = office.chain.rpc("txpool_content")["pending"]
    return len(content.get(account(3).address, content.get(account(3).address.lower(), {})))
