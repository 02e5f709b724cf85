"""Acts signed instead of sent, and carried by somebody else; who signs has no ether at all."""

from __future__ import annotations

import json
import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from proofdesk.signed import SignedAct
from tests.cli.counter import Counter
from tests.cli.proxy import Proxy
from tests.cli.test_resuming import kept

FOUND, USAGE, SETUP, NODE, REFUSED, INTEGRITY, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130
OPEN = "ticket open cards --text Help --account {customer} --sign open.json"


@pytest.fixture
def poor(counter: Counter) -> Iterator[Counter]:
    """Customer and agent have no ether at all, and send nothing."""
    people = [counter.names["customer"], counter.names["agent"]]
    sent = [counter.chain.rpc("eth_getTransactionCount", who, "latest") for who in people]
    for who in people:
        counter.chain.rpc("anvil_setBalance", who, "0x0")
    yield counter
    assert [counter.chain.rpc("eth_getBalance", who, "latest") for who in people] == ["0x0", "0x0"]
    assert [counter.chain.rpc("eth_getTransactionCount", who, "latest") for who in people] == sent


def read(file: str) -> SignedAct:
    return SignedAct.from_json(Path(file).read_bytes())


def test_a_whole_life_without_gas(poor: Counter) -> None:
    carried = 0
    ticket = ""

    def acted(line: str) -> str:
        nonlocal carried
        carried += 1
        file = f"{carried}.json"
        done = poor.run(f"{line} --sign {file}")
        assert (done.code, "Nothing was sent" in done.err) == (0, True), done
        assert read(file).digest in done.out
        result = poor.run(f"ticket carry {file} --account {{newcomer}} --json")
        assert result.code == 0, result
        return str(result.json["events"][0]["status"])

    assert acted("ticket open cards --text Help --account {customer}") == "new"
    ticket = read("1.json").ticket_id
    poor.names["ticket"] = ticket
    assert acted("ticket take --next cards --account {agent}") == "open"
    assert acted("ticket note {ticket} --text Hm --account {agent}") == "open"
    assert acted("ticket reply {ticket} --text Which? --account {agent}") == "waiting"
    assert acted("ticket reply {ticket} --text Mine --account {customer}") == "open"
    assert acted("ticket hold {ticket} --account {agent}") == "on_hold"
    assert acted("ticket move {ticket} resolved --text So --account {agent}") == "resolved"
    assert acted("ticket rate {ticket} 5 --account {customer}") == "resolved"
    assert acted("ticket close {ticket} --account {customer}") == "closed"
    verified = poor.run("ticket verify --all --json").json
    assert (verified["acts"], verified["records"]) == (9, 9)
    kinds = [act["record"]["kind"] for act in poor.run("ticket history {ticket} --json").json]
    assert kinds == ["open", "take", "note", "reply", "reply", "move", "reply", "rating", "move"]


def test_the_file_is_its_owners_alone_and_holds_what_stdout_would(poor: Counter) -> None:
    assert poor.run(OPEN).code == 0
    assert stat.S_IMODE(Path("open.json").stat().st_mode) == 0o600
    shown = poor.run("ticket open cards --text Help --account {customer} --sign -")
    assert (shown.code, shown.err) == (0, "")
    assert SignedAct.from_json(shown.out).signer == read("open.json").signer
    assert poor.run("ticket carry - --account {newcomer}", stdin=shown.out).code == 0


def test_the_record_is_written_beside_it_unless_it_is_left_out(poor: Counter) -> None:
    done = poor.run(OPEN.replace("open.json", "two.json") + " --no-record")
    assert (done.code, "in the records here alone" in done.err) == (0, True)
    assert not Path("two.record.json").exists()
    assert poor.run(OPEN).code == 0
    record = json.loads(Path("open.record.json").read_bytes())
    assert (record["entry"], record["record"]["body"]) == (read("open.json").entry, "Help")
    assert stat.S_IMODE(Path("open.record.json").stat().st_mode) == 0o600
    assert sorted(kept(poor)) == sorted([read("open.json").entry, read("two.json").entry])


