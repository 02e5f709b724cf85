"""`proofdesk audit`: what it prints, writes and ends with, with keys and without, and how it is refused."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from proofdesk.ops.audit import Kind
from tests.cli.counter import SECONDS, Counter
from tests.cli.privacy.sealed_counter import Founded, SealedCounter, founded, seated
from tools.chain import ROOT

FOUND, USAGE, SETUP, NODE = 1, 2, 3, 4
SCHEMA: Any = json.loads((ROOT / "proofdesk" / "schemas" / "audit.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sealed_desk() -> Iterator[Founded]:
    """The file's chain with a sealed desk; tests use `sealed`."""
    with founded() as found:
        yield found


@pytest.fixture
def sealed(sealed_desk: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SealedCounter]:
    """A sealed desk with a ticket in talk, and a folder to type commands in."""
    with seated(sealed_desk, tmp_path, monkeypatch) as counter:
        ticket = counter.desk("customer").tickets.open(lane="cards", content="Where is my card?")
        counter.desk("agent").tickets.take(ticket)
        counter.desk("agent").tickets.reply(ticket.id, "In the post.")
        counter.desk("customer").records.message(ticket.id, "Really?")
        counter.names["ticket"] = ticket.id
        yield counter


def entry_of(counter: Counter, number: int) -> str:
    """The entry of an act of the ticket."""
    return counter.desk().tickets.acts(counter.names["ticket"])[number - 1].entry


def test_an_untouched_desk_ends_with_0(sealed: SealedCounter) -> None:
    done = sealed.look("laboratory", "audit --json")
    assert (done.code, done.json["ok"], done.json["differences"], done.json["listed"]) == (0, True, 0, [])
    Draft202012Validator(SCHEMA).validate(done.json)
    assert done.json["looked_at"]["acts"] == 3 and done.json["looked_at"]["messages"] == 1
    shown = sealed.look("laboratory", "audit")
    # What came before the auditors' role is not theirs, until somebody re-wraps it.
    first, second = shown.out.splitlines()[:2]
    assert shown.code == 0 and "2 records were not opened" in first and "no difference" in second


def test_without_keys_the_forms_are_checked(sealed: SealedCounter) -> None:
    done = sealed.run("audit --json")
    assert done.code == 0 and done.json["looked_at"]["not opened"] == 8
    assert "opened" not in done.json["looked_at"]
    first = sealed.run("audit").out.splitlines()[0]
    assert first.startswith("8 records were not opened") and "contents were not" in first


def test_a_difference_ends_with_1_and_is_named(sealed: SealedCounter) -> None:
    store, entries = sealed.desk().archive.store, [entry_of(sealed, number) for number in (2, 3)]
    for entry in entries:
        store.delete(entry)
    done = sealed.look("laboratory", "audit")
    assert done.code == FOUND and entries[0] in done.out and entries[1] not in done.out
    assert "missing record" in done.out and "… and 1 more: --out FILE lists them" in done.out
    as_json = sealed.look("laboratory", "audit --json")
    assert as_json.code == FOUND and as_json.json["kinds"] == {"missing record": 2}
    Draft202012Validator(SCHEMA).validate(as_json.json)


def test_a_report_lists_all(sealed: SealedCounter) -> None:
    entries = [entry_of(sealed, number) for number in (2, 3)]
    for entry in entries:
        sealed.desk().archive.store.delete(entry)
    assert sealed.look("laboratory", "audit -o report.json").code == FOUND
    report = json.loads((sealed.folder / "report.json").read_text())
    Draft202012Validator(SCHEMA).validate(report)
    assert [each["where"].split(",")[0] for each in report["listed"]] == [f"entry {each}" for each in entries]
    assert sealed.look("laboratory", "audit --out report.txt").code == FOUND
    text = (sealed.folder / "report.txt").read_text()
    assert all(entry in text for entry in entries) and "Where is my card?" not in text


def test_what_may_wait_is_said(sealed: SealedCounter) -> None:
    store = sealed.desk().archive.store
    value = next(iter(store.shelf("access")))
    link = json.loads(store.shelf("access").get(value))["link"]
    store.shelf("queue").put(link, b'{"since":1000000000}')
    assert sealed.look("laboratory", "audit --json").json["kinds"] == {"waits too long to be anchored": 1}
    assert sealed.look("laboratory", "audit --waiting 99999d").code == 0


def test_a_clear_desk_is_audited_too(counter: Counter) -> None:
    counter.ticket("waiting")
    done = counter.run("audit --json")
    # The exams of this desk were recorded with another store.
    missing = done.json["kinds"].get("missing record", 0)
    assert done.json["differences"] == missing and done.json["looked_at"]["clear"] == 3
    assert all("exam" in each["where"] for each in done.json["listed"])


def test_a_terminal_sees_how_far_it_is(sealed: SealedCounter) -> None:
    main, side = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "proofdesk.cli", "audit", "--node", sealed.chain.url],
        cwd=sealed.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=side,
    ) as process:
        os.close(side)
        # Read as it comes, or who draws would wait for room; the terminal ends in an error.
        shown = b""
        with contextlib.suppress(OSError):
            while part := os.read(main, 4096):
                shown += part
        said, _ = process.communicate(timeout=SECONDS)
    os.close(main)
    assert process.returncode == 0 and b"Auditing" in shown and b"no difference" in said


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("audit --waiting soon", USAGE, "write a span such as 30s, 5m or 2h"),
        ("audit -o nowhere/report.json", SETUP, "nowhere/report.json cannot be a report"),
        ("audit -o records", SETUP, "cannot be a report"),
        ("audit --records notes.txt", SETUP, "notes.txt"),
        ("audit --node http://127.0.0.1:9", NODE, "did not answer"),
        ("audit --keys nobody.keys", SETUP, "nobody.keys"),
    ],
)
def test_it_refuses(sealed: SealedCounter, line: str, code: int, says: str) -> None:
    (sealed.folder / "notes.txt").write_text("no store")
    done = sealed.run(line)
    assert done.code == code and says in " ".join(done.err.split()), done
    assert "Traceback" not in done.err


def test_the_schema_knows_every_kind() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["$defs"]["kind"]["enum"]) == {kind.value for kind in Kind}
