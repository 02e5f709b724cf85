"""The access log: numbers without a gap, links, signatures, and whether who signed could do what he says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from proofdesk._desk import Desk
from proofdesk._errors import ContentSealed, InvalidArgument
from proofdesk._records import Opening
from proofdesk._shell import drive
from proofdesk._words import ticket_of
from proofdesk.ops.audit.audience import Audience, Persons
from proofdesk.ops.audit.chain import Chain, raw
from proofdesk.ops.audit.differences import Kind, Tally
from proofdesk.ops.audit.looking import Looked, look
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
    """Checks a desk's access log; `told` is what of it could be read, in order."""

    def __init__(self, desk: Desk, chain: Chain, audience: Audience, tally: Tally) -> None:
        self._desk, self._chain, self._audience, self._tally = desk, chain, audience, tally
        self._shelf = desk.archive.store.shelf(SHELF)
        self._scope = Scope.of(desk.deployment)
        self.told: list[Access] = []
        # What stands in no entry, or in a sealed one, is not known here.
        self.is_whole = True

    def check(self) -> None:
        """All of it."""
        previous = START
        for number, entry in self._entries():
            self._tally.count("access log")
            if entry is None:
                self.is_whole = False
                continue
            where = f"entry {number} of the access log"
            if entry.previous != previous:
                expected = f"that it follows link {previous}"
                self._tally.add(Kind.LOG_BROKEN, where, expected, f"that it follows link {entry.previous}")
            previous = entry.link
            self._chain.ledger.own(entry.entry, "access")
            self._chain.ledger.expect(entry.link, where)
            self._check_entry(entry, where)

    # --------------------------------------------------------------------------------------------- internal

    def _entries(self) -> Iterator[tuple[int, AccessEntry | None]]:
        """The entries by their numbers; None for one that is none, or is not there though later ones are."""
        left, number = set(self._shelf), 0
        # Nobody leaves a gap of more than there are entries: what lies beyond is no entry.
        most = 2 * len(left) + 64
        while left and number < most:
            number += 1
            place, where = key_of(number), f"entry {number} of the access log"
            if place not in left:
                self._tally.add(Kind.LOG_GAP, where, "an entry, for there are later ones", "nothing")
                yield number, None
                continue
            left.remove(place)
            try:
                yield number, AccessEntry.load(self._shelf.get(place), self._scope, number)
            except AccessLogBroken as error:
                self._tally.add(
                    Kind.LOG_BROKEN, where, "an entry as it was written", f"one that {error.problem}"
                )
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
            self.is_whole = False
            return
        if access.action is None:
            self.is_whole = False
            return
        self.told.append(access)
        self._check_office(access, where)
        self._check_readers(looked, f"entry {entry.entry}, {where}")

    def _check_readers(self, looked: Looked, where: str) -> None:
        if looked.opening is not None:
            self._audience.check(looked, where, looked.opening.record.created_at, Persons())

    def _is_signed(self, entry: AccessEntry) -> bool:
        log = self._desk._core.records.log
        return entry.is_signed_by_key() or drive(log._is_accepted(entry))

    def _check_office(self, access: Access, where: str) -> None:
        """Roles are KEYS_EDITOR's; tickets are opened by offices and customers, erased by who acts on them."""
        at, ledger, ticket = access.at, self._chain.ledger, access.details.get("ticket")
        if at is None:
            return
        held = self._chain.offices.held
        if access.action in _OF_ROLES:
            if not held(access.by, _EDITOR, at):
                self._add(access, where, "an account that holds KEYS_EDITOR")
        elif access.action in _OF_TICKETS:
            if not held(access.by, OFFICES, at) and not self._is_customer(access.by, ticket):
                self._add(access, where, "the ticket's customer, a supervisor, KEYS_EDITOR or ADMIN")
        elif access.action == "erase":
            named = access.details.get("erasure")
            acts = ledger.naming(str(named)) if raw(named) else []
            if not any(act.ticket_id == ticket for act in acts):
                expected = "that it names the act of an erasure of its ticket"
                self._tally.add(Kind.LOG_BROKEN, where, expected, "that it names none")
            elif not self._works_here(access, ticket):
                self._add(access, where, "somebody who acts on the ticket")
        elif not self._works_here(access, ticket):
            self._add(access, where, "somebody of the desk, or the ticket's customer")

    def _works_here(self, access: Access, ticket: object) -> bool:
        """Whether an account ever had an office, a certificate, a role's key, or a part in a ticket."""
        assert access.at is not None  # seen by the caller
        ledger, by = self._chain.ledger, access.by
        is_of_desk = self._chain.offices.held(by, OFFICES, access.at) or ledger.held_certificate(by)
        is_member = any(by in members for members in self._audience.roles.members.values())
        key = raw(ticket)
        has_part = key is not None and ledger.acted(by, str(ticket))
        return is_of_desk or is_member or has_part or bool(ledger.keys_of(by))

    def _is_customer(self, account: str, ticket: object) -> bool:
        key = raw(ticket)
        if key is None:
            return False
        (word,) = self._chain.answers("TicketDesk", "wordOf", [(str(ticket),)])
        try:
            return ticket_of(key, word).customer == account
        except (ValueError, InvalidArgument):
            return False

    def _add(self, access: Access, where: str, expected: str) -> None:
        self._tally.add(
            Kind.LOG_OFFICE, where, f"{expected}, to {access.action}", f"{access.by}, who is none"
        )
