"""The journal: written before anything goes out, found again by who comes after, and nobody else's."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from proofdesk import (
    AsyncDesk,
    Call,
    ConfigurationError,
    InsufficientFunds,
    InvalidArgument,
    MemoryStore,
    Sender,
    TransactionError,
    TransactionInDoubt,
)
from proofdesk.sending.journal import Entry, JournalFile
from tests.client.office import Office, account
from tests.client.sending import CREATE_LANE, RECEIVER, balance, desk_of, lanes
from tests.client.wire import Wire

ENTRY = Entry(31337, "0xAb", 7, None, b"\1\2", 3, 90_000, {"gasPrice": 1}, ("0x1", "0x2"), ("0x03", "0x04"))


class Memory:
    """A journal that a test looks into, and that may refuse."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self.saved: list[Entry] = []
        self.is_full = False

    def load(self) -> Iterable[Entry]:
        return list(self.entries.values())

    def save(self, entries: Sequence[Entry]) -> None:
        if self.is_full:
            raise ConfigurationError("the disk is full")
        self.saved += entries
        self.entries |= {entry.id: entry for entry in entries}

    def drop(self, ids: Sequence[str]) -> None:
        for each in ids:
            self.entries.pop(each, None)


def lost(sender: Sender, call: Call) -> TransactionError:
    """What a sender says whose call is not mined in time."""
    with pytest.raises(TransactionError, match="not mined") as caught:
        sender.send(str(call.to), call.data, value=call.value)
    return caught.value


# ------------------------------------------------------------------------------------------------ the file


def test_a_file_keeps_entries_in_their_order(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "journal")
    other = replace(ENTRY, nonce=8, hashes=("0x9",), raws=("0x05",))
    journal.save([ENTRY, other])
    grown = replace(ENTRY, hashes=("0x1", "0x2", "0x7"), raws=("0x03", "0x04", "0x06"))
    journal.save([grown])
    journal.close()
    assert journal.load() == [grown, other]
    journal.drop([ENTRY.id, "0xnone"])
    assert journal.load() == [other]


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "journal")
    journal.save([ENTRY])
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "journal": 0o600,
        "journal-wal": 0o600,
        "journal.lock": 0o600,
    }


def test_one_has_it_at_a_time(tmp_path: Path) -> None:
    first, second = (JournalFile(tmp_path / "journal") for _ in range(2))
    first.save([ENTRY])
    with pytest.raises(ConfigurationError, match="another process, or another sender"):
        second.load()
    child = os.fork()
    if not child:
        try:
            first.load()
        except ConfigurationError as error:
            os._exit(0 if "the parent process's" in str(error) else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    first.close()
    assert second.load() == [ENTRY]


def test_who_closes_takes_nothing_from_the_parent_process(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "journal")
    journal.save([ENTRY])
    child = os.fork()
    if not child:
        journal.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / "journal-wal").exists(), "it is in use"
    journal.close()
    journal.close()
    assert journal.load() == [ENTRY]


def test_what_was_not_made_whole_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal"
    monkeypatch.setattr("proofdesk.sending.journal._MARK", "'")
    with pytest.raises(ConfigurationError, match="cannot be used") as _held:
        JournalFile(path).load()
    monkeypatch.undo()
    # And it is in nobody's hand, though the error holds all that was at hand.
    assert JournalFile(path).load() == []


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_was_taken_away_keeps_nothing(tmp_path: Path, is_replaced: bool) -> None:
    """SQLite would write on into what nobody finds, while another process begins a file of its own."""
    path = tmp_path / "journal"
    with JournalFile(path) as journal:
        journal.save([ENTRY])
        path.rename(tmp_path / "away")
        if is_replaced:
            path.touch()
        with pytest.raises(ConfigurationError, match="removed or replaced while it was open"):
            journal.save([replace(ENTRY, nonce=8, hashes=("0x9",), raws=("0x05",))])
        # What was sent before is nobody's loss: it is crossed out where it stands.
        journal.drop([ENTRY.id])
        (tmp_path / "away").replace(path)
    # Put back, it says of nothing that was refused that it may be out.
    assert JournalFile(path).load() == []


def test_a_file_is_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with JournalFile("journal") as journal:
        journal.save([ENTRY])
        monkeypatch.chdir("/")
        journal.save([replace(ENTRY, nonce=8)])
        assert [entry.nonce for entry in journal.load()] == [8]


