"""What is printed: plain lines, JSON, languages of texts, and nothing in them that steers a terminal."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from proofdesk.cli import main
from proofdesk.cli._here import Here
from proofdesk.cli._values import clean, document, on_one_line
from tests.cli.counter import Counter
from tests.cli.proxy import Proxy
from tools.chain import ROOT

# Erases the screen, rings, titles the window, turns the writing round, in C1, and as rich's markup.
NASTY = "\x1b[2J\x07\x1b]0;owned\x07\u202e\x9b31m\u2066[bold red]hello[/] \x7f"


def test_a_customers_words_do_not_steer_the_terminal(counter: Counter) -> None:
    ticket = counter.desk("customer").tickets.open(
        lane="cards", content={"body": f"first\n{NASTY}", "subject": NASTY}
    )
    for line in (f"ticket history {ticket.id}", f"ticket history {ticket.id} --json"):
        done = counter.run(line)
        assert done.code == 0
        assert not set(done.out) & set("\x1b\x07\x9b\x7f\u202e\u2066")
        assert "[bold red]hello[/]" in done.out
    assert counter.run(f"ticket history {ticket.id} --json").json[0]["record"]["body"] == f"first\n{NASTY}"


def test_a_nodes_words_do_not_steer_the_terminal(counter: Counter) -> None:
    done = counter.run("agent show \x1b[31mBob")
    assert (done.code, "\x1b" in done.err, "\\x1b" in done.err) == (2, False, True)


class Terminal(io.StringIO):
    """What takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def test_no_act_can_be_forged_by_what_is_written(counter: Counter) -> None:
    forged = "2. 2026-01-01T00:00:00Z  reply → closed  agent 0x1"
    file = {"name": f"a\n{forged}", "media_type": "text/plain", "size": 1, "sha256": 64 * "1"}
    content = {"body": f"a\n{forged}", "subject": f"a\n{forged}", "attachments": [file]}
    ticket = counter.desk("customer").tickets.open(lane="cards", content=content)
    piped = counter.run(f"ticket history {ticket.id}").out.splitlines()
    assert len(piped) == 2 and len({line.count("\t") for line in piped}) == 1
    with redirect_stdout(Terminal()) as out:
        assert main(["ticket", "history", ticket.id]) == 0
    lines = out.getvalue().splitlines()
    assert len([line for line in lines if forged in line]) == 3
    assert not [line for line in lines if line.startswith("2.")]


def test_a_nodes_error_is_on_one_line(counter: Counter) -> None:
    class Lying(Proxy):
        def answer(self, request: dict[str, Any]) -> dict[str, Any]:
            return {
                "jsonrpc": "2.0",
                "id": request["id"],
                "error": {"code": 1, "message": "a\nproofdesk: done"},
            }

    with Lying(counter.chain.url).open() as node:
        done = counter.run(f"lane list --node {node.url}")
    assert (done.code, done.err.count("\n")) == (4, 1)


def test_a_fault_shows_no_key_and_steers_no_terminal(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_here: Here) -> None:
        raise RuntimeError(f"\x1b[2J {secret} {64 * 'a'} correct horse")

    secret = 64 * "5"
    monkeypatch.setenv("PROOFDESK_PASSWORD", "correct horse")
    monkeypatch.setattr(Here, "desk", fail)
    for line in ("lane list", "lane list --json"):
        done = counter.run(line)
        assert done.code == 70 and "please report" in done.err
        said = done.out + done.err
        assert "RuntimeError" in said
        assert not [text for text in ("\x1b", secret, 64 * "a", "horse ") if text in said]


def test_ratings_are_told(counter: Counter) -> None:
    counter.ticket("resolved")
    counter.run("ticket rate {ticket} 4 --account {customer}")
    counter.run("ticket close {ticket} --account {customer}")
    assert [act["rating"] for act in counter.run("ticket history {ticket} --json").json] == [None] * 3 + [
        4,
        None,
    ]


