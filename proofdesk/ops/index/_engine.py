"""The database of an index: opened, made where there is none, and known for this desk's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError
from proofdesk.ops import _sqlite
from proofdesk.ops.index._rows import names
from proofdesk.ops.index._schema import CURSOR, FORMAT, META, METADATA, NAMES

MEMORY = ":memory:"
_PRAGMAS = (
    "page_size = 16384",  # of a new file; a tenth faster than the usual quarter
    # Readers and one writer do not wait for each other; a machine that fails may lose last batches, whole.
    "journal_mode = WAL",
    "synchronous = NORMAL",
    # Tickets' ids come in no order: 16 MB hold most of their index, so that it is not read and written anew.
    "cache_size = -16000",
    "wal_autocheckpoint = 2000",  # pages: every page is copied less often
)


class Database:
    """Where an index is kept; `name` says so without a password."""

    def __init__(self, place: str | Path) -> None:
        url = _url(place)
        self.name = url.database or MEMORY if url.get_backend_name() == "sqlite" else url.render_as_string()
        self.is_memory = url.get_backend_name() == "sqlite" and url.database in (None, "", MEMORY)
        try:
            self._engine = _engine(url, self.is_memory)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise ConfigurationError(
                f"{self.name}: there is no driver for it ({error}): install one"
            ) from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the index, whatever is written meanwhile.

        Raises ConfigurationError where the database fails; what was written before stands.
        """
        with self._told(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction; others wait for its end, and whatever ends the `with` block early undoes it.

        Raises as `reading`.
        """
        with self._told(), _sqlite.writing(self._engine) as connection:
            yield connection

    def prepare(self, deployment: Deployment) -> None:
        """Make the tables where there are none; raises ConfigurationError for another's database."""
        wanted = _identity(deployment)
        with self.writing() as connection:
            tables = set(inspect(connection).get_table_names())
            if not tables:
                METADATA.create_all(connection)
                connection.execute(insert(META), [{"key": key, "value": wanted[key]} for key in wanted])
                connection.execute(insert(NAMES), names())
                connection.execute(insert(CURSOR), {"id": 1, "block": -1, "head": 0, "finalized": 0})
                return
            known = META.name in tables and CURSOR.name in tables
            found = {row.key: row.value for row in connection.execute(select(META))} if known else {}
        self._check(found, wanted)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _check(self, found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        made_by = found.get("format", "")
        if not made_by.isdecimal():
            raise ConfigurationError(
                f"{self.name} is a database, but not an index of proofdesk: name another"
            )
        if int(made_by) != FORMAT:
            raise ConfigurationError(
                f"{self.name} is an index of format {made_by}, this package knows format {FORMAT}: use the "
                f"proofdesk that made it ({found.get('proofdesk')}), or make it anew in another file"
            )
        for key in ("chain_id", "genesis", "desk"):
            if found.get(key) != wanted[key]:
                raise ConfigurationError(
                    f"{self.name} is the index of another desk: its {key} is {found.get(key)}, "
                    f"the deployment's is {wanted[key]}. Name another file, or delete this one to index anew"
                )

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            # Its own text repeats the statement and what was to be written.
            raise ConfigurationError(
                f"the index {self.name} failed: {error.orig}. {_advice(str(error.orig))}; every batch "
                "written before stands, and the next run goes on from there"
            ) from None


def _identity(deployment: Deployment) -> dict[str, str]:
    # Late, and where this package lies bare in a folder there is none.
    from importlib.metadata import PackageNotFoundError, version

    try:
        made_by = version("proofdesk")
    except PackageNotFoundError:
        made_by = "unknown"
    return {
        "format": str(FORMAT),
        "proofdesk": made_by,
        "chain_id": str(deployment.chain_id),
        "genesis": deployment.genesis_hash,
        "desk": deployment.contract("TicketDesk").address.lower(),
    }


def _url(place: str | Path) -> URL:
    if isinstance(place, str) and "://" in place:
        try:
            return make_url(place)
        except (ArgumentError, ValueError):
            # Its own text repeats the URL, and that may hold a password.
            raise ConfigurationError(
                "the index's URL is none: write it like postgresql://host/name"
            ) from None
    if str(place) != MEMORY:
        path = Path(place)
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder: name a file in it for the index")
        if not path.parent.is_dir():
            raise ConfigurationError(
                f"there is no folder {path.parent} for the index {path.name}: make it first"
            )
    return URL.create("sqlite", database=str(place))


def _engine(url: URL, is_memory: bool) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    if is_memory:
        # Another connection would see another memory.
        return _sqlite.engine(url, _PRAGMAS, poolclass=StaticPool, connect_args={"check_same_thread": False})
    return _sqlite.engine(url, _PRAGMAS)


def _advice(problem: str) -> str:
    if "locked" in problem:
        return "Another process writes to it: end that one, or wait"
    if "full" in problem:
        return "Free some space"
    if "not a database" in problem or "malformed" in problem:
        return "Name another file, or delete this one and index again"
    return "See that the file and its folder can be written"