def test_what_is_signed_is_told_in_a_wallets_words(poor: Counter) -> None:
    done = poor.run(OPEN)
    assert "signed\tOpen a ticket in lane 1\n" in done.out
    shown = poor.run(f"{OPEN.replace('open.json', 'b.json')} --json").json["words"]
    assert shown[0] == "Open a ticket in lane 1" and shown[-1].startswith("Valid until: ")


def test_who_signs_is_told_what_the_contract_would_refuse(counter: Counter) -> None:
    assert "would refuse" not in counter.run(OPEN).err
    gated = counter.run(OPEN.replace("cards", "cards-fraud").replace("open.json", "gated.json"))
    assert (gated.code, Path("gated.json").exists()) == (0, True)
    assert "only the desk's own relayer, or who holds INTAKE" in gated.err
    counter.ticket("open")
    rating = counter.run("ticket rate {ticket} 5 --sign rate.json --account {customer}")
    assert (rating.code, Path("rate.json").exists()) == (0, True)
    assert "as things stand the contract would refuse it: NotRateable" in rating.err


def test_who_signs_without_a_manifest_is_sent_to_the_desk(poor: Counter) -> None:
    Path("deployments").rename("elsewhere")
    done = poor.run(OPEN)
    assert (done.code, "get it from the desk" in done.err, "deploy" in done.err) == (SETUP, True, True), done
    assert "deploy one" not in done.err
    sent = poor.run(OPEN.replace(" --sign open.json", ""))
    assert (sent.code, "deploy one" in sent.err) == (SETUP, True)


@pytest.mark.parametrize(("deadline", "seconds"), [("90m", 5400), ("2d", 172_800), ("30s", 30)])
def test_a_deadline_is_a_span(poor: Counter, deadline: str, seconds: int) -> None:
    # By the later of the two clocks.
    now = max(time.time(), poor.desk().now().timestamp())
    done = poor.run(f"{OPEN} --deadline {deadline}")
    assert (done.code, "relayers want a minute or more" in done.err) == (0, deadline == "30s"), done
    assert abs(read("open.json").deadline - now - seconds) < 60


def test_a_deadline_is_a_moment(poor: Counter) -> None:
    assert poor.run(f"{OPEN} --deadline 2033-05-18T05:33:20+02:00").code == 0
    assert read("open.json").deadline == 2_000_000_000


def test_quiet_leaves_the_digest(poor: Counter) -> None:
    done = poor.run(f"{OPEN} --quiet")
    assert (done.out, done.err) == (read("open.json").digest + "\n", "")


def test_a_wallet_signs_and_is_not_asked_to_send(poor: Counter) -> None:
    # A node that signs nothing: its wallet is the other address.
    with Proxy(poor.chain.url, refuses=frozenset({"eth_signTypedData_v4"})).open() as node:
        done = poor.run(f"{OPEN} --node {node.url} --wallet {{url}}")
        assert done.code == 0, done
        assert read("open.json").is_signed_by_key()
        lost = poor.run(f"{OPEN.replace('open.json', 'b.json')} --node {node.url}")
    assert (lost.code, Path("b.json").exists()) == (NODE, False)
    # What nobody signed left no record.
    assert kept(poor) == [read("open.json").entry]


