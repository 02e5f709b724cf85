"""Where the factory is, a desk's addresses follow from deployer, name and version, and survive everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3

from proofdesk._abi import encode_call, encode_constructor
from proofdesk._deployments import VERSION, Deployment, load
from proofdesk._errors import ConfigurationError, ProofdeskError
from proofdesk._rpc import Node
from proofdesk._sender import Sender
from proofdesk.ops._addresses import FACTORY, created_by, created_by_factory, creation_of, has_factory, salt
from proofdesk.ops._begun import is_deterministic
from proofdesk.ops.check import check_deployment
from proofdesk.ops.config import Config
from proofdesk.ops.config import load as load_config
from proofdesk.ops.deploy import Step, deploy
from proofdesk.ops.handover import handover
from tests.ops.conftest import CONFIG, Place
from tests.ops.test_deploy import Crash, CrashingSender, essence, nonce
from tools.chain import Chain

# Code that forwards its data to the factory.
FORWARDER = f"0x36600060003760006000366000600073{FACTORY[2:].lower()}5af100"


@pytest.fixture
def config() -> Config:
    return replace(load_config(CONFIG), deterministic=True)


@pytest.fixture
def found(place: Place, config: Config) -> Deployment:
    return deploy(place.sender(0), config, path=place.folder)


def predicted(place: Place, name: str = "development") -> str:
    admin = place.w3.eth.accounts[0]
    return created_by_factory(salt(name) + encode_constructor("DeskAccess", admin))


def test_accounts_create_by_nonce() -> None:
    account = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"
    created = "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d 343c43a37d37dff08ae8c4a11544c718abb4fcf8"
    for number, address in enumerate(created.split()):
        assert created_by(account, number).lower() == f"0x{address}"
    for number in (0x7F, 0x80, 0xFF, 0x100, 2**64 - 2):
        assert Web3.is_checksum_address(created_by(account, number))


def test_manifest_says_what_the_factory_created(place: Place, config: Config, found: Deployment) -> None:
    assert found.contract("DeskAccess").address == predicted(place)
    assert found.version == VERSION
    for contract in found.contracts.values():
        receipt = place.rpc("eth_getTransactionReceipt", contract.transaction)
        assert receipt["to"] == FACTORY.lower()
        assert int(receipt["blockNumber"], 16) == contract.block
        sent = place.rpc("eth_getTransactionByHash", contract.transaction)
        assert created_by_factory(bytes.fromhex(sent["input"][2:])) == contract.address
    assert check_deployment(place.w3, found, config).ok


def test_same_addresses_on_another_chain(
    place: Place, config: Config, found: Deployment, tmp_path: Path
) -> None:
    with Chain.anvil(chain_id=84532) as other:
        # A chain of another age, whose deployer has done other things before.
        sender = Sender(other.url, place.w3.eth.accounts[0])
        sender.send(sender.address, b"")
        there = deploy(sender, replace(config, chain_id=84532), path=tmp_path)
    assert {name: contract.address for name, contract in there.contracts.items()} == {
        name: contract.address for name, contract in found.contracts.items()
    }


def test_another_name_or_deployer_has_other_addresses(
    place: Place, config: Config, found: Deployment
) -> None:
    for sender, name in ((place.sender(0), "another"), (place.sender(9), "development")):
        other = deploy(sender, replace(config, desk=name), path=place.folder / name / sender.address)
        mine = {contract.address for contract in found.contracts.values()}
        assert not mine & {contract.address for contract in other.contracts.values()}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_goes_on_after_a_crash_at_each_transaction(place: Place, config: Config, moment: str) -> None:
    snapshot, first = place.rpc("evm_snapshot"), nonce(place)
    whole = deploy(place.sender(0), config, path=place.folder / "uninterrupted")
    transactions = nonce(place) - first
    place.rpc("evm_revert", snapshot)
    crashes = 0
    for _ in range(2 * transactions):
        sender = CrashingSender(place.w3, place.w3.eth.accounts[0])
        setattr(sender, moment, 1 if moment == "after" else 2)
        try:
            found = deploy(sender, config, path=place.folder)
        except Crash:
            crashes += 1
            continue
        break
    assert crashes == (transactions if moment == "after" else transactions - 1)
    assert essence(found) == essence(whole)
    assert nonce(place) - first == transactions
    assert check_deployment(place.w3, found, config).ok


def test_a_lost_manifest_is_written_anew(place: Place, config: Config, found: Deployment) -> None:
    before = nonce(place)
    assert deploy(place.sender(0), config, path=place.folder / "elsewhere") == found
    assert nonce(place) == before


def test_a_manifest_lost_after_the_handover_too(place: Place, config: Config, found: Deployment) -> None:
    handed_over = handover(place.sender(0), found, config, path=place.folder)
    assert deploy(place.sender(0), config, path=place.folder / "elsewhere") == handed_over


@pytest.mark.parametrize("by_way_of_another_contract", [False, True])
def test_what_another_created_first_is_taken_up(
    place: Place, config: Config, by_way_of_another_contract: bool
) -> None:
    """It is the same contract with the same ADMIN: another has only paid for it."""
    to, admin = FACTORY, place.w3.eth.accounts[0]
    if by_way_of_another_contract:
        to = "0x" + 40 * "f"
        place.rpc("anvil_setCode", to, FORWARDER)
    data = salt("development") + encode_constructor("DeskAccess", admin)
    sent = place.sender(7).send(to, data, gas=8_000_000)
    place.rpc("anvil_mine", hex(40))
    found = deploy(place.sender(0), config, path=place.folder)
    assert found.contract("DeskAccess").transaction == sent.tx_hash
    assert found.contract("DeskAccess").block == sent.block
    report = check_deployment(place.w3, found, config)
    assert report.ok, str(report)


def anchor(place: Place) -> bytes:
    """What makes the desk's anchor, whose constructor logs nothing."""
    return salt("development", predicted(place)) + encode_constructor("RecordAnchor")


