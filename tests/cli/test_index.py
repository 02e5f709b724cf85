"""`proofdesk index`: brought up, followed, checked, rebuilt, shown; and how each is refused."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.counter import SECONDS, Counter

FOUND, USAGE, SETUP, NODE, INTERRUPTED = 1, 2, 3, 4, 130


def place(counter: Counter) -> Path:
    """Where the index is by default."""
    deployment = counter.deployment
    return counter.folder / "index" / str(deployment.chain_id) / f"{deployment.desk}.db"


def test_run_makes_it_and_goes_on(counter: Counter) -> None:
    begun = counter.run("index run --json")
    assert (begun.code, begun.err) == (0, "")
    assert place(counter).is_file()
    height = counter.desk().node.height()
    assert begun.json["block"] == begun.json["head"] == height
    counter.ticket()
    again = counter.run("index run")
    assert again.code == 0 and f"block {counter.desk().node.height()}" in again.err
    assert counter.run("index show --json").json["events"] > begun.json["events"]


def test_show_says_how_far(counter: Counter) -> None:
    counter.run("index run --database mine.db")
    shown = counter.run("index show --database mine.db")
    assert shown.code == 0
    rows = dict(line.split("\t") for line in shown.out.splitlines())
    assert rows["block"] == rows["head"] == str(counter.desk().node.height())
    assert int(rows["events"]) > 0 and rows["orphaned events"] == "0"
    assert rows["file"] == "mine.db"
    counter.run("index run")
    assert Path(counter.run("index show --json").json["file"]) == place(counter).relative_to(counter.folder)


def test_check_says_when_events_are_missing(counter: Counter) -> None:
    counter.ticket()
    counter.run("index run")
    with sqlite3.connect(place(counter)) as database:
        database.execute("DELETE FROM events WHERE block = (SELECT max(block) FROM events)")
    found = counter.run("index check")
    assert found.code == FOUND and "read them anew" in " ".join(found.err.split())
    assert "rebuild" not in found.err


def test_check_finds_what_differs_and_rebuild_mends_it(counter: Counter) -> None:
    counter.ticket("open")
    counter.run("index run")
    assert counter.run("index check --json").json["differences"] == 0
    with sqlite3.connect(place(counter)) as database:
        database.execute("UPDATE lanes SET size = size + 1 WHERE id = 1")
    found = counter.run("index check")
    assert found.code == FOUND and "lane 1: size is" in found.out and "index rebuild" in found.err
    assert counter.run("index rebuild").code == 0
    assert counter.run("index check").code == 0


def test_a_reorganisation_is_told(counter: Counter) -> None:
    counter.ticket()
    counter.run("index run")
    counter.chain.rpc("anvil_reorg", 1, [])
    counter.chain.rpc("evm_mine")
    assert ", 1 blocks taken back" in counter.run("index run").err
    assert counter.run("index show --json").json["orphaned_events"] > 0
    assert counter.run("index check").code == 0


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("index run --database folder", SETUP, "is a folder: name a file in it"),
        ("index run --database nowhere/index.db", SETUP, "there is no folder nowhere"),
        ("index run --node http://127.0.0.1:9", NODE, "did not answer"),
        ("index run --poll 0", USAGE, "--poll"),
        ("index run --database postgresql://me:secret@host/name", USAGE, "set PROOFDESK_INDEX"),
        ("index show", SETUP, "make it by proofdesk index run"),
        ("index show --deployment other", SETUP, "no deployment of desk other"),
        ("index check", SETUP, "make it by proofdesk index run"),
        ("index check --database notes.txt", SETUP, "Name another file"),
        ("index rebuild", SETUP, "make it by proofdesk index run"),
        ("index rebuild --database notes.txt", SETUP, "Name another file"),
    ],
)
def test_it_refuses(counter: Counter, line: str, code: int, says: str) -> None:
    (counter.folder / "folder").mkdir(exist_ok=True)
    (counter.folder / "notes.txt").write_text("no database, but as long as one would be " * 30)
    done = counter.run(line)
    assert done.code == code and says in " ".join(done.err.split()), done
    assert "Traceback" not in done.err and "secret" not in done.err


def test_following_in_json_prints_a_line_a_batch(counter: Counter) -> None:
    following = subprocess.Popen(
        [sys.executable, "-m", "proofdesk.cli", "index", "run", "--follow", "--json", "--poll", "0.05"],
        cwd=counter.folder,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert following.stdout is not None
    begun = [json.loads(following.stdout.readline())]
    while begun[-1]["block"] < begun[-1]["head"]:
        begun.append(json.loads(following.stdout.readline()))
    counter.ticket()
    batch = json.loads(following.stdout.readline())
    assert batch["events"] == 1 and batch["block"] > begun[-1]["block"]
    following.send_signal(signal.SIGINT)
    assert "the same command goes on" in following.communicate(timeout=SECONDS)[0]


def test_following_until_ctrl_c(counter: Counter) -> None:
    following = subprocess.Popen(
        [sys.executable, "-m", "proofdesk.cli", "index", "run", "--follow", "--poll", "0.05"],
        cwd=counter.folder,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert following.stderr is not None
    said = ""
    for line in following.stderr:
        said += line
        if "Ctrl-C ends it" in line:
            counter.ticket()
        if "Ctrl-C ends it" in said and ": 1 events" in line:
            break
    following.send_signal(signal.SIGINT)
    _out, rest = following.communicate(timeout=SECONDS)
    assert following.returncode == INTERRUPTED
    assert "the same command goes on" in rest and "Traceback" not in rest
    assert counter.run("index check").code == 0
