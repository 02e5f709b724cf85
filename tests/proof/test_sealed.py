"""Who makes a proof file discloses what he can read and is not erased; on a desk whose records are sealed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from proofdesk import ContentErased, ContentSealed, Desk, Ticket
from proofdesk.ops.anchoring import Anchorer
from proofdesk.proof.file import ProofFile
from proofdesk.proof.verifying import verify_file
from tests.privacy.office import SealedOffice


@pytest.fixture(scope="module")
def sealed_office() -> Iterator[SealedOffice]:
    with SealedOffice.sealed() as office:
        yield office


@pytest.fixture
def office(sealed_office: SealedOffice) -> Iterator[SealedOffice]:
    """A sealed office in which nothing has happened yet."""
    with sealed_office.isolated():
        yield sealed_office


@pytest.fixture
def ticket(office: SealedOffice) -> Ticket:
    """One with a note and an anchored message."""
    ticket = office.customer.tickets.open(lane=office.lane, content="My name is Ann.")
    office.agent.tickets.take(ticket)
    office.agent.tickets.note(ticket.id, "She was rude.")
    office.agent.tickets.reply(ticket.id, "Hello Ann.")
    office.customer.records.message(ticket, "Are you there?")
    Anchorer(office.desk, age=timedelta(0)).step()
    return ticket


def words(file: ProofFile) -> set[str | None]:
    verify_file(file, block_hash=file.block.hash)
    return {opening.record.body for opening in file.openings} - {None}


def test_everybody_discloses_what_he_reads(office: SealedOffice, ticket: Ticket) -> None:
    everything = {"My name is Ann.", "She was rude.", "Hello Ann.", "Are you there?"}
    assert words(office.agent.proofs.make(ticket)) == everything
    assert words(office.customer.proofs.make(ticket)) == everything - {"She was rude."}
    (note,) = (
        entry.act.entry
        for entry in office.agent.tickets.history(ticket)
        if entry.record is not None and entry.record.kind == "note"
    )
    with pytest.raises(ContentSealed):
        office.customer.proofs.make(ticket, disclose=[note])


def test_strangers_prove_what_is_public(office: SealedOffice, ticket: Ticket) -> None:
    without = Desk(office.w3, office.deployment, store=office.desk.archive.store)
    for desk in (office.stranger, without):
        file = desk.proofs.make(ticket)
        assert words(file) == set() and not file.messages
        assert len(verify_file(file).acts) == 4


def test_what_was_erased_is_left_out_and_its_erasure_shown(office: SealedOffice, ticket: Ticket) -> None:
    reply = office.agent.tickets.history(ticket)[3].act
    office.customer.tickets.reply(ticket.id, "Thanks.")
    office.supervisor.records.erase(reply.entry, ground="GDPR Article 17(1)(a)")
    file = office.supervisor.proofs.make(ticket)
    assert words(file) == {"My name is Ann.", "She was rude.", "Thanks.", "Are you there?"}
    assert [erasure.entry for erasure in verify_file(file).erasures] == [reply.entry]
    with pytest.raises(ContentErased):
        office.supervisor.proofs.make(ticket, disclose=[reply.entry])
    office.supervisor.records.erase(ticket.id, ground="GDPR Article 17(1)(a)")
    assert words(office.supervisor.proofs.make(ticket)) == set()
