"""Writing down what became of acts: done, to be tried again, or refused for good."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from proofdesk._errors import ContractRevert
from proofdesk._words import to_hex
from proofdesk.ops.relay import _batches, _queue, receipts
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._journal import DatabaseJournal
from proofdesk.ops.relay._queue import Held, Whose
from proofdesk.ops.relay._schema import State
from proofdesk.ops.relay.answers import Refusal
from proofdesk.ops.relay.chain import Chain, making_sense
from proofdesk.ops.relay.checks import refusal_of
from proofdesk.ops.relay.receipts import Mined
from proofdesk.ops.relay.simulation import ACT_GAS, is_not_yet

log = logging.getLogger("proofdesk.relay")

FAILED = Refusal("failed", "the transactions that carried it failed as a whole")
AGAIN = 2.0  # seconds after which an act that was not legal yet is tried again


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was written down, and those of its acts that are still its relayer's; `cost` is gwei."""

    number: int
    data: bytes
    gas: int
    cost: int
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
        whose: Whose,
        refused: Sequence[tuple[Held, ContractRevert]],
        landed: Mapping[int, tuple[bytes, int]],
        *,
        waiting: Collection[int] = (),
        mined: Mined | None = None,
    ) -> None:
        """Acts that the contract refused: on chain already, to be tried again, or at their end.

        `waiting` are those whose refusal is of blocks that may still go, by their numbers; `mined` is the
        batch that paid for it.
        """
        now, later = self._chain.now(), time.time() + AGAIN
        for act, error in refused:
            tx_hash, block = landed.get(act.seq, (None, 0))
            if tx_hash is not None and self._chain.is_deep(block, self._confirmations):
                done = {"state": State.DONE, "tx_hash": tx_hash, "block": block, "owner": None}
                _queue.change(connection, whose, [act.seq], **_queue.NO_REFUSAL, **done)
            elif (
                tx_hash is not None
                or act.seq in waiting
                or (is_not_yet(error) and now < act.include_by)
                # It was found legal behind what is not at its end.
                or _queue.is_behind(connection, act)
            ):
                name = type(error).__name__
                _queue.release(connection, whose, [act.seq], retry_at=later, error=name)
            else:
                refusal = refusal_of(error)
                log.info("act %s refused: %s", to_hex(act.digest), refusal.error)
                place: dict[str, Any] = {}
                if mined is not None and self._confirmations > 1:
                    # Its block may go as well as one in which it is done.
                    place = {"state": State.MINED, "tx_hash": mined.tx_hash, "block": mined.block}
                _queue.refuse(connection, whose, act.seq, refusal, paid=mined is not None, **place)

    def _read(self, batch: Batch, receipt: Mapping[str, Any]) -> _Ended:
        with making_sense():
            mined = receipts.read(receipt, self._chain.desk, batch.data)
        held = {act.call: act for act in batch.acts}
        places = ((mined.calls[place], error) for place, error in mined.refused.items())
        return _Ended(batch, mined, [(held[call], error) for call, error in places if call in held])

    def _write(self, connection: Connection, ended: _Ended, landed: Mapping[int, tuple[bytes, int]]) -> None:
        batch, mined = ended.batch, ended.mined
        state = State.DONE if self._confirmations == 1 or mined.reverted else State.MINED
        whose = _queue.sent_in(batch.number)
        if mined.reverted:
            self._isolate(connection, batch)
        else:
            skip = [act.seq for act, _ in ended.refused]
            _batches.settle(connection, batch.number, state, mined.tx_hash, mined.block, skip)
            told = "batch %d: %d done, %d refused, transaction %s, block %d, %.9f ETH"
            cost = mined.cost / 10**9
            done, where = len(batch.acts) - len(skip), (to_hex(mined.tx_hash), mined.block, cost)
            log.info(told, batch.number, done, len(skip), *where)
            self.end(connection, whose, ended.refused, landed, mined=mined)
        place = {"tx_hash": mined.tx_hash, "block": mined.block, "block_hash": mined.block_hash}
        # Only a batch that a reorganisation may move is read once more.
        data = b"" if state is State.DONE else batch.data
        paid = {"cost": mined.cost, "spent_at": time.time()}
        _batches.write(connection, batch.number, state=state, data=data, **paid, **place)

    def _isolate(self, connection: Connection, batch: Batch) -> None:
        """A batch that failed as a whole: its acts get all the gas there is; if they had it, their end."""
        log.warning("batch %d failed as a whole", batch.number)
        whose = _queue.sent_in(batch.number)
        for act in batch.acts:
            if act.gas > ACT_GAS:
                _queue.refuse(connection, whose, act.seq, FAILED, paid=True)
            else:
                _queue.change(connection, whose, [act.seq], gas=act.gas + ACT_GAS)
                _queue.release(connection, whose, [act.seq])
