"""Ctrl-C while a transaction is on its way: run again, it is on chain once and all is done."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from web3 import Web3

from proofdesk import Desk, MemoryStore
from proofdesk._deployments import load
from proofdesk.ops.certify import read_exams, record_exams
from proofdesk.ops.check import check_deployment
from proofdesk.ops.config import load as load_config
from proofdesk.ops.deploy import deploy
from proofdesk.ops.handover import handover
from tests.ops.conftest import CONFIG, Deployed, Place
from tests.ops.test_certify import CERTIFIER, HEADER, ROW
from tests.ops.test_deploy import STEPS, Asked, until
from tools.chain import ROOT, Chain

BEGIN = """
import sys
from proofdesk import Desk, MemoryStore, Sender
from proofdesk._deployments import load
from proofdesk._rpc import Node
from proofdesk.ops.certify import read_exams, record_exams
from proofdesk.ops.config import load as load_config
from proofdesk.ops.deploy import deploy
from proofdesk.ops.handover import handover

url, folder, config, exams = sys.argv[1:]
config, accounts = load_config(config), Node(url).request("eth_accounts")
manifest = f"{folder}/31337/development.json"
"""
DEPLOY = "deploy(Sender(url, accounts[0]), config, path=folder)"
HANDOVER = "handover(Sender(url, accounts[0]), load(manifest), config, path=folder)"
CERTIFY = """
desk = Desk.connect(url, account=accounts[2], deployment=manifest, store=MemoryStore())
record_exams(desk, read_exams(exams, desk.deployment))
"""


@pytest.fixture
def exams(tmp_path: Path) -> Path:
    path = tmp_path / "exams.csv"
    path.write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    return path


@pytest.fixture
def unmined(place: Place) -> Iterator[Place]:
    """A chain that mines nothing."""
    place.rpc("evm_setAutomine", False)
    yield place
    place.rpc("evm_setAutomine", True)


def count(place: Place, account: int, tag: str) -> int:
    return int(place.rpc("eth_getTransactionCount", place.w3.eth.accounts[account], tag), 16)


def interrupted(
    chain: Chain, place: Place, account: int, statements: str, exams: Path, *, mine: bool = True
) -> None:
    """A process that gets SIGINT when its first transaction is on its way."""
    before = count(place, account, "latest")
    arguments = [chain.url, str(place.folder), str(CONFIG), str(exams)]
    with subprocess.Popen(
        [sys.executable, "-c", BEGIN + statements, *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        until(lambda: count(place, account, "pending") > before)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert errors.rstrip().endswith("KeyboardInterrupt")
    if mine:
        # What was on its way comes to the chain now that nobody waits for it.
        place.rpc("evm_setAutomine", True)
        place.rpc("evm_mine")


def sent(place: Place, account: int, run: Callable[[], object]) -> int:
    before = count(place, account, "latest")
    run()
    return count(place, account, "latest") - before


@pytest.mark.parametrize("deterministic", [False, True])
def test_deploy(ops_chain: Chain, unmined: Place, exams: Path, deterministic: bool) -> None:
    statements = f"from dataclasses import replace\nconfig = replace(config, deterministic={deterministic})\n"
    interrupted(ops_chain, unmined, 0, statements + DEPLOY, exams)
    assert not list(unmined.folder.rglob("*.json"))
    # DeskAccess is there and is not made again.
    config = replace(load_config(CONFIG), deterministic=deterministic)
    assert sent(unmined, 0, lambda: deploy(unmined.sender(0), config, path=unmined.folder)) == STEPS - 1
    found = load(unmined.folder / "31337" / "development.json")
    assert check_deployment(unmined.w3, found, config).ok


def test_handover(ops_chain: Chain, desk: Deployed, unmined: Place, exams: Path) -> None:
    interrupted(ops_chain, unmined, 0, HANDOVER, exams)
    found = handover(desk.sender(0), desk.deployment, desk.config, path=desk.folder)
    assert found.roles["admin"] == (desk.config.owner,)
    assert load(desk.folder / "31337" / "development.json") == found
    assert sent(desk, 0, lambda: handover(desk.sender(0), found, desk.config, path=desk.folder)) == 0


def test_certify(ops_chain: Chain, desk: Deployed, unmined: Place, exams: Path) -> None:
    interrupted(ops_chain, unmined, CERTIFIER, CERTIFY, exams, mine=False)
    account, before = desk.w3.eth.accounts[CERTIFIER], count(desk, CERTIFIER, "latest")
    asked = Asked(ops_chain.url)
    certifier = Desk.connect(
        Web3(asked), account=account, deployment=desk.deployment, store=MemoryStore(), timeout=10
    )
    # The exam is still on its way when the file is read again, and comes to the chain a while later.
    asked.then = [("evm_mine",), ("evm_setAutomine", True)]
    (recorded,) = record_exams(certifier, read_exams(exams, desk.deployment))
    assert recorded.was_there
    assert count(desk, CERTIFIER, "latest") - before == 1
