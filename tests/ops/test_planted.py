"""A manifest that somebody else wrote does not make him ADMIN of a desk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from proofdesk._abi import artifact, encode_call, encode_constructor
from proofdesk._deployments import CLEAR, Contract, Deployment, load
from proofdesk._errors import ConfigurationError, DeploymentMismatch, ProofdeskError
from proofdesk._sender import Sender
from proofdesk._words import address_of
from proofdesk.ops._code import bytecode_hash, code_at, code_hash
from proofdesk.ops.check import check_deployment
from proofdesk.ops.config import load as load_config
from proofdesk.ops.deploy import deploy
from tests.ops.conftest import CONFIG, Deployed, Place
from tests.proof.planting import creation_that_writes
from tools.chain import Chain

MANAGER, CERTIFICATION, ANCHOR = "DeskAccess", "AgentCertification", "RecordAnchor"
VICTIM, ATTACKER = 0, 9


def made(place: Place, name: str, *arguments: str, by: int = ATTACKER) -> Contract:
    """A contract of this package as somebody makes it, and what an honest manifest says of it."""
    done = place.sender(by).send(None, encode_constructor(name, *arguments))
    address = address_of(int(place.rpc("eth_getTransactionReceipt", done.tx_hash)["contractAddress"], 16))
    code = code_at(place.sender(by).node, address)
    return Contract(address, arguments, done.tx_hash, done.block, code_hash(code), bytecode_hash(name))


def planted(place: Place, **contracts: Contract) -> Deployment:
    """A manifest of development.toml's desk that names these contracts."""
    genesis = place.rpc("eth_getBlockByNumber", "0x0", False)["hash"]
    deployment = Deployment(
        desk="development",
        chain_id=31337,
        genesis_hash=genesis,
        created="2026-01-31T12:00:00Z",
        contracts=contracts,
        version="0.1.0",
        records=CLEAR,
    )
    deployment.save(place.folder)
    return deployment


def accounts(place: Place) -> tuple[str, str]:
    return place.w3.eth.accounts[VICTIM], place.w3.eth.accounts[ATTACKER]


def refused(place: Place, message: str) -> None:
    """The victim's deployment is refused, and nothing was sent."""
    before = place.rpc("eth_getTransactionCount", accounts(place)[0], "latest")
    with pytest.raises(ConfigurationError, match=message):
        deploy(place.sender(VICTIM), load_config(CONFIG), path=place.folder)
    assert place.rpc("eth_getTransactionCount", accounts(place)[0], "latest") == before


def with_victim(place: Place) -> Contract:
    """The attacker's DeskAccess, of which he made the victim ADMIN too."""
    victim, attacker = accounts(place)
    contract = made(place, MANAGER, attacker)
    place.sender(ATTACKER).send(contract.address, encode_call(MANAGER, "grantRole", 0, victim, 0))
    return contract


def test_refuses_another_persons_manager(place: Place) -> None:
    contract = with_victim(place)
    planted(place, DeskAccess=contract)
    victim, attacker = accounts(place)
    refused(
        place, f"DeskAccess {contract.address} .* is made with {attacker}, not with {victim}: this .* move it"
    )


def test_refuses_a_manager_with_false_arguments(place: Place) -> None:
    contract = with_victim(place)
    victim, attacker = accounts(place)
    planted(place, DeskAccess=replace(contract, arguments=(victim,)))
    refused(place, f"DeskAccess .* is one whose ADMIN is or was {attacker}, {victim}")


def test_refuses_a_beginning_that_is_none(place: Place) -> None:
    """From the transaction that made the victim ADMIN on, nothing shows who was it before."""
    victim, attacker = accounts(place)
    contract = made(place, MANAGER, attacker)
    granted = place.sender(ATTACKER).send(contract.address, encode_call(MANAGER, "grantRole", 0, victim, 0))
    moved = replace(contract, arguments=(victim,), transaction=granted.tx_hash, block=granted.block)
    planted(place, DeskAccess=moved)
    refused(place, f"DeskAccess .* is not created by transaction {granted.tx_hash}")


def test_refuses_a_second_admin(place: Place) -> None:
    """The victim's own DeskAccess, of another desk, where somebody else is ADMIN beside him."""
    victim, attacker = accounts(place)
    contract = made(place, MANAGER, victim, by=VICTIM)
    place.sender(VICTIM).send(contract.address, encode_call(MANAGER, "grantRole", 0, attacker, 0))
    planted(place, DeskAccess=contract)
    refused(place, f"is one whose ADMIN is or was {victim}, {attacker}")


