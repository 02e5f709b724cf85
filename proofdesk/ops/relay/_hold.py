"""One process an account: locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from proofdesk._errors import ConfigurationError


@contextmanager
def file(path: Path, taken: ConfigurationError) -> Iterator[None]:
    """Hold a file's lock; raises `taken` while another process does."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken from None
        yield


@contextmanager
def advisory(engine: Engine, number: int, taken: ConfigurationError) -> Iterator[None]:
    """Hold one of PostgreSQL's advisory locks on a connection of its own; raises as `file`."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Not the pool's any more: closing it ends the session, and with it the lock.
        connection.detach()
        if not connection.scalar(text(f"SELECT pg_try_advisory_lock({number})")):
            raise taken
        yield
