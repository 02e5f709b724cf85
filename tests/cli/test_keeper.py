"""`proofdesk keeper`: run, once, status and check-data against a desk; and how each is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from proofdesk.ops.keeper.agenda import held
from tests.cli.claims.test_filing import CLAIM
from tests.cli.claims.till import ETHER
from tests.cli.counter import SECONDS, Counter

USAGE, SETUP, NODE, INTERRUPTED = 2, 3, 4, 130
KEEP = "--account {newcomer}"


def test_once_does_what_is_due_and_says_what_is_next(counter: Counter) -> None:
    ticket = counter.ticket()
    waiting = counter.run(f"keeper once {KEEP} --json")
    assert (waiting.code, waiting.json["transactions"]) == (0, 0)
    assert waiting.json["next"] is not None
    counter.pass_time(timedelta(hours=5))
    done = counter.run(f"keeper once {KEEP} --json")
    assert done.json["done"]["expire"] == 1 and done.json["delay_seconds"]["max"] >= 3600
    assert counter.desk().tickets.get(ticket).status.name == "ESCALATED"
    rows = dict(line.split("\t") for line in counter.run(f"keeper once {KEEP}").out.splitlines())
    assert rows["clocks that ran out"] == rows["transactions"] == "0"


def test_status_shows_what_is_due_and_next_without_a_keeper_and_with_one(counter: Counter) -> None:
    ticket = counter.ticket()
    shown = counter.run("keeper status --json").json
    assert shown["duties"]["expire"] == {"open": 1, "due": 0}
    assert [item["ticket"] for item in shown["next"]] == [ticket]
    counter.run(f"keeper once {KEEP}")
    counter.pass_time(timedelta(hours=5))
    rows = counter.run("keeper status").out.splitlines()
    assert "clocks that ran out\t1 due, 0 later" in rows
    assert any(row.startswith("next\t") and ticket[:12] in row for row in rows)
    assert not any(row.startswith("in vain") for row in rows)


def test_check_data_names_what_the_upkeep_is_asked(counter: Counter) -> None:
    ticket = counter.ticket()
    printed = counter.run("keeper check-data")
    assert printed.code == 0 and ticket[2:] in printed.out
    assert "1 tickets, 0 tokens" in printed.err
    found = counter.run("keeper check-data --json").json
    assert found["check_data"] == printed.out.strip()
    assert found["upkeep"] == counter.deployment.contract("DeskUpkeep").address


def test_in_json_each_line_that_run_prints_is_a_document_until_ctrl_c(counter: Counter) -> None:
    ticket = counter.ticket()
    line = f"keeper run {KEEP} --json --poll 0.05 --agenda mine.db".format(**counter.names)
    running = subprocess.Popen(
        [sys.executable, "-m", "proofdesk.cli", *line.split()],
        cwd=counter.folder,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    begun = json.loads(running.stdout.readline())
    assert begun["keeper"] == counter.names["newcomer"] and begun["agenda"] == "mine.db"
    counter.pass_time(timedelta(hours=5))
    said, found = (json.loads(running.stdout.readline()) for _ in range(2))
    assert said["level"] == "info" and "1 of 1 done" in said["said"]
    assert found["done"]["expire"] == 1
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=SECONDS)
    assert running.returncode == INTERRUPTED
    assert "stopped after clocks that ran out 1; the same command goes on" in out
    assert err == ""
    assert counter.desk().tickets.get(ticket).breached


def test_run_says_what_it_does_and_what_is_in_its_way(counter: Counter) -> None:
    counter.ticket()
    counter.pass_time(timedelta(hours=5))
    counter.chain.rpc("anvil_setBalance", counter.names["newcomer"], "0x0")
    line = f"keeper run {KEEP} --poll 0.05".format(**counter.names)
    running = subprocess.Popen(
        [sys.executable, "-m", "proofdesk.cli", *line.split()],
        cwd=counter.folder,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    said = ""
    for text in running.stderr:
        said += text
        if "InsufficientFunds" in text:
            counter.chain.rpc("anvil_setBalance", counter.names["newcomer"], hex(10**18))
        if "clocks that ran out 1" in text:
            break
    running.send_signal(signal.SIGINT)
    said += running.communicate(timeout=SECONDS)[1]
    assert running.returncode == INTERRUPTED
    assert said.index("Ctrl-C ends it") < said.index("InsufficientFunds") < said.index("the trouble is over")
    assert said.count("InsufficientFunds") == 1 and "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("keeper once", SETUP, "--keystore"),
        ("keeper once --account {newcomer} --order 3/2", USAGE, "write 2/3 for the second of three"),
        ("keeper once --account {newcomer} --order two", USAGE, "write 2/3 for the second of three"),
        ("keeper once --account {newcomer} --gas 1000", USAGE, "--gas"),
        ("keeper once --account {newcomer} --agenda notes.txt", SETUP, "made anew"),
        ("keeper run --account {newcomer} --agenda nowhere/mine.db", SETUP, "unable to open"),
        ("keeper run --account {newcomer} --poll 0", USAGE, "--poll"),
        ("keeper status --node http://127.0.0.1:9", NODE, "did not answer"),
        ("keeper status --agenda notes.txt", SETUP, "made anew"),
        ("keeper check-data --tickets 0", USAGE, "--tickets"),
    ],
)
def test_it_refuses(counter: Counter, line: str, code: int, says: str) -> None:
    (counter.folder / "notes.txt").write_text("no database, but as long as one would be " * 30)
    done = counter.run(line)
    assert done.code == code and says in " ".join(done.err.split()), done
    assert "Traceback" not in done.err


def test_two_keepers_share_no_agenda(counter: Counter) -> None:
    for who in ("newcomer", "agent"):
        assert counter.run(f"keeper once --account {{{who}}}").code == 0
    folder = Path("keeper/31337")
    named = {f"development.{counter.names[who]}.db" for who in ("newcomer", "agent")}
    assert {place.name for place in folder.glob("*.db")} == named
    # The node keeps the key of this one, and signs for both.
    with held(folder / f"development.{counter.names['newcomer']}.db.lock"):
        refused = counter.run(f"keeper once {KEEP}")
        assert (refused.code, "another keeper has" in refused.err) == (SETUP, True), refused
        assert counter.run("keeper once --account {agent}").code == 0
        # Who looks begins with what any of them has read.
        assert counter.run("keeper status").code == 0


@pytest.mark.parametrize(
    ("account", "says"),
    [("0x" + 40 * "1", "the node has no key of 0x"), ("{newcomer}", "has no ETH: send it some")],
)
def test_run_says_at_once_that_it_could_do_nothing(counter: Counter, account: str, says: str) -> None:
    counter.chain.rpc("anvil_setBalance", counter.names["newcomer"], "0x0")
    line = f"keeper run --account {account}".format(**counter.names)
    running = subprocess.Popen(
        [sys.executable, "-m", "proofdesk.cli", *line.split()],
        cwd=counter.folder,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    # Nothing is due: of itself it would never notice.
    said = ""
    while "Ctrl-C" not in said:
        said += running.stderr.readline()
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=SECONDS)
    assert (running.returncode, says in said) == (INTERRUPTED, True), said


def test_a_payment_that_the_vault_cannot_make_is_not_due(counter: Counter) -> None:
    counter.given("sold")
    assert counter.run(CLAIM).code == 0
    counter.desk("treasurer").vault.deposit(ETHER // 10)
    rows = counter.run("keeper status").out.splitlines()
    assert "payments to settle\t0 due, 0 later" in rows
    assert any(row.startswith("waits for money\tthe vault lacks 0.3 ETH") for row in rows), rows
    assert not any(row.startswith("next\tnow") for row in rows)
    assert list(counter.run("keeper status --json").json["lacking"].values()) == [str(3 * ETHER // 10)]
    counter.desk("treasurer").vault.deposit(3 * ETHER // 10)
    covered = counter.run("keeper status").out.splitlines()
    assert "payments to settle\t1 due, 0 later" in covered
    assert not any(row.startswith("waits for money") for row in covered)
