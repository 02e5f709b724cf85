"""The records of tickets: each act's against its entry, erasures against what is gone, and messages."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from proofdesk._desk import Desk
from proofdesk._errors import ContentSealed, IntegrityError
from proofdesk._models import Act
from proofdesk._words import NO_ENTRY, ticket_of, to_hex
from proofdesk.ops.audit.acts import place_of
from proofdesk.ops.audit.audience import Audience, Persons
from proofdesk.ops.audit.chain import Chain
from proofdesk.ops.audit.differences import Kind, Tally
from proofdesk.ops.audit.kinds import fitting
from proofdesk.ops.audit.looking import Looked, State, look
from proofdesk.privacy.erasing import KIND as ERASURE
from proofdesk.privacy.erasing import SHELF as ERASED
from proofdesk.privacy.erasing import Erasure, mark_of
from proofdesk.privacy.threads import KIND as MESSAGE
from proofdesk.privacy.threads import (
    Origin,
    entries_in,
    origin_in,
    origin_of,
    owner_of,
    root_of,
    thread_of,
)

_NONE: Final = to_hex(NO_ENTRY)


@dataclass(frozen=True, slots=True)
class _Named:
    """An act and what is kept for its entry."""

    before: Act | None
    act: Act
    looked: Looked


class Records:
    """Checks what a store keeps for the acts of a desk's tickets."""

    def __init__(self, desk: Desk, chain: Chain, audience: Audience, tally: Tally) -> None:
        self._desk, self._chain, self._audience, self._tally = desk, chain, audience, tally
        self._ledger = chain.ledger

    def check_ticket(self, acts: Sequence[Act]) -> None:
        """Every record of a ticket's acts, and its messages."""
        archive, named = self._desk.archive, []
        for before, act in zip((None, *acts), acts, strict=False):
            if act.entry != _NONE:
                self._ledger.own(act.entry, "act")
                named.append(_Named(before, act, look(archive, act.entry)))
        # An act that opens nothing is a difference of its own by now.
        if not named:
            return
        erasures = [
            (each.looked.opening, erasure)
            for each in named
            if each.looked.opening and (erasure := Erasure.of(each.act, each.looked.opening.record))
        ]
        roots = [origin_of(opening) for opening, erasure in erasures if erasure.covers(acts[0])]
        if (first := named[0].looked.opening) is not None:
            roots.insert(0, root_of(first, acts[0]))
        for opening, _ in erasures:
            self._ledger.add_erasure(opening.entry)
        self._ledger.has_sealed_acts |= any(each.looked.state is State.SEALED for each in named[1:])
        if not roots and first is None:
            # Without the record that opened it nothing leads to its messages.
            self._ledger.hide(acts[0].ticket_id)
        persons = self._persons(acts)
        gone = [erasure for _, erasure in erasures]
        seen: set[str] = set()
        for each in named:
            self._check_record(each, gone, each.act.entry not in seen)
            if each.looked.opening is not None and each.act.entry not in seen and self._is_own(each):
                self._audience.check(each.looked, _where(each.looked, each.act), each.act.at, persons)
            seen.add(each.act.entry)
        for place, root in enumerate(roots, 1):
            self._check_thread(acts, root, gone, persons, is_last=place == len(roots))

    def check_evidence(self) -> None:
        """The records of exams and of revoked certificates."""
        for each in self._chain.evidence:
            self._ledger.own(each.entry, each.kind)
            looked = look(self._desk.archive, each.entry)
            where = f"entry {each.entry}, {each.where}"
            count(self._tally, looked, where)
            if looked.opening is None:
                continue
            record = looked.opening.record
            if record.kind != each.kind:
                self._tally.add(
                    Kind.WRONG_KIND, where, f"a record of kind {each.kind}", f"one of kind {record.kind}"
                )
            self._audience.check(looked, where, record.created_at, Persons())

    # -------------------------------------------------------------------------------------- records of acts

    def _check_record(self, named: _Named, erasures: Sequence[Erasure], is_first: bool) -> None:
        act, looked = named.act, named.looked
        where = _where(looked, act)
        covering = [erasure for erasure in erasures if erasure.covers(act)]
        if looked.state is State.ERASED or (looked.state is State.MISSING and covering):
            self._check_tombstone(looked, where, act, covering)
            return
        count(self._tally, looked, where, is_first=is_first)
        if looked.opening is not None:
            self._check_fits(named, where)
        if covering and looked.is_there and self._is_to_go(named):
            by = covering[0].act
            expected = f"a tombstone: it was erased on {by.at} by {by.actor}, {place_of(by)}"
            self._tally.add(Kind.NOT_ERASED, where, expected, "its content")
        elif looked.is_there and act.entry in self._desk.archive.store.shelf(ERASED):
            self._tally.add(Kind.NOT_ERASED, where, "its tombstone, which the store has aside", "its content")

    def _check_tombstone(self, looked: Looked, where: str, act: Act, covering: Sequence[Erasure]) -> None:
        """Somebody erased it by a later act of the ticket; of a sealed erasure only the act is known."""
        backing = [
            each for each in self._ledger.naming(looked.erasure or "0x") if each.ticket_id == act.ticket_id
        ]
        is_sealed = (
            looked.erasure is not None and look(self._desk.archive, looked.erasure).state is State.SEALED
        )
        if covering or (is_sealed and any(each.number > act.number for each in backing)):
            self._tally.count("erased")
            return
        expected = "an act of its ticket that erased it: when, by whom, on which ground"
        self._tally.add(Kind.UNBACKED, where, expected, f"a tombstone that names entry {looked.erasure}")

    def _check_fits(self, named: _Named, where: str) -> None:
        record = named.looked.opening.record if named.looked.opening else None
        kinds = fitting(named.before, named.act)
        if record is None:
            return
        if not self._is_own(named):
            owner = record.ticket if record.ticket else "another one"
            expected = f"a record that was written for ticket {named.act.ticket_id}"
            self._tally.add(Kind.FOREIGN, where, expected, f"one of ticket {owner}")
        elif record.kind not in kinds:
            expected = f"a record of kind {' or '.join(sorted(kinds))}"
            self._tally.add(Kind.WRONG_KIND, where, expected, f"one of kind {record.kind}")

    def _is_own(self, named: _Named) -> bool:
        """Whether a record that opened is its act's ticket's: entries are public, anybody can name one."""
        opening, act = named.looked.opening, named.act
        if opening is None:
            return False
        if opening.record.kind == "open":
            return owner_of(act.entry, opening.record, self._ledger.naming(act.entry)) == act.ticket_id
        return opening.record.ticket == act.ticket_id

    def _is_to_go(self, named: _Named) -> bool:
        """Whether an erasure that covers an act took its record: those of erasures stay, and others'."""
        if named.looked.opening is not None:
            return named.looked.opening.record.kind != ERASURE and self._is_own(named)
        return {each.ticket_id for each in self._ledger.naming(named.act.entry)} == {named.act.ticket_id}

    # --------------------------------------------------------------------------------------------- messages

    def _check_thread(
        self,
        acts: Sequence[Act],
        root: Origin,
        erasures: Sequence[Erasure],
        persons: Persons,
        *,
        is_last: bool,
    ) -> None:
        ticket, row = acts[0].ticket_id, thread_of(self._desk.archive.store, root.salt)
        entries = entries_in(row)
        if entries and not is_last:
            expected = "no message: they were erased with the record that opened the ticket"
            self._tally.add(
                Kind.NOT_ERASED, f"thread of ticket {ticket}", expected, f"{len(entries)} messages"
            )
        for number, entry in enumerate(entries, 1):
            where = f"message {number} of ticket {ticket}, entry {entry}"
            self._ledger.point(row.key(number))
            self._tally.count("messages")
            if entry == _NONE:
                self._tally.add(Kind.THREAD, where, "the entry of a message", "what is none")
                continue
            self._ledger.own(entry, MESSAGE)
            self._ledger.expect(entry, where)
            self._check_message(look(self._desk.archive, entry), where, acts, erasures, persons)

    def _check_message(
        self, looked: Looked, where: str, acts: Sequence[Act], erasures: Sequence[Erasure], persons: Persons
    ) -> None:
        covering = [each for each in erasures if each.after == looked.entry]
        if looked.state is State.ERASED:
            if covering or any(self._took(each, looked) for each in erasures):
                self._tally.count("erased")
            else:
                expected = "an act of its ticket that erased it: when, by whom, on which ground"
                self._tally.add(
                    Kind.UNBACKED, where, expected, f"a tombstone that names entry {looked.erasure}"
                )
            return
        count(self._tally, looked, where)
        if covering and looked.is_there:
            expected = f"a tombstone: it was erased by {place_of(covering[0].act)}"
            self._tally.add(Kind.NOT_ERASED, where, expected, "its content")
        if looked.opening is None:
            return
        record = looked.opening.record
        if (record.kind, record.ticket) != (MESSAGE, acts[0].ticket_id):
            found = f"a record of kind {record.kind} of ticket {record.ticket}"
            self._tally.add(Kind.THREAD, where, "a message of this ticket", found)
            return
        self._audience.check(looked, where, record.created_at, persons)

    # --------------------------------------------------------------------------------------------- internal

    def _took(self, erasure: Erasure, message: Looked) -> bool:
        """Whether a message's tombstone is of an erasure."""
        opening = look(self._desk.archive, erasure.act.entry).opening
        return opening is not None and mark_of(opening, message.entry) == message.erasure

    def _persons(self, acts: Sequence[Act]) -> Persons:
        first, origin = acts[0], None
        customer = ticket_of(bytes.fromhex(first.ticket_id[2:]), first.word).customer
        with suppress(IntegrityError, ContentSealed):
            origin = origin_in(self._desk.archive, acts)
        return self._audience.persons(first.ticket_id, customer, origin)


def count(tally: Tally, looked: Looked, where: str, *, is_first: bool = True) -> None:
    """Count a record by its state; what is missing or tampered with is a difference."""
    if looked.state is State.MISSING:
        tally.add(Kind.MISSING, where, "its record in the store", "nothing")
    elif looked.state is State.TAMPERED:
        tally.add(Kind.TAMPERED, where, "the content that the chain holds the hash of", looked.problem)
    elif is_first:
        tally.count(looked.state.value)


def _where(looked: Looked, act: Act) -> str:
    return f"entry {looked.entry}, {place_of(act)}"
