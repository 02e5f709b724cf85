"""Entries are public, and any act may bear any record: nobody is given another one's words, or takes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proofdesk import Desk, NodeContradicts
from proofdesk._errors import ContentErased, ContentSealed
from proofdesk._models import Ticket
from proofdesk._records import commit, compose
from proofdesk._words import to_hex
from proofdesk.ops.rewrapping import rewrap_all
from proofdesk.privacy.erasing import Ground
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.keys import Reader, ReadingKey, Scope
from proofdesk.privacy.sealed import seal
from tests.privacy.office import SealedOffice

WISH = Ground.CONSENT_WITHDRAWN


def opened_with(office: SealedOffice, who: Desk, entry: str) -> str:
    """The id of a ticket that somebody opens with an entry, without any record."""
    lane = office.deployment.lane(office.lane)
    return who.send("TicketDesk", "open", lane, entry).acts[0].ticket_id


def plant(who: Desk, ticket: Ticket, after: str, **data: Any) -> None:
    """Act on a ticket with the record of an erasure that somebody made up."""
    seen = who.tickets.get(ticket.id)
    by = who.sender.address
    record = compose(
        {"data": {"ground": "mine", **data}}, kind="erasure", author=by, ticket=seen.id, after=after
    )
    who.tickets.move(seen, seen.status, commit(record))


@pytest.mark.parametrize("author", [None, "Ann"])
def test_who_opens_first_with_anothers_entry_is_not_given_his_words(
    office: SealedOffice, author: str | None
) -> None:
    content = {"body": "Where is my card?"} | ({"author": author} if author else {})
    victim, thief = office.customer, office.other_customer
    opening = victim.prepare(content, kind="open")
    stolen = opened_with(office, thief, opening.entry)
    assert thief.keyring is not None
    thief.records.grant(stolen, Reader("me", thief.keyring.own[0].public))
    office.agent.records.rewrap(stolen)
    rewrap_all(office.supervisor)
    with pytest.raises(ContentSealed):
        thief.records.read(opening.entry)
    # Nor when the victim's is there.
    ticket = victim.tickets.open(lane=office.lane, content=opening)
    office.agent.records.rewrap(stolen)
    rewrap_all(office.supervisor)
    with pytest.raises(ContentSealed):
        thief.records.read(opening.entry)
    # Who is in office opens it, where he means it.
    court = ReadingKey.new()
    mine = ticket.id if author is None else stolen
    office.supervisor.records.grant(mine, Reader("court", court.public))
    for again in (lambda: office.agent.records.rewrap(mine), lambda: rewrap_all(office.supervisor)):
        again()
        store = office.desk.archive.store
        reader = Desk(office.w3, office.deployment, store=store, keyring=Keyring([court]))
        assert reader.records.read(opening.entry).body == "Where is my card?"


def test_an_erasure_that_a_customer_planted_takes_nothing_with_what_is_erased(office: SealedOffice) -> None:
    ticket, customer = office.taken(), office.customer
    office.agent.tickets.note(ticket, "Not for the customer's eyes")
    first, take, note = (act.entry for act in office.desk.tickets.acts(ticket))
    plant(customer, ticket, note, scope="ticket", acts=1000)
    office.supervisor.records.erase(take, ground=WISH)
    assert office.supervisor.records.read(note).body == "Not for the customer's eyes"
    assert office.supervisor.records.read(first).body
    problem = office.supervisor.tickets.history(ticket.id)[1].problem
    assert isinstance(problem, ContentErased)
    assert (problem.by, problem.ground) == (office.supervisor.sender.address, WISH.value)
    # The whole is erased where the whole is asked for, and on the ground that was given.
    office.supervisor.records.erase(ticket, ground="a law demands it")
    told = [entry.problem for entry in office.supervisor.tickets.history(ticket.id)[:3]]
    assert [getattr(each, "ground", None) for each in told] == [
        "a law demands it",
        WISH.value,
        "a law demands it",
    ]


def test_an_erasure_of_more_is_finished_as_far_as_was_asked(office: SealedOffice) -> None:
    ticket = office.taken()
    office.agent.tickets.note(ticket, "A note")
    first, take, note = (act.entry for act in office.desk.tickets.acts(ticket))
    key = office.customer.keyring.reply_key  # type: ignore[union-attr]  # he has one
    plant(office.agent, ticket, first, scope="ticket", acts=1000, reply_key=key)
    office.supervisor.records.erase(note, ground=WISH)
    with pytest.raises(ContentErased):
        office.supervisor.records.read(note)
    assert office.supervisor.records.read(first).kind == "open"
    assert office.supervisor.records.read(take).kind == "take"
    logged = office.supervisor.records.access()[-1]
    assert (logged.action, logged.details["entry"]) == ("erase", note)


@pytest.mark.parametrize("is_before", [True, False])
def test_no_later_word_changes_to_whom_a_customer_is_answered(
    office: SealedOffice, *, is_before: bool
) -> None:
    ticket, own = office.taken(), ReadingKey.new()
    first = office.desk.tickets.acts(ticket)[0].entry
    if is_before:
        plant(office.agent, ticket, first, reply_key=to_hex(own.public))
    office.supervisor.records.erase(first, ground=WISH)
    if not is_before:
        plant(office.agent, ticket, first, reply_key=to_hex(own.public))
    store = office.desk.archive.store
    supervisor = office.connected(office.supervisor.sender, store, "supervisor")
    opening = supervisor.prepare("For the customer's eyes", kind="reply", ticket=ticket.id)
    left = Desk(office.w3, office.deployment, store=store, keyring=Keyring([own]))
    with pytest.raises(ContentSealed):
        left.records.read(opening.entry)
    assert office.customer.records.read(opening.entry).body == "For the customer's eyes"


def test_a_ticket_of_anothers_entry_has_neither_his_key_nor_his_thread(office: SealedOffice) -> None:
    victim = office.taken()
    first = office.desk.tickets.acts(victim)[0].entry
    ticket = opened_with(office, office.other_customer, first)
    message = office.agent.records.message(ticket, "Your number is 42.")
    with pytest.raises(ContentSealed):
        office.customer.records.read(message.entry)
    assert office.customer.records.messages(victim) == []
    # The victim's erasure leaves the way to it.
    office.supervisor.records.erase(message.entry, ground=WISH)
    office.supervisor.records.erase(victim, ground=WISH)
    with pytest.raises(ContentErased):
        office.agent.records.read(message.entry)


def test_a_node_cannot_name_another_entry_that_opened_a_ticket(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, store, own = office.taken(), office.desk.archive.store, ReadingKey.new()
    record = compose("Mine", kind="open", author="node", reply_key=to_hex(own.public))
    opening, roles = commit(record), [role.reader for role in office.agent.keys.roles()]
    store.put(opening.entry, seal(opening, Scope.of(office.deployment), roles))
    agent = office.connected(office.agent.sender, store, "agent")
    asked = agent.tickets._core.acts

    async def lie(*arguments: Any, **options: Any) -> Any:
        found = await asked(*arguments, **options)
        return [replace(found[0], entry=opening.entry), *found[1:]]

    monkeypatch.setattr(agent.tickets._core, "acts", lie)
    with pytest.raises(NodeContradicts, match="was not opened with the entry that its first act names"):
        agent.prepare("For the customer's eyes", kind="reply", ticket=ticket.id)
