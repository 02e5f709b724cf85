"""What made a desk's contracts, on a chain: where their addresses say it, and where they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from proofdesk import Desk
from proofdesk._abi import artifact
from proofdesk.anchors.queue import proof_of
from proofdesk.ops.anchoring import Anchorer
from proofdesk.ops.config import load
from proofdesk.proof.creation import FACTORY, create2
from proofdesk.proof.errors import ProofFailed
from proofdesk.proof.file import ProofFile, ShownCreation
from proofdesk.proof.saying import Part
from proofdesk.proof.slots import anchor_slot
from proofdesk.proof.verifying import verify_file
from tests.client.office import CONFIG_FOLDER, CONFIGS, Office, account
from tests.proof.planting import creation_that_writes
from tests.proof.second import verify as verify_again
from tests.proof.tickets import asked

IN_2020 = 1_577_836_800


@pytest.fixture(scope="module")
def by_factory() -> Iterator[Office]:
    """An office whose contracts were made as on a public chain."""
    config = load(CONFIG_FOLDER / f"{CONFIGS['anvil']}.toml")
    with Office.started("anvil", replace(config, deterministic=True)) as office:
        yield office


def with_message(office: Office) -> tuple[str, str]:
    """A ticket, and the root under which a message of it was anchored."""
    ticket = asked(office)
    message = office.desk.records.message(ticket, "You promised me a refund of 500.")
    Anchorer(office.desk, age=timedelta(0)).step()
    found = proof_of(office.desk.archive.store, message.entry)
    assert found is not None
    return ticket.id, found.root


def test_a_desk_that_the_factory_made_is_proven_to_have_begun_empty(by_factory: Office) -> None:
    ticket, _ = with_message(by_factory)
    file = by_factory.desk.proofs.make(ticket)
    proven = verify_file(file.dump(), block_hash=file.block.hash)
    assert proven.began == ("AgentCertification", "RecordAnchor", "TicketDesk")
    assert not any(
        "empty when it was made" in each.text for each in proven.statements() if each.part is Part.LIMIT
    )
    assert verify_again(file.dump())["began"] == list(proven.began)
    assert ProofFile.load(file.dump()) == file


def test_a_desk_that_an_account_made_is_not(anvil: Office) -> None:
    ticket, _ = with_message(anvil)
    proven = verify_file(anvil.desk.proofs.make(ticket))
    assert proven.began == ()
    (limit,) = [each.text for each in proven.statements() if "empty when it was made" in each.text]
    assert proven.anchor is not None
    for address in (proven.desk, proven.certification, proven.anchor):
        assert address in limit


def test_an_anchor_that_began_with_a_date_is_not_taken_for_an_empty_one(by_factory: Office) -> None:
    """Anybody can make one, of this package's code, in which a root was dated to 2020 beforehand."""
    ticket, root = with_message(by_factory)
    code = bytes.fromhex(artifact("RecordAnchor")["deployedBytecode"][2:])
    planted = creation_that_writes({anchor_slot(root): IN_2020}, code)
    by_factory.stranger.sender.send(FACTORY, bytes(32) + planted)
    known, address = by_factory.deployment, create2(FACTORY, bytes(32), planted)
    anchor = replace(known.contract("RecordAnchor"), address=address)
    liar = Desk.connect(
        by_factory.w3,
        account=account(15),
        deployment=replace(known, contracts={**known.contracts, "RecordAnchor": anchor}),
        store=by_factory.desk.archive.store,
    )
    file = liar.proofs.make(ticket)
    proven = verify_file(file.dump(), block_hash=file.block.hash)
    assert proven.began == ("AgentCertification", "TicketDesk")
    (limit,) = [each.text for each in proven.statements() if each.text.startswith("That each of these")]
    assert f"RecordAnchor at {address}" in limit and proven.desk not in limit
    # Nor can he say that it was made otherwise.
    shown = replace(file.contracts["RecordAnchor"], created=ShownCreation(FACTORY.lower(), bytes(32), ()))
    with pytest.raises(ProofFailed, match="RecordAnchor: this package's code, made as the file says, stands"):
        verify_file(replace(file, contracts={**file.contracts, "RecordAnchor": shown}).dump())
