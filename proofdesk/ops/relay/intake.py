"""Taking acts into the queue: checked, acknowledged, kept."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from proofdesk._desk import Desk
from proofdesk._errors import ConnectionLost, TransactionError
from proofdesk._records import Opening
from proofdesk._rpc import NodeError
from proofdesk.ops.relay import _queue
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._keeping import keep
from proofdesk.ops.relay._room import SOON, SPENT, Room
from proofdesk.ops.relay._schema import State
from proofdesk.ops.relay._signing import signing
from proofdesk.ops.relay.acknowledgement import Acknowledgement
from proofdesk.ops.relay.answers import Answer
from proofdesk.ops.relay.chain import Chain
from proofdesk.ops.relay.checks import Candidate, Checks
from proofdesk.ops.relay.control import acknowledgement_of
from proofdesk.ops.relay.limits import Limits
from proofdesk.signed import SignedAct

log = logging.getLogger("proofdesk.relay")

_ROUND = 200  # acts that are checked together
_HALTED = 60  # seconds after which another try is worth it


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
        # An act that comes twice is one act; who signed nothing may still have sent one first.
        candidates = {(signed.digest, signed.signature): Candidate(signed) for signed, _ in items}
        with self._database.reading() as connection:
            known = _queue.find(connection, [each.digest for each in candidates.values()])
            halted = _queue.halted(connection)
        # What was refused after it had been taken may be tried anew.
        fresh = [
            each
            for each in candidates.values()
            if each.digest not in known or known[each.digest].state == State.REFUSED
        ]
        for each in candidates.values():
            row = known.get(each.digest)
            # A digest leaves the signature out.
            is_another = row is not None and row.state != State.REFUSED and row.call != each.call
            if is_another and not each.signed.is_signed_by_key():
                words = "the act is known here with another signature, and its signer's key did not make this"
                each.refuse("signature", words)
        chosen: dict[bytes, Candidate] = {}
        now = price = balance = 0
        with _answering(fresh):
            now = self._chain.now()
            asked = self._offline(fresh, now, halted)
            if asked:
                price, balance = self._chain.gas_price(), self._chain.balance()
                chosen = self._check(asked, price, balance)
        self._keep(items, candidates, chosen, known, price, balance)
        given: dict[bytes, Acknowledgement] = {}
        wanted = list(_open(chosen).values())
        # It is a wallet that signs, or the node, where no key is here.
        with _answering(wanted):
            given = {each.digest: self._acknowledge(each, now) for each in wanted}
        if chosen:
            self._write(chosen, given, known, price, balance)
        return [
            self._answer(candidates[signed.digest, signed.signature], chosen, given, known)
            for signed, _ in items
        ]

    def _keep(
        self,
        items: Sequence[tuple[SignedAct, Opening | None]],
        candidates: Mapping[tuple[str, str], Candidate],
        chosen: Mapping[bytes, Candidate],
        known: Mapping[bytes, Row[Any]],
        price: int,
        balance: int,
    ) -> None:
        """Keep the records of acts that are taken, or were; those are refused whose record is not kept."""
        taken = _open(chosen)
        openings = {
            candidates[signed.digest, signed.signature].digest: opening
            for signed, opening in items
            if opening is not None
        }
        openings = {digest: each for digest, each in openings.items() if digest in taken or digest in known}
        refused = keep(self._desk, openings)
        for each in candidates.values():
            each.refusal = each.refusal or refused.get(each.digest)
        lost = [each for digest, each in taken.items() if digest in refused]
        rest = list(_open(taken).values())
        if any(each.follows(before) for each in rest for before in lost):
            # What was legal behind an act that is not taken now may be so no more.
            with _answering(rest):
                self._checks.legality(rest, self._ahead, price, balance)

    def _write(
        self,
        chosen: Mapping[bytes, Candidate],
        given: dict[bytes, Acknowledgement],
        known: dict[bytes, Row[Any]],
        price: int,
        balance: int,
    ) -> None:
        """Keep what is acknowledged, as far as there is room for it still; the rest is refused after all."""
        with self._database.writing() as connection:
            # Another process may have been faster with the same act, and have brought it to its end already.
            for digest, row in _queue.find(connection, chosen).items():
                known[digest] = row
                if row.state != State.REFUSED:
                    given[digest] = acknowledgement_of(row, self._desk.deployment)
            fresh = [
                chosen[digest]
                for digest in given
                if digest not in known or known[digest].state == State.REFUSED
            ]
            self._refuse_halted(fresh, _queue.halted(connection))
            asked = list(_open({each.digest: each for each in fresh}).values())
            Room(connection, self._limits, self._relayer, asked, price, balance).reserve(asked)
            rows = [
                self._row(each, given[each.digest], known.get(each.digest))
                for each in fresh
                if each.refusal is None
            ]
            _queue.accept(connection, rows)
        for each in fresh:
            if each.refusal is not None:
                del given[each.digest]

    def _answer(
        self,
        candidate: Candidate,
        chosen: Mapping[bytes, Candidate],
        given: Mapping[bytes, Acknowledgement],
        known: Mapping[bytes, Row[Any]],
    ) -> Answer:
        if candidate.digest in given:
            is_forged = candidate.refusal is not None and candidate.refusal.code == "signature"
            return candidate.refusal if candidate.refusal and is_forged else given[candidate.digest]
        refusal = candidate.refusal or (
            chosen[candidate.digest].refusal if candidate.digest in chosen else None
        )
        return refusal or acknowledgement_of(known[candidate.digest], self._desk.deployment)

    def _offline(self, fresh: Sequence[Candidate], now: int, halted: str | None) -> list[Candidate]:
        """Refuse what needs no node to be refused; returns the others."""
        self._refuse_halted(fresh, halted)
        for each in fresh:
            if each.refusal is None:
                self._checks.offline(each, now)
        return [each for each in fresh if each.refusal is None]

    def _check(self, asked: Sequence[Candidate], price: int, balance: int) -> dict[bytes, Candidate]:
        """Refuse what cannot be carried; of the rest, one of each digest. Raises as asking a node does."""
        with self._database.reading() as connection:
            # Nothing is counted yet: whose acts these are is not known before the signatures were looked at.
            room = Room(connection, self._limits, self._relayer, asked, price, balance)
            asked = [each for each in asked if not room.refuse(each)]
            known = _queue.lanes(connection, [each.ticket for each in asked if each.moves_line])
        self._checks.smart_accounts(asked)
        chosen: dict[bytes, Candidate] = {}
        for each in asked:
            if each.refusal is None:
                chosen.setdefault(each.digest, each)
        asked = list(chosen.values())
        self._checks.lanes(asked, known)
        self._checks.legality(asked, self._ahead, price, balance)
        self._tell_done(asked)
        with self._database.reading() as connection:
            Room(connection, self._limits, self._relayer, asked, price, balance).reserve(
                [each for each in asked if each.refusal is None]
            )
        return chosen

    def _ahead(self, asked: Sequence[Candidate]) -> Sequence[Row[Any]]:
        lines = {each.lane for each in asked if each.lane is not None and each.signed.act != "open"}
        with self._database.reading() as connection:
            return _queue.ahead(connection, [each.ticket for each in asked], lines)

    def _tell_done(self, asked: Sequence[Candidate]) -> None:
        """Say of acts that nobody can carry any more that somebody else has: nothing is wrong with them."""
        for each, done in self._chain.done_lately([each for each in asked if each.refusal is not None]):
            words = f"the act is on chain already, in block {done.block} by transaction {done.tx_hash}"
            each.refuse("done", words, tx_hash=done.tx_hash, block=done.block)

    def _refuse_halted(self, asked: Sequence[Candidate], halted: str | None) -> None:
        for each in asked if halted is not None else ():
            each.refuse("halted", f"the relayer was halted: {halted}", retry_after=_HALTED)

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

    def _row(self, candidate: Candidate, given: Acknowledgement, before: Row[Any] | None) -> dict[str, Any]:
        """What is kept of an act that is acknowledged now."""
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


@contextmanager
def _answering(asked: Sequence[Candidate]) -> Iterator[None]:
    """Refuse acts where the node does not answer for them, or asks too much."""
    try:
        yield
    except (ConnectionLost, NodeError, TransactionError) as error:
        # Its words name the operator's node, and are for him.
        log.warning("%s: %s", type(error).__name__, error)
        for each in asked:
            if isinstance(error, TransactionError):
                words = "the chain asks more for gas now than the relayer may pay"
                each.refuse("spending", words, retry_after=SPENT)
            else:
                each.refuse("no-answer", "the relayer's node does not answer", retry_after=SOON)


def _open(candidates: Mapping[bytes, Candidate]) -> dict[bytes, Candidate]:
    return {digest: each for digest, each in candidates.items() if each.refusal is None}
