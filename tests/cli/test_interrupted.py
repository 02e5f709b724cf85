"""Whatever is broken off in the middle: what is said, and that running it again leaves all on chain once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.counter import CONFIG, Counter, Done
from tests.cli.proxy import Proxy

DOUBT, INTERRUPTED = 7, 130
EXAM = "{{{who}}},cards,1,8500,2026-01-31T12:00:00Z,passed\n"


def broken_off(counter: Counter, line: str, method: str, times: int = 1) -> Done:
    """Run a line and press Ctrl-C when the node is asked something for the so-manieth time."""
    left = [times]

    def press(asked: str) -> None:
        if asked == method:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGINT)

    with Proxy(counter.chain.url, before=press).open() as node:
        done = counter.run(f"{line} --node {node.url}")
    assert left[0] <= 0
    return done


def lost(counter: Counter, line: str, method: str) -> Done:
    """Run a line over a node whose answer is lost once it was asked something, and all after it."""
    gone = []

    def is_lost(asked: str) -> bool:
        gone.extend([asked] if asked == method else [])
        return bool(gone)

    with Proxy(counter.chain.url, lost=is_lost).open() as node:
        return counter.run(f"{line} --node {node.url}")


def nonce(counter: Counter, who: str) -> int:
    """How many transactions somebody sent."""
    return int(counter.chain.rpc("eth_getTransactionCount", counter.names[who], "latest"), 16)


def acts(counter: Counter) -> int:
    """How many acts the desk has logged."""
    return len(counter.desk().tickets.acts())


def again(done: Done, line: str) -> str:
    """The line that a message says to run, for a line that was in doubt."""
    found = re.search(r"--entry (0x[0-9a-f]{64})", done.err)
    assert found is not None, done
    return re.sub(r"--text \S+", f"--entry {found[1]}", line)


LINES = [
    ("", "ticket open cards --text Help --account {customer}", 1),
    ("open", "ticket reply {ticket} --text Yes --account {agent}", 3),
    ("open", "ticket hold {ticket} --account {agent} --text Wait", 3),
    ("new", "ticket take {ticket} --text Mine --account {agent}", 2),
    ("resolved", "ticket rate {ticket} 5 --text Good --account {customer}", 4),
    ("open", "ticket transfer {ticket} orders --text There --account {supervisor}", 3),
]


@pytest.mark.parametrize(("given", "line", "expected"), LINES, ids=[line.split()[1] for _, line, _ in LINES])
@pytest.mark.parametrize("breaking", [lost, broken_off])
def test_an_act_in_doubt_goes_on_by_its_record(
    counter: Counter,
    breaking: Callable[[Counter, str, str], Done],
    given: str,
    line: str,
    expected: int,
) -> None:
    counter.given(given)
    done = breaking(counter, line, "eth_sendTransaction")
    assert done.code == (DOUBT if breaking is lost else INTERRUPTED)
    assert "Traceback" not in done.err
    for _ in range(2):
        finished = counter.run(again(done, line))
        assert finished.code == 0, finished.err
    assert acts(counter) == expected
    assert counter.run("ticket verify --all").code == 0


def test_a_node_lost_before_anything_was_sent(counter: Counter) -> None:
    done = lost(counter, "ticket open cards --text Help --account {customer}", "eth_estimateGas")
    assert done.code == 4
    assert "nothing is known to be sent" in done.err
    assert counter.run(again(done, "ticket open cards --text Help --account {customer}")).code == 0
    assert acts(counter) == 1


def test_a_refusal_later_does_not_lose_the_record(counter: Counter) -> None:
    line = "ticket open cards --text Help --account {customer}"
    more = again(lost(counter, line, "eth_estimateGas"), line)
    rich = counter.chain.rpc("eth_getBalance", counter.names["customer"], "latest")
    counter.chain.rpc("anvil_setBalance", counter.names["customer"], "0x1")
    assert counter.run(more).code == 3
    counter.chain.rpc("anvil_setBalance", counter.names["customer"], rich)
    assert counter.run(more).code == 0
    assert acts(counter) == 1


def test_an_act_without_a_record_says_to_look_first(counter: Counter) -> None:
    done = broken_off(counter, "agent suspend 1 --account {certifier}", "eth_sendTransaction")
    assert (done.code, "look before you run it again" in done.err) == (INTERRUPTED, True)


@pytest.mark.parametrize("sent", [1, 3, 9, 18, 25])
def test_a_deployment_goes_on_where_it_was_interrupted(counter: Counter, sent: int) -> None:
    text = CONFIG.read_text(encoding="utf-8").replace('name = "development"', 'name = "second"', 1)
    Path("config/second.toml").write_text(text, encoding="utf-8")
    before = nonce(counter, "deployer")
    line = "deploy --network second --account {deployer} --yes"
    done = broken_off(counter, line, "eth_sendTransaction", sent)
    assert done.code == INTERRUPTED
    assert "what is done is in deployments/31337/second.json; run the same command again" in done.err
    assert counter.run(line).code == 0
    assert nonce(counter, "deployer") - before == 25
    assert counter.run("check --network second").code == 0


def test_exams_go_on_where_they_were_interrupted(counter: Counter) -> None:
    people = ("customer", "newcomer", "supervisor")
    text = "agent,program,level,score,taken_at,evidence\n" + "".join(EXAM.format(who=who) for who in people)
    Path("exams.csv").write_text(text.format(**counter.names), encoding="utf-8")
    before = nonce(counter, "certifier")
    line = "agent certify exams.csv --account {certifier}"
    done = broken_off(counter, line, "eth_sendTransaction", 2)
    assert done.code == INTERRUPTED
    assert "1 of 3 exams are done; run it again for the rest" in done.err
    assert counter.run(line).code == 0
    assert nonce(counter, "certifier") - before == 3


def test_lanes_go_on_where_they_were_interrupted(counter: Counter) -> None:
    counter.given("another lane")
    line = "lane update --network development --account {supervisor}"
    before = nonce(counter, "supervisor")
    done = broken_off(counter, line, "eth_sendTransaction")
    assert done.code == INTERRUPTED
    assert "the lanes that are done are in the manifest; run it again for the rest" in done.err
    assert counter.run(line).code == 0
    assert nonce(counter, "supervisor") - before == 1
    assert "new" in counter.run("lane list").out


def test_a_handover_is_whole_or_nothing(counter: Counter) -> None:
    line = "handover --network development --account {deployer} --yes"
    before = nonce(counter, "deployer")
    done = broken_off(counter, line, "eth_sendTransaction")
    assert done.code == INTERRUPTED
    assert "all is handed over or nothing; run it again to see" in done.err
    assert counter.run(line).code == 0
    assert nonce(counter, "deployer") - before == 1


def test_a_verification_that_was_interrupted_verified_nothing(counter: Counter) -> None:
    counter.ticket()
    done = broken_off(counter, "ticket verify --all", "eth_getLogs")
    assert (done.code, done.out) == (INTERRUPTED, "")
    assert "nothing is verified, and nothing was changed" in done.err


def test_a_reading_that_was_interrupted(counter: Counter) -> None:
    done = broken_off(counter, "lane list --json", "eth_chainId")
    assert done.code == INTERRUPTED
    assert done.json["error"]["message"] == "interrupted: nothing was sent"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_ended_says_how_to_go_on(counter: Counter, number: signal.Signals) -> None:
    line = "ticket open cards --text Help --account {customer}"

    def end(asked: str) -> None:
        if asked == "eth_sendTransaction":
            os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    with Proxy(counter.chain.url, before=end).open() as node:
        done = counter.run(f"{line} --node {node.url}")
    assert (done.code, signal.getsignal(number)) == (INTERRUPTED, before)
    assert counter.run(again(done, line)).code == 0
    assert acts(counter) == 1


@pytest.mark.parametrize(
    "loading",
    ["proofdesk.cli._start", "proofdesk.cli._run", "click", "proofdesk.cli._root", "proofdesk.cli.lane"],
)
def test_ctrl_c_while_it_is_loaded(counter: Counter, loading: str) -> None:
    program = (
        "import os, signal, sys\n"
        "class Press:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {loading!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "import proofdesk.cli\n"
        "sys.meta_path.insert(0, Press())\n"
        "sys.exit(proofdesk.cli.main(['lane', 'list']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (INTERRUPTED, "")
    assert done.stderr.startswith("proofdesk: interrupted") and done.stderr.count("\n") == 1
