"""What an audit remembers of a chain and a store: in a file of its own, which is gone with the audit.

A desk may have more acts than fit into memory. Nothing in it is secret: no content, no salt, no key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, overload

from proofdesk._models import Act, Actor
from proofdesk._words import act_of, address_of, moment

_TABLES: Final = """
CREATE TABLE act (ticket BLOB, number INT, lane INT, position INT, word BLOB, actor BLOB, kind INT,
    entry BLOB, at INT, block INT, log INT, tx BLOB);
CREATE TABLE certificate (id INT, block INT, log INT, word BLOB);
CREATE TABLE published (owner TEXT, key BLOB);
CREATE TABLE dated (root TEXT PRIMARY KEY, time INT) WITHOUT ROWID;
CREATE TABLE owned (entry TEXT PRIMARY KEY, what TEXT) WITHOUT ROWID;
CREATE TABLE erasure (entry TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE pointer (place TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE hidden (ticket TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE due (value TEXT PRIMARY KEY, place TEXT) WITHOUT ROWID;
CREATE TABLE leaf (value TEXT, root TEXT, PRIMARY KEY (value, root)) WITHOUT ROWID;
"""
_INDEXES: Final = """
CREATE INDEX act_ticket ON act (ticket, number);
CREATE INDEX act_lane ON act (lane, position);
CREATE INDEX act_entry ON act (entry);
CREATE INDEX certificate_id ON certificate (id, block, log);
CREATE INDEX published_owner ON published (owner);
"""
_PRAGMAS: Final = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;"
_ACT: Final = "ticket, lane, position, word, actor, kind, entry, at, block, log, tx"


class Ledger:
    """Acts and what else the chain tells, in the order in which they are needed; close it when done."""

    def __init__(self) -> None:
        # An empty name is a temporary file, which SQLite deletes.
        self._lines = sqlite3.connect("", isolation_level=None)
        self._lines.executescript(_PRAGMAS + _TABLES)
        # Whether there may be erasures that no key at hand opens.
        self.has_sealed_acts = False

    def close(self) -> None:
        """Forget all."""
        self._lines.close()

    # ------------------------------------------------------------------------------------------- the chain

    def add_acts(self, acts: Iterable[Act]) -> None:
        """Remember acts."""
        rows = (
            (
                *(_raw(act.ticket_id), act.number, act.lane, act.position, act.word.to_bytes(32, "big")),
                *(_raw(act.actor), int(act.kind), _raw(act.entry), int(act.at.timestamp())),
                *(act.block, act.log_index, _raw(act.tx_hash)),
            )
            for act in acts
        )
        self._lines.executemany("INSERT INTO act VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows)

    def add_certificate(self, number: int, block: int, log: int, word: int) -> None:
        """Remember a certificate as it was written."""
        row = number, block, log, word.to_bytes(32, "big")
        self._lines.execute("INSERT INTO certificate VALUES (?,?,?,?)", row)

    def add_published(self, owner: str, key: bytes) -> None:
        """Remember a person's reading key."""
        self._lines.execute("INSERT INTO published VALUES (?,?)", (owner, key))

    def add_dated(self, root: str, time: int) -> None:
        """Remember when a root was dated."""
        self._lines.execute("INSERT OR IGNORE INTO dated VALUES (?,?)", (root, time))

    def index(self) -> None:
        """Have what was remembered in order; before this nothing is asked."""
        self._lines.executescript(_INDEXES)

    def count(self) -> int:
        """How many acts there are."""
        return int(self._one("SELECT count(*) FROM act")[0])

    def lanes(self) -> list[int]:
        """The lanes that have acts."""
        return [lane for (lane,) in self._lines.execute("SELECT DISTINCT lane FROM act ORDER BY lane")]

    def lane(self, lane: int) -> LaneActs:
        """The acts of a lane, in the order of their positions."""
        return LaneActs(self, lane)

    def tickets(self) -> Iterator[list[Act]]:
        """Each ticket's acts, in their order."""
        rows = self._acts("ORDER BY ticket, number, block, log")
        return (list(acts) for _, acts in groupby(rows, lambda act: act.ticket_id))

    def naming(self, entry: str) -> list[Act]:
        """The acts that name an entry."""
        return list(self._acts("WHERE entry = ? ORDER BY block, log", _raw(entry)))

    def first(self, ticket: str) -> Act | None:
        """The act that opened a ticket."""
        return next(self._acts("WHERE ticket = ? ORDER BY number LIMIT 1", _raw(ticket)), None)

    def opened_at(self) -> datetime | None:
        """When the first ticket was opened; None where none was."""
        found = self._one("SELECT min(at) FROM act")[0]
        return None if found is None else moment(found)

    def certificate(self, number: int, before: tuple[int, int]) -> int | None:
        """A certificate's word as it was before a block's log; None where there was none yet."""
        found = self._one(
            "SELECT word FROM certificate WHERE id = ? AND (block, log) < (?, ?) "
            "ORDER BY block DESC, log DESC",
            *(number, *before),
        )
        return int.from_bytes(found[0], "big") if found else None

    def certificates(self) -> Iterator[tuple[int, int]]:
        """Each certificate's number and its last word."""
        rows = self._lines.execute("SELECT id, word FROM certificate ORDER BY id, block DESC, log DESC")
        for number, group in groupby(rows, lambda row: row[0]):
            yield int(number), int.from_bytes(next(group)[1], "big")

    def held_certificate(self, account: str) -> bool:
        """Whether a certificate was ever an account's."""
        low = _raw(account)
        return bool(self._one("SELECT 1 FROM certificate WHERE substr(word, 13) = ? LIMIT 1", low))

    def acted(self, account: str, ticket: str) -> bool:
        """Whether an account acted on a ticket."""
        return bool(
            self._one("SELECT 1 FROM act WHERE ticket = ? AND actor = ?", _raw(ticket), _raw(account))
        )

    def keys_of(self, owner: str) -> list[bytes]:
        """The reading keys that a person ever published."""
        rows = self._lines.execute("SELECT DISTINCT key FROM published WHERE owner = ?", (owner,))
        return [key for (key,) in rows]

    def dated(self, root: str) -> int | None:
        """When a root was dated, as its event says."""
        found = self._one("SELECT time FROM dated WHERE root = ?", root)
        return int(found[0]) if found else None

    # ------------------------------------------------------------------------------------------- the store

    def own(self, entry: str, what: str) -> None:
        """Note that an entry belongs to something."""
        self._lines.execute("INSERT OR IGNORE INTO owned VALUES (?,?)", (entry, what))

    def owner(self, entry: str) -> str | None:
        """What an entry belongs to."""
        found = self._one("SELECT what FROM owned WHERE entry = ?", entry)
        return str(found[0]) if found else None

    def add_erasure(self, entry: str) -> None:
        """Note that an entry is the record of an erasure that was logged."""
        self._lines.execute("INSERT OR IGNORE INTO erasure VALUES (?)", (entry,))

    def erasures(self) -> Iterator[str]:
        """The entries of erasures."""
        return (entry for (entry,) in self._lines.execute("SELECT entry FROM erasure"))

    def point(self, place: str) -> None:
        """Note that a thread leads to a place of its shelf."""
        self._lines.execute("INSERT OR IGNORE INTO pointer VALUES (?)", (place,))

    def is_pointed(self, place: str) -> bool:
        """Whether a thread leads there."""
        return self._one("SELECT 1 FROM pointer WHERE place = ?", place) is not None

    def hide(self, ticket: str) -> None:
        """Note that nobody here finds the messages of a ticket."""
        self._lines.execute("INSERT OR IGNORE INTO hidden VALUES (?)", (ticket,))

    def is_hidden(self, ticket: str | None = None) -> bool:
        """Whether nobody here finds the messages of a ticket, or of some ticket."""
        asked = "SELECT 1 FROM hidden LIMIT 1" if ticket is None else "SELECT 1 FROM hidden WHERE ticket = ?"
        return self._one(asked, *(() if ticket is None else (ticket,))) is not None

    def expect(self, value: str, place: str) -> None:
        """Note that a value is to be in a tree, and where it stands."""
        self._lines.execute("INSERT OR IGNORE INTO due VALUES (?,?)", (value, place))

    def expected(self) -> Iterator[tuple[str, str]]:
        """Values that are to be in trees, and where they stand."""
        return self._lines.execute("SELECT value, place FROM due ORDER BY place, value")

    def add_leaves(self, root: str, values: Iterable[str]) -> None:
        """Note the values of a tree."""
        rows = ((value, root) for value in values)
        self._lines.executemany("INSERT OR IGNORE INTO leaf VALUES (?,?)", rows)

    def is_leaf(self, value: str, root: str) -> bool:
        """Whether a value is in a tree."""
        return self._one("SELECT 1 FROM leaf WHERE value = ? AND root = ?", value, root) is not None

    # -------------------------------------------------------------------------------------------- internal

    def _one(self, query: str, *values: object) -> Any:
        return self._lines.execute(query, values).fetchone()

    def _acts(self, rest: str, *values: object) -> Iterator[Act]:
        return map(_act, self._lines.execute(f"SELECT {_ACT} FROM act {rest}", values))


class LaneActs(Sequence[Act]):
    """A lane's acts, read each time anew: in the order of their positions, then of the chain."""

    def __init__(self, ledger: Ledger, lane: int) -> None:
        self._ledger, self._lane = ledger, lane

    def __len__(self) -> int:
        return int(self._ledger._one("SELECT count(*) FROM act WHERE lane = ?", self._lane)[0])

    def __iter__(self) -> Iterator[Act]:
        return self._ledger._acts("WHERE lane = ? ORDER BY position, block, log", self._lane)

    @overload
    def __getitem__(self, index: int) -> Act: ...
    @overload
    def __getitem__(self, index: slice) -> list[Act]: ...
    def __getitem__(self, index: int | slice) -> Act | list[Act]:
        return list(self)[index]


def _act(row: Sequence[Any]) -> Act:
    ticket, lane, position, word, actor, kind, entry, at, block, log, tx = row
    return act_of(
        ticket_id=ticket,
        lane=lane,
        position=position,
        word=int.from_bytes(word, "big"),
        actor=address_of(int.from_bytes(actor, "big")),
        kind=Actor(kind),
        entry=entry,
        at=at,
        block=block,
        tx_hash=tx,
        log_index=log,
    )


def _raw(value: str) -> bytes:
    return bytes.fromhex(value[2:])
