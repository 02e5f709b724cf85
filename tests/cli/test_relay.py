"""`proofdesk relay`: run, handed acts, asked, halted, judged, with real relayers; and how it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from eth_account import Account

from proofdesk.ops.relay import Acknowledgement
from proofdesk.ops.relay.acknowledgement import typed_data
from proofdesk.signed import SignedAct
from tests.cli.counter import CONFIG, SECONDS, Counter
from tests.cli.relays import Running, running, signed
from tools.chain import ROOT

FOUND, USAGE, SETUP, NODE, INTEGRITY, INTERRUPTED = 1, 2, 3, 4, 6, 130
OPEN = "open cards --text Help --account {customer}"


@pytest.fixture
def poor(counter: Counter) -> Counter:
    """A customer without any ether; the newcomer relays."""
    counter.chain.rpc("anvil_setBalance", counter.names["customer"], "0x0")
    return counter


def until_done(counter: Counter, url: str, file: str) -> dict[str, Any]:
    """An act's fate once it has one."""
    while True:
        done = counter.run(f"relay fate {file} --to {url} --json")
        if done.json["stage"] in ("done", "refused"):
            return dict(done.json)


def test_a_customer_without_gas_is_served(poor: Counter) -> None:
    with running(poor, "--records desk") as relayer:
        signed(poor, OPEN)
        handed = poor.run(f"relay submit act.json --to {relayer.url}")
        told = f"acknowledged by {poor.names['newcomer']}, with its words: on chain by"
        assert (handed.code, told in handed.out) == (0, True), handed
        fate = until_done(poor, relayer.url, "act.json")
        assert relayer.end() == (INTERRUPTED, relayer_said(queued=0))
    given = Acknowledgement.from_json(Path("act.ack.json").read_bytes())
    assert given.is_signed() and given.relayer == poor.names["newcomer"] == relayer.told["relayer"]
    assert fate["acknowledgement"] == given.to_json()
    # What was written is at the desk, which had nothing of it before.
    assert poor.run("ticket verify --all --records desk --json").json["records"] == 1
    assert poor.run("relay judge act.ack.json act.json").out.count("kept") == 1
    assert poor.chain.rpc("eth_getBalance", poor.names["customer"], "latest") == "0x0"


def relayer_said(queued: int) -> str:
    """How a relayer ends."""
    told = f"stopped: {queued} waiting in the queue, 0 in flight; the same command goes on with them"
    return json.dumps({"error": {"type": "Interrupted", "message": told, "exit_code": 130}}, indent=2) + "\n"


def test_what_it_tells_at_first(poor: Counter) -> None:
    with running(poor, "--include-within 10m") as relayer:
        assert relayer.told == {
            "relayer": poor.names["newcomer"],
            "desk": "development",
            "listening": relayer.url,
            "folder": None,
            "queue": "relay/31337/development.db",
            "intake": False,
            "include_within": 600,
            "spending_per_hour": None,
            "halted": None,
        }
    intake = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
    poor.names["intake"] = intake
    with running(poor, who="intake") as relayer:
        assert relayer.told["intake"] is True
        signed(poor, "open cards-fraud --text Help --account {customer}")
        assert poor.run(f"relay submit act.json --to {relayer.url}").code == 0
        assert until_done(poor, relayer.url, "act.json")["stage"] == "done"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_what_is_queued_when_it_ends_is_carried_by_the_next(poor: Counter, how: signal.Signals) -> None:
    signed(poor, OPEN)
    with running(poor, "--batch-after 2m") as relayer:
        assert poor.run(f"relay submit act.json --to {relayer.url}").code == 0
        assert relayer.end(how) == (INTERRUPTED, relayer_said(queued=1))
    assert poor.run("relay fate act.json --json").json["stage"] == "queued"
    assert poor.run("relay status --json").json["acts"]["queued"] == 1
    with running(poor) as relayer:
        assert until_done(poor, relayer.url, "act.json")["stage"] == "done"
    assert [act.entry for act in poor.desk().tickets.acts()] == [
        json.loads(Path("act.json").read_bytes())["message"]["entry"]
    ]


@pytest.fixture
def slow(poor: Counter) -> Iterator[Counter]:
    """A chain that makes no block until it is told to."""
    poor.chain.rpc("evm_setAutomine", False)
    yield poor
    poor.chain.rpc("evm_setAutomine", True)


