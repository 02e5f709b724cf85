"""The access log: numbers without a gap, links, signatures, and whether who signed could do what he says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from proofdesk._desk import Desk
from proofdesk._errors import ContentSealed, InvalidArgument
from proofdesk._records import Opening
from proofdesk._shell import drive
from proofdesk._words import ticket_of
from proofdesk.ops.audit.audience import Audience, Persons
from proofdesk.ops.audit.chain import Chain, raw
from proofdesk.ops.audit.differences import Kind, Tally
from proofdesk.ops.audit.looking import State, look
from proofdesk.ops.audit.records import count
from proofdesk.privacy.access_entry import (
    SHELF,
    START,
    Access,
    AccessEntry,
    AccessLogBroken,
    key_of,
    told,
)
from proofdesk.privacy.grants import OFFICES
from proofdesk.privacy.keys import Scope

_EDITOR: Final = (10,)  # KEYS_EDITOR of the access manager
_OF_ROLES: Final = frozenset({"create", "share", "unshare", "rotate"})
_OF_TICKETS: Final = frozenset({"grant", "revoke"})


class AccessLogCheck:
    """Checks a desk's access log; `told` is what somebody said there who could, in order.

    `untold` are the numbers of entries of which it is not known what they say: sealed, gone, broken.
    """

    def __init__(self, desk: Desk, chain: Chain, audience: Audience, tally: Tally) -> None:
        self._desk, self._chain, self._audience, self._tally = desk, chain, audience, tally
        self._shelf = desk.archive.store.shelf(SHELF)
        self._scope = Scope.of(desk.deployment)
        self.told: list[Access] = []
        self.untold: list[int] = []
        self.is_broken = False

    def check(self) -> None:
        """All of it."""
        previous: str | None = START
        for number, entry in self._entries():
            self._tally.count("access log")
            if entry is None:
                # What the next one should follow is not known either.
                previous, self.is_broken = None, True
                self.untold.append(number)
                continue
            where = f"entry {number} of the access log"
            if previous not in (None, entry.previous):
                self.is_broken = True
                expected = f"that it follows link {previous}"
                self._tally.add(Kind.LOG_BROKEN, where, expected, f"that it follows link {entry.previous}")
            previous = entry.link
            self._chain.ledger.own(entry.entry, "access")
            self._chain.ledger.expect(entry.link, where)
            self._check_entry(entry, where)

    @property
    def may_hide_grants(self) -> bool:
        """Whether it may hold grants that are not known here: none is older than the first ticket."""
        first = self._chain.ledger.opened_at()
        before = [each.number for each in self.told if first is None or (each.at and each.at <= first)]
        return self.is_broken or any(number > max(before, default=0) for number in self.untold)

    # --------------------------------------------------------------------------------------------- internal

    def _entries(self) -> Iterator[tuple[int, AccessEntry | None]]:
        """The entries by their numbers; None for one that is none, or is not there though later ones are."""
        left = set(self._shelf)
        # Nobody leaves a gap of more than there are entries: what lies beyond is none.
        places = {number: key_of(number) for number in range(1, 2 * len(left) + 2)}
        last = max((number for number, place in places.items() if place in left), default=0)
        for number in range(1, last + 1):
            place, where = places[number], f"entry {number} of the access log"
            if place not in left:
                self._tally.add(Kind.LOG_GAP, where, "an entry, for there are later ones", "nothing")
                yield number, None
                continue
            left.remove(place)
            try:
                yield number, AccessEntry.load(self._shelf.get(place), self._scope, number)
            except AccessLogBroken as error:
                found = f"one that {error.problem}"
                self._tally.add(Kind.LOG_BROKEN, where, "an entry as it was written", found)
                yield number, None
        for place in sorted(left):
            where = f"shelf {SHELF} of the store, {place}"
            self._tally.add(Kind.LOG_BROKEN, where, "numbered entries alone", "what has no number")

    def _check_entry(self, entry: AccessEntry, where: str) -> None:
        if not self._is_signed(entry):
            self._tally.add(Kind.LOG_SIGNATURE, where, f"a signature of {entry.by}", "another, or none")
        looked = look(self._desk.archive, entry.entry)
        count(self._tally, looked, f"entry {entry.entry}, {where}")
        opening: Opening | ContentSealed = looked.opening or ContentSealed(entry.entry)
        try:
            access = told(entry, opening)
        except AccessLogBroken as error:
            self._tally.add(Kind.LOG_BROKEN, where, "what its record says", f"an entry that {error.problem}")
            self.is_broken = True
            return
        if access.at is None or looked.opening is None:
            self.is_broken |= looked.state is not State.SEALED
            self.untold.append(entry.number)
            return
        if self._could(access, access.at, where):
            self.told.append(access)
        self._audience.check(looked, f"entry {entry.entry}, {where}", access.at, Persons())

    def _is_signed(self, entry: AccessEntry) -> bool:
        log = self._desk._core.records.log
        return entry.is_signed_by_key() or drive(log.is_accepted(entry))

    def _could(self, access: Access, at: datetime, where: str) -> bool:
        """Roles are KEYS_EDITOR's; offices and customers open tickets, and who works here does the rest."""
        ticket, held = access.details.get("ticket"), self._chain.offices.held
        if access.action in _OF_ROLES:
            could, who = held(access.by, _EDITOR, at), "an account that holds KEYS_EDITOR"
        elif access.action in _OF_TICKETS:
            could = held(access.by, OFFICES, at) or self._is_customer(access.by, ticket)
            who = "the ticket's customer, a supervisor, KEYS_EDITOR or ADMIN"
        else:
            could = self._works_here(access.by, at, ticket)
            who = "somebody of the desk, or the ticket's customer"
        if not could:
            found = f"{access.by}, who is none"
            self._tally.add(Kind.LOG_OFFICE, where, f"{who}, to {access.action}", found)
        elif access.action == "erase" and not self._is_erasure(access.details.get("erasure"), ticket):
            expected = "that it names the act of an erasure of its ticket"
            self._tally.add(Kind.LOG_BROKEN, where, expected, "that it names none")
        return could

    def _is_erasure(self, entry: object, ticket: object) -> bool:
        acts = self._chain.ledger.naming(str(entry)) if raw(entry) else []
        return any(act.ticket_id == ticket for act in acts)

    def _works_here(self, by: str, at: datetime, ticket: object) -> bool:
        """Whether an account ever had an office, a certificate, a key, or a part in a ticket."""
        ledger = self._chain.ledger
        is_of_desk = self._chain.offices.held(by, OFFICES, at) or ledger.held_certificate(by)
        has_part = raw(ticket) is not None and ledger.acted(by, str(ticket))
        return is_of_desk or has_part or bool(ledger.keys_of(by))

    def _is_customer(self, account: str, ticket: object) -> bool:
        key = raw(ticket)
        if key is None:
            return False
        (word,) = self._chain.answers("TicketDesk", "wordOf", [(str(ticket),)])
        try:
            return ticket_of(key, word).customer == account
        except (ValueError, InvalidArgument):
            return False