def test_what_is_no_journal(tmp_path: Path) -> None:
    text, foreign, damaged = (tmp_path / name for name in ("text", "foreign", "damaged"))
    text.write_text("a diary\n" * 999, "ascii")
    with closing(sqlite3.connect(foreign)) as database, database:
        database.execute("CREATE TABLE entries (place, id, content)")
    with JournalFile(damaged) as journal:
        journal.save([ENTRY])
    for path in (text, foreign):
        with pytest.raises(ConfigurationError, match="is no journal, or damaged"):
            JournalFile(path).load()
    whole = json.loads(ENTRY.to_json())
    broken: list[dict[str, list[str]]] = [{"hashes": [], "raws": []}, {"raws": ["0x03"]}]
    for lost in broken:
        with closing(sqlite3.connect(damaged)) as database, database:
            database.execute("UPDATE entries SET content = ?", [json.dumps(whole | lost)])
        with (
            JournalFile(damaged) as journal,
            pytest.raises(ConfigurationError, match="is no journal, or damaged"),
        ):
            journal.load()
    assert text.read_text("ascii") == "a diary\n" * 999
    for path in (tmp_path, tmp_path / "none" / "journal"):
        with pytest.raises(ConfigurationError, match="cannot be written"):
            JournalFile(path).load()


# ---------------------------------------------------------------------------------------------- the sender


def test_nothing_is_sent_that_is_not_kept(office: Office, wire: Wire) -> None:
    journal = Memory()
    kept: list[int] = []

    def look(methods: list[str], params: list[str]) -> None:
        if methods[0].startswith("eth_sendRawTransaction"):
            kept.extend(entry.nonce for entry in journal.load() if entry.raws[-1] == params[0])

    wire.before = look
    sender = Sender(wire.w3, account(3), journal=journal)
    for value in (1, 2):  # the second is waited for by the node
        sender.send(RECEIVER, b"", value=value)
    sender.send_many([Call(RECEIVER, b"", 3), Call(RECEIVER, b"", 4)])
    assert len(kept) == 3 and journal.load() == [], "and the answered are forgotten"
    journal.is_full = True
    with pytest.raises(ConfigurationError, match="full"):
        sender.send(RECEIVER, b"", value=5)
    assert balance(office, RECEIVER) == 10
    journal.is_full = False
    sender.send(RECEIVER, b"", value=5)
    assert balance(office, RECEIVER) == 15


