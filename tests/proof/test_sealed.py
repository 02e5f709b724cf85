"""Files of a desk whose records are sealed: what each may disclose, what was erased, who was there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from proofdesk._models import Status
from proofdesk.ops.anchoring import Anchorer
from proofdesk.privacy.erasing import Ground
from proofdesk.proof.file import ProofFile
from proofdesk.proof.proven import Proven
from proofdesk.proof.saying import Part
from proofdesk.proof.verifying import verify_file
from tests.privacy.office import SealedOffice
from tests.proof.second import verify as verify_again


@pytest.fixture(scope="module")
def office() -> Iterator[SealedOffice]:
    with SealedOffice.sealed() as office:
        yield office


def verified(file: ProofFile) -> Proven:
    """What both verifiers find in a file."""
    content = file.dump()
    assert verify_again(content, file.block.hash)["ticket"] == file.ticket
    return verify_file(content, block_hash=file.block.hash)


def told(proven: Proven, part: Part) -> str:
    return "\n".join(each.text for each in proven.statements() if each.part is part)


def test_a_life_with_a_note_a_message_and_an_erasure(office: SealedOffice) -> None:
    with office.isolated():
        ticket = office.customer.tickets.open(lane=office.lane, content="My card was charged twice.")
        office.agent.tickets.take(ticket.id)
        office.agent.tickets.note(ticket.id, "He sounds angry.")
        office.agent.tickets.reply(office.agent.tickets.get(ticket.id), "Your name and number, please?")
        office.customer.tickets.reply(office.customer.tickets.get(ticket.id), "Ann, 4711 0815.")
        office.customer.records.message(ticket.id, "Are you there?")
        Anchorer(office.agent, age=timedelta(0)).step()
        number = office.agent.tickets.history(ticket.id)[4].act.entry
        office.agent.records.erase(number, ground=Ground.NO_LONGER_NECESSARY)
        office.agent.tickets.move(ticket.id, Status.RESOLVED, "It is paid back.")

        by_agent = verified(office.agent.proofs.make(ticket.id, disclose="everything"))
        assert [act.record is not None for act in by_agent.acts] == [
            True,
            True,
            True,
            True,
            False,
            True,
            True,
        ]
        erased = told(by_agent, Part.ERASED)
        assert erased.startswith("Act 6 of ") and "says that the record of act 5 was erased" in erased
        assert office.agent.sender.address in erased and "GDPR 17(1)(a)" in erased
        assert "Are you there?" in told(by_agent, Part.PROVEN) and "angry" in told(by_agent, Part.PROVEN)

        # What goes to strangers by default is what both sides have seen.
        shared = verified(office.agent.proofs.make(ticket.id))
        assert shared.acts[2].record is None and "angry" not in told(shared, Part.PROVEN)

        # The desk's notes are sealed to the customer, and so to whom he shows his file.
        by_customer = verified(office.customer.proofs.make(ticket.id))
        assert by_customer.acts[2].record is None and "angry" not in told(by_customer, Part.PROVEN)
        assert "act" in told(by_customer, Part.HIDDEN)
        assert by_customer.ticket == by_agent.ticket and by_customer.messages == by_agent.messages

        # Who has no key proves what was done, and shows nothing of what was said.
        by_stranger = verified(office.stranger.proofs.make(ticket.id))
        assert not by_stranger.messages and all(act.record is None for act in by_stranger.acts)
        assert "acts 1–7 are not shown" in told(by_stranger, Part.HIDDEN)


def test_an_erased_ticket_is_proven_to_whom_and_with_what_it_may_be(office: SealedOffice) -> None:
    with office.isolated():
        ticket = office.customer.tickets.open(lane=office.lane, content="My card was charged twice.")
        office.agent.tickets.take(ticket.id)
        office.supervisor.records.erase(ticket.id, ground=Ground.CONSENT_WITHDRAWN)
        for who, opens in [(office.stranger, False), (office.customer, True), (office.supervisor, True)]:
            for disclose in ("none", "all", "everything"):
                proven = verified(who.proofs.make(ticket.id, disclose=disclose))
                is_shown = opens and disclose != "none"
                assert [act.record is not None for act in proven.acts] == [False, False, is_shown]
                # Who has no key does not know of the erasure: to him it is not disclosed.
                assert len(proven.erasures) == is_shown


def test_a_damaged_opening_record_keeps_no_proof_from_being_made(office: SealedOffice) -> None:
    with office.isolated():
        ticket = office.customer.tickets.open(lane=office.lane, content="My card was charged twice.")
        office.supervisor.archive.store.put(office.stranger.tickets.acts(ticket.id)[0].entry, b"no record")
        proven = verified(office.supervisor.proofs.make(ticket.id))
        assert proven.acts[0].record is None


def test_what_an_agent_did_is_proven_after_he_left(office: SealedOffice) -> None:
    with office.isolated():
        ticket = office.customer.tickets.open(lane=office.lane, content="Hello?")
        office.agent.tickets.take(ticket.id)
        office.agent.tickets.reply(office.agent.tickets.get(ticket.id), "Hello!")
        office.agent.records.leave()
        proven = verified(office.supervisor.proofs.make(ticket.id))
        (certificate,) = proven.certificates
        assert certificate.agent == office.agent.sender.address
        assert "at this block it is resigned" in told(proven, Part.PROVEN)