def test_a_contract_that_logs_nothing_is_taken_up_by_its_block(place: Place, config: Config) -> None:
    place.rpc("anvil_mine", hex(40))
    sent = place.sender(7).send(FACTORY, anchor(place))
    place.rpc("anvil_mine", hex(40))
    found = deploy(place.sender(0), config, path=place.folder)
    assert found.contract("RecordAnchor").transaction == sent.tx_hash
    assert found.contract("RecordAnchor").block == sent.block
    assert check_deployment(place.w3, found, config).ok


def test_one_that_came_by_way_of_another_contract_is_made_anew_by_nonce(place: Place, config: Config) -> None:
    """Nothing on chain says which transaction it was, and from where its events are to be read."""
    forwarder = "0x" + 40 * "f"
    place.rpc("anvil_setCode", forwarder, FORWARDER)
    place.sender(7).send(forwarder, anchor(place), gas=8_000_000)
    with pytest.raises(ProofdeskError, match=r"nothing of its creation .*desk\.deterministic = false"):
        deploy(place.sender(0), config, path=place.folder)
    by_nonce = replace(config, deterministic=False)
    found = deploy(place.sender(0), by_nonce, path=place.folder)
    assert found.contract("DeskAccess").address == predicted(place)
    assert check_deployment(place.w3, found, by_nonce).ok


def test_desks_of_one_name_have_anchors_of_their_own(place: Place, config: Config, found: Deployment) -> None:
    """Though nothing in an anchor says whose it is."""
    other = deploy(place.sender(9), config, path=place.folder / "other")
    assert other.contract("RecordAnchor").address != found.contract("RecordAnchor").address


