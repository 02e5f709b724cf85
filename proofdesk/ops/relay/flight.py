"""Batches on their way: sent once, looked for on the chain before anything is sent again, watched."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from proofdesk._outbox import Call
from proofdesk._rpc import Node
from proofdesk._sender import BatchFailed, Sender
from proofdesk._words import to_hex
from proofdesk.ops.relay import _queue
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._journal import DatabaseJournal
from proofdesk.ops.relay._schema import State
from proofdesk.ops.relay.chain import Chain, answers_of
from proofdesk.ops.relay.settling import Batch, Settling

log = logging.getLogger("proofdesk.relay")


class Flight:
    """One account's batches, from the moment on in which they are written down.

    `new_sender` makes a sender that knows what the journal knows, and nothing else.
    """

    def __init__(
        self,
        database: Database,
        chain: Chain,
        new_sender: Callable[[], Sender],
        journal: DatabaseJournal,
        confirmations: int,
    ) -> None:
        self._database = database
        self._chain = chain
        self._node: Node = chain.node
        self._new_sender = new_sender
        self._sender = new_sender()
        self._journal = journal
        self._confirmations = confirmations
        self.settling = Settling(database, chain, journal, confirmations)
        self.address = self._sender.address
        self._owner = bytes.fromhex(self.address[2:])
        # What the sender saw mined, by the batches' numbers, until it is written down.
        self._mined: dict[int, str] = {}

    def send(self, batches: Sequence[Batch]) -> None:
        """Send batches and write down what became of them; raises as `Sender.send_many`."""
        if not batches:
            return
        calls = [Call(self._chain.desk, batch.data, gas=batch.gas) for batch in batches]
        try:
            outcomes: Sequence[Any] = self._sender.send_many(calls)
        except BatchFailed as error:
            outcomes = error.outcomes
        for batch, outcome in zip(batches, outcomes, strict=True):
            self._mined[batch.number] = outcome.tx_hash
        # Where there is no receipt now the next step looks again.
        self._settled(batches, {})

    def resume(self, *, watch_only: bool) -> None:
        """Go on with what was being sent when the last step, or the last process, ended in between.

        What is on chain is written down; what is not is sent on, as it was signed, or with `watch_only` left
        where it is.
        """
        with self._database.reading() as connection:
            rows = _queue.batches(connection, self._owner, State.HELD)
        if not rows:
            return
        signed = {entry.data: entry.hashes for entry in self._journal.load()}
        with self._database.writing() as connection:
            for row in rows:
                if row.data not in signed and row.id not in self._mined:
                    # Never signed: nobody can have it.
                    _queue.drop_batch(connection, row.id)
            kept = [row for row in rows if row.data in signed or row.id in self._mined]
            batches = [Batch(row.id, row.data, row.gas, _queue.held_in(connection, row.id)) for row in kept]
        left = self._settled(batches, signed)
        if not left or watch_only:
            return
        if any(batch.number in self._mined for batch in left):
            # Seen mined, and not there now: behind the node is another one, or the block went. The sender
            # has done with it, and would sign anew; one that has only the journal goes on with what it was.
            self._sender = self._new_sender()
            left = [batch for batch in left if batch.data in signed]
        self.send(left)

    def watch(self) -> None:
        """See that mined batches stay where they are until they are deep enough."""
        if self._confirmations == 1:
            return
        with self._database.reading() as connection:
            over = _queue.gone(connection, self._owner, time.time())
            rows = _queue.batches(connection, self._owner, State.MINED, over)
        if not rows:
            return
        self._chain.look()
        requests: list[tuple[str, list[Any]]] = [
            ("eth_getTransactionReceipt", [to_hex(row.tx_hash)]) for row in rows
        ]
        for row, receipt in zip(rows, answers_of(self._node, requests), strict=True):
            self._look_after(row, receipt)

    def _settled(self, batches: Sequence[Batch], signed: Mapping[bytes, Sequence[str]]) -> list[Batch]:
        """Write down what is on chain of batches, each under one of its forms' hashes; returns the others."""
        asked = [
            (batch, tx_hash)
            for batch in batches
            for tx_hash in {*signed.get(batch.data, ()), *filter(None, [self._mined.get(batch.number)])}
        ]
        requests: list[tuple[str, list[Any]]] = [
            ("eth_getTransactionReceipt", [tx_hash]) for _, tx_hash in asked
        ]
        answers = zip(asked, answers_of(self._node, requests), strict=True)
        found = [(batch, receipt) for (batch, _), receipt in answers if receipt is not None]
        self.settling.settle(found)
        numbers = {batch.number for batch, _ in found}
        for number in numbers:
            self._mined.pop(number, None)
        return [batch for batch in batches if batch.number not in numbers]

    def _look_after(self, row: Row[Any], receipt: Mapping[str, Any] | None) -> None:
        if receipt is None:
            log.warning("transaction %s is on the chain no more", to_hex(row.tx_hash))
            with self._database.writing() as connection:
                _queue.drop_batch(connection, row.id)
        elif receipt["blockHash"] != to_hex(row.block_hash):
            # In another block its acts may have ended otherwise.
            with self._database.reading() as connection:
                acts = _queue.held_in(connection, row.id)
            self.settling.settle([(Batch(row.id, row.data, row.gas, acts), receipt)])
        elif self._chain.is_deep(row.block, self._confirmations):
            with self._database.writing() as connection:
                _queue.deepen(connection, row.id)
