"""What is asked of a queue and written to it; each function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from proofdesk.ops.relay._schema import ACTS, BATCHES, CONTROLS, RELAYERS, UNSETTLED, State
from proofdesk.ops.relay.answers import Refusal
from proofdesk.ops.relay.limits import Use

T = TypeVar("T")

_MANY = 500  # values in one statement


@dataclass(frozen=True, slots=True)
class Held:
    """An act of the queue, as far as sending needs it; its deadline and promise are the chain's seconds."""

    seq: int
    digest: bytes
    signer: bytes
    ticket: bytes
    lane: int | None
    entry: bytes
    call: bytes
    gas: int
    deadline: int
    include_by: int


_HELD = [ACTS.c[field.name] for field in fields(Held)]


def halted(connection: Connection) -> str | None:
    """Why the relayers of this queue stand still; None while they work."""
    return connection.scalar(select(CONTROLS.c.halted))


def halt(connection: Connection, reason: str | None) -> None:
    """Have every relayer of this queue stand still, or with None go on."""
    connection.execute(update(CONTROLS).values(halted=reason))


def find(connection: Connection, digests: Collection[bytes]) -> dict[bytes, Row[Any]]:
    """The rows of acts by their digests."""
    found = {}
    for group in groups(digests):
        for row in connection.execute(select(ACTS).where(ACTS.c.digest.in_(group))):
            found[row.digest] = row
    return found


def waiting(connection: Connection) -> int:
    """How many acts have no end yet."""
    return connection.scalar(select(func.count()).where(ACTS.c.state.in_(UNSETTLED))) or 0


def uses(connection: Connection, signers: Collection[bytes], since: float) -> dict[bytes, Use]:
    """What signers had carried since a moment."""
    counts = func.count(), func.sum(ACTS.c.gas), func.sum(ACTS.c.failures), func.min(ACTS.c.queued_at)
    found = {signer: Use() for signer in signers}
    for group in groups(signers):
        asked = select(ACTS.c.signer, *counts).where(ACTS.c.signer.in_(group), ACTS.c.queued_at > since)
        for signer, acts, gas, failures, oldest in connection.execute(asked.group_by(ACTS.c.signer)):
            found[signer] = Use(acts, int(gas), int(failures), oldest)
    return found


def spent(connection: Connection, since: float) -> int:
    """Gwei paid since a moment, and reserved for what is in flight."""
    counted = or_(BATCHES.c.sent_at > since, BATCHES.c.state == State.HELD)
    return int(connection.scalar(select(func.coalesce(func.sum(BATCHES.c.cost), 0)).where(counted)) or 0)


def reserved(connection: Connection, owner: str) -> int:
    """Gwei that an account's batches in flight may still cost."""
    mine = BATCHES.c.state == State.HELD, BATCHES.c.owner == bytes.fromhex(owner[2:])
    return int(connection.scalar(select(func.coalesce(func.sum(BATCHES.c.cost), 0)).where(*mine)) or 0)


def queued_gas(connection: Connection) -> int:
    """What the acts that are not in a batch yet use at the most."""
    queued = ACTS.c.state.in_(UNSETTLED), ACTS.c.batch.is_(None)
    return int(connection.scalar(select(func.coalesce(func.sum(ACTS.c.gas), 0)).where(*queued)) or 0)


def lanes(connection: Connection, tickets: Collection[bytes]) -> dict[bytes, int]:
    """The lanes in whose line tickets stand, as far as acts of this queue say."""
    found: dict[bytes, int] = {}
    for group in groups(tickets):
        asked = select(ACTS.c.ticket, ACTS.c.lane).where(ACTS.c.ticket.in_(group), ACTS.c.lane.is_not(None))
        found |= {row.ticket: row.lane for row in connection.execute(asked)}
    return found


