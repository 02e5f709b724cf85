"""A PostgreSQL server of the tests' own, as long as they need one."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url


def is_there() -> bool:
    """Whether this machine has a server to start."""
    return _program("postgres") is not None and _program("initdb") is not None


@contextmanager
def started() -> Iterator[str]:
    """A server on a socket of its own folder; yields the URL of a database."""
    folder = Path(tempfile.mkdtemp(prefix="proofdesk-postgres-"))
    # It refuses to run as root.
    user = _nobody() if os.geteuid() == 0 else None
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        name = None if user is None else user.pw_name
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": name, "cwd": folder}
        data = folder / "data"
        initdb = [str(_program("initdb")), "-D", str(data), "-U", "proofdesk", "-A", "trust", "--no-sync"]
        subprocess.run(initdb, check=True, **quiet)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        options = ["-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-p", port]
        server = subprocess.Popen([str(_program("postgres")), *options], **quiet)
        try:
            _await(folder / f".s.PGSQL.{port}", server)
            yield f"postgresql://proofdesk@/postgres?host={folder}&port={port}"
        finally:
            server.terminate()
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def database(url: str) -> str:
    """The URL of a new, empty database of a server."""
    server = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    name = f"relay_{uuid4().hex}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _await(path: Path, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            psycopg.connect(
                host=str(path.parent), port=int(path.suffix[1:]), user="proofdesk", dbname="postgres"
            ).close()
            return
        except psycopg.OperationalError:
            continue
    raise RuntimeError("PostgreSQL ended at once")


def _program(name: str) -> str | None:
    found = shutil.which(name)
    # Debian keeps them out of the path.
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return found or (str(places[-1]) if places else None)


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")
