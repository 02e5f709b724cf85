"""What a pass does with a record, and what it remembers of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from proofdesk._errors import ContentMissing, ContentSealed, InvalidArgument
from proofdesk._store import SEALED, Store
from proofdesk.ops._audience import Audience
from proofdesk.privacy.erasing import SHELF as ERASED
from proofdesk.privacy.erasing import replace
from proofdesk.privacy.errors import SealedMismatch
from proofdesk.privacy.sealed import Sealed

NAMED: Final = 1000  # of the records that could not be re-wrapped so many are named
OUTCOMES: Final = ("rewrapped", "unchanged", "unreadable", "clear")

_SEALED: Final = f'{{"format":"{SEALED}"'.encode()
_CLEAR: Final = b'{"v":1,'


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that stays as it is, and why."""

    entry: str
    problem: str


@dataclass(slots=True)
class Tally:
    """What became of records, and which older keys of roles they were sealed to."""

    counts: Counter[str] = field(default_factory=Counter)
    named: list[Unreadable] = field(default_factory=list)
    met: set[bytes] = field(default_factory=set)

    @property
    def total(self) -> int:
        """The records."""
        return self.counts.total()

    def add(self, other: Tally) -> None:
        """Count other records, too."""
        self.counts.update(other.counts)
        self.named += other.named[: NAMED - len(self.named)]
        self.met |= other.met

    def told(self) -> Any:
        """What a pass that goes on is told, as JSON has it."""
        return {"counts": self.counts, "named": [[each.entry, each.problem] for each in self.named]}

    @classmethod
    def of(cls, told: Any) -> Tally:
        """What was told."""
        return cls(Counter(told["counts"]), [Unreadable(*each) for each in told["named"]])


def reseal(store: Store, audience: Audience, entries: Iterable[str]) -> Tally:
    """Seal records to whom they are for; raises what the store raises."""
    tally = Tally()
    for entry in entries:
        try:
            what = _one(store, audience, entry, tally.met)
        except (ContentSealed, SealedMismatch, InvalidArgument) as error:
            what = "unreadable"
            tally.named.append(Unreadable(entry, _problem(error)))
        tally.counts[what] += 1
    return tally


def _one(store: Store, audience: Audience, entry: str, met: set[bytes]) -> str:
    """Do one record, and say what became of it; adds to `met` the old keys of roles that it was sealed to."""
    try:
        content = store.get(entry)
    except ContentMissing:
        return "unchanged"  # deleted since it was listed
    if not content.startswith(_SEALED):
        return "clear" if content.startswith(_CLEAR) else "unchanged"
    erased = store.shelf(ERASED)
    if entry in erased:
        # Whoever re-wrapped it while it was erased was stopped before he had seen that.
        store.put(entry, erased.get(entry))
        return "unchanged"
    form = Sealed.load(content)
    if form.entry != entry:
        raise SealedMismatch("is another entry's", entry=form.entry)
    there = {each.key for each in form.who_reads(audience.roles.values())}
    met |= there & audience.old
    swaps = audience.swaps(there)
    if swaps is None:
        new = form.rewrapped(
            audience.scope, audience.keys, lambda opening: audience.changes(form, opening, there)
        )
    else:
        new = form.swapped(audience.scope, audience.keys, swaps)
    if new is form:
        return "unchanged"
    # At once: whom a ticket is opened to meanwhile would lose this record.
    replace(store, entry, new.dump())
    return "rewrapped"


def _problem(error: ContentSealed | SealedMismatch | InvalidArgument) -> str:
    return "no key at hand opens it" if isinstance(error, ContentSealed) else str(error)