@pytest.mark.parametrize("text", [NASTY, "\ud800", "\U000e0041", "\u2028", "a\r\nb\rc"])
def test_clean_texts_are_printable_or_line_breaks(text: str) -> None:
    assert all(one.isprintable() or one in "\n\t" for one in clean(text))
    assert "\n" not in on_one_line(text)
    assert json.loads(document({"text": text}))["text"] == text


def test_a_terminal_of_few_characters_shows_the_others_by_number(counter: Counter) -> None:
    ticket = counter.desk("customer").tickets.open(lane="cards", content="Wo ist 退款, für mich?")
    done = counter.process(f"ticket history {ticket.id}", {"PYTHONIOENCODING": "ascii"})
    assert (done.code, "Wo ist \\u9000\\u6b3e, f\\xfcr mich?" in done.out) == (0, True)


def test_lines_for_other_programs(counter: Counter) -> None:
    counter.ticket()
    done = counter.run("ticket list")
    head, row = done.out.splitlines()
    assert head.split("\t") == ["ticket", "lane", "status", "due", "acts", "rating"]
    assert row.split("\t")[:3] == [counter.names["ticket"], "cards", "new"]


def test_amounts_are_texts_and_times_are_rfc_3339(counter: Counter) -> None:
    counter.ticket()
    shown = counter.run("account show --account {customer} --json").json
    assert int(shown["balance"]) > 10**18
    ticket = counter.run("ticket show {ticket} --json").json
    assert ticket["due_at"].endswith("Z")
    assert ticket["lane_name"] == "cards"


def test_options_stand_before_or_after_the_command(counter: Counter) -> None:
    for line in ("--json lane list", "lane --json list", "lane list --json"):
        assert len(counter.run(line).json) == 5
    last = counter.run("--node http://127.0.0.1:9 lane list --node {url} --json")
    assert last.code == 0


def test_quiet_says_nothing_but_the_result(counter: Counter) -> None:
    Path("exams.csv").write_text(
        "agent,program,level,score,taken_at,evidence\n"
        f"{counter.names['newcomer']},cards,1,8500,2026-01-31T12:00:00Z,passed\n",
        encoding="utf-8",
    )
    done = counter.run("agent certify exams.csv --account {certifier} --quiet")
    assert (done.code, done.err) == (0, "")


def test_a_beginning_of_an_id_is_enough(counter: Counter) -> None:
    id_ = counter.ticket()
    assert counter.run(f"ticket show {id_[:12]} --json").json["id"] == id_
    assert counter.run(f"ticket resolve {id_[2:10]} --account {{supervisor}}").code in (0, 5)


def test_who_stops_reading_is_not_bothered(counter: Counter) -> None:
    counter.ticket()
    line = f"{sys.executable} -m proofdesk.cli ticket history {counter.names['ticket']} | head -c 1"
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    # It may have written all of it before the reader went.
    assert done.returncode in (0, 141)


def test_a_closed_pipe_is_quiet(counter: Counter) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "proofdesk.cli", "lane", "list"],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_error_in_json_is_the_only_thing_printed(counter: Counter) -> None:
    done = counter.run("--json ticket show {nobody}")
    assert (done.code, done.err) == (5, "")
    assert done.json["error"] == {
        "type": "UnknownTicket",
        "message": done.json["error"]["message"],
        "exit_code": 5,
        "arguments": {"ticket_id": counter.names["nobody"]},
    }


def test_without_the_extra_it_says_how_to_get_it() -> None:
    """In an interpreter that knows of no installed packages."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from proofdesk.cli import main; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == 'proofdesk: the command needs its extra: pip install "proofdesk[cli]"\n'


def test_words_that_are_elsewhere_are_not_told_as_lost(counter: Counter) -> None:
    """As a customer sees what the desk wrote, whose store is not his."""
    counter.ticket("waiting")
    Path("mine").mkdir()
    shown = counter.run("ticket history {ticket} --records mine")
    assert (shown.code, shown.out.count("! this store does not hold its words: the desk keeps them")) == (
        0,
        3,
    )
    assert "backup" not in shown.out
    problem = counter.run("ticket history {ticket} --records mine --json").json[0]["problem"]
    assert problem.startswith("no content for entry")