def test_ctrl_c_at_the_wallet_leaves_nothing(poor: Counter) -> None:
    def press(asked: str) -> None:
        if asked == "eth_signTypedData_v4":
            os.kill(os.getpid(), signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    with Proxy(poor.chain.url, before=press).open() as node:
        done = poor.run(f"{OPEN} --node {node.url}")
    assert (done.code, "nothing was signed" in done.err) == (INTERRUPTED, True), done
    assert (kept(poor), Path("open.json").exists()) == ([], False)


def test_an_act_is_signed_anew_by_its_record(poor: Counter) -> None:
    poor.run(f"{OPEN} --deadline 30s")
    entry = read("open.json").entry
    line = f"ticket open cards --account {{customer}} --sign two.json --entry {entry}"
    assert poor.run(line).code == 0
    assert (read("two.json").entry, kept(poor)) == (entry, [entry])
    other = poor.run(line.replace("cards", "orders").replace("two", "three"))
    assert other.code == 0  # not on chain yet: its lane is free to choose
    assert poor.run("ticket carry two.json --account {newcomer}").code == 0
    refused = poor.run(line.replace("cards", "orders").replace("two", "four"))
    assert (refused.code, "is on chain with another act" in refused.err) == (USAGE, True)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (f"{OPEN} --dry-run", USAGE, "sends nothing anyway"),
        (f"{OPEN} --deadline soon", USAGE, "write a span such as 30m"),
        (f"{OPEN} --deadline 1٣d", USAGE, "write a span such as 30m"),
        (f"{OPEN} --deadline 2099-01-31T12:00:00", USAGE, "a moment with its zone"),
        (f"{OPEN} --deadline 2020-01-31T12:00:00Z", USAGE, "deadline 2020-01-31T12:00:00Z is over already"),
        (f"{OPEN} --deadline 0h", USAGE, "write a span such as 30m"),
        (OPEN.replace("--sign open.json", "--deadline 2h"), USAGE, "go with --sign FILE"),
        (OPEN.replace("--sign open.json", "--no-record"), USAGE, "go with --sign FILE"),
        (OPEN.replace("open.json", "there.json"), SETUP, "there.json is there already"),
        (OPEN.replace("open.json", "a.json"), SETUP, "a.record.json is there already"),
        (OPEN.replace("open.json", "nowhere/open.json"), SETUP, "there is no folder nowhere"),
        (OPEN.replace("cards", "loans"), SETUP, "has no lane 'loans'"),
        (OPEN.replace(" --text Help", ""), USAGE, "what is to be written?"),
        (OPEN.replace(" --account {customer}", ""), SETUP, "no key to act with"),
        ("ticket reply {nobody} --text Yes --sign a --account {customer}", REFUSED, "no such ticket"),
    ],
)
def test_signing_refuses(poor: Counter, line: str, code: int, said: str) -> None:
    for name in ("there.json", "a.record.json"):
        Path(name).write_text("mine", encoding="utf-8")
    done = poor.run(line)
    assert (done.code, said in " ".join(done.err.split())) == (code, True), done
    assert kept(poor) == []
    assert sorted(path.name for path in Path().glob("*.json")) == ["a.record.json", "there.json"]


# ------------------------------------------------------------------------------------------------ carrying


def openings(counter: Counter, *lanes: str) -> list[str]:
    """Files of signed openings in lanes."""
    files = []
    for number, lane in enumerate(lanes, 1):
        line = f"ticket open {lane} --text Help --account {{customer}} --sign {number}.json"
        assert counter.run(line).code == 0
        files.append(f"{number}.json")
    return files


def test_a_batch_is_one_transaction_and_no_act_sinks_another(poor: Counter) -> None:
    files = " ".join(openings(poor, "cards", "cards-fraud", "orders"))
    done = poor.run(f"ticket carry {files} --account {{newcomer}} --json")
    assert done.code == FOUND
    assert [act["status"] for act in done.json["acts"]] == ["new", None, "new"]
    assert [act["error"] for act in done.json["acts"]] == [None, "LaneGated", None]
    assert len({act["tx_hash"] for act in done.json["acts"]} - {None}) == 1
    shown = poor.run(f"ticket carry {files} --account {{newcomer}}")
    assert (shown.code, "LaneGated" in shown.out) == (FOUND, True)


def test_what_is_on_chain_is_told_and_not_paid_for_again(poor: Counter) -> None:
    files = openings(poor, "cards", "orders", "cards")
    assert poor.run(f"ticket carry {files[0]} --account {{newcomer}}").code == 0
    done = poor.run(f"ticket carry {' '.join(files)} --account {{newcomer}} --json")
    assert done.code == 0
    hashes = [act["tx_hash"] for act in done.json["acts"]]
    assert hashes[0] != hashes[1] == hashes[2] == done.json["transaction"]["tx_hash"]
    before = poor.chain.rpc("eth_blockNumber")
    again = poor.run(f"ticket carry {' '.join(files)} --account {{newcomer}} --json")
    assert (again.code, again.json["transaction"]) == (0, None)
    assert [act["tx_hash"] for act in again.json["acts"]] == hashes
    one = poor.run(f"ticket carry {files[0]} --account {{newcomer}}")
    block = poor.desk().tickets.acts(read(files[0]).ticket_id)[0].block
    assert (one.code, f"it was there already, in block {block}: nothing" in one.out) == (0, True), one
    assert poor.chain.rpc("eth_blockNumber") == before


