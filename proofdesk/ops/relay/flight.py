"""Batches on their way: sent once, looked for on the chain before anything is sent again, watched."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row

from proofdesk._errors import InsufficientFunds, TransactionError
from proofdesk._outbox import Call
from proofdesk._rpc import Node
from proofdesk._sender import BatchFailed, Sender
from proofdesk._words import to_hex
from proofdesk.ops.relay import _batches, _claims, _queue
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._journal import DatabaseJournal
from proofdesk.ops.relay._schema import State
from proofdesk.ops.relay.chain import Chain, answers_of, making_sense
from proofdesk.ops.relay.limits import GWEI
from proofdesk.ops.relay.purse import Purse, cost_of, price_of
from proofdesk.ops.relay.settling import Batch, Settling
from proofdesk.ops.relay.simulation import decode_list

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
        purse: Purse,
        confirmations: int,
    ) -> None:
        self._database = database
        self._chain = chain
        self._node: Node = chain.node
        self._new_sender = new_sender
        self._sender = new_sender()
        self._journal = journal
        self._purse = purse
        self._confirmations = confirmations
        self.settling = Settling(database, chain, journal, confirmations)
        self.address = self._sender.address
        self._owner = bytes.fromhex(self.address[2:])
        # What the sender saw mined, by the batches' numbers, until it is written down.
        self._mined: dict[int, str] = {}
        self._sent_at: float | None = None

    def send(self, batches: Sequence[Batch]) -> None:
        """Send batches and write down what became of them; raises as `Sender.send_many`."""
        if not batches:
            return
        calls = [
            Call(self._chain.desk, each.data, gas=each.gas, most=price_of(each.gas, each.cost))
            for each in batches
        ]
        self._sent_at = time.monotonic()
        try:
            outcomes: Sequence[Any] = self._sender.send_many(calls)
        except BatchFailed as error:
            outcomes = error.outcomes
        except TransactionError:
            # Why nobody mines what it waited for, the account may show.
            self.see_funds()
            raise
        finally:
            self._sent_at = None
        for batch, outcome in zip(batches, outcomes, strict=True):
            self._mined[batch.number] = outcome.tx_hash
        # Where there is no receipt now the next step looks again.
        self._settled(batches, {})

    def waits_for(self) -> float:
        """The seconds for which the sender has been waiting for what it was given."""
        sent_at = self._sent_at
        return 0.0 if sent_at is None else time.monotonic() - sent_at

    def see_funds(self) -> None:
        """Raise InsufficientFunds where the account cannot pay for what it has in flight; ConnectionLost."""
        with self._database.reading() as connection:
            needed = _queue.reserved(connection, self.address) * GWEI
        if needed:
            self._chain.look()
            balance = self._chain.balance()
            if balance < needed:
                raise InsufficientFunds(self.address, balance=balance, needed=needed)

    def resume(self, *, watch_only: bool) -> None:
        """Go on with what was being sent when the last step, or the last process, ended in between.

        What is on chain is written down; what is not is sent on, as it was signed, or with `watch_only` left
        where it is.
        """
        with self._database.reading() as connection:
            rows = _batches.of(connection, [self._owner], (State.HELD, State.LEFT))
        if not rows:
            return
        signed = {entry.data: entry.hashes for entry in self._journal.load()}
        with self._database.writing() as connection:
            batches = [_batch(connection, row) for row in self._sent(connection, rows, signed)]
        left = self._settled(batches, signed)
        if not left or watch_only:
            return
        left = self._afforded(self._wanted(left, signed))
        if any(batch.number in self._mined for batch in left):
            # Seen mined, and not there now: behind the node is another one, or the block went. The sender
            # has done with it, and would sign anew; one that has only the journal goes on with what it was.
            self._sender = self._new_sender()
            left = [batch for batch in left if batch.data in signed]
        self.send(left)

    def let_go(self) -> None:
        """Put back what this relayer has in hand and did not send; raises ConfigurationError."""
        sent = self._journal.may_be_out()
        with self._database.writing() as connection:
            self._sent(connection, _batches.of(connection, [self._owner], [State.HELD]), sent)
            _claims.release_unsent(connection, self._owner)

    def watch(self) -> None:
        """See that mined batches stay where they are until they are deep enough."""
        if self._confirmations == 1:
            return
        with self._database.reading() as connection:
            over = _claims.gone(connection, self._owner)
            rows = _batches.of(connection, [self._owner, *over], [State.MINED])
        if not rows:
            return
        self._chain.look()
        any_lost = False
        for row in rows:
            receipt, block = answers_of(
                self._node,
                [
                    ("eth_getTransactionReceipt", [to_hex(row.tx_hash)]),
                    ("eth_getBlockByNumber", [hex(row.block), False]),
                ],
            )
            with making_sense():
                # A node may know a block and not its receipts yet, or be behind.
                is_lost = receipt is None and block is not None and block["hash"] != to_hex(row.block_hash)
                self._look_after(row, receipt, is_lost=is_lost)
            any_lost = any_lost or is_lost
        if any_lost:
            # Blocks may have gone between two looks: nothing goes out again, nor what is new, before what
            # was ahead of it in a line and has gone as well.
            self.watch()

    def _sent(
        self, connection: Connection, rows: Sequence[Row[Any]], sent: Container[bytes]
    ) -> list[Row[Any]]:
        """The batches that were sent; the others nobody can have, and they are dropped."""
        kept = [row for row in rows if row.data in sent or row.id in self._mined]
        over = [row for row in rows if row not in kept]
        for row in over:
            _batches.drop(connection, row.id)
        if over:
            self._journal.forget(connection, {row.data for row in over})
        return kept

    def _wanted(self, batches: Sequence[Batch], signed: Mapping[bytes, Sequence[str]]) -> list[Batch]:
        """The batches that are gone on with.

        Of those whose acts others took up meanwhile, only what the node has: it may yet be mined, and paid.
        """
        kept: list[Batch] = []
        for batch in batches:
            is_whole = len(batch.acts) == len(decode_list(batch.data[4:]))
            forms = signed.get(batch.data, ())
            if is_whole or any(self._answers("eth_getTransactionByHash", forms)):
                kept.append(batch)
                continue
            log.info("batch %d never reached the chain, and others carried its acts", batch.number)
            with self._database.writing() as connection:
                _batches.disband(connection, batch.number)
                self._journal.forget(connection, [batch.data])
        return kept

    def _afforded(self, batches: Sequence[Batch]) -> list[Batch]:
        """Batches with more reserved where the price has risen, as far as the hour's limit admits it."""
        if not batches:
            return []
        price = self._chain.gas_price()
        found: list[Batch] = []
        with self._database.writing() as connection:
            for batch in batches:
                # What was left counted for an hour; what is sent counts until its end.
                _batches.write(connection, batch.number, state=State.HELD)
                more = cost_of(batch.gas, price) - batch.cost
                if 0 < more <= self._purse.room(connection):
                    batch = replace(batch, cost=batch.cost + more)
                    _batches.write(connection, batch.number, cost=batch.cost)
                found.append(batch)
        return found

    def _settled(self, batches: Sequence[Batch], signed: Mapping[bytes, Sequence[str]]) -> list[Batch]:
        """Write down what is on chain of batches, each under one of its forms' hashes; returns the others."""
        asked = [
            (batch, tx_hash)
            for batch in batches
            for tx_hash in {*signed.get(batch.data, ()), *filter(None, [self._mined.get(batch.number)])}
        ]
        answers = self._answers("eth_getTransactionReceipt", [tx_hash for _, tx_hash in asked])
        found = [(batch, receipt) for (batch, _), receipt in zip(asked, answers, strict=True) if receipt]
        self.settling.settle(found)
        numbers = {batch.number for batch, _ in found}
        for number in numbers:
            self._mined.pop(number, None)
        return [batch for batch in batches if batch.number not in numbers]

    def _answers(self, method: str, hashes: Iterable[str]) -> list[Any]:
        return answers_of(self._node, [(method, [tx_hash]) for tx_hash in hashes])

    def _look_after(self, row: Row[Any], receipt: Mapping[str, Any] | None, *, is_lost: bool) -> None:
        if is_lost:
            log.warning("transaction %s is on the chain no more", to_hex(row.tx_hash))
            with self._database.writing() as connection:
                _batches.disband(connection, row.id)
        elif receipt is None:
            return
        elif receipt["blockHash"] != to_hex(row.block_hash):
            # In another block its acts may have ended otherwise.
            with self._database.reading() as connection:
                batch = _batch(connection, row)
            self.settling.settle([(batch, receipt)])
        elif self._chain.is_deep(row.block, self._confirmations):
            with self._database.writing() as connection:
                _batches.deepen(connection, row.id)


def _batch(connection: Connection, row: Row[Any]) -> Batch:
    return Batch(row.id, row.data, row.gas, row.cost, _batches.held_in(connection, row.id))
