"""Five hundred at most are in flight of an account, however many share its sender, and each gets his turn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

import pytest
from web3 import AsyncHTTPProvider

from proofdesk import AsyncNode, Call, InsufficientFunds, Result, Sender, TransactionError
from proofdesk._outbox import _NOT_IN_LINE, Job
from proofdesk._sender import AsyncSender
from proofdesk._transport import awaited_transport
from tests.client.office import Office, account
from tests.client.sending import RECEIVER, balance
from tests.client.wire import Wire

ROOM = 8


class Counting(Wire):
    """Counts what is on its way whenever something is sent; mines at every sixth look once it is full."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.chain.url)
        self.most, self.may_mine = 0, True
        self._rpc, self._sent, self._looks = office.chain.rpc, set[str](), 0
        self._before, self._lock = self._mined(), Lock()

    def make_request(self, method: Any, params: Any) -> Any:
        self._count([(method, params)])
        return super().make_request(method, params)

    def make_batch_request(self, batch_requests: Any) -> Any:
        self._count(batch_requests)
        return super().make_batch_request(batch_requests)

    def _count(self, requests: Any) -> None:
        with self._lock:
            raws = {params[0] for method, params in requests if method == "eth_sendRawTransaction"}
            if raws:
                self._sent |= raws
                self.most = max(self.most, len(self._sent) - self._mined() + self._before)
            elif requests[0][0] in ("eth_getTransactionReceipt", "eth_getTransactionCount"):
                self._looks += 1
                if self._looks % 6 == 0 and self.most >= ROOM and self.may_mine:
                    self._rpc("evm_mine")

    def _mined(self) -> int:
        return int(self._rpc("eth_getTransactionCount", account(3).address, "latest"), 16)


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """So many in flight as a test can count."""
    monkeypatch.setattr("proofdesk._outbox.MAX_IN_FLIGHT", ROOM)
    yield


def calls(caller: int, count: int) -> list[Call]:
    """Calls of their own for each caller."""
    return [Call(RECEIVER, b"", 100 * caller + number, 21_000) for number in range(count)]


def test_threads_share_the_room(paused: Office) -> None:
    line = Counting(paused)
    sender = Sender(line.w3, account(3), timeout=20)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda caller: sender.send_many(calls(caller, 15)), range(4)))
    assert [len(results) for results in done] == [15] * 4
    assert line.most == ROOM
    assert balance(paused, RECEIVER) == sum(call.value for caller in range(4) for call in calls(caller, 15))
    assert not sender._core._outbox._callers


def test_tasks_share_the_room(paused: Office) -> None:
    most = 0

    async def program() -> list[int]:
        nonlocal most
        async with Watched(paused) as sender:
            outbox, launch = sender._outbox, sender._outbox.launch

            async def counted(jobs: list[Job], kinds: Any = ()) -> None:
                nonlocal most
                await launch(jobs, kinds)
                most = max(most, sum(map(is_flying, {id(job): job for job in everybodys(outbox)}.values())))

            outbox.launch = counted  # type: ignore[method-assign, assignment]  # the real one, watched
            tasks = [asyncio.create_task(sender.send_many(calls(caller, 15))) for caller in range(4)]
            while not all(task.done() for task in tasks):
                await outbox.node.request("evm_mine" if most >= ROOM else "eth_blockNumber")
            return [len(task.result()) for task in tasks]

    assert asyncio.run(program()) == [15] * 4
    assert most == ROOM


def test_who_wants_one_does_not_wait_for_who_wants_many(paused: Office) -> None:
    line = Counting(paused)
    sender = Sender(line.w3, account(3), timeout=20)
    line.may_mine = False
    with ThreadPoolExecutor(2) as pool:
        many = pool.submit(sender.send_many, calls(1, 60))
        while line.most < ROOM:
            assert not many.done()
        one = pool.submit(sender.send, RECEIVER, b"", value=1, gas=21_000)
        while len(sender._core._outbox._callers) < 2:
            assert not one.done()
        line.may_mine = True
        block = one.result().block
    assert block < max(result.block for result in many.result()), "it went between the others"


def test_nobody_looks_after_what_waits_while_another_sends(paused: Office, wire: Wire) -> None:
    """Both would send what the chain lacks, or take the nonce that is next."""
    sender, others, meanwhile = Sender(wire.w3, account(3), timeout=4), Event(), list[bool]()
    looked, is_sending = Event(), Event()

    def before(methods: list[str], _: Any) -> None:
        if methods[0] == "eth_getTransactionByHash":
            others.set()
            if is_sending.is_set():
                looked.set()
        elif methods[0].startswith("eth_sendRaw") and others.is_set() and not is_sending.is_set():
            is_sending.set()
            # By then a look is due, several times over.
            meanwhile.append(looked.wait(0.7))
            paused.chain.rpc("evm_setAutomine", True)

    wire.before = before
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(sender.send, RECEIVER, b"", value=1, gas=21_000)
        assert others.wait(20)
        sender.send(RECEIVER, b"", value=2, gas=21_000)
        first.result()
    assert meanwhile == [False] and balance(paused, RECEIVER) == 3


