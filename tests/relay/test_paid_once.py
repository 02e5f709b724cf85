"""A batch is sent once: whatever fails after it was mined, the next step looks for it on the chain."""

from __future__ import annotations

from typing import Any

import pytest

from proofdesk import ConfigurationError, ConnectionLost
from proofdesk._rpc import NodeError
from proofdesk.ops.relay import Relayer, flight
from proofdesk.ops.relay._journal import DatabaseJournal
from proofdesk.sending.journal import Entry
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, yes
from tests.relay.test_taken_over import Deaf


def sent(office: Office, relayer: Relayer) -> int:
    """How many transactions the relayer's account has made."""
    return office.w3.eth.get_transaction_count(relayer.address)


def taken(relayer: Relayer, crowd: Crowd) -> list[Any]:
    """Four acts that were taken, by a relayer that has begun."""
    acts = [crowd.open(number) for number in range(4)]
    yes(relayer.submit(acts))
    relayer.begin()
    return acts


def fail(error: Exception) -> Any:
    """What does nothing but raise."""

    def raising(*_: object) -> None:
        raise error

    return raising


@pytest.mark.parametrize(
    "error",
    [NodeError("eth_getLogs", "more than 10000 results"), ConfigurationError("the disk is full")],
    ids=["logs", "disk"],
)
def test_what_cannot_be_written_down_is_not_sent_again(
    office: Office, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    taken(relayer, crowd)
    before = sent(office, relayer)
    monkeypatch.setattr("proofdesk.ops.relay.settling.Settling.settle", fail(error))
    for step in range(4):
        if step == 2:
            relayer.halt("stop this")
        with pytest.raises(type(error)):
            relayer.step(flush=True)
    monkeypatch.undo()
    assert relayer.step(flush=True).halted
    assert sent(office, relayer) == before + 1 and relayer.counts()["done"] == 4


def test_nor_by_the_next_process(
    office: Office, crowd: Crowd, make_relayer: Make, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer(place)
    taken(relayer, crowd)
    before = sent(office, relayer)
    monkeypatch.setattr("proofdesk.ops.relay.settling.Settling.settle", fail(NodeError("eth_getLogs", "no")))
    for process in (relayer, make_relayer(place)):
        with pytest.raises(NodeError):
            process.step(flush=True)
        process.close()
    monkeypatch.undo()
    again = make_relayer(place)
    again.step(flush=True)
    assert sent(office, again) == before + 1 and again.counts()["done"] == 4


@pytest.mark.parametrize("times", [1, 3])
def test_a_receipt_that_a_node_does_not_have_yet(
    office: Office, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Behind its address are several, of different age."""
    taken(relayer, crowd)
    before, ask, late = sent(office, relayer), flight.answers_of, [None] * times

    def lag(node: Any, requests: Any) -> Any:
        found = ask(node, requests)
        return [late.pop()] if late and requests else found

    monkeypatch.setattr(flight, "answers_of", lag)
    relayer.step(flush=True)
    assert relayer.counts()["sent"] == 4, "not written down, and not forgotten"
    for _ in range(times):
        relayer.step(flush=True)
    assert sent(office, relayer) == before + 1 and relayer.counts()["done"] == 4
    assert relayer.control.spent() > 0


def test_what_a_reorganisation_took_between_mining_and_writing_goes_out_as_it_was_signed(
    office: Office, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (act, *_) = taken(relayer, crowd)
    before, snapshot = sent(office, relayer), office.chain.rpc("evm_snapshot")
    monkeypatch.setattr("proofdesk.ops.relay.settling.Settling.settle", fail(NodeError("eth_getLogs", "no")))
    with pytest.raises(NodeError):
        relayer.step(flush=True)
    monkeypatch.undo()
    (entry,) = DatabaseJournal(relayer._database, relayer.address).load()
    office.chain.rpc("evm_revert", snapshot)
    relayer.step(flush=True)
    fate = relayer.fate(act.digest)
    assert fate and fate.tx_hash in entry.hashes and sent(office, relayer) == before + 1
    assert not DatabaseJournal(relayer._database, relayer.address).load()


def test_nothing_is_sent_once_it_was_halted(
    office: Office, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that was written down and signed, and whose way to the node was cut."""
    taken(relayer, crowd)
    before = sent(office, relayer)
    relayer.begin()
    post = relayer._carrier._flight._sender._core._outbox.post
    with monkeypatch.context() as patch, pytest.raises(ConnectionLost):
        patch.setattr(post, "_node", Deaf(post._node))
        relayer.step(flush=True)
    relayer.halt("stop everything")
    assert relayer.step(flush=True).halted
    assert sent(office, relayer) == before and relayer.counts()["sent"] == 4
    relayer.resume()
    relayer.step(flush=True)
    assert sent(office, relayer) == before + 1 and relayer.counts()["done"] == 4
    assert not DatabaseJournal(relayer._database, relayer.address).load(), "what was signed is settled"


def test_what_is_signed_anew_takes_the_place_of_what_the_chain_cannot_have(relayer: Relayer) -> None:
    """Two entries of one call would be two transactions, if both were taken up."""
    relayer.begin()
    journal = DatabaseJournal(relayer._database, relayer.address)
    forms = [
        Entry(31337, relayer.address, nonce, None, b"a batch", 0, 1, {}, (f"0x{nonce}",), ("0x",))
        for nonce in (1, 2)
    ]
    journal.save(forms[:1])
    journal.drop([forms[0].id])
    assert journal.load() == forms[:1], "until its batch is written down"
    journal.save(forms[1:])
    assert journal.load() == forms[1:]
