"""A node's WebSocket: what goes over it, what it tells, and what becomes of a line that breaks."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from proofdesk import (
    AsyncDesk,
    AsyncNode,
    ConnectionLost,
    DeploymentMismatch,
    Desk,
    MemoryStore,
    Node,
    NodeError,
)
from proofdesk._shell import drive
from proofdesk._transport import awaited_transport, blocking_transport
from tests.client.office import Office, account


def address(office: Office) -> str:
    return office.chain.url.replace("http://", "ws://")


@contextmanager
def server(answer: Callable[[ServerConnection, Any], None]) -> Iterator[str]:
    """A server that answers requests as it is told."""

    def handle(line: ServerConnection) -> None:
        for message in line:
            answer(line, json.loads(message))

    with serve(handle, "127.0.0.1", 0) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{listening.socket.getsockname()[1]}"
        listening.shutdown()


def test_a_desk_works_over_it(office: Office) -> None:
    desk = Desk.connect(
        address(office), account=account(10), deployment=office.deployment, store=MemoryStore()
    )
    ticket = desk.tickets.open(lane="cards", content="Where is my card?")
    assert desk.tickets.verify(ticket.id).acts == 1
    assert desk.node.batch([("eth_chainId", []), ("eth_noSuch", [])])[0] == "0x7a69"
    assert isinstance(desk.node.batch([("eth_noSuch", []), ("eth_chainId", [])])[0], NodeError)
    assert desk.w3.eth.get_transaction_count(account(10).address) == 1


def test_tasks_share_it(office: Office) -> None:
    async def program() -> list[str]:
        desk = await AsyncDesk.connect(
            address(office), account=account(10), deployment=office.deployment, store=MemoryStore()
        )
        opened = await asyncio.gather(*(desk.tickets.open(lane="cards", content=f"{n}?") for n in range(10)))
        await desk.node.transport.news(0)
        return [ticket.id for ticket in opened]

    assert len(set(asyncio.run(program()))) == 10


@pytest.mark.parametrize("transport", ["blocking", "awaited"])
def test_it_tells_of_a_new_block_at_once(office: Office, transport: str) -> None:
    async def heard(node: AsyncNode) -> float:
        await node.transport.news(0.001)  # listens from now on, and hears nothing
        await node.request("evm_mine")
        started = monotonic()
        await node.transport.news(60)
        return monotonic() - started

    if transport == "blocking":
        assert drive(heard(AsyncNode(blocking_transport(address(office))))) < 30
    else:
        assert asyncio.run(heard(AsyncNode(awaited_transport(address(office))))) < 30


def test_a_node_without_subscriptions_is_waited_for() -> None:
    def refuse(line: ServerConnection, request: Any) -> None:
        line.send(json.dumps({"id": request["id"], "error": {"code": -32601, "message": "no"}}))

    with server(refuse) as url:
        drive(blocking_transport(url).news(0.001))


def test_a_line_that_breaks_is_opened_anew() -> None:
    lines: list[ServerConnection] = []

    def answer(line: ServerConnection, request: Any) -> None:
        if line not in lines:
            lines.append(line)
        if len(lines) == 1 and request["method"] == "eth_two":
            line.close()
        else:
            line.send(json.dumps({"id": request["id"], "result": request["method"]}))

    with server(answer) as url:
        node = Node(url)
        assert node.request("eth_one") == "eth_one"
        with pytest.raises(ConnectionLost, match="eth_two"):
            node.request("eth_two")
        assert node.request("eth_two") == "eth_two"
        assert len(lines) == 2


def test_an_answer_that_comes_too_late_is_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofdesk.live.socket._SECONDS", 0.2)
    release = threading.Event()

    def answer(line: ServerConnection, request: Any) -> None:
        if request["method"] == "eth_slow":
            release.wait(10)
        line.send(json.dumps({"id": request["id"], "result": request["method"]}))

    with server(answer) as url:
        node = Node(url)
        with pytest.raises(ConnectionLost, match="eth_slow"):
            node.request("eth_slow")
        release.set()
        assert node.request("eth_quick") == "eth_quick"


def test_what_is_no_json_is_lost() -> None:
    with server(lambda line, _: line.send("hello")) as url, pytest.raises(ConnectionLost):
        Node(url).height()


def test_nobody_there_is_lost_and_the_address_not_shown() -> None:
    with pytest.raises(ConnectionLost, match="ConnectionRefusedError") as caught:
        Node("ws://127.0.0.1:1/secret").height()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("shell", [Desk, AsyncDesk])
def test_who_gets_no_desk_leaves_no_line_open(office: Office, shell: type[Desk] | type[AsyncDesk]) -> None:
    lines: list[ServerConnection] = []

    def answer(line: ServerConnection, question: Any) -> None:
        lines.append(line)
        line.send(json.dumps({"id": question["id"], "result": "0x1"}))

    async def program(url: str) -> None:
        await AsyncDesk.connect(url, deployment=office.deployment)

    with server(answer) as url, pytest.raises(DeploymentMismatch, match="the chain id"):
        if shell is Desk:
            Desk.connect(url, deployment=office.deployment)
        else:
            asyncio.run(program(url))
    assert [line.protocol.close_rcvd is not None for line in lines] == [True]


def test_a_line_that_was_given_stays_open(office: Office) -> None:
    node = Node(address(office))
    with pytest.raises(DeploymentMismatch):
        Desk.connect(node, deployment=replace(office.deployment, chain_id=4711))
    transport: Any = node._core.transport
    assert list(transport._lines) == ["requests"]
    drive(transport.close())
