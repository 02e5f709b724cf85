"""`proofdesk watch`: what it shows, where it goes on, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proofdesk import Deployment
from tests.cli.counter import SECONDS, Counter, opened_chain
from tools.chain import Chain

USAGE, SETUP, INTERRUPTED = 2, 3, 130


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Chain, Deployment]]:
    """A chain of this file's own: it is reorganised, after which anvil may answer wrongly for good."""
    with opened_chain() as pair:
        yield pair


def first(counter: Counter) -> int:
    """The block of the next act."""
    return counter.desk().node.height() + 1


def test_it_shows_acts_and_other_events(counter: Counter) -> None:
    start = first(counter)
    ticket = counter.ticket("open")
    counter.desk("certifier").certification.suspend(1)
    done = counter.run(f"watch --since {start} --count 4")
    assert done.code == 0, done.err
    head, opened, taken, *suspended = done.out.splitlines()
    assert {line.count("\t") for line in done.out.splitlines()} == {5} and head.startswith("at\tblock")
    assert ticket[:12] in opened and "customer → new" in opened and counter.names["customer"] in opened
    assert "agent → open" in taken and "\tcards\t" in taken
    assert any("CertificateSuspended" in line or "CertificateWritten" in line for line in suspended)


def test_a_lanes_name_does_not_steer_the_terminal(counter: Counter) -> None:
    path = Path("deployments/31337/development.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["lanes"] = {
        "\x1b[31mred" if name == "cards" else name: n for name, n in manifest["lanes"].items()
    }
    path.write_text(json.dumps(manifest), encoding="utf-8")
    done = counter.run("watch --since 0 --count 1")
    assert (done.code, "\x1b" in done.err, "\\x1b[31mred" in done.err) == (SETUP, False, True), done


def test_nothing_shown_steers_the_terminal(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    start = first(counter)
    counter.ticket()
    monkeypatch.setattr("proofdesk.cli.watch.name_of", lambda *_: "\x1b[31mred\n")
    done = counter.run(f"watch --since {start} --count 1")
    assert (done.code, "\x1b" in done.out, "\\x1b[31mred" in done.out) == (0, False, True)
    assert done.out.count("\n") == 2


def test_in_json_it_prints_a_document_a_line(counter: Counter) -> None:
    start = first(counter)
    ticket = counter.ticket("open")
    done = counter.run(f"watch --since {start} --count 2 --json")
    assert (done.code, done.err) == (0, "")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["type"] for event in events] == ["act", "act"]
    assert [event["status"] for event in events] == ["new", "open"]
    assert {event["ticket_id"] for event in events} == {ticket}
    assert events[0]["lane_name"] == "cards"


def test_one_lane_alone(counter: Counter) -> None:
    start = first(counter)
    counter.desk("customer").tickets.open(lane="orders", content="Where is my order?")
    counter.ticket()
    done = counter.run(f"watch --since {start} --count 1 --lane cards")
    assert done.code == 0 and "\tcards\t" in done.out and "orders" not in done.out


def test_it_goes_on_where_it_stopped(counter: Counter) -> None:
    start = first(counter)
    counter.ticket("resolved")
    begun = counter.run(f"watch --since {start} --count 2 --resume place.json")
    assert begun.code == 0 and (counter.folder / "place.json").stat().st_mode & 0o777 == 0o600
    rest = counter.run("watch --count 1 --resume place.json")
    assert "agent → resolved" in rest.out
    counter.ticket()
    assert "customer → new" in counter.run("watch --count 1 --resume place.json").out
    both = counter.run(f"watch --since {start} --resume place.json")
    assert both.code == USAGE and "both say where to begin" in both.err


def test_what_left_the_chain_is_said(counter: Counter) -> None:
    start = first(counter)
    counter.ticket()
    counter.run(f"watch --since {start} --count 1 --resume place.json")
    counter.chain.rpc("anvil_reorg", 1, [])
    counter.desk("customer").tickets.open(lane="orders", content="Another one")
    done = counter.run("watch --count 2 --resume place.json")
    assert f"! block {start} left the chain" in done.out and "orders" in done.out
    # What was taken back is not told twice.
    counter.ticket()
    assert "left the chain" not in counter.run("watch --count 1 --resume place.json").out


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("watch --since -1", USAGE, "--since"),
        ("watch --count 0", USAGE, "--count"),
        ("watch --lane loans --since 0", SETUP, "has no lane 'loans'"),
        ("watch --resume wrong.json", SETUP, "keeps no place of proofdesk watch"),
        ("watch --resume other.json", SETUP, "keeps no place of proofdesk watch"),
        ("watch --resume .", USAGE, "directory"),
        ("watch --deployment other", SETUP, "no deployment of desk other"),
    ],
)
def test_it_refuses(counter: Counter, line: str, code: int, says: str) -> None:
    (counter.folder / "wrong.json").write_text("[1", encoding="utf-8")
    (counter.folder / "other.json").write_text('{"format": "proofdesk-position/9"}', encoding="utf-8")
    done = counter.run(line)
    assert done.code == code and says in " ".join(done.err.split()), done
    assert "Traceback" not in done.err


def test_a_place_on_another_chain_is_refused(counter: Counter) -> None:
    place = {"format": "proofdesk-position/1", "genesis": "0x" + 32 * "11", "headers": [], "first": 0}
    (counter.folder / "place.json").write_text(json.dumps(place), encoding="utf-8")
    done = counter.run("watch --resume place.json")
    assert done.code != 0 and "begins with block" in done.err and "Traceback" not in done.err


def test_ctrl_c_says_how_to_go_on(counter: Counter) -> None:
    start = first(counter)
    counter.ticket()
    watching = subprocess.Popen(
        [sys.executable, "-m", "proofdesk.cli", "watch", "--since", str(start), "--poll", "0.05"],
        cwd=counter.folder,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    watching.stdout.readline()
    assert "customer → new" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, err = watching.communicate(timeout=SECONDS)
    assert watching.returncode == INTERRUPTED
    assert f"--since {start} goes on" in err and "Traceback" not in err
