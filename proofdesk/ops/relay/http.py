"""A relayer behind HTTP: an ASGI application of its own, which any server runs and any other mounts.

| request | answer |
|---|---|
| `POST /acts` | an acknowledgement or a refusal for each act; 200 if any was taken |
| `GET /acts/{digest}` | what became of an act; 404 if it was never acknowledged here |
| `GET /health` | whether it can carry; 503 if not: acts by where they stand, what is late, node, funds |

Requests that come at one time are checked in one round, so that fifty clients cost a node little more than
one. Every error is JSON of a refusal: no traceback, and nothing that was sent.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk.ops.relay._bodies import Bodies, Receive
from proofdesk.ops.relay._health import Health
from proofdesk.ops.relay.answers import Refusal
from proofdesk.ops.relay.relayer import Relayer
from proofdesk.ops.relay.submissions import Reply, answer

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger("proofdesk.relay")

Scope: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

STATUS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("malformed", "record", "other-chain", "other-desk", "signature"), 400),
    "origin": 403,
    "unknown": 404,
    "method": 405,
    "slow": 408,
    **dict.fromkeys(("deadline", "not-legal", "done", "failed"), 409),
    "too-large": 413,
    **dict.fromkeys(("allowance", "unreliable"), 429),
    "internal": 500,
    **dict.fromkeys(("busy", "spending", "funds", "queue-full", "halted", "no-answer"), 503),
}

_WAITING = 500  # submissions that may wait for their round
_TOGETHER = 100  # submissions in one round
_CONNECTIONS = 1_000  # at a time: more are told 503 by the server itself
_DIGITS = 15


def asgi(relayer: Relayer) -> Application:
    """The application of a relayer; it needs no lifespan. What carries is `Relayer.run`, or `serve`.

    >>> asgi(relayer).relayer is relayer
    True
    """
    return Application(relayer)


class Application:
    """What a server calls for each request."""

    def __init__(self, relayer: Relayer) -> None:
        self.relayer = relayer
        self._health = Health(relayer)
        # A loop of events has rounds of its own: futures belong to one.
        self._rounds: WeakKeyDictionary[asyncio.AbstractEventLoop, _Rounds] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other protocols' scopes are passed by."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                status, value = await self._answered(scope, receive)
            except ConfigurationError as error:
                # Its words name the operator's places, and are for him.
                log.error("%s", error)
                status, value = _refused(Refusal("no-answer", "the relayer's database does not answer", 10))
            except Exception as error:  # whatever it is, who asked gets a sentence and no traceback
                log.error("a request failed: %s", type(error).__name__, exc_info=error)
                status, value = _refused(Refusal("internal", "the relayer failed; its log says more"))
            await _send(send, status, value)

    async def _answered(self, scope: Scope, receive: Receive) -> tuple[int, Mapping[str, Any]]:
        method, path = scope["method"], _path(scope)
        if path == "/acts":
            if method != "POST":
                return _refused(Refusal("method", "acts are handed in by POST"))
            return await self._submitted(scope, receive)
        if method not in ("GET", "HEAD"):
            return _refused(Refusal("method", "this is read by GET"))
        if path == "/health":
            can_carry, value = await asyncio.to_thread(self._health.look)
            return 200 if can_carry else 503, value
        if path.startswith("/acts/"):
            return await asyncio.to_thread(self._fate, path.removeprefix("/acts/"))
        return _refused(Refusal("unknown", "there are /acts, /acts/{digest} and /health"))

    async def _submitted(self, scope: Scope, receive: Receive) -> tuple[int, Mapping[str, Any]]:
        headers = dict(scope["headers"])
        if _is_foreign(headers):
            return _refused(Refusal("origin", "web pages of other places hand in nothing here"))
        length = headers.get(b"content-length", b"0")
        # A number of thousands of digits is one that Python refuses to read.
        announced = int(length[:_DIGITS]) if length.isdigit() else 0
        loop = asyncio.get_running_loop()
        rounds = self._rounds.get(loop)
        if rounds is None:
            rounds = self._rounds[loop] = _Rounds(self.relayer)
        async with rounds.bodies.of(receive, announced) as body:
            if isinstance(body, Refusal):
                return _refused(body)
            reply = await rounds.answer(body)
        if not reply.is_refused:
            return 200, reply.to_json()
        status = max(STATUS[each.code] for each in reply.refusals)
        return status, reply.to_json()

    def _fate(self, digest: str) -> tuple[int, Mapping[str, Any]]:
        try:
            found = self.relayer.fate(digest)
        except InvalidArgument:
            return _refused(Refusal("malformed", "an act's digest is 0x and 64 hex digits"))
        if found is None:
            words = "no such act was acknowledged here, or it was over long ago and is forgotten"
            return _refused(Refusal("unknown", words))
        return 200, found.to_json()


class _Rounds:
    """Submissions that came while others were being checked are checked together next."""

    def __init__(self, relayer: Relayer) -> None:
        self._relayer = relayer
        self.bodies = Bodies()
        # Not among those who look at fates and health: they are many, and wait for each other.
        self._checking = ThreadPoolExecutor(1, "relay-checks")
        self._waiting: list[tuple[bytes, asyncio.Future[Reply]]] = []
        self._task: asyncio.Task[None] | None = None

    async def answer(self, body: bytes) -> Reply:
        if len(self._waiting) >= _WAITING:
            return Reply((), Refusal("busy", f"{_WAITING} submissions wait already", 5))
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            try:
                bodies = [body for body, _ in group]
                loop = asyncio.get_running_loop()
                replies = await loop.run_in_executor(self._checking, answer, self._relayer, bodies)
            except Exception as error:  # each of them is told, and the next round may do better
                for _, future in group:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), reply in zip(group, replies, strict=True):
                if not future.done():
                    future.set_result(reply)
        self._task = None


def serve(relayer: Relayer, *, host: str = "127.0.0.1", port: int = 8645) -> None:
    """Take acts over HTTP and carry them, until the process is interrupted, or what carries comes to an end.

    Raises ConfigurationError while another process carries with this account, and what ended the carrying.
    """
    import uvicorn

    relayer.begin()
    server = uvicorn.Server(config(asgi(relayer), host=host, port=port))
    stop = threading.Event()
    ended_by: list[BaseException] = []

    def carry() -> None:
        try:
            relayer.run(stop)
        except BaseException as error:  # raised below, where somebody hears it
            ended_by.append(error)
        finally:
            # Nobody would keep what is promised now.
            server.should_exit = True

    carrying = threading.Thread(target=carry)
    carrying.start()
    try:
        server.run()
    finally:
        stop.set()
        carrying.join()
    for error in ended_by:
        raise error


def config(application: Application, *, host: str, port: int) -> uvicorn.Config:
    """Uvicorn's settings: nothing is logged of a request, and no header tells what serves."""
    import uvicorn

    from proofdesk.ops.relay._connections import Connection

    return uvicorn.Config(
        application,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=30,
        limit_concurrency=_CONNECTIONS,
    )


def _path(scope: Scope) -> str:
    """The path below whatever this is mounted at."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    if root and path.startswith(root):
        path = path[len(root) :]
    return path.rstrip("/") or "/"


def _refused(refusal: Refusal) -> tuple[int, Mapping[str, Any]]:
    return STATUS[refusal.code], {"refusal": refusal.to_json()}


def _is_foreign(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser asks for a web page of another place, with whatever login its visitor has here."""
    origin = headers.get(b"origin")
    if origin is None or headers.get(b"sec-fetch-site") == b"same-origin":
        return False
    return origin.partition(b"://")[2] != headers.get(b"host")


async def _send(send: Send, status: int, value: Mapping[str, Any]) -> None:
    content = json.dumps(value).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    refusals = [value["refusal"]] if "refusal" in value else []
    refusals += [each["refusal"] for each in value.get("answers", ()) if "refusal" in each]
    if status != 200 and (later := [each["retry_after"] for each in refusals if "retry_after" in each]):
        headers.append((b"retry-after", str(max(later)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
