"""Over whatever line a wallet is asked, its owner has the same time, and nobody else waits for him."""

from __future__ import annotations

import asyncio
import doctest
import json
import threading
import time
from collections.abc import Callable, Iterator
from socket import create_server
from typing import Any

import pytest
import requests
from websockets.sync.server import ServerConnection

from proofdesk import AsyncDesk, ConnectionLost, MemoryStore, Sender, TransactionInDoubt
from proofdesk._rpc import AsyncNode
from proofdesk._transport import Blocking, Transport, awaited_transport, blocking_transport
from proofdesk.cli._lines import Wallet
from proofdesk.live import people, socket
from proofdesk.live.http import Http
from proofdesk.live.people import PatientAwaited, PatientBlocking
from tests.client.office import Office, account
from tests.client.sending import RECEIVER
from tests.client.signed.test_wallet import LONG, PATIENCE, SENT, full, wallet
from tests.client.test_socket import server

SIGN, SEND = "eth_signTypedData_v4", "eth_sendTransaction"
LINES: dict[str, Callable[[str], Transport]] = {
    "http": lambda url: Blocking(Http(url, PATIENCE)),
    "web3": lambda url: PatientBlocking(url, PATIENCE),
    "web3, awaited": lambda url: PatientAwaited(url, PATIENCE),
    "socket": blocking_transport,
    "socket, awaited": awaited_transport,
}
SOCKETS = [name for name in LINES if name.startswith("socket")]
ADDRESSES = [name for name in LINES if name not in SOCKETS]


@pytest.fixture(params=LINES)
def line(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[AsyncNode, Any]]:
    """A line with little patience for nodes, to a wallet whose owner thinks; and what he was asked."""
    monkeypatch.setattr(socket, "_SECONDS", PATIENCE)
    with wallet() as (url, asked):
        if request.param not in SOCKETS:
            yield AsyncNode(LINES[request.param](url)), asked
            return

        def think(connection: ServerConnection, question: Any) -> None:
            connection.send(requests.post(url, json=question, timeout=60).text)

        with server(think) as place:
            yield AsyncNode(LINES[request.param](place)), asked


def run(coroutine: Any) -> Any:
    """Run what blocks or awaits."""
    return asyncio.run(coroutine)


def data(office: Office) -> dict[str, Any]:
    """What is signed."""
    return office.customer.tickets.sign_open(lane=office.lane, content="Help!").typed_data


def test_a_person_has_longer_than_a_node_over_every_line(office: Office, line: tuple[AsyncNode, Any]) -> None:
    node, asked = line

    async def program() -> None:
        try:
            assert len(await node.request(SIGN, account(14).address, data(office))) == 2 + 2 * 65
            with pytest.raises(ConnectionLost, match="did not answer eth_sign "):
                await node.request("eth_sign", account(14).address, data(office))
        finally:
            await node.transport.close()

    run(program())
    assert asked[0] == SIGN


