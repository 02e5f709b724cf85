"""Ctrl-C at any line of the sender's own code: the same call, made again, is the same transaction."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from linecache import getline
from types import FrameType
from typing import Any

import pytest

from proofdesk import ConnectionLost, Sender
from proofdesk._outbox import Call
from proofdesk._shell import drive
from proofdesk._transport import Blocking
from proofdesk.sending.journal import Journal
from tests.client.office import Office, account
from tests.client.sending import CREATE_LANE, desk_of, lanes
from tests.client.test_sender_journal import Memory
from tests.client.wire import Wire

FUNCTIONS = ("_send", "_take_up", "_find", "deliver", "_has_room", "_hand_over")
ATOMIC = ("with ", "self._callers.pop")


@contextmanager
def interrupted(at: int) -> Iterator[list[str]]:
    """Interrupts before the so-manieth line of those functions, and says where."""
    where: list[str] = []
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        code = frame.f_code
        if code.co_name not in FUNCTIONS or "proofdesk" not in code.co_filename:
            return None
        # Where a lock is let go, and before the one call of a `finally`, only who traces sees a line begin.
        line = getline(code.co_filename, frame.f_lineno).lstrip()
        if event == "line" and not where and not line.startswith(ATOMIC):
            count += 1
            if count > at:
                where.append(f"{code.co_name}:{frame.f_lineno}")
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield where
    finally:
        sys.settrace(before)


def broken(office: Office, journal: Journal, *, elsewhere: bool) -> Sender:
    """A sender whose first call landed, of which the line that broke did not tell; or the one after it."""
    wire = Wire(office.chain.url)
    sender = Sender(wire.w3, account(3), timeout=20, journal=journal)
    wire.before = lambda methods, _: (
        wire.cut(0, heard=True) if methods[0] == "eth_sendRawTransaction" else None
    )
    with pytest.raises(ConnectionLost):
        sender.send(desk_of(office), CREATE_LANE)
    wire.before = None
    return Sender(office.w3, account(3), timeout=20, journal=journal) if elsewhere else sender


@pytest.mark.parametrize("kind", ["fresh", "again", "another process"])
def test_ctrl_c_at_every_line(office: Office, kind: str) -> None:
    at, lines = 0, set[str]()
    while True:
        journal, before = Memory(), lanes(office)
        if kind == "fresh":
            sender = Sender(office.w3, account(3), timeout=20, journal=journal)
        else:
            sender = broken(office, journal, elsewhere=kind == "another process")
        with interrupted(at) as where:
            try:
                sender.send(desk_of(office), CREATE_LANE)
                break
            except KeyboardInterrupt:
                lines.update(where)
        sender.send(desk_of(office), CREATE_LANE)
        outbox = sender._core._outbox
        assert lanes(office) == before + 1, where
        assert not (outbox._callers or sender._core._doubt or journal.entries), where
        at += 1
    assert {line.partition(":")[0] for line in lines} >= {"_send", "_take_up", "deliver", "_has_room"}


def test_what_is_in_doubt_twice_is_one(office: Office) -> None:
    """Interrupted when it is taken up already, and still in doubt."""
    sender = broken(office, Memory(), elsewhere=False)
    ((job,),) = sender._core._doubt.values()
    sender._core._remember([job])
    assert list(sender._core._doubt.values()) == [[job]] and job.call == Call(desk_of(office), CREATE_LANE)


def test_a_lock_that_its_thread_could_not_let_go_is_let_go_at_the_next_turn() -> None:
    lock = Blocking(None).lock()

    async def turn() -> None:
        async with lock:
            pass

    drive(lock.__aenter__())  # and Ctrl-C came before it was let go
    drive(turn())
    with ThreadPoolExecutor(1) as pool:
        pool.submit(drive, turn()).result(timeout=20)


def test_a_lock_that_its_thread_took_as_it_was_interrupted_is_free() -> None:
    """The thread may then stand in line for what others have, who wait for the lock."""
    lock: Any = Blocking(None).lock()
    held = lock._lock

    class Interrupted:
        release = held.release

        def acquire(self) -> None:
            held.acquire()
            raise KeyboardInterrupt

    lock._lock = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        drive(lock.__aenter__())
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(held.acquire, timeout=20).result()
