"""Carrying a queue's acts to the chain: claimed, looked at once more, sent in batches, watched."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from proofdesk._errors import InvalidArgument
from proofdesk._rpc import Node
from proofdesk.ops.relay import _queue
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._queue import Held
from proofdesk.ops.relay.chain import Chain
from proofdesk.ops.relay.flight import Flight
from proofdesk.ops.relay.settling import AGAIN, FAILED, Batch
from proofdesk.ops.relay.simulation import SPARE_GAS, TooMuch, encode_calls, simulate

log = logging.getLogger("proofdesk.relay")

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Batching:
    """How acts are put together: `acts` or `gas` fill a batch, which goes out `after` so long at the latest.

    So many batches go out `at_once`, and a batch's acts are done when it is `confirmations` blocks deep. A
    relayer that was not seen for a `lease` holds nothing any more: others take up what it held.

    Raises InvalidArgument for what cannot be meant.
    """

    acts: int = 50
    gas: int = 12_000_000
    after: timedelta = timedelta(seconds=1)
    at_once: int = 5
    confirmations: int = 1
    lease: timedelta = timedelta(seconds=60)

    def __post_init__(self) -> None:
        if min(self.acts, self.at_once, self.confirmations) < 1 or self.gas < 2 * SPARE_GAS:
            raise InvalidArgument(f"{self}: acts, at_once and confirmations are 1 or more, gas 1,200,000")


@dataclass(frozen=True, slots=True)
class Round:
    """What a step did: acts by what became of them, batches sent; `halted` is why nothing was."""

    claimed: int = 0
    batches: int = 0
    halted: str | None = None


class Carrier:
    """One account's hands in a queue."""

    def __init__(
        self,
        database: Database,
        chain: Chain,
        flight: Flight,
        gwei_per_hour: int | None,
        batching: Batching,
    ) -> None:
        self._database = database
        self._chain = chain
        self._node: Node = chain.node
        self._flight = flight
        self._gwei_per_hour = gwei_per_hour
        self._batching = batching
        self._owner = bytes.fromhex(flight.address[2:])

    def renew(self) -> None:
        """Say that this relayer is there, for one more lease."""
        with self._database.writing() as connection:
            self._renew(connection)

    def step(self, *, flush: bool) -> Round:
        """One round; with `flush` nothing waits for a batch to fill.

        Raises what `Sender.send_many` raises; what was begun is gone on with by the next step.
        """
        with self._database.writing() as connection:
            self._renew(connection)
            _queue.release_unsent(connection, self._owner)
            _queue.take_over(connection, self._owner, time.time())
            halted = _queue.halted(connection)
        self._flight.resume(watch_only=halted is not None)
        self._flight.watch()
        now = time.time()
        with self._database.reading() as connection:
            # It may have been halted while what was in flight was seen to its end.
            halted = _queue.halted(connection)
            count, since = _queue.ripe(connection, now)
        after = self._batching.after.total_seconds()
        if halted is not None or not count:
            return Round(halted=halted)
        if not flush and count < self._batching.acts and now - since < after:
            return Round()
        with self._database.writing() as connection:
            most = self._batching.acts * self._batching.at_once
            claimed = _queue.claim(connection, self._owner, now, most)
        legal = self._pruned(claimed)
        batches = self._reserved(self._grouped(legal))
        self._flight.send(batches)
        return Round(len(claimed), len(batches))

    # -------------------------------------------------------------------------------------- before sending

    def _pruned(self, claimed: Sequence[Held]) -> list[Held]:
        """What is still legal; of the rest each gets its end, or another try."""
        calls = [act.call for act in claimed]
        try:
            errors = simulate(self._node, self._chain.desk, self._flight.address, calls)
        except TooMuch:
            if len(claimed) == 1:
                with self._database.writing() as connection:
                    _queue.refuse(connection, claimed[0].seq, FAILED, paid=False)
                return []
            half = len(claimed) // 2
            with self._database.writing() as connection:
                _queue.release(connection, [act.seq for act in claimed[half:]])
            return self._pruned(claimed[:half])
        refused = [(act, error) for act, error in zip(claimed, errors, strict=True) if error is not None]
        if refused:
            landed = self._chain.landed([act for act, _ in refused])
            with self._database.writing() as connection:
                self._flight.settling.end(connection, refused, landed, paid=False)
        return [act for act, error in zip(claimed, errors, strict=True) if error is None]

    def _grouped(self, acts: Sequence[Held]) -> list[list[Held]]:
        found: list[list[Held]] = []
        gas = 0
        for act in acts:
            full = not found or len(found[-1]) >= self._batching.acts
            if full or gas + act.gas > self._batching.gas:
                found.append([])
                gas = SPARE_GAS
            found[-1].append(act)
            gas += act.gas
        return found

    def _reserved(self, batches: Sequence[Sequence[Held]]) -> list[Batch]:
        """Batches written down, with what they cost at the most, as far as the hour's limit admits them."""
        price = self._chain.gas_price() if batches else 0
        limit, now = self._gwei_per_hour, time.time()
        kept: list[Batch] = []
        with self._database.writing() as connection:
            room = None if limit is None else limit - _queue.spent(connection, now - _HOUR)
            for acts in batches:
                gas = SPARE_GAS + sum(act.gas for act in acts)
                cost = gas * price // 10**9 + 1
                if room is not None and cost > room:
                    _queue.release(connection, [act.seq for act in acts], retry_at=now + AGAIN)
                    # Those behind them may not overtake them.
                    room = 0
                    continue
                room = None if room is None else room - cost
                data = encode_calls([act.call for act in acts])
                number = _queue.add_batch(connection, self._owner, data, gas, cost, now, acts)
                kept.append(Batch(number, data, gas, acts))
        return kept

    def _renew(self, connection: Connection) -> None:
        until = time.time() + self._batching.lease.total_seconds()
        _queue.renew(connection, self._owner, until)
