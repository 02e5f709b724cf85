"""Watching a desk: nothing missed, nothing told twice, what was reorganised away taken back."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

import pytest

from proofdesk import (
    Act,
    AsyncDesk,
    ChainReplaced,
    ConnectionLost,
    Desk,
    Event,
    Header,
    Orphaned,
    Position,
    Seen,
    Status,
)
from proofdesk._rpc import NodeError
from proofdesk._transport import Transport
from tests.client.office import Office
from tests.client.wire import Wire

BLINK: Any = {"poll": 0.01}


def upto(items: Iterator[Seen | Orphaned], count: int) -> list[Seen | Orphaned]:
    return list(islice(items, count))


def acts(items: list[Seen | Orphaned]) -> list[Act]:
    return [item.event for item in items if isinstance(item, Seen) and isinstance(item.event, Act)]


def kept(position: Position) -> Position:
    """A position that went through a file."""
    read = json.loads(json.dumps(asdict(position)))
    return Position(read["genesis"], tuple(Header(**header) for header in read["headers"]), read["first"])


@pytest.mark.parametrize("scheme", ["http://", "ws://"])
def test_events_come_as_they_happen(office: Office, scheme: str) -> None:
    office.opened("Before anybody watched")
    desk = Desk.connect(office.chain.url.replace("http://", scheme), deployment=office.deployment)
    watching = desk.watch(**BLINK)
    # It begins with the first look: from then on nothing is missed.
    started: list[Any] = []

    def first() -> None:
        started.append(next(watching))

    thread = threading.Thread(target=first)
    thread.start()
    while not started:
        ticket = office.opened()
        thread.join(0.05)
    office.agent.tickets.take(office.desk.lanes.next_in_line("cards") or ticket)
    while True:
        item = next(watching)
        if isinstance(item, Seen) and isinstance(item.event, Act) and item.event.status is Status.OPEN:
            break
    assert office.desk.tickets.acts(item.event.ticket_id)[-1] == item.event
    assert all(isinstance(one, Seen) for one in started)


def test_from_a_block_on_it_tells_everything(office: Office) -> None:
    for number in range(3):
        office.opened(f"Question {number}")
    everything = office.desk.tickets.acts()
    items = []
    for item in office.desk.watch(since=0, **BLINK):
        items.append(item)
        if len(acts(items)) == len(everything):
            break
    assert acts(items) == everything
    names = [item.event.name for item in items if isinstance(item, Seen) and isinstance(item.event, Event)]
    assert {"RoleGranted", "ProgramCreated", "LaneCreated", "CertificateWritten"} <= set(names)
    later = next(office.desk.watch(since=everything[1].block, **BLINK))
    assert isinstance(later, Seen) and later.event == everything[1]


def test_it_goes_on_where_it_stopped(office: Office) -> None:
    tickets = [office.opened(f"Question {number}") for number in range(4)]
    start = office.desk.tickets.acts()[-4].block
    before = upto(office.desk.watch(since=start, **BLINK), 2)
    office.desk.tickets.reply(tickets[0], "One more thing.")
    office.chain.rpc("evm_mine")
    after = upto(office.desk.watch(since=kept(before[-1].position), **BLINK), 3)
    assert acts([*before, *after]) == office.desk.tickets.acts()[-5:]


def test_within_a_block_it_begins_with_the_block_again(office: Office) -> None:
    tickets = [office.opened(f"Question {number}") for number in range(3)]
    office.supervisor.tickets.assign(tickets, [1, 1, 1])
    start = office.desk.tickets.acts()[-1].block
    one = upto(office.desk.watch(since=start, **BLINK), 1)
    whole = upto(office.desk.watch(since=kept(one[0].position), **BLINK), 3)
    assert [act.number for act in acts(whole)] == [2, 2, 2]
    assert one[0].position != whole[-1].position


def test_blocks_without_events_are_passed_over(office: Office) -> None:
    start = office.desk.node.height() + 1
    watching = office.desk.watch(since=start, **BLINK)
    for number in range(3):
        office.chain.rpc("anvil_mine", "0x2")
        ticket = office.opened(f"Question {number}")
        assert acts([next(watching)])[0].ticket_id == ticket.id


def test_another_chain_is_refused(office: Office) -> None:
    position = Position("0x" + 32 * "11", (Header(3, "0x" + 32 * "22", "0x" + 32 * "33", 7),))
    with pytest.raises(ChainReplaced, match="begins with block"):
        next(office.desk.watch(since=position, **BLINK))


def test_a_node_that_falls_silent_is_waited_for(office: Office) -> None:
    wire = Wire(office.chain.url)
    desk = Desk(wire.w3, office.deployment)
    office.opened()
    watching = desk.watch(since=0, patience=5, **BLINK)
    wire.cut(0, heard=False)
    assert isinstance(next(watching), Seen)
    assert wire.cut_at is None, "the line was cut and held again"


@pytest.mark.parametrize("since", [0, None])
def test_patience_ends(office: Office, since: int | None) -> None:
    desk = Desk("http://127.0.0.1:1", office.deployment)
    with pytest.raises(ConnectionLost, match="did not answer"):
        next(desk.watch(since=since, patience=0.05, **BLINK))


class Late(Wire):
    """A line on which every request gets an answer so many seconds later, which is an error."""

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(url)
        self.seconds = seconds
        self.refuses = True

    def make_request(self, method: Any, params: Any) -> Any:
        if not self.refuses:
            return super().make_request(method, params)
        self.asked.append([method])
        time.sleep(self.seconds)
        return {"jsonrpc": "2.0", "id": 1, "error": {"code": 429, "message": "too many requests"}}

    def make_batch_request(self, batch_requests: Any) -> Any:
        if not self.refuses:
            return super().make_batch_request(batch_requests)
        raise NotImplementedError


def test_patience_is_seconds_however_long_each_answer_takes(office: Office) -> None:
    line = Late(office.chain.url, seconds=0.1)
    with pytest.raises(NodeError, match="too many requests"):
        next(Desk(line.w3, office.deployment).watch(patience=0.25, **BLINK))
    assert len(line.asked) <= 4


def test_a_node_that_refuses_for_a_while_is_waited_for(office: Office) -> None:
    office.opened()
    line = Late(office.chain.url, seconds=0)

    def relent(_methods: list[str]) -> None:
        line.refuses = len(line.asked) < 20

    line.asked = _Watched(relent)
    assert isinstance(next(Desk(line.w3, office.deployment).watch(since=0, patience=60, **BLINK)), Seen)
    assert len(line.asked) > 20


class _Watched(list[list[str]]):
    def __init__(self, told: Callable[[list[str]], None]) -> None:
        self.told = told

    def append(self, methods: list[str]) -> None:
        super().append(methods)
        self.told(methods)


def test_news_that_break_off_are_waited_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that tells of blocks is cut; the one for requests answers still."""
    first = office.opened()
    watching = office.desk.watch(since=office.desk.tickets.acts()[-1].block, **BLINK)
    cut: list[float] = []

    async def news(_self: object, seconds: float) -> None:
        cut.append(seconds)
        if len(cut) == 2:
            second.append(office.opened("Meanwhile"))
        raise ConnectionLost("cut")

    second: list[Any] = []
    monkeypatch.setattr(Transport, "news", news)
    seen = acts(upto(watching, 2))
    assert [act.ticket_id for act in seen] == [first.id, second[0].id] and len(cut) >= 2


