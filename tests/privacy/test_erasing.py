"""Erasure: said on the chain first, gone wherever the store reaches, told to whoever asks later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proofdesk import Desk, InvalidArgument, Status
from proofdesk._contract_errors import IllegalMove
from proofdesk._errors import ContentErased, ContentSealed
from proofdesk._history import Entry
from proofdesk._models import Act, Ticket
from proofdesk._records import commit, compose
from proofdesk._shell import drive
from proofdesk.privacy.erasing import Ground, mark_of
from proofdesk.privacy.threads import key_of, thread_of
from proofdesk.stores import MemoryStore, Mirrored
from tests.privacy.office import SealedOffice, copied

WISH = Ground.CONSENT_WITHDRAWN


def busy(office: SealedOffice) -> Ticket:
    """An open ticket with three records and two messages."""
    ticket = office.taken()
    office.agent.tickets.note(ticket, "A note with a name")
    office.customer.records.message(ticket, "Are you there?")
    office.agent.records.message(ticket, "I am.")
    return office.desk.tickets.get(ticket.id)


def problems(who: Desk, ticket: Ticket) -> list[type[Exception] | None]:
    found = [entry.problem for entry in who.tickets.history(ticket.id)]
    return [None if problem is None else type(problem) for problem in found]


def is_tombstone(office: SealedOffice, entry: str, erasure: str) -> bool:
    """What is stored in place of a content is a tombstone, and nothing else is left of it.

    Of a message it names no act.
    """
    is_of_act = any(act.entry == entry for act in office.desk.tickets.acts())
    named = erasure if is_of_act else mark_of(office.supervisor.archive.read(erasure), entry)
    expected = {"format": "proofdesk-erased/1", "entry": entry, "erasure": named}
    return bool(json.loads(office.desk.archive.store.get(entry)) == expected)


def erasure(act: Act, after: str, **data: Any) -> Entry:
    record = compose(
        {"data": {"ground": "law", **data}}, kind="erasure", author="Ann", ticket=act.ticket_id, after=after
    )
    return Entry(act, record)


# -------------------------------------------------------------------------------------------- what is gone


def test_a_ticket_is_erased(office: SealedOffice) -> None:
    ticket, other = busy(office), office.opened("Another one")
    said = office.customer.records.message(other, "Another one's")
    entries = [act.entry for act in office.desk.tickets.acts(ticket)]
    messages = [message.entry for message in office.customer.records.messages(ticket)]
    result = office.supervisor.records.erase(ticket, ground=WISH)
    act = result.acts[0]
    assert (act.number, act.status) == (4, Status.OPEN)
    assert all(is_tombstone(office, entry, act.entry) for entry in [*entries, *messages])
    record = office.agent.records.read(act.entry)
    assert (record.kind, record.after, record.data["ground"]) == ("erasure", entries[0], WISH.value)
    assert (record.data["scope"], record.data["acts"]) == ("ticket", 3)
    assert len(list(office.desk.archive.store.shelf("threads"))) == 1
    assert office.customer.records.messages(other) == [said]
    verified = office.supervisor.tickets.verify(ticket.id)
    assert (verified.acts, verified.erased, verified.records) == (4, 3, 1)
    last = office.supervisor.records.access()[-1]
    assert (last.action, last.details) == (
        "erase",
        {"ticket": ticket.id, "entry": entries[0], "erasure": act.entry},
    )


def test_whoever_asks_later_is_told_when_by_whom_and_why(office: SealedOffice) -> None:
    ticket = busy(office)
    act = office.supervisor.records.erase(ticket.id, ground=WISH).acts[0]
    for who in (office.customer, office.agent, office.supervisor, office.auditor):
        for entry in who.tickets.history(ticket.id)[:3]:
            problem = entry.problem
            assert isinstance(problem, ContentErased)
            assert (problem.entry, problem.erasure) == (entry.act.entry, act.entry)
            assert (problem.at, problem.by, problem.ground) == (
                act.at,
                office.supervisor.sender.address,
                WISH.value,
            )
            assert f"was erased on {act.at:%Y-%m-%d %H:%M} UTC by {act.actor}" in str(problem)
    # To whom the erasure's record is sealed the chain tells when and by whom.
    for entry in office.stranger.tickets.history(ticket.id)[:3]:
        problem = entry.problem
        assert isinstance(problem, ContentErased)
        assert (problem.at, problem.by, problem.ground) == (act.at, act.actor, None)


def test_one_record_is_erased(office: SealedOffice) -> None:
    ticket = busy(office)
    note = office.desk.tickets.acts(ticket)[2].entry
    act = office.agent.records.erase(note, ground="a name that does not belong there").acts[0]
    assert is_tombstone(office, note, act.entry)
    assert problems(office.agent, ticket) == [None, None, ContentErased, None]
    assert len(office.customer.records.messages(ticket)) == 2
    record = office.agent.records.read(act.entry)
    assert record.data == {"ground": "a name that does not belong there"}


def test_one_message_is_erased(office: SealedOffice) -> None:
    ticket = busy(office)
    first, second = office.customer.records.messages(ticket)
    result = office.customer.records.erase(first.entry, ground=WISH)
    found = office.agent.records.messages(ticket)
    assert isinstance(found[0].problem, ContentErased)
    assert found[1] == second
    assert office.customer.records.erase(first.entry, ground=WISH) == result
    assert problems(office.supervisor, ticket) == 4 * [None]


def test_a_customer_is_answered_after_his_first_words_were_erased(office: SealedOffice) -> None:
    ticket = busy(office)
    opening = office.desk.tickets.acts(ticket)[0].entry
    office.customer.records.erase(opening, ground=WISH)
    # Messages hang on the opening record's salt: they go with it, and another thread begins.
    assert office.customer.records.messages(ticket) == []
    assert problems(office.supervisor, ticket) == [ContentErased, None, None, None]
    seen = office.desk.tickets.get(ticket.id)
    office.agent.tickets.reply(seen, "Which one?")
    assert office.customer.tickets.history(ticket.id)[-1].record is not None
    office.agent.records.message(ticket, "The blue one?")
    office.customer.records.message(ticket, "Yes")
    for who in (office.customer, office.agent, office.auditor):
        assert [message.number for message in who.records.messages(ticket)] == [1, 2]
    # And again.
    office.customer.tickets.reply(office.desk.tickets.get(ticket.id), "Yes, the blue one")
    messages = [message.entry for message in office.customer.records.messages(ticket)]
    act = office.supervisor.records.erase(ticket.id, ground=WISH).acts[0]
    assert office.customer.records.messages(ticket) == []
    assert all(is_tombstone(office, entry, act.entry) for entry in messages)
    office.agent.tickets.reply(office.desk.tickets.get(ticket.id), "It is on its way.")
    office.agent.records.message(ticket, "Here it is.")
    assert office.customer.tickets.history(ticket.id)[-1].record is not None
    assert len(office.customer.records.messages(ticket)) == 1
    assert problems(office.supervisor, ticket) == [
        *3 * [ContentErased],
        None,
        *2 * [ContentErased],
        None,
        None,
    ]
    office.supervisor.tickets.verify(ticket.id)


def test_what_is_erased_again_is_logged_once(office: SealedOffice) -> None:
    ticket = busy(office)
    first = office.supervisor.records.erase(ticket, ground=WISH)
    entries = [act.entry for act in office.desk.tickets.acts(ticket)]
    assert office.supervisor.records.erase(ticket, ground=Ground.OBJECTION) == first
    for entry in entries[:3]:
        assert office.supervisor.records.erase(entry, ground=WISH) == first
    assert len(office.desk.tickets.acts(ticket)) == 4
    assert [access.action for access in office.supervisor.records.check_access()[3:]] == ["erase"]
    with pytest.raises(InvalidArgument, match="is the record of an erasure, which stays"):
        office.supervisor.records.erase(entries[3], ground=WISH)


def test_nobody_else_links_what_is_left_of_messages_to_their_ticket(office: SealedOffice) -> None:
    ticket = busy(office)
    said = [message.entry for message in office.customer.records.messages(ticket)]
    office.supervisor.records.erase(said[0], ground="one of them")
    office.supervisor.records.erase(ticket, ground=WISH)
    entries = {act.entry for act in office.desk.tickets.acts()}
    left = [json.loads(office.desk.archive.store.get(entry))["erasure"] for entry in said]
    assert not entries & set(left)
    assert len(set(left)) == len(said) == 2
    # Who could read them is told all the same, the customer too, who does not read the log.
    by = office.supervisor.sender.address
    for who in (office.supervisor, office.agent, office.customer):
        for entry, ground in zip(said, ("one of them", WISH.value), strict=True):
            with pytest.raises(ContentErased) as told:
                who.records.read(entry)
            assert (told.value.by, told.value.ground) == (by, ground)
    with pytest.raises(ContentErased) as told:
        office.stranger.records.read(said[0])
    assert (told.value.by, told.value.ground) == (None, None)


def test_a_message_that_was_erased_alone_says_so_in_its_thread(office: SealedOffice) -> None:
    ticket = busy(office)
    said = [message.entry for message in office.customer.records.messages(ticket)]
    result = office.supervisor.records.erase(said[0], ground=WISH)
    assert office.supervisor.records.erase(said[0], ground=WISH) == result
    gone, there = office.customer.records.messages(ticket)
    assert isinstance(gone.problem, ContentErased)
    assert (gone.problem.by, gone.problem.ground) == (office.supervisor.sender.address, WISH.value)
    assert there.record is not None
    # Who was killed before its tombstone stood calls again.
    office.desk.archive.store.delete(said[0])
    assert office.supervisor.records.erase(said[0], ground=WISH) == result
    assert is_tombstone(office, said[0], result.acts[0].entry)


@pytest.mark.parametrize("lost", [[3], [2], [1], [2, 3], [1, 2, 3]])
def test_a_lost_pointer_stops_nobody(office: SealedOffice, lost: list[int]) -> None:
    ticket = office.taken()
    said = [office.customer.records.message(ticket, f"Message {number}").entry for number in range(1, 5)]
    salt = drive(office.supervisor._core.records.origin(ticket.id)).salt
    shelf = office.desk.archive.store.shelf("threads")
    for number in lost:
        shelf.delete(key_of(salt, number))
    found = office.customer.records.messages(ticket)
    assert all(message.record is not None for message in found if message.number not in lost)
    office.supervisor.records.erase(ticket, ground=WISH)
    assert list(shelf) == []
    for number, entry in enumerate(said, 1):
        if number not in lost:
            with pytest.raises(ContentErased):
                office.supervisor.records.read(entry)


def test_what_one_copy_had_of_an_older_backup_is_erased_again(office: SealedOffice) -> None:
    store = office.desk.archive.store
    here, there = copied(store, MemoryStore()), copied(store, MemoryStore())
    office.stand_on(Mirrored(here, there))
    ticket = busy(office)
    entries = [act.entry for act in office.desk.tickets.acts(ticket)]
    contents = [there.get(entry) for entry in entries]
    result = office.supervisor.records.erase(ticket, ground=WISH)
    for entry, content in zip(entries, contents, strict=True):
        there.put(entry, content)
    assert office.supervisor.records.erase(ticket, ground=WISH) == result
    assert [there.get(entry) for entry in entries] == [here.get(entry) for entry in entries]
    office.stand_on(store)


def test_what_a_backup_brought_back_is_erased_again(office: SealedOffice) -> None:
    ticket, store = busy(office), office.desk.archive.store
    backup = {entry: store.get(entry) for entry in store}
    first = office.supervisor.records.erase(ticket, ground=WISH)
    for entry, content in backup.items():
        store.put(entry, content)
    assert problems(office.supervisor, ticket) == 4 * [None]
    assert office.supervisor.records.erase(ticket, ground=WISH) == first
    assert problems(office.supervisor, ticket) == [*3 * [ContentErased], None]


def test_in_closed_a_supervisor_erases(office: SealedOffice) -> None:
    ticket = busy(office)
    office.customer.tickets.move(ticket, Status.CLOSED)
    for who in (office.customer, office.agent):
        with pytest.raises((IllegalMove, ContentSealed)):
            who.records.erase(ticket.id, ground=WISH)
    assert len(office.desk.tickets.acts(ticket)) == 4
    assert office.supervisor.records.erase(ticket.id, ground=WISH).acts[0].status is Status.CLOSED


STATES = {
    Status.WAITING: ("agent", Status.OPEN),
    Status.RESOLVED: ("agent", Status.OPEN),
    Status.REJECTED: ("supervisor", Status.OPEN),
    Status.ON_HOLD: ("supervisor", Status.ESCALATED),
}


@pytest.mark.parametrize("status", STATES)
def test_where_nothing_can_be_added_it_says_what_to_do(office: SealedOffice, status: Status) -> None:
    ticket = busy(office)
    office.agent.tickets.move(ticket, status)
    before = set(office.desk.archive.store)
    name, to = STATES[status]
    with pytest.raises(
        IllegalMove, match=f"Nothing can be added .* pass to=Status.{to.name}|{to.name}"
    ) as caught:
        office.of(name).records.erase(ticket.id, ground=WISH)
    assert caught.value.from_ is status
    # Nothing is kept of what was refused, and nothing is gone.
    assert set(office.desk.archive.store) == before
    assert problems(office.supervisor, ticket) == 4 * [None]
    done = office.of(name).records.erase(ticket.id, ground=WISH, to=to)
    assert done.acts[0].status is to
    assert problems(office.supervisor, ticket) == [*4 * [ContentErased], None]


def test_nobody_erases_what_he_cannot_read(office: SealedOffice) -> None:
    ticket = busy(office)
    with pytest.raises(ContentSealed):
        office.customer.records.erase(ticket, ground=WISH)
    note = office.desk.tickets.acts(ticket)[2].entry
    for who in (office.customer, office.stranger):
        with pytest.raises(ContentSealed):
            who.records.erase(note, ground=WISH)
    assert len(office.desk.tickets.acts(ticket)) == 3
    assert problems(office.supervisor, ticket) == 3 * [None]


def test_another_tickets_record_stays(office: SealedOffice) -> None:
    """Entries are public: an act, a ticket or a pointer may name another one's."""
    victim = busy(office)
    entries = [act.entry for act in office.desk.tickets.acts(victim)]
    attacker = office.other_customer
    first = attacker.tickets.open(lane=office.lane, content="Mine")
    for entry in entries:
        seen = office.desk.tickets.get(first.id)
        attacker.send("TicketDesk", "move", seen.id, seen.status, entry, seen.acts)
    attacker.send("TicketDesk", "open", office.deployment.lane(office.lane), entries[0])
    second = attacker.tickets.all(customer=attacker.sender.address)[0]
    salt = drive(attacker._core.records.origin(first.id)).salt
    message = office.customer.records.messages(victim)[0]
    thread_of(office.desk.archive.store, salt).create(1, json.dumps({"entry": message.entry}).encode())
    office.supervisor.records.erase(first.id, ground=WISH)
    with pytest.raises(InvalidArgument, match="was opened with the record of another one"):
        office.supervisor.records.erase(second.id, ground=WISH)
    assert problems(office.supervisor, victim) == 3 * [None]
    assert office.customer.records.messages(victim)[0] == message
    # Its owner erases it.
    office.supervisor.records.erase(victim, ground=WISH)
    assert problems(office.supervisor, victim) == [*3 * [ContentErased], None]


