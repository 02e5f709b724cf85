"""What journals, gateways and nodes do wrong costs nobody his words, and makes no call twice."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from proofdesk import (
    Call,
    ConfigurationError,
    ConnectionLost,
    InsufficientFunds,
    ProofdeskError,
    Sender,
    TransactionError,
    TransactionInDoubt,
)
from proofdesk._shell import drive
from proofdesk.sending.journal import JournalFile
from tests.client.office import Office, account
from tests.client.sending import CREATE_LANE, RECEIVER, balance, desk_of, lanes
from tests.client.test_sender_journal import Memory
from tests.client.test_sender_once import pending
from tests.client.wire import Altered, Wire

OTHER = "0x" + 20 * "33"


# ------------------------------------------------------------------------------------------------ journals


class Stuck(Memory):
    """A journal that crosses nothing out, as on a disk that is full."""

    is_stuck = True

    def drop(self, ids: Sequence[str]) -> None:
        if self.is_stuck:
            raise ConfigurationError("the disk is full")
        super().drop(ids)


def test_an_act_that_is_done_keeps_its_words_where_the_journal_cannot_cross_it_out(
    office: Office, wire: Wire
) -> None:
    journal, store = Stuck(), office.desk.archive.store
    desk = type(office.desk).connect(
        wire.w3, account=account(10), deployment=office.deployment, store=store, journal=journal
    )
    with pytest.raises(TransactionInDoubt, match="the disk is full") as caught:
        desk.tickets.open(lane="cards", content="My only words")
    (act,) = office.desk.tickets.acts()
    assert caught.value.tx_hashes == (act.tx_hash,)
    assert office.desk.archive.read(act.entry).record.body == "My only words"
    journal.is_stuck = False
    assert desk.tickets.open(lane="cards", content="My only words").id == act.ticket_id
    assert len(office.desk.tickets.acts()) == 1 and journal.load() == []


def test_what_a_journal_refused_is_never_sent(paused: Office, wire: Wire) -> None:
    """Passed by, two calls want to offer more when the disk is full; then the mempool is lost."""
    journal, sent = Memory(), set[str]()

    def before(methods: list[str], _: Any) -> None:
        if methods[0] == "eth_getTransactionCount" and sent and not journal.is_full:
            journal.is_full = True
            paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(100 * 10**9))
            paused.chain.rpc("anvil_dropAllTransactions")
            paused.chain.rpc("evm_mine")

    class Listening(Wire):
        def make_batch_request(self, batch_requests: Any) -> Any:
            sent.update(params[0] for method, params in batch_requests if "sendRaw" in method)
            return super().make_batch_request(batch_requests)

        def make_request(self, method: Any, params: Any) -> Any:
            sent.update(params if "sendRaw" in method else ())
            return super().make_request(method, params)

    line = Listening(paused.chain.url)
    line.before = before
    sender = Sender(line.w3, account(3), timeout=1, journal=journal)
    calls = [Call(RECEIVER, b"", 1000, 21_000), Call(RECEIVER, b"", 2000, 21_000)]
    said: list[str] = []
    try:
        for _ in range(3):
            with pytest.raises((TransactionError, ConnectionLost)) as caught:
                sender.send_many(calls)
            said.append(str(caught.value))
            paused.chain.rpc("anvil_dropAllTransactions")
        kept = {raw for entry in journal.entries.values() for raw in entry.raws}
        assert journal.is_full and sent == kept and len(kept) == 2
        assert "the disk is full" in said[0], "told at once"
    finally:
        paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", "0x1")
        paused.chain.rpc("evm_mine")
    line.before, journal.is_full = None, False
    paused.chain.rpc("evm_setAutomine", True)
    Sender(wire.w3, account(3), timeout=20, journal=journal).send_many(calls)
    assert balance(paused, RECEIVER) == 3000


def test_the_rest_of_a_batch_keeps_its_kept_forms_where_the_first_of_it_fails(
    paused: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a batch are signed before the first group of it goes out."""
    monkeypatch.setattr("proofdesk._outbox.BATCH", 1)
    journal = Memory()
    sender = Sender(paused.w3, account(3), timeout=0.05, journal=journal)
    calls = [Call(RECEIVER, b"", 1000, 21_000), Call(RECEIVER, b"", 2000, 21_000)]
    with pytest.raises(TransactionError, match="not mined"):
        sender.send_many(calls)
    outbox = sender._core._outbox
    jobs = [job for doubted in sender._core._doubt.values() for job in doubted]
    kept = [(job.request, job.raws, job.hashes) for job in jobs]
    journal.is_full = True
    with pytest.raises(ConfigurationError, match="full"):
        drive(outbox.launch(jobs))
    assert [(job.request, job.raws, job.hashes) for job in jobs] == kept


# ------------------------------------------------------------------------------------------------ gateways


