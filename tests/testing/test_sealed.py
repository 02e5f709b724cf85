"""The desk whose records are sealed: everybody has keys, and reads what is for him and nothing else."""

from __future__ import annotations

import pytest

from proofdesk import ConfigurationError, ContentSealed, Desk, MemoryStore
from proofdesk.testing._office import People


def bodies(desk: Desk, ticket: str) -> list[str | None]:
    """What somebody reads of a ticket; None where he cannot."""
    return [entry.record.body if entry.record else None for entry in desk.tickets.history(ticket)]


def test_a_ticket_is_read_by_those_whom_it_is_for(sealed_desk: Desk, sealed_desk_people: People) -> None:
    ticket = sealed_desk.tickets.open(lane="payments", content="I was charged twice.")
    agent = sealed_desk_people.agent
    agent.tickets.take(ticket)
    agent.tickets.reply(ticket.id, "Which card is it?")
    for desk in (sealed_desk, agent, sealed_desk_people.second_agent, sealed_desk_people.supervisor):
        assert bodies(desk, ticket.id)[::2] == ["I was charged twice.", "Which card is it?"]
    for desk in (sealed_desk_people.stranger, sealed_desk_people.other_customer):
        assert bodies(desk, ticket.id)[::2] == [None, None]
    found = sealed_desk.tickets.history(ticket.id)[0].act
    with pytest.raises(ContentSealed):
        sealed_desk_people.stranger.archive.read(found.entry)


def test_the_seeded_tickets_are_sealed_too(sealed_desk_people: People) -> None:
    ticket = sealed_desk_people.agent.lanes.next_in_line("orders")
    assert ticket is not None
    assert bodies(sealed_desk_people.agent, ticket.id) == ["Where is my parcel?"]
    assert bodies(sealed_desk_people.stranger, ticket.id) == [None]
    store = sealed_desk_people.agent.archive.store
    assert all(store.get(entry).startswith(b'{"format":"proofdesk-sealed/1"') for entry in store)


def test_an_auditor_reads_all_of_it_and_the_whole_access_log(
    sealed_desk: Desk, sealed_desk_people: People
) -> None:
    ticket = sealed_desk.tickets.open(lane="payments", content="I was charged twice.")
    sealed_desk_people.agent.tickets.take(ticket)
    sealed_desk_people.agent.tickets.note(ticket.id, "He sounds angry.")
    auditor = sealed_desk_people.auditor
    assert bodies(auditor, ticket.id)[::2] == ["I was charged twice.", "He sounds angry."]
    assert [access.action for access in auditor.records.access()] == 3 * ["create"]


def test_proof_files_are_made_elsewhere(sealed_desk: Desk) -> None:
    ticket = sealed_desk.tickets.open(lane="payments", content="I was charged twice.")
    with pytest.raises(ConfigurationError, match="eth_getProof"):
        sealed_desk.proofs.make(ticket)


@pytest.mark.parametrize("run", range(2))
def test_a_test_leaves_no_trace(sealed_desk_people: People, run: int) -> None:
    supervisor = sealed_desk_people.supervisor
    assert [role.version for role in supervisor.keys.roles()] == [1, 1, 1]
    store = supervisor.archive.store
    assert isinstance(store, MemoryStore)
    assert len(list(store.shelf("shares"))) == 5
    out = sealed_desk_people.second_agent.sender.address
    assert supervisor.keys.rotate("agents", without=[out]).role.version == 2


def test_both_desks_stand_beside_each_other(desk_people: People, sealed_desk: Desk) -> None:
    desk = desk_people.customer
    assert desk.deployment.records == "clear"
    assert desk.deployment.contract("TicketDesk") != sealed_desk.deployment.contract("TicketDesk")
    for each in (desk, sealed_desk):
        ticket = each.tickets.open(lane="payments", content="Hello?")
        assert each.lanes.next_in_line("payments") == ticket
