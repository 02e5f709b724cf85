"""One process an account: locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from proofdesk._errors import ConfigurationError
from proofdesk.ops.relay._database import file_at

if TYPE_CHECKING:
    from proofdesk.ops.relay._database import Database


@contextmanager
def file(path: Path, taken: ConfigurationError) -> Iterator[Callable[[], bool]]:
    """Hold a file's lock, and tell whether it is held still; raises `taken` while another process does."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken from None
        # Whoever finds it gone makes another, and holds that one.
        yield lambda: file_at(path) == file_at(lock.fileno())


@contextmanager
def advisory(database: Database, number: int, taken: ConfigurationError) -> Iterator[Callable[[], bool]]:
    """Hold one of PostgreSQL's advisory locks on a connection of its own; tells and raises as `file`.

    Raises ConfigurationError where the database fails, too.
    """
    with (
        database.told(),
        database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        # Not the pool's any more: closing it ends the session, and with it the lock.
        connection.detach()
        if not connection.scalar(text(f"SELECT pg_try_advisory_lock({number})")):
            raise taken

        def is_held() -> bool:
            # A server that was started anew, or an operator, has ended the session, and nobody was told.
            try:
                connection.execute(text("SELECT 1"))
            except SQLAlchemyError:
                return False
            return True

        yield is_held
