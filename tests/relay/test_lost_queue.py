"""A queue that is removed, replaced or out of reach while relayers work with it: nothing is promised then."""

from __future__ import annotations

import logging
import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from proofdesk import ConfigurationError
from proofdesk.ops.relay import Batching, Relayer
from tests.relay import postgres
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, yes
from tests.relay.test_waiting import stage


def taken(relayer: Relayer, crowd: Crowd) -> bool:
    """Whether a new act is acknowledged; the other answer is that there is no answer."""
    try:
        (code,) = codes(relayer.submit([crowd.open()]))
    except ConfigurationError:
        return False
    assert code in ("yes", "no-answer")
    return code == "yes"


@pytest.mark.parametrize("by", ["nothing", "a backup"])
def test_a_file_that_is_gone_is_promised_nothing(
    make_relayer: Make, crowd: Crowd, tmp_path: Path, by: str
) -> None:
    relayer = make_relayer()
    known = crowd.open()
    yes(relayer.submit([known]))
    for path in tmp_path.glob("relay.db*"):
        if by == "a backup":
            shutil.copy(path, tmp_path / "backup")
            (tmp_path / "backup").replace(path)
        else:
            path.unlink()
    assert not taken(relayer, crowd)
    for done in (
        relayer.counts,
        lambda: relayer.fate(known.digest),
        lambda: relayer.step(flush=True),
        # It writes, and looks at nothing before.
        lambda: relayer.halt("now"),
    ):
        with pytest.raises(ConfigurationError, match="removed or replaced"):
            done()


def test_a_file_that_is_put_back_is_gone_on_with(make_relayer: Make, crowd: Crowd, tmp_path: Path) -> None:
    relayer = make_relayer()
    act = crowd.open()
    yes(relayer.submit([act]))
    file = (tmp_path / "relay.db").rename(tmp_path / "elsewhere")
    assert not taken(relayer, crowd)
    file.rename(tmp_path / "relay.db")
    relayer.step(flush=True)
    assert stage(relayer, act) == "done"


def test_a_lock_that_was_removed_is_taken_anew_or_not_at_all(
    make_relayer: Make, crowd: Crowd, tmp_path: Path
) -> None:
    first, second = make_relayer(), make_relayer()
    yes(first.submit([crowd.open()]))
    for relayer in (first, second):
        relayer.begin()
        (lock,) = tmp_path.glob("*.lock")
        lock.unlink()
    with pytest.raises(ConfigurationError, match="another process relays"):
        second.begin()
        first.step(flush=True)
    second.close()
    assert first.step(flush=True).batches == 1


def test_a_server_that_is_gone_for_a_while_is_told_in_words(
    make_relayer: Make, crowd: Crowd, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    place = postgres.database(postgres_url)
    relayer = make_relayer(place)
    act = crowd.open()
    door = make_url(place).query
    socket = Path(str(door["host"])) / f".s.PGSQL.{door['port']}"
    stop = threading.Event()
    caplog.set_level(logging.INFO, "proofdesk.relay")
    running = threading.Thread(target=relayer.run, args=(stop,), daemon=True)
    running.start()
    while relayer._carrier is None:
        assert running.is_alive()
    with relayer._database.engine.connect() as connection:
        # Whoever is thrown out finds nobody there.
        gone = socket.rename(socket.with_name("gone"))
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{ended} AND pid <> pg_backend_pid()"))
        connection.invalidate()
    try:
        while caplog.text.count("failed") < 4:
            assert running.is_alive()
        assert not taken(relayer, crowd)
    finally:
        gone.rename(socket)
    yes(relayer.submit([act]))
    while stage(relayer, act) != "done":
        assert running.is_alive()
    stop.set()
    running.join()
    assert "Traceback" not in caplog.text and "the trouble is over" in caplog.text


def test_a_heart_beats_on_whatever_it_meets(
    make_relayer: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer(batching=Batching(lease=timedelta(seconds=0.03)))
    relayer.begin()
    stop, beats = threading.Event(), []

    def renew() -> None:
        beats.append(1)
        if len(beats) == 3:
            stop.set()
        raise (ValueError, NoConnectionLeft)[len(beats) % 2]("what nobody thought of")

    monkeypatch.setattr(relayer._carrier, "renew", renew)
    # Without a heart it would run on.
    bound = threading.Timer(20, stop.set)
    bound.start()
    relayer.run(stop)
    bound.cancel()
    assert len(beats) == 3 and "ValueError: what nobody" in caplog.text


def test_a_pool_without_a_connection_left_is_trouble_of_the_databases(
    relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect() -> None:
        raise NoConnectionLeft("QueuePool limit reached")

    monkeypatch.setattr(relayer._database.engine, "connect", connect)
    with pytest.raises(ConfigurationError, match="failed: QueuePool limit reached"):
        relayer.counts()
