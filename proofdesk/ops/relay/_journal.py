"""A sender's journal in the queue's database, so that both are kept, moved and restored together."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, insert, select

from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._queue import groups
from proofdesk.ops.relay._schema import JOURNAL
from proofdesk.sending.journal import Entry, Journal


class DatabaseJournal(Journal):
    """The entries of one account.

    What the sender drops is forgotten only by `forget`, in the transaction that says what became of it: a
    process that dies in between, or cannot write, finds by the journal what it had sent.
    """

    def __init__(self, database: Database, address: str) -> None:
        self._database = database
        self._sender = address
        self._dropped: set[str] = set()

    def load(self) -> list[Entry]:
        """Every entry, in the order in which they were first saved."""
        mine = select(JOURNAL.c.content).where(JOURNAL.c.sender == self._sender).order_by(JOURNAL.c.place)
        with self._database.reading() as connection:
            return [Entry.from_json(content) for content in connection.scalars(mine)]

    def save(self, entries: Sequence[Entry]) -> None:
        """Keep entries, all or none; the disk has them when it returns."""
        rows = {
            entry.id: {"id": entry.id, "sender": self._sender, "content": entry.to_json()}
            for entry in entries
        }
        with self._database.writing() as connection:
            known = select(JOURNAL.c.id, JOURNAL.c.place).where(JOURNAL.c.id.in_(rows))
            kept = [{**rows.pop(row.id), "place": row.place} for row in connection.execute(known).all()]
            connection.execute(delete(JOURNAL).where(JOURNAL.c.id.in_([row["id"] for row in kept])))
            self._supersede(connection, entries)
            for group in filter(None, (kept, list(rows.values()))):
                connection.execute(insert(JOURNAL), group)

    def _supersede(self, connection: Connection, entries: Sequence[Entry]) -> None:
        # The chain cannot have what was dropped if its call is signed anew: two would be taken up for it.
        calls = {entry.data for entry in entries}
        dropped = self._dropped - {entry.id for entry in entries}
        for group in groups(dropped):
            rows = connection.execute(select(JOURNAL.c.id, JOURNAL.c.content).where(JOURNAL.c.id.in_(group)))
            over = [row.id for row in rows.all() if Entry.from_json(row.content).data in calls]
            connection.execute(delete(JOURNAL).where(JOURNAL.c.id.in_(over)))

    def drop(self, ids: Sequence[str]) -> None:
        """Keep entries all the same, until `forget`, or until their call is signed anew."""
        self._dropped |= set(ids)

    def may_be_out(self) -> set[bytes]:
        """The call data of what the chain may have: not of what the sender knows that it never will."""
        return {entry.data for entry in self.load() if entry.id not in self._dropped}

    def forget(self, connection: Connection, calls: Collection[bytes]) -> None:
        """Forget the entries with these call data."""
        mine = select(JOURNAL.c.id, JOURNAL.c.content).where(JOURNAL.c.sender == self._sender)
        known = connection.execute(mine).all()
        over = [row.id for row in known if Entry.from_json(row.content).data in calls]
        for group in groups(over):
            connection.execute(delete(JOURNAL).where(JOURNAL.c.id.in_(group)))
        self._dropped -= set(over)
