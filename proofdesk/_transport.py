"""How requests travel to a node, and how one waits: by I/O that blocks, or by I/O that is awaited.

Both go over any of web3's providers. A node's http address needs none: the blocking shell has a small line of
its own for it, because loading web3 takes longer than most of what is asked.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from inspect import iscoroutinefunction
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from proofdesk._errors import ConfigurationError

R = TypeVar("R")

Requests = Sequence[tuple[str, list[Any]]]


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
        getattr(self.provider, "close", lambda: None)()


class Awaited(Transport):
    """Awaits on the running event loop."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    async def ask(self, method: str, params: list[Any]) -> Any:
        return await to_its_end(self.provider.make_request(method, params))

    async def ask_all(self, requests: Requests) -> Any:
        return await to_its_end(_batching(self.provider)(list(requests)))

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


async def to_its_end(request: Coroutine[Any, Any, R]) -> R:
    """What a request comes to; cancelled, it goes on alone: web3's providers would wait for ever afterwards.

    They leave a lock behind that all of them share (ApeWorX/web3.py, issue 3867).
    """
    import asyncio

    return await asyncio.shield(request)


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
        from proofdesk.live.people import PatientBlocking

        return PatientBlocking(source)
    from proofdesk.live.http import Http

    return Blocking(Http(source))


def awaited_transport(source: Any) -> Transport:
    """As `blocking_transport`, of what is awaited."""
    if not isinstance(source, str):
        return Awaited(_provider(source, awaits=True))
    if _is_socket(source):
        from proofdesk.live.socket import AwaitedSocket

        return AwaitedSocket(source)
    from proofdesk.live.people import PatientAwaited

    return PatientAwaited(source)


class _ThreadLock(AbstractAsyncContextManager[object]):
    # Ctrl-C may come just before it is let go: the thread that has it then goes on all the same.
    def __init__(self) -> None:
        self._lock = threading.RLock()

    async def __aenter__(self) -> None:
        try:
            self._lock.acquire()
        except BaseException:
            await self.__aexit__()  # it may have it by then, and nobody would let go of it
            raise

    async def __aexit__(self, *_: object) -> None:
        with suppress(RuntimeError):  # all of it is let go: nobody nests it
            while True:
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
