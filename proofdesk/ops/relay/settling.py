"""Writing down what became of acts: done, to be tried again, or refused for good."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from proofdesk._errors import ContractRevert
from proofdesk._words import to_hex
from proofdesk.ops.relay import _queue, receipts
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._journal import DatabaseJournal
from proofdesk.ops.relay._queue import Held
from proofdesk.ops.relay._schema import State
from proofdesk.ops.relay.answers import Refusal
from proofdesk.ops.relay.chain import Chain
from proofdesk.ops.relay.checks import is_not_yet, refusal_of
from proofdesk.ops.relay.receipts import Mined
from proofdesk.ops.relay.simulation import ACT_GAS

log = logging.getLogger("proofdesk.relay")

FAILED = Refusal("failed", "the transactions that carried it failed as a whole")
AGAIN = 2.0  # seconds after which an act that was not legal yet is tried again


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was written down, and those of its acts that are still its relayer's."""

    number: int
    data: bytes
    gas: int
    acts: Sequence[Held]


@dataclass(frozen=True, slots=True)
class _Ended:
    batch: Batch
    mined: Mined
    refused: Sequence[tuple[Held, ContractRevert]]


class Settling:
    """What one relayer writes at the end of batches; with one confirmation what is mined is done."""

    def __init__(
        self, database: Database, chain: Chain, journal: DatabaseJournal, confirmations: int
    ) -> None:
        self._database = database
        self._chain = chain
        self._journal = journal
        self._confirmations = confirmations

    def settle(self, mined: Sequence[tuple[Batch, Mapping[str, Any]]]) -> None:
        """Write what receipts say of batches' acts, and have the journal forget them, all or nothing.

        Raises ConnectionLost for receipts that cannot be theirs.
        """
        if not mined:
            return
        ended = [self._read(batch, receipt) for batch, receipt in mined]
        landed = self._chain.landed([act for each in ended for act, _ in each.refused])
        with self._database.writing() as connection:
            for each in ended:
                self._write(connection, each, landed)
            self._journal.forget(connection, {batch.data for batch, _ in mined})

    def end(
        self,
        connection: Connection,
        refused: Sequence[tuple[Held, ContractRevert]],
        landed: Mapping[int, tuple[bytes, int]],
        *,
        paid: bool,
    ) -> None:
        """Acts that the contract refused: on chain already, to be tried again, or at their end."""
        now, later = self._chain.now(), time.time() + AGAIN
        for act, error in refused:
            tx_hash, block = landed.get(act.seq, (None, 0))
            if tx_hash is not None and self._chain.is_deep(block, self._confirmations):
                done = {"state": State.DONE, "tx_hash": tx_hash, "block": block, "owner": None}
                _queue.change(connection, [act.seq], **done)
            elif tx_hash is not None or (is_not_yet(error) and now < act.include_by):
                _queue.release(connection, [act.seq], retry_at=later)
            else:
                refusal = refusal_of(error)
                log.info("act %s refused: %s", to_hex(act.digest), refusal.error)
                _queue.refuse(connection, act.seq, refusal, paid=paid)

    def _read(self, batch: Batch, receipt: Mapping[str, Any]) -> _Ended:
        mined = receipts.read(receipt, self._chain.desk, batch.data)
        held = {act.call: act for act in batch.acts}
        places = ((mined.calls[place], error) for place, error in mined.refused.items())
        return _Ended(batch, mined, [(held[call], error) for call, error in places if call in held])

    def _write(self, connection: Connection, ended: _Ended, landed: Mapping[int, tuple[bytes, int]]) -> None:
        batch, mined = ended.batch, ended.mined
        state = State.DONE if self._confirmations == 1 or mined.reverted else State.MINED
        if mined.reverted:
            self._isolate(connection, batch)
        else:
            skip = [act.seq for act, _ in ended.refused]
            _queue.settle(connection, batch.number, state, mined.tx_hash, mined.block, skip)
            self.end(connection, ended.refused, landed, paid=True)
        place = {"tx_hash": mined.tx_hash, "block": mined.block, "block_hash": mined.block_hash}
        # Only a batch that a reorganisation may move is read once more.
        data = b"" if state is State.DONE else batch.data
        _queue.set_batch(connection, batch.number, state=state, cost=mined.cost, data=data, **place)

    def _isolate(self, connection: Connection, batch: Batch) -> None:
        """A batch that failed as a whole: its acts get all the gas there is; if they had it, their end."""
        log.warning("batch %d failed as a whole", batch.number)
        for act in batch.acts:
            if act.gas > ACT_GAS:
                _queue.refuse(connection, act.seq, FAILED, paid=True)
            else:
                _queue.release(connection, [act.seq])
                _queue.change(connection, [act.seq], gas=act.gas + ACT_GAS)
