"""A journal is one process's: whatever this one does beside it, and whatever its children do."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proofdesk import ConfigurationError, Sender
from proofdesk.sending.journal import Entry, JournalFile
from tests.client.office import Office, account

PRELUDE = """
import json, os, sys
from proofdesk import ConfigurationError
from proofdesk.sending.journal import Entry, JournalFile
def entry(nonce):
    return Entry(1, "0x" + 40 * "1", nonce, None, b"", 0, 1, {"gasPrice": 1}, (f"0x{nonce:064x}",), ("0x00",))
journal = JournalFile(sys.argv[1])
"""


def entry(nonce: int) -> Entry:
    return Entry(1, "0x" + 40 * "1", nonce, None, b"", 0, 1, {"gasPrice": 1}, (f"0x{nonce:064x}",), ("0x00",))


def process(path: Path, program: str) -> subprocess.CompletedProcess[str]:
    """A program run in a process of its own, which knows `journal` and `entry`."""
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + program, str(path)], capture_output=True, text=True, timeout=60
    )


def nonces(path: Path) -> list[int]:
    """What a process finds that comes after."""
    done = process(path, "print(json.dumps([each.nonce for each in journal.load()]))")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def look(path: Path) -> None:
    path.read_bytes()


def try_another(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="another process, or another sender"):
        JournalFile(path).load()


def try_a_link(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    with pytest.raises(ConfigurationError, match="another process, or another sender"):
        JournalFile(link).load()


@pytest.mark.parametrize("beside", [look, try_another, try_a_link])
def test_nothing_beside_it_lets_another_process_in(tmp_path: Path, beside: Callable[[Path], None]) -> None:
    """SQLite's own locks end when the process closes any descriptor of the file."""
    path = tmp_path / "journal"
    with JournalFile(path) as journal:
        journal.save([entry(1)])
        beside(path)
        done = process(path, "journal.save([entry(77)])")
        assert "another process, or another sender of this one" in done.stderr
        journal.save([entry(2)])
    assert nonces(path) == [1, 2]


@pytest.mark.parametrize(
    "ending",
    ["sys.exit()", "del journal; import gc; gc.collect(); os._exit(0)", "journal.close(); sys.exit()"],
)
def test_a_child_takes_nothing_with_it(tmp_path: Path, ending: str) -> None:
    """As a server's that makes its senders before its workers: what closes ends the parent's log."""
    program = f"""
journal.save([entry(1)])
down, up = os.pipe()
child = os.fork()
if not child:
    os.read(down, 1)
    {ending}
journal.save([entry(2)])
os.write(up, b"!")
os.wait()
journal.save([entry(3)])
os.kill(os.getpid(), 9)
"""
    path = tmp_path / "journal"
    assert process(path, program).returncode == -9
    assert nonces(path) == [1, 2, 3]


@pytest.mark.parametrize("beside", ["-wal", ".lock"])
def test_who_takes_away_what_stands_beside_it_is_noticed(tmp_path: Path, beside: str) -> None:
    path = tmp_path / "journal"
    with JournalFile(path) as journal:
        journal.save([entry(1)])
        (tmp_path / f"journal{beside}").unlink()
        with pytest.raises(ConfigurationError, match="removed or replaced while it was open"):
            journal.save([entry(2)])


def test_who_cannot_read_it_keeps_nobody_out(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with JournalFile(path) as journal:
        journal.load()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO entries (id, content) VALUES ('a', '{}')")
    connection.close()
    with pytest.raises(ConfigurationError, match="is no journal, or damaged") as caught:
        Sender(office.w3, account(3), journal=path)
    assert "is no journal, or damaged" in process(path, "journal.load()").stderr, caught
