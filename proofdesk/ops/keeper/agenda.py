"""What is due when, on disk or in memory: all of it follows from the chain's events, and can be made anew.

A file is read on from where it stopped, so that a restart is as quick on a large desk as on a small one.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError
from proofdesk._reader import NodeContradicts
from proofdesk._words import to_hex
from proofdesk.live.reader import Header, Position
from proofdesk.ops.keeper.duties import Duty, Watched, duties_of

MEMORY = ":memory:"
UPKEEP = "DeskUpkeep"
NEVER = 1 << 60
"""When to look at what can only be done if the chain is reorganised."""

_READ = ("TicketDesk", "RefundVault", "ClaimDesk", "CompensationDesk")  # their events say what is due
_MARK = 0x70646B31  # SQLite's application_id: an agenda, first form
_LONGEST = 3600  # seconds until what cannot be done is looked at again
_TABLES = """
CREATE TABLE place (desk TEXT, chain INTEGER, genesis TEXT, read TEXT, first INTEGER, headers TEXT);
CREATE TABLE tickets (
    id BLOB PRIMARY KEY, word BLOB, since INTEGER, noted INTEGER, lane INTEGER, paid INTEGER, review INTEGER,
    block INTEGER
) WITHOUT ROWID;
CREATE INDEX tickets_by_block ON tickets (block);
CREATE TABLE tokens (token BLOB PRIMARY KEY, block INTEGER) WITHOUT ROWID;
CREATE TABLE promising (lane INTEGER PRIMARY KEY, block INTEGER);
CREATE TABLE duties (
    duty INTEGER, key BLOB, due INTEGER, look INTEGER, tries INTEGER, PRIMARY KEY (key, duty)
) WITHOUT ROWID;
CREATE INDEX duties_by_look ON duties (look, due);
"""


def usual_place(deployment: Deployment, account: str | None = None, *, root: Path = Path()) -> Path:
    """Where an account's keeper has its agenda, below a folder; of no account, that which was used last.

    >>> usual_place(desk.deployment, "0x" + 20 * "11").parent.as_posix()
    'keeper/31337'
    """
    folder = root / "keeper" / str(deployment.chain_id)
    if account is not None:
        # No two keepers are to share one, and an account's transactions are one keeper's.
        return folder / f"{deployment.desk}.{account}.db"
    found = sorted(folder.glob(f"{deployment.desk}.*.db"), key=lambda place: place.stat().st_mtime)
    return found[-1] if found else folder / f"{deployment.desk}.db"


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Hold a file's lock, which ends with the process; raises ConfigurationError while another has it."""
    try:
        file = lock.open("w")
    except OSError as error:
        raise ConfigurationError(f"{lock} cannot be written: {error.strerror}") from None
    with file:
        if sys.platform != "win32":  # it has no flock: there the operator takes care himself
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigurationError(
                    f"another keeper has {lock}: end it, or name another agenda for this one"
                ) from None
        yield


@dataclass(frozen=True, slots=True)
class Item:
    """A duty by the ticket or token it is of: `due` when it may be done, `look` when to see whether it can.

    `tries` is how often it was looked at, or tried, in vain.
    """

    duty: Duty
    key: bytes
    due: int
    look: int
    tries: int = 0

    @property
    def subject(self) -> str:
        """The ticket's id or the token's address, 0x-hex."""
        return to_hex(self.key)


