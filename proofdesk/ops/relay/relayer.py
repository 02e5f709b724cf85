"""The relayer: takes signed acts, gives its word for them, and carries them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from proofdesk._desk import Desk
from proofdesk._errors import ConfigurationError, InvalidArgument, ProofdeskError
from proofdesk._records import Opening
from proofdesk._sender import Sender
from proofdesk.ops.relay import records
from proofdesk.ops.relay._forgetting import Forgetting
from proofdesk.ops.relay._health import tell
from proofdesk.ops.relay._journal import DatabaseJournal
from proofdesk.ops.relay.answers import Answer, Fate
from proofdesk.ops.relay.carrier import Batching, Carrier, Round
from proofdesk.ops.relay.chain import Chain
from proofdesk.ops.relay.control import Control
from proofdesk.ops.relay.flight import Flight
from proofdesk.ops.relay.intake import Intake
from proofdesk.ops.relay.limits import Limits
from proofdesk.ops.relay.purse import Purse
from proofdesk.signed import SignedAct

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from proofdesk._sender import SenderOptions

log = logging.getLogger("proofdesk.relay")

Item: TypeAlias = "tuple[SignedAct, Opening | None]"

_POLL = 0.2  # seconds between looks into a queue that another process may fill


class Relayer:
    """Carries signed acts for a desk from one account, out of a queue that several relayers may share.

    Those who share one are to have the same roles: any of them may carry any act, a gated lane's opening too.

    `desk` is connected with the relayer's account, which pays and signs acknowledgements; `queue` a file of
    SQLite or the URL of a database. An act is to be on chain `include_within` of its acknowledgement. Options
    are Sender's. Threads may share it, and processes that only take acts may share its account; one process
    at a time carries.

    Raises ConfigurationError for a desk without an account, and for a database that cannot be this queue.

    >>> relayer.submit([customer.tickets.sign_open(lane="cards", content="Where is my card?")])[0].act[:2]
    '0x'
    >>> relayer.step(flush=True).batches
    1
    """

    def __init__(
        self,
        desk: Desk,
        queue: str | Path,
        *,
        limits: Limits | None = None,
        include_within: timedelta = timedelta(minutes=5),
        batching: Batching | None = None,
        **options: Unpack[SenderOptions],
    ) -> None:
        if include_within < timedelta(seconds=1):
            raise InvalidArgument(f"include_within {include_within}: pass a second or more")
        self.desk = desk
        self.address = desk.sender.address
        self.limits = limits or Limits()
        self.batching = batching or Batching()
        if 2 * self.batching.after > include_within:
            raise InvalidArgument(
                f"a batch waits {self.batching.after} to be filled, and an act is promised within "
                f"{include_within}: promise twice the wait at the least, so that there is time to be mined"
            )
        self._stack = ExitStack()
        self.control = self._stack.enter_context(Control(queue, desk.deployment))
        self._database = self.control.database
        self._chain = Chain(desk.node, desk.deployment, self.address, options.get("max_fee_per_gas"))
        self._intake = Intake(self._database, desk, self._chain, self.limits, include_within)
        self._options = options
        self._carrier: Carrier | None = None
        self._holding = ExitStack()
        self._is_held: Callable[[], bool] = bool
        self._stepping = threading.Lock()
        self._news = threading.Event()
        self._is_closed = False

    # ---------------------------------------------------------------------------------------- taking acts

    def submit(self, acts: Iterable[SignedAct], records: Sequence[str | bytes] = ()) -> list[Answer]:
        """Check acts and queue those that can be carried; an answer for each, in their order.

        `records` are of these acts, in the clear or sealed to the desk's keyring; those of acts that are
        taken are kept in its archive, sealed where the desk's records are. An act handed in again is
        acknowledged as before, and one whose record cannot be kept is refused. Raises RefusedRecord, in
        which case nothing was taken; ConfigurationError where the database fails; StoreUnavailable.
        """
        given = list(acts) if isinstance(acts, Iterable) else [acts]
        for act in given:
            if not isinstance(act, SignedAct):
                raise InvalidArgument(
                    f"a {type(act).__name__} is no signed act: SignedAct.from_json reads one"
                )
        found = self.read_records(records, given)
        return self.take_in([(act, found.get(act.digest)) for act in given])

    def read_records(self, contents: Sequence[str | bytes], acts: Iterable[SignedAct]) -> dict[str, Opening]:
        """Records by the digests of the acts they are of; raises RefusedRecord, StoreUnavailable."""
        return records.read(contents, acts, self.desk.archive.codec)

    def take_in(self, items: Sequence[Item]) -> list[Answer]:
        """As `submit`, of acts with the records that open their entries, which were read already."""
        if self._is_closed:
            raise ConfigurationError("this relayer was closed: what it promised now nobody would keep")
        answers = self._intake.take(items)
        self._news.set()
        return answers

    def fate(self, digest: str) -> Fate | None:
        """What became of an act, by its digest; None for one that was never acknowledged here.

        >>> relayer.fate(signed.digest).stage.value
        'done'
        """
        return self.control.fate(digest)

    def counts(self) -> Mapping[str, int]:
        """How many acts of the queue stand where: queued, sent (or about to be), mined, done, refused."""
        return self.control.counts()

    def halt(self, reason: str) -> None:
        """Stop taking and sending, on every relayer of this queue; what is in flight is seen to its end.

        Raises InvalidArgument for an empty reason: it is what submitters are told.
        """
        self.control.halt(reason)

    def resume(self) -> None:
        """Take and send again."""
        self.control.resume()
        self._news.set()

    @property
    def halted(self) -> str | None:
        """Why this queue's relayers stand still; None while they work."""
        return self.control.halted

    # ------------------------------------------------------------------------------------------- carrying

    def begin(self) -> None:
        """Take the account in hand, so that no other process carries with it; a step does so by itself.

        Raises ConfigurationError while another process does.
        """
        with self._stepping:
            self._begun()

    def step(self, *, flush: bool = False) -> Round:
        """One round: take acts into hand, look at them once more, send them, see them mined.

        With `flush` no batch waits to be filled. Raises ConfigurationError while another process carries with
        this account, and what `Sender.send_many` raises; the next step goes on where this one stopped.
        """
        with self._stepping:
            return self._begun().step(flush=flush)

    def run(self, stop: threading.Event, *, poll: float = _POLL) -> None:
        """Step until `stop` is set, looking for news every `poll` seconds; trouble is logged and outlived.

        Raises ConfigurationError while another process carries with this account.
        """
        self.begin()
        often = self.batching.lease.total_seconds() / 3
        heart = threading.Thread(target=self._beat, args=(stop, often), daemon=True)
        heart.start()
        # Not the heart's: a node that answers nothing holds up who asks it. Nobody waits for its end.
        threading.Thread(target=tell, args=(self, stop, often), daemon=True).start()
        pause, halted = poll, None
        while not stop.is_set():
            self._news.clear()
            try:
                found = self.step()
            except Exception as error:  # whatever it is: words were given that only this thread keeps
                if isinstance(error, ProofdeskError):
                    log.warning("%s: %s", type(error).__name__, error)
                else:
                    log.exception("a step failed in a way that nobody thought of")
                stop.wait(pause)
                pause = min(2 * pause, 10.0)
                continue
            if pause > poll:
                log.info("the trouble is over")
            pause = poll
            if found.halted != halted:
                halted = found.halted
                if halted is None:
                    log.info("the halt is over")
                else:
                    log.warning("halted, nothing is taken or sent: %s", halted)
            if not found.claimed:
                self._news.wait(poll)
        heart.join()
        self._sign_off()

    def _begun(self) -> Carrier:
        """What carries, from the moment on in which no other process has the account. Under the lock."""
        if self._carrier is not None and self._is_held():
            return self._carrier
        self._carrier = None
        self._holding.close()
        account = self.desk.sender.account
        with ExitStack() as stack:
            self._is_held = stack.enter_context(self._database.held_by(self.address))
            journal = DatabaseJournal(self._database, self.address)
            # The sender waits until a batch is mined; how deep it gets is watched while others go out.
            options: SenderOptions = {"timeout": 60.0, **self._options, "confirmations": 1}
            options["chain_id"] = self.desk.deployment.chain_id
            if not isinstance(account, str):
                # For an account whose key the node keeps there is nothing to keep here.
                options["journal"] = journal
            purse = Purse(self.limits.gwei_per_hour)
            flight = Flight(
                self._database,
                self._chain,
                partial(Sender, self.desk.node, account, **options),
                journal,
                purse,
                self.batching.confirmations,
            )
            forgetting = Forgetting(self._database, self.limits)
            self._carrier = Carrier(self._database, self._chain, flight, purse, self.batching, forgetting)
            self._holding = stack.pop_all()
        return self._carrier

    def _sign_off(self) -> None:
        try:
            with self._stepping:
                self._begun().sign_off()
        except ProofdeskError as error:
            log.warning("it is said to work for a while yet: %s", error)

    def _beat(self, stop: threading.Event, often: float) -> None:
        # A step may take longer than a lease: a block may be long in coming.
        while not stop.wait(often):
            carrier = self._carrier
            try:
                if carrier is not None:
                    carrier.renew()
                    # What waits in vain for being mined waits for long without a word.
                    carrier.see_funds()
            except Exception as error:  # as in `run`: it beats for as long as that goes on
                log.warning("while it works: %s: %s", type(error).__name__, error)

    def close(self) -> None:
        """Let others carry with this account, and close the database; the queue stands."""
        self._is_closed = True
        self._holding.close()
        self._stack.close()

    def __enter__(self) -> Relayer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