def test_refuses_an_anchor_that_began_with_something_in_it(place: Place) -> None:
    """Its code is this package's; what made it wrote a date into the storage before."""
    victim = accounts(place)[0]
    manager = made(place, MANAGER, victim, by=VICTIM)
    creation = creation_that_writes({7: 1}, bytes.fromhex(artifact(ANCHOR)["deployedBytecode"][2:]))
    done = place.sender(ATTACKER).send(None, creation)
    address = address_of(int(place.rpc("eth_getTransactionReceipt", done.tx_hash)["contractAddress"], 16))
    code = code_at(place.sender(VICTIM).node, address)
    anchor = Contract(address, (), done.tx_hash, done.block, code_hash(code), bytecode_hash(ANCHOR))
    planted(place, DeskAccess=manager, RecordAnchor=anchor)
    refused(place, f"RecordAnchor {address} .* is made by code of somebody's own")


def test_refuses_certificates_under_another_manager(place: Place) -> None:
    victim, attacker = accounts(place)
    manager, others = made(place, MANAGER, victim, by=VICTIM), made(place, MANAGER, attacker)
    certification = made(place, CERTIFICATION, others.address)
    planted(place, DeskAccess=manager, AgentCertification=certification)
    refused(place, f"AgentCertification .* is made with {others.address}, not with {manager.address}")
    planted(
        place,
        DeskAccess=manager,
        AgentCertification=replace(certification, arguments=(manager.address,)),
    )
    refused(place, f"AgentCertification .* whose authority is {others.address}, not {manager.address}")


def test_refuses_contracts_before_the_first(place: Place) -> None:
    certification = made(place, CERTIFICATION, made(place, MANAGER, accounts(place)[1]).address)
    planted(place, AgentCertification=certification)
    refused(place, "AgentCertification .* is there before DeskAccess, which comes first")


def test_refuses_foreign_code(place: Place) -> None:
    """A hash in a manifest that is true of the code says nothing of what the code does."""
    victim, _ = accounts(place)
    contract = made(place, MANAGER, victim, by=VICTIM)
    place.rpc("anvil_setCode", contract.address, "0x600160005260206000f3")
    code = code_hash(bytes.fromhex("600160005260206000f3"))
    planted(place, DeskAccess=replace(contract, code_hash=code))
    with pytest.raises(DeploymentMismatch, match=f"DeskAccess at .* is {code}, .* says this package's"):
        deploy(place.sender(VICTIM), load_config(CONFIG), path=place.folder)


@pytest.mark.parametrize("name", ["TicketDesk", "AgentCertification"])
def test_refuses_a_whole_manifest_that_does_not_fit_together(desk: Deployed, name: str) -> None:
    other = deploy(desk.sender(ATTACKER), replace(desk.config, desk="other"), path=desk.folder)
    contracts = {**desk.deployment.contracts, name: other.contract(name)}
    replace(desk.deployment, contracts=contracts).save(desk.folder)
    with pytest.raises(ConfigurationError, match=f"{name} .* is made with .*, not with "):
        deploy(desk.sender(VICTIM), desk.config, path=desk.folder)


def test_a_manifest_without_a_deployer_is_told_so(desk: Deployed) -> None:
    contracts = {
        **desk.deployment.contracts,
        MANAGER: replace(desk.deployment.contract(MANAGER), arguments=()),
    }
    with pytest.raises(ConfigurationError, match="DeskAccess of desk development was made without an ADMIN"):
        check_deployment(desk.w3, replace(desk.deployment, contracts=contracts), desk.config)


class Forgetful(HTTPProvider):
    """A line to a node that keeps no logs."""

    def make_request(self, method: RPCEndpoint, params: Any) -> Any:
        answer = super().make_request(method, params)
        return {**answer, "result": []} if method == "eth_getLogs" else answer


def test_a_node_without_logs_is_not_taken_for_a_plot(ops_chain: Chain, desk: Deployed) -> None:
    sender = Sender(Web3(Forgetful(ops_chain.url)), desk.w3.eth.accounts[VICTIM])
    with pytest.raises(
        ProofdeskError, match=r"no log of DeskAccess .* in block \d+, where it began: ask a node"
    ):
        deploy(sender, desk.config, path=desk.folder)


def test_goes_on_with_its_own(place: Place) -> None:
    """Whoever began a deployment finishes it from a manifest as far as it was written."""
    contract = made(place, MANAGER, accounts(place)[0], by=VICTIM)
    planted(place, DeskAccess=contract)
    found = deploy(place.sender(VICTIM), load_config(CONFIG), path=place.folder)
    assert found.contract(MANAGER).address == contract.address
    assert load(place.folder / "31337" / "development.json") == found


@pytest.mark.parametrize("who", [VICTIM, 2])
def test_a_whole_desk_is_anybodys_to_look_at_again(desk: Deployed, who: int) -> None:
    assert deploy(desk.sender(who), desk.config, path=desk.folder) == desk.deployment