class Agenda:
    """A desk's duties; `place` is a file, made where there is none, or ":memory:".

    Raises ConfigurationError for a file that is none, is another desk's, or cannot be written.

    >>> Agenda(":memory:", desk.deployment).next_look() is None
    True
    """

    def __init__(self, place: str | Path, deployment: Deployment) -> None:
        self.name = str(place)
        self._desk = deployment.contract("TicketDesk").address
        self._chain, self._genesis = deployment.chain_id, deployment.genesis_hash
        # Without an upkeep only clocks can be called, and nothing else needs to be read.
        names = _READ if UPKEEP in deployment.contracts else _READ[:1]
        self.addresses = [deployment.contract(name).address for name in names]
        with self._told():
            self._connection = sqlite3.connect(place, isolation_level=None, check_same_thread=False)
            self._prepare()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def copied(self, place: str | Path) -> None:
        """Begin with what another agenda's file has, which a keeper may be writing."""
        self.name = str(place)
        with self._told():
            source = sqlite3.connect(f"{Path(place).absolute().as_uri()}?mode=ro", uri=True)
            try:
                source.backup(self._connection)
            finally:
                source.close()
            self._prepare()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All that is written in the `with` block is kept, or nothing."""
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException as error:
                self._connection.execute("ROLLBACK")
                if isinstance(error, OverflowError):
                    # More than 63 bits: no chain's time, block or lane.
                    raise NodeContradicts("it sends numbers that no desk has") from None
                raise
            self._connection.execute("COMMIT")

    # ------------------------------------------------------------------------------------------- how far read

    def position(self) -> Position:
        """How far the chain was read."""
        with self._told():
            first, headers = self._connection.execute("SELECT first, headers FROM place").fetchone()
        found = tuple(Header(**header) for header in json.loads(headers))
        return Position(self._genesis, found, first)

    def set_position(self, position: Position) -> None:
        """Remember how far it is read now."""
        headers = json.dumps([asdict(header) for header in position.headers])
        self._connection.execute("UPDATE place SET first = ?, headers = ?", (position.first, headers))

    # ---------------------------------------------------------------------------------------- what was learnt

    def tickets(self, ids: Iterable[bytes]) -> dict[bytes, Watched]:
        """What is known of tickets; those of which nothing is are left out."""
        found = {}
        for id_ in ids:
            select = "SELECT word, since, noted, lane, paid, review FROM tickets WHERE id = ?"
            row = self._connection.execute(select, (id_,)).fetchone()
            if row is not None:
                word, since, noted, lane, paid, review = row
                number = int.from_bytes(word, "big")
                found[id_] = Watched(number, since, noted, lane, bool(paid), bool(review))
        return found

    def keep(self, tickets: Mapping[bytes, tuple[Watched, int]]) -> None:
        """Write tickets, each with the block of its last event, and what follows from it."""
        promising = self.promising()
        rows, items = [], []
        for id_, (ticket, block) in tickets.items():
            known = (ticket.since, ticket.noted, ticket.lane, ticket.is_paid, ticket.is_review, block)
            rows.append((id_, ticket.word.to_bytes(32, "big"), *known))
            items += [(int(duty), id_, due, due) for duty, due in duties_of(ticket, promising).items()]
        execute = self._connection.executemany
        execute("INSERT OR REPLACE INTO tickets VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        execute("DELETE FROM duties WHERE key = ?", [(id_,) for id_ in tickets])
        execute("INSERT INTO duties VALUES (?, ?, ?, ?, 0)", items)

    def forget(self, ids: Iterable[bytes]) -> None:
        """Tickets that there are not, after all."""
        keys = [(id_,) for id_ in ids]
        self._connection.executemany("DELETE FROM tickets WHERE id = ?", keys)
        self._connection.executemany("DELETE FROM duties WHERE key = ?", keys)

    def promising(self) -> dict[int, int]:
        """Lanes that promise a compensation, each with the block since which it does."""
        return dict(self._connection.execute("SELECT lane, block FROM promising"))

    def promise(self, lane: int, block: int) -> None:
        """A lane promises one."""
        self._connection.execute("INSERT OR REPLACE INTO promising VALUES (?, ?)", (lane, block))

    def waits_in(self, token: bytes, block: int) -> None:
        """A payment waits in a token, or may have got its money: look at once."""
        self._connection.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?)", (token, block))
        self._connection.execute(
            "INSERT OR REPLACE INTO duties VALUES (?, ?, 0, 0, 0)", (int(Duty.SETTLE), token)
        )

    def is_waiting(self, token: bytes) -> bool:
        """Whether payments in a token may wait."""
        select = "SELECT 1 FROM duties WHERE duty = ? AND key = ?"
        return self._connection.execute(select, (int(Duty.SETTLE), token)).fetchone() is not None

    def tokens(self) -> list[str]:
        """Addresses of the tokens in which payments may wait."""
        with self._told():
            found = self._connection.execute(
                "SELECT key FROM duties WHERE duty = ? AND look < ?", (int(Duty.SETTLE), NEVER)
            )
            return [to_hex(key) for (key,) in found]

    def unpromise(self, block: int) -> None:
        """Forget promises made in a block or later."""
        self._connection.execute("DELETE FROM promising WHERE block >= ?", (block,))

    def since(self, block: int) -> tuple[list[bytes], list[bytes]]:
        """Tickets and tokens of which something was learnt in a block or later."""
        tickets, tokens = (
            [key for (key,) in self._connection.execute(select, (block,))]
            for select in (
                "SELECT id FROM tickets WHERE block >= ?",
                "SELECT token FROM tokens WHERE block >= ?",
            )
        )
        return tickets, tokens

    # ------------------------------------------------------------------------------------------------- duties

    def to_look_at(self, now: int, limit: int) -> list[Item]:
        """What to look at by now, at most so many, the first due first."""
        select = "SELECT duty, key, due, look, tries FROM duties WHERE look <= ? ORDER BY look, due LIMIT ?"
        with self._told():
            return [_item(row) for row in self._connection.execute(select, (now, limit))]

    def next_look(self) -> int | None:
        """The next moment at which something is to be looked at; None where nothing is to come."""
        with self._told():
            (found,) = self._connection.execute("SELECT min(look) FROM duties").fetchone()
        return None if found is None or found >= NEVER else int(found)

    def coming(self, limit: int) -> list[Item]:
        """What is due first, at most so many."""
        select = "SELECT duty, key, due, look, tries FROM duties WHERE look < ? ORDER BY due, look LIMIT ?"
        with self._told():
            return [_item(row) for row in self._connection.execute(select, (NEVER, limit))]

    def stuck(self, limit: int) -> list[Item]:
        """What was looked at, or tried, in vain more than once, the most often first; at most so many."""
        select = "SELECT duty, key, due, look, tries FROM duties WHERE tries > 1 ORDER BY tries DESC LIMIT ?"
        with self._told():
            return [_item(row) for row in self._connection.execute(select, (limit,))]

    def counts(self, now: int) -> dict[Duty, tuple[int, int]]:
        """For each duty how many there are, and how many of these are due by now."""
        select = "SELECT duty, count(*), sum(due <= ?) FROM duties WHERE look < ? GROUP BY duty"
        with self._told():
            found = {
                Duty(duty): (all_, due) for duty, all_, due in self._connection.execute(select, (now, NEVER))
            }
        return {duty: found.get(duty, (0, 0)) for duty in Duty}

    def look_again(self, items: Sequence[Item], now: int) -> None:
        """Look at items again later, each time after twice as long, an hour at most."""
        rows = [
            (now + min(1 << min(item.tries, 12), _LONGEST), item.tries + 1, int(item.duty), item.key)
            for item in items
        ]
        with self.writing():
            update = "UPDATE duties SET look = ?, tries = ? WHERE duty = ? AND key = ?"
            self._connection.executemany(update, rows)

    def put_off(self, item: Item, look: int) -> None:
        """Look at an item at a moment, and not before."""
        with self.writing():
            self._connection.execute(
                "UPDATE duties SET look = ?, tries = 0 WHERE duty = ? AND key = ?",
                (look, int(item.duty), item.key),
            )

    def drop(self, item: Item, block: int) -> None:
        """Never do an item, by what the chain said at a block: if that is orphaned it comes up again."""
        self.put_off(item, NEVER)
        table, key = ("tokens", "token") if item.duty is Duty.SETTLE else ("tickets", "id")
        with self.writing():
            self._connection.execute(
                f"UPDATE {table} SET block = max(block, ?) WHERE {key} = ?", (block, item.key)
            )

    # ----------------------------------------------------------------------------------------------- internal

    def _prepare(self) -> None:
        execute = self._connection.execute
        (mark,) = execute("PRAGMA application_id").fetchone()
        (tables,) = execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if mark != _MARK and tables:
            raise ConfigurationError(f"{self.name} is another program's database: name another file")
        if not tables:
            execute("PRAGMA journal_mode = WAL")
            with self.writing():
                for statement in _TABLES.split(";"):
                    execute(statement)
                execute(f"PRAGMA application_id = {_MARK}")
                place = (self._desk, self._chain, self._genesis, json.dumps(self.addresses))
                execute("INSERT INTO place VALUES (?, ?, ?, ?, 0, '[]')", place)
        # What a crash loses of it is read anew.
        execute("PRAGMA synchronous = NORMAL")
        *found, read = execute("SELECT desk, chain, genesis, read FROM place").fetchone()
        if tuple(found) != (self._desk, self._chain, self._genesis):
            raise ConfigurationError(
                f"{self.name} is the agenda of desk {found[0]} on chain {found[1]}, not of {self._desk} on "
                f"{self._chain}: name another file, or delete this one, which can always be made anew"
            )
        if json.loads(read) != self.addresses:
            # The desk got its claims when this was read already.
            with self.writing():
                for table in ("tickets", "tokens", "promising", "duties"):
                    execute(f"DELETE FROM {table}")
                execute("UPDATE place SET read = ?, first = 0, headers = '[]'", (json.dumps(self.addresses),))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"the agenda {self.name} failed: {error}. See that the file and its folder can be written, "
                "or delete it: it is made anew of the chain's events"
            ) from error


def _item(row: tuple[int, bytes, int, int, int]) -> Item:
    return Item(Duty(row[0]), *row[1:])
