"""The anchorer on a chain: by count and by age, idle for nothing, through trouble, beside others."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proofdesk import (
    ConfigurationError,
    ConnectionLost,
    Desk,
    FolderStore,
    InvalidArgument,
    MemoryStore,
    MerkleTree,
)
from proofdesk._contract_errors import AlreadyAnchored
from proofdesk._errors import ContentMissing, TransactionError
from proofdesk._store import Store
from proofdesk.anchors import standard_leaf
from proofdesk.anchors.queue import Queue, enqueue, proof_of
from proofdesk.ops.anchoring import Anchorer, survey
from tests.client.office import Office, account
from tests.client.wire import Wire
from tests.crash.proxy import Proxy

NOW = 1_700_000_000.0


@dataclass
class Clock:
    """A machine's clock that goes when it is told."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


def desk_of(office: Office, store: Store, number: int = 15, line: Any = None) -> Desk:
    return Desk.connect(
        line or office.chain.url, account=account(number), deployment=office.deployment, store=store
    )


def handed_in(store: Store, count: int, now: float = NOW) -> list[str]:
    """New values in a queue."""
    values = [f"0x{secrets.token_hex(32)}" for _ in range(count)]
    for value in values:
        enqueue(store, value, now=now)
    return values


def all_dated(desk: Desk, values: list[str], store: Store | None = None) -> bool:
    """Whether the contract says of each that it was there, by the proof that the store gives."""
    for value in values:
        found = proof_of(store or desk.archive.store, value)
        if found is None or not desk.anchors.verify(found.root, standard_leaf([value]), found.path):
            return False
    return True


def timestamps(office: Office) -> list[dict[str, Any]]:
    """Every root that was dated."""
    address = office.deployment.contract("RecordAnchor").address
    found: list[dict[str, Any]] = office.chain.rpc("eth_getLogs", {"address": address, "fromBlock": "0x0"})
    return found


# ------------------------------------------------------------------------------------------- until it is deep


def careful(office: Office, store: Store, confirmations: Any, number: int = 15) -> Desk:
    """A desk whose anchorer waits until what it sent is so deep, and not for long."""
    return Desk.connect(
        office.w3,
        account=account(number),
        deployment=office.deployment,
        store=store,
        confirmations=confirmations,
        timeout=1,
    )


def stopped(desk: Desk) -> None:
    """An anchorer is stopped while what it sent is being waited for."""
    with pytest.raises(TransactionError, match="waiting for confirmations"):
        Anchorer(desk, age=timedelta(0), clock=Clock()).step()


@pytest.mark.parametrize("by", [15, 14])
def test_who_goes_on_waits_until_it_is_as_deep_as_is_wanted(office: Office, by: int) -> None:
    store = MemoryStore()
    (value,) = handed_in(store, 1)
    stopped(careful(office, store, 8))
    # Long enough for another to take it over.
    anchorer = Anchorer(careful(office, store, 8, by), age=timedelta(0), clock=Clock(NOW + 400))
    for _ in range(7):
        found = anchorer.step()
        assert (found.roots, found.waiting) == ((), 1) and proof_of(store, value) is None
        office.chain.rpc("evm_mine")
    found = anchorer.step()
    assert (found.values, found.waiting) == (1, 0)
    assert all_dated(office.desk, [value], store) and len(timestamps(office)) == 1


def test_what_is_taken_back_while_it_is_waited_for_is_dated_again(office: Office) -> None:
    store, snapshot = MemoryStore(), office.chain.rpc("evm_snapshot")
    (value,) = handed_in(store, 1)
    stopped(careful(office, store, 5))
    assert len(timestamps(office)) == 1
    office.chain.rpc("evm_revert", snapshot)
    assert not timestamps(office)
    stopped(careful(office, store, 5))
    anchorer = Anchorer(careful(office, store, 5), clock=Clock())
    assert anchorer.step().values == 0 and proof_of(store, value) is None
    office.chain.rpc("anvil_mine", 4)
    assert anchorer.step().values == 1 and all_dated(office.desk, [value], store)


def test_what_another_was_faster_to_date_is_waited_for_too(office: Office) -> None:
    store = MemoryStore()
    (value,) = handed_in(store, 1)
    tree = MerkleTree.of_entries([value])
    office.desk.anchors.anchor(tree)
    anchorer = Anchorer(careful(office, store, 3), age=timedelta(0), clock=Clock(NOW + 1))
    with suppress(AlreadyAnchored):
        assert anchorer.step().values == 0
    assert proof_of(store, value) is None
    office.chain.rpc("anvil_mine", 2)
    assert anchorer.step().values == 1 and all_dated(office.desk, [value], store)


