"""Forgetting what came to its end long ago, so that a queue does not grow for years.

Nothing asks for it any more: its deadline has passed, so that the act is refused for that wherever it is
handed in again; it is beyond every window that an allowance and spending are counted in.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, select

from proofdesk.ops.relay import _queue
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._schema import ACTS, BATCHES, State
from proofdesk.ops.relay.limits import Limits

log = logging.getLogger("proofdesk.relay")

_PAGE: Final = 1000  # rows that are looked at in one step
_PAUSE: Final = 3600.0  # seconds until all is looked at anew
_ENDS: Final = (State.DONE, State.REFUSED)


class Forgetting:
    """A queue's rows, looked at a page a step from the oldest on, until they are young enough to be kept."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._span = max(limits.keep, 2 * limits.window).total_seconds()
        self._last = 0
        self._next = 0.0

    def step(self) -> None:
        """Look at one page, and remove what is over since long ago; raises ConfigurationError."""
        if time.monotonic() < self._next:
            return
        before = time.time() - self._span
        acts, more_acts = self._acts(before)
        batches, more_batches = self._batches(before)
        if acts or batches:
            with self._database.writing() as connection:
                for group in _queue.groups(acts):
                    # Between the look and now one that was refused may have been taken anew.
                    ended = ACTS.c.seq.in_(group), ACTS.c.state.in_(_ENDS), ACTS.c.queued_at < before
                    connection.execute(delete(ACTS).where(*ended))
                for group in _queue.groups(batches):
                    connection.execute(delete(BATCHES).where(BATCHES.c.id.in_(group)))
            log.info("%d acts and %d batches of long ago were forgotten", len(acts), len(batches))
        if not more_acts:
            self._last = 0
        if not (more_acts or more_batches):
            self._next = time.monotonic() + _PAUSE

    def _acts(self, before: float) -> tuple[Sequence[int], bool]:
        """The numbers of those that are over, of a page, and whether there is another page after it."""
        columns = ACTS.c.seq, ACTS.c.state, ACTS.c.queued_at, ACTS.c.deadline
        # By the primary key: whatever stays among the oldest is passed by once a round.
        page = select(*columns).where(ACTS.c.seq > self._last).order_by(ACTS.c.seq).limit(_PAGE)
        with self._database.reading() as connection:
            rows = connection.execute(page).all()
        old = [row for row in rows if row.queued_at < before]
        self._last = rows[-1].seq if rows else 0
        over = [row.seq for row in old if row.state in _ENDS and row.deadline < before]
        return over, bool(old) and len(rows) == _PAGE

    def _batches(self, before: float) -> tuple[Sequence[int], bool]:
        """As `_acts`, of batches; one that was left waits for whoever left it."""
        # In these words SQLite goes by the time, and not through all that are done.
        is_over = BATCHES.c.state.not_in((State.HELD, State.MINED, State.LEFT))
        page = select(BATCHES.c.id).where(BATCHES.c.spent_at < before, is_over)
        with self._database.reading() as connection:
            found = connection.scalars(page.order_by(BATCHES.c.spent_at).limit(_PAGE)).all()
        return found, len(found) == _PAGE