def test_another_who_is_quicker_by_a_moment_does_no_harm(place: Place, config: Config) -> None:
    class Overtaken(Sender):
        def send(self, to, data, *, value=0, gas=None):  # type: ignore[no-untyped-def]  # as Sender's
            if to == FACTORY:
                place.sender(7).send(to, data)
            return super().send(to, data, value=value, gas=gas)

    found = deploy(Overtaken(place.w3, place.w3.eth.accounts[0]), config, path=place.folder)
    sender = place.rpc("eth_getTransactionByHash", found.contract("TicketDesk").transaction)["from"]
    assert sender == place.w3.eth.accounts[7].lower()
    assert check_deployment(place.w3, found, config).ok


def test_check_names_a_transaction_that_created_something_else(
    place: Place, config: Config, found: Deployment
) -> None:
    """A beginning that lies too late would hide what was done before it."""
    later = place.sender(7).send(FACTORY, salt("x") + b"\x00")
    access = replace(found.contract("DeskAccess"), transaction=later.tx_hash, block=later.block)
    forged = replace(found, contracts={**found.contracts, "DeskAccess": access})
    found_by_check = [item.what for item in check_deployment(place.w3, forged, config).failures]
    assert f"creation of DeskAccess by {later.tx_hash}" in found_by_check
    # A plain transaction that only mentions the contract is no creation either.
    call = place.sender(0).send(
        found.contract("DeskAccess").address, encode_call("DeskAccess", "labelRole", 9, "x")
    )
    access = replace(access, transaction=call.tx_hash, block=call.block)
    forged = replace(found, contracts={**found.contracts, "DeskAccess": access})
    what = [item.what for item in check_deployment(place.w3, forged, config).failures]
    assert f"creation of DeskAccess by {call.tx_hash}" in what


class Forgetful(HTTPProvider):
    """A node that keeps no states but the latest."""

    def make_request(self, method, params):  # type: ignore[no-untyped-def]  # as HTTPProvider's
        if method == "eth_getCode" and params[1] != "latest":
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "missing trie node"}}
        return super().make_request(method, params)


def test_finds_a_creation_on_a_node_without_old_states(
    ops_chain: Chain, place: Place, found: Deployment
) -> None:
    node = Node(Web3(Forgetful(ops_chain.url)))
    desk = found.contract("TicketDesk")
    assert creation_of(node, desk.address) == desk.transaction


@pytest.fixture(scope="module")
def ganache() -> Iterator[Chain]:
    with Chain.ganache() as chain:
        yield chain


def test_without_the_factory_contracts_are_created_as_usual(ganache: Chain, tmp_path: Path) -> None:
    """On Ganache what is sent to the missing factory succeeds and creates nothing."""
    config = load_config(CONFIG.parent / "ganache.toml")
    node = Node(ganache.url)
    assert not has_factory(node)
    assert not is_deterministic(node, replace(config, chain_id=10**6))
    deployer = str(node.request("eth_accounts")[0])
    with pytest.raises(
        ConfigurationError, match=r"desk\.deterministic is true, and chain 1337 has no factory"
    ):
        deploy(Sender(ganache.url, deployer), replace(config, deterministic=True), path=tmp_path)
    assert not list(tmp_path.rglob("*.json"))


def test_other_code_in_the_factorys_place_is_none(place: Place, config: Config) -> None:
    place.rpc("anvil_setCode", FACTORY, "0x00")
    with pytest.raises(ConfigurationError, match="has no factory"):
        deploy(place.sender(0), config, path=place.folder)


def test_chains_that_stay_are_deterministic_unless_the_config_says_no(place: Place, config: Config) -> None:
    node = Node(place.w3)
    silent = replace(config, deterministic=None)
    assert not is_deterministic(node, silent)
    assert is_deterministic(node, replace(silent, chain_id=11155111))
    assert not is_deterministic(node, replace(config, deterministic=False, chain_id=11155111))


def test_writes_the_manifest_after_each_contract(place: Place, config: Config) -> None:
    seen: list[int] = []

    def count(_step: Step) -> None:
        seen.append(len(load(place.folder / "31337" / "development.json").contracts))

    deploy(place.sender(0), config, path=place.folder, progress=count)
    assert seen[:11] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]
