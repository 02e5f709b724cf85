"""A deployment is what its config says, however often it is interrupted."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from proofdesk._contract_errors import AccessManagedUnauthorized
from proofdesk._deployments import Deployment, load
from proofdesk._errors import ConfigurationError, DeploymentMismatch
from proofdesk._sender import Sender
from proofdesk.ops.check import check_deployment
from proofdesk.ops.config import load as load_config
from proofdesk.ops.deploy import Step, deploy
from tests.ops.conftest import CONFIG, Deployed, Place
from tools.chain import ROOT, Chain

STEPS = 10 + 2 + 5 + 6 + 2  # contracts, programs, lanes, what claims begin with, rules and grants
SUPERVISOR = 3


class Crash(Exception):  # noqa: N818  it is no error of the program
    """Stands for the end of the process."""


class CrashingSender(Sender):
    """Ends before or after its transaction of a number, counted from 1."""

    before = after = 0
    sent = 0

    def send(self, to: Any, data: bytes, *, value: int = 0, gas: int | None = None) -> Any:
        self.sent += 1
        if self.sent == self.before:
            raise Crash
        result = super().send(to, data, value=value, gas=gas)
        if self.sent == self.after:
            raise Crash
        return result


def essence(deployment: Deployment) -> Deployment:
    """What of a manifest is the same whenever and wherever it was deployed."""
    contracts = {
        name: replace(contract, transaction="", block=0) for name, contract in deployment.contracts.items()
    }
    return replace(deployment, contracts=contracts, created="", commit="")


@pytest.fixture
def expected(place: Place) -> tuple[Deployment, int]:
    """An uninterrupted deployment, undone again, and the number of its transactions."""
    snapshot = place.rpc("evm_snapshot")
    before = nonce(place)
    deployment = deploy(place.sender(0), load_config(CONFIG), path=place.folder / "uninterrupted")
    count = nonce(place) - before
    place.rpc("evm_revert", snapshot)
    return essence(deployment), count


def nonce(place: Place) -> int:
    return place.w3.eth.get_transaction_count(place.w3.eth.accounts[0])


def test_manifest_says_what_was_deployed(desk: Deployed) -> None:
    deployment = load(desk.folder / "31337" / "development.json")
    assert deployment == desk.deployment
    assert deployment.lanes == {"cards": 1, "cards-fraud": 2, "orders": 3, "orders-vip": 4, "refunds": 5}
    assert deployment.programs == {"cards": 1, "orders": 2}
    assert deployment.roles["admin"] == (desk.w3.eth.accounts[0],)
    for contract in deployment.contracts.values():
        receipt = desk.rpc("eth_getTransactionReceipt", contract.transaction)
        assert receipt["contractAddress"] == contract.address.lower()
        assert int(receipt["blockNumber"], 16) == contract.block
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", deployment.commit)


def test_a_block_that_a_reorganisation_changed_is_written_anew(desk: Deployed) -> None:
    contract = desk.deployment.contract("DeskAccess")
    moved = {**desk.deployment.contracts, "DeskAccess": replace(contract, block=contract.block + 1)}
    replace(desk.deployment, contracts=moved, created="2026-01-31T12:00:00Z").save(desk.folder)
    before = nonce(desk)
    assert deploy(desk.sender(0), desk.config, path=desk.folder) == desk.deployment
    assert load(desk.folder / "31337" / "development.json") == desk.deployment
    assert nonce(desk) == before


def test_reports_every_step(place: Place) -> None:
    steps: list[Step] = []
    before = nonce(place)
    deploy(place.sender(0), load_config(CONFIG), path=place.folder, progress=steps.append)
    assert [step.number for step in steps] == list(range(1, STEPS + 1))
    assert {step.of for step in steps} == {STEPS}
    assert sum(len(step.transactions) for step in steps) == nonce(place) - before


def test_running_again_sends_nothing(desk: Deployed) -> None:
    before = nonce(desk)
    assert deploy(desk.sender(0), desk.config, path=desk.folder) == desk.deployment
    assert nonce(desk) == before


def test_writes_the_manifest_after_each_step(place: Place) -> None:
    path = place.folder / "31337" / "development.json"
    seen: list[int] = []

    def count(step: Step) -> None:
        manifest = load(path)
        seen.append(sum(map(len, (manifest.contracts, manifest.programs, manifest.lanes, manifest.policies))))

    deploy(place.sender(0), load_config(CONFIG), path=place.folder, progress=count)
    # What the manifest does not name changes nothing: four offices, a promise, rules and grants.
    assert seen == [*range(1, 18), *[17] * 4, 18, *[18] * 3]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_goes_on_after_a_crash_at_each_transaction(
    place: Place, expected: tuple[Deployment, int], moment: str
) -> None:
    deployment, transactions = expected
    before = nonce(place)
    crashes = 0
    for _ in range(3 * STEPS):
        sender = CrashingSender(place.w3, place.w3.eth.accounts[0])
        setattr(sender, moment, 1 if moment == "after" else 2)
        try:
            found = deploy(sender, load_config(CONFIG), path=place.folder)
        except Crash:
            crashes += 1
            continue
        break
    assert crashes == (transactions if moment == "after" else transactions - 1)
    assert essence(found) == deployment
    assert nonce(place) - before == transactions
    assert check_deployment(place.w3, found, load_config(CONFIG)).ok
    assert [path.name for path in (place.folder / "31337").iterdir()] == ["development.json"]


def test_goes_on_after_a_crash_behind_each_step(place: Place, expected: tuple[Deployment, int]) -> None:
    deployment, transactions = expected
    before = nonce(place)
    for last in range(1, STEPS + 1):

        def crash(step: Step, last: int = last) -> None:
            if step.number == last:
                raise Crash

        with pytest.raises(Crash):
            deploy(place.sender(0), load_config(CONFIG), path=place.folder, progress=crash)
    assert essence(deploy(place.sender(0), load_config(CONFIG), path=place.folder)) == deployment
    assert nonce(place) - before == transactions


DYING = """
import os, signal, sys
from web3 import HTTPProvider, Web3
from proofdesk._sender import Sender
from proofdesk.ops.config import load
from proofdesk.ops.deploy import deploy