def test_who_carries_brings_the_words_to_the_desk(poor: Counter) -> None:
    one, two, gated = openings(poor, "cards", "orders", "cards-fraud")
    line = "ticket carry {} --account {{newcomer}} --records desk"
    done = poor.run(line.format(one))
    assert (done.code, "words" in done.err) == (0, False), done
    Path("2.record.json").rename("later.json")
    both = poor.run(line.format(f"{two} {gated}"))
    assert (both.code, "The words of 1 act are not here" in both.err) == (FOUND, True), both
    # Of what was refused the desk keeps nothing.
    assert len(list(Path("desk").glob("??/*.json"))) == 1
    assert poor.run(line.format(gated)).code == REFUSED
    assert poor.run("ticket verify --all --records desk").code == INTEGRITY
    Path("later.json").rename("2.record.json")
    # Who carries again brings what was missing, and pays nothing.
    assert "nothing was sent or paid" in poor.run(line.format(two)).out
    assert poor.run("ticket verify --all --records desk --json").json["records"] == 2
    Path("3.record.json").write_bytes(Path("2.record.json").read_bytes())
    wrong = poor.run(line.format(gated))
    assert (wrong.code, "which none of the acts names" in wrong.err) == (USAGE, True), wrong


def test_a_file_holds_one_act_or_one_a_line(poor: Counter) -> None:
    files = openings(poor, "cards", "orders")
    lines = "".join(Path(file).read_text(encoding="utf-8") for file in files)
    Path("lines.json").write_text(lines, encoding="utf-8")
    Path("pretty.json").write_text(
        json.dumps(json.loads(Path(files[0]).read_bytes()), indent=2), encoding="utf-8"
    )
    assert len(poor.run("ticket carry lines.json --account {newcomer} --json").json["acts"]) == 2
    assert poor.run("ticket carry pretty.json --account {newcomer}").code == 0


def changed(**values: Any) -> None:
    """Write an act with other values into changed.json."""
    act = json.loads(Path("1.json").read_bytes())
    Path("changed.json").write_text(json.dumps(act | values), encoding="utf-8")


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ({"desk": "0x" + 40 * "1"}, USAGE, "changed.json is for the desk at 0x1111"),
        ({"chain_id": 5}, USAGE, "on chain 5, not for development: carry it there"),
        ({"act": "sell"}, USAGE, "changed.json: signed act, field 'act'"),
        ({"signature": "0x" + 130 * "1"}, REFUSED, "InvalidSignature"),
        ({"more": 1}, USAGE, "'more' is not known here"),
    ],
)
def test_carrying_refuses_what_was_changed(poor: Counter, values: Any, code: int, said: str) -> None:
    openings(poor, "cards")
    changed(**values)
    before = poor.chain.rpc("eth_blockNumber")
    done = poor.run("ticket carry changed.json --account {newcomer}")
    assert (done.code, said in done.err) == (code, True), done
    assert poor.chain.rpc("eth_blockNumber") == before


def test_carrying_refuses_what_is_too_late_too_much_and_too_long(poor: Counter) -> None:
    openings(poor, "cards")
    lines = Path("1.json").read_text(encoding="utf-8") * 101
    done = poor.run("ticket carry - --account {newcomer}", stdin=lines)
    assert (done.code, "at most 100 at a time" in done.err) == (USAGE, True)
    done = poor.run("ticket carry /dev/zero --account {newcomer}")
    assert (done.code, "is longer than 200 acts" in done.err) == (USAGE, True)
    poor.pass_time(timedelta(days=2))
    done = poor.run("ticket carry 1.json --account {newcomer}")
    until = datetime.fromtimestamp(read("1.json").deadline, timezone.utc)
    told = f"SignatureExpired: what was signed held until {until:%Y-%m-%dT%H:%M:%SZ}; have it signed anew"
    assert (done.code, told in done.err) == (REFUSED, True), done
    Path("2.json").write_bytes(Path("1.json").read_bytes())
    assert told in poor.run("ticket carry 1.json 2.json --account {newcomer}").out


def test_a_carrier_without_funds_is_told(poor: Counter) -> None:
    openings(poor, "cards")
    done = poor.run("ticket carry 1.json --account {customer}")
    assert (done.code, "has 0 ETH and needs" in done.err) == (SETUP, True), done
