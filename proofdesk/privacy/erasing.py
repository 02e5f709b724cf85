"""Erasures: what a record of kind `erasure` says was erased, and the tombstones that stand in its place.

It names in `after` an entry, or with scope "ticket" the one that opened the ticket: then the records of acts
1 to `acts` are gone, and all messages until then. A tombstone keeps neither wraps nor salt; a message's does
not name the erasure, whose act would tell of which ticket it was. What it is worth the chain alone says:
`explained` believes one that a later act of its ticket backs. How it is done is told in `destroying`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from proofdesk._errors import ContentErased, ContentMissing, ContentSealed
from proofdesk._history import Entry
from proofdesk._models import Act
from proofdesk._records import Opening, Record
from proofdesk._store import ERASED, Store
from proofdesk._words import keccak, to_bytes, to_hex

KIND: Final = "erasure"
# Tombstones once more, so that a re-wrap that is under way does not bring a content back.
SHELF: Final = "erased"

_MARK: Final = b"proofdesk.erased.v1"


class Ground(str, Enum):
    """Legal grounds in the words of the GDPR, article 17(1), and of China's PIPL, article 47."""

    NO_LONGER_NECESSARY = "GDPR 17(1)(a): no longer necessary for its purpose"
    CONSENT_WITHDRAWN = "GDPR 17(1)(b): consent withdrawn"
    OBJECTION = "GDPR 17(1)(c): the person objects"
    UNLAWFUL = "GDPR 17(1)(d): processed unlawfully"
    LEGAL_OBLIGATION = "GDPR 17(1)(e): a law demands erasure"
    OF_A_CHILD = "GDPR 17(1)(f): collected from a child online"
    PIPL_PURPOSE_ENDED = "PIPL 47(1): purpose achieved, out of reach, or no longer needs it"
    PIPL_SERVICE_ENDED = "PIPL 47(2): service ended, or retention period over"
    PIPL_CONSENT_WITHDRAWN = "PIPL 47(3): consent withdrawn"
    PIPL_UNLAWFUL = "PIPL 47(4): handled against law or agreement"
    PIPL_OTHER_LAW = "PIPL 47(5): another law demands it"


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure as the chain and its record tell it: of one entry, or of a ticket's acts up to a number."""

    act: Act
    after: str
    ground: str | None
    acts: int | None

    @classmethod
    def of(cls, act: Act, record: Record) -> Erasure | None:
        """What an act with this record erased; None for another one."""
        if record.kind != KIND or record.after is None or record.ticket != act.ticket_id:
            return None
        ground, acts = record.data.get("ground"), record.data.get("acts")
        is_whole = record.data.get("scope") == "ticket"
        return cls(
            act,
            record.after,
            ground if isinstance(ground, str) else None,
            acts if is_whole and type(acts) is int else None,
        )

    def covers(self, act: Act) -> bool:
        """Whether it erased the record of an act of its ticket."""
        by_number = self.acts is not None and act.number <= self.acts
        # Nobody erases what is yet to come.
        return act.number < self.act.number and (by_number or act.entry == self.after)

    def told(self, entry: str) -> ContentErased:
        """What is said of an entry that it erased."""
        at, by = self.act.at, self.act.actor
        return ContentErased(entry, self.act.entry, at=at, by=by, ground=self.ground)


def explained(entries: Sequence[Entry]) -> list[Entry]:
    """Entries with erasures for what is gone: who erased it, when, on which ground.

    Of a tombstone that no later act of its ticket backs the content is missing.
    """
    erasures: dict[str, list[Erasure]] = defaultdict(list)
    for entry in entries:
        if entry.record is not None and (erasure := Erasure.of(entry.act, entry.record)):
            erasures[entry.act.ticket_id].append(erasure)
    # Erasures that are sealed to this reader: their acts tell when and by whom.
    sealed = {entry.act.entry: entry.act for entry in entries if isinstance(entry.problem, ContentSealed)}
    return [_explained(entry, erasures[entry.act.ticket_id], sealed) for entry in entries]


def _explained(entry: Entry, erasures: Iterable[Erasure], sealed: Mapping[str, Act]) -> Entry:
    act, problem = entry.act, entry.problem
    if not isinstance(problem, (ContentErased, ContentMissing)):
        return entry
    covering = [erasure for erasure in erasures if erasure.covers(act)]
    # Anybody who acts on a ticket may add one that destroyed nothing.
    named = problem.erasure if isinstance(problem, ContentErased) else None
    for erasure in sorted(covering, key=lambda each: each.act.entry != named):
        return Entry(act, None, erasure.told(act.entry))
    if isinstance(problem, ContentErased):
        by = sealed.get(problem.erasure)
        if by and by.ticket_id == act.ticket_id and by.number > act.number:
            return Entry(act, None, Erasure(by, act.entry, None, None).told(act.entry))
        problem = ContentMissing(act.entry, "this store, but for a tombstone that no act of its ticket backs")
    return Entry(act, None, problem)


def replace(store: Store, entry: str, content: bytes) -> bool:
    """Put a record's content, re-wrapped, in place of what there was, and say whether it may stay.

    It may not where the record was erased meanwhile: then its tombstone stands there again.
    """
    store.put(entry, content)
    erased = store.shelf(SHELF)
    # Looked for afterwards: who erases leaves it there first.
    if entry not in erased:
        return True
    store.put(entry, erased.get(entry))
    return False


def mark_of(opening: Opening, entry: str) -> str:
    """What a message's tombstone says in place of the erasure whose record this is.

    Who reads that record finds it again; nobody else can tell which messages belong together, and to whom.
    """
    return to_hex(keccak(_MARK + opening.salt + to_bytes(entry, 32, "entry")))


def settle(store: Store, entry: str) -> None:
    """Finish what somebody who was stopped has begun: have the tombstone stand that lies aside, if any."""
    if entry in store.shelf(SHELF):
        store.put(entry, store.shelf(SHELF).get(entry))


def bury(store: Store, entry: str, erasure: str) -> None:
    """Put a tombstone in place of a content, which is gone wherever the store reaches when this returns."""
    tombstone = json.dumps({"format": ERASED, "entry": entry, "erasure": erasure}, separators=(",", ":"))
    store.shelf(SHELF).create(entry, tombstone.encode())
    # A store that is told to delete looks for what killed writers left of it.
    store.delete(entry)
    store.put(entry, store.shelf(SHELF).get(entry))