def test_an_erasure_that_somebody_forged_is_not_finished_on_another_tickets_record(
    office: SealedOffice,
) -> None:
    victim = busy(office)
    opening = office.desk.tickets.acts(victim)[0].entry
    attacker = office.other_customer
    attacker.send("TicketDesk", "open", office.deployment.lane(office.lane), opening)
    ticket = attacker.tickets.all(customer=attacker.sender.address)[0]
    attacker.tickets.note(ticket, "Mine")
    own = office.desk.tickets.acts(ticket)[1].entry
    record = erasure(office.desk.tickets.acts(ticket)[0], opening, scope="ticket", acts=2).record
    assert record is not None
    attacker.tickets.move(office.desk.tickets.get(ticket.id), Status.NEW, commit(record))
    office.supervisor.records.erase(own, ground=WISH)
    assert problems(office.supervisor, victim) == 3 * [None]
    assert len(office.customer.records.messages(victim)) == 2
    with pytest.raises(ContentErased):
        office.supervisor.records.read(own)


def test_an_opening_record_is_erased_on_its_own_ticket(office: SealedOffice) -> None:
    """Whichever ticket names it too, and whoever came first."""
    opening = office.customer.prepare("Where is my card?", kind="open")
    attacker = office.other_customer
    attacker.send("TicketDesk", "open", office.deployment.lane(office.lane), opening.entry)
    ticket = office.customer.tickets.open(lane=office.lane, content=opening)
    act = office.supervisor.records.erase(opening.entry, ground=WISH).acts[0]
    assert act.ticket_id == ticket.id
    # What is of no ticket is not made one's by an act that names it.
    exam = office.certifier.prepare("Passed", kind="exam")
    seen = office.desk.tickets.get(ticket.id)
    office.customer.send("TicketDesk", "move", seen.id, seen.status, exam.entry, seen.acts)
    with pytest.raises(InvalidArgument, match="of kind exam, of no ticket"):
        office.supervisor.records.erase(exam.entry, ground=WISH)


