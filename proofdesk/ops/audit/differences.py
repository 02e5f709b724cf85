"""What an audit can find, and how it is counted: the first in full, 1,000 listed, all by kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

LISTED: Final = 1000


class Kind(str, Enum):
    """What a difference is about; its value stands in reports."""

    LANE = "lane"
    TICKET = "ticket"
    CERTIFICATE = "certificate"
    MISSING = "missing record"
    TAMPERED = "tampered record"
    UNBACKED = "tombstone without an erasure"
    NOT_ERASED = "erased record still there"
    FOREIGN = "record of another ticket"
    WRONG_KIND = "record of another kind"
    UNOWNED = "record that belongs to nothing"
    STRANGER = "stranger's wrap"
    NO_READER = "missing reader"
    OLD_KEY = "wrap to a key that reads no more"
    THREAD = "thread of messages"
    LOG_GAP = "gap in the access log"
    LOG_BROKEN = "broken access log"
    LOG_SIGNATURE = "access log without its signature"
    LOG_OFFICE = "access log by somebody who could not"
    TREE = "tree"
    NOT_ANCHORED = "not handed in to be anchored"
    WAITING = "waits too long to be anchored"
    SHARE = "share that should not be"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the chain says: what, where, what was expected, and what was found."""

    kind: Kind
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.where}\n    expected  {self.expected}\n    found     {self.found}"


@dataclass(slots=True)
class Tally:
    """Differences as they are found, and counts of what was looked at."""

    listed: list[Difference] = field(default_factory=list)
    kinds: Counter[Kind] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, kind: Kind, where: str, expected: str, found: str) -> None:
        """Count a difference, and list it while there is room."""
        self.kinds[kind] += 1
        if len(self.listed) < LISTED:
            self.listed.append(Difference(kind, where, expected, found))

    def count(self, what: str, number: int = 1) -> None:
        """Count what was looked at."""
        self.counts[what] += number