def gateway(office: Office, code: object, held: list[Any]) -> Altered:
    """A line that answers the first transaction with an error of its own, and may deliver it later."""

    class Gateway(Altered):
        def make_request(self, method: Any, params: Any) -> Any:
            if method == "eth_sendRawTransaction" and not held:
                held.extend(params)
                return {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": "upstream timed out"}}
            return super().make_request(method, params)

    return Gateway(office.chain.url)


@pytest.mark.parametrize("code", [-32603, -32005, 504, None])
def test_what_a_gateway_delivers_after_its_own_error_is_not_made_again(office: Office, code: object) -> None:
    held: list[Any] = []
    journal = Memory()
    sender = Sender(gateway(office, code, held).w3, account(3), timeout=20, journal=journal)
    with pytest.raises(TransactionInDoubt, match="upstream timed out") as caught:
        sender.send(desk_of(office), CREATE_LANE)
    assert len(journal.entries) == 1 and "nothing was done" not in str(caught.value)
    office.chain.rpc("eth_sendRawTransaction", *held)
    assert (sender.send(desk_of(office), CREATE_LANE).tx_hash,) == caught.value.tx_hashes
    assert lanes(office) == 1 and journal.load() == []


@pytest.mark.parametrize("code", [-32000, -32003, -32010, -32602])
def test_what_a_node_says_is_bad_was_not_done(office: Office, code: int) -> None:
    held: list[Any] = []
    journal = Memory()
    sender = Sender(gateway(office, code, held).w3, account(3), timeout=20, journal=journal)
    with pytest.raises(TransactionError, match="nothing was done"):
        sender.send(desk_of(office), CREATE_LANE)
    assert journal.saved and journal.load() == []


# ---------------------------------------------------------------------------------------------- given up


def test_what_was_refused_for_want_of_money_is_not_brought_back_into_a_gap(
    paused: Office, wire: Wire
) -> None:
    sender = Sender(wire.w3, account(3), timeout=20)
    whole = balance(paused, sender.address)
    with pytest.raises(InsufficientFunds):
        sender.send(OTHER, b"", value=whole, gas=21_000)
    paused.chain.rpc("anvil_setBalance", sender.address, hex(3 * whole))
    # The nonce goes to a wallet's transaction, whose owner does not look after it.
    with pytest.raises(TransactionError, match="not mined"):
        Sender(paused.w3, account(3), timeout=0.05).send(RECEIVER, b"", value=7)
    with ThreadPoolExecutor(1) as pool:
        behind = pool.submit(sender.send, RECEIVER, b"", value=5)
        while pending(paused) < 2:
            assert not behind.done()
        paused.chain.rpc("anvil_dropAllTransactions")
        while pending(paused) < 2:
            assert not behind.done()
        paused.chain.rpc("evm_mine")
        behind.result()
    assert balance(paused, OTHER) == 0 and balance(paused, RECEIVER) == 5


def test_a_payment_whose_nonce_another_took_ends_where_its_next_form_is_refused(
    paused: Office, wire: Wire
) -> None:
    """And is not sent again behind its back when the money has come."""
    sender = Sender(wire.w3, account(3), timeout=20)
    whole = balance(paused, sender.address)
    with ThreadPoolExecutor(1) as pool:
        paid = pool.submit(sender.send, OTHER, b"", value=whole // 2, gas=21_000)
        while not pending(paused):
            assert not paid.done()
        # Its owner's wallet knows of nothing and outbids it.
        bought = {"to": bytes.fromhex(RECEIVER[2:]), "value": whole // 4 * 3, "gas": 21_000}
        offered = {"maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11}
        common = {"chainId": paused.chain.chain_id, "nonce": 0}
        signed = account(3).sign_transaction({**common, **bought, **offered})
        paused.chain.rpc("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
        paused.chain.rpc("evm_mine")
        with pytest.raises(InsufficientFunds):
            paid.result()
    paused.chain.rpc("anvil_setBalance", sender.address, hex(3 * whole))
    assert pending(paused) == 0 and balance(paused, OTHER) == 0
    paused.chain.rpc("evm_setAutomine", True)
    sender.send(OTHER, b"", value=whole // 2, gas=21_000)
    paused.chain.rpc("evm_setAutomine", False)
    assert balance(paused, OTHER) == whole // 2


# ------------------------------------------------------------------------------------- the node's own word


def lying(office: Office, said: object) -> Altered:
    """A line to a node that gives a hash of its own choice to what it is sent."""
    return Altered(office.chain.url, eth_sendRawTransaction=lambda _, answer: {**answer, "result": said})


def test_anothers_transaction_is_not_taken_for_ones_own(paused: Office) -> None:
    paused.chain.rpc("evm_setAutomine", True)
    other = Sender(paused.w3, account(4)).send(RECEIVER, b"", value=1)
    paused.chain.rpc("evm_setAutomine", False)
    sender = Sender(lying(paused, other.tx_hash).w3, account(3), timeout=0.2)
    with pytest.raises(TransactionError, match="not mined") as caught:
        sender.send(RECEIVER, b"", value=1000)
    assert caught.value.tx_hash != other.tx_hash


def test_a_node_that_says_nothing_gets_what_is_asked_of_it_all_the_same(paused: Office) -> None:
    line = lying(paused, None)
    sender = Sender(line.w3, account(3), timeout=0.2)
    with pytest.raises(TransactionError, match="not mined") as caught:
        sender.send(RECEIVER, b"", value=1000)
    line.cut(0, heard=False)
    with pytest.raises(TransactionInDoubt) as lost:
        sender.send(RECEIVER, b"", value=1000)
    assert lost.value.tx_hashes == (caught.value.tx_hash,)


def test_a_journal_has_a_hash_for_each_form_whatever_the_node_calls_it(paused: Office, tmp_path: Any) -> None:
    line, passed, sent = lying(paused, "0x" + 64 * "A"), 0, 0

    def pass_it_by(methods: list[str], _: Any) -> None:
        nonlocal passed, sent
        sent += methods.count("eth_sendRawTransaction")
        if methods[0] == "eth_getTransactionReceipt" and passed < sent:
            passed = sent
            paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(10 ** (10 + sent)))
            paused.chain.rpc("evm_mine")

    line.before = pass_it_by
    try:
        with JournalFile(tmp_path / "journal") as journal:
            with pytest.raises(ProofdeskError):
                Sender(line.w3, account(3), timeout=1, journal=journal).send(RECEIVER, b"", value=1000)
            (entry,) = journal.load()
        assert len(entry.hashes) == len(entry.raws) > 1
    finally:
        paused.chain.rpc("anvil_dropAllTransactions")
        paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", "0x1")
        paused.chain.rpc("evm_mine")
