"""docs/gasless.md and relayer.md: their lines run as printed; figures and codes are the relayer's."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from demo.stage import ACCOUNTS, STAFF, Stage
from demo.up import leave_keys, seed
from proofdesk._deployments import SEALED
from proofdesk.ops.relay import Allowance, Batching, Limits
from proofdesk.ops.relay.answers import CODES
from proofdesk.ops.relay.http import STATUS
from proofdesk.ops.relay_terms import RelayTerms, read_relay
from proofdesk.privacy import Keyring, Seed
from tools.chain import Chain

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "gasless.md").read_text("utf-8")
RELAYER_PAGE = (ROOT / "docs" / "relayer.md").read_text("utf-8")
COMMAND = [sys.executable, "-m", "proofdesk.cli"]
SECONDS = 120
KEYS, PASSWORD = ["--keys", "keys/demo/relayer.keys"], {"PROOFDESK_KEYS_PASSWORD": "worthless"}

SEND = """
import os, sys
from proofdesk import Sender
node = os.environ["PROOFDESK_NODE"]
Sender(node, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266").send(sys.argv[1], b"", value=10**18)
"""


@pytest.fixture
def relayer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The desk of `make up` in this folder, and its relayer: the address where it listens."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PROOFDESK_")]:
        monkeypatch.delenv(name)
    with Chain.anvil(accounts=ACCOUNTS) as chain:
        stage = Stage(chain, Path("records") / str(chain.chain_id) / "demo")
        stage.deploy(folder=Path("deployments"))
        seed(stage)
        leave_keys()
        monkeypatch.setenv("PROOFDESK_NODE", chain.url)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        account = chain.rpc("eth_accounts")[STAFF.index("relayer")]
        process = subprocess.Popen(
            [*COMMAND, "relay", "run", "--listen", "127.0.0.1:0", "--json", "--account", account, *KEYS],
            env=os.environ | PASSWORD,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            yield str(json.loads(process.stdout.readline())["listening"])
        finally:
            process.kill()
            process.communicate()


def typed(lines: Sequence[str]) -> str:
    """What lines print that a shell runs; it must end well."""
    Path("bin").mkdir()
    Path("bin/proofdesk").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m proofdesk.cli "$@"\n', encoding="utf-8"
    )
    Path("bin/proofdesk").chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -eu", *lines])],
        env=os.environ
        | {"PATH": f"{Path('bin').resolve()}:{os.environ['PATH']}", "PROOFDESK_KEYS_PASSWORD": "x" * 9},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_customers_lines_run_as_printed(relayer: str) -> None:
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE, re.M | re.S)
    lines = [line.removeprefix("$ ") for line in block.splitlines()]
    assert len(lines) == 6
    told = typed([line.replace("http://127.0.0.1:8645", relayer) for line in lines])
    assert ", with its words: on chain by" in told


def test_a_relayers_keys_are_made_and_followed_as_printed(relayer: str) -> None:
    blocks = re.findall(r"^ *```console\n(.*?)^ *```", RELAYER_PAGE, re.M | re.S)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    # Somebody has to send them ether.
    script: list[str] = []
    for line in lines:
        script.append(line)
        if made := re.match(r"(\w+)=\$\(proofdesk account new", line):
            script.append(f"python -c {shlex.quote(SEND)} ${made[1]}")
    told = typed([*script, "echo And now: $NEXT", "proofdesk key roles --json"])
    successor, roles = told.split("And now: ")[1].split("\n", 1)
    (carriers,) = [role for role in json.loads(roles) if role["role"] == "carriers"]
    assert successor in carriers["members"] and len(carriers["members"]) == 2


def test_an_operators_lines_run_as_printed(relayer: str) -> None:
    (block,) = re.findall(r"^```bash\n(make up\n.*?)^```", PAGE, re.M | re.S)
    _up, run, *lines = (line for each in block.splitlines() if (line := each.partition("#")[0].strip()))
    address = run.split()[5]
    assert run == " ".join(
        [f"{name}={value}" for name, value in PASSWORD.items()]
        + [f".venv/bin/proofdesk relay run --account {address}", *KEYS]
    )
    shown = []
    for line in lines:
        words = shlex.split(line)
        assert words[0] == ".venv/bin/proofdesk"
        done = subprocess.run([*COMMAND, *words[1:]], capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, done
        shown.append(done.stdout)
    # The page's account is the one that relays there.
    assert len(lines) == 3 and f"{address}, working" in shown[0]


def test_the_example_over_http_runs_as_printed(relayer: str) -> None:
    (block,) = re.findall(r"<!-- example: an act over HTTP -->\n```python\n(.*?)^```", PAGE, re.M | re.S)
    program = block.replace("http://127.0.0.1:8645", relayer)
    program = program.replace("http://127.0.0.1:8545", os.environ["PROOFDESK_NODE"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=SECONDS)
    told = r"True 0x\w{40} (open|kept)\n(queued|sent|mined|done)\n"
    assert done.returncode == 0 and re.fullmatch(told, done.stdout), done


def test_a_browsers_customer_is_answered_through_the_shop(
    relayer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a sealed desk: the relayer takes the act with its words, and the page's key opens the answer."""
    (block,) = re.findall(r"<!-- example: an integrator signs -->\n```python\n(.*?)^```", PAGE, re.M | re.S)
    names: dict[str, Any] = {}
    exec(compile(block.replace("http://127.0.0.1:8545", os.environ["PROOFDESK_NODE"]), "page", "exec"), names)
    customer, signed = names["customer"], names["signed"]
    assert customer.deployment.records == SEALED
    with urlopen(Request(f"{relayer}/acts", names["body"].encode()), timeout=SECONDS) as response:
        (answer,) = json.load(response)["answers"]
    assert answer["acknowledgement"]["act"] == signed.digest
    while not customer.tickets.acts(signed.ticket_id):
        pass
    ada = customer.node.request("eth_accounts")[len(STAFF)]
    agent = customer.using(ada, keyring=Keyring.of(Seed.load("keys/demo/Ada.keys", "worthless")))
    while (head := agent.lanes.next_in_line(1)) is not None and head.id != signed.ticket_id:
        agent.tickets.take(head)
    agent.tickets.take(signed.ticket_id, "On its way.")
    assert [each.record.body for each in customer.tickets.history(signed.ticket_id)] == [
        "Where is my card?",
        "On its way.",
    ]


def test_the_config_names_every_key_with_what_it_is_by_default(tmp_path: Path) -> None:
    (text,) = re.findall(r"<!-- config: relay -->\n```toml\n(.*?)^```", PAGE, re.M | re.S)
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    found, usual = read_relay(tmp_path / "config.toml"), RelayTerms()
    named = set(re.findall(r"^(\w+) =", text, re.M))
    own = {field.name for field in fields(RelayTerms)} - {"allowances", "wei_per_hour"}
    assert named == own | {"spending_per_hour"}
    apart = {"allowances", "wei_per_hour", "confirmations"}
    assert {name: getattr(found, name) for name in own - apart} == {
        name: getattr(usual, name) for name in own - apart
    }
    assert (found.wei_per_hour, found.confirmations) == (5 * 10**16, 2)
    assert list(found.allowances.values()) == [500, None]


def test_what_is_usual_is_what_the_relayer_takes_for_it() -> None:
    usual = RelayTerms()
    limits, batching = Limits(), Batching()
    assert limits == Limits(
        allowance=Allowance(usual.allowance, usual.allowance_gas),
        window=timedelta(seconds=usual.window),
        queue=usual.queue,
        smart_account_gas=usual.smart_account_gas,
        failures=usual.failures,
        margin=timedelta(seconds=usual.margin),
    )
    after = timedelta(seconds=usual.batch_after)
    assert batching == Batching(acts=usual.batch, gas=usual.batch_gas, after=after)


def test_the_codes_are_the_relayers() -> None:
    shown = PAGE.split("<!-- codes -->\n")[1].split("<!-- /codes -->")[0]
    rows = "".join(f"| `{code}` | {STATUS[code]} | {meaning} |\n" for code, meaning in CODES.items())
    assert shown == f"| code | status | meaning |\n|---|---|---|\n{rows}"
    for code in STATUS.keys() - CODES.keys():
        assert f"`{code}` {STATUS[code]}" in PAGE


def test_the_figures_are_those_that_were_measured() -> None:
    said = re.search(r"from ([\d,]+) gas \(a rating\) to ([\d,]+) \(an opening\)", PAGE)
    assert said is not None
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text("utf-8"))
    measured = [results["gas.batch50.rate"], results["gas.batch50.open"]]
    assert [round(gas, -3) for gas in measured] == [int(text.replace(",", "")) for text in said.groups()]
    halves = [
        results["gas.batch50.rate"] / results["gas.rate"],
        results["gas.batch50.open"] / results["gas.open"],
    ]
    assert all(0.4 < half < 0.65 for half in halves)