def test_nothing_is_sent_when_its_journal_is_gone(office: Office, wire: Wire, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    sender = Sender(wire.w3, account(3), journal=path)
    sender.send(RECEIVER, b"", value=1)
    path.unlink()
    with pytest.raises(ConfigurationError, match="removed or replaced") as caught:
        sender.send(RECEIVER, b"", value=1)
    assert balance(office, RECEIVER) == 1 and not isinstance(caught.value, TransactionInDoubt)
    sender.close()


def test_who_comes_after_takes_it_up(paused: Office, tmp_path: Path) -> None:
    path, call = tmp_path / "journal", Call(desk_of(paused), CREATE_LANE)
    with JournalFile(path) as journal:
        error = lost(Sender(paused.w3, account(3), timeout=0.05, journal=journal), call)
    assert account(3).key.hex() not in path.read_bytes().hex()
    paused.chain.rpc("anvil_dropAllTransactions")
    paused.chain.rpc("evm_setAutomine", True)
    sender = Sender(paused.w3, account(3), journal=path)
    assert sender.send(desk_of(paused), CREATE_LANE).tx_hash == error.tx_hash
    assert sender.send(desk_of(paused), CREATE_LANE).tx_hash != error.tx_hash
    assert lanes(paused) == 2


def test_a_file_of_many_calls_goes_on_in_the_middle(paused: Office, tmp_path: Path) -> None:
    calls = [Call(desk_of(paused), CREATE_LANE)] * 3
    with JournalFile(tmp_path / "journal") as journal:
        sender = Sender(paused.w3, account(3), timeout=0.05, journal=journal)
        with pytest.raises(TransactionError, match="not mined"):
            sender.send_many(calls)
    paused.chain.rpc("evm_mine")  # done, and nobody has heard of it
    with JournalFile(tmp_path / "journal") as journal:
        assert len(Sender(paused.w3, account(3), journal=journal).send_many(calls)) == 3
        assert journal.load() == []
    assert lanes(paused) == 3


def test_others_entries_are_let_alone(paused: Office) -> None:
    journal = Memory()
    lost(Sender(paused.w3, account(3), timeout=0.05, journal=journal), Call(desk_of(paused), CREATE_LANE))
    paused.chain.rpc("anvil_dropAllTransactions")
    paused.chain.rpc("evm_setAutomine", True)
    (entry,) = journal.load()
    # By another name: what is signed for the same call at the same nonce is the same transaction.
    entry = replace(entry, hashes=("0x" + 64 * "5",))
    elsewhere = Memory([replace(entry, chain_id=1)])
    foreign = Memory([replace(entry, sender=account(4).address)])
    for others in (elsewhere, foreign):
        assert Sender(paused.w3, account(3), journal=others).send(desk_of(paused), CREATE_LANE)
        assert len(others.entries) == 1
    assert lanes(paused) == 2


def test_all_forms_of_one_transaction_are_kept(paused: Office, wire: Wire) -> None:
    def pass_it_by(methods: list[str], params: list[str]) -> None:
        if methods == ["eth_getTransactionReceipt"] and len(journal.saved) == 1:
            paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
            paused.chain.rpc("evm_mine")

    journal = Memory()
    wire.before = pass_it_by
    sender = Sender(wire.w3, account(3), timeout=2, journal=journal)
    error = lost(sender, Call(RECEIVER, b"", 3))
    # No snapshot brings it back.
    paused.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    paused.chain.rpc("evm_mine")
    (entry,) = journal.load()
    assert entry.id == error.tx_hash and len(entry.hashes) == len(entry.raws) > 1
    assert len({saved.nonce for saved in journal.saved}) == 1


def test_what_never_will_be_is_not_kept(office: Office) -> None:
    journal = Memory()
    with pytest.raises(InsufficientFunds):
        Sender(office.w3, account(3), journal=journal).send(RECEIVER, b"", value=10**30, gas=21_000)
    assert journal.saved and journal.load() == []


def test_a_nonce_that_is_gone_is_struck_out_before_the_next(paused: Office) -> None:
    journal = Memory()
    lost(Sender(paused.w3, account(3), timeout=0.05, journal=journal), Call(desk_of(paused), CREATE_LANE))
    paused.chain.rpc("anvil_dropAllTransactions")
    paused.chain.rpc("evm_setAutomine", True)
    Sender(paused.w3, account(3)).send(RECEIVER, b"", value=1)
    Sender(paused.w3, account(3), journal=journal).send(desk_of(paused), CREATE_LANE)
    assert lanes(paused) == 1 and journal.load() == []


def test_what_was_found_otherwise_is_forgotten(paused: Office) -> None:
    journal = Memory()
    error = lost(Sender(paused.w3, account(3), timeout=0.05, journal=journal), Call(RECEIVER, b"", 3))
    assert error.tx_hash is not None
    sender = Sender(paused.w3, account(3), journal=journal)
    sender.forget("0x00")
    assert len(journal.entries) == 1
    sender.forget(error.tx_hash)
    assert journal.load() == []


def test_an_address_is_one_however_it_is_written(paused: Office) -> None:
    journal, to = Memory(), account(15).address
    lost(Sender(paused.w3, account(3), timeout=0.05, journal=journal), Call(to, b"", 3))
    lost(Sender(paused.w3, account(3), timeout=0.05, journal=journal), Call(to.lower(), b"", 3))
    assert len(journal.entries) == 1 and paused.chain.rpc("txpool_status")["pending"] == "0x1"


def test_a_ticket_found_on_chain_leaves_nothing_behind(office: Office) -> None:
    wire, journal = Wire(office.chain.url), Memory()
    customer = office.desk.using(account(10))
    opening = customer.prepare("Once?", kind="open")
    desk = type(customer).connect(
        wire.w3,
        account=account(10),
        deployment=office.deployment,
        store=office.desk.archive.store,
        journal=journal,
    )
    wire.before = lambda methods, _: (
        wire.cut(0, heard=True) if methods == ["eth_sendRawTransaction"] else None
    )
    with pytest.raises(TransactionInDoubt):
        desk.tickets.open(lane="cards", content=opening)
    wire.before = None
    assert len(journal.entries) == 1
    after = office.desk.using(account(10), journal=journal)
    assert after.tickets.open(lane="cards", content=opening).acts == 1
    assert journal.load() == [] and len(office.desk.tickets.acts()) == 1


def test_tasks_share_a_journal(office: Office, tmp_path: Path) -> None:
    async def program() -> set[str]:
        async with await AsyncDesk.connect(
            office.chain.url,
            account=account(10),
            deployment=office.deployment,
            store=MemoryStore(),
            journal=tmp_path / "journal",
        ) as desk:
            calls = (desk.tickets.open(lane="cards", content=f"Help {number}?") for number in range(8))
            return {ticket.id for ticket in await asyncio.gather(*calls)}

    assert len(asyncio.run(program())) == 8
    with JournalFile(tmp_path / "journal") as journal:
        assert journal.load() == []


def test_a_key_that_the_node_has_signs_nothing_here(office: Office, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="pass an account with its key"):
        Sender(office.w3, account(3).address, journal=tmp_path / "journal")