def test_who_waits_for_room_and_leaves_keeps_nobody_waiting(paused: Office) -> None:
    async def program() -> None:
        async with Watched(paused) as sender:
            outbox = sender._outbox
            many = asyncio.create_task(sender.send_many(calls(1, ROOM)))
            while sum(map(is_flying, everybodys(outbox))) < ROOM:
                await asyncio.sleep(0.01)
            waiting = [asyncio.create_task(sender.send_many(calls(caller, 3))) for caller in (2, 3)]
            while len(outbox._callers) < 3:
                await asyncio.sleep(0.01)
            waiting[0].cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting[0]
            assert len(outbox._callers) == 2
            while not (many.done() and waiting[1].done()):
                await sender._outbox.node.request("evm_mine")
            assert len(many.result()) == ROOM and len(waiting[1].result()) == 3

    asyncio.run(program())
    assert balance(paused, RECEIVER) == sum(call.value for call in calls(1, ROOM) + calls(3, 3))


def test_places_are_drawn_one_at_a_time(office: Office) -> None:
    """Who has drawn and is about to take his place must be seen by who draws the next."""
    sender, arrived, meanwhile = Sender(office.w3, account(3)), Event(), list[bool]()
    outbox = sender._core._outbox

    class Door:
        def __init__(self) -> None:
            self._lock = Lock()

        def __enter__(self) -> None:
            if not self._lock.acquire(blocking=False):
                arrived.set()
                self._lock.acquire()

        def __exit__(self, *_: object) -> None:
            self._lock.release()

    class Places:
        is_drawn = False

        def __next__(self) -> int:
            if arrived.is_set() or self.is_drawn:
                meanwhile.append(self.is_drawn)
                arrived.set()
                return 2
            self.is_drawn = True
            second.append(pool.submit(sender.send_many, calls(2, 1)))
            assert arrived.wait(20)
            self.is_drawn = False
            return 1

    outbox._placing, outbox._places = Door(), Places()  # type: ignore[assignment]  # the real ones, watched
    second = list[Any]()
    with ThreadPoolExecutor(1) as pool:
        assert len(sender.send_many(calls(1, 1)) + second[0].result()) == 2
    assert meanwhile == [False]


def test_who_came_later_waits_though_he_would_fit(paused: Office) -> None:
    """Otherwise who wants many would wait for as long as others want one each."""

    async def program() -> list[int]:
        async with Watched(paused) as sender:
            outbox = sender._outbox
            flying = asyncio.create_task(sender.send_many(calls(1, ROOM - 2)))
            while sum(map(is_flying, everybodys(outbox))) < ROOM - 2:
                await asyncio.sleep(0.01)
            more = asyncio.create_task(sender.send_many(calls(2, ROOM // 2)))
            one = asyncio.create_task(sender.send_many(calls(3, 1)))
            while len(outbox._callers) < 3:
                await asyncio.sleep(0)
            assert len(everybodys(outbox)) == ROOM - 2, "neither has taken any room"
            while not (flying.done() and more.done() and one.done()):
                await outbox.node.request("evm_mine")
            return [task.result()[0].block for task in (flying, more, one)]

    blocks = asyncio.run(program())
    assert blocks == sorted(blocks)


def test_what_is_given_up_takes_no_room(paused: Office) -> None:
    """The chain stands still: whoever has waited in vain leaves his place to the next."""
    sender = Sender(paused.w3, account(3), timeout=0.3)
    with pytest.raises(TransactionError, match="not mined"):
        sender.send_many(calls(1, ROOM))
    with pytest.raises(InsufficientFunds):
        sender.send(RECEIVER, b"", value=10**30, gas=21_000)
    with pytest.raises(TransactionError, match="not mined"):
        sender.send_many(calls(2, ROOM))
    paused.chain.rpc("evm_mine")
    assert len(sender.send_many(calls(1, ROOM) + calls(2, ROOM))) == 2 * ROOM
    assert balance(paused, RECEIVER) == sum(call.value for call in calls(1, ROOM) + calls(2, ROOM))


def test_who_wants_little_does_not_pass_by_who_wants_more(office: Office) -> None:
    outbox = Sender(office.w3, account(3))._core._outbox
    flying = [Job(call, 21_000, is_out=True) for call in calls(1, ROOM - 2)]
    first, second = 1, 2
    outbox._callers = {0: (flying, _NOT_IN_LINE), 8: ([], second), 9: ([], first)}
    assert not outbox._has_room(9, ROOM // 2), "there is room for two"
    assert not outbox._has_room(8, 1), "it is another's turn"
    flying[0].outcome = flying[1].outcome = Result("0x", 1, 21_000)
    assert outbox._has_room(9, ROOM // 2) and not outbox._has_room(8, 1)
    outbox._callers[9] = ([], _NOT_IN_LINE)
    assert outbox._has_room(8, 1)


def is_flying(job: Job) -> bool:
    """Whether it was sent and is not seen at its end."""
    return job.is_out and job.outcome is None


def everybodys(outbox: Any) -> list[Job]:
    """All callers' jobs."""
    return [job for jobs, _ in outbox._callers.values() for job in jobs]


class Watched:
    """An awaited sender, as long as the `with` block lasts."""

    def __init__(self, office: Office) -> None:
        self._node = AsyncNode(awaited_transport(AsyncHTTPProvider(office.chain.url)))

    async def __aenter__(self) -> AsyncSender:
        return AsyncSender(self._node, account(3), timeout=20)

    async def __aexit__(self, *_: object) -> None:
        await self._node.transport.close()
