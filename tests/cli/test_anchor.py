"""`proofdesk anchor`: run and status; killed and begun again; and how each is refused."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from proofdesk.anchors import standard_leaf
from proofdesk.anchors.queue import Queue, enqueue, proof_of
from tests.cli.counter import SECONDS, Counter

USAGE, SETUP, NODE, INTERRUPTED = 2, 3, 4, 130
ANCHOR = "--account {newcomer}"


def handed_in(counter: Counter, count: int) -> list[str]:
    """New values in the queue of the desk's records."""
    store, values = counter.desk().archive.store, [f"0x{secrets.token_hex(32)}" for _ in range(count)]
    for value in values:
        enqueue(store, value)
    return values


def all_dated(counter: Counter, values: list[str]) -> bool:
    """Whether the contract says of each that it was there."""
    desk = counter.desk()
    for value in values:
        found = proof_of(desk.archive.store, value)
        if found is None or not desk.anchors.verify(found.root, standard_leaf([value]), found.path):
            return False
    return True


def started(counter: Counter, line: str) -> subprocess.Popen[str]:
    """A command that goes on until it is ended."""
    return subprocess.Popen(
        [sys.executable, "-m", "proofdesk.cli", *line.format(**counter.names).split()],
        cwd=counter.folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_once_anchors_all_that_waits_and_ends(counter: Counter) -> None:
    values = handed_in(counter, 5)
    done = counter.run(f"anchor run --once --count 3 {ANCHOR} --json")
    assert (done.code, done.json["values"], done.json["waiting"], done.json["next"]) == (0, 5, 0, None)
    assert len(done.json["roots"]) == 2 and all_dated(counter, values)
    again = counter.run(f"anchor run --once {ANCHOR}")
    assert (again.code, again.out.splitlines()) == (0, ["anchored\t0", "waiting\t0"])
    more = handed_in(counter, 1)
    rows = dict(line.split("\t") for line in counter.run(f"anchor run --once {ANCHOR}").out.splitlines())
    found = proof_of(counter.desk().archive.store, more[0])
    assert found is not None and rows == {"anchored": "1", "under": found.root[:12], "waiting": "0"}


def test_status_shows_what_waits_and_what_is_begun_without_an_account(counter: Counter) -> None:
    assert counter.run("anchor status").out.splitlines() == ["waiting\t0"]
    assert not (counter.folder / "records").exists()
    values = handed_in(counter, 3)
    shown = counter.run("anchor status --json").json
    assert shown["waiting"] == 3 and shown["since"] and shown["begun"] is None
    trees = Queue(counter.desk().archive.store).begin([values], counter.names["agent"], now=time.time())
    assert trees is not None
    rows = dict(line.split("\t") for line in counter.run("anchor status").out.splitlines())
    assert rows["waiting"] == "3" and ", for " in rows["the first since"]
    assert rows["being anchored"].startswith(f"1 trees by {counter.names['agent']}, since ")
    begun = counter.run("anchor status --json").json["begun"]
    assert (begun["roots"], begun["by"]) == ([trees[0].root], counter.names["agent"])


def test_in_json_each_line_that_run_prints_is_a_document_until_ctrl_c(counter: Counter) -> None:
    values = handed_in(counter, 2)
    running = started(counter, f"anchor run {ANCHOR} --json --age 1s --poll 0.05")
    assert running.stdout is not None
    assert json.loads(running.stdout.readline())["anchorer"] == counter.names["newcomer"]
    said, found = (json.loads(running.stdout.readline()) for _ in range(2))
    assert said["level"] == "info" and said["said"].endswith(": 2 anchored")
    assert (found["values"], found["waiting"]) == (2, 0)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=SECONDS)
    assert running.returncode == INTERRUPTED and err == ""
    assert "stopped after 2 values; the same command goes on" in out
    assert all_dated(counter, values)


