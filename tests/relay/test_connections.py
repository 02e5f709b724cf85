"""Who opens connections and says nothing, or half of it, shuts nobody out and is dropped."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from proofdesk.ops.relay import Relayer, _connections
from proofdesk.ops.relay.http import asgi
from tests.relay.serving import Client, listening

ROOM, CROWD = 20, 100
NOWHERE = "/acts/0x" + 64 * "0"
HALF_A_HEAD = b"POST /acts HTTP/1.1\r\nHost: desk\r\nContent-Le"
HALF_A_BODY = b"POST /acts HTTP/1.1\r\nHost: desk\r\nContent-Length: 1000\r\n\r\n{"
WHOLE = f"GET {NOWHERE} HTTP/1.1\r\nHost: desk\r\n\r\n".encode()
# Answered at once: what is announced nobody reads.
UNREAD_BODY = b"GET / HTTP/1.1\r\nHost: desk\r\nContent-Length: 1000000\r\n\r\n"


@contextmanager
def talking(port: int, *said: bytes) -> Iterator[list[socket.socket]]:
    """Connections on each of which something was said."""
    with ExitStack() as stack:
        lines = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in said]
        for line, what in zip(lines, said, strict=True):
            line.sendall(what)
        yield lines


@pytest.mark.parametrize("said", [b"", HALF_A_HEAD, HALF_A_BODY, WHOLE])
def test_a_hundred_silent_connections_keep_nobody_out(
    relayer: Relayer, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connections, "AT_ONCE", ROOM)
    with listening(asgi(relayer), limit_concurrency=CROWD) as port, talking(port, *[said] * CROWD):
        client = Client(port)
        assert client.ask("GET", NOWHERE)[0] == 404
        with talking(port, *[said] * (ROOM - 2)):
            assert client.ask("GET", NOWHERE)[0] == 404, "it was not the longest to be silent"


def test_what_is_being_worked_on_is_not_dropped_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_connections, "AT_ONCE", ROOM)
    worked_on, may_answer = threading.Event(), threading.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await receive()
            worked_on.set()
            await asyncio.to_thread(may_answer.wait, 10)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    with listening(slow, limit_concurrency=CROWD) as port:
        ask = b"POST /slow HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
        with talking(port, ask) as (line,):
            assert worked_on.wait(10)
            with talking(port, *[b""] * CROWD):
                assert Client(port).ask("GET", "/")[0] == 200
                may_answer.set()
                assert line.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("said", "drip"),
    [(b"", b""), (HALF_A_HEAD, b"1"), (WHOLE + HALF_A_HEAD, b"1"), (UNREAD_BODY, b" "), (b"", b"\r\n")],
    ids=["nothing", "a head", "a second head", "a body that nobody asked for", "empty lines"],
)
def test_a_request_has_its_time_however_slowly_it_comes(
    relayer: Relayer, said: bytes, drip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connections, "SECONDS", 0.3)
    with listening(asgi(relayer)) as port, talking(port, said) as (line,):
        assert _is_dropped(line, drip)


def test_a_body_that_an_application_waits_for_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[str] = []

    async def patient(_scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            pass
        ends.append(message["type"])

    monkeypatch.setattr(_connections, "SECONDS", 0.3)
    with listening(patient) as port, talking(port, HALF_A_BODY) as (line,):
        assert _is_dropped(line, b" ")
    assert ends == ["http.disconnect"]


def test_who_reads_no_answer_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()

    async def talkative(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            # It waits in here, and is told nothing when the connection is gone.
            await send({"type": "http.response.body", "body": bytes(10**6), "more_body": True})
        is_over.set()

    monkeypatch.setattr(_connections, "SECONDS", 0.3)
    with listening(talkative) as port, talking(port, WHOLE):
        assert is_over.wait(10)


def test_who_asks_again_and_again_keeps_his_connection(
    relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connections, "SECONDS", 4.0)
    with listening(asgi(relayer)) as port, talking(port, WHOLE) as (line,):
        seen = b""
        # For longer than a single silence may last.
        for asked in range(1, 8):
            while seen.count(b"HTTP/1.1 404") < asked:
                more = line.recv(1000)
                assert more
                seen += more
            line.settimeout(0.6)
            with pytest.raises(TimeoutError):
                while more := line.recv(1000):
                    seen += more
            line.settimeout(10)
            line.sendall(WHOLE)


def test_no_other_protocol_is_spoken(relayer: Relayer) -> None:
    upgrade = b"GET / HTTP/1.1\r\nHost: desk\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    upgrade += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    with listening(asgi(relayer)) as port, talking(port, upgrade) as (line,):
        assert line.recv(1000).startswith(b"HTTP/1.1 404")


def _is_dropped(line: socket.socket, drip: bytes) -> bool:
    """Whether the server ends a connection on which a little is said again and again."""
    line.settimeout(0.02)
    for _ in range(500):
        try:
            if drip:
                line.sendall(drip)
            if not line.recv(10_000):
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False