def in_flight(counter: Counter) -> int:
    return int(counter.run("relay status --json").json["acts"]["sent"])


def interrupted(relayer: Running) -> None:
    """Interrupt it, and wait until it says so."""
    relayer.process.send_signal(signal.SIGINT)
    assert relayer.process.stderr is not None
    while "Stopping: " not in relayer.process.stderr.readline():
        assert relayer.process.poll() is None


def sent(counter: Counter, relayer: Running) -> None:
    """Hand an act in, and wait until it is in flight."""
    assert counter.run(f"relay submit {signed(counter, OPEN)} --to {relayer.url}").code == 0
    while counter.chain.rpc("txpool_status")["pending"] != "0x1":
        assert relayer.process.poll() is None


def test_interrupted_it_sees_to_the_end_of_what_is_in_flight(slow: Counter) -> None:
    with running(slow, as_json=False) as relayer:
        sent(slow, relayer)
        interrupted(relayer)
        assert (relayer.process.poll(), in_flight(slow)) == (None, 1)
        slow.chain.rpc("evm_mine")
        said = relayer.process.communicate(timeout=SECONDS)[1]
    assert relayer.process.returncode == INTERRUPTED
    batch, stopped = said.splitlines()
    assert "batch 1: 1 done, 0 refused, transaction 0x" in batch and re.search(r", 0\.000\d{6} ETH", batch)
    assert stopped == (
        "proofdesk: stopped: 0 waiting in the queue, 0 in flight; the same command goes on with them"
    )
    assert slow.run("relay fate act.json --json").json["stage"] == "done"


def test_interrupted_twice_it_leaves_what_is_in_flight_to_the_next_run(slow: Counter) -> None:
    with running(slow, as_json=False) as relayer:
        sent(slow, relayer)
        interrupted(relayer)
        code, said = relayer.end()
    assert (code, "0 waiting in the queue, 1 in flight" in said) == (INTERRUPTED, True), said
    assert "Traceback" not in said
    slow.chain.rpc("evm_setAutomine", True)
    slow.chain.rpc("evm_mine")
    with running(slow) as relayer:
        assert until_done(slow, relayer.url, "act.json")["stage"] == "done"
    assert len(slow.desk().tickets.acts()) == 1
    assert int(slow.chain.rpc("eth_getTransactionCount", slow.names["newcomer"], "latest"), 16) == 1


def test_a_folder_is_a_door_too(poor: Counter) -> None:
    inbox = Path("inbox")
    inbox.mkdir()
    signed(poor, OPEN)
    body = {"acts": [json.loads(Path("act.json").read_bytes())]}
    body["records"] = [json.loads(Path("act.record.json").read_bytes())]
    with running(poor, "--folder inbox") as relayer:
        Path("one.json").write_text(json.dumps(body), encoding="utf-8")
        Path("one.json").rename(inbox / "one.json")
        while not (inbox / "answers" / "one.json").exists():
            assert relayer.process.poll() is None
        answers = json.loads((inbox / "answers" / "one.json").read_bytes())["answers"]
        assert answers[0]["acknowledgement"]["relayer"] == poor.names["newcomer"]
        # Without its folder a relayer does not go on as if nothing were.
        inbox.rename("elsewhere")
        out, err = relayer.process.communicate(timeout=60)
    assert (relayer.process.returncode, "cannot be a relayer's folder" in out + err) == (SETUP, True)


def test_no_limit_of_spending_is_warned_of(poor: Counter) -> None:
    for options, is_told in (("", True), ("--spending 0.05", False)):
        with running(poor, options, as_json=False) as relayer:
            relayer.process.send_signal(signal.SIGINT)
            said = relayer.process.communicate(timeout=SECONDS)[1]
        assert ("WARNING: nothing limits what is spent in an hour" in said) == is_told, said


def test_halted_it_takes_and_sends_nothing(poor: Counter) -> None:
    signed(poor, OPEN)
    with running(poor) as relayer:
        halted = poor.run("relay halt Maintenance")
        assert (halted.code, halted.out) == (
            0,
            "halted; 0 acts in flight are seen to their end, 0 that were promised wait\n",
        )
        refused = poor.run(f"relay submit act.json --to {relayer.url}")
        assert refused.code == FOUND
        assert "refused, halted: the relayer was halted: Maintenance (again in 1m)" in refused.out
        assert not Path("act.ack.json").exists()
        shown = poor.run("relay status").out
        assert "halted\tMaintenance" in shown and "working, 10000 ETH: pays for about" in shown
        assert poor.run("relay resume").code == 0
        assert poor.run(f"relay submit act.json --to {relayer.url}").code == 0
        assert until_done(poor, relayer.url, "act.json")["stage"] == "done"


