"""A sender's journal in the queue's database, so that both are kept, moved and restored together."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay._queue import groups
from proofdesk.ops.relay._schema import JOURNAL
from proofdesk.sending.journal import Entry, Journal


class DatabaseJournal(Journal):
    """The entries of one account.

    What the sender drops is forgotten only by `forget`, in the transaction that says what became of it: a
    process that dies in between takes the transaction up again, and finds it mined.
    """

    def __init__(self, database: Database, address: str) -> None:
        self._database = database
        self._sender = address
        self._dropped: list[str] = []

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
            for group in filter(None, (kept, list(rows.values()))):
                connection.execute(insert(JOURNAL), group)

    def drop(self, ids: Sequence[str]) -> None:
        """Forget entries by their ids, at the next `forget`."""
        self._dropped += ids

    def forget(self, connection: Connection) -> None:
        """Forget what was dropped."""
        dropped, self._dropped = self._dropped, []
        for group in groups(dropped):
            connection.execute(delete(JOURNAL).where(JOURNAL.c.id.in_(group)))