def ahead(connection: Connection, tickets: Collection[bytes], line: Collection[int]) -> list[Row[Any]]:
    """The unsettled acts of tickets and in lanes' lines, in their order."""
    columns = ACTS.c.seq, ACTS.c.act, ACTS.c.lane, ACTS.c.call
    found: dict[int, Row[Any]] = {}
    for group in groups(tickets):
        asked = select(*columns).where(ACTS.c.ticket.in_(group), ACTS.c.state.in_(UNSETTLED))
        found |= {row.seq: row for row in connection.execute(asked)}
    # Who follows in a line needs all of the line ahead of it.
    wanted = set(line) | {row.lane for row in found.values() if row.act != "open" and row.lane is not None}
    if wanted:
        asked = select(*columns).where(ACTS.c.lane.in_(wanted), ACTS.c.state.in_(UNSETTLED))
        found |= {row.seq: row for row in connection.execute(asked)}
    return [found[seq] for seq in sorted(found)]


def accept(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add acts; one that was refused before takes the place of its former self, at the end of the queue."""
    for group in groups([row["digest"] for row in rows]):
        connection.execute(ACTS.delete().where(ACTS.c.digest.in_(group), ACTS.c.state == State.REFUSED))
    if rows:
        connection.execute(insert(ACTS), list(rows))


# ------------------------------------------------------------------------------------------------- claims


def renew(connection: Connection, owner: bytes, until: float) -> None:
    """Say that a relayer is there, until a moment at least."""
    if not connection.execute(
        update(RELAYERS).where(RELAYERS.c.address == owner).values(lease_until=until)
    ).rowcount:
        connection.execute(insert(RELAYERS), [{"address": owner, "lease_until": until}])


def gone(connection: Connection, owner: bytes, now: float) -> list[bytes]:
    """The other relayers whose lease is over."""
    over = select(RELAYERS.c.address).where(RELAYERS.c.lease_until < now, RELAYERS.c.address != owner)
    return list(connection.scalars(over))


def take_over(connection: Connection, owner: bytes, now: float) -> None:
    """Put back what relayers hold whose lease is over."""
    lost = ACTS.c.state == State.HELD, ACTS.c.owner.in_(gone(connection, owner, now))
    connection.execute(update(ACTS).where(*lost).values(state=State.QUEUED, owner=None, batch=None))


def ripe(connection: Connection, now: float) -> tuple[int, float]:
    """How many acts can be claimed, and since when the oldest of them waits."""
    ready = ACTS.c.state == State.QUEUED, ACTS.c.retry_at <= now
    row = connection.execute(select(func.count(), func.min(ACTS.c.queued_at)).where(*ready)).one()
    return int(row[0]), float(row[1] or now)


def claim(connection: Connection, owner: bytes, now: float, most: int) -> list[Held]:
    """Take acts into a relayer's hands, in their order.

    Of a ticket, and of a lane's line, nobody takes acts while others, or earlier ones, are in anybody's.
    """
    tickets: set[bytes] = set()
    lines: set[int | None] = set()
    for ticket, lane in connection.execute(
        select(ACTS.c.ticket, ACTS.c.lane).where(ACTS.c.state == State.HELD)
    ):
        tickets.add(ticket)
        lines.add(lane)
    lines.discard(None)
    ready = ACTS.c.state == State.QUEUED, ACTS.c.retry_at <= now
    # Some may be blocked: a few more are looked at than are taken.
    query = select(*_HELD).where(*ready).order_by(ACTS.c.seq).limit(4 * most)
    taken: list[Held] = []
    for row in connection.execute(query):
        if len(taken) == most:
            break
        if row.ticket in tickets or row.lane in lines:
            tickets.add(row.ticket)
            if row.lane is not None:
                lines.add(row.lane)
            continue
        taken.append(Held(*row))
    change(connection, [held.seq for held in taken], state=State.HELD, owner=owner)
    return taken


def change(connection: Connection, numbers: Sequence[int], **values: Any) -> None:
    """Write the same values to several acts."""
    for group in groups(numbers):
        connection.execute(update(ACTS).where(ACTS.c.seq.in_(group)).values(**values))


def release(connection: Connection, numbers: Sequence[int], *, retry_at: float = 0.0) -> None:
    """Put acts back, not to be looked at before a moment."""
    change(connection, numbers, state=State.QUEUED, owner=None, batch=None, retry_at=retry_at)


def release_unsent(connection: Connection, owner: bytes) -> None:
    """Put back what a relayer holds without having made a batch of it: it died in between."""
    mine = ACTS.c.state == State.HELD, ACTS.c.owner == owner, ACTS.c.batch.is_(None)
    connection.execute(update(ACTS).where(*mine).values(state=State.QUEUED, owner=None))


# ------------------------------------------------------------------------------------------------- batches


def add_batch(
    connection: Connection, owner: bytes, data: bytes, gas: int, cost: int, now: float, held: Sequence[Held]
) -> int:
    """Keep a batch that is sent next; returns its number. `cost` is gwei."""
    row = {"owner": owner, "data": data, "gas": gas, "cost": cost, "sent_at": now, "state": State.HELD}
    (number,) = connection.execute(insert(BATCHES).values(row).returning(BATCHES.c.id)).one()
    change(connection, [each.seq for each in held], batch=number)
    return int(number)


def batches(connection: Connection, owner: bytes, state: State, also: Sequence[bytes] = ()) -> list[Row[Any]]:
    """A relayer's batches in a state, oldest first; those of others in `also` too."""
    whose = BATCHES.c.owner.in_([owner, *also])
    asked = select(BATCHES).where(BATCHES.c.state == state, whose).order_by(BATCHES.c.id)
    return list(connection.execute(asked))


def held_in(connection: Connection, batch: int) -> list[Held]:
    """The acts of a batch, in their order, but for those that another relayer has taken up meanwhile."""
    mine = select(*_HELD).where(ACTS.c.batch == batch).order_by(ACTS.c.seq)
    return [Held(*row) for row in connection.execute(mine)]


def set_batch(connection: Connection, number: int, **values: Any) -> None:
    """Write to a batch."""
    connection.execute(update(BATCHES).where(BATCHES.c.id == number).values(**values))


def drop_batch(connection: Connection, number: int) -> None:
    """Forget a batch that never came to be, or is on the chain no more; its acts go back to the queue."""
    acts = ACTS.c.batch == number, ACTS.c.state.in_((State.HELD, State.MINED))
    back = {"state": State.QUEUED, "owner": None, "batch": None, "tx_hash": None, "block": None}
    connection.execute(update(ACTS).where(*acts).values(**back))
    connection.execute(BATCHES.delete().where(BATCHES.c.id == number))


def settle(
    connection: Connection, batch: int, state: State, tx_hash: bytes, block: int, skip: Sequence[int]
) -> None:
    """Give the acts of a batch their end, all but those in `skip`."""
    mine = ACTS.c.batch == batch, ACTS.c.seq.not_in(skip)
    values = {"state": state, "tx_hash": tx_hash, "block": block, "owner": None}
    connection.execute(update(ACTS).where(*mine).values(**values))


def deepen(connection: Connection, batch: int) -> None:
    """A batch is as deep as was waited for: its acts are done."""
    connection.execute(
        update(ACTS).where(ACTS.c.batch == batch, ACTS.c.state == State.MINED).values(state=State.DONE)
    )
    set_batch(connection, batch, state=State.DONE)


def refuse(connection: Connection, number: int, refusal: Refusal, *, paid: bool) -> None:
    """End an act that cannot be done; `paid` counts it against its signer."""
    values: dict[str, Any] = {"state": State.REFUSED, "owner": None, "code": refusal.code}
    values |= {"reason": refusal.words, "error": refusal.error}
    if paid:
        values["failures"] = ACTS.c.failures + 1
    connection.execute(update(ACTS).where(ACTS.c.seq == number).values(**values))


def counts(connection: Connection) -> dict[State, int]:
    """How many acts stand where."""
    found = connection.execute(select(ACTS.c.state, func.count()).group_by(ACTS.c.state))
    return {State(state): count for state, count in found}


def groups(items: Iterable[T], size: int = _MANY) -> Iterator[list[T]]:
    """The items in lists of at most so many."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
