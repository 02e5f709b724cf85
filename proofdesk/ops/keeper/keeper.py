"""The keeper: does for a desk what is due, and sleeps until the next thing is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from proofdesk._contract_errors import NothingOverdue, NothingToDo
from proofdesk._desk import Desk
from proofdesk._errors import ConfigurationError, ContractRevert, ProofdeskError, TransactionError
from proofdesk._models import Result
from proofdesk._outbox import Call
from proofdesk._sender import BatchFailed, Sender, TransactionInDoubt, of_desk
from proofdesk.live.reader import ChainReplaced, ForkTooDeep
from proofdesk.ops.keeper.agenda import MEMORY, Agenda, Item, held
from proofdesk.ops.keeper.batches import Batch, Terms, batches, done_by
from proofdesk.ops.keeper.looking import Looking, Moment
from proofdesk.ops.keeper.reading import Reading
from proofdesk.ops.keeper.tally import Tally

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from proofdesk._sender import SenderOptions
    from proofdesk.sending.journal import Entry, JournalFile

log = logging.getLogger("proofdesk.keeper")

_LOOKED_AT = 1000  # items at a time
_LEAST_PAUSE, _LONGEST_TROUBLE = 0.2, 60.0  # seconds
_STUBBORN = 4  # times in vain, after which an item is worth a word


@dataclass(frozen=True, slots=True)
class Round:
    """What a step did: how often which duty, in how many transactions, and how many items it tried in vain.

    `now` is the chain's time, and `next` when something is to be looked at again, both seconds; `next` is
    None where nothing is to come.
    """

    now: int
    next: int | None
    done: Mapping[str, int] = field(default_factory=dict)
    transactions: int = 0
    vain: int = 0


class Keeper:
    """Does what anyone may do for a desk, as soon as it is due, from the account that the desk is seen with.

    `place` is the agenda's file, with the sender's journal beside it; in memory by default, which reads the
    desk's events from their beginning. Options are Sender's. A crash at any moment loses nothing and does
    nothing twice: that is the contracts' promise. Any number of keepers may work for one desk, each with an
    account and a file of its own.

    Raises ConfigurationError for a desk without an account, and for a file that another keeper has.

    >>> with Keeper(desk) as keeper:
    ...     keeper.step().done["expire"]
    0
    """

    def __init__(
        self,
        desk: Desk,
        place: str | Path = MEMORY,
        *,
        terms: Terms | None = None,
        **options: Unpack[SenderOptions],
    ) -> None:
        self.desk = desk
        self.terms = terms or Terms()
        self.tally = Tally()
        self.address = desk.sender.address
        self._deployment = desk.deployment
        with ExitStack() as stack:
            self.agenda = Agenda(place, desk.deployment)
            stack.callback(self.agenda.close)
            self._journal = self._kept(place, stack)
            options = of_desk(desk.deployment, options)
            if self._journal is not None:
                options["journal"] = self._journal
            self._sender = Sender(desk.node, desk.sender.account, **options)
            # Of a process that died; where there is no journal nobody knows.
            self._unfinished = [_call(entry) for entry in self._entries()]
            self._stack = stack.pop_all()
        self._reading = Reading(self.agenda, desk.node, desk.deployment)
        self._looking = Looking(self.agenda, desk.node, desk.deployment, self.address, self.terms.gas)

    def step(self) -> Round:
        """Read what is new, and do all that is due now.

        Raises InsufficientFunds, TransactionError, ConnectionLost, NodeError, and what reading raises; the
        next step goes on where this one stopped.
        """
        before, transactions, vain = self.tally.counts(), self.tally.transactions, 0
        self._finish()
        self._reading.catch_up()
        at = self._looking.moment()
        # What is looked at comes up again later than this: each once in a step.
        begun = at.time
        while items := self._mine(self.agenda.to_look_at(begun, _LOOKED_AT), at):
            vain += self._do(items, at)
            at = self._looking.moment()
        after = self.tally.counts()
        done = {duty: after[duty] - before[duty] for duty in after}
        return Round(at.time, self.agenda.next_look(), done, self.tally.transactions - transactions, vain)

    def run(
        self, stop: threading.Event, *, poll: float = 4.0, told: Callable[[Round], object] | None = None
    ) -> None:
        """Step until `stop` is set: when the next thing is due, and every `poll` seconds for news.

        `told` hears of every step in which something was done or tried in vain. Trouble is logged and
        outlived, but for what does not end by itself: raises ConfigurationError, ChainReplaced, ForkTooDeep.
        """
        trouble = 0.0
        while not stop.is_set():
            try:
                found = self.step()
            except (ConfigurationError, ChainReplaced, ForkTooDeep):
                raise
            except ProofdeskError as error:
                trouble = min(max(2 * trouble, poll), _LONGEST_TROUBLE)
                log.warning("%s: %s", type(error).__name__, error)
                stop.wait(trouble)
                continue
            if trouble:
                trouble = 0.0
                log.info("the trouble is over")
            if told is not None and (found.transactions or found.vain):
                told(found)
            # A chain's clock may stand still while nothing happens on it, or jump: it is looked at anyway.
            until = poll if found.next is None else min(poll, found.next - found.now)
            stop.wait(max(until, _LEAST_PAUSE))

    def close(self) -> None:
        """Let others have the agenda and the journal."""
        self._stack.close()

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ----------------------------------------------------------------------------------------- doing it

    def _kept(self, place: str | Path, stack: ExitStack) -> JournalFile | None:
        """Where what is signed is kept, beside an agenda that nobody else has meanwhile."""
        if str(place) == MEMORY:
            return None
        stack.enter_context(held(Path(f"{place}.lock")))
        if isinstance(self.desk.sender.account, str):
            return None  # the node keeps the key, and nothing is signed here
        # Late: it loads a database.
        from proofdesk.sending.journal import JournalFile

        return stack.enter_context(JournalFile(f"{place}.journal"))

    def _entries(self) -> list[Entry]:
        chain, found = self._deployment.chain_id, self._journal.load() if self._journal else []
        return [entry for entry in found if (entry.sender, entry.chain_id) == (self.address, chain)]

    def _finish(self) -> None:
        """See to its end what was sent before something broke, here or in a process that died."""
        if not self._unfinished:
            return
        calls = self._unfinished
        if self._journal is not None:
            # What has a nonce that the chain has used is over, whosever was mined: duties tell what is left.
            used = self.desk.node.quantity("eth_getTransactionCount", self.address, "latest")
            entries = self._entries()
            for entry in entries:
                if entry.nonce < used:
                    self._sender.forget(entry.id)
            calls = [_call(entry) for entry in entries if entry.nonce >= used]
        self._unfinished = []
        if calls:
            self._send(calls)

    def _mine(self, items: Sequence[Item], at: Moment) -> list[Item]:
        """Of items those whose turn has come; the others are put off until it has."""
        mine = []
        for item in items:
            turn = item.due + self.terms.wait(item)
            if item.tries == 0 and item.due and turn > at.time:
                self.agenda.put_off(item, turn)
            else:
                mine.append(item)
        return mine

    def _do(self, items: Sequence[Item], at: Moment) -> int:
        """Do what of these items can be done now; returns how many were tried in vain."""
        found = self._looking.look(items, at)
        for item, why in found.vain:
            if item.tries >= _STUBBORN:
                log.warning("%s of %s cannot be done: %s", item.duty.name.lower(), item.subject, why)
        self.agenda.look_again([item for item, _ in found.vain], at.time)
        gas = min(self.terms.gas, at.gas_limit // 2)
        packed = list(batches(found.now, found.payments, self.terms.acts, gas))
        undone = len(found.vain)
        for start in range(0, len(packed), self.terms.at_once):
            group = packed[start : start + self.terms.at_once]
            outcomes = self._send([batch.call(self._deployment) for batch in group])
            for batch, outcome in zip(group, outcomes, strict=True):
                undone += self._learn(batch, outcome)
                # What was done its event takes from the agenda; the rest does not hold up the others.
                self.agenda.look_again(batch.items, at.time)
        return undone

    def _send(self, calls: list[Call]) -> Sequence[Result | ContractRevert]:
        try:
            outcomes: Sequence[Result | ContractRevert] = self._sender.send_many(calls)
        except BatchFailed as failed:
            outcomes = failed.outcomes
        except (TransactionInDoubt, TransactionError) as error:
            # Only the same calls made again find out what became of transactions that went out.
            if isinstance(error, TransactionInDoubt) or error.tx_hash is not None:
                self._unfinished = calls
            raise
        self.tally.transactions += len(outcomes)
        return outcomes

    def _learn(self, batch: Batch, outcome: Result | ContractRevert) -> int:
        """Count what a transaction did; returns how many of its items it did not do."""
        if isinstance(outcome, Result):
            done = done_by(outcome, batch)
            self.tally.add(done, int(self.desk.now(outcome.block).timestamp()))
            self.tally.gas_used += outcome.gas_used
            log.info("%s: %d of %d done", outcome.tx_hash, len(done), len(batch.items))
            return len(batch.items) - len(done)
        if isinstance(outcome, (NothingToDo, NothingOverdue)):
            # Another keeper's transaction was in the same block, or in one just before.
            self.tally.for_nothing += 1
            return 0
        self.tally.failed += 1
        log.warning("%s failed as a whole: %s", outcome.tx_hash, outcome)
        return len(batch.items)


def _call(entry: Entry) -> Call:
    return Call(entry.to, entry.data, entry.value, entry.gas)
