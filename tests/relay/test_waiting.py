"""Acts that have to wait: nothing overtakes them, nor is refused that they or a reorganisation allow."""

from __future__ import annotations

import time

import pytest

from proofdesk import Status
from proofdesk.ops.relay import Batching, Limits, Relayer
from proofdesk.ops.relay._schema import ACTS
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, yes


def stage(relayer: Relayer, act: object) -> str:
    """Where an act stands."""
    fate = relayer.fate(act.digest)
    assert fate is not None
    return str(fate.stage.value)


def be_patient(relayer: Relayer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the seconds pass after which what waits is looked at again."""
    with relayer._database.writing() as connection:
        connection.execute(ACTS.update().values(retry_at=0.0))


def test_what_waits_for_money_is_not_overtaken(
    crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolution waits for room in the hour; the rating behind it is legal only after it."""
    relayer = make_relayer(limits=Limits(wei_per_hour=10**18))
    life = crowd.life()
    yes(relayer.submit(life[:4]))
    relayer.step(flush=True)
    resolution, rating = life[4:6]
    yes(relayer.submit([resolution]))
    purse = relayer._carrier._purse
    purse.limit = 1
    relayer.step(flush=True)
    yes(relayer.submit([rating]))
    purse.limit = 10**9
    assert relayer.step(flush=True).claimed == 0
    assert [stage(relayer, act) for act in (resolution, rating)] == ["queued", "queued"]
    be_patient(relayer, monkeypatch)
    relayer.step(flush=True)
    assert [stage(relayer, act) for act in (resolution, rating)] == ["done", "done"]


def test_what_is_behind_one_that_waits_for_others_waits_too(
    office: Office, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reorganisation took an act; those behind it were promised, and are not refused for its want."""
    life = crowd.life()
    yes(relayer.submit(life[:3]))
    relayer.step(flush=True)
    snapshot = office.chain.rpc("evm_snapshot")
    yes(relayer.submit([life[3]]))
    relayer.step(flush=True)
    yes(relayer.submit(life[4:6]))
    office.chain.rpc("evm_revert", snapshot)
    relayer.step(flush=True)
    assert [stage(relayer, act) for act in life[4:6]] == ["queued", "queued"]
    office.stranger.tickets.carry(life[3])
    be_patient(relayer, monkeypatch)
    relayer.step(flush=True)
    assert [stage(relayer, act) for act in life[4:6]] == ["done", "done"]


def test_a_refusal_by_a_block_that_may_go_is_not_final(
    office: Office, crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer(batching=Batching(confirmations=3))
    opened = crowd.open(1)
    office.stranger.tickets.carry(opened)
    office.chain.rpc("anvil_mine", "0x3")
    act = crowd.move(1, opened, 1, Status.NEW, Status.CLOSED)
    yes(relayer.submit([act]))
    snapshot = office.chain.rpc("evm_snapshot")
    other = crowd.move(1, opened, 1, Status.NEW, Status.NEW)
    office.stranger.tickets.carry(other)
    relayer.step(flush=True)
    assert stage(relayer, act) == "queued"
    office.chain.rpc("evm_revert", snapshot)
    be_patient(relayer, monkeypatch)
    relayer.step(flush=True)
    assert stage(relayer, act) == "mined"


def test_it_is_final_when_the_block_is_deep(
    office: Office, crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer(batching=Batching(confirmations=3))
    opened = crowd.open(1)
    office.stranger.tickets.carry(opened)
    act = crowd.move(1, opened, 1, Status.NEW, Status.CLOSED)
    yes(relayer.submit([act]))
    office.stranger.tickets.carry(crowd.move(1, opened, 1, Status.NEW, Status.NEW))
    relayer.step(flush=True)
    assert stage(relayer, act) == "queued"
    office.chain.rpc("anvil_mine", "0x3")
    be_patient(relayer, monkeypatch)
    relayer.step(flush=True)
    assert stage(relayer, act) == "refused"


def test_a_refusal_that_was_paid_for_is_final_when_its_block_is_deep(
    office: Office, crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer(batching=Batching(confirmations=3))
    acts = [crowd.open(1), crowd.open(2)]
    yes(relayer.submit(acts))
    relayer.begin()
    reserve = relayer._carrier._reserved
    with monkeypatch.context() as patch:
        pause = lambda: office.guardian.send("TicketDesk", "pauseOpening")  # noqa: E731  one word for it
        patch.setattr(relayer._carrier, "_reserved", lambda batches: (pause(), reserve(batches))[1])
        relayer.step(flush=True)
    assert [stage(relayer, act) for act in acts] == ["mined", "mined"]
    office.chain.rpc("anvil_mine", "0x3")
    relayer.step(flush=True)
    assert [stage(relayer, act) for act in acts] == ["refused", "refused"]
    with relayer._database.reading() as connection:
        rows = connection.execute(ACTS.select()).all()
    assert [row.failures for row in rows] == [1, 1]


def test_a_node_that_is_behind_takes_nothing_back(
    office: Office, crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the block, and the receipts not yet."""
    from proofdesk.ops.relay import flight

    relayer = make_relayer(batching=Batching(confirmations=2))
    act = crowd.open(1)
    yes(relayer.submit([act]))
    relayer.step(flush=True)
    before, ask = office.w3.eth.get_transaction_count(relayer.address), flight.answers_of
    with monkeypatch.context() as patch:
        patch.setattr(flight, "answers_of", lambda node, asked: [None, *ask(node, asked)[1:]])
        relayer.step(flush=True)
    office.chain.rpc("anvil_mine", "0x2")
    relayer.step(flush=True)
    assert stage(relayer, act) == "done"
    assert office.w3.eth.get_transaction_count(relayer.address) == before


def test_what_was_spent_counts_from_when_it_was_mined(
    crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    yes(relayer.submit([crowd.open(1)]))
    relayer.begin()
    send, now = relayer._carrier._flight.send, time.time()

    def take_long(batches: object) -> None:
        # It was stuck for an hour.
        monkeypatch.setattr(time, "time", lambda: now + 3500)
        send(batches)

    monkeypatch.setattr(relayer._carrier._flight, "send", take_long)
    relayer.step(flush=True)
    monkeypatch.setattr(time, "time", lambda: now + 3700)
    assert relayer.control.spent() > 0
    monkeypatch.setattr(time, "time", lambda: now + 7200)
    assert relayer.control.spent() == 0
