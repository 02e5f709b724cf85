"""What was signed and is not seen to its end, kept where a process that dies leaves it.

A sender writes an entry before it sends what it signed, and drops it when the call that it belongs to gives
its caller an answer. A process that died in between finds the entry again: the same call takes the
transaction up and makes no other one.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import IO, Protocol, TypeVar
from weakref import WeakSet

from proofdesk._errors import ConfigurationError
from proofdesk._outbox import Call, Job

R = TypeVar("R")

_MARK = 0x70646A31  # SQLite's application_id: a journal, first form
_ENTRIES = "CREATE TABLE entries (place INTEGER PRIMARY KEY, id TEXT UNIQUE, content TEXT)"
_HELD = ".lock"  # beside the journal's own name
_SAVE = (
    "INSERT INTO entries (id, content) VALUES (?, ?) "
    "ON CONFLICT (id) DO UPDATE SET content = excluded.content"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A call that was signed, with all its signed forms; `to` None creates a contract.

    `value` is wei, `fees` are the newest form's, in wei for a unit of gas. `hashes` and `raws` are the forms'
    transaction hashes and the transactions themselves, 0x and hex, the newest last: all have one nonce, so
    that the chain takes one of them.
    """

    chain_id: int
    sender: str
    nonce: int
    to: str | None
    data: bytes
    value: int
    gas: int
    fees: Mapping[str, int]
    hashes: tuple[str, ...]
    raws: tuple[str, ...]

    @property
    def id(self) -> str:
        """What a journal knows the entry by: the first form's hash, which later forms do not change."""
        return self.hashes[0]

    @classmethod
    def of(cls, job: Job, sender: str, chain_id: int) -> Entry:
        """The entry of a job that was signed."""
        call, forms = job.call, (tuple(job.hashes), tuple(job.raws))
        return cls(
            chain_id, sender, job.nonce, call.to, call.data, call.value, job.gas, dict(job.fees), *forms
        )

    def job(self) -> Job:
        """A job that goes on with what was signed."""
        return Job(
            Call(self.to, self.data, self.value),
            self.gas,
            self.nonce,
            self.fees,
            ("eth_sendRawTransaction", [self.raws[-1]]),
            list(self.hashes),
            list(self.raws),
            kept=self.id,
            is_out=True,
        )

    def to_json(self) -> str:
        """One line of JSON.

        >>> Entry.from_json(entry.to_json()) == entry
        True
        """
        return json.dumps({**asdict(self), "data": self.data.hex(), "fees": dict(self.fees)})

    @classmethod
    def from_json(cls, text: str) -> Entry:
        """The entry that a line says; raises ValueError, KeyError or TypeError for what is none."""
        fields = json.loads(text)
        hashes, raws = tuple(fields.pop("hashes")), tuple(fields.pop("raws"))
        if not hashes or len(hashes) != len(raws):
            raise ValueError("an entry has a hash for each transaction, and one at least")
        return cls(**{**fields, "data": bytes.fromhex(fields["data"]), "hashes": hashes, "raws": raws})


class Journal(Protocol):
    """Where a sender keeps its entries; threads may call it, one at a time. JournalFile is one.

    Entries hold no keys, and nothing that the chain does not publish. A journal may hold several accounts'
    entries: each sender minds its own. What one account sends has one journal and one process at a time.
    What a method raises goes to the sender's caller; where `save` raises, nothing is sent.
    """

    def load(self) -> Iterable[Entry]:
        """Every entry, in the order in which they were first saved."""

    def save(self, entries: Sequence[Entry]) -> None:
        """Keep entries, each in the place of the one with its id, if there is one: all of them or none.

        Durable when it returns: they are sent next.
        """

    def drop(self, ids: Sequence[str]) -> None:
        """Forget entries by their ids; unknown ones are passed over. Need not be durable at once."""