url, folder, config, last = sys.argv[1:]

class DyingSender(Sender):
    sent = 0
    def send(self, *args, **options):
        result = super().send(*args, **options)
        self.sent += 1
        if self.sent == int(last):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

w3 = Web3(HTTPProvider(url))
deploy(DyingSender(w3, w3.eth.accounts[0]), load(config), path=folder)
"""


def dying(ops_chain: Chain, place: Place, last: int) -> subprocess.Popen[bytes]:
    """A process that deploys and is killed behind a transaction of this number."""
    command = [sys.executable, "-c", DYING, ops_chain.url, str(place.folder), str(CONFIG), str(last)]
    return subprocess.Popen(command, cwd=ROOT)


@pytest.mark.parametrize("last", [1, 3, 7])
def test_goes_on_after_its_process_was_killed(
    ops_chain: Chain, place: Place, expected: tuple[Deployment, int], last: int
) -> None:
    deployment, transactions = expected
    before = nonce(place)
    assert dying(ops_chain, place, last).wait(60) == -signal.SIGKILL
    assert nonce(place) - before == last
    assert essence(deploy(place.sender(0), load_config(CONFIG), path=place.folder)) == deployment
    assert nonce(place) - before == transactions


def test_waits_for_what_a_killed_process_had_under_way(
    ops_chain: Chain, place: Place, expected: tuple[Deployment, int]
) -> None:
    deployment, transactions = expected
    before = nonce(place)
    place.rpc("evm_setAutomine", False)
    try:
        process = dying(ops_chain, place, 1)
        until(lambda: place.w3.eth.get_transaction_count(place.w3.eth.accounts[0], "pending") > before)
        process.kill()
        process.wait()
        asked = Asked(ops_chain.url)
        resumed = Sender(Web3(asked), place.w3.eth.accounts[0])
        asked.then = [("evm_mine",), ("evm_setAutomine", True)]
        assert essence(deploy(resumed, load_config(CONFIG), path=place.folder)) == deployment
    finally:
        place.rpc("evm_setAutomine", True)
    assert nonce(place) - before == transactions


class Asked(HTTPProvider):
    """A line to the node that makes other requests once it was asked for a pending nonce five times."""

    then: Sequence[tuple[Any, ...]] = ()
    left = 5

    def make_request(self, method: RPCEndpoint, params: Any) -> Any:
        if method == "eth_getTransactionCount" and params[1] == "pending":
            self.left -= 1
            for other, *values in self.then if self.left == 0 else ():
                super().make_request(other, values)
        return super().make_request(method, params)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_refuses_another_chain(place: Place) -> None:
    config = replace(load_config(CONFIG), chain_id=5)
    with pytest.raises(ConfigurationError, match="config is for chain 5, the node is on chain 31337"):
        deploy(place.sender(0), config, path=place.folder)


def test_refuses_to_go_on_with_another_version(desk: Deployed) -> None:
    contract = replace(desk.deployment.contract("TicketDesk"), bytecode_hash="0x" + 64 * "1")
    contracts = {**desk.deployment.contracts, "TicketDesk": contract}
    replace(desk.deployment, contracts=contracts, version="0.0.7").save(desk.folder)
    message = r'begun with another version of TicketDesk: go on with .* pip install "proofdesk==0\.0\.7", or'
    with pytest.raises(ConfigurationError, match=message):
        deploy(desk.sender(0), desk.config, path=desk.folder)


def test_refuses_terms_that_are_not_on_chain(desk: Deployed) -> None:
    lane = replace(desk.config.lanes[0], level=9)
    config = replace(desk.config, lanes=(lane, *desk.config.lanes[1:]))
    with pytest.raises(DeploymentMismatch, match=r"lane 1 \(cards\)"):
        deploy(desk.sender(0), config, path=desk.folder)
    program = replace(desk.config.programs[0], pass_mark=1)
    config = replace(desk.config, programs=(program, *desk.config.programs[1:]))
    with pytest.raises(DeploymentMismatch, match=r"program 1 \(cards\)"):
        deploy(desk.sender(0), config, path=desk.folder)


def test_refuses_changed_code(desk: Deployed) -> None:
    desk.rpc("anvil_setCode", desk.address("TicketDesk"), "0x00")
    with pytest.raises(DeploymentMismatch, match="code of TicketDesk"):
        deploy(desk.sender(0), desk.config, path=desk.folder)


def test_grants_need_admin(desk: Deployed) -> None:
    desk.send(0, "DeskAccess", "revokeRole", 1, desk.w3.eth.accounts[SUPERVISOR])
    with pytest.raises(ConfigurationError, match=r"1 grants are missing and .* is not ADMIN"):
        deploy(desk.sender(9), desk.config, path=desk.folder)


def test_a_program_added_later_is_the_certifiers_to_create(desk: Deployed) -> None:
    new = replace(desk.config.programs[0], name="new")
    config = replace(desk.config, programs=(*desk.config.programs, new))
    with pytest.raises(AccessManagedUnauthorized):
        deploy(desk.sender(0), config, path=desk.folder)
    assert deploy(desk.sender(2), config, path=desk.folder).programs["new"] == 3
    assert load(desk.folder / "31337" / "development.json").programs["new"] == 3


def test_begins_anew_where_a_local_chain_is_gone(desk: Deployed) -> None:
    replace(desk.deployment, genesis_hash="0x" + 64 * "1").save(desk.folder)
    found = deploy(desk.sender(0), desk.config, path=desk.folder)
    assert found.genesis_hash == desk.deployment.genesis_hash
    assert found.contract("TicketDesk").address != desk.address("TicketDesk")


def test_one_account_deploys_one_desk_at_a_time(place: Place) -> None:
    config = load_config(CONFIG)

    def deploy_another(step: Step) -> None:
        deploy(place.sender(0), replace(config, desk="another"), path=place.folder)

    with pytest.raises(ConfigurationError, match="in use: this account is deploying elsewhere"):
        deploy(place.sender(0), config, path=place.folder, progress=deploy_another)


def test_an_interrupted_desk_comes_first(place: Place) -> None:
    config = load_config(CONFIG)
    sender = CrashingSender(place.w3, place.w3.eth.accounts[0])
    sender.after = 1
    with pytest.raises(Crash):
        deploy(sender, config, path=place.folder)
    with pytest.raises(ConfigurationError, match="deployment of desk development was interrupted: finish"):
        deploy(place.sender(0), replace(config, desk="another"), path=place.folder)
    deploy(place.sender(0), config, path=place.folder)
    deploy(place.sender(0), replace(config, desk="another"), path=place.folder)


def test_finds_its_contract_behind_other_transactions(place: Place, expected: tuple[Deployment, int]) -> None:
    """Another sender of the account took the nonce that was planned."""
    config, account = load_config(CONFIG), place.w3.eth.accounts[0]

    class Overtaken(CrashingSender):
        def send(self, to: Any, data: bytes, *, value: int = 0, gas: int | None = None) -> Any:
            place.sender(0).send(account, b"")
            return super().send(to, data, value=value, gas=gas)

    sender = Overtaken(place.w3, account)
    sender.after = 1
    before = nonce(place)
    with pytest.raises(Crash):
        deploy(sender, config, path=place.folder)
    assert deploy(place.sender(0), config, path=place.folder).contract("DeskAccess")
    assert nonce(place) - before == expected[1] + 1


def test_refuses_a_validity_past_2106_before_anything_is_sent(place: Place) -> None:
    """The contract would refuse the program, after the contracts themselves were paid for."""
    config = load_config(CONFIG)
    days = (2**32 - 1 - place.w3.eth.get_block("latest")["timestamp"]) // 86_400
    late = replace(config.programs[1], validity=(days + 1) * 86_400)
    before = nonce(place)
    message = rf"program orders: its validity of {days + 1:,} days would end .* write at most {days - 1}d"
    with pytest.raises(ConfigurationError, match=message):
        deploy(place.sender(0), replace(config, programs=(config.programs[0], late)), path=place.folder)
    assert nonce(place) == before


def test_deploys_the_longest_validity(place: Place) -> None:
    config = load_config(CONFIG)
    days = (2**32 - 1 - place.w3.eth.get_block("latest")["timestamp"]) // 86_400
    longest = replace(config.programs[1], validity=(days - 1) * 86_400)
    config = replace(config, programs=(config.programs[0], longest))
    deployment = deploy(place.sender(0), config, path=place.folder)
    # A program that is there is nobody's to refuse any more.
    place.rpc("evm_increaseTime", 3 * 86_400)
    place.rpc("evm_mine")
    assert deploy(place.sender(0), config, path=place.folder) == deployment
