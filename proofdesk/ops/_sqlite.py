"""SQLite as the operators' databases use it: transactions begin where they are said to, writers take turns.

Needs SQLAlchemy, which comes with proofdesk[index] and proofdesk[relay].
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

# Seconds that one process waits for another's transaction; the longest, an index's batch, takes less than 1.
_PATIENCE = 30.0
_PAUSE = 0.01
_BEGIN = "proofdesk_begin"


def engine(url: URL, pragmas: Sequence[str], **options: Any) -> Engine:
    """An engine each of whose connections begins with these pragmas; `options` are create_engine's.

    >>> made = engine(URL.create("sqlite"), ["cache_size = -1000"])
    >>> with writing(made) as connection:
    ...     connection.exec_driver_sql("PRAGMA cache_size").scalar()
    -1000
    """
    made = create_engine(url, **{"connect_args": {"timeout": _PATIENCE}, **options})

    def prepare(connection: Any, _record: object) -> None:
        # Otherwise Python's driver begins transactions when it thinks fit, and reads outside of them.
        connection.isolation_level = None
        for pragma in pragmas:
            _patiently(connection, f"PRAGMA {pragma}")

    event.listen(made, "connect", prepare)
    event.listen(made, "begin", _begin)
    return made


@contextmanager
def writing(made: Engine) -> Iterator[Connection]:
    """A transaction, of another database's engine too; whatever ends the `with` block early undoes it."""
    options = {_BEGIN: "BEGIN IMMEDIATE"}
    with made.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def _patiently(connection: Any, statement: str) -> None:
    """Execute what SQLite itself does not wait with: of two that open a new file, one finds it locked."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _begin(connection: Connection) -> None:
    # A writer that first reads could find, when it writes, that another one was faster.
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
