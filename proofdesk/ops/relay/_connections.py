"""Connections that do not wait without end for who is at the other side.

Uvicorn by itself waits for ever for a request's headers, and for who does not read his answer; and where as
many connections are open as may be, it refuses everybody, whatever the others do with theirs.
"""

from __future__ import annotations

import asyncio
from enum import Enum

from uvicorn.protocols.http.h11_impl import H11Protocol

# Longer than an application's own patience with a body: it says what was wrong.
SECONDS = 40.0
# Half of the files that a process may usually have open, and of what uvicorn is let take up.
AT_ONCE = 500


class Owed(Enum):
    """What a connection waits for its client to do."""

    ASK = "send a request's headers"
    SAY = "send its body"
    READ = "read its answer"


class Connection(H11Protocol):
    """A connection on which the client has SECONDS for each thing that it owes, and is dropped then.

    Where AT_ONCE are open, a new one takes the place of the one that has waited longest for its client:
    silence shuts nobody out. What is being worked on stays.
    """

    _owed: Owed | None = None
    _alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a connection, and make room for it."""
        super().connection_made(transport)
        if len(self.connections) > AT_ONCE:
            alarms = {
                each._alarm.when(): each
                for each in self.connections
                if isinstance(each, Connection) and each._alarm is not None
            }
            if alarms:
                alarms[min(alarms)].drop()
        self._look()

    def data_received(self, data: bytes) -> None:
        """Read what came; a part of what is owed gives no more time for the rest."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, or with one that is there already."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is answered."""
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        """The client has read most of it."""
        super().resume_writing()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._wait_for(None)

    def drop(self) -> None:
        """End the connection at once, whatever the client has not read."""
        self._wait_for(None)
        # Lost a moment later, and counted no more from now on.
        self.connections.discard(self)
        self.transport.abort()

    def _look(self) -> None:
        cycle = self.cycle
        if self.flow.write_paused:
            self._wait_for(Owed.READ)
        elif cycle is None or cycle.response_complete:
            self._wait_for(Owed.ASK)
        else:
            self._wait_for(Owed.SAY if cycle.more_body else None)

    def _wait_for(self, owed: Owed | None) -> None:
        if owed is self._owed:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._owed = owed
        self._alarm = None if owed is None else self.loop.call_later(SECONDS, self.drop)
