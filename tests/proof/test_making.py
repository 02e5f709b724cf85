"""Proof files of real tickets, made on anvil and on Ganache, and what is disclosed in them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from web3 import AsyncHTTPProvider

from proofdesk import AsyncDesk, Desk, InvalidArgument, MemoryStore, Status, Ticket, UnknownTicket
from proofdesk._errors import ContentMissing, ContentTampered
from proofdesk._reader import NodeContradicts
from proofdesk._words import to_hex
from proofdesk.anchors.queue import enqueue
from proofdesk.ops.anchoring import Anchorer
from proofdesk.ops.config import load
from proofdesk.proof.errors import MalformedProof, ProofFailed
from proofdesk.proof.file import ProofFile
from proofdesk.proof.verifying import verify_file
from tests.client.office import CONFIG_FOLDER, CONFIGS, Office
from tests.proof.tickets import asked


@pytest.fixture(scope="module", params=["anvil", "ganache"])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """An office of each kind; tests here only add to it."""
    config, wider = (load(CONFIG_FOLDER / f"{CONFIGS[kind]}.toml") for kind in (request.param, "anvil"))
    config = replace(config, programs=wider.programs, lanes=wider.lanes)
    with Office.started(request.param, config) as office:
        yield office


def life(office: Office) -> Ticket:
    """A ticket that went through two lanes and has seen everybody."""
    others = [office.opened(f"Somebody else's {number}") for number in range(3)]
    ticket = office.opened("My card is blocked.")
    for other in others:
        office.supervisor.tickets.assign([other], [2])
    office.agent.tickets.take(ticket.id)
    office.agent.tickets.note(ticket.id, "He was here before.")
    office.agent.tickets.reply(ticket.id, "Which one?")
    office.customer.tickets.reply(ticket.id, "The blue one.")
    office.agent.tickets.transfer(ticket.id, "orders", "This one is yours.")
    office.supervisor.tickets.move(ticket.id, Status.REJECTED, "We sell no cards.")
    return office.desk.tickets.get(ticket.id)


def made(office: Office, ticket: Ticket | str, **options: Any) -> ProofFile:
    file = office.desk.proofs.make(ticket, **options)
    assert ProofFile.load(file.dump()) == file
    return file


def test_a_life_is_proven_to_a_stranger(office: Office) -> None:
    ticket = life(office)
    file = made(office, ticket, disclose="everything")
    block = office.w3.eth.get_block(file.block.number)
    proven = verify_file(file.dump(), block_hash=to_hex(bytes(block["hash"])))
    assert proven.ticket == ticket
    history = office.desk.tickets.history(ticket)
    assert [(act.entry, act.at, act.position, act.kind) for act in proven.acts] == [
        (entry.act.entry, entry.act.at, entry.act.position, entry.act.kind) for entry in history
    ]
    assert [act.record for act in proven.acts] == [entry.record for entry in history]
    assert {lane.id: lane.root for lane in proven.lanes} == {
        lane: office.desk.read("TicketDesk", "root", lane) for lane in (1, 3)
    }
    assert [each.agent for each in proven.certificates] == [office.agent.sender.address]


def test_what_is_disclosed_is_chosen(office: Office) -> None:
    ticket = life(office)
    entries = [entry.act.entry for entry in office.desk.tickets.history(ticket)]
    everything = made(office, ticket, disclose="everything")
    assert [opening.entry for opening in everything.openings] == sorted(entries)
    # A note is for the desk's own eyes: it goes to a stranger only where somebody says so.
    shared = made(office, ticket)
    notes = {each.entry for each in everything.openings if each.record.kind == "note"}
    assert [each.entry for each in shared.openings] == sorted(set(entries) - notes) and len(notes) == 1
    assert {each.entry for each in made(office, ticket, disclose=notes).openings} == notes
    nothing = made(office, ticket, disclose="none")
    assert nothing.openings == () and nothing.acts == everything.acts
    some = made(office, ticket.id, disclose=iter([entries[3], entries[0], entries[3]]))
    assert [opening.entry for opening in some.openings] == sorted({entries[3], entries[0]})


def test_an_earlier_file_is_linked(office: Office) -> None:
    ticket = asked(office)
    first = made(office, ticket, disclose="none")
    assert first.consistency == ()
    (same,) = made(office, ticket, earlier=first, disclose="none").consistency
    assert same.path == ()
    asked(office, "And where is this?")
    second = made(office, ticket, earlier=first, disclose="none")
    (link,) = second.consistency
    assert (link.lane, link.size, link.root) == (same.lane, same.size, same.root)
    assert link.path
    assert verify_file(second).earlier[0].root == verify_file(first).lanes[0].root
    assert made(office, life(office), earlier=second).consistency[0].size == link.size + 1
    with pytest.raises(InvalidArgument, match="the later one"):
        made(office, ticket, earlier=second, block=first.block.number)
    forged = replace(first, chain_id=first.chain_id + 1)
    with pytest.raises(ProofFailed):
        made(office, ticket, earlier=forged)


def test_earlier_blocks_and_none(office: Office) -> None:
    ticket = asked(office)
    then = office.w3.eth.block_number
    asked(office, "Anybody there?")
    old = made(office, ticket, block=then)
    assert (old.block.number, len(old.acts)) == (then, 1)
    with pytest.raises(InvalidArgument, match=f"was not opened by block {then - 1}"):
        made(office, ticket, block=then - 1)
    with pytest.raises(InvalidArgument, match="has no block 99999 yet"):
        made(office, ticket, block=99_999)
    with pytest.raises(UnknownTicket):
        made(office, "0x" + 64 * "5")
    with pytest.raises(InvalidArgument, match="ticket '0x55'"):
        made(office, "0x55")


def test_what_cannot_be_disclosed(office: Office) -> None:
    ticket, store = asked(office), MemoryStore()
    (entry,) = (act.entry for act in office.desk.tickets.acts(ticket))
    without = Desk(office.desk.node, office.deployment, store=store)
    assert without.proofs.make(ticket).openings == ()
    with pytest.raises(ContentMissing):
        without.proofs.make(ticket, disclose=[entry])
    with pytest.raises(InvalidArgument, match="of none of this ticket's"):
        made(office, ticket, disclose=["0x" + 64 * "5"])
    with pytest.raises(InvalidArgument, match="is not 'all', 'everything', 'none' or a list"):
        made(office, ticket, disclose=entry)
    with pytest.raises(InvalidArgument, match="entry '0x5'"):
        made(office, ticket, disclose=["0x5"])


def test_another_tickets_record_is_not_disclosed(anvil: Office) -> None:
    """Entries are public: whoever acts may name one of another ticket's."""
    theirs, ours = asked(anvil, "My secret"), asked(anvil, "My words")
    stolen = anvil.desk.tickets.acts(theirs)[0].entry
    anvil.customer.send("TicketDesk", "move", ours.id, int(Status.CLOSED), stolen, 1)
    file = made(anvil, ours)
    assert [act.entry for act in file.acts][1] == stolen
    assert [opening.entry for opening in file.openings] == [file.acts[0].entry]
    with pytest.raises(InvalidArgument, match="written for another ticket or act"):
        made(anvil, ours, disclose=[stolen])


