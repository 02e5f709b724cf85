"""Messages: words outside acts, in their order, for those whom the ticket is for, each to be anchored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from proofdesk import ContentMissing, InvalidRecord, MemoryStore, UnknownTicket
from proofdesk._errors import ContentErased, ContentSealed
from proofdesk._shell import drive
from proofdesk._store import Archive, Store
from proofdesk._words import keccak
from proofdesk.anchors.queue import Queue, proof_of
from proofdesk.anchors.tree import standard_leaf
from proofdesk.ops.anchoring import Anchorer
from proofdesk.privacy.sealed import seal
from proofdesk.privacy.threads import Message, _add, key_of, thread_of
from tests.privacy.office import SealedOffice
from tests.privacy.people import SCOPE, readers
from tests.privacy.people import opening as some_opening


def bodies(messages: Sequence[Message]) -> list[str | None]:
    return [message.record.body if message.record else None for message in messages]


def test_customer_and_agent_talk(office: SealedOffice) -> None:
    ticket = office.taken()
    assert office.customer.records.messages(ticket) == []
    said = [office.customer.records.message(ticket, "Are you there?")]
    said.append(office.agent.records.message(ticket.id, {"lang": "en", "body": "I am."}))
    assert [message.number for message in said] == [1, 2]
    for who in (office.customer, office.agent, office.supervisor, office.auditor):
        found = who.records.messages(ticket)
        assert found == said
        assert [message.record.author for message in found if message.record] == [
            office.customer.sender.address,
            office.agent.sender.address,
        ]
    # Nothing of it is an act.
    assert len(office.desk.tickets.acts(ticket)) == 2


def test_whom_the_ticket_is_not_for_finds_nothing(office: SealedOffice) -> None:
    ticket = office.taken()
    message = office.customer.records.message(ticket, "Are you there?")
    for use in (office.stranger.records.messages, lambda it: office.stranger.records.message(it, "Hello")):
        with pytest.raises(ContentSealed):
            use(ticket)
    with pytest.raises(ContentSealed):
        office.stranger.records.read(message.entry)


def test_pointers_tell_nobody_which_messages_belong_together(office: SealedOffice) -> None:
    first, second = office.taken(), office.opened("Another one")
    for ticket in (first, second, first):
        office.customer.records.message(ticket, "Hello?")
    store = office.desk.archive.store
    pointers = {json.loads(store.shelf("threads").get(key))["entry"]: key for key in store.shelf("threads")}
    assert len(pointers) == 3
    acts = office.desk.tickets.acts()
    public = [act.ticket_id for act in acts] + [act.entry for act in acts] + list(pointers)
    guesses = {key_of(bytes.fromhex(known[2:]), number) for known in public for number in range(1, 4)}
    assert not guesses & set(pointers.values())
    salt = office.customer.archive.read(acts[0].entry).salt
    expected = [keccak(b"proofdesk.thread.v1" + salt + number.to_bytes(8, "big")).hex() for number in (1, 2)]
    assert {"0x" + key for key in expected} <= set(pointers.values())


def test_a_prepared_message_is_there_once(office: SealedOffice) -> None:
    ticket = office.taken()
    opening = office.customer.prepare("Are you there?", kind="message", ticket=ticket.id)
    first = office.customer.records.message(ticket, opening)
    office.customer.records.message(ticket, "Hello?")
    assert office.customer.records.message(ticket, opening) == first
    assert [message.number for message in office.customer.records.messages(ticket)] == [1, 2]


def test_many_write_at_once(office: SealedOffice) -> None:
    ticket, store = office.taken(), office.desk.archive.store

    def work(name: str) -> None:
        desk = office.connected(office.of(name).sender, store, name)
        for number in range(10):
            desk.records.message(ticket.id, f"{name} {number}")

    names = ["customer", "agent", "supervisor"]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(work, names))
    found = office.auditor.records.messages(ticket)
    assert [message.number for message in found] == list(range(1, 31))
    for name in names:
        own = [body for body in bodies(found) if body and body.startswith(f"{name} ")]
        assert own == [f"{name} {number}" for number in range(10)]
    assert {message.entry for message in found} <= Queue(store).waiting(now=2e9).keys()


def test_each_message_is_proven_by_a_short_path(office: SealedOffice) -> None:
    ticket, store = office.taken(), office.desk.archive.store
    said = [office.customer.records.message(ticket, f"{number}") for number in range(20)]
    Anchorer(office.supervisor, count=1000, age=timedelta(0)).step()
    for message in said:
        proof = proof_of(store, message.entry)
        assert proof is not None
        assert len(proof.path) <= 6
        assert office.stranger.anchors.verify(proof.root, standard_leaf([message.entry]), proof.path)
    assert office.customer.records.messages(ticket) == said


def test_who_was_stopped_before_his_message_was_queued_is_helped(office: SealedOffice) -> None:
    ticket, queue = office.taken(), office.desk.archive.store.shelf("queue")
    opening = office.customer.prepare("Are you there?", kind="message", ticket=ticket.id)
    for again in ("Hello?", opening):
        office.customer.records.message(ticket, opening)
        queue.delete(opening.entry)
        office.agent.records.message(ticket, again)
        assert opening.entry in queue


def test_a_pointer_to_something_else_is_no_message(office: SealedOffice) -> None:
    ticket, other = office.taken(), office.opened("Another one")
    salt = drive(office.supervisor._core.records.origin(ticket.id)).salt
    thread = thread_of(office.desk.archive.store, salt)
    foreign = office.customer.records.message(other, "Of another ticket")
    note = office.agent.tickets.note(ticket, "A note").acts[0].entry
    for number, content in enumerate(
        [f'{{"entry": "{foreign.entry}"}}', f'{{"entry": "{note}"}}', '{"entry": 1}', "?"], 1
    ):
        assert thread.create(number, content.encode())
    found = office.supervisor.records.messages(ticket)
    assert bodies(found) == [None] * 4
    assert [str(message.problem).split(" of ")[0] for message in found[:2]] == [
        f"entry {entry} is no message" for entry in (foreign.entry, note)
    ]
    assert all(isinstance(message.problem, ContentMissing) for message in found[2:])
    office.customer.records.message(ticket, "Hello?")
    assert bodies(office.supervisor.records.messages(ticket))[-1] == "Hello?"


def test_messages_that_cannot_be_read_are_named(office: SealedOffice) -> None:
    ticket, store = office.taken(), office.desk.archive.store
    said = [office.customer.records.message(ticket, f"{number}") for number in range(3)]
    store.delete(said[0].entry)
    opening = office.customer.archive.read(said[1].entry)
    store.put(said[1].entry, seal(opening, SCOPE, readers("agents")))
    office.customer.records.erase(said[2].entry, ground="by wish")
    problems = [message.problem for message in office.agent.records.messages(ticket)]
    assert [type(problem) for problem in problems] == [ContentMissing, ContentSealed, ContentErased]


@pytest.mark.parametrize("content", [{}, {"subject": "No words"}, {"body": ""}, {"kind": "note"}])
def test_what_is_no_message_is_refused(office: SealedOffice, content: dict[str, str]) -> None:
    ticket = office.taken()
    with pytest.raises(InvalidRecord):
        office.customer.records.message(ticket, content)
    assert office.customer.records.messages(ticket) == []


def test_there_are_no_messages_on_what_is_no_ticket(office: SealedOffice) -> None:
    for use in (office.customer.records.messages, lambda it: office.customer.records.message(it, "Hello?")):
        with pytest.raises(UnknownTicket):
            use("0x" + 64 * "1")


class Slow(MemoryStore):
    """Counts what is looked for in it."""

    looked = 0

    def __contains__(self, entry: str) -> bool:
        Slow.looked += 1
        return super().__contains__(entry)

    def shelf(self, name: str) -> MemoryStore:
        return self._shelves.setdefault(name, Slow())


@pytest.fixture
def counted() -> Iterator[Store]:
    Slow.looked = 0
    yield Slow()


def test_adding_to_a_long_thread_takes_few_looks(counted: Store) -> None:
    salt, archive = bytes(32), Archive(counted)
    thread = thread_of(archive.store, salt)
    for number in range(1, 2001):
        thread.create(number, json.dumps({"entry": f"0x{number:064x}"}).encode())
    Slow.looked = 0
    assert _add(counted, salt, some_opening("Hello?").entry, False) == 2001
    assert Slow.looked < 40
