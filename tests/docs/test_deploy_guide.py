"""docs/deploy.md as a person follows it: each command in order, in an empty folder, on chains like theirs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proofdesk._deployments import Deployment, load
from proofdesk.ops.config import load as load_config
from proofdesk.ops.cost import estimate
from tests.ops.test_cost import ORACLE, ORACLE_CODE
from tools.chain import ROOT, Chain

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
URL = "https://ethereum-sepolia-rpc.example"
# Blocks, and the places where a person sends an account money.
PART = re.compile(
    r"^```bash\n(.*?)^```|^<!-- (install) -->\n```bash.*?^```|^<!-- fund: (\S+) -->", re.M | re.S
)
FUND = """
fund() {
  "$PYTHON" - "$1" "$NODE" <<'END'
import json, sys
from tools.chain import rpc
address = json.load(open(sys.argv[1]))["address"].removeprefix("0x")
rpc(sys.argv[2], "anvil_setBalance", f"0x{address}", hex(10**17))
END
}
"""
SECONDS = 300


def script(url: str, network: str) -> str:
    """The page's commands, with the chain's URL in place of the example's."""
    lines = [FUND, "set -euo pipefail"]
    for block, _install, keystore in PART.findall(PAGE):
        lines.append(f"fund {keystore}" if keystore else block)
    text = "\n".join(lines).replace(URL, url)
    if network != "sepolia":
        chain_id, explorer = LAYERS[network]
        variable = network.upper().replace("-", "_") + "_RPC"
        for sepolia, other in (
            ("11155111", chain_id),
            ("SEPOLIA_RPC", variable),
            ("https://sepolia.etherscan.io", explorer),
            ("NETWORK=sepolia", f"NETWORK={network}"),
            ("config/sepolia.toml", f"config/{network}.toml"),
        ):
            assert sepolia in text
            text = text.replace(sepolia, other)
    return text


# What the page's table says of them.
LAYERS = {
    name: (chain_id, explorer)
    for chain_id, name, explorer in (
        (row[0], row[1].lower().replace("_rpc", "").replace("_", "-"), row[2])
        for row in re.findall(r'^\| \w+ Sepolia \| (\d+) \| `"\$\{(\w+)\}"` \| `"(\S+)"` \|', PAGE, re.M)
    )
}


@pytest.fixture(params=["sepolia", *sorted(LAYERS)[-1:]])
def followed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, Path, Chain]]:
    """Network, what was printed, the folder and the chain, when the page was gone through to its end."""
    network = request.param
    chain_id = int(LAYERS[network][0]) if network in LAYERS else 11155111
    # A second a block, and on the layer 2 as many as such a chain has; fees; nobody's keys in the node.
    block_time = 1 if network == "sepolia" else 0.25
    options = ["--base-fee", "1000000007"]
    with Chain.anvil(chain_id=chain_id, accounts=0, block_time=block_time, extra=options) as chain:
        if network in LAYERS:
            chain.rpc("anvil_setCode", ORACLE, ORACLE_CODE)
        binaries = Path(sys.executable).parent
        environment = {
            "HOME": str(tmp_path),
            "PATH": f"{binaries}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            "NODE": chain.url,
            "PROOFDESK_PASSWORD": "correct horse",
            "PROOFDESK_KEYS_PASSWORD": "battery staple",
            "LANG": "C.UTF-8",
        }
        folder = tmp_path / "empty"
        folder.mkdir()
        done = subprocess.run(
            ["bash", "-c", script(chain.url, network)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stdout
        yield network, done.stdout, folder, chain


def test_the_page_leads_to_the_first_ticket(followed: tuple[str, str, Path, Chain]) -> None:
    network, printed, folder, chain = followed
    (manifest,) = (folder / "deployments" / str(chain.chain_id)).glob("*.json")
    deployment: Deployment = load(manifest)
    # Cost before, links after, all of it checked, the deployer nobody.
    assert printed.index("21 transactions to send") < printed.index("contract DeskAccess")
    explorer = LAYERS[network][1] if network in LAYERS else "https://sepolia.etherscan.io"
    for contract in deployment.contracts.values():
        assert f"{explorer}/address/{contract.address}" in printed
    assert printed.count("all is as it should be") == 3
    assert "sealed, read by no role" in printed
    assert "sealed, read by supervisors v1 (all), auditors v1 (all)" in printed
    assert str(deployment.contract("DeskAccess").arguments[0]) not in str(deployment.roles)
    assert (folder / "sources" / str(chain.chain_id) / "trial" / "TicketDesk.sourcify.json").exists()
    assert list((folder / "records").rglob("*.*"))
    # What is secret stays so.
    assert "correct horse" not in printed
    assert "battery staple" not in printed
    for file in (folder / "records").rglob("*.json"):
        assert b"has not moved" not in file.read_bytes()
    assert chain.url not in printed


def test_the_page_names_what_it_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = re.search(r"about ([\d.]+) million gas", PAGE)
    assert said is not None
    with Chain.anvil(chain_id=11155111) as chain:
        names = ("OWNER", "SUPERVISOR", "CERTIFIER", "GUARDIAN", "TREASURER", "SHOP")
        for number, who in enumerate(names, 1):
            monkeypatch.setenv(f"PROOFDESK_{who}", f"0x{number:040x}")
        config = load_config(ROOT / "config" / "sepolia.toml")
        found = estimate(chain.url, chain.rpc("eth_accounts")[0], config, path=tmp_path)
    assert found.gas == pytest.approx(float(said[1]) * 1e6, rel=0.02)


def test_the_pages_config_is_the_one_in_the_repository() -> None:
    shown = re.search(r"^cat > config/sepolia\.toml <<'END'\n(.*?)^END$", PAGE, re.M | re.S)
    assert shown is not None
    file = (ROOT / "config" / "sepolia.toml").read_text(encoding="utf-8")
    assert shown[1] == "".join(file.splitlines(keepends=True)[2:])


@pytest.mark.parametrize("network", sorted(LAYERS))
def test_the_pages_table_is_the_repositorys_configs(network: str) -> None:
    chain_id, explorer = LAYERS[network]
    file = (ROOT / "config" / f"{network}.toml").read_text(encoding="utf-8")
    assert f"chain_id = {chain_id}\n" in file
    assert f'explorer = "{explorer}"' in file


def test_brownies_lines_name_scripts() -> None:
    for script in re.findall(r"`brownie run (\w+)", PAGE):
        assert (ROOT / "scripts" / f"{script}.py").exists()
