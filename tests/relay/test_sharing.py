"""Several relayers on one queue: nothing is ever in two hands, and what a dead one held is taken up."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from proofdesk import ConfigurationError, ConnectionLost, Status
from proofdesk.ops.relay import Allowance, Batching, Limits, Relayer, Stage, _batches, _claims
from proofdesk.ops.relay._schema import State
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, yes

ROOM = Limits(allowance=Allowance(acts=10_000, gas=10**12))


@pytest.fixture
def pair(office: Office, make_relayer: Make, place: str) -> tuple[Relayer, Relayer]:
    """Two relayers of one queue, each with its own account."""
    batching = Batching(acts=5, at_once=1, lease=timedelta(seconds=30))
    desks = office.intake, office.desk.using(office.newcomer)
    first, second = (make_relayer(place, desk, batching=batching, limits=ROOM) for desk in desks)
    return first, second


def claimed(relayer: Relayer, most: int = 100) -> list[bytes]:
    """What a relayer takes into its hands, and does not let go."""
    owner = bytes.fromhex(relayer.address[2:])
    with relayer._database.writing() as connection:
        _claims.renew(connection, owner, 30)
        return [held.digest for held in _claims.claim(connection, owner, time.time(), most)]


def digests(*acts: object) -> list[bytes]:
    return [bytes.fromhex(act.digest[2:]) for act in acts]


def test_a_tickets_acts_are_in_one_hand(pair: tuple[Relayer, Relayer], crowd: Crowd) -> None:
    first, second = pair
    opened = [crowd.open(number, lane=1 + 2 * number) for number in range(2)]
    notes = [crowd.move(number, act, 1, Status.NEW, Status.CLOSED) for number, act in enumerate(opened)]
    yes(first.submit([*opened, *notes]))
    assert claimed(first, 1) == digests(opened[0])
    assert claimed(second) == digests(opened[1], notes[1]), "the other ticket, in its order"
    assert claimed(first) == [], "not the first ticket's second act, while its first is in a hand"


def test_a_lanes_line_is_in_one_hand(pair: tuple[Relayer, Relayer], crowd: Crowd) -> None:
    first, second = pair
    acts = [crowd.open(1), crowd.open(2), crowd.open(3, lane=3)]
    yes(first.submit(acts))
    assert claimed(first, 1) == digests(acts[0])
    assert claimed(second) == digests(acts[2])


def test_one_account_is_one_processs(
    pair: tuple[Relayer, Relayer], office: Office, make_relayer: Make, place: str
) -> None:
    first, second = pair
    first.begin()
    second.begin()
    other = make_relayer(place)
    with pytest.raises(ConfigurationError, match="another process relays from"):
        other.step()
    first.close()
    other.step()


def test_what_a_dead_one_held_is_taken_up_after_its_lease(
    pair: tuple[Relayer, Relayer], crowd: Crowd
) -> None:
    first, second = pair
    act = crowd.open()
    yes(first.submit([act]))
    claimed(first)
    assert second.step(flush=True).claimed == 0
    with second._database.writing() as connection:
        _claims.renew(connection, bytes.fromhex(first.address[2:]), -1)
    assert second.step(flush=True).claimed == 1
    fate = second.fate(act.digest)
    assert fate and fate.stage is Stage.DONE
    assert fate.acknowledgement.relayer == first.address, "whose word it was"
    first.step(flush=True)
    assert first.counts()["done"] == 1


def test_a_batch_that_two_have_sent(
    pair: tuple[Relayer, Relayer], crowd: Crowd, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lost its node after it had sent; its lease ran out, and the other one sent the same acts."""
    first, second = pair
    acts = [crowd.open(), crowd.open()]
    yes(first.submit(acts))
    office.chain.rpc("evm_setAutomine", False)
    first.begin()
    assert first._carrier is not None
    sender, send = first._carrier._flight._sender, first._carrier._flight._sender.send_many

    def lose(calls: object) -> None:
        thread = threading.Thread(target=lambda: outcomes.append(send(calls)))
        thread.start()
        threads.append(thread)
        while int(office.chain.rpc("txpool_status")["pending"], 16) < 1:
            assert thread.is_alive()
        raise ConnectionLost("the node is gone")

    outcomes: list[object] = []
    threads: list[threading.Thread] = []
    monkeypatch.setattr(sender, "send_many", lose)
    with pytest.raises(ConnectionLost):
        first.step(flush=True)
    monkeypatch.undo()
    with second._database.writing() as connection:
        _claims.renew(connection, bytes.fromhex(first.address[2:]), -1)
    office.chain.rpc("evm_setAutomine", True)
    threads[0].join()
    second.step(flush=True)
    first.step(flush=True)
    assert [first.fate(act.digest).stage for act in acts] == [Stage.DONE] * 2
    assert [len(office.desk.tickets.acts(act.ticket_id)) for act in acts] == [1, 1]
    with first._database.reading() as connection:
        assert not _batches.of(connection, [bytes.fromhex(first.address[2:])], [State.HELD, State.LEFT])


def test_both_work_at_once(pair: tuple[Relayer, Relayer], crowd: Crowd, office: Office) -> None:
    stop = threading.Event()
    running = [threading.Thread(target=relayer.run, args=(stop,), daemon=True) for relayer in pair]
    for thread in running:
        thread.start()
    acts = [crowd.open(number, lane=1 + number % 2 * 2) for number in range(120)]
    for start in range(0, len(acts), 10):
        assert set(codes(pair[start // 10 % 2].submit(acts[start : start + 10]))) == {"yes"}
    while pair[0].counts()["done"] < len(acts):
        assert all(thread.is_alive() for thread in running)
    stop.set()
    for thread in running:
        thread.join()
    logged = [act.entry for act in office.desk.tickets.acts()]
    assert sorted(logged) == sorted(act.entry for act in acts)
    for lane in (1, 3):
        mine = [act.entry for act in acts if act.message["lane"] == lane]
        assert [entry for entry in logged if entry in mine] == mine, "first come, first served"


@pytest.mark.parametrize("carried", [True, False])
def test_an_act_that_another_relayer_took_while_it_was_checked(
    pair: tuple[Relayer, Relayer], crowd: Crowd, monkeypatch: pytest.MonkeyPatch, carried: bool
) -> None:
    first, second = pair
    act, check = crowd.open(), first._intake._check

    def be_late(*arguments: Any) -> Any:
        yes(second.submit([act]))
        if carried:
            second.step(flush=True)
        return check(*arguments)

    monkeypatch.setattr(first._intake, "_check", be_late)
    (answer,) = yes(first.submit([act]))
    assert [answer] == second.submit([act]) and answer.relayer == second.address
    assert sum(first.counts().values()) == 1


def test_what_was_claimed_and_not_sent_before_the_process_died(
    pair: tuple[Relayer, Relayer], crowd: Crowd
) -> None:
    first, _ = pair
    yes(first.submit([crowd.open()]))
    assert len(claimed(first)) == 1
    assert first.step(flush=True).claimed == 1
    assert first.counts()["done"] == 1


def test_acts_that_move_no_line_are_in_one_hand_too(pair: tuple[Relayer, Relayer], crowd: Crowd) -> None:
    first, second = pair
    life = crowd.life(1)[:5]
    yes(first.submit(life[:2]))
    while first.step(flush=True).claimed:
        pass
    yes(first.submit(life[2:]))
    assert claimed(first, 1) == digests(life[2])
    assert claimed(second) == [] == claimed(first)
