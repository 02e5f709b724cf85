"""What `proofdesk doctor` finds when one thing is not well: its state and its remedy."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofdesk import Desk
from proofdesk._deployments import CLEAR, SEALED, load
from proofdesk.cli._diagnosis import Look
from proofdesk.cli._record_looks import who_reads
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.keys import ReadingKey
from proofdesk.privacy.roles import ALL
from tests.cli.counter import Counter, Done

LINE = "doctor --network development --account {deployer} --json"


def look(done: Done, what: str) -> dict[str, Any]:
    """One of the looks."""
    return next(found for found in done.json["looks"] if found["what"] == what)


def states(done: Done) -> dict[str, str]:
    """Every look's state."""
    return {found["what"]: found["state"] for found in done.json["looks"]}


def test_all_is_well(counter: Counter) -> None:
    done = counter.run(LINE)
    assert (done.code, done.json["ok"]) == (0, True)
    assert set(states(done).values()) == {"ok"}
    assert len(states(done)) == 13
    assert not list(counter.folder.glob("records*"))


def test_a_node_that_does_not_answer(counter: Counter) -> None:
    done = counter.run(f"{LINE} --node http://127.0.0.1:9")
    assert done.code == 1
    assert look(done, "node")["state"] == "failure"
    assert "see that it runs" in look(done, "node")["remedy"]
    # What needs the node is not guessed at.
    assert "deployment" not in states(done)


def test_a_node_of_another_chain(counter: Counter) -> None:
    done = counter.run("doctor --network ganache --account {deployer} --json")
    assert done.code == 1
    assert look(done, "node")["found"] == "it is on chain 31337, the config is for chain 1337"


def test_no_key(counter: Counter) -> None:
    done = counter.run("doctor --json")
    assert done.code == 0
    assert look(done, "key")["state"] == "warning"
    assert "--keystore FILE" in look(done, "key")["remedy"]


def test_a_key_that_nobody_has(counter: Counter) -> None:
    done = counter.run(f"doctor --account {'0x' + 40 * '1'} --json")
    assert done.code == 1
    assert "the node does not sign for 0x1111" in look(done, "key")["found"]


@pytest.mark.parametrize(("balance", "state"), [(10**13, "failure"), (10**15, "warning"), (10**18, "ok")])
def test_a_balance(counter: Counter, balance: int, state: str) -> None:
    counter.chain.rpc("anvil_setBalance", counter.names["deployer"], hex(balance))
    found = look(counter.run(LINE), "balance")
    assert found["state"] == state
    assert ("send 0x" in found["remedy"]) == (state != "ok")


def test_roles_and_certificates(counter: Counter) -> None:
    assert look(counter.run(LINE), "roles")["found"] == "admin"
    supervisor = look(counter.run("doctor --account {supervisor} --json"), "roles")["found"]
    assert supervisor == "supervisor, lane_editor, unpauser, claims_editor, keys_editor"
    assert "agent of cards until" in look(counter.run("doctor --account {agent} --json"), "roles")["found"]
    assert "none" in look(counter.run("doctor --account {newcomer} --json"), "roles")["found"]


def test_a_clock_that_is_behind(counter: Counter) -> None:
    counter.chain.rpc("evm_setNextBlockTimestamp", int(time.time()) + 3600)
    counter.chain.rpc("evm_mine")
    found = look(counter.run(LINE), "latest block")
    assert found["state"] == "warning"
    assert "ahead of this machine's clock" in found["found"]
    assert "set this machine's clock" in found["remedy"]


def test_a_cap_below_the_fees(counter: Counter) -> None:
    path = Path("config/development.toml")
    text = path.read_text(encoding="utf-8")
    capped = text.replace("[network]", "[network]\nmax_fee_per_gas = 0.00001", 1)
    assert capped != text
    path.write_text(capped, encoding="utf-8")
    counter.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    counter.chain.rpc("evm_mine")
    found = look(counter.run(LINE), "fees")
    assert (found["state"], "the cap is 0.00001 gwei" in found["found"]) == ("failure", True)