def test_its_status_in_numbers(poor: Counter) -> None:
    signed(poor, OPEN)
    with running(poor) as relayer:
        poor.run(f"relay submit act.json --to {relayer.url}")
        until_done(poor, relayer.url, "act.json")
        found = poor.run("relay status --json").json
    assert found["halted"] is None
    assert found["acts"] == {"queued": 0, "sent": 0, "mined": 0, "done": 1, "refused": 0}
    assert 10**13 < int(found["spent_last_hour"]) < 10**16
    (hand,) = found["relayers"]
    assert (hand["address"], hand["is_working"]) == (poor.names["newcomer"], True)
    assert 10**6 < hand["pays_for_acts"] == pytest.approx(int(hand["balance"]) / 45_000 / 10**9, rel=1)


def test_limits_come_from_the_config_and_from_options(poor: Counter) -> None:
    table = f'[relay]\nallowance = 1\n[relay.allowances]\n"{poor.names["agent"]}" = "unlimited"\n'
    text = CONFIG.read_text(encoding="utf-8").replace("[accounts]", f"{table}[accounts]", 1)
    Path("config/limited.toml").write_text(text, encoding="utf-8")
    files = [signed(poor, OPEN, f"{number}.json") for number in range(3)]
    more = [signed(poor, OPEN.replace("customer", "agent"), f"a{number}.json") for number in range(3)]
    with running(poor, f"--network limited --node {poor.chain.url}") as relayer:
        done = poor.run(f"relay submit {' '.join(files + more)} --to {relayer.url} --json")
    codes = [item.get("refusal", {}).get("code") for item in done.json]
    assert (done.code, codes) == (FOUND, [None, "allowance", "allowance", None, None, None])
    with running(poor, f"--network limited --node {poor.chain.url} --allowance 2") as relayer:
        done = poor.run(f"relay submit {' '.join(files)} --to {relayer.url} --json")
    codes = [item.get("refusal", {}).get("code") for item in done.json]
    assert (done.code, codes) == (FOUND, [None, None, "allowance"])
    with running(poor, "--spending 0.000000001") as relayer:
        done = poor.run(f"relay submit {more[0]} {files[2]} --to {relayer.url}")
    assert (done.code, "refused, spending: the relayer may spend" in done.out) == (FOUND, True)


def test_a_promise_is_judged_by_the_chain(poor: Counter) -> None:
    signed(poor, OPEN)
    with running(poor, "--batch-after 2m --include-within 5m") as relayer:
        assert poor.run(f"relay submit act.json --to {relayer.url}").code == 0
    # The relayer sits on it.
    assert "open still" in poor.run("relay judge act.ack.json act.json").out
    swapped = poor.run("relay judge act.json act.ack.json")
    assert (swapped.code, "act.ack.json is a relayer's acknowledgement" in swapped.err) == (USAGE, True)
    # More than was promised: after a snapshot anvil's clock is behind this machine's.
    poor.pass_time(timedelta(hours=1))
    broken = poor.run("relay judge act.ack.json act.json --json")
    assert (broken.code, broken.json[0]["promise"], broken.json[0]["excuse"]) == (FOUND, "broken", None)
    # So the customer has it carried by somebody else.
    assert poor.run("ticket carry act.json --account {supervisor}").code == 0
    late = poor.run("relay judge act.ack.json act.json")
    assert (late.code, "broken: it came late" in late.out) == (FOUND, True)


def test_the_keystores_password_is_asked_for_once_and_shown_never(poor: Counter) -> None:
    account = Account.create()
    Path("key.json").write_text(json.dumps(Account.encrypt(account.key, "geheim-9", iterations=2)))
    poor.chain.rpc("anvil_setBalance", account.address, hex(10**18))
    signed(poor, OPEN)
    environment = {"PROOFDESK_PASSWORD": "geheim-9", "PROOFDESK_KEYSTORE": "key.json"}
    with running(poor, who=None, environment=environment) as relayer:
        assert relayer.told["relayer"] == account.address
        assert poor.run(f"relay submit act.json --to {relayer.url}").code == 0
        until_done(poor, relayer.url, "act.json")
        _code, said = relayer.end()
    kept = b"".join(path.read_bytes() for path in Path("relay").rglob("*") if path.is_file())
    for secret in ("geheim-9", account.key.hex(), account.key.hex()[2:]):
        assert secret not in said and secret.encode() not in kept
    assert bytes(account.key) not in kept


