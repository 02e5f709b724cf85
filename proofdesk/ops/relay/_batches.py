"""A queue's batches, written and read; each function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from proofdesk.ops.relay import _queue
from proofdesk.ops.relay._queue import Held
from proofdesk.ops.relay._schema import ACTS, BATCHES, State


def add(
    connection: Connection, owner: bytes, data: bytes, gas: int, cost: int, now: float, held: Sequence[Held]
) -> int:
    """Keep a batch of acts in hand that is sent next; returns its number. `cost` is gwei."""
    row = {"owner": owner, "data": data, "gas": gas, "cost": cost, "spent_at": now, "state": State.HELD}
    (number,) = connection.execute(insert(BATCHES).values(row).returning(BATCHES.c.id)).one()
    _queue.change(connection, _queue.unsent(owner), [each.seq for each in held], batch=number)
    return int(number)


def of(connection: Connection, owners: Collection[bytes], states: Collection[State]) -> list[Row[Any]]:
    """Relayers' batches in some states, oldest first."""
    asked = select(BATCHES).where(BATCHES.c.state.in_(states), BATCHES.c.owner.in_(owners))
    return list(connection.execute(asked.order_by(BATCHES.c.id)))


def held_in(connection: Connection, batch: int) -> list[Held]:
    """The acts of a batch, in their order, but for those that another relayer has taken up meanwhile."""
    asked = select(*_queue.HELD).where(*_queue.sent_in(batch)).order_by(ACTS.c.seq)
    return [Held(*row) for row in connection.execute(asked)]


def write(connection: Connection, number: int, **values: Any) -> None:
    """Write to a batch."""
    connection.execute(update(BATCHES).where(BATCHES.c.id == number).values(**values))


def disband(connection: Connection, number: int) -> None:
    """Put a batch's acts back, if they are its own still: what it cost, or may yet, counts for its hour."""
    connection.execute(update(ACTS).where(*_queue.sent_in(number)).values(**_queue.BACK, retry_at=0.0))
    write(connection, number, state=State.DONE, data=b"")


def drop(connection: Connection, number: int) -> None:
    """Forget a batch that never came to be; its acts go back to the queue."""
    disband(connection, number)
    connection.execute(BATCHES.delete().where(BATCHES.c.id == number))


def settle(
    connection: Connection, batch: int, state: State, tx_hash: bytes, block: int, skip: Sequence[int]
) -> None:
    """Give the acts of a batch their end, all but those in `skip`."""
    values = {**_queue.NO_REFUSAL, "state": state, "tx_hash": tx_hash, "block": block, "owner": None}
    connection.execute(update(ACTS).where(*_queue.sent_in(batch), ACTS.c.seq.not_in(skip)).values(**values))


def deepen(connection: Connection, batch: int) -> None:
    """A batch is as deep as was waited for: its acts are done, or refused."""
    mined = update(ACTS).where(ACTS.c.batch == batch, ACTS.c.state == State.MINED)
    connection.execute(mined.where(ACTS.c.code.is_(None)).values(state=State.DONE))
    connection.execute(mined.values(state=State.REFUSED, failures=ACTS.c.failures + 1))
    write(connection, batch, state=State.DONE, data=b"")
