"""The scripts as an operator types them: on a chain that stays, and rehearsed on one of the command's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from eth_account import Account

from proofdesk._deployments import load
from tools.chain import MNEMONIC, ROOT, Chain

SECONDS = 180
EXAMS = """agent,program,level,score,taken_at,evidence
0x14dC79964da2C08b23698B3D3cc7Ca32193d9955,cards,1,8500,2026-01-31T12:00:00Z,passed
"""
LANE = """
[[lanes]]
name = "new"
respond_within = 60
resolve_within = "1d"
confirm_within = "1d"
program = "orders"
"""


@dataclass
class Operator:
    """Somebody with a home folder, a config and manifests of his own, who types brownie commands."""

    home: Path
    network: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, expect: int = 0) -> str:
        """What a command prints; its exit code must be the expected one."""
        command = [str(Path(sys.executable).parent / "brownie"), *arguments]
        environment = os.environ | {"HOME": str(self.home), "NO_COLOR": "1"} | self.environment
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == expect, printed
        return printed

    def script(self, *arguments: str, expect: int = 0) -> str:
        """What `brownie run` prints on this operator's network."""
        return self.run("run", *arguments, "--network", self.network, expect=expect)


@pytest.fixture
def chain() -> Iterator[Chain]:
    with Chain.anvil() as chain:
        yield chain


def keystore(home: Path, name: str, index: int, password: str) -> str:
    """A keystore of one of the test mnemonic's accounts, where Brownie looks for it; returns its address."""
    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    folder = home / ".brownie" / "accounts"
    folder.mkdir(parents=True, exist_ok=True)
    # Few iterations: the test is not of scrypt.
    encrypted = Account.encrypt(account.key, password, kdf="pbkdf2", iterations=1000)
    (folder / f"{name}.json").write_text(json.dumps(encrypted), encoding="utf-8")
    return str(account.address)


def test_an_operators_way_on_a_chain_that_stays(chain: Chain, tmp_path: Path) -> None:
    """Deploy, add a lane, certify, hand over; the deployer's key is in a keystore."""
    text = (ROOT / "config" / "development.toml").read_text(encoding="utf-8")
    for key in ('syllabus = "', 'policies = ["'):
        text = text.replace(key, f"{key}{ROOT}/config/")
    config, manifest = tmp_path / "mine.toml", tmp_path / "deployments" / "31337" / "development.json"
    config.write_text(text, encoding="utf-8")
    operator = Operator(
        tmp_path,
        "mine",
        {
            "PROOFDESK_CONFIG": str(config),
            "PROOFDESK_DEPLOYMENT": str(tmp_path / "deployments"),
            "PROOFDESK_ACCOUNT": "deployer",
            "PROOFDESK_PASSWORD": "a password",
        },
    )
    # An account whose key the node does not have.
    deployer = keystore(tmp_path, "deployer", 30, "a password")
    chain.rpc("anvil_setBalance", deployer, hex(10**18))
    operator.run("networks", "add", "Local", "mine", f"host={chain.url}", f"chainid={chain.chain_id}")

    printed = operator.script("deploy")
    deployment = load(manifest)
    assert "[ 25/25] grants" in printed
    assert "rehears" not in printed
    assert "next: brownie run check_deployment --network mine, then" in printed
    assert "a password" not in printed
    assert deployment.contract("DeskAccess").arguments == (deployer,)

    # Those whom the config names act now: their keys the node has.
    handing_over = dict(operator.environment)
    del operator.environment["PROOFDESK_ACCOUNT"]
    config.write_text(text + LANE, encoding="utf-8")
    assert "✗ lane 6 (new)" in operator.script("check_deployment", expect=1)
    assert "lane new" in operator.script("lanes")
    assert load(manifest).lanes["new"] == 6
    exams = tmp_path / "exams.csv"
    exams.write_text(EXAMS, encoding="utf-8")
    operator.environment["PROOFDESK_RECORDS"] = str(tmp_path / "records")
    assert "certificate 1" in operator.script("certify", "main", str(exams))

    assert "handover     done" in Operator(tmp_path, "mine", handing_over).script("handover")
    assert deployer not in str(load(manifest).roles)


@pytest.mark.parametrize(
    ("network", "script", "last"),
    [
        ("development", "deploy", "each rehearsed on a chain of its own: brownie run check_deployment, then"),
        ("ganache", "handover", "refused"),
        ("development", "audit", "no difference"),
        ("development", "anchor", "anchored: 0; waiting: 0"),
    ],
)
def test_rehearses_on_a_chain_of_its_own(tmp_path: Path, network: str, script: str, last: str) -> None:
    printed = Operator(tmp_path, network, {"PROOFDESK_DEPLOYMENT": str(tmp_path)}).script(script)
    assert f"A rehearsal: the chain of network {network} began with this command" in printed
    assert last in printed