def test_finalized_is_waited_for(office: Office) -> None:
    store = MemoryStore()
    (value,) = handed_in(store, 1)
    stopped(careful(office, store, "finalized"))
    anchorer = Anchorer(careful(office, store, "finalized"), clock=Clock())
    assert anchorer.step().values == 0
    # Anvil takes what is 64 blocks old for final.
    office.chain.rpc("anvil_mine", 70)
    assert anchorer.step().values == 1 and all_dated(office.desk, [value], store)


# --------------------------------------------------------------------------------------- by count and by age


def test_one_alone_is_anchored_when_it_has_waited_for_its_age(office: Office) -> None:
    desk, clock = desk_of(office, MemoryStore()), Clock()
    anchorer = Anchorer(desk, clock=clock)
    values = handed_in(desk.archive.store, 1)
    clock.now = NOW + 59.9
    found = anchorer.step()
    assert (found.roots, found.waiting, found.next) == ((), 1, NOW + 60)
    clock.now = NOW + 60
    found = anchorer.step()
    assert (found.values, found.waiting, found.next) == (1, 0, None)
    assert all_dated(desk, values) and len(timestamps(office)) == 1


def test_many_are_anchored_at_once_and_the_youngest_wait(office: Office) -> None:
    desk = desk_of(office, MemoryStore())
    anchorer = Anchorer(desk, count=4, clock=Clock(NOW + 2))
    first, second, last = (handed_in(desk.archive.store, 4 - skip, NOW + skip) for skip in (0, 0, 2))
    found = anchorer.step()
    assert (len(found.roots), found.values, found.waiting, found.next) == (2, 8, 2, NOW + 62)
    assert all_dated(desk, first + second)
    assert not any(proof_of(desk.archive.store, value) for value in last)
    assert anchorer.step(everything=True).values == 2 and all_dated(desk, last)
    counts = [int(log["data"], 16) for log in timestamps(office)]
    assert counts == [4, 4, 2]


def test_more_than_are_dated_at_once_are_dated_in_one_step(office: Office) -> None:
    desk = desk_of(office, MemoryStore())
    values = handed_in(desk.archive.store, 45)
    assert len(Anchorer(desk, count=2, clock=Clock()).step(everything=True).roots) == 23
    assert all_dated(desk, values)


def test_thousands_a_minute_from_being_handed_in_to_being_dated(office: Office, tmp_path: Path) -> None:
    address = office.deployment.contract("TicketDesk").address
    desk = desk_of(office, FolderStore(tmp_path, chain_id=31337, desk=address))
    begun = time.monotonic()
    values = handed_in(desk.archive.store, 2000)
    found = Anchorer(desk).step()
    taken = time.monotonic() - begun
    assert (len(found.roots), found.values) == (2, 2000)
    print(f"{60 * 2000 / taken:,.0f} a minute")
    assert 60 * 2000 / taken > 3000
    assert all_dated(desk, values[::100])


def test_a_tree_of_the_most_leaves_is_made_in_seconds() -> None:
    begun = time.monotonic()
    tree = MerkleTree.of_entries(f"0x{number:064x}" for number in range(100_000))
    assert len(tree.path(7)) in (16, 17)
    assert time.monotonic() - begun < 60


# ---------------------------------------------------------------------------------------------- idle, trouble


def test_while_there_is_nothing_to_do_nothing_is_asked_of_the_node(office: Office, wire: Wire) -> None:
    desk = desk_of(office, MemoryStore(), line=wire.w3)
    clock = Clock()
    anchorer = Anchorer(desk, clock=clock)
    wire.asked.clear()
    for _ in range(10):
        anchorer.step()
    handed_in(desk.archive.store, 5)
    clock.now = NOW + 30
    anchorer.step()
    assert survey(desk).waiting == 5
    assert wire.asked == []


def test_run_anchors_what_comes_until_it_is_stopped(office: Office) -> None:
    desk, stop = desk_of(office, MemoryStore()), threading.Event()
    values = handed_in(desk.archive.store, 3, time.time())
    seen: list[int] = []

    def told(found: Any) -> None:
        seen.append(found.values)
        if len(seen) == 2:
            stop.set()
        else:
            values.extend(handed_in(desk.archive.store, 2, time.time()))

    Anchorer(desk, age=timedelta(seconds=0.2)).run(stop, poll=0.05, told=told)
    assert seen == [3, 2] and all_dated(desk, values)


