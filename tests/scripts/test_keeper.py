"""The keeper as an operator types it by Brownie: once, beside a look at what is next, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proofdesk import Desk, Sender
from proofdesk.ops.config import load
from proofdesk.ops.deploy import deploy
from tests.scripts.test_scripts import SECONDS, Operator
from tools.chain import ROOT, Chain

CONFIG = ROOT / "config" / "development.toml"


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path, "mine", {"PROOFDESK_AGENDA": str(tmp_path / "agenda.db")})


def test_once_status_and_main_on_a_chain_that_stays(operator: Operator, tmp_path: Path) -> None:
    with Chain.anvil() as chain:
        accounts = chain.rpc("eth_accounts")
        deployment = deploy(Sender(chain.url, accounts[0]), load(CONFIG), path=tmp_path / "deployments")
        desk = Desk.connect(
            chain.url, account=accounts[10], deployment=deployment, store=tmp_path / "records"
        )
        operator.environment |= {
            "PROOFDESK_CONFIG": str(CONFIG),
            "PROOFDESK_DEPLOYMENT": str(tmp_path / "deployments"),
        }
        operator.run("networks", "add", "Local", "mine", f"host={chain.url}", f"chainid={chain.chain_id}")
        ticket = desk.tickets.open(lane="cards", content="Where is my card?")
        printed = operator.script("keeper", "status")
        assert "expire       0 due, 1 later" in printed and f"expire {ticket.id}" in printed
        chain.rpc("evm_increaseTime", 5 * 3600)
        chain.rpc("evm_mine")
        assert "done: expire 1" in operator.script("keeper", "once")
        assert desk.tickets.get(ticket).breached
        assert "Keeping desk development" in until_interrupted(operator)


def until_interrupted(operator: Operator) -> str:
    """What `brownie run keeper` prints until Ctrl-C, pressed as soon as it keeps."""
    keeping = subprocess.Popen(
        [str(Path(sys.executable).parent / "brownie"), "run", "keeper", "--network", operator.network],
        cwd=ROOT,
        env=os.environ | {"HOME": str(operator.home), "NO_COLOR": "1"} | operator.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert keeping.stdout is not None
    printed = ""
    for line in keeping.stdout:
        printed += line
        if "Ctrl-C ends it" in line:
            keeping.send_signal(signal.SIGINT)
            break
    printed += keeping.communicate(timeout=SECONDS)[0]
    assert keeping.returncode == 130, printed
    return printed


def test_rehearses_once_on_a_chain_of_its_own(tmp_path: Path) -> None:
    printed = Operator(tmp_path, "development", {"PROOFDESK_DEPLOYMENT": str(tmp_path)}).script("keeper")
    assert "A rehearsal" in printed and "done: nothing; in vain: 0" in printed
    assert not (ROOT / "keeper").exists()
