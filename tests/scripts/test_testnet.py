"""A testnet by name: interrupted, gone on with, and the same desk as the command deploys."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proofdesk._deployments import Deployment, load
from tests.ops.test_deploy import essence
from tests.scripts.test_scripts import SECONDS, Operator, keystore
from tools.chain import ROOT, Chain

SEPOLIA = 11155111
NAMES = ("OWNER", "SUPERVISOR", "CERTIFIER", "GUARDIAN", "TREASURER", "SHOP")
HOLDERS = {f"PROOFDESK_{who}": f"0x{number:040x}" for number, who in enumerate(NAMES, 0xABCDE)}


@pytest.fixture
def chain() -> Iterator[Chain]:
    """An anvil that plays Sepolia: blocks by time, fees, nobody's keys."""
    with started() as chain:
        yield chain


def started() -> Chain:
    # Of one age, so that two of them have one genesis block.
    options = ["--base-fee", "1000000007", "--timestamp", "1800000000"]
    return Chain.anvil(chain_id=SEPOLIA, block_time=0.3, accounts=1, extra=options)


def operator(chain: Chain, home: Path) -> Operator:
    """Somebody with a keystore and 1 ETH, who set what config/sepolia.toml names."""
    deployer = keystore(home, "deployer", 40, "a password")
    chain.rpc("anvil_setBalance", deployer, hex(10**18))
    environment = {
        "SEPOLIA_RPC": chain.url,
        "PROOFDESK_DEPLOYMENT": str(home / "deployments"),
        "PROOFDESK_ACCOUNT": "deployer",
        "PROOFDESK_PASSWORD": "a password",
        "PYTHONUNBUFFERED": "1",
    }
    return Operator(home, "sepolia", environment | HOLDERS)


def deployed_by_command(chain: Chain, home: Path) -> Deployment:
    """What `proofdesk deploy` makes of the same key and the same config on another chain."""
    who = operator(chain, home)
    command = [str(Path(sys.executable).parent / "proofdesk"), "deploy", "--network", "sepolia", "--yes"]
    command += ["--keystore", str(home / ".brownie" / "accounts" / "deployer.json")]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | who.environment, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return load(home / "deployments" / str(SEPOLIA) / "trial.json")


def test_deploys_to_a_network_of_the_configs(chain: Chain, tmp_path: Path) -> None:
    who = operator(chain, tmp_path)
    # What it will cost, before anything is sent.
    printed = who.script("deploy", "cost")
    assert "desk trial on chain 11155111: 21 transactions to send" in printed
    assert "has 1.000000 ETH: enough" in printed
    assert not (tmp_path / "deployments").exists()

    # Ctrl-C behind the first contract.
    command = [str(Path(sys.executable).parent / "brownie"), "run", "deploy", "--network", "sepolia"]
    environment = os.environ | {"HOME": str(tmp_path), "NO_COLOR": "1"} | who.environment
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("[  1/"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stdout.read()
    assert process.returncode == 130, rest
    assert "interrupted: what was done stands" in rest
    assert "Traceback" not in rest

    printed = who.script("deploy")
    manifest = tmp_path / "deployments" / str(SEPOLIA) / "trial.json"
    deployment = load(manifest)
    assert re.search(r"\[  1/20\] contract DeskAccess +was there", printed)
    desk = deployment.contract("TicketDesk")
    assert f"https://sepolia.etherscan.io/address/{desk.address}" in printed
    assert f"https://sepolia.etherscan.io/tx/{desk.transaction}" in printed
    assert chain.url not in printed
    # Once each, whatever was interrupted.
    sent = chain.rpc("eth_getTransactionCount", deployment.contract("DeskAccess").arguments[0], "latest")
    assert int(sent, 16) == 20

    with started() as other:
        by_command = deployed_by_command(other, tmp_path / "other")
    assert essence(by_command) == essence(deployment)
    assert by_command.commit == deployment.commit

    assert "all is as it should be" in who.script("check_deployment")
    assert "handover     done" in who.script("handover")
    assert "all is as it should be" in who.script("check_deployment")