def test_who_says_nothing_is_not_asked_again_over_every_line(
    office: Office, line: tuple[AsyncNode, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, asked = line
    monkeypatch.setitem(people.PATIENCE, SIGN, PATIENCE)

    async def program() -> None:
        try:
            with pytest.raises(ConnectionLost, match="refuse what it may still show") as caught:
                await node.request(SIGN, account(14).address, data(office))
            assert "the same call" not in str(caught.value)
        finally:
            await node.transport.close()

    run(program())
    assert asked == [SIGN]


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("method", [SIGN, SEND])
def test_who_takes_no_connection_shows_nothing_over_every_line(
    name: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He has a node's time, and nothing was sent that anybody could refuse."""

    async def program() -> None:
        with full() as url:
            node = AsyncNode(LINES[name](url))
            try:
                for several in (1, 2):
                    with pytest.raises(ConnectionLost, match="did not answer"):
                        await node.batch(several * [(method, [{}])])
            finally:
                await node.transport.close()

    monkeypatch.setitem(people.PATIENCE, method, LONG)
    begun = time.monotonic()
    run(program())
    assert time.monotonic() - begun < LONG


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_handshake_that_does_not_end_shows_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that takes connections and says nothing: over TLS not even the question is out."""

    async def program() -> None:
        with create_server(("127.0.0.1", 0)) as listening:
            node = AsyncNode(LINES[name](f"https://127.0.0.1:{listening.getsockname()[1]}"))
            try:
                with pytest.raises(ConnectionLost, match="did not answer"):
                    await node.request(SIGN)
            finally:
                await node.transport.close()

    monkeypatch.setitem(people.PATIENCE, SIGN, LONG)
    run(program())


def test_who_is_asked_to_send_has_as_long_over_every_line(line: tuple[AsyncNode, Any]) -> None:
    """One transaction, or several at a time."""
    node, asked = line

    async def program() -> None:
        try:
            assert await node.request(SEND, {}) == SENT
            assert await node.batch(2 * [(SEND, [{}])]) == [SENT, SENT]
        finally:
            await node.transport.close()

    run(program())
    assert asked == 3 * [SEND]


def test_what_nobody_said_yes_to_may_still_be_sent_over_every_line(
    line: tuple[AsyncNode, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, asked = line
    monkeypatch.setitem(people.PATIENCE, SEND, PATIENCE)

    async def program() -> None:
        try:
            for several in (1, 2):
                with pytest.raises(ConnectionLost, match="see on chain that it was not sent"):
                    await node.batch(several * [(SEND, [{}])])
        finally:
            await node.transport.close()

    run(program())
    assert asked == 3 * [SEND]


def test_what_a_wallet_leaves_open_is_in_doubt_and_not_sent_twice(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows its hash: its sender says so, and asks for no second one by itself."""
    monkeypatch.setitem(people.PATIENCE, SEND, PATIENCE)
    with wallet() as (url, asked):
        line = Wallet(office.chain.url, url)
        monkeypatch.setattr(Wallet, "chain", "0x7a69")
        with pytest.raises(TransactionInDoubt, match=r"not sent, then .* A transaction may have gone out$"):
            Sender(line, account(14).address).send(RECEIVER, b"", gas=21_000)  # type: ignore[arg-type]  # it is one
    assert asked == [SEND]


def test_others_do_not_wait_for_who_reads(office: Office) -> None:
    """He signs when the other question was answered, and not before."""
    heard, answered = threading.Event(), threading.Event()

    def answer(connection: ServerConnection, question: Any) -> None:
        if question["method"] == SIGN:
            heard.set()
            result = "signed" if answered.wait(10) else "nobody else was heard"
        else:
            result = "0x1"
            answered.set()
        connection.send(json.dumps({"id": question["id"], "result": result}))

    async def program(url: str) -> list[str]:
        node = AsyncNode(awaited_transport(url))
        signing = asyncio.ensure_future(node.request(SIGN))
        try:
            await asyncio.to_thread(heard.wait, 10)
            return [await node.request("eth_chainId"), await signing]
        finally:
            await node.transport.close()

    with server(answer) as url:
        assert asyncio.run(program(url)) == ["0x1", "signed"]
        heard.clear()
        answered.clear()
        node = AsyncNode(blocking_transport(url))
        found: list[str] = []
        thread = threading.Thread(target=lambda: found.append(run(node.request(SIGN))))
        thread.start()
        heard.wait(10)
        assert run(node.request("eth_chainId")) == "0x1"
        thread.join()
        run(node.transport.close())
        assert found == ["signed"]


def test_an_awaited_desk_waits_for_its_own_account(office: Office) -> None:
    """An account whose key its node keeps is asked over the desk's own line."""
    office.chain.rpc("anvil_impersonateAccount", account(16).address)

    async def program() -> str:
        async with await AsyncDesk.connect(
            office.chain.url, account=account(16).address, deployment=office.deployment, store=MemoryStore()
        ) as desk:
            assert isinstance(desk.node.transport, PatientAwaited)
            return (await desk.tickets.sign_open(lane=office.lane, content="Help!")).signer

    assert asyncio.run(program()) == account(16).address


def test_addresses_with_a_password_are_as_patient(office: Office) -> None:
    assert isinstance(blocking_transport(office.chain.url.replace("//", "//me:secret@")), PatientBlocking)


def test_its_example() -> None:
    assert doctest.testmod(people).failed == 0


@pytest.mark.parametrize("name", SOCKETS)
def test_a_socket_that_does_not_open_shows_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(_: object) -> None:
        raise TimeoutError

    node = AsyncNode(LINES[name]("ws://127.0.0.1:9"))
    monkeypatch.setattr(type(node.transport), "_open", late)
    with pytest.raises(ConnectionLost, match="did not answer eth_sendTransaction") as caught:
        asyncio.run(node.request("eth_sendTransaction", {}))
    assert "wallet" not in str(caught.value)