def test_it_is_awaited_too(office: Office) -> None:
    everything = office.desk.tickets.acts()
    office.opened()

    async def program() -> Act | Event:
        desk = await AsyncDesk.connect(
            office.chain.url.replace("http://", "ws://"), deployment=office.deployment
        )
        items = [item async for item in _first(desk.watch(since=0, **BLINK), 60)]
        return next(
            item.event
            for item in items
            if isinstance(item, Seen) and isinstance(item.event, Act) and item.event not in everything
        )

    async def _first(items: Any, count: int) -> Any:
        async for item in items:
            yield item
            if isinstance(item.event, Act):
                return

    event = asyncio.run(program())
    assert isinstance(event, Act) and event.status is Status.NEW


def test_positions_are_values(office: Office) -> None:
    office.opened()
    item = next(office.desk.watch(since=0, **BLINK))
    assert kept(item.position) == item.position and hash(item.position) == hash(kept(item.position))
    assert replace(item.position, genesis="0x") != item.position


# Last: a chain that was reorganised and set back is not to be trusted.
def test_what_was_reorganised_away_is_taken_back(office: Office) -> None:
    first, second = office.opened("Stays"), office.opened("Goes")
    start = office.desk.tickets.acts()[-2].block
    watching = office.desk.watch(since=start, **BLINK)
    seen = upto(watching, 2)
    assert [act.ticket_id for act in acts(seen)] == [first.id, second.id]
    office.chain.rpc("anvil_reorg", 1, [])
    office.opened("Comes instead")
    taken, new = upto(watching, 2)
    assert taken == Orphaned(seen[1].block, seen[1].block_hash, taken.position)
    assert taken.position.headers == seen[0].position.headers
    assert isinstance(new, Seen) and isinstance(new.event, Act) and new.event.number == 1
    # Who stopped before the reorganisation learns of it too.
    again = upto(office.desk.watch(since=kept(seen[1].position), **BLINK), 2)
    assert [type(item) for item in again] == [Orphaned, Seen] and again[1] == new
