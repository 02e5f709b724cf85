"""Where a queue may be, and that a queue is known for its desk's."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from proofdesk import ConfigurationError
from proofdesk.ops.relay import Relayer
from proofdesk.ops.relay._database import Database
from proofdesk.ops.relay.control import Control
from tests.client.office import Office
from tests.relay import postgres
from tests.relay.conftest import Make
from tests.relay.people import Crowd, yes


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (":memory:", "in memory"),
        ("sqlite://", "in memory"),
        ("mysql://host/name", "SQLite or PostgreSQL"),
        ("what://is/this", "no driver|SQLite or PostgreSQL|URL is none"),
        ("nowhere/relay.db", "folder that exists"),
        (".", "folder that exists"),
        ("postgresql://me:secret@127.0.0.1:1/x", "failed"),
    ],
)
def test_what_cannot_be_one(
    office: Office, where: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=words) as problem:
        Database(where, office.deployment)
    assert "secret" not in str(problem.value)


def test_another_desks_queue(office: Office, place: str) -> None:
    Database(place, office.deployment).close()
    other = replace(office.deployment, genesis_hash="0x" + 32 * "11")
    with pytest.raises(ConfigurationError, match="another desk"):
        Database(place, other)
    Database(place, office.deployment).close()


def test_a_database_of_something_else(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE acts (number INTEGER)")
    with pytest.raises(ConfigurationError, match="no relayer's queue"):
        Database(file, office.deployment)
    (tmp_path / "text.db").write_text("no database, but a text that is long enough to be read as one" * 99)
    with pytest.raises(ConfigurationError, match="damaged, or no database at all"):
        Database(tmp_path / "text.db", office.deployment)


def test_a_queue_outlives_its_relayer(make_relayer: Make, crowd: Crowd, place: str, office: Office) -> None:
    act = crowd.open()
    with make_relayer(place) as relayer:
        (first,) = yes(relayer.submit([act]))
    with make_relayer(place) as again:
        assert again.submit([act]) == [first]
        again.step(flush=True)
    with Control(place, office.deployment) as control:
        assert control.fate(act.digest.upper().replace("X", "x")).acknowledgement == first
        assert control.counts()["done"] == 1 and control.spent() > 0
        assert [hand.address for hand in control.hands()] == [office.intake.sender.address]


def test_a_desk_without_an_account(office: Office, tmp_path: Path) -> None:
    from proofdesk import Desk

    desk = Desk.connect(office.chain.url, deployment=office.deployment)
    with pytest.raises(ConfigurationError, match="without an account"):
        Relayer(desk, tmp_path / "relay.db")


def test_what_waits_is_its_owners_alone(make_relayer: Make, crowd: Crowd, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        relayer = make_relayer(str(tmp_path / "relay.db"))
        relayer.begin()
        yes(relayer.submit([crowd.open()]))
    finally:
        os.umask(before)
    files = list(tmp_path.iterdir())
    assert len(files) == 4 and {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_one_account_is_one_processs_under_any_name(make_relayer: Make, tmp_path: Path) -> None:
    make_relayer(str(tmp_path / "relay.db")).begin()
    (tmp_path / "alias.db").symlink_to(tmp_path / "relay.db")
    with pytest.raises(ConfigurationError, match="another process relays"):
        make_relayer(str(tmp_path / "alias.db")).begin()


def test_a_lock_that_was_lost_is_noticed(make_relayer: Make, crowd: Crowd, postgres_url: str) -> None:
    """As by a server that is started anew, when another process was faster to take the account."""
    place = postgres.database(postgres_url)
    first = make_relayer(place)
    first.begin()
    yes(first.submit([crowd.open()]))
    others = (
        "FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid() "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with first._database.engine.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {others}"))
    second = make_relayer(place)
    second.begin()
    with pytest.raises(ConfigurationError, match="another process relays"):
        first.step(flush=True)
    second.close()
    # The server notices a moment later that who had it has gone.
    with first._database.engine.connect() as connection:
        while connection.execute(text(f"SELECT 1 {others}")).first():
            pass
    assert first.step(flush=True).batches == 1, "it takes the account up again when it is free"


def test_a_password_is_not_shown(office: Office, postgres_url: str) -> None:
    with Control(postgres.database(postgres_url) + "&password=secret", office.deployment) as control:
        assert "secret" not in control.name and "host=" in control.name


def test_of_two_that_open_a_new_one_at_once_both_do(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "relay.db"
    with closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("proofdesk.ops._sqlite.time.sleep", lambda _seconds: other.execute("COMMIT"))
        Database(place, office.deployment).close()
        assert not other.in_transaction