def test_run_wakes_when_the_first_is_due_and_not_a_poll_later(office: Office) -> None:
    desk, stop = desk_of(office, MemoryStore()), threading.Event()
    began = time.monotonic()
    handed_in(desk.archive.store, 1, time.time())
    Anchorer(desk, age=timedelta(seconds=0.5)).run(stop, poll=30, told=lambda _: stop.set())
    assert 0.4 < time.monotonic() - began < 10


def test_trouble_is_outlived_and_said(office: Office, wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    desk, stop = desk_of(office, MemoryStore(), line=wire.w3), threading.Event()
    values = handed_in(desk.archive.store, 3)
    failures = [ConnectionError("no line")] * 3

    def broken(_methods: list[str], _params: Any) -> None:
        if failures:
            raise failures.pop()

    anchorer = Anchorer(desk)
    wire.before = broken
    with caplog.at_level(logging.INFO, "proofdesk.anchoring"):
        anchorer.run(stop, poll=0.01, told=lambda _: stop.set())
    assert all_dated(desk, values)
    said = [record.getMessage() for record in caplog.records]
    assert any(text.startswith("ConnectionLost") for text in said) and "the trouble is over" in said


def test_a_full_disk_is_outlived(office: Office) -> None:
    class Full(MemoryStore):
        times = 3

        def put(self, entry: str, content: bytes) -> None:
            if Full.times:
                Full.times -= 1
                raise OSError(28, "No space left on device")
            super().put(entry, content)

    store, stop = MemoryStore(), threading.Event()
    store._shelves |= {"batched": Full(), "trees": Full()}
    values = handed_in(store, 3)
    desk = desk_of(office, store)
    Anchorer(desk).run(stop, poll=0.01, told=lambda _: stop.set())
    assert all_dated(desk, values)


def test_run_ends_with_what_does_not_end_by_itself(office: Office) -> None:
    class Refusing(MemoryStore):
        def __iter__(self) -> Iterator[str]:
            raise ConfigurationError("this is no store")

    store = MemoryStore()
    store._shelves["queue"] = Refusing()
    with pytest.raises(ConfigurationError, match="no store"):
        Anchorer(desk_of(office, store)).run(threading.Event())


@pytest.mark.parametrize("count", [0, -1, 100_001])
def test_a_count_that_cannot_be_meant(office: Office, count: int) -> None:
    with pytest.raises(InvalidArgument, match="pass 1 to 100000"):
        Anchorer(desk_of(office, MemoryStore()), count)


def test_an_age_that_cannot_be_meant(office: Office) -> None:
    with pytest.raises(InvalidArgument, match="age"):
        Anchorer(desk_of(office, MemoryStore()), age=timedelta(seconds=-1))


def test_it_takes_an_account(office: Office) -> None:
    desk = Desk.connect(office.chain.url, deployment=office.deployment, store=MemoryStore())
    with pytest.raises(ConfigurationError, match="account"):
        Anchorer(desk)


# ----------------------------------------------------------------------------------------------- interrupted


class Killed(BaseException):
    """Nobody catches it, and whoever was killed does nothing any more."""


class Life:
    """A process that is killed at one of its steps, `before` it is done or after."""

    def __init__(self, last: int, *, before: bool) -> None:
        self.last, self.before, self.steps = last, before, 0
        self._lock = threading.Lock()

    def step(self, function: Callable[..., Any], *args: Any) -> Any:
        with self._lock:
            self.steps += 1
            if self.steps > self.last or (self.before and self.steps == self.last):
                raise Killed
            done = function(*args)
            if self.steps == self.last:
                raise Killed
            return done


class Mortal(Store):
    """A store as a process has it that may be killed at anything it does there."""

    def __init__(self, store: Store, life: Life) -> None:
        self._store, self._life = store, life

    def put(self, entry: str, content: bytes) -> None:
        self._life.step(self._store.put, entry, content)

    def create(self, entry: str, content: bytes) -> bool:
        return bool(self._life.step(self._store.create, entry, content))

    def get(self, entry: str) -> bytes:
        content: bytes = self._life.step(self._store.get, entry)
        return content

    def delete(self, entry: str) -> None:
        self._life.step(self._store.delete, entry)

    def shelf(self, name: str) -> Store:
        return Mortal(self._store.shelf(name), self._life)

    def __contains__(self, entry: str) -> bool:
        return bool(self._life.step(self._store.__contains__, entry))

    def __iter__(self) -> Iterator[str]:
        return iter(self._life.step(list, self._store))


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("successor", [15, 16])
@pytest.mark.parametrize("remembers", [True, False])
def test_killed_at_any_step_each_value_ends_in_a_dated_tree(
    office: Office, successor: int, *, before: bool, remembers: bool
) -> None:
    """By the same account or another; meanwhile more is handed in, and what was begun may be forgotten."""
    own, heir = desk_of(office, MemoryStore()), desk_of(office, MemoryStore(), successor)
    dated = 0
    for last in range(1, 200):
        store, life, clock = MemoryStore(), Life(last, before=before), Clock(NOW + 60)
        values = handed_in(store, 5)
        mortal = Desk(own.node, own.deployment, sender=own.sender, store=Mortal(store, life))
        anchorer = Anchorer(mortal, count=3, clock=clock)
        send_many = own.sender.send_many
        own.sender.send_many = lambda calls: life.step(send_many, calls)  # type: ignore[method-assign]  # noqa: B023  this life's
        try:
            anchorer.step()
            break
        except Killed:
            pass
        finally:
            own.sender.send_many = send_many  # type: ignore[method-assign]  # put back
        values += handed_in(store, 2)
        clock.now += 301
        if not remembers:
            store.shelf("begun").delete("0x" + 64 * "0")
        other = Desk(heir.node, heir.deployment, sender=heir.sender, store=store)
        Anchorer(other, count=3, clock=clock).step()
        assert (survey(other).waiting, Queue(store).begun()) == (0, None), last
        assert all_dated(other, values), last
        # And once, however it was broken: what was begun is gone on with.
        dated += len(set(store.shelf("trees")))
    else:
        pytest.fail("it never came to its end")
    assert last >= 30
    assert len(timestamps(office)) == dated + 2 or not remembers


def hangs_up(_number: int, methods: list[str]) -> bool:
    """On who sends a transaction."""
    return not any(method.startswith("eth_sendRawTransaction") for method in methods)


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_root_whose_answer_was_lost_is_dated_once(office: Office, *, heard: bool, is_new: bool) -> None:
    store = MemoryStore()
    values = handed_in(store, 3)
    with Proxy(office.chain.url).open() as proxy:
        anchorer = Anchorer(desk_of(office, store, line=proxy.url))
        proxy.restart(**{"after" if heard else "before": hangs_up})
        with pytest.raises(ConnectionLost):
            anchorer.step()
        proxy.restart()
        values += handed_in(store, 1)
        desk = desk_of(office, store, line=proxy.url)
        anchorer = Anchorer(desk) if is_new else anchorer
        assert anchorer.step().values == 4
        assert all_dated(desk, values)
    assert len(timestamps(office)) == 2


# ----------------------------------------------------------------------------------------------- side by side


def test_another_is_left_alone_while_he_is_at_work_and_taken_over_from_when_he_is_not(office: Office) -> None:
    store, clock = MemoryStore(), Clock()
    values = handed_in(store, 3)
    Queue(store).begin([values], account(16).address, now=NOW)
    values += handed_in(store, 2)
    desk = desk_of(office, store)
    anchorer = Anchorer(desk, age=timedelta(0), clock=clock)
    # Also of one whose clock is somewhat ahead.
    for clock.now in (NOW - 200, NOW, NOW + 299):
        found = anchorer.step(everything=True)
        assert (found.roots, found.waiting, found.next) == ((), 5, None)
    assert timestamps(office) == []
    clock.now = NOW + 301
    assert anchorer.step().values == 5 and all_dated(desk, values)
    assert [int(log["data"], 16) for log in timestamps(office)] == [3, 2]


def test_a_clock_that_was_put_back_makes_nobody_wait_for_ever(office: Office) -> None:
    store = MemoryStore()
    values = handed_in(store, 3)
    Queue(store).begin([values], account(16).address, now=NOW)
    desk = desk_of(office, store)
    assert Anchorer(desk, clock=Clock(NOW - 301)).step().values == 3 and all_dated(desk, values)


def test_who_comes_second_looks_again_later_and_not_at_once(office: Office) -> None:
    class Taken(MemoryStore):
        """Another begins between the look and the beginning."""

        def create(self, _entry: str, _content: bytes) -> bool:
            return False

    store = MemoryStore()
    store._shelves["begun"] = Taken()
    handed_in(store, 3)
    found = Anchorer(desk_of(office, store)).step()
    assert (found.roots, found.waiting, found.next) == ((), 3, None)


def test_of_two_trees_that_were_begun_one_is_dated(office: Office) -> None:
    store = MemoryStore()
    values = handed_in(store, 4)
    desk = desk_of(office, store)
    trees = Queue(store).begin([values[:2], values[2:]], desk.sender.address, now=NOW)
    assert trees is not None
    desk.anchors.anchor(trees[1])
    assert Anchorer(desk).step().values == 4
    assert all_dated(desk, values) and len(timestamps(office)) == 2
    # Nothing was sent to be refused.
    assert int(office.chain.rpc("eth_getTransactionCount", desk.sender.address, "latest"), 16) == 2


def test_who_was_taken_over_from_and_lives_harms_nothing(office: Office) -> None:
    """He stood still for five minutes, between the tree and the sending."""
    store, clock = MemoryStore(), Clock(NOW + 60)
    values = handed_in(store, 3)
    slow, quick = desk_of(office, store), desk_of(office, store, 16)
    send_many = slow.sender.send_many

    def stalled(calls: Any) -> Any:
        clock.now += 301
        handed_in(store, 2, clock.now)
        assert Anchorer(quick, clock=clock).step().values == 3
        return send_many(calls)

    slow.sender.send_many = stalled  # type: ignore[method-assign]  # as slow as a machine under load
    assert Anchorer(slow, clock=clock).step().values == 3
    assert all_dated(slow, values) and len(timestamps(office)) == 1
    assert survey(slow).waiting == 2 and Queue(store).begun() is None


def test_where_a_store_lets_two_begin_a_value_in_two_trees_is_proven_all_the_same(office: Office) -> None:
    class Lax(MemoryStore):
        """As a bucket that knows no exclusive creation."""

        def create(self, entry: str, content: bytes) -> bool:
            self.put(entry, content)
            return True

        def get(self, entry: str) -> bytes:
            raise ContentMissing(entry, "lax")

    store, clock = MemoryStore(), Clock(NOW + 60)
    store._shelves["begun"] = Lax()
    values = handed_in(store, 3)
    one, other = desk_of(office, store), desk_of(office, store, 16)
    send_many = one.sender.send_many

    def between(calls: Any) -> Any:
        values.extend(handed_in(store, 2))
        assert Anchorer(other, clock=clock).step().values == 5
        return send_many(calls)

    one.sender.send_many = between  # type: ignore[method-assign]  # the other comes in between
    assert Anchorer(one, clock=clock).step().values == 3
    assert len(timestamps(office)) == 2
    assert all_dated(one, values) and survey(one).waiting == 0


def test_a_root_that_a_stranger_dated_first_is_dated(office: Office) -> None:
    store = MemoryStore()
    values = handed_in(store, 3)
    desk, stranger = desk_of(office, store), desk_of(office, MemoryStore(), 16)
    send_many = desk.sender.send_many

    def overtaken(calls: Any) -> Any:
        stranger.anchors.anchor(MerkleTree.of_entries(values))
        return send_many(calls)

    desk.sender.send_many = overtaken  # type: ignore[method-assign]  # who watches the node may be faster
    assert Anchorer(desk).step().values == 3
    assert all_dated(desk, values) and len(timestamps(office)) == 1


def test_a_root_that_is_out_but_not_mined_is_waited_for(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """As when a process died with its transaction out, of which the next one cannot know."""
    store, rpc, stop = MemoryStore(), office.chain.rpc, threading.Event()
    values = handed_in(store, 3)
    desk = desk_of(office, store)
    call = desk.call("RecordAnchor", "anchor", MerkleTree.of_entries(values).root, 3)
    out = {"from": account(16).address, "to": call.to, "data": "0x" + call.data.hex(), "gas": hex(200_000)}
    working = threading.Thread(target=Anchorer(desk).run, args=(stop,), kwargs={"poll": 0.05})
    rpc("evm_setAutomine", False)
    try:
        rpc("eth_sendTransaction", out)
        with caplog.at_level(logging.INFO, "proofdesk.anchoring"):
            working.start()
            # Anvil foresees that it would be refused; other nodes take it, and it is refused in its block.
            _until(lambda: "AlreadyAnchored" in caplog.text or int(rpc("txpool_status")["pending"], 16) > 1)
            rpc("evm_mine")
            _until(lambda: not survey(desk).waiting)
    finally:
        rpc("evm_setAutomine", True)
        stop.set()
        working.join(30)
    assert all_dated(desk, values) and len(timestamps(office)) == 1


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_was_begun_and_is_damaged_is_made_anew(office: Office) -> None:
    store = MemoryStore()
    values = handed_in(store, 3)
    desk = desk_of(office, store)
    trees = Queue(store).begin([values[:2]], desk.sender.address, now=NOW)
    assert trees is not None
    store.shelf("trees").put(trees[0].root, b"{")
    assert Anchorer(desk).step().values == 3
    assert all_dated(desk, values)