def test_what_an_act_names_again_is_disclosed_all_the_same(anvil: Office) -> None:
    """Whoever may act could otherwise take the opening, and what the desk promised, out of every file."""
    ticket = anvil.opened("You promised me 500.")
    message = anvil.desk.records.message(ticket, "You get them tomorrow.")
    anchored(anvil)
    opening = anvil.desk.tickets.acts(ticket)[0].entry
    anvil.agent.tickets.take(ticket.id)
    anvil.agent.send("TicketDesk", "move", ticket.id, int(Status.OPEN), opening, 2)
    anvil.agent.send("TicketDesk", "move", ticket.id, int(Status.OPEN), message.entry, 3)
    for file in (made(anvil, ticket), made(anvil, ticket, disclose=[opening, message.entry])):
        proven = verify_file(file)
        assert proven.acts[0].record is not None and proven.acts[0].record.body == "You promised me 500."
        assert [each.record.body for each in proven.messages] == ["You get them tomorrow."]
        assert proven.acts[2].record is None and proven.acts[3].record is None
    without = verify_file(made(anvil, ticket, messages=False))
    assert not without.messages and without.acts[0].record is not None
    verified = anvil.desk.tickets.verify(ticket)
    assert (verified.records, len(verified.oddities)) == (2, 2)


