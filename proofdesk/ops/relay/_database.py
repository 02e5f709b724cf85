"""The database of a queue: opened, made where there is none, and known for this desk's."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError
from proofdesk.ops import _sqlite
from proofdesk.ops.relay._schema import CONTROLS, FORMAT, META, METADATA

# What was acknowledged is a promise: it outlives the machine's power, too.
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL")
# Any number that others are unlikely to lock: all writers of a queue take turns.
_WRITERS = 0x70726F6F66


class Database:
    """Where a queue is kept: a file of SQLite, or PostgreSQL; `name` says so without a password.

    Raises ConfigurationError for a place that cannot be one, for another desk's queue, and without `make` for
    one that is not there.
    """

    def __init__(self, place: str | Path, deployment: Deployment, *, make: bool = True) -> None:
        url = _url(place)
        self.kind = url.drivername.partition("+")[0]
        if self.kind not in ("sqlite", "postgresql"):
            raise ConfigurationError(f"a queue is kept in SQLite or PostgreSQL, not in {self.kind}")
        # Under whatever name it is opened, the locks beside it are the same.
        self.path = Path(str(url.database)).resolve() if self.kind == "sqlite" else None
        self.name = _shown(url)
        if self.path is not None:
            if not make and not self.path.exists():
                raise ConfigurationError(f"there is no queue {self.name}: proofdesk relay run makes it")
            _keep_private(self.path)
            self._file = file_at(self.path)
        try:
            self.engine = (
                _sqlite.engine(url, _PRAGMAS)
                if self.kind == "sqlite"
                else create_engine(url, pool_pre_ping=True)
            )
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise ConfigurationError(
                f"{self.name}: there is no driver for it ({error}): install proofdesk[postgres]"
            ) from None
        self._prepare(_identity(deployment), make=make)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment; raises ConfigurationError where the database fails."""
        self._see_file()
        with self.told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction; writers take turns, and whatever ends the `with` block early undoes it."""
        with self.told(), _sqlite.writing(self.engine) as connection:
            if self.kind == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS})"))
            yield connection
        # After it: nothing that this says is written is in a file that nobody finds any more.
        self._see_file()

    def held_by(self, address: str) -> AbstractContextManager[Callable[[], bool]]:
        """Hold the queue for an account, until the process ends at the latest; tells whether it still does.

        Raises ConfigurationError while another process works with the same account: both would sign with
        the same nonces.
        """
        # Late: not every system has such locks, and who only looks needs none.
        from proofdesk.ops.relay import _hold

        taken = ConfigurationError(
            f"another process relays from {address} on the queue {self.name}: end that one, or give this "
            "relayer an account of its own; several accounts may share a queue"
        )
        if self.path is not None:
            return _hold.file(self.path.with_name(f"{self.path.name}-{address.lower()}.lock"), taken)
        return _hold.advisory(self, int(address, 16) & (1 << 62) - 1, taken)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _prepare(self, wanted: Mapping[str, str], *, make: bool) -> None:
        with self.writing() as connection:
            tables = set(inspect(connection).get_table_names())
            if META.name in tables:
                found = {row.key: row.value for row in connection.execute(select(META))}
                if "relay" not in found:
                    found = {}
            elif not make or tables & set(METADATA.tables) or (tables and self.path is not None):
                # A server's database may hold more than a queue; a file with other tables is somebody else's.
                found = {}
            else:
                METADATA.create_all(connection)
                connection.execute(insert(META), [{"key": key, "value": wanted[key]} for key in wanted])
                connection.execute(insert(CONTROLS), [{"id": 1, "halted": None}])
                return
        self._check(found, wanted)

    def _check(self, found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        if not found:
            raise ConfigurationError(f"{self.name} is a database, but no relayer's queue: name another")
        for key in wanted:
            if found.get(key) != wanted[key]:
                raise ConfigurationError(
                    f"{self.name} is the queue of another desk or package: its {key} is {found.get(key)}, "
                    f"this one's is {wanted[key]}. Name another database"
                )

    def _see_file(self) -> None:
        """See that the file is still the one that was opened, which SQLite would go on with unseen."""
        if self.path is not None and file_at(self.path) != self._file:
            raise ConfigurationError(
                f"the queue {self.name} was removed or replaced while this process worked with it, and what "
                "it writes nobody would find: end it, put the file back that it began with, and start again"
            )

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise ConfigurationError, without what was to be written, for whatever the database raises."""
        try:
            yield
        except SQLAlchemyError as error:
            # Its own text repeats the statement and what was to be written, the driver's does not.
            orig = getattr(error, "orig", None)
            problem = str(orig or error).strip().partition("\n")[0]
            if type(orig) is sqlite3.DatabaseError:  # not one of its kinds, which are other trouble
                raise ConfigurationError(
                    f"the queue {self.name} is damaged, or no database at all ({problem}): name another, or "
                    "end its relayers and put a backup in its place"
                ) from None
            raise ConfigurationError(
                f"the queue {self.name} failed: {problem}. What was acknowledged stands; see that the "
                "database can be written, and go on"
            ) from None


def file_at(place: Path | int) -> tuple[int, int] | None:
    """Which file is at a path, or open under a number, whatever it holds; None where there is none."""
    try:
        found = os.fstat(place) if isinstance(place, int) else place.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _identity(deployment: Deployment) -> dict[str, str]:
    return {
        "relay": str(FORMAT),
        "chain_id": str(deployment.chain_id),
        "genesis": deployment.genesis_hash,
        "desk": deployment.contract("TicketDesk").address.lower(),
    }


def _shown(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    # A driver takes a password there, too.
    places = {key: value for key, value in url.query.items() if key in ("host", "port")}
    return url.set(query=places).render_as_string()


def _keep_private(path: Path) -> None:
    """Make a file that nobody else may read; SQLite gives the files beside it the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ConfigurationError(f"the queue {path} cannot be written: {error.strerror}") from error


def _url(place: str | Path) -> URL:
    if isinstance(place, str) and "://" in place:
        try:
            url = make_url(place)
        except (ArgumentError, ValueError):
            # Its own text repeats the URL, and that may hold a password.
            raise ConfigurationError(
                "the queue's URL is none: write it like sqlite:///relay.db or postgresql://host/name"
            ) from None
    else:
        url = URL.create("sqlite", database=str(place))
    if url.drivername.startswith("sqlite"):
        path = Path(url.database or ":memory:")
        if str(path) == ":memory:":
            raise ConfigurationError("a queue in memory would lose what was acknowledged: name a file")
        if url.query:
            raise ConfigurationError(
                f"{path} is a file, which takes no options: leave out ? and what follows"
            )
        if path.is_dir() or not path.parent.is_dir():
            raise ConfigurationError(f"{path} cannot be a queue's file: name one in a folder that exists")
    elif url.drivername == "postgresql":
        # What SQLAlchemy takes by itself depends on its version.
        url = url.set(drivername="postgresql+psycopg")
    return url