def test_no_deployment(counter: Counter) -> None:
    Path("deployments/31337/development.json").unlink()
    done = counter.run(LINE)
    assert done.code == 1
    assert look(done, "deployment")["state"] == "failure"
    assert "contracts" not in states(done)


def test_a_deployment_of_another_chain(counter: Counter) -> None:
    manifest = Path("deployments/31337/development.json")
    found = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(found | {"genesis_hash": "0x" + 64 * "1"}), encoding="utf-8")
    done = counter.run(LINE)
    assert done.code == 1
    assert "genesis block" in look(done, "contracts")["found"]


@pytest.mark.parametrize(
    ("make", "state"),
    [("nothing", "ok"), ("folder", "ok"), ("file", "failure"), ("other", "failure"), ("below", "failure")],
)
def test_records(counter: Counter, make: str, state: str) -> None:
    path = Path("mine")
    if make == "file":
        path.write_text("", encoding="utf-8")
    elif make == "below":
        path.write_text("", encoding="utf-8")
        path = path / "records"
    elif make != "nothing":
        path.mkdir()
        (path / "notes.txt").write_text("", encoding="utf-8") if make == "other" else None
    done = counter.run(f"{LINE} --records {path}")
    assert (look(done, "records")["state"], done.code) == (state, int(state == "failure"))


def test_clear_records(counter: Counter) -> None:
    found = look(counter.run(LINE), "who reads")
    assert (found["state"], found["found"]) == ("ok", "clear: whoever has the store reads them")
    # The same off local chains.
    (remote,) = who_reads(None, counter.deployment, None, is_local=False)  # type: ignore[arg-type]  # unused
    assert isinstance(remote, Look)
    assert (remote.state, remote.remedy.startswith('write form = "sealed"')) == ("warning", True)


def test_sealed_records(counter: Counter) -> None:
    """From a desk that is too old, over one where nobody reads, to one whose reader this is."""
    text = Path("config/development.toml").read_text(encoding="utf-8")
    Path("config/development.toml").write_text(text.replace('form = "clear"', 'form = "sealed"'), "utf-8")
    manifest = Path("deployments/31337/development.json")
    assert counter.deployment.records == CLEAR
    deployment = replace(counter.deployment, records=SEALED)
    without = {name: item for name, item in deployment.contracts.items() if name != "KeyRegistry"}
    replace(deployment, contracts=without).save("deployments")
    line = "doctor --network development --account {supervisor} --json"

    found = look(counter.run(line), "who reads")
    assert (found["state"], found["remedy"]) == ("failure", "run deploy again: it adds what is missing")
    deployment.save("deployments")
    found = look(counter.run(line), "who reads")
    assert (found["state"], "no record can be written" in found["found"]) == ("warning", True)

    supervisor = Desk.connect(
        counter.chain.url,
        account=counter.names["supervisor"],
        deployment=load(manifest),
        store=counter.folder / "records" / "31337" / "development",
        keyring=Keyring([ReadingKey.new()]),
    )
    supervisor.keys.publish()
    supervisor.keys.create_role("supervisors", ALL, [supervisor.sender.address])
    assert said(counter, "supervisor") == "{supervisor} reads as supervisors"
    assert said(counter, "customer") == "{customer} has published no key"
    counter.desk("customer").keys.publish(ReadingKey.new())
    assert said(counter, "customer") == "{customer} has a key, and is shared no role's"
    assert look(counter.run("doctor --json"), "who reads")["found"] == "sealed to supervisors v1"


def said(counter: Counter, who: str) -> str:
    """What the doctor says of an account, its address in braces."""
    found = look(counter.run(f"doctor --account {{{who}}} --json"), "who reads")
    assert found["state"] == "ok"
    roles, _, told = found["found"].partition("; ")
    assert roles == "sealed to supervisors v1"
    return str(told).replace(counter.names[who], f"{{{who}}}")
