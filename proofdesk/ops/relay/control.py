"""A queue looked at, halted and resumed from beside: without a relayer's account, while relayers work."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from proofdesk._deployments import Deployment
from proofdesk._errors import InvalidArgument
from proofdesk._words import address_of, to_bytes, to_hex
from proofdesk.ops.relay import _claims, _queue
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._schema import RELAYERS, State
from proofdesk.ops.relay.acknowledgement import Acknowledgement
from proofdesk.ops.relay.answers import Fate, Refusal, Stage

_HOUR, _GWEI = 3600.0, 10**9

log = logging.getLogger("proofdesk.relay")


@dataclass(frozen=True, slots=True)
class Hand:
    """A relayer of a queue: its account, and whether it was seen within its lease."""

    address: str
    is_working: bool


class Control:
    """A desk's queue by its file or URL, made where there is none.

    Raises ConfigurationError for a place that cannot be one, and for another desk's queue.

    >>> with Control(folder / "relay.db", desk.deployment) as control:
    ...     control.halted is None
    True
    """

    def __init__(self, queue: str | Path, deployment: Deployment) -> None:
        self.database = Database(queue, deployment)
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