def test_who_hands_in_and_judges_needs_no_database(poor: Counter) -> None:
    code = "import sys; sys.modules['sqlalchemy'] = None\n"
    code += "from proofdesk.cli import main; sys.exit(main(sys.argv[1:]))"

    def without(line: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        called = [sys.executable, "-c", code, *line.split()]
        return subprocess.run(called, env=environment, capture_output=True, text=True, timeout=SECONDS)

    signed(poor, OPEN)
    with running(poor) as relayer:
        handed = without(f"relay submit act.json --to {relayer.url}")
        assert handed.returncode == 0, handed
        assert without(f"relay fate act.json --to {relayer.url}").returncode == 0
    assert without("relay judge act.ack.json act.json").returncode == 0
    for line in ("status", "fate act.json", f"run --account {poor.names['newcomer']}"):
        done = without(f"relay {line}")
        assert (done.returncode, 'pip install "proofdesk[relay]"' in done.stderr) == (SETUP, True), done


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("run", SETUP, "no key to act with"),
        ("run --listen nowhere --account {newcomer}", USAGE, "write HOST:PORT"),
        ("run --listen 127.0.0.1:99999 --account {newcomer}", USAGE, "write HOST:PORT"),
        ("run --listen 127.0.0.1:{taken} --account {newcomer}", SETUP, "Name another place by --listen"),
        ("run --folder nowhere --account {newcomer}", SETUP, "there is no folder nowhere"),
        ("run --account {customer}", SETUP, "ETH, for one full batch of 50 acts at"),
        ("run --batch 0 --account {newcomer}", USAGE, "--batch"),
        ("run --batch-after soon --account {newcomer}", USAGE, "write a span such as 30s"),
        ("run --include-within 0s --account {newcomer}", USAGE, "write a span such as 30s"),
        ("run --spending much --account {newcomer}", USAGE, "an amount of the chain's currency"),
        ("run --spending -1 --account {newcomer}", USAGE, "an amount of the chain's currency"),
        ("run --confirmations finalized --account {newcomer}", USAGE, "a number of blocks"),
        ("run --listen 127.0.0.1:0 --database notes.txt --account {newcomer}", SETUP, "notes.txt"),
        ("run --listen 127.0.0.1:0 --database mysql://h/n --account {newcomer}", SETUP, "SQLite or Postgre"),
        ("run --database postgresql://me:secret@host/name", USAGE, "set PROOFDESK_QUEUE"),
        ("run --network wrong --account {newcomer}", SETUP, "wrong.toml: relay.allowanse is not known"),
        ("run --node http://127.0.0.1:9 --account {newcomer}", NODE, "did not answer"),
        ("status", SETUP, "there is no queue relay/31337/development.db: proofdesk relay run makes it"),
        ("status --database notes.txt", SETUP, "notes.txt"),
        ("halt Reason", SETUP, "there is no queue"),
        ("halt", USAGE, "REASON"),
        ("resume", SETUP, "there is no queue"),
        ("resume --deployment other", SETUP, "no deployment of desk other"),
        ("submit act.json", USAGE, "which relayer? Give --to URL"),
        ("submit act.json --to ftp://host", USAGE, "starts with http:// or https://"),
        ("submit act.json --to http://127.0.0.1:9", NODE, "nothing reached the relayer at 127.0.0.1:9: "),
        ("submit act.json --to http://me:secret@127.0.0.1:9", NODE, "the relayer at 127.0.0.1:9: "),
        ("submit act.json --to {url}", NODE, "is no relayer, or a newer one"),
        ("submit missing.json --to http://127.0.0.1:9", SETUP, "missing.json: No such file"),
        ("submit notes.txt --to http://127.0.0.1:9", USAGE, "notes.txt: signed act: is no JSON"),
        ("submit act.json --record notes.txt --to http://127.0.0.1:9", USAGE, "notes.txt is no record"),
        ("fate act.json", SETUP, "To ask a relayer that works elsewhere, give --to URL"),
        ("fate 0x12", USAGE, "neither a digest nor a file"),
        ("fate missing.json", SETUP, "missing.json: No such file"),
        ("fate act.json --to http://127.0.0.1:9", NODE, "nothing reached"),
        ("judge act.json act.json", USAGE, "act.json is a signed act"),
        ("judge missing.json act.json", SETUP, "missing.json: No such file"),
        ("judge act.json notes.txt", USAGE, "notes.txt: signed act"),
    ],
)
def test_it_refuses(poor: Counter, line: str, code: int, said: str) -> None:
    Path("notes.txt").write_text("no database, but as long as one would be " * 30, encoding="utf-8")
    text = CONFIG.read_text(encoding="utf-8") + "\n[relay]\nallowanse = 1\n"
    Path("config/wrong.toml").write_text(text, encoding="utf-8")
    signed(poor, OPEN)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = poor.run(f"relay {line}", taken=str(taken.getsockname()[1]))
        assert (done.code, said in " ".join(done.err.split())) == (code, True), done
        assert "Traceback" not in done.err and "secret" not in done.err
        told = poor.run(f"relay {line} --json", taken=str(taken.getsockname()[1]))
    assert (told.code, told.json["error"]["exit_code"], told.err) == (code, code, "")


