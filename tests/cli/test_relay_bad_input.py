"""Bad input of the commands round a relayer: it is said what is wrong with what, and nothing is half done."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from proofdesk._files import write_atomically
from tests.cli.counter import Counter
from tests.cli.relays import running, signed
from tools.chain import ROOT

USAGE, SETUP = 2, 3
OPEN = "open cards --text Help --account {customer}"
LOOKS = [
    "relay backup copy.db",
    "relay status",
    "relay halt Maintenance",
    "relay resume",
    "relay fate {nobody}",
]
DRAIN = "relay run --drain --account {newcomer}"


@pytest.fixture
def queue(counter: Counter) -> Path:
    """A queue with an act in it, in a file of its own."""
    signed(counter, OPEN)
    with running(counter, "--batch-after 2m") as relayer:
        assert counter.run(f"relay submit act.json --to {relayer.url}").code == 0
        assert counter.run("relay backup queue.db").code == 0
    return Path("queue.db")


def tables(path: Path) -> list[str]:
    """What a database holds."""
    connection = sqlite3.connect(path)
    try:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    finally:
        connection.close()


@pytest.mark.parametrize("line", [*LOOKS, DRAIN])
def test_who_looks_makes_no_queue_of_what_is_none(counter: Counter, line: str) -> None:
    Path("empty.db").touch()
    connection = sqlite3.connect("other.db")
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    for name in ("empty.db", "other.db"):
        done = counter.run(f"{line} --database {name}")
        assert (done.code, f"{name} is a database, but no relayer's queue: name another" in done.err) == (
            SETUP,
            True,
        ), done
    assert (tables(Path("empty.db")), tables(Path("other.db"))) == ([], ["customers"])
    for name in ("missing.db", f"sqlite:///{Path.cwd()}/missing.db"):
        done = counter.run(f"{line} --database {name}")
        assert done.code == SETUP and "missing.db: proofdesk relay run makes it" in done.err, done
    assert not Path("missing.db").exists() and not Path("copy.db").exists()


def test_a_queue_is_not_begun_in_somebody_elses_file(counter: Counter) -> None:
    connection = sqlite3.connect("other.db")
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    done = counter.run("relay run --account {newcomer} --listen 127.0.0.1:0 --database other.db")
    assert (done.code, tables(Path("other.db"))) == (SETUP, ["customers"]), done


@pytest.mark.parametrize(
    "content", [b"a text, and no database " * 99, b"SQLite format 3\0" + bytes(range(256)) * 40]
)
@pytest.mark.parametrize("line", ["relay backup copy.db", DRAIN])
def test_a_file_that_is_damaged_is_not_said_to_stand(counter: Counter, line: str, content: bytes) -> None:
    Path("damaged.db").write_bytes(content)
    done = counter.run(f"{line} --database damaged.db")
    assert done.code == SETUP and "damaged.db is damaged, or no database at all" in done.err, done
    assert "put a backup in its place" in done.err and "stands" not in done.err
    assert not Path("copy.db").exists()


def test_options_in_a_files_url_are_not_passed_over(counter: Counter, queue: Path) -> None:
    done = counter.run(f"relay status --database sqlite:///{queue}?mode=ro")
    assert done.code == SETUP and "leave out ?" in done.err and "Warning" not in done.err, done


def test_damage_does_not_go_into_a_backup_unseen(counter: Counter, queue: Path) -> None:
    connection = sqlite3.connect(queue)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'acts_signer'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with queue.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    done = counter.run(f"relay backup copy.db --database {queue}")
    assert done.code == SETUP and "could not be copied to copy.db" in done.err, done
    assert not Path("copy.db").exists()


def test_a_backup_of_any_name_is_one(counter: Counter, queue: Path) -> None:
    before = tables(queue)
    for name in (":memory:", "file:copy.db", "копия é.db".replace(" ", "_")):
        assert counter.run(f"relay backup {name} --database {queue}").code == 0
        assert tables(Path(name).absolute()) == before


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b"null", b"{}", b"\xff", b"[" * 9999, b'{"v": NaN}'])
def test_a_word_or_a_record_that_is_none_is_told_by_its_file(
    counter: Counter, queue: Path, content: bytes
) -> None:
    Path("word.json").write_bytes(content)
    done = counter.run("relay judge word.json act.json")
    assert done.code == USAGE and "word.json: acknowledgement: " in done.err, done
    word = Path("act.ack.json").read_bytes().strip()
    Path("words.json").write_bytes(word + b"\n" + b'{"v": 1}\n')
    assert "words.json, 2: acknowledgement: " in counter.run("relay judge words.json act.json").err
    Path("act.record.json").write_bytes(content)
    done = counter.run("ticket carry act.json --account {newcomer} --records desk")
    assert done.code == USAGE and "act.record.json: record 0 " in done.err, done
    assert "acts" not in counter.run("ticket list --json").out or not counter.desk().tickets.acts()


@pytest.mark.parametrize("amount", ["nan", "snan", "inf", "-inf", "1e-19", "0", "-1", "1000001", "x"])
def test_an_amount_that_nobody_can_spend(counter: Counter, amount: str) -> None:
    done = counter.run(f"relay run --account {{newcomer}} --listen 127.0.0.1:0 --spending={amount}")
    assert done.code == USAGE and f"--spending {amount}: write an amount" in done.err, done


@pytest.mark.parametrize("more", ["", "--no-record"])
def test_what_cannot_be_written_leaves_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    def full(path: Path, content: bytes) -> None:
        if path.name == "act.json":
            raise OSError(28, "No space left on device")
        write_atomically(path, content)

    # No folder here refuses one who may do anything: so a disk that is full just then is played.
    monkeypatch.setattr("proofdesk.cli._signing.write_atomically", full)
    done = counter.run(f"ticket {OPEN} --sign act.json {more}")
    assert done.code == SETUP and "act.json cannot be written: No space left on device" in done.err, done
    assert not list(Path().glob("act*.json")) and not list(Path("records").rglob("??/*.json"))


def test_a_descriptor_that_cannot_be_written_is_told(counter: Counter) -> None:
    (manifest,) = Path("deployments").rglob("*.json")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "proofdesk.ops.clear_signing", str(manifest)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (
        1,
        "the descriptor could not be written: No space left on device\n",
    )
