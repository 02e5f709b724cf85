"""Who has which acts in hand, and for how long; each function works inside the caller's transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, or_, select, text, update

from proofdesk.ops.relay import _queue
from proofdesk.ops.relay._queue import Held
from proofdesk.ops.relay._schema import ACTS, BATCHES, RELAYERS, State

_PAGE: Final = 1000  # acts that are looked at together for those that can be claimed
_LATEST: Final = 60.0  # seconds: nobody puts an act off for longer, but a clock that was set back has it so


def clock(connection: Connection) -> float:
    """The time by which leases run, seconds since 1970: a server's, for its users' clocks may differ."""
    if connection.dialect.name == "postgresql":
        return float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
    return time.time()


def renew(connection: Connection, owner: bytes, seconds: float) -> None:
    """Say that a relayer is there, for so long at least."""
    until = clock(connection) + seconds
    if not connection.execute(
        update(RELAYERS).where(RELAYERS.c.address == owner).values(lease_until=until)
    ).rowcount:
        connection.execute(insert(RELAYERS), [{"address": owner, "lease_until": until}])


def holds(connection: Connection, owner: bytes) -> bool:
    """Whether a relayer has acts in hand."""
    mine = ACTS.c.state == State.HELD, ACTS.c.owner == owner
    return connection.scalar(select(ACTS.c.seq).where(*mine).limit(1)) is not None


def gone(connection: Connection, owner: bytes) -> list[bytes]:
    """The other relayers whose lease is over."""
    is_over = RELAYERS.c.lease_until < clock(connection), RELAYERS.c.address != owner
    return list(connection.scalars(select(RELAYERS.c.address).where(*is_over)))


def take_over(connection: Connection, owner: bytes) -> None:
    """Put back what relayers hold whose lease is over."""
    over = gone(connection, owner)
    lost = ACTS.c.state == State.HELD, ACTS.c.owner.in_(over)
    connection.execute(update(ACTS).where(*lost).values(state=State.QUEUED, owner=None, batch=None))
    left = BATCHES.c.state == State.HELD, BATCHES.c.owner.in_(over)
    connection.execute(update(BATCHES).where(*left).values(state=State.LEFT))


def ripe(connection: Connection, now: float) -> tuple[int, float]:
    """How many acts can be claimed, and since when the oldest of them waits."""
    is_ready = or_(ACTS.c.retry_at <= now, ACTS.c.retry_at > now + _LATEST)
    ready = ACTS.c.state == State.QUEUED, is_ready
    row = connection.execute(select(func.count(), func.min(ACTS.c.queued_at)).where(*ready)).one()
    return int(row[0]), float(row[1] or now)


def claim(connection: Connection, owner: bytes, now: float, most: int) -> list[Held]:
    """Take acts into a relayer's hands, in their order.

    Of a ticket, and of a lane's line, nobody takes acts while others, or earlier ones, are in anybody's, or
    an earlier one waits; but for one that waits for others, which may be those.
    """
    tickets: set[bytes] = set()
    lines: set[int | None] = set()
    held = select(ACTS.c.ticket, ACTS.c.lane).where(ACTS.c.state == State.HELD)
    for ticket, lane in connection.execute(held):
        tickets.add(ticket)
        lines.add(lane)
    numbers: list[int] = []
    for row in _queued(connection):
        if len(numbers) == most:
            break
        is_waiting = now < row.retry_at <= now + _LATEST
        if is_waiting and row.error is not None:
            continue
        if is_waiting or row.ticket in tickets or (row.lane is not None and row.lane in lines):
            tickets.add(row.ticket)
            lines.add(row.lane)
        else:
            numbers.append(row.seq)
    for group in _queue.groups(numbers):
        taken = update(ACTS).where(ACTS.c.seq.in_(group)).values(state=State.HELD, owner=owner)
        connection.execute(taken)
    return _queue.in_hand(connection, owner, numbers)


def _queued(connection: Connection) -> Iterator[Row[Any]]:
    columns = ACTS.c.seq, ACTS.c.ticket, ACTS.c.lane, ACTS.c.retry_at, ACTS.c.error
    last = 0
    while True:
        after = ACTS.c.state == State.QUEUED, ACTS.c.seq > last
        asked = select(*columns).where(*after).order_by(ACTS.c.seq).limit(_PAGE)
        rows: Sequence[Any] = connection.execute(asked).all()
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1].seq


def release_unsent(connection: Connection, owner: bytes) -> None:
    """Put back what a relayer holds without having made a batch of it: it died in between."""
    connection.execute(update(ACTS).where(*_queue.unsent(owner)).values(state=State.QUEUED, owner=None))
