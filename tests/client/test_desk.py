"""Connecting: how a desk is found, what is checked, and what a user hears when something does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from eth_account import Account
from web3 import HTTPProvider

from proofdesk import (
    ConfigurationError,
    ConnectionLost,
    ContentMissing,
    DeploymentMismatch,
    DeploymentNotFound,
    Desk,
    FolderStore,
    IllegalMove,
    InsufficientFunds,
    InvalidArgument,
    InvalidRecord,
    MemoryStore,
    RecordTooLarge,
    StaleTicket,
    Status,
    TransactionInDoubt,
)
from tests.client.office import Office, account
from tests.client.wire import Wire
from tools.chain import Chain

T = TypeVar("T")


@pytest.fixture
def manifest(office: Office, tmp_path: Path) -> Path:
    return office.deployment.save(tmp_path / "deployments")


# ------------------------------------------------------------------------------------------------ finding it


def test_by_the_chain_in_the_working_folder(
    office: Office, manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    desk = Desk.connect(office.chain.url, account=account(10))
    assert desk.deployment == office.deployment
    ticket = desk.tickets.open(lane="cards", content="Where is my card?")
    kept = tmp_path / "records" / "31337" / office.deployment.desk
    assert Desk.connect(office.chain.url, store=kept).tickets.history(ticket)[0].record
    assert desk.tickets.verify(ticket).records == 1


def test_reading_leaves_nothing_in_the_working_folder(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = office.opened()
    monkeypatch.chdir(tmp_path)
    desk = Desk.connect(office.chain.url, deployment=office.deployment)
    assert desk.tickets.get(ticket.id) == ticket
    assert desk.tickets.verify(ticket, contents=False).records == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("way", ["path", "text", "name", "folder", "object"])
def test_by_what_is_passed(
    office: Office, manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.chdir(tmp_path)
    deployment = {
        "path": manifest,
        "text": str(manifest),
        "name": office.deployment.desk,
        "folder": tmp_path / "deployments",
        "object": office.deployment,
    }[way]
    assert Desk.connect(office.w3, deployment=deployment).deployment == office.deployment
    assert Desk.connect(HTTPProvider(office.chain.url), deployment=deployment).w3.is_connected()


def test_no_manifest(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DeploymentNotFound, match="chain 31337"):
        Desk.connect(office.chain.url)


# ------------------------------------------------------------------------------------------- what is checked


def test_another_chain(office: Office, manifest: Path) -> None:
    with Chain.anvil(chain_id=4711) as chain:
        for deployment in (manifest, office.deployment):
            with pytest.raises(DeploymentMismatch) as caught:
                Desk.connect(chain.url, deployment=deployment)
            assert (caught.value.expected, caught.value.found) == (31337, 4711)


def test_a_chain_of_the_same_id(office: Office) -> None:
    with Chain.anvil(extra=["--timestamp", "1700000000"]) as chain:
        with pytest.raises(DeploymentMismatch, match="the genesis block") as caught:
            Desk.connect(chain.url, deployment=office.deployment)
        assert caught.value.expected == office.deployment.genesis_hash


def test_changed_code(office: Office) -> None:
    address = office.deployment.contract("AgentCertification").address
    office.chain.rpc("anvil_setCode", address, "0x6001")
    with pytest.raises(DeploymentMismatch, match=f"code hash of AgentCertification at {address}") as caught:
        Desk.connect(office.w3, deployment=office.deployment)
    assert caught.value.expected == office.deployment.contract("AgentCertification").code_hash
    office.chain.rpc("anvil_setCode", address, "0x")
    with pytest.raises(DeploymentMismatch, match="none at all"):
        office.desk.check()


def test_a_desk_of_a_later_package(office: Office) -> None:
    known = office.deployment.contract("TicketDesk")
    changed = {**office.deployment.contracts, "TicketDesk": replace(known, bytecode_hash="0x" + 32 * "11")}
    later = replace(office.deployment, version="100.0", contracts=changed)
    with pytest.raises(ConfigurationError, match=r'by proofdesk 100\.0, .*pip install "proofdesk>=100\.0"'):
        Desk.connect(office.w3, deployment=later)


def test_an_address_without_the_contract(office: Office) -> None:
    contracts = dict(office.deployment.contracts)
    contracts["TicketDesk"] = replace(contracts["TicketDesk"], address="0x" + 20 * "11")
    desk = Desk(office.w3, replace(office.deployment, contracts=contracts))
    with pytest.raises(DeploymentMismatch, match="TicketDesk"):
        desk.lanes.get(1)


@pytest.mark.parametrize("node", ["ftp://127.0.0.1:1", "localhost:8545", "", "/tmp/geth.ipc"])
def test_what_is_no_address(node: str) -> None:
    with pytest.raises(ConfigurationError, match="pass a provider"):
        Desk.connect(node)


def test_a_node_that_is_not_there() -> None:
    with Chain.anvil() as chain:
        url = chain.url
    with pytest.raises(ConnectionLost, match="eth_chainId") as caught:
        Desk.connect(url)
    assert url not in str(caught.value), "an address may hold a key"


# ------------------------------------------------------------------------------------------------- bad input


def test_without_an_account_nothing_is_written(office: Office) -> None:
    desk = Desk(office.w3, office.deployment, store=MemoryStore())
    with pytest.raises(ConfigurationError, match="account="):
        desk.tickets.open(lane="cards", content="Hello?")


def test_an_unknown_lane_lists_the_known_ones(office: Office) -> None:
    with pytest.raises(
        ConfigurationError, match="'claims'; it has cards, cards-fraud, orders, orders-vip, refunds"
    ):
        office.customer.tickets.open(lane="claims", content="Hello?")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"body": 5}, InvalidRecord),
        ({"subject": "No body"}, InvalidRecord),
        ({"colour": "blue", "body": "Hello?"}, InvalidRecord),
        ("", InvalidRecord),
        ("x" * 70_000, InvalidRecord),
        ({"body": "x" * 65_000, "subject": "y" * 1000}, RecordTooLarge),
    ],
)
def test_a_record_that_cannot_be_made(office: Office, content: object, error: type[Exception]) -> None:
    height = office.desk.node.height()
    with pytest.raises(error):
        office.customer.tickets.open(lane="cards", content=content)  # type: ignore[arg-type]  # on purpose
    assert office.desk.node.height() == height


def test_an_unfunded_customer_leaves_no_record(office: Office) -> None:
    store = MemoryStore()
    desk = Desk.connect(office.w3, account=Account.create(), deployment=office.deployment, store=store)
    with pytest.raises(InsufficientFunds):
        desk.tickets.open(lane="cards", content="Hello?")
    assert not list(store)


def test_a_refused_act_leaves_no_record(office: Office) -> None:
    ticket = office.taken()
    office.customer.tickets.reply(ticket, "One more thing.")
    kept = len(list(office.desk.archive.store))
    with pytest.raises(StaleTicket) as caught:
        office.agent.tickets.reply(ticket, "Which card?")
    assert (caught.value.seen, caught.value.acts) == (2, 3)
    assert len(list(office.desk.archive.store)) == kept


def test_a_store_of_another_desk(office: Office, tmp_path: Path) -> None:
    FolderStore(tmp_path / "store", chain_id=1, desk="0x" + 20 * "11")
    with pytest.raises(ConfigurationError, match=r"name another$"):
        Desk.connect(office.w3, deployment=office.deployment, store=tmp_path / "store")


def test_keys_and_texts_are_in_no_error(office: Office) -> None:
    secret = Account.create()
    desk = office.desk.using(secret)
    with pytest.raises(InsufficientFunds) as caught:
        desk.tickets.open(lane="cards", content="my secret text")
    shown = repr(caught.value) + json.dumps(str(caught.value.__dict__))
    assert "secret text" not in shown and secret.key.hex() not in shown


# -------------------------------------------------------------------------------------------- exactly once


def insist(call: Callable[[], T]) -> T:
    """Make a call, and once more if the connection was lost."""
    try:
        return call()
    except ConnectionLost:
        return call()


@pytest.mark.parametrize("heard", [False, True])
def test_an_act_cut_at_every_request_is_made_once(office: Office, heard: bool) -> None:
    wire = Wire(office.chain.url)
    store = MemoryStore()
    reader = Desk(office.w3, office.deployment, store=store)
    cut = 0
    while True:
        desk = Desk(wire.w3, office.deployment, store=store).using(account(10), timeout=20)
        wire.cut(cut, heard=heard)
        ticket = insist(lambda: desk.tickets.open(lane="cards", content="Where is my card?"))  # noqa: B023
        insist(lambda: desk.tickets.reply(ticket, "One more thing."))  # noqa: B023
        records = [entry.record for entry in reader.tickets.history(ticket)]
        assert [record.body for record in records if record] == ["Where is my card?", "One more thing."]
        if wire.cut_at is not None:
            break
        cut += 1
    assert cut >= 5
    acts = reader.tickets.acts()
    assert len(acts) == len(list(store)) == 2 * (cut + 1), "an act for each record, a record for each act"


def test_a_process_that_died_goes_on_with_its_prepared_record(office: Office, tmp_path: Path) -> None:
    def start() -> Desk:
        return Desk.connect(office.w3, account=account(10), deployment=office.deployment, store=tmp_path)

    before = start()
    opening = before.prepare("Where is my card?", kind="open")
    ticket = before.tickets.open(lane="cards", content=opening)
    reply = before.prepare("One more thing.", kind="reply", ticket=ticket.id)
    before.tickets.reply(ticket, reply)
    after = start()
    kept = after.archive.read(opening.entry)
    assert after.tickets.open(lane="cards", content=kept) == ticket
    assert after.tickets.reply(ticket.id, after.archive.read(reply.entry)).acts[0].number == 2
    assert len(after.tickets.acts()) == 2


def test_an_act_of_an_account_of_the_node_is_found_again(office: Office) -> None:
    wire = Wire(office.chain.url)
    desk = Desk(wire.w3, office.deployment, store=MemoryStore()).using(account(10).address)

    def cut_when_sent(methods: list[str], params: list[str]) -> None:
        if methods == ["eth_sendTransaction"]:
            wire.before = None
            wire.cut(0, heard=True)

    wire.before = cut_when_sent
    with pytest.raises(TransactionInDoubt):
        desk.tickets.open(lane="cards", content="Where is my card?")
    assert desk.tickets.open(lane="cards", content="Where is my card?").acts == 1
    assert len(office.desk.tickets.acts()) == 1


def test_whoever_is_second_with_a_prepared_record_finds_the_act(office: Office) -> None:
    wire = Wire(office.chain.url)
    desk = Desk(wire.w3, office.deployment, store=office.desk.archive.store).using(account(10))
    opening = desk.prepare("Where is my card?", kind="open")

    def be_quicker(methods: list[str], params: list[str]) -> None:
        if methods == ["eth_estimateGas"]:
            office.customer.tickets.open(lane="cards", content=opening)

    wire.before = be_quicker
    assert desk.tickets.open(lane="cards", content=opening).acts == 1
    assert len(office.desk.tickets.acts()) == 1


def test_a_refused_act_leaves_a_prepared_record(office: Office) -> None:
    ticket = office.opened()
    reply = office.stranger.prepare("Let me help.", kind="reply", ticket=ticket.id)
    with pytest.raises(IllegalMove):
        office.stranger.tickets.reply(ticket, reply)
    assert reply.entry in office.desk.archive.store


def test_a_prepared_record_is_for_one_purpose(office: Office) -> None:
    opening = office.customer.prepare("Where is my card?", kind="open")
    ticket = office.opened()
    with pytest.raises(InvalidArgument, match="kind open"):
        office.customer.tickets.rate(ticket, 5, opening)


def test_the_node_vanishes_in_the_middle(office: Office) -> None:
    with Office.started("anvil") as other:
        desk = other.customer
        ticket = desk.tickets.open(lane="cards", content="Where is my card?")
        store = desk.archive.store
        other.chain.stop()
        with pytest.raises(ConnectionLost, match="make the same call again") as caught:
            desk.tickets.reply(ticket, "Hello?")
        assert not isinstance(caught.value, TransactionInDoubt)
        assert ticket.status is Status.NEW and store is not None


def test_a_missing_record_is_named(office: Office) -> None:
    ticket = office.opened()
    entry = office.desk.tickets.acts(ticket)[0].entry
    office.desk.archive.store.delete(entry)
    problem = office.desk.tickets.history(ticket)[0].problem
    assert isinstance(problem, ContentMissing) and problem.entry == entry


@pytest.mark.parametrize("account", ["bob", "0x" + 64 * "1", ""])
def test_what_is_no_address_is_refused_and_never_shown(office: Office, account: str) -> None:
    with pytest.raises(InvalidArgument, match="no address") as refused:
        office.customer.using(account)
    assert len(account) < 20 or account not in str(refused.value)
