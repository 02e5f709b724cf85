"""Two relayers at work on one queue, of which one lacks money or a node: the other one keeps its promises."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from proofdesk import ConnectionLost, Desk, MemoryStore
from proofdesk.ops.relay import Allowance, Batching, Limits, Relayer, _claims
from tests.cli.proxy import Proxy
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, yes
from tests.relay.test_waiting import stage

SOON = 20.0  # seconds in which what is promised for 20 is to be on chain
LEASE = timedelta(seconds=0.5)
Running = Callable[[Relayer], None]


@pytest.fixture
def line(office: Office) -> Iterator[Proxy]:
    """The one's own line to its node."""
    with Proxy(office.chain.url).open() as proxy:
        yield proxy


@pytest.fixture
def lease() -> timedelta:
    return LEASE


@pytest.fixture
def pair(
    office: Office, make_relayer: Make, place: str, line: Proxy, lease: timedelta
) -> tuple[Relayer, Relayer]:
    """The one that will be in trouble, and the other one."""
    desk = Desk.connect(line.url, account=office.newcomer, deployment=office.deployment, store=MemoryStore())
    options = {
        "limits": Limits(allowance=Allowance(acts=10_000, gas=10**12)),
        "include_within": timedelta(seconds=SOON),
        "batching": Batching(lease=lease, after=timedelta(milliseconds=50)),
        "timeout": 0.5,
    }
    return make_relayer(place, desk, **options), make_relayer(place, **options)


@pytest.fixture
def running() -> Iterator[Running]:
    """Has relayers run until the test's end."""
    stop = threading.Event()
    with ExitStack() as stack:
        stack.callback(stop.set)

        def run(relayer: Relayer) -> None:
            thread = threading.Thread(target=relayer.run, args=(stop,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(stop.set)

        yield run


def cut(_method: str) -> None:
    raise ConnectionError("the line is cut")


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that is to happen soon."""
    deadline = time.monotonic() + SOON
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"


@pytest.mark.parametrize("lack", ["money", "node"])
def test_what_the_one_cannot_send_the_other_sends(
    office: Office,
    crowd: Crowd,
    pair: tuple[Relayer, Relayer],
    line: Proxy,
    running: Running,
    lack: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    poor, rich = pair
    acts = [crowd.open(number) for number in range(5)]
    yes(rich.submit(acts))
    if lack == "money":
        office.chain.rpc("anvil_setBalance", poor.address, hex(10**12))
    else:
        line.before = cut
    running(poor)
    # It had the queue to itself, and tells what it lacks.
    until(lambda: ("InsufficientFunds" if lack == "money" else "ConnectionLost") in caplog.text)
    running(rich)
    until(lambda: {stage(rich, act) for act in acts} == {"done"})


def test_what_the_one_signed_and_could_not_send_the_other_sends(
    office: Office, crowd: Crowd, pair: tuple[Relayer, Relayer], line: Proxy, running: Running
) -> None:
    """It is at work, and seen; what it signed may be anywhere, so the other one waits for a lease."""
    poor, rich = pair
    acts = [crowd.open(number) for number in range(5)]
    yes(rich.submit(acts))

    def cut_when_it_sends(method: str) -> None:
        if method == "eth_sendRawTransaction":
            line.before = cut
            cut(method)

    line.before = cut_when_it_sends
    running(poor)
    until(lambda: stage(rich, acts[0]) == "sent")
    running(rich)
    until(lambda: {stage(rich, act) for act in acts} == {"done"})
    line.before = lambda _method: None
    # What it had signed is known for superfluous, and what is new it carries again.
    until(lambda: not poor._carrier._flight._journal.load())
    assert [len(office.desk.tickets.acts(act.ticket_id)) for act in acts] == [1] * 5
    until(lambda: poor._carrier._failing_since is None)


def test_an_account_that_is_emptied_when_it_has_sent_lets_others_carry(
    office: Office,
    crowd: Crowd,
    pair: tuple[Relayer, Relayer],
    running: Running,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "proofdesk.relay")
    poor, rich = pair
    acts = [crowd.open(number) for number in range(5)]
    yes(rich.submit(acts))
    office.chain.rpc("evm_setAutomine", False)
    running(poor)
    until(lambda: office.chain.rpc("txpool_status")["pending"] == "0x1")
    office.chain.rpc("anvil_setBalance", poor.address, "0x0")
    office.chain.rpc("evm_setAutomine", True)
    until(lambda: f"InsufficientFunds: {poor.address} has 0 wei" in caplog.text)
    running(rich)
    until(lambda: {stage(rich, act) for act in acts} == {"done"})
    assert [len(office.desk.tickets.acts(act.ticket_id)) for act in acts] == [1] * 5


# It has to renew in time: a stall of the machine may not be longer.
@pytest.mark.parametrize("lease", [timedelta(seconds=2)])
def test_who_only_waits_for_a_slow_chain_keeps_what_it_sent(
    office: Office,
    crowd: Crowd,
    pair: tuple[Relayer, Relayer],
    running: Running,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two would pay for the same acts."""
    first, second = pair
    act = crowd.open(1)
    yes(second.submit([act]))
    office.chain.rpc("evm_setAutomine", False)
    try:
        running(first)
        until(lambda: caplog.text.count("not mined within") >= 2)
        running(second)
        until(lambda: caplog.text.count("not mined within") >= 4)
        assert office.chain.rpc("txpool_status")["pending"] == "0x1"
    finally:
        office.chain.rpc("evm_setAutomine", True)
    office.chain.rpc("evm_mine")
    until(lambda: stage(second, act) == "done")


def test_who_is_of_use_again_is_seen_before_it_sends(
    crowd: Crowd, pair: tuple[Relayer, Relayer], line: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    act = crowd.open(1)
    yes(second.submit([act]))
    line.before = cut
    with pytest.raises(ConnectionLost):
        first.step(flush=True)
    line.before = lambda _method: None
    carrier = first._carrier
    # As after a lease and longer.
    carrier._failing_since -= 100
    with first._database.writing() as connection:
        _claims.renew(connection, bytes.fromhex(first.address[2:]), -1)
    send, seen = carrier._flight.send, []

    def look_around(batches: object) -> None:
        seen.append(second.step(flush=True).claimed)
        send(batches)

    monkeypatch.setattr(carrier._flight, "send", look_around)
    first.step(flush=True)
    assert seen == [0] and stage(second, act) == "done"
