"""How requests travel to a node, and how one waits: by I/O that blocks, or by I/O that is awaited.

Both go over any of web3's providers. A node's http address needs none: the blocking shell has a small line of
its own for it, because loading web3 takes longer than most of what is asked.
"""

from __future__ import annotations

import json
import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from inspect import iscoroutinefunction
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from proofdesk._errors import ConfigurationError, ConnectionLost
from proofdesk._json import ANSWER, parse

R = TypeVar("R")

Requests = Sequence[tuple[str, list[Any]]]

_HEADERS = {"Content-Type": "application/json", "User-Agent": "proofdesk"}


class Transport(Protocol):
    """What the core awaits; answers are whole JSON-RPC responses."""

    provider: Any

    async def ask(self, method: str, params: list[Any]) -> Any:
        """One request's response."""

    async def ask_all(self, requests: Requests) -> Any:
        """A batch's responses in order; raises NotImplementedError where the provider knows no batches."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    async def news(self, seconds: float) -> None:
        """Wait until there may be a new block, at most so long."""
        await self.sleep(seconds)

    async def run(self, function: Callable[..., R], *args: object) -> R:
        """Call what reads or writes files."""

    def lock(self) -> AbstractAsyncContextManager[object]:
        """A new lock, to be held across requests."""

    async def close(self) -> None:
        """End what is kept open; it is opened anew when it is needed."""


class Blocking(Transport):
    """Blocks a thread; threads may share it."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    async def ask(self, method: str, params: list[Any]) -> Any:
        return self.provider.make_request(method, params)

    async def ask_all(self, requests: Requests) -> Any:
        return _batching(self.provider)(list(requests))

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def run(self, function: Callable[..., R], *args: object) -> R:
        return function(*args)

    def lock(self) -> AbstractAsyncContextManager[object]:
        return _ThreadLock()

    async def close(self) -> None:
        if isinstance(self.provider, Http):
            self.provider.close()


class Awaited(Transport):
    """Awaits on the running event loop."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    async def ask(self, method: str, params: list[Any]) -> Any:
        return await self.provider.make_request(method, params)

    async def ask_all(self, requests: Requests) -> Any:
        return await _batching(self.provider)(list(requests))

    async def sleep(self, seconds: float) -> None:
        # Late, here and below: who blocks needs no event loop, and it takes a while to import.
        import asyncio

        await asyncio.sleep(seconds)

    async def run(self, function: Callable[..., R], *args: object) -> R:
        import asyncio

        return await asyncio.to_thread(function, *args)

    def lock(self) -> AbstractAsyncContextManager[object]:
        import asyncio

        return asyncio.Lock()

    async def close(self) -> None:
        # Of web3's providers' sessions each belongs to an event loop, which ends before them otherwise.
        if hasattr(self.provider, "disconnect"):
            await self.provider.disconnect()


class Http:
    """JSON-RPC over HTTP, in web3's providers' manner; each thread keeps a connection of its own alive.

    `timeout` is seconds. Raises ConnectionLost for an answer that is not JSON, OSError where there is none.

    >>> Http(url).make_request("eth_chainId", [])["result"]
    '0x7a69'
    """

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        parts = urlsplit(url)
        self.url = url
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._place = (parts.hostname or "", parts.port)
        self._timeout = timeout
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._kept = threading.local()

    def make_request(self, method: str, params: Any) -> Any:
        """One request's response."""
        return self._post(body(0, method, params))

    def make_batch_request(self, requests: Requests) -> Any:
        """A batch's responses in the order of its requests, or what else the node answers."""
        answer = self._post([body(number, *request) for number, request in enumerate(requests)])
        if isinstance(answer, list) and all(isinstance(item, dict) and "id" in item for item in answer):
            answer.sort(key=lambda item: item["id"] if isinstance(item["id"], int) else -1)
        return answer

    def close(self) -> None:
        """End this thread's connection; the next request opens another."""
        if (connection := getattr(self._kept, "connection", None)) is not None:
            connection.close()

    def _post(self, body: Any) -> Any:
        connection: HTTPConnection | None = getattr(self._kept, "connection", None)
        # A node ends what lies idle. Seen only after sending, nobody could tell whether it had heard.
        if connection is None or connection.sock is None or select.select([connection.sock], [], [], 0)[0]:
            connection = self._kept.connection = self._kind(*self._place, timeout=self._timeout)
        try:
            connection.request("POST", self._path, json.dumps(body), _HEADERS)
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException):
            connection.close()
            raise
        try:
            return parse(content, harmless=ANSWER)
        except ValueError:
            raise ConnectionLost(
                f"the node answered with HTTP {response.status} {response.reason} and no JSON: see that the "
                "address is a node's, and what it allows, then make the same call again"
            ) from None


def blocking_transport(source: Any) -> Transport:
    """The way to an address, a provider's or a Web3's node; raises ConfigurationError for what is none."""
    if not isinstance(source, str):
        return Blocking(_provider(source, awaits=False))
    # Late, here and below: most need none of them, and they take a while to import.
    if _is_socket(source):
        from proofdesk.live.socket import BlockingSocket

        return BlockingSocket(source)
    if "@" in source or any(name.lower().endswith("_proxy") for name in os.environ):
        # Passwords and proxies have rules of their own, which web3's provider knows.
        from web3 import HTTPProvider

        return Blocking(HTTPProvider(source))
    return Blocking(Http(source))


def awaited_transport(source: Any) -> Transport:
    """As `blocking_transport`, of what is awaited."""
    if not isinstance(source, str):
        return Awaited(_provider(source, awaits=True))
    if _is_socket(source):
        from proofdesk.live.socket import AwaitedSocket

        return AwaitedSocket(source)
    from web3 import AsyncHTTPProvider

    return Awaited(AsyncHTTPProvider(source))


class _ThreadLock(AbstractAsyncContextManager[object]):
    def __init__(self) -> None:
        self._lock = threading.Lock()

    async def __aenter__(self) -> None:
        self._lock.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()


def _is_socket(url: str) -> bool:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname and parts.port != 0:
            return parts.scheme.startswith("ws")
    except ValueError:
        pass  # as of a port that is no number; the address may hold a key, and is not shown
    raise ConfigurationError(
        "a node's address starts with http://, https://, ws:// or wss://, then names a host: "
        "for other ways pass a provider"
    )


def _provider(source: Any, *, awaits: bool) -> Any:
    provider = getattr(source, "provider", source)
    if not hasattr(provider, "make_request"):
        raise ConfigurationError(f"a {type(source).__name__} leads to no node: pass an address or a provider")
    if iscoroutinefunction(provider.make_request) is not awaits:
        raise ConfigurationError(
            f"{type(provider).__name__} {'blocks' if awaits else 'awaits'}: pass it to "
            f"{'Desk' if awaits else 'AsyncDesk'}, or another provider here"
        )
    return provider


def _batching(provider: Any) -> Any:
    # Not every provider has the method, and of some it only says that they have not.
    make = getattr(provider, "make_batch_request", None)
    if make is None:
        raise NotImplementedError
    return make


def body(number: int, method: str, params: Any) -> dict[str, Any]:
    """A request as JSON-RPC 2.0 has it."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
