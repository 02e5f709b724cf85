"""Taking acts into the queue: checked, acknowledged, kept."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row

from proofdesk._desk import Desk
from proofdesk._errors import ConnectionLost, TransactionError
from proofdesk._records import Opening
from proofdesk._rpc import NodeError
from proofdesk.ops.relay import _queue
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._schema import State
from proofdesk.ops.relay._signing import signing
from proofdesk.ops.relay.acknowledgement import Acknowledgement
from proofdesk.ops.relay.answers import Answer
from proofdesk.ops.relay.chain import Chain
from proofdesk.ops.relay.checks import Candidate, Checks
from proofdesk.ops.relay.control import acknowledgement_of
from proofdesk.ops.relay.limits import GWEI, Limits
from proofdesk.ops.relay.simulation import SPARE_GAS
from proofdesk.signed import SignedAct

log = logging.getLogger("proofdesk.relay")

_ROUND = 200  # acts that are checked together
_HOUR = 3600.0
# Seconds after which another try is worth it.
_SOON, _HALTED, _SPENT = 10, 60, 300


class Intake:
    """The door of a queue. Threads may share it; they are let in one after another."""

    def __init__(
        self, database: Database, desk: Desk, chain: Chain, limits: Limits, include_within: timedelta
    ) -> None:
        self._database = database
        self._desk = desk
        self._chain = chain
        self._limits = limits
        self._include_within = int(include_within.total_seconds())
        self._relayer = desk.sender.address
        self._checks = Checks(desk.node, desk.deployment, self._relayer, limits)
        self._sign = signing(desk)
        self._lock = threading.Lock()

    def take(self, items: Sequence[tuple[SignedAct, Opening | None]]) -> list[Answer]:
        """Answer for each act; those that are acknowledged are kept when this returns."""
        answers: list[Answer] = []
        # Acts of two callers may depend on each other: one round is checked after the other is queued.
        with self._lock:
            for group in _queue.groups(items, _ROUND):
                answers += self._round(group)
        return answers

    def _round(self, items: Sequence[tuple[SignedAct, Opening | None]]) -> list[Answer]:
        # An act that comes twice is one act.
        candidates = {signed.digest: Candidate(signed) for signed, _ in items}
        with self._database.reading() as connection:
            known = _queue.find(connection, [each.digest for each in candidates.values()])
            halted = _queue.halted(connection)
        # What was refused after it had been taken may be tried anew.
        fresh = [
            each
            for each in candidates.values()
            if each.digest not in known or known[each.digest].state == State.REFUSED
        ]
        given: dict[bytes, Acknowledgement] = {}
        try:
            now = self._chain.now()
            self._check(fresh, now, halted)
            given = {each.digest: self._acknowledge(each, now) for each in _open(fresh)}
        except (ConnectionLost, NodeError, TransactionError) as error:
            # Its words name the operator's node, and are for him.
            log.warning("%s: %s", type(error).__name__, error)
            for each in fresh:
                if isinstance(error, TransactionError):
                    words = "the chain asks more for gas now than the relayer may pay"
                    each.refuse("spending", words, retry_after=_SPENT)
                else:
                    each.refuse("no-answer", "the relayer's node does not answer", retry_after=_SOON)
        for signed, opening in items:
            if opening is not None and candidates[signed.digest].refusal is None:
                self._keep(opening)
        with self._database.writing() as connection:
            # Another process may have been faster with the same act, and have brought it to its end already.
            for digest, row in _queue.find(connection, [each.digest for each in fresh]).items():
                known[digest] = row
                if row.state != State.REFUSED:
                    given[digest] = acknowledgement_of(row, self._desk.deployment)
            rows = [self._row(each, given[each.digest], known.get(each.digest)) for each in _open(fresh)]
            _queue.accept(connection, [row for row in rows if row is not None])
        return [self._answer(candidates[signed.digest], given, known) for signed, _ in items]

    def _answer(
        self, candidate: Candidate, given: Mapping[bytes, Acknowledgement], known: Mapping[bytes, Row[Any]]
    ) -> Answer:
        if candidate.digest in given:
            return given[candidate.digest]
        return candidate.refusal or acknowledgement_of(known[candidate.digest], self._desk.deployment)

    def _check(self, fresh: Sequence[Candidate], now: int, halted: str | None) -> None:
        """Refuse what cannot be carried; what has no refusal then can. Raises as asking a node does."""
        for each in fresh:
            if halted is not None:
                each.refuse("halted", f"the relayer was halted: {halted}", retry_after=_HALTED)
            else:
                self._checks.offline(each, now)
        asked = _open(fresh)
        if not asked:
            return
        price = self._chain.gas_price()
        with self._database.reading() as connection:
            self._room(connection, asked, price)
            known = _queue.lanes(connection, [each.ticket for each in asked if each.moves_line])
        self._checks.smart_accounts(asked)
        self._checks.lanes(asked, known)
        asked = _open(asked)
        lines = {each.lane for each in asked if each.lane is not None and each.signed.act != "open"}
        with self._database.reading() as connection:
            ahead = _queue.ahead(connection, [each.ticket for each in asked], lines)
        self._checks.legality(asked, ahead)

    def _room(self, connection: Connection, asked: Sequence[Candidate], price: int) -> None:
        """Refuse what is beyond the limits; `price` is wei for a unit of gas."""
        now, limits = time.time(), self._limits
        window = limits.window.total_seconds()
        uses = _queue.uses(connection, {each.signer for each in asked}, now - window)
        places = limits.queue - _queue.waiting(connection)
        # A batch needs some gas to spare beside its acts'.
        queued = (_queue.queued_gas(connection) + SPARE_GAS) * price // GWEI
        funds = self._chain.balance() // GWEI - queued - _queue.reserved(connection, self._relayer)
        room = limits.gwei_per_hour
        if room is not None:
            room -= _queue.spent(connection, now - _HOUR) + queued
        for each in asked:
            use, allowance = uses[each.signer], limits.of(each.signed.signer)
            later = max(1, int(use.oldest + window - now)) if use.oldest else int(window)
            cost = each.gas * price // GWEI + 1
            if places < 1:
                each.refuse("queue-full", f"{limits.queue} acts wait already", retry_after=_SOON)
            elif use.failures > limits.failures:
                words = f"{use.failures} acts of {each.signed.signer} were refused on chain after they had "
                each.refuse("unreliable", words + "been found legal", retry_after=later)
            elif allowance is not None and use.exceeds(allowance, each.gas):
                words = f"{each.signed.signer} may have {allowance.acts} acts and {allowance.gas:,} gas "
                each.refuse("allowance", f"{words}carried in {limits.window}", retry_after=later)
            elif cost > funds:
                words = f"the relayer's account {self._relayer} cannot pay for more: it needs funds"
                each.refuse("funds", words, retry_after=_SPENT)
            elif room is not None and cost > room:
                words = f"the relayer may spend {limits.wei_per_hour} wei an hour, and has"
                each.refuse("spending", words, retry_after=_SPENT)
            else:
                use.add(each.gas)
                places, funds = places - 1, funds - cost
                room = None if room is None else room - cost

    def _acknowledge(self, candidate: Candidate, now: int) -> Acknowledgement:
        signed = candidate.signed
        return self._sign(
            Acknowledgement(
                act=signed.digest,
                relayer=self._relayer,
                chain_id=signed.chain_id,
                desk=signed.desk,
                received_at=now,
                include_by=min(now + self._include_within, signed.deadline),
                signature="",
            )
        )

    def _row(
        self, candidate: Candidate, given: Acknowledgement, before: Row[Any] | None
    ) -> dict[str, Any] | None:
        """What is kept of an act that is acknowledged now; None where another process was faster."""
        if before is not None and before.state != State.REFUSED:
            return None
        return {
            "digest": candidate.digest,
            "act": candidate.signed.act,
            "signer": candidate.signer,
            "ticket": candidate.ticket,
            "lane": candidate.lane,
            "entry": bytes.fromhex(candidate.signed.entry[2:]),
            "deadline": candidate.signed.deadline,
            "call": candidate.call,
            "gas": candidate.gas,
            "received_at": given.received_at,
            "include_by": given.include_by,
            "relayer": bytes.fromhex(given.relayer[2:]),
            "head": self._chain.head,
            "acknowledgement": bytes.fromhex(given.signature[2:]),
            "queued_at": time.time(),
            "state": State.QUEUED,
            "retry_at": 0.0,
            # Who is tried anew keeps what was paid for him.
            "failures": 0 if before is None else before.failures,
        }

    def _keep(self, opening: Opening) -> None:
        if opening.entry not in self._desk.archive.store:
            self._desk.archive.write(opening)


def _open(candidates: Sequence[Candidate]) -> list[Candidate]:
    return [each for each in candidates if each.refusal is None]
