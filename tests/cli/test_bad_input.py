"""What operators set up wrongly: each is told what is wrong and what to do, and nothing is half done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.counter import CONFIG, Counter
from tools.chain import Chain, free_port

MANIFEST = Path("deployments/31337/development.json")


def changed(**values: Any) -> None:
    """Write the manifest anew with other values."""
    found = json.loads(MANIFEST.read_text(encoding="utf-8"))
    MANIFEST.write_text(json.dumps(found | values), encoding="utf-8")


def refused(counter: Counter, line: str, code: int, *said: str) -> None:
    """A line that must fail so, and say so."""
    done = counter.run(line)
    assert done.code == code, done
    for text in said:
        assert text in done.err
    assert done.err.count("\n") <= 4


def test_no_deployment(counter: Counter) -> None:
    MANIFEST.unlink()
    refused(counter, "lane list", 3, "no deployment of a desk on chain 31337", "deploy one, pass the path")


def test_two_deployments(counter: Counter) -> None:
    MANIFEST.with_name("second.json").write_bytes(MANIFEST.read_bytes())
    refused(counter, "lane list", 3, "several desks", "development, second; name the one you mean")
    assert counter.run("lane list --deployment development").code == 0
    assert counter.run("lane list --network development").code == 0


def test_of_two_deployments_the_one_of_this_chain_is_meant(counter: Counter) -> None:
    other = json.loads(MANIFEST.read_text(encoding="utf-8")) | {
        "genesis_hash": "0x" + 64 * "1",
        "desk": "old",
    }
    MANIFEST.with_name("old.json").write_text(json.dumps(other), encoding="utf-8")
    assert counter.run("lane list").code == 0
    assert "several desks" not in counter.run("doctor").out
    changed(genesis_hash="0x" + 64 * "2")
    refused(counter, "lane list", 3, "several desks", "development, old; name the one you mean")


def test_a_desk_without_claims(counter: Counter) -> None:
    found = json.loads(MANIFEST.read_text(encoding="utf-8"))["contracts"]
    changed(contracts={name: found[name] for name in ("DeskAccess", "AgentCertification", "TicketDesk")})
    for line in ("vault show", "claim list", "compensation show"):
        refused(counter, line, 3, "desk development has no ", "Add [claims] to its config and run deploy")


def test_a_deployment_named_by_the_environment(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    MANIFEST.rename("manifest.json")
    monkeypatch.setenv("PROOFDESK_DEPLOYMENT", "manifest.json")
    assert counter.run("lane list").code == 0
    refused(counter, "lane list --deployment other", 3, "is the manifest of desk development, not of other")
    # What the command line says goes before it.
    refused(
        counter, "lane list --deployment ./nothing", 3, "no deployment of a desk on chain 31337 in nothing"
    )


def test_a_manifest_of_another_chain(counter: Counter) -> None:
    changed(chain_id=5)
    refused(counter, f"lane list --deployment {MANIFEST}", 4, "the chain id is", "connect to the chain")


def test_a_manifest_of_another_desk(counter: Counter) -> None:
    changed(genesis_hash="0x" + 64 * "1")
    refused(counter, "lane list", 4, "the genesis block is", "pass the deployment of this one")


def test_a_manifest_of_a_newer_format(counter: Counter) -> None:
    changed(format="proofdesk-deployment/2")
    refused(counter, "lane list", 3, "was written by a newer proofdesk")


def test_a_manifest_that_a_newer_package_wrote(counter: Counter) -> None:
    changed(version="99.0.0", something_new={})
    refused(counter, "lane list", 3, "99.0.0", "pip install --upgrade proofdesk")


def test_a_manifest_that_is_none(counter: Counter) -> None:
    MANIFEST.write_text("{", encoding="utf-8")
    refused(counter, "lane list", 3, "development.json is no JSON")


def test_a_desk_of_contracts_that_this_package_does_not_know(counter: Counter) -> None:
    contracts = json.loads(MANIFEST.read_text(encoding="utf-8"))["contracts"]
    contracts["TicketDesk"]["bytecode_hash"] = "0x" + 64 * "2"
    changed(contracts=contracts)
    done = counter.run("doctor")
    assert done.code == 1
    assert "TicketDesk are not those of this package" in done.out
    assert "use the proofdesk it was deployed by" in done.out


def test_a_node_of_another_chain(counter: Counter) -> None:
    with Chain.anvil(chain_id=5) as other:
        refused(counter, f"lane list --node {other.url}", 3, "no deployment of a desk on chain 5")
        line = f"deploy --network development --account {{deployer}} --yes --node {other.url}"
        refused(counter, line, 4, "the config is for chain 31337, the node is on chain 5")
        refused(counter, f"lane list --node {other.url} --deployment {MANIFEST}", 4, "the chain id is")
        assert other.rpc("eth_blockNumber") == "0x0"


def test_a_config_of_another_chain_than_the_nodes(counter: Counter) -> None:
    text = CONFIG.read_text(encoding="utf-8").replace("31337", "84532", 1)
    Path("config/base.toml").write_text(text, encoding="utf-8")
    for line in ("lane list", "ticket open cards --text Help --account {customer}", "watch --since 0"):
        said = "the config is for chain 84532, the node is on chain 31337"
        refused(counter, f"{line} --network base", 4, said)
    assert counter.desk().tickets.acts() == []


def test_no_node(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROOFDESK_NODE")
    monkeypatch.setattr("proofdesk.cli._here.USUAL", ("127.0.0.1", free_port()))
    refused(counter, "lane list", 3, "which node? Give --node URL, set PROOFDESK_NODE", "at 127.0.0.1:")


def test_a_local_chain_need_not_be_named(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROOFDESK_NODE")
    host, port = counter.chain.url.removeprefix("http://").split(":")
    monkeypatch.setattr("proofdesk.cli._here.USUAL", (host, int(port)))
    assert "cards-fraud" in counter.run("lane list").out


def test_a_node_that_is_no_node(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(counter, "lane list --node http://127.0.0.1:9/secret-key", 4, "did not answer")
    assert "secret-key" not in counter.run("lane list --node http://127.0.0.1:9/secret-key").err


def test_a_config_with_a_variable_that_is_not_set(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROOFDESK_NODE")
    monkeypatch.delenv("SEPOLIA_RPC", raising=False)
    refused(counter, "lane list --network sepolia", 3, "SEPOLIA_RPC, which is not set: export SEPOLIA_RPC=")
    monkeypatch.setenv("SEPOLIA_RPC", counter.chain.url)
    line = "deploy --network sepolia --account {deployer} --yes"
    refused(counter, line, 3, "is not set: export PROOFDESK_")


def test_a_config_that_is_wrong(counter: Counter) -> None:
    text = CONFIG.read_text(encoding="utf-8").replace('respond_within = "4h"', 'respond_within = "400d"')
    Path("config/wrong.toml").write_text(text, encoding="utf-8")
    refused(counter, "check --network wrong", 3, "wrong.toml: lanes[1].respond_within")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "ticket open cards --text Help --account {customer} --records file",
            "is a file where the folder",
        ),
        (
            "deploy --network second --account {deployer} --yes --deployment ./file",
            "file is a file, no folder",
        ),
        (
            "deploy --network second --account {deployer} --yes --deployment file/x",
            "file is a file, no folder",
        ),
        ("lane list --config config", "config is a folder, not a config file"),
        ("agent certify config --account {certifier}", "config is a folder, not a file of exams"),
        ("ticket open cards --file config --account {customer}", "config: Is a directory"),
        ("ticket open cards --text Help --account {customer} --keystore config", "Is a directory"),
    ],
)
def test_a_file_where_a_folder_should_be_and_the_other_way(counter: Counter, line: str, said: str) -> None:
    text = CONFIG.read_text(encoding="utf-8").replace('name = "development"', 'name = "second"', 1)
    Path("config/second.toml").write_text(text, encoding="utf-8")
    Path("file").write_text("", encoding="utf-8")
    before = counter.chain.rpc("eth_blockNumber")
    done = counter.run(line)
    assert done.code in (2, 3), done
    assert said in done.err
    assert counter.chain.rpc("eth_blockNumber") == before


def test_records_of_another_desk(counter: Counter) -> None:
    store = {"format": "proofdesk-store/1", "chain_id": 1, "desk": "0x" + 40 * "1"}
    Path("mine").mkdir()
    Path("mine/proofdesk-store.json").write_text(json.dumps(store), encoding="utf-8")
    refused(counter, "ticket open cards --text Help --account {customer} --records mine", 3, "not of desk")


@pytest.mark.parametrize(
    "options",
    ["--timeout soon", "--timeout 0", "--confirmations none", "--confirmations 0", "--max-fee-per-gas -1"],
)
def test_numbers_that_cannot_be_meant(counter: Counter, options: str) -> None:
    refused(counter, f"ticket open cards --text Help --account {{customer}} {options}", 2, "write a number")


def test_a_cap_below_what_the_chain_asks(counter: Counter) -> None:
    counter.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    line = "ticket open cards --text Help --account {customer} --max-fee-per-gas 0.0001"
    # A cap may also stop what is being sent anew, so its record stays.
    refused(counter, line, 4, "the cap is 100000", "nothing is known to be sent", "--entry 0x")


def test_an_account_without_money(counter: Counter) -> None:
    counter.chain.rpc("anvil_setBalance", counter.names["customer"], "0x1")
    refused(
        counter,
        "ticket open cards --text Help --account {customer}",
        3,
        "has 0.000000000000000001 ETH and needs",
    )
    done = counter.run("ticket open cards --text Help --account {customer} --dry-run")
    assert (done.code, "too little: send it the rest first" in done.out) == (1, True)


def test_who_reads_makes_no_folder(counter: Counter) -> None:
    counter.run("ticket open cards --text Help --account {customer} --records mine")
    Path("empty").mkdir()
    for line in ("ticket verify --all", "ticket verify --all --records empty", "lane list --records other"):
        assert "Traceback" not in counter.run(line).err
    assert not Path("records").exists() and not Path("other").exists() and not list(Path("empty").iterdir())


def test_words_that_are_none(counter: Counter) -> None:
    Path("picture").write_bytes(b"\xff\xd8\xff")
    refused(counter, "ticket open cards --file picture --account {customer}", 2, "is no text in UTF-8")
    refused(
        counter,
        "ticket open cards --file /dev/zero --account {customer}",
        2,
        "is longer than a record can be",
    )
    Path("long").write_text("x" * 70_000, encoding="utf-8")
    refused(counter, "ticket open cards --file long --account {customer}", 2, "1 to 65,536 fit")


def test_a_deployment_that_cannot_be_paid_for_is_not_begun(counter: Counter) -> None:
    text = CONFIG.read_text(encoding="utf-8").replace("31337", "5", 1)
    Path("config/far.toml").write_text(text, encoding="utf-8")
    with Chain.anvil(chain_id=5) as far:
        far.rpc("anvil_setBalance", counter.names["deployer"], hex(10**15))
        # Nobody is asked whether to begin what cannot end.
        line = f"deploy --network far --account {{deployer}} --node {far.url}"
        refused(counter, line, 3, "has 0.001000 ETH", "needs up to", "Nothing was sent")
        assert far.rpc("eth_blockNumber") == "0x0"