class JournalFile:
    """A journal in a file of its own, readable by its owner alone; opened at its first use.

    A file is one process's and one JournalFile's as long as that is open; `close` lets others have it.

    Each method raises ConfigurationError where another has it, for what is no journal, and for a file that
    cannot be written; `save` also where the file was removed or replaced while it was open.

    >>> journal.save([entry])
    >>> [kept.nonce for kept in journal.load()]
    [7]
    >>> journal.drop([entry.id])
    >>> list(journal.load())
    []
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._held: IO[str] | None = None
        self._files: dict[Path, tuple[int, int] | None] = {}
        _JOURNALS.add(self)

    def __enter__(self) -> JournalFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self) -> list[Entry]:
        """Every entry, in the order in which they were first saved."""

        def read(connection: sqlite3.Connection) -> list[Entry]:
            rows = connection.execute("SELECT content FROM entries ORDER BY place").fetchall()
            return [Entry.from_json(content) for (content,) in rows]

        return self._do(read)

    def save(self, entries: Sequence[Entry]) -> None:
        """Keep entries, all or none; the disk has them when it returns."""
        rows = [(entry.id, entry.to_json()) for entry in entries]

        def write(connection: sqlite3.Connection) -> None:
            # SQLite goes on unseen with a file that nobody finds any more. Before it, so that a file that is
            # put back holds nothing that was not to be sent.
            if {path: _file_at(path) for path in self._files} != self._files:
                raise ConfigurationError(
                    f"the journal {self.path} was removed or replaced while it was open, and another process "
                    "may send with the same nonces: end this one, see on chain what the account sent last, "
                    "put the file back that it began with or do without it, and start again"
                )
            connection.executemany(_SAVE, rows)

        self._do(write)

    def drop(self, ids: Sequence[str]) -> None:
        """Forget entries by their ids."""
        rows = [(each,) for each in ids]
        self._do(lambda connection: connection.executemany("DELETE FROM entries WHERE id = ?", rows))

    def close(self) -> None:
        """Let others have the file; the next use opens it anew."""
        with self._lock:
            self._close()

    def _do(self, work: Callable[[sqlite3.Connection], R]) -> R:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection, self._process = self._open(), os.getpid()
                if self._process != os.getpid():
                    raise ConfigurationError(
                        f"the journal {self.path} is the parent process's: give this one a journal of its own"
                    )
                with self._connection:
                    return work(self._connection)
            except sqlite3.OperationalError as error:
                if "locked" in str(error):
                    raise ConfigurationError(
                        f"another process, or another sender of this one, has the journal {self.path}: "
                        "end it, or give each a journal of its own"
                    ) from None
                raise ConfigurationError(f"the journal {self.path} cannot be used: {error}") from error
            except OSError as error:
                raise ConfigurationError(
                    f"the journal {self.path} cannot be written: {error.strerror}"
                ) from error
            except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
                # Whoever looks into it, or moves it away, is not to be kept out.
                self._close()
                raise ConfigurationError(
                    f"{self.path} is no journal, or damaged: see on chain what the account sent last, "
                    "move the file away, and call again"
                ) from error

    def _close(self) -> None:
        if self._connection is not None and self._process == os.getpid():
            self._connection.close()
        self._connection = None
        self._let_go()

    def _open(self) -> sqlite3.Connection:
        # Where it is, wherever the process goes.
        place = self.path.absolute()
        real = place.resolve()
        self._hold(real)
        try:
            # Made here, so that nobody else may read it; SQLite gives the files beside it the same mode.
            os.close(os.open(place, os.O_RDWR | os.O_CREAT, 0o600))
            connection = _opened(place)
        except BaseException:
            self._let_go()
            raise
        beside = [real.with_name(f"{real.name}{end}") for end in ("-wal", _HELD)]
        self._files = {path: _file_at(path) for path in (place, *beside)}
        return connection

    def _hold(self, real: Path) -> None:
        """Keep others out; SQLite's own locks end when anybody in this process closes the file."""
        if sys.platform == "win32":  # it has no flock, and SQLite's locks last
            return
        import fcntl

        place = real.with_name(f"{real.name}{_HELD}")
        held = os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT, 0o600), "w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            raise sqlite3.OperationalError("locked") from None
        self._held = held

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _leave(self) -> None:
        """In a forked process: have nothing closed that is the parent's.

        Closing would end the parent's log, whose later entries no other process would find.
        """
        self._let_go()
        with suppress(ImportError):
            import ctypes

            # One reference that is never given back: neither collected, nor closed at the interpreter's end.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))


_JOURNALS: WeakSet[JournalFile] = WeakSet()


def _leave_to_the_parent() -> None:
    for journal in list(_JOURNALS):
        journal._leave()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_leave_to_the_parent)


def _opened(place: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(place, timeout=0, check_same_thread=False)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if mark != _MARK and tables:
            raise sqlite3.DatabaseError("another program's database")
        # One wait for the disk a commit.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with connection:
            connection.execute("BEGIN EXCLUSIVE")
            if not tables:
                connection.execute(_ENTRIES)
                connection.execute(f"PRAGMA application_id = {_MARK}")
    except BaseException:
        connection.close()
        raise
    return connection


def _file_at(path: Path) -> tuple[int, int] | None:
    """Which file is at a path; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
