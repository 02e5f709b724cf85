"""The way to a chain is read as strictly as the rest, and the key in a node's URL is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofdesk._errors import ConfigurationError
from proofdesk.ops.config import load
from proofdesk.ops.network import Network, links, read_network
from tests.ops.conftest import Deployed
from tests.ops.test_config import VALID, read
from tools.chain import ROOT

TABLE = """
[network]
rpc = "${NODE}"
explorer = "https://explorer.example/"
currency = "xDAI"
confirmations = "finalized"
block_time = "12s"
max_fee_per_gas = 0.25
"""
SECRET = "c0ffee"


def network(folder: Path, table: str = TABLE, **environment: str) -> Network:
    found = read(folder, VALID + table, **environment).network
    assert found is not None
    return found


def test_reads_what_the_file_says(tmp_path: Path) -> None:
    found = network(tmp_path)
    assert (found.name, found.chain_id, found.currency, found.block_time) == ("acme", 31337, "xDAI", 12)
    assert found.options == {"confirmations": "finalized", "max_fee_per_gas": 250_000_000}
    assert found.contract_url("0x1") == "https://explorer.example/address/0x1"
    assert found.transaction_url("0x2") == "https://explorer.example/tx/0x2"


def test_a_file_without_the_table_has_no_network(tmp_path: Path) -> None:
    assert read(tmp_path).network is None


def test_the_node_is_read_when_it_is_needed(tmp_path: Path) -> None:
    found = network(tmp_path)
    assert found.url({"NODE": "https://node.example/v2/key"}) == "https://node.example/v2/key"
    with pytest.raises(
        ConfigurationError, match=r"network acme reads .* from NODE, which is not set: export NODE=https://…"
    ):
        found.url({})


def test_a_url_may_hold_variables(tmp_path: Path) -> None:
    found = network(tmp_path, '[network]\nrpc = "https://node.example/${KEY}"\n')
    assert found.url({"KEY": SECRET}) == f"https://node.example/{SECRET}"
    with pytest.raises(ConfigurationError, match="KEY, which is not set: export KEY=…"):
        found.url({"KEY": ""})


@pytest.mark.parametrize("rpc", [f"ftp://me:{SECRET}@node.example", SECRET, "", f"https:///{SECRET}"])
def test_what_is_no_url_is_refused_and_not_shown(tmp_path: Path, rpc: str) -> None:
    for reach in (
        lambda: network(tmp_path, f'[network]\nrpc = "{rpc}"\n'),
        lambda: network(tmp_path).url({"NODE": rpc or " "}),
    ):
        with pytest.raises(ConfigurationError) as caught:
            reach()
        assert SECRET not in str(caught.value)


def test_shows_the_host_alone(tmp_path: Path) -> None:
    found = network(
        tmp_path, f'[network]\nrpc = "https://me:{SECRET}@node.example:8080/{SECRET}?k={SECRET}"\n'
    )
    assert found.host() == "node.example:8080"
    assert SECRET not in repr(found)
    assert SECRET not in repr(read(tmp_path, VALID + f'[network]\nrpc = "https://x/{SECRET}"\n'))


@pytest.mark.parametrize(
    ("valid", "wrong", "message"),
    [
        ('"finalized"', '"final"', "network.confirmations is 'final': write a number of blocks, or"),
        ('"finalized"', "0", "network.confirmations is 0: write a whole number from 1 to"),
        ("0.25", "0", "network.max_fee_per_gas is 0: write gwei"),
        ("0.25", '"1"', "network.max_fee_per_gas is '1': write gwei"),
        ("0.25", "true", "network.max_fee_per_gas is True: write gwei"),
        (
            "https://explorer.example/",
            "explorer.example",
            "network.explorer is 'explorer.example': write the",
        ),
        ('"12s"', "12", "network.block_time is 12: write a span"),
        ("currency", "coin", "network.coin is not known here: block_time, confirmations, currency"),
    ],
)
def test_refuses(tmp_path: Path, valid: str, wrong: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        network(tmp_path, TABLE.replace(valid, wrong))


@pytest.mark.parametrize("wanted", ["2", '"finalized"'])
def test_a_local_chain_confirms_nothing_by_itself(tmp_path: Path, wanted: str) -> None:
    """anvil and Ganache make a block for a transaction and then none: the second is never there."""
    table = f'[network]\nrpc = "http://127.0.0.1:8545"\nconfirmations = {wanted}\n'
    with pytest.raises(
        ConfigurationError, match=r"network\.confirmations is .*: a local chain .* write 1, or"
    ):
        network(tmp_path, table)
    # One that makes blocks by the clock does, and so does any other chain.
    assert network(tmp_path, table + 'block_time = "1s"\n').confirmations == wanted_value(wanted)
    (tmp_path / "far.toml").write_text(f'[desk]\nname = "far"\nchain_id = 5\n{table}', encoding="utf-8")
    far = read_network(tmp_path / "far.toml")
    assert far is not None
    assert far.confirmations == wanted_value(wanted)


def wanted_value(wanted: str) -> int | str:
    return int(wanted) if wanted.isdigit() else wanted.strip('"')


@pytest.mark.parametrize("name", ["demo", "development", "ganache"])
def test_configs_for_local_chains_wait_for_one_block(name: str) -> None:
    found = read_network(ROOT / "config" / f"{name}.toml")
    assert found is None or found.confirmations == 1


@pytest.mark.parametrize(
    ("name", "chain_id"), [("sepolia", 11155111), ("base-sepolia", 84532), ("arbitrum-sepolia", 421614)]
)
def test_testnets(name: str, chain_id: int) -> None:
    path = ROOT / "config" / f"{name}.toml"
    found = read_network(path)
    assert found is not None
    assert (found.name, found.chain_id, found.is_local) == (name, chain_id, False)
    variable = name.upper().replace("-", "_") + "_RPC"
    assert found.url({variable: "https://node.example"}) == "https://node.example"
    with pytest.raises(ConfigurationError, match="which is not set: export PROOFDESK_"):
        load(path, {})
    holders = {f"PROOFDESK_{who}": f"0x{number:040x}" for number, who in enumerate(HOLDERS, 1)}
    assert load(path, holders).network == found


HOLDERS = ("OWNER", "SUPERVISOR", "CERTIFIER", "GUARDIAN", "TREASURER", "SHOP")


def test_links_lead_to_contracts_and_the_transactions_that_made_them(desk: Deployed) -> None:
    ledger = Network("mine", 31337, explorer="https://explorer.example")
    desks = desk.deployment.contract("TicketDesk")
    assert dict(links(desk.deployment, ledger)) | {
        "TicketDesk": f"https://explorer.example/address/{desks.address}",
        "TicketDesk, created": f"https://explorer.example/tx/{desks.transaction}",
    } == dict(links(desk.deployment, ledger))
    assert dict(links(desk.deployment, None))["TicketDesk"] == desks.address