def test_two_with_one_account_are_one_too_many(poor: Counter) -> None:
    with running(poor):
        done = poor.run("relay run --listen 127.0.0.1:0 --account {newcomer}")
        assert (done.code, "another process relays from" in done.err) == (SETUP, True), done
        assert done.out == ""  # nobody was told that it listens
        with running(poor, who="agent") as other:
            both = {poor.names["newcomer"], poor.names["agent"]}
            while {hand["address"] for hand in poor.run("relay status --json").json["relayers"]} != both:
                assert other.process.poll() is None


def test_acts_that_are_refused_are_told_each(poor: Counter) -> None:
    signed(poor, OPEN, "good.json")
    signed(poor, "open cards-fraud --text Help --account {customer}", "gated.json")
    other = json.loads(Path("good.json").read_bytes()) | {"chain_id": 5}
    Path("other.json").write_text(json.dumps(other), encoding="utf-8")
    with running(poor) as relayer:
        done = poor.run(f"relay submit good.json gated.json other.json --to {relayer.url}")
        assert done.code == FOUND
        rows = [line.split("\t") for line in done.out.splitlines()[1:]]
        assert [row[0] for row in rows] == ["good.json", "gated.json", "other.json"]
        assert "acknowledged" in rows[0][3]
        assert rows[1][3].startswith("refused, not-legal: LaneGated")
        assert rows[2][3].startswith("refused, other-chain: ")
        digest = json.loads(Path("good.ack.json").read_bytes())["act"]
        unknown = poor.run(f"relay fate gated.json --to {relayer.url}")
        assert (unknown.code, unknown.out) == (FOUND, "")
        assert "was never acknowledged there, is still being checked" in unknown.err
        assert poor.run(f"relay fate {digest} --to {relayer.url}").code == 0
        # A record of something else takes the submission with it: nothing of it was taken.
        Path("gated.record.json").write_bytes(Path("good.record.json").read_bytes())
        line = f"relay submit gated.json --to {relayer.url}"
        assert "refused, record: " in poor.run(line).out


def test_lines_of_stdin_are_acts_too(poor: Counter) -> None:
    acts = "".join(Path(signed(poor, OPEN, f"{n}.json")).read_text(encoding="utf-8") for n in range(2))
    Path("lines.json").write_text(acts, encoding="utf-8")
    with running(poor) as relayer:
        piped = poor.run(f"relay submit - --to {relayer.url} --json", stdin=acts)
        assert (piped.code, len(piped.json)) == (0, 2)
        assert not Path("-.ack.json").exists()
        assert poor.run(f"relay submit lines.json --to {relayer.url}").code == 0
        judged = poor.run("relay judge lines.ack.json lines.json --json")
        assert (judged.code, len(judged.json)) == (0, 2)
    wrong = poor.run("relay judge lines.ack.json 0.json")
    assert (wrong.code, "which 0.json does not hold" in wrong.err) == (USAGE, True)


