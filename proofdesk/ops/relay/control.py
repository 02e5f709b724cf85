"""A queue looked at, halted and resumed from beside: without a relayer's account, while relayers work."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._words import address_of, to_bytes, to_hex
from proofdesk.ops.relay import _claims, _queue
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._schema import RELAYERS, State
from proofdesk.ops.relay.acknowledgement import Acknowledgement
from proofdesk.ops.relay.answers import Fate, Refusal, Stage
from proofdesk.ops.relay.simulation import SPARE_GAS, gas_bound

_HOUR, _GWEI = 3600.0, 10**9
_OPENING = gas_bound(bytes(420), by_key=True)
_BOUNDLESS = (1 << 53) - 1

log = logging.getLogger("proofdesk.relay")


@dataclass(frozen=True, slots=True)
class Hand:
    """A relayer of a queue: its account, and whether it was seen within its lease."""

    address: str
    is_working: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in a queue: how many acts are `overdue`, and for how many seconds the oldest has waited."""

    overdue: int
    oldest: int | None


class Control:
    """A desk's queue by its file or URL, made where there is none, unless `make` is false.

    Raises ConfigurationError for a place that cannot be one, for another desk's queue, and for one that is
    not there and is not to be made.

    >>> with Control(folder / "relay.db", desk.deployment) as control:
    ...     control.halted is None
    True
    """

    def __init__(self, queue: str | Path, deployment: Deployment, *, make: bool = True) -> None:
        self.database = Database(queue, deployment, make=make)
        self._deployment = deployment

    @property
    def name(self) -> str:
        """Where the queue is, without a password."""
        return self.database.name

    @property
    def halted(self) -> str | None:
        """Why the queue's relayers stand still; None while they work."""
        with self.database.reading() as connection:
            return _queue.halted(connection)

    def halt(self, reason: str) -> None:
        """Have every relayer of the queue take and send nothing; what is in flight is seen to its end.

        Raises InvalidArgument for an empty reason: it is what submitters are told.
        """
        if not reason.strip():
            raise InvalidArgument("reason is empty: say what those who submit are to be told")
        with self.database.writing() as connection:
            _queue.halt(connection, reason.strip())
        log.warning("halted: %s", reason.strip())

    def resume(self) -> None:
        """Have them take and send again."""
        with self.database.writing() as connection:
            _queue.halt(connection, None)

    def counts(self) -> Mapping[str, int]:
        """How many acts stand where: queued, sent (or about to be), mined, done, refused."""
        with self.database.reading() as connection:
            found = _queue.counts(connection)
        return {stage.value: found.get(state, 0) for state, stage in _STAGES.items()}

    def waiting(self) -> Waiting:
        """What was promised and is not on chain."""
        now = time.time()
        with self.database.reading() as connection:
            overdue, since = _queue.promised(connection, now)
        return Waiting(overdue, None if since is None else max(0, int(now - since)))

    def room(self, address: str, balance: int, price: int) -> int:
        """How many more openings a relayer could take, each at its bound, after what it promised already.

        `balance` is wei, `price` wei for a unit of gas at the most. What acts cost in the end is less; where
        gas is free it is 2**53 - 1, JSON's greatest number that everybody reads alike.
        """
        if not price:
            return _BOUNDLESS
        with self.database.reading() as connection:
            queued = (_queue.queued_gas(connection) + SPARE_GAS) * price
            left = balance - queued - _queue.reserved(connection, address) * _GWEI
        return max(0, left // (_OPENING * price))

    def spent(self) -> int:
        """Wei that was paid in the last hour, and that is reserved for what is in flight."""
        with self.database.reading() as connection:
            return _queue.spent(connection, time.time() - _HOUR) * _GWEI

    def hands(self) -> list[Hand]:
        """The relayers that ever worked on the queue."""
        with self.database.reading() as connection:
            now = _claims.clock(connection)
            rows = connection.execute(select(RELAYERS).order_by(RELAYERS.c.address)).all()
        return [Hand(address_of(int.from_bytes(row.address, "big")), row.lease_until > now) for row in rows]

    def fate(self, digest: str) -> Fate | None:
        """What became of an act, by its digest; None for one that was never acknowledged here."""
        raw = to_bytes(digest, 32, "digest")
        with self.database.reading() as connection:
            row = _queue.find(connection, [raw]).get(raw)
        return None if row is None else _fate(row, self._deployment)

    def backup(self, path: str | Path) -> None:
        """Write all of a queue in SQLite as it is at one moment into a new file, while relayers work.

        Raises ConfigurationError for a file that is there or cannot be written, for a queue that is damaged,
        and for PostgreSQL, which has tools of its own; no file is left behind then.

        >>> relayer.control.backup(folder / "relay.backup.db")
        """
        # SQLite has a meaning of its own for names such as ":memory:", but for no whole path.
        source, target = self.database.path, Path(path).absolute()
        if source is None:
            raise ConfigurationError(f"{self.name} is no file: back it up by pg_dump")
        try:
            # It holds what the queue holds: promises, and what was signed.
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}. Name a new file") from None
        try:
            with closing(sqlite3.connect(source)) as queue, closing(sqlite3.connect(target)) as copy:
                queue.backup(copy)
                # Damage goes along page by page, and would be found on the day on which the copy is needed.
                (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
                if found != "ok":
                    raise sqlite3.DatabaseError(f"the queue is damaged, {found}")
        except BaseException as error:
            target.unlink(missing_ok=True)
            if isinstance(error, sqlite3.Error):
                raise ConfigurationError(f"{self.name} could not be copied to {path}: {error}") from None
            raise

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Control:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def acknowledgement_of(row: Row[Any], deployment: Deployment) -> Acknowledgement:
    """The acknowledgement that an act of the queue was given."""
    return Acknowledgement(
        act=to_hex(row.digest),
        relayer=address_of(int.from_bytes(row.relayer, "big")),
        chain_id=deployment.chain_id,
        desk=deployment.contract("TicketDesk").address,
        received_at=row.received_at,
        include_by=row.include_by,
        signature=to_hex(row.acknowledgement),
    )


_STAGES = {
    State.QUEUED: Stage.QUEUED,
    State.HELD: Stage.SENT,
    State.MINED: Stage.MINED,
    State.DONE: Stage.DONE,
    State.REFUSED: Stage.REFUSED,
}


def _fate(row: Row[Any], deployment: Deployment) -> Fate:
    stage = _STAGES[State(row.state)]
    if stage is Stage.SENT and row.batch is None:
        stage = Stage.QUEUED
    refusal = Refusal(row.code, row.reason, error=row.error) if stage is Stage.REFUSED else None
    on_chain = stage in (Stage.MINED, Stage.DONE)
    return Fate(
        stage,
        acknowledgement_of(row, deployment),
        tx_hash=to_hex(row.tx_hash) if on_chain else None,
        block=row.block if on_chain else None,
        refusal=refusal,
    )
