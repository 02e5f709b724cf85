"""Carrying a queue's acts to the chain: claimed, looked at once more, sent in batches, watched."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from proofdesk._errors import (
    ConfigurationError,
    ContractRevert,
    InsufficientFunds,
    InvalidArgument,
    TransactionError,
)
from proofdesk._rpc import Node
from proofdesk.ops.relay import _batches, _claims, _queue
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._forgetting import Forgetting
from proofdesk.ops.relay._queue import Held
from proofdesk.ops.relay.chain import Chain, making_sense
from proofdesk.ops.relay.flight import Flight
from proofdesk.ops.relay.limits import GWEI
from proofdesk.ops.relay.purse import Purse, cost_of
from proofdesk.ops.relay.settling import AGAIN, FAILED, Batch
from proofdesk.ops.relay.simulation import SPARE_GAS, TooMuch, encode_calls, is_not_yet, simulate

log = logging.getLogger("proofdesk.relay")

_LONG = 5.0  # seconds for which most batches are not in flight


@dataclass(frozen=True, slots=True)
class Batching:
    """How acts are put together: `acts` or `gas` fill a batch, which goes out `after` so long at the latest.

    So many batches go out `at_once`, and a batch's acts are done when it is `confirmations` blocks deep: with
    1 as soon as it is mined, and nobody looks again, so that a reorganisation may take with it what was done.
    A chain that reorganises wants 2 or more; one that only mines what is sent would never come so far. A
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
        purse: Purse,
        batching: Batching,
        forgetting: Forgetting,
    ) -> None:
        self._database = database
        self._chain = chain
        self._node: Node = chain.node
        self._flight = flight
        self._purse = purse
        self._batching = batching
        self._forgetting = forgetting
        self.address = flight.address
        self._owner = bytes.fromhex(flight.address[2:])
        # Since when each step failed, by the clock of time.monotonic(); None where the last one did not.
        self._failing_since: float | None = None

    def renew(self) -> None:
        """Say that this relayer is there, for one more lease; not once it could do nothing for a whole one.

        Others take up then what it had sent, and cannot see to its end.
        """
        with self._database.writing() as connection:
            self._renew(connection)

    def sign_off(self) -> None:
        """Say that this relayer is gone, unless it holds what others would then take up."""
        with self._database.writing() as connection:
            if not _claims.holds(connection, self._owner):
                _claims.renew(connection, self._owner, 0.0)

    def see_funds(self) -> None:
        """Raise InsufficientFunds where the account cannot pay for what it sent a while ago."""
        if self._flight.waits_for() > _LONG:
            self._flight.see_funds()

    def step(self, *, flush: bool) -> Round:
        """One round; with `flush` nothing waits for a batch to fill.

        Raises what `Sender.send_many` raises; what was begun is gone on with by the next step.
        """
        started = time.monotonic()
        try:
            found = self._step(flush=flush)
        except Exception as error:
            # What is only long in being mined is not for others to pay for as well.
            if isinstance(error, InsufficientFunds) or not isinstance(error, TransactionError):
                self._failing_since = self._failing_since or started
            raise
        self._failing_since = None
        return found

    def _step(self, *, flush: bool) -> Round:
        with self._database.writing() as connection:
            self._renew(connection)
            _claims.release_unsent(connection, self._owner)
            _claims.take_over(connection, self._owner)
            halted = _queue.halted(connection)
        self._flight.resume(watch_only=halted is not None)
        self._flight.watch()
        self._forgetting.step()
        now = time.time()
        with self._database.reading() as connection:
            # It may have been halted while what was in flight was seen to its end.
            halted = _queue.halted(connection)
            count, since = _claims.ripe(connection, now)
        after = self._batching.after.total_seconds()
        if halted is not None or not count:
            return Round(halted=halted)
        # Of a clock that was set back, or is another's, nobody waits for the difference.
        if not flush and count < self._batching.acts and 0 <= now - since < after:
            return Round()
        # A node that does not answer is found so before anything is in hand that others could carry.
        self._chain.now()
        with self._database.writing() as connection:
            # The node is there, and what was in flight has landed: it is of use again.
            self._failing_since = None
            self._renew(connection)
            most = self._batching.acts * self._batching.at_once
            claimed = _claims.claim(connection, self._owner, now, most)
        try:
            batches = self._reserved(self._grouped(self._pruned(claimed)))
            self._flight.send(batches)
        except BaseException:
            # Others may have what this one lacks: a node, or money.
            with suppress(ConfigurationError):
                self._flight.let_go()
            raise
        return Round(len(claimed), len(batches))

    # -------------------------------------------------------------------------------------- before sending

    def _pruned(self, claimed: Sequence[Held]) -> list[Held]:
        """What is still legal; of the rest each gets its end, or another try."""
        mine = _queue.unsent(self._owner)
        try:
            errors = self._looked_at(claimed, "latest")
        except TooMuch:
            if len(claimed) == 1:
                self._give_time(claimed[0])
                return []
            half = len(claimed) // 2
            with self._database.writing() as connection:
                _queue.release(connection, mine, [act.seq for act in claimed[half:]])
            return self._pruned(claimed[:half])
        refused = [(act, error) for act, error in zip(claimed, errors, strict=True) if error is not None]
        if refused:
            landed = self._chain.landed([act for act, _ in refused])
            waiting = self._waiting(claimed, refused)
            with self._database.writing() as connection:
                self._flight.settling.end(connection, mine, refused, landed, waiting=waiting)
        return [act for act, error in zip(claimed, errors, strict=True) if error is None]

    def _give_time(self, act: Held) -> None:
        """One act is never too much: the node answers for another one, and may know better later."""
        is_due, mine = self._chain.now() >= act.include_by, _queue.unsent(self._owner)
        with self._database.writing() as connection:
            if is_due:
                _queue.refuse(connection, mine, act.seq, FAILED, paid=False)
            else:
                _queue.release(connection, mine, [act.seq], retry_at=time.time() + AGAIN, error="TooMuch")

    def _waiting(self, claimed: Sequence[Held], refused: Sequence[tuple[Held, ContractRevert]]) -> set[int]:
        """Those of the refused that were legal, or not yet, before the blocks that may still go."""
        if self._batching.confirmations == 1:
            return set()
        self._chain.look()
        deep = hex(max(0, self._chain.head - self._batching.confirmations + 1))
        before = zip(claimed, self._looked_at(claimed, deep), strict=True)
        may_go = {act.seq for act, error in before if error is None or is_not_yet(error)}
        return {act.seq for act, _ in refused} & may_go

    def _looked_at(self, acts: Sequence[Held], block: str) -> list[ContractRevert | None]:
        calls = [act.call for act in acts]
        with making_sense():
            return simulate(self._node, self._chain.desk, self._flight.address, calls, block=block)

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
        if not batches:
            return []
        # What the account held a moment ago may have been spent, or added to.
        self._chain.look()
        price, balance = self._chain.gas_price(), self._chain.balance()
        kept: list[Batch] = []
        short: Held | None = None
        mine, now = _queue.unsent(self._owner), time.time()
        with self._database.writing() as connection:
            if _queue.halted(connection) is not None:
                _claims.release_unsent(connection, self._owner)
                return []
            room, funds = self._purse.room(connection), balance // GWEI
            funds -= _queue.reserved(connection, self.address)
            # What this account alone cannot pay for is put back for others, not to wait.
            is_poor, room = funds < room, min(funds, room)
            for group in batches:
                # Who was away for longer than a lease has lost them to others.
                held = _queue.in_hand(connection, self._owner, [act.seq for act in group])
                acts, gas = _paid_for(held, price, room)
                if acts:
                    cost = cost_of(gas, price)
                    room -= cost
                    data = encode_calls([act.call for act in acts])
                    number = _batches.add(connection, self._owner, data, gas, cost, now, acts)
                    kept.append(Batch(number, data, gas, cost, acts))
                if rest := held[len(acts) :]:
                    later = 0.0 if is_poor else now + AGAIN
                    _queue.release(connection, mine, [act.seq for act in rest], retry_at=later)
                    # Those behind them may not overtake them.
                    short, room = rest[0], 0
        if is_poor and short is not None and not kept:
            needed = cost_of(SPARE_GAS + short.gas, price) * GWEI
            raise InsufficientFunds(self.address, balance=balance, needed=needed)
        return kept

    def _renew(self, connection: Connection) -> None:
        lease = self._batching.lease.total_seconds()
        if self._failing_since is None or time.monotonic() < self._failing_since + lease:
            _claims.renew(connection, self._owner, lease)


def _paid_for(acts: Sequence[Held], price: int, room: float) -> tuple[Sequence[Held], int]:
    """As many acts from the first on as so much gwei pays for in one batch, and the gas of them."""
    gas = SPARE_GAS
    for place, act in enumerate(acts):
        if cost_of(gas + act.gas, price) > room:
            return acts[:place], gas
        gas += act.gas
    return acts, gas
