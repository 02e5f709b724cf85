"""What a store keeps beside what the chain, threads and the access log name: nothing should be left over."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Final

from proofdesk._desk import Desk
from proofdesk._errors import ContentMissing
from proofdesk._records import Opening
from proofdesk.ops.audit.chain import Chain
from proofdesk.ops.audit.differences import Kind, Tally
from proofdesk.ops.audit.looking import Looked, State, look
from proofdesk.privacy.erasing import KIND as ERASURE
from proofdesk.privacy.erasing import SHELF as ERASED
from proofdesk.privacy.erasing import Erasure, mark_of
from proofdesk.privacy.threads import KIND as MESSAGE
from proofdesk.privacy.threads import SHELF as THREADS
from proofdesk.privacy.threads import entry_in

# Records are kept before the acts that name them are sent, and pointers after messages.
UNDER_WAY: Final = timedelta(minutes=10)


class Leftovers:
    """Looks at each content that nothing has named so far."""

    def __init__(self, live: Desk, desk: Desk, chain: Chain, tally: Tally) -> None:
        self._archive, self._chain, self._tally = desk.archive, chain, tally
        # What is gone from the log named some of it.
        self.has_broken_log = False
        self._later: Collection[str] = chain.later_entries(live)

    def check(self, progress: Callable[[], None]) -> None:
        """Every record of the store; `progress` is called for each."""
        for entry in self._archive.store:
            progress()
            if self._chain.ledger.owner(entry) is None and entry not in self._later:
                self._check_entry(look(self._archive, entry))

    def check_threads(self) -> None:
        """Every pointer to a message."""
        shelf = self._archive.store.shelf(THREADS)
        for place in shelf:
            if self._chain.ledger.is_pointed(place):
                continue
            if self._chain.ledger.is_hidden():
                self._tally.count("pointers of threads that no key at hand opens")
                continue
            try:
                pointed = look(self._archive, entry_in(shelf.get(place)))
            except ContentMissing:
                continue  # erased since it was listed
            is_message = pointed.opening is not None and pointed.opening.record.kind == MESSAGE
            if not (is_message and is_under_way(pointed)):
                where = f"shelf {THREADS} of the store, {place}"
                self._tally.add(
                    Kind.THREAD, where, "pointers to which a thread leads", "one that stands alone"
                )

    # --------------------------------------------------------------------------------------------- internal

    def _check_entry(self, looked: Looked) -> None:
        where = f"entry {looked.entry} of the store"
        if looked.state is State.ERASED:
            self._check_tombstone(looked, where)
        elif looked.state is State.TAMPERED:
            expected = "a record that belongs to an act, a thread or a log"
            self._tally.add(Kind.TAMPERED, where, expected, looked.problem)
        elif looked.is_there and looked.entry in self._archive.store.shelf(ERASED):
            self._tally.add(Kind.NOT_ERASED, where, "its tombstone, which the store has aside", "its content")
        elif looked.state is State.SEALED and self._chain.ledger.is_hidden():
            self._tally.count(State.SEALED.value)
        elif looked.is_there:
            self._check_record(looked, where)

    def _check_record(self, looked: Looked, where: str) -> None:
        record = None if looked.opening is None else looked.opening.record
        if is_under_way(looked):
            self._tally.count("under way")
            return
        if self.has_broken_log and (record is None or record.kind == "access"):
            return  # of an entry that is gone, which is a difference by now
        if record is not None and record.kind == MESSAGE and self._chain.ledger.is_hidden(record.ticket):
            self._tally.count("messages of tickets that no key at hand opens")
            return
        found = "one that no key at hand opens" if record is None else f"one of kind {record.kind}"
        expected = "a record that an act, a certificate, a thread or the access log names"
        self._tally.add(Kind.UNOWNED, where, expected, found)

    def _check_tombstone(self, looked: Looked, where: str) -> None:
        """Of a message that went with its ticket only the erasure is known."""
        for act in self._chain.ledger.naming(looked.erasure or "0x"):
            found = look(self._archive, act.entry)
            if found.state is State.SEALED:
                self._tally.count("erased")
                return
            erasure = Erasure.of(act, found.opening.record) if found.opening is not None else None
            if erasure is not None and self._took(erasure, looked.entry):
                self._tally.count("erased")
                return
        is_marked = any(mark_of(opening, looked.entry) == looked.erasure for opening in self._erasures)
        # Of one that no key at hand opens nobody here knows the mark.
        if is_marked or self._chain.ledger.has_sealed_acts:
            self._tally.count("erased")
            return
        expected = f"that it names the act of an erasure (a record of kind {ERASURE}) that took it"
        self._tally.add(Kind.UNBACKED, where, expected, f"a tombstone that names entry {looked.erasure}")

    @cached_property
    def _erasures(self) -> list[Opening]:
        found = (look(self._archive, entry).opening for entry in self._chain.ledger.erasures())
        return [opening for opening in found if opening is not None]

    def _took(self, erasure: Erasure, entry: str) -> bool:
        first = self._chain.ledger.first(erasure.act.ticket_id)
        return erasure.after == entry or (first is not None and erasure.covers(first))


def is_under_way(looked: Looked) -> bool:
    """Whether a record says that it was made a moment ago."""
    if looked.opening is None:
        return False
    now = datetime.now(timezone.utc)
    return now - UNDER_WAY <= looked.opening.record.created_at <= now + UNDER_WAY
