"""What is asked of a queue and written to it; each function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, case, func, insert, or_, select, update

from proofdesk.ops.relay._schema import ACTS, BATCHES, CONTROLS, UNSETTLED, State
from proofdesk.ops.relay.answers import Refusal
from proofdesk.ops.relay.limits import Use

T = TypeVar("T")

Whose: TypeAlias = "tuple[ColumnElement[bool], ...]"

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
    head: int | None


NO_REFUSAL: Final = {"code": None, "reason": None, "error": None}
_NOWHERE: Final = {"owner": None, "batch": None, "tx_hash": None, "block": None}
BACK: Final = {**NO_REFUSAL, **_NOWHERE, "state": State.QUEUED}
HELD = [ACTS.c[field.name] for field in fields(Held)]


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


def promised(connection: Connection, now: float) -> tuple[int, float | None]:
    """How many acts that have no end are later than promised, and since when the oldest waits."""
    late = func.sum(case((ACTS.c.include_by < now, 1), else_=0))
    asked = select(late, func.min(ACTS.c.queued_at)).where(ACTS.c.state.in_(UNSETTLED))
    overdue, since = connection.execute(asked).one()
    return int(overdue or 0), since


def uses(connection: Connection, signers: Collection[bytes], since: float) -> dict[bytes, Use]:
    """What signers had carried since a moment."""
    # Refused on chain, in a block that may still go: it counts, as it will when it is deep.
    failing = case(((ACTS.c.state == State.MINED) & ACTS.c.code.is_not(None), 1), else_=0)
    failures = func.sum(ACTS.c.failures + failing)
    counts = func.count(), func.sum(ACTS.c.gas), failures, func.min(ACTS.c.queued_at)
    found = {signer: Use() for signer in signers}
    for group in groups(signers):
        asked = select(ACTS.c.signer, *counts).where(ACTS.c.signer.in_(group), ACTS.c.queued_at > since)
        for signer, acts, gas, failures, oldest in connection.execute(asked.group_by(ACTS.c.signer)):
            found[signer] = Use(acts, int(gas), int(failures), oldest)
    return found


def spent(connection: Connection, since: float) -> int:
    """Gwei paid since a moment, and reserved for what is in flight; for what was left, only since then."""
    counted = or_(BATCHES.c.spent_at > since, BATCHES.c.state == State.HELD)
    return int(connection.scalar(select(func.coalesce(func.sum(BATCHES.c.cost), 0)).where(counted)) or 0)


def reserved(connection: Connection, owner: str) -> int:
    """Gwei that an account's batches in flight may still cost."""
    mine = BATCHES.c.state == State.HELD, BATCHES.c.owner == bytes.fromhex(owner[2:])
    return int(connection.scalar(select(func.coalesce(func.sum(BATCHES.c.cost), 0)).where(*mine)) or 0)


def queued_gas(connection: Connection) -> int:
    """What the acts that are not in a batch yet use at the most."""
    # Not a condition: SQLite would look through all that were ever refused, which are in no batch either.
    gas = case((ACTS.c.batch.is_(None), ACTS.c.gas), else_=0)
    return int(connection.scalar(select(func.sum(gas)).where(ACTS.c.state.in_(UNSETTLED))) or 0)


def lanes(connection: Connection, tickets: Collection[bytes]) -> dict[bytes, int]:
    """The lanes in whose line tickets stand, as far as acts of this queue say."""
    found: dict[bytes, int] = {}
    for group in groups(tickets):
        asked = select(ACTS.c.ticket, ACTS.c.lane).where(ACTS.c.ticket.in_(group), ACTS.c.lane.is_not(None))
        found |= {row.ticket: row.lane for row in connection.execute(asked)}
    return found


def ahead(connection: Connection, tickets: Collection[bytes], line: Collection[int]) -> list[Row[Any]]:
    """The unsettled acts of tickets and in lanes' lines, in their order."""
    columns = ACTS.c.seq, ACTS.c.act, ACTS.c.ticket, ACTS.c.lane, ACTS.c.call
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


# ------------------------------------------------------------------------------------------ acts in hand


def in_hand(connection: Connection, owner: bytes, numbers: Iterable[int]) -> list[Held]:
    """Those of the acts that a relayer has in hand and in no batch, in their order."""
    found: list[Held] = []
    for group in groups(numbers):
        asked = select(*HELD).where(*unsent(owner), ACTS.c.seq.in_(group)).order_by(ACTS.c.seq)
        found += [Held(*row) for row in connection.execute(asked)]
    return found


def unsent(owner: bytes) -> Whose:
    """The acts that a relayer has in hand and in no batch: it writes to these alone."""
    return ACTS.c.state == State.HELD, ACTS.c.owner == owner, ACTS.c.batch.is_(None)


def sent_in(batch: int) -> Whose:
    """The acts of a batch, but for those that others have taken up meanwhile."""
    return ACTS.c.batch == batch, ACTS.c.state.in_((State.HELD, State.MINED))


def change(connection: Connection, whose: Whose, numbers: Iterable[int], **values: Any) -> None:
    """Write the same values to several acts, as far as they are still whose they were."""
    for group in groups(numbers):
        connection.execute(update(ACTS).where(*whose, ACTS.c.seq.in_(group)).values(**values))


def release(
    connection: Connection,
    whose: Whose,
    numbers: Iterable[int],
    *,
    retry_at: float = 0.0,
    error: str | None = None,
) -> None:
    """Put acts back, not to be looked at before a moment; `error` is what they wait for others to mend."""
    change(connection, whose, numbers, **{**BACK, "retry_at": retry_at, "error": error})


def is_behind(connection: Connection, act: Held) -> bool:
    """Whether an earlier act of the same ticket has no end yet."""
    earlier = ACTS.c.ticket == act.ticket, ACTS.c.seq < act.seq, ACTS.c.state.in_(UNSETTLED)
    return connection.scalar(select(ACTS.c.seq).where(*earlier).limit(1)) is not None


def refuse(
    connection: Connection, whose: Whose, number: int, refusal: Refusal, *, paid: bool, **place: Any
) -> None:
    """End an act that cannot be done, or, MINED in its `place`, have it wait for that.

    `paid` counts it against its signer.
    """
    values: dict[str, Any] = {"state": State.REFUSED, "owner": None, **place, "code": refusal.code}
    values |= {"reason": refusal.words, "error": refusal.error}
    if paid and not place:
        values["failures"] = ACTS.c.failures + 1
    change(connection, whose, [number], **values)


def counts(connection: Connection) -> dict[State, int]:
    """How many acts stand where."""
    found = connection.execute(select(ACTS.c.state, func.count()).group_by(ACTS.c.state))
    return {State(state): count for state, count in found}


def groups(items: Iterable[T], size: int = _MANY) -> Iterator[list[T]]:
    """The items in lists of at most so many."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
