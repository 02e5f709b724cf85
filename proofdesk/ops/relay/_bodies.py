"""Submissions' bodies as they come: bounded each, all of them together, and in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from proofdesk.ops.relay.answers import Refusal
from proofdesk.ops.relay.packing import MAX_BYTES

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]

_PATIENCE = 30.0  # seconds for a body to come
_TOGETHER = 64 * MAX_BYTES  # bytes that are held of all
# Of what is too large so much is read all the same: who is answered while he speaks may hear nothing.
_OVER = 2 * MAX_BYTES
_TOO_LARGE = Refusal("too-large", f"a submission has at most {MAX_BYTES:,} bytes: hand in fewer acts")


class Bodies:
    """What is held of the bodies that are under way, in one loop of events."""

    def __init__(self) -> None:
        self._held = 0

    @asynccontextmanager
    async def of(self, receive: Receive, announced: int) -> AsyncIterator[bytes | Refusal]:
        """A request's body, or why it is none, until the `with` block ends; `announced` is its length."""
        parts: list[bytes] = []
        found: bytes | Refusal = _TOO_LARGE
        try:
            if announced <= _OVER:
                try:
                    found = await asyncio.wait_for(self._read(receive, parts), _PATIENCE)
                except asyncio.TimeoutError:
                    found = Refusal("slow", f"the submission did not come within {_PATIENCE:g} s")
            yield found
        finally:
            self._held -= sum(map(len, parts))

    async def _read(self, receive: Receive, parts: list[bytes]) -> bytes | Refusal:
        size, more = 0, True
        while more and size <= _OVER:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            if size > MAX_BYTES:
                continue
            if self._held + len(part) > _TOGETHER:
                return Refusal("busy", "too much is being handed in at one time", 5)
            parts.append(part)
            self._held += len(part)
        return _TOO_LARGE if size > MAX_BYTES else b"".join(parts)
