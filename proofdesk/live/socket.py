"""A node's WebSocket: requests over one line, one after the other, and the news of blocks over another.

A person who is asked to sign has a third, so that nobody else waits for him. The lines are opened when they
are needed, and anew after any failure; what was asked then is lost, not asked twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from proofdesk._errors import ConnectionLost
from proofdesk._json import ANSWER, parse
from proofdesk._transport import Awaited, Blocking, Requests, Transport
from proofdesk.live.jsonrpc import body, in_order
from proofdesk.live.people import PATIENCE, for_people, no_answer

_SECONDS = 30.0
_LARGEST = 256 * 1024 * 1024  # bytes: what a node answers is bounded by what it is asked


class _Socket(Transport):
    """JSON-RPC over WebSockets; `url` begins with ws:// or wss://."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.provider = self
        self._lines: dict[str, Any] = {}
        self._asking, self._listening, self._signing = self.lock(), self.lock(), self.lock()
        self._numbers = count(1)
        self._process = os.getpid()
        self._blocks = 0

    async def ask(self, method: str, params: list[Any]) -> Any:
        number = next(self._numbers)
        return await self._asked([method], body(number, method, params), [number])

    async def ask_all(self, requests: Requests) -> Any:
        batch = [body(next(self._numbers), *request) for request in requests]
        return await self._asked([method for method, _ in requests], batch, [item["id"] for item in batch])

    async def news(self, seconds: float) -> None:
        # Late: who needs no WebSocket does not load it.
        from websockets.exceptions import WebSocketException

        seen = self._blocks
        async with self._listening:
            # Another who listens may have heard of it for us.
            if self._blocks != seen:
                return
            try:
                await self._listen(seconds)
            except (OSError, ValueError, WebSocketException) as error:
                raise ConnectionLost(
                    f"the node's news of blocks broke off ({type(error).__name__}): see that it runs, "
                    "then go on where you were"
                ) from None

    async def _listen(self, seconds: float) -> None:
        if "news" not in self._kept():
            answer = await self._exchange("news", body(0, "eth_subscribe", ["newHeads"]), [0])
            if "result" not in answer:
                await self.sleep(seconds)
                return
        await self._hear(seconds)

    async def close(self) -> None:
        while self._lines:
            await self._close(self._lines.popitem()[1])

    async def _hear(self, seconds: float) -> None:
        try:
            await self._receive(self._lines["news"], seconds)
            self._blocks += 1
        except TimeoutError:
            return
        except BaseException:
            await self._close(self._lines.pop("news", None))
            raise

    def _kept(self) -> dict[str, Any]:
        # A child of fork() has the same lines as its parent, and would read the other's answers.
        if self._process != os.getpid():
            self._process, self._lines = os.getpid(), {}
        return self._lines

    async def _asked(self, methods: Iterable[str], request: Any, numbers: Sequence[int]) -> Any:
        method = for_people(methods)
        if method is None:
            async with self._asking:
                return await self._exchange("requests", request, numbers)
        async with self._signing:
            try:
                return await self._exchange("signing", request, numbers, PATIENCE[method])
            except TimeoutError:
                raise no_answer(method) from None

    async def _exchange(
        self, name: str, request: Any, numbers: Sequence[int], seconds: float | None = None
    ) -> Any:
        try:
            if name not in self._kept():
                self._lines[name] = await self._opened()
            await self._send(self._lines[name], json.dumps(request))
            found = await self._receive(self._lines[name], seconds or _SECONDS)
            return in_order(parse(found, harmless=ANSWER), numbers)
        except BaseException:
            # What still comes over it would be taken for the next answer.
            await self._close(self._lines.pop(name, None))
            raise

    async def _opened(self) -> Any:
        try:
            return await self._open()
        except TimeoutError:
            # No wallet shows what it was never sent.
            raise ConnectionError("no connection in time") from None

    # What follows is each shell's own.

    async def _open(self) -> Any:
        raise NotImplementedError

    async def _send(self, line: Any, text: str) -> None:
        raise NotImplementedError

    async def _receive(self, line: Any, seconds: float) -> Any:
        raise NotImplementedError

    async def _close(self, line: Any) -> None:
        raise NotImplementedError


class BlockingSocket(_Socket, Blocking):
    """One that blocks a thread."""

    async def _open(self) -> Any:
        from websockets.sync.client import connect

        # Its own `with` block would end too early; newer versions insist on the beginning of one.
        return connect(self.url, max_size=_LARGEST).__enter__()

    async def _send(self, line: Any, text: str) -> None:
        line.send(text)

    async def _receive(self, line: Any, seconds: float) -> Any:
        return line.recv(timeout=seconds, decode=False)

    async def _close(self, line: Any) -> None:
        if line is not None:
            line.close()


class AwaitedSocket(_Socket, Awaited):
    """One that awaits."""

    async def _open(self) -> Any:
        from websockets.asyncio.client import connect

        return await connect(self.url, max_size=_LARGEST)

    async def _send(self, line: Any, text: str) -> None:
        await line.send(text)

    async def _receive(self, line: Any, seconds: float) -> Any:
        import asyncio

        try:
            return await asyncio.wait_for(line.recv(decode=False), seconds)
        except asyncio.TimeoutError:  # another than TimeoutError before Python 3.11
            raise TimeoutError from None

    async def _close(self, line: Any) -> None:
        if line is not None:
            await line.close()
