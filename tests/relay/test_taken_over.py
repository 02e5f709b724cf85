"""Relayers that were away: what others took up is theirs, and is neither written to nor paid for again."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from proofdesk import ConnectionLost, Status
from proofdesk.ops.relay import Allowance, Batching, Limits, Relayer, Stage, _batches, _claims
from proofdesk.ops.relay._schema import State
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, yes

ROOM = Limits(allowance=Allowance(acts=10_000, gas=10**12))


@pytest.fixture
def pair(office: Office, make_relayer: Make, place: str) -> tuple[Relayer, Relayer]:
    """Two relayers of one queue that have begun, each with its own account."""
    first = make_relayer(place, limits=ROOM)
    second = make_relayer(place, office.desk.using(office.newcomer), limits=ROOM)
    first.begin()
    second.begin()
    return first, second


def owner(relayer: Relayer) -> bytes:
    return bytes.fromhex(relayer.address[2:])


def lapse(relayer: Relayer) -> None:
    """Have a relayer's lease be over."""
    with relayer._database.writing() as connection:
        _claims.renew(connection, owner(relayer), -1)


def die(relayer: Relayer, monkeypatch: pytest.MonkeyPatch, *, signed: bool) -> None:
    """Step until a batch is written down, or signed, and no further; the lease is over then."""

    async def hang(*_: object, **_options: object) -> None:
        raise ConnectionLost("dies here")

    post = relayer._carrier._flight._sender._core._outbox.post
    with monkeypatch.context() as patch:
        if signed:
            patch.setattr(post, "_node", Deaf(post._node))
        else:
            patch.setattr(post, "submit", hang)
        with pytest.raises(ConnectionLost):
            relayer.step(flush=True)
    lapse(relayer)


class Deaf:
    """A node that is gone when transactions come."""

    def __init__(self, node: Any) -> None:
        self.transport, self.quantity = node.transport, node.quantity

    async def batch(self, _requests: object) -> None:
        raise ConnectionLost("dies here")


def test_who_wakes_up_writes_to_nothing_that_others_took(
    pair: tuple[Relayer, Relayer], crowd: Crowd, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between its last look and writing its batch; the other one's batch is written by then."""
    first, second = pair
    opened = crowd.open(1)
    yes(first.submit([opened]))
    reserve, reserve_other = first._carrier._reserved, second._carrier._reserved
    seen: dict[str, Any] = {}

    def be_late(groups: Any) -> Any:
        def go_first(others: Any) -> Any:
            written = reserve_other(others)
            seen["late"] = reserve(groups)
            return written

        lapse(first)
        monkeypatch.setattr(second._carrier, "_reserved", go_first)
        second.step(flush=True)
        return seen["late"]

    monkeypatch.setattr(first._carrier, "_reserved", be_late)
    first.step(flush=True)
    assert seen["late"] == [], "it has lost all of them"
    fate = second.fate(opened.digest)
    assert fate and fate.stage is Stage.DONE
    first.close()
    later = crowd.move(1, opened, 1, Status.NEW, Status.CLOSED)
    yes(second.submit([later]))
    monkeypatch.undo()
    second.step(flush=True)
    assert second.fate(later.digest).stage is Stage.DONE, "nothing of the ticket is held for ever"


@pytest.mark.parametrize("what", ["release", "refuse"])
def test_nor_does_it_put_back_or_refuse_them(
    pair: tuple[Relayer, Relayer], crowd: Crowd, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    first, second = pair
    act = crowd.open(1)
    yes(first.submit([act]))
    looked = first._carrier._looked_at

    def be_late(acts: Any, block: str) -> Any:
        lapse(first)
        with second._database.writing() as connection:
            _claims.take_over(connection, owner(second))
            assert len(_claims.claim(connection, owner(second), time.time(), 9)) == 1
        if what == "refuse":
            from proofdesk._abi import decode_error

            return [decode_error(bytes(4))]
        return looked(acts, block)

    monkeypatch.setattr(first._carrier, "_looked_at", be_late)
    first._carrier._purse.limit = 1
    first.step(flush=True)
    with first._database.reading() as connection:
        assert len(_held(connection, second)) == 1


def _held(connection: Any, relayer: Relayer) -> list[Any]:
    from proofdesk.ops.relay._schema import ACTS

    mine = ACTS.c.owner == owner(relayer), ACTS.c.state == State.HELD
    return list(connection.execute(ACTS.select().where(*mine)))


@pytest.mark.parametrize("signed", [True, False])
def test_who_comes_back_pays_for_nothing_that_others_did(
    pair: tuple[Relayer, Relayer],
    crowd: Crowd,
    office: Office,
    make_relayer: Make,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    signed: bool,
) -> None:
    first, second = pair
    acts = [crowd.open(number) for number in range(5)]
    yes(first.submit(acts))
    die(first, monkeypatch, signed=signed)
    first.close()
    assert second.step(flush=True).claimed == 5
    again = make_relayer(place, limits=ROOM)
    before = office.w3.eth.get_transaction_count(again.address)
    again.step(flush=True)
    assert office.w3.eth.get_transaction_count(again.address) == before
    assert again.counts()["done"] == 5
    with again._database.reading() as connection:
        assert not _batches.of(connection, [owner(again)], [State.HELD, State.LEFT])
    more = crowd.open(9)
    yes(again.submit([more]))
    again.step(flush=True)
    assert again.fate(more.digest).stage is Stage.DONE, "its nonce is free"


def test_what_a_dead_one_reserved_counts_for_an_hour(
    pair: tuple[Relayer, Relayer], crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    yes(first.submit([crowd.open(number) for number in range(3)]))
    die(first, monkeypatch, signed=True)
    first.close()
    reserved = second.control.spent()
    assert reserved > 0
    second._carrier._purse.limit = int(reserved * 1.2) // 10**9
    assert second.step(flush=True).batches == 0, "what may still be mined is counted"
    assert second.control.spent() == reserved
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3700)
    assert second.step(flush=True).batches == 1
    assert second.counts()["done"] == 3


def test_a_clock_that_is_ahead_ends_nobodys_lease(
    pair: tuple[Relayer, Relayer], crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the queue has a server, that one's clock is everybody's."""
    first, second = pair
    if first._database.kind == "sqlite":
        pytest.skip("a file is one machine's, and has one clock")
    first._carrier.renew()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 120)
    with second._database.reading() as connection:
        assert _claims.gone(connection, owner(second)) == []
    second._carrier.renew()
    monkeypatch.undo()
    lapse(first)
    with second._database.reading() as connection:
        assert _claims.gone(connection, owner(second)) == [owner(first)]


def test_a_busy_lane_does_not_hide_the_others(office: Office, make_relayer: Make, crowd: Crowd) -> None:
    batching = Batching(acts=5, at_once=1)
    first = make_relayer(batching=batching, limits=ROOM)
    second = make_relayer(None, office.desk.using(office.newcomer), batching=batching, limits=ROOM)
    other = crowd.open(99, lane=3)
    assert set(codes(first.submit([*(crowd.open(number) for number in range(25)), other]))) == {"yes"}
    with first._database.writing() as connection:
        _claims.renew(connection, owner(first), timedelta(minutes=1).total_seconds())
        assert len(_claims.claim(connection, owner(first), time.time(), 1)) == 1
    assert second.step(flush=True).claimed == 1
    assert second.fate(other.digest).stage is Stage.DONE