@pytest.fixture
def liar() -> Iterator[Callable[[bytes], str]]:
    """A server that answers everything with the same bytes."""
    content = b""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    def saying(words: bytes) -> str:
        nonlocal content
        content = words
        return f"http://127.0.0.1:{server.server_port}"

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield saying
        server.shutdown()


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"answers": []}',
        b'{"answers": [1]}',
        b'{"answers": [{}]}',
        b'{"refusal": 1}',
        b'{"refusal": {"code": 1}}',
        b'{"stage": "done"}',
        b'{"stage": "lost", "acknowledgement": {}}',
        b'{"stage": 1, "answers": [{"acknowledgement": {}, "refusal": 1}]}',
        b"\xff",
    ],
)
def test_nonsense_is_told_as_such(poor: Counter, liar: Callable[[bytes], str], words: bytes) -> None:
    signed(poor, OPEN)
    url = liar(words)
    for line in ("submit act.json", "fate act.json"):
        done = poor.run(f"relay {line} --to {url}")
        assert (done.code, "is no relayer, or a newer one" in done.err) == (NODE, True), done


def test_a_false_acknowledgement_is_told_as_such(poor: Counter, liar: Callable[[bytes], str]) -> None:
    signed(poor, OPEN)
    signed(poor, OPEN, "other.json")
    with running(poor, "--batch-after 2m") as relayer:
        poor.run(f"relay submit act.json other.json --to {relayer.url}")
    true = json.loads(Path("act.ack.json").read_bytes())
    for changes in (
        json.loads(Path("other.ack.json").read_bytes()),
        {"act": "0x" + 64 * "1"},
        {"include_by": true["include_by"] + 1},
        {"relayer": poor.names["customer"]},
        {"signature": "0x"},
    ):
        url = liar(json.dumps({"answers": [{"acknowledgement": true | changes}]}).encode())
        done = poor.run(f"relay submit act.json --to {url}")
        assert (done.code, re.search("acknowledge", done.err) is not None) == (INTEGRITY, True), done
        url = liar(json.dumps({"stage": "queued", "acknowledgement": true | changes}).encode())
        done = poor.run(f"relay fate act.json --to {url}")
        assert done.code in (NODE, INTEGRITY) and "Traceback" not in done.err, done
    url = liar(json.dumps({"answers": [{"acknowledgement": true}]}).encode())
    assert poor.run(f"relay submit act.json --to {url}").code == 0
    for more, code in (({}, 0), ({"tx_hash": "0x1", "block": 1}, NODE), ({"tx_hash": 1}, NODE)):
        url = liar(json.dumps({"stage": "done", "acknowledgement": true, **more}).encode())
        assert poor.run(f"relay fate act.json --to {url}").code == code


def test_moments_that_nobody_could_be_held_to(poor: Counter, liar: Callable[[bytes], str]) -> None:
    """Never due, or due before: it is no word, though it is signed. One that was kept is known."""
    signed(poor, OPEN)
    act = json.loads(Path("act.json").read_bytes())
    relayer, now = Account.create(), int(time.time())
    word = Acknowledgement(
        SignedAct.from_json(json.dumps(act)).digest,
        relayer.address,
        act["chain_id"],
        act["desk"],
        now,
        now + 60,
        "",
    )

    def answered(**changes: Any) -> Any:
        changed = replace(word, **changes)
        signature = relayer.sign_typed_data(full_message=typed_data(changed)).signature.to_0x_hex()
        reply = {"answers": [{"acknowledgement": replace(changed, signature=signature).to_json()}]}
        return poor.run(f"relay submit act.json --to {liar(json.dumps(reply).encode())}")

    old: dict[str, Any] = {"received_at": now - 200, "include_by": now - 100}
    for wrong in ({"include_by": 2**53 - 1}, {"include_by": now - 1}, old, {"received_at": now + 200}):
        done = answered(**wrong)
        assert (done.code, "nobody could be held to" in done.err) == (INTEGRITY, True), done
        assert not Path("act.ack.json").exists()
    assert answered().code == 0
    kept = replace(word, **old)
    signature = relayer.sign_typed_data(full_message=typed_data(kept)).signature.to_0x_hex()
    line = json.dumps(replace(kept, signature=signature).to_json()) + "\n"
    Path("act.ack.json").write_text(line, encoding="utf-8")
    assert answered(**old).code == 0, "it was handed in before"