def test_a_damaged_record_is_left_out_and_named(anvil: Office, caplog: pytest.LogCaptureFixture) -> None:
    ticket = asked(anvil, "My name is Ann.")
    anvil.supervisor.tickets.move(ticket.id, Status.REJECTED, "Bye.")
    damaged = anvil.desk.tickets.acts(ticket)[1].entry
    anvil.desk._core.archive.store.put(damaged, b"no record")
    assert [opening.record.body for opening in made(anvil, ticket).openings] == ["My name is Ann."]
    assert damaged in caplog.text
    with pytest.raises(ContentTampered):
        made(anvil, ticket, disclose=[damaged])


def test_what_people_write_makes_no_file_too_large(anvil: Office) -> None:
    ticket = asked(anvil, "Hello?")
    for _ in range(17):
        anvil.supervisor.tickets.note(ticket.id, 60_000 * "[")
    assert len(made(anvil, ticket, disclose="everything").openings) == 18


def test_what_fits_no_file_is_refused_when_it_is_made(anvil: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = asked(anvil, "Hello?")
    monkeypatch.setattr("proofdesk.proof.file.MAX_BYTES", 2000)
    with pytest.raises(MalformedProof, match="disclose less"):
        anvil.desk.proofs.make(ticket)


def test_a_node_that_gives_another_block_is_not_believed(
    anvil: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = asked(anvil)
    then = anvil.w3.eth.block_number
    asked(anvil)
    node, now = anvil.desk._core.node, anvil.w3.eth.block_number
    request = node.request

    async def lying(method: str, *params: Any) -> Any:
        is_block = method == "eth_getBlockByNumber" and params[0] == hex(now)
        return await request(method, *((hex(then), *params[1:]) if is_block else params))

    monkeypatch.setattr(node, "request", lying)
    with pytest.raises(NodeContradicts, match=f"asked for block {now}, the node gave block {then}"):
        anvil.desk.proofs.make(ticket, block=now)


def test_an_erased_record_is_left_out(anvil: Office) -> None:
    ticket = asked(anvil, "My name is Ann.")
    (entry,) = (act.entry for act in anvil.desk.tickets.acts(ticket))
    anvil.desk._core.archive.store.delete(entry)
    anvil.supervisor.tickets.move(ticket.id, Status.REJECTED, "Bye.")
    file = made(anvil, ticket)
    assert [opening.record.body for opening in file.openings] == ["Bye."]


def anchored(office: Office) -> None:
    """What waits is anchored."""
    Anchorer(office.desk, age=timedelta(0)).step()


def test_messages_are_proven_once_they_are_anchored(office: Office) -> None:
    ticket = asked(office)
    said = [office.desk.records.message(ticket, words) for words in ("Hello?", "Anybody?")]
    entries = sorted(message.entry for message in said)
    before = made(office, ticket)
    assert (before.messages, len(before.openings), len(before.contracts)) == ((), 1, 2)
    with pytest.raises(InvalidArgument, match="not anchored by block"):
        made(office, ticket, disclose=entries[:1])
    enqueue(office.desk._core.archive.store, "0x" + 64 * "7")
    anchored(office)
    late = office.desk.records.message(ticket, "Hurry!")
    file = made(office, ticket)
    assert [message.entry for message in file.messages] == entries
    assert late.entry not in {opening.entry for opening in file.openings}
    assert {each.record.body for each in verify_file(file).messages} == {"Hello?", "Anybody?"}
    assert [each.entry for each in made(office, ticket, disclose=entries[:1]).messages] == entries[:1]
    assert made(office, ticket, messages=False).messages == ()
    assert made(office, ticket, disclose="none").messages == ()
    assert made(office, ticket, block=before.block.number).messages == ()
    # A second root, of which one more message is.
    anchored(office)
    assert len({message.root for message in made(office, ticket).messages}) == 2


def test_it_is_awaited_too(anvil: Office) -> None:
    ticket = asked(anvil)

    async def awaited() -> ProofFile:
        provider = AsyncHTTPProvider(anvil.chain.url)
        store = anvil.desk._core.archive.store
        async with await AsyncDesk.connect(provider, deployment=anvil.deployment, store=store) as desk:
            return await desk.proofs.make(ticket)

    assert asyncio.run(awaited()) == made(anvil, ticket)


def test_many_acts_and_a_long_log(anvil: Office) -> None:
    tickets = [asked(anvil, f"Number {number}") for number in range(70)]
    for number in range(40):
        anvil.supervisor.tickets.note(tickets[33].id, f"Note {number}")
    file = made(anvil, tickets[33])
    assert len(file.acts) == 41
    assert len(verify_file(file, block_hash=file.block.hash).acts) == 41
