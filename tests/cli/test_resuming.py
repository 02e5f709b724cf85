"""What is taken up by --entry: the act that was in doubt, and no other; what is told once an act is done."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from tests.cli.counter import Counter
from tests.cli.proxy import Proxy
from tests.cli.test_interrupted import acts, again, lost

USAGE, NODE = 2, 4
OPEN = "ticket open cards --text Help --account {customer}"


def kept(counter: Counter) -> list[str]:
    """The entries of all kept records."""
    return [f"0x{path.stem}" for path in Path("records").rglob("*.json") if len(path.stem) == 64]


@pytest.mark.parametrize("method", ["eth_estimateGas", "eth_sendTransaction", "eth_getTransactionReceipt"])
def test_a_node_that_refuses_never_costs_a_record(counter: Counter, method: str) -> None:
    with Proxy(counter.chain.url, refuses=frozenset({method})).open() as node:
        done = counter.run(f"{OPEN} --node {node.url} --timeout 1")
    assert done.code in (NODE, 7), done
    (entry,) = kept(counter)
    assert f"--entry {entry}" in done.err
    assert counter.run(again(done, OPEN)).code == 0
    assert (acts(counter), counter.run("ticket verify --all").code) == (1, 0)


def test_what_the_contract_refused_leaves_no_record(counter: Counter) -> None:
    counter.ticket()
    before = kept(counter)
    assert counter.run("ticket resolve {ticket} --text Done --account {supervisor}").code == 5
    assert kept(counter) == before


def entry_of(counter: Counter, act: int) -> str:
    """The entry of a ticket's act."""
    return str(counter.run("ticket history {ticket} --json").json[act - 1]["entry"])


@pytest.mark.parametrize(
    ("made", "line"),
    [
        ("note {ticket} --text So --account {agent}", "escalate {ticket} --account {agent}"),
        ("note {ticket} --text So --account {agent}", "reply {ticket} --account {agent}"),
        ("hold {ticket} --text So --account {agent}", "reply {ticket} --account {agent}"),
        ("hold {ticket} --text So --account {agent}", "escalate {ticket} --account {agent}"),
        ("hold {ticket} --text So --account {agent}", "hold {ticket} --account {supervisor}"),
        ("transfer {ticket} orders --account {supervisor}", "transfer {ticket} cards --account {supervisor}"),
        ("note {ticket} --text So --account {agent}", "open cards --account {agent}"),
    ],
)
def test_another_acts_entry_is_refused(counter: Counter, made: str, line: str) -> None:
    counter.ticket("open")
    assert counter.run(f"ticket {made}").code == 0
    before = acts(counter)
    done = counter.run(f"ticket {line} --entry {entry_of(counter, 3)}")
    assert (done.code, acts(counter)) == (USAGE, before), done


def test_a_records_kind_is_kept_to(counter: Counter) -> None:
    counter.ticket("open")
    line = "ticket note {ticket} --text Secret --account {agent}"
    done = lost(counter, line, "eth_estimateGas")
    # Not on chain yet: what was for the desk's own eyes does not go to the other side, nor with a move.
    for other in ("reply", "hold"):
        refused = counter.run(again(done, line.replace("note", other)))
        assert (refused.code, "is of a note on ticket" in refused.err) == (USAGE, True), refused
    assert (counter.run(again(done, line)).code, acts(counter)) == (0, 3)


def test_another_rating_is_refused(counter: Counter) -> None:
    counter.ticket("resolved")
    assert counter.run("ticket rate {ticket} 5 --account {customer}").code == 0
    entry = entry_of(counter, 4)
    assert counter.run(f"ticket rate {{ticket}} 1 --account {{customer}} --entry {entry}").code == USAGE
    assert counter.run(f"ticket rate {{ticket}} 5 --account {{customer}} --entry {entry}").code == 0


def test_an_opening_is_of_its_lane_and_its_account(counter: Counter) -> None:
    done = lost(counter, OPEN, "eth_sendTransaction")
    other = counter.run(again(done, OPEN.replace("cards", "orders")))
    assert (other.code, "is on chain with another act" in other.err) == (USAGE, True)
    other = counter.run(again(done, OPEN.replace("customer", "newcomer")))
    assert (other.code, "act with that account" in other.err) == (USAGE, True)
    assert (counter.run(again(done, OPEN)).code, acts(counter)) == (0, 1)


def test_a_revocation_of_another_certificate_is_refused(counter: Counter) -> None:
    counter.desk("certifier").certification.record_exam(
        counter.names["newcomer"], program="cards", level=1, score=9000, taken_at=counter.desk().now()
    )
    line = "agent revoke 1 --text Cheated --account {certifier} --yes"
    done = lost(counter, line, "eth_sendTransaction")
    other = counter.run(again(done, line.replace(" 1 ", " 2 ")))
    assert (other.code, "with the end of certificate 1" in other.err) == (USAGE, True)
    assert counter.run(again(done, line)).code == 0


@pytest.mark.parametrize(
    "line", ["agent suspend 1 --account {certifier}", "lane article cards 7 --account {supervisor}"]
)
@pytest.mark.parametrize("breaking", ["lost", "interrupted"])
def test_a_done_act_is_told_though_reading_after_it_fails(counter: Counter, line: str, breaking: str) -> None:
    sent: list[str] = []

    def is_after(asked: str) -> bool:
        sent.extend([asked] if asked == "eth_getTransactionReceipt" else [])
        return bool(sent) and asked == "eth_call"

    def press(asked: str) -> None:
        if breaking == "interrupted" and is_after(asked):
            os.kill(os.getpid(), signal.SIGINT)

    with Proxy(
        counter.chain.url, before=press, lost=lambda asked: breaking == "lost" and is_after(asked)
    ).open() as node:
        done = counter.run(f"{line} --node {node.url}")
    assert done.code == 0, done
    assert "could not be read" in done.out
    assert re.search("transaction 0x[0-9a-f]{64}, block", done.out)