def test_run_says_what_it_does_and_what_is_in_its_way(counter: Counter) -> None:
    handed_in(counter, 2)
    counter.chain.rpc("anvil_setBalance", counter.names["newcomer"], "0x0")
    running = started(counter, f"anchor run {ANCHOR} --age 1s --poll 0.05")
    assert running.stderr is not None
    said = ""
    for text in running.stderr:
        said += text
        if "InsufficientFunds" in text:
            counter.chain.rpc("anvil_setBalance", counter.names["newcomer"], hex(10**18))
        if "the trouble is over" in text:
            break
    running.send_signal(signal.SIGINT)
    said += running.communicate(timeout=SECONDS)[1]
    assert running.returncode == INTERRUPTED
    assert said.index("Ctrl-C ends it") < said.index("InsufficientFunds") < said.index("2 anchored")
    assert said.count("InsufficientFunds") == 1 and "Traceback" not in said


def test_killed_again_and_again_it_anchors_everything(counter: Counter) -> None:
    """Two anchorers beside each other, killed at random while more and more is handed in."""
    seed = int(os.environ.get("SEED", secrets.randbelow(10**6)))
    random, rounds = Random(seed), 40 if os.environ.get("PROFILE") == "long" else 6
    print(f"seed {seed}")
    lines = [
        f"anchor run --account {{{who}}} --json --age 1s --count 20 --poll 0.05"
        for who in ("newcomer", "agent")
    ]
    running = [started(counter, line) for line in lines]
    values: list[str] = []
    try:
        for _ in range(rounds):
            values += handed_in(counter, random.randrange(1, 60))
            # The first tells by its line that it lives; how far it comes then is chance.
            which = random.randrange(2)
            pipe: Any = running[which].stdout
            pipe.readline()
            time.sleep(random.random())
            running[which].kill()
            running[which].communicate(timeout=SECONDS)
            running[which] = started(counter, lines[which])
        deadline = time.monotonic() + SECONDS
        while not all_dated(counter, values[-60:]) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        for process in running:
            process.kill()
            process.communicate(timeout=SECONDS)
    # What a killed one left is gone on with by the same account, or anchored by the last look.
    for who in ("newcomer", "agent"):
        counter.run(f"anchor run --once --account {{{who}}}")
    assert all_dated(counter, values)
    queue = Queue(counter.desk().archive.store)
    assert not queue.waiting(time.time()) and queue.begun() is None


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("anchor run --once", SETUP, "--keystore"),
        ("anchor run --once --account {newcomer} --count 0", USAGE, "--count"),
        ("anchor run --once --account {newcomer} --count 100001", USAGE, "--count"),
        ("anchor run --once --account {newcomer} --age soon", USAGE, "write a span such as 30s, 5m or 2h"),
        ("anchor run --account {newcomer} --poll 0", USAGE, "--poll"),
        ("anchor run --once --account {newcomer} --records notes.txt", SETUP, "notes.txt"),
        ("anchor run --once --account {newcomer} --node http://127.0.0.1:9", NODE, "did not answer"),
        ("anchor status --node http://127.0.0.1:9", NODE, "did not answer"),
        ("anchor status --records notes.txt", SETUP, "notes.txt"),
    ],
)
def test_it_refuses(counter: Counter, line: str, code: int, says: str) -> None:
    (counter.folder / "notes.txt").write_text("no store")
    done = counter.run(line)
    assert done.code == code and says in " ".join(done.err.split()), done
    assert "Traceback" not in done.err


def test_without_money_it_says_who_needs_some(counter: Counter) -> None:
    handed_in(counter, 1)
    counter.chain.rpc("anvil_setBalance", counter.names["newcomer"], "0x0")
    done = counter.run(f"anchor run --once {ANCHOR}")
    assert done.code != 0 and counter.names["newcomer"] in done.err and "Traceback" not in done.err
    counter.pass_time(timedelta(minutes=1))
    assert counter.run("anchor status --json").json["waiting"] == 1
