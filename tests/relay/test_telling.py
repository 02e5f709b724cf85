"""A relayer's log says what lets nothing be carried, a halt too, and when that is over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proofdesk import Desk, MemoryStore
from proofdesk.ops.relay import Batching, Relayer
from proofdesk.ops.relay import chain as relays_chain
from tests.client.office import Office
from tests.client.wire import Wire
from tests.relay.conftest import Make
from tests.relay.people import Crowd, yes

LEASE = timedelta(seconds=0.3)


@contextmanager
def running(relayer: Relayer) -> Iterator[Callable[[Callable[[], bool]], None]]:
    """A relayer that carries; gives what waits until something is so."""
    stop = threading.Event()
    thread = threading.Thread(target=relayer.run, args=(stop,), daemon=True)
    thread.start()

    def until(is_so: Callable[[], bool]) -> None:
        while not is_so():
            assert thread.is_alive()
            stop.wait(0.01)

    try:
        yield until
    finally:
        stop.set()
        thread.join()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of whether acts can be carried."""
    return [text for text in caplog.messages if "be carried" in text]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """See what changes at once, and what is said of it."""
    monkeypatch.setattr(relays_chain, "_FRESH", 0.0)
    caplog.set_level(logging.INFO, "proofdesk.relay")


def test_an_account_that_is_empty_is_told_of_once(
    office: Office, make_relayer: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer(batching=Batching(lease=LEASE))
    asked: list[tuple[object, ...]] = []
    room = relayer.control.room

    def count(*args: Any) -> int:
        asked.append(args)
        return room(*args)

    monkeypatch.setattr(relayer.control, "room", count)
    with running(relayer) as until:
        office.chain.rpc("anvil_setBalance", relayer.address, "0x0")
        until(lambda: len(told(caplog)) == 1)
        seen = len(asked)
        until(lambda: len(asked) > seen + 2)
        office.chain.rpc("anvil_setBalance", relayer.address, hex(10**20))
        until(lambda: len(told(caplog)) == 2)
    assert told(caplog) == [
        f"nothing can be carried: {relayer.address} cannot pay for one more act: send it ether",
        f"acts can be carried again: the node answers, and {relayer.address} can pay",
    ]


def test_a_node_that_answers_nothing_is_told_of_while_nothing_waits(
    office: Office, crowd: Crowd, make_relayer: Make, caplog: pytest.LogCaptureFixture
) -> None:
    wire = Wire(office.chain.url)
    desk = Desk.connect(
        wire.w3, account=office.intake.sender.account, deployment=office.deployment, store=MemoryStore()
    )
    relayer = make_relayer(desk=desk, batching=Batching(lease=LEASE))
    act = crowd.open()

    def hang(*_: object) -> None:
        raise TimeoutError

    with running(relayer) as until:
        until(lambda: relayer._carrier is not None)
        wire.before = hang
        until(lambda: len(told(caplog)) == 1)
        wire.before = None
        until(lambda: len(told(caplog)) == 2)
        yes(relayer.submit([act]))
        until(lambda: relayer.counts()["done"] == 1)
    first, second = told(caplog)
    assert first.startswith("nothing can be carried: ConnectionLost: the node") and "again" in second


def test_a_halt_is_told_of_once_and_its_end_too(
    make_relayer: Make, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    relayer, beside = make_relayer(tmp_path / "queue.db"), make_relayer(tmp_path / "queue.db")

    def said() -> list[str]:
        return [text for text in caplog.messages if "halt is over" in text or "is taken or" in text]

    with running(relayer) as until:
        beside.halt("the node is being moved")
        until(lambda: len(said()) == 1)
        beside.resume()
        until(lambda: len(said()) == 2)
    assert said() == [
        "halted, nothing is taken or sent: the node is being moved",
        "the halt is over",
    ]