@pytest.mark.parametrize("ground", ["", "x" * 201, 5, None, "\ud800"])
def test_a_ground_is_a_short_text(office: SealedOffice, ground: Any) -> None:
    ticket = busy(office)
    with pytest.raises(InvalidArgument, match="the ground of an erasure"):
        office.supervisor.records.erase(ticket, ground=ground)


def test_what_is_no_ticket_and_no_entry_of_one_is_refused(office: SealedOffice) -> None:
    with pytest.raises(InvalidArgument, match="neither a ticket of this desk nor an entry"):
        office.supervisor.records.erase("0x" + 64 * "1", ground=WISH)
    with pytest.raises(InvalidArgument, match="is not hex"):
        office.supervisor.records.erase("ticket", ground=WISH)
    entry = office.supervisor.records.access()[0].entry
    with pytest.raises(InvalidArgument, match="of kind access, of no ticket"):
        office.supervisor.records.erase(entry, ground=WISH)


def test_what_is_erased_is_in_no_place_of_the_store(office: SealedOffice, tmp_path: Path) -> None:
    store = office.desk.archive.store
    office.stand_in(tmp_path / "records")
    try:
        ticket = busy(office)
        contents = [office.desk.archive.store.get(act.entry) for act in office.desk.tickets.acts(ticket)]
        nonces = [json.loads(content)["nonce"].encode() for content in contents]
        office.supervisor.records.erase(ticket, ground=WISH)
        files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        assert not [nonce for nonce in nonces for content in files if nonce in content]
    finally:
        office.stand_on(store)
