"""Whom records are sealed to when they are kept: by kind, ticket, roles, grants, and who writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proofdesk import ConfigurationError, Desk, MemoryStore, Status
from proofdesk._errors import ContentSealed
from proofdesk._records import KINDS, Opening, commit, compose
from proofdesk._words import to_hex
from proofdesk.ops.rewrapping import rewrap_all
from proofdesk.privacy.erasing import bury
from proofdesk.privacy.errors import InvalidKey
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.keys import Reader, ReadingKey, Scope
from proofdesk.privacy.sealed import seal, who_reads
from proofdesk.privacy.writing import INTERNAL
from proofdesk.stores import Mirrored, StoreUnavailable
from tests.client.office import account
from tests.privacy.office import NO_ROLES, SealedOffice, copied, keyring
from tests.stores.test_mirrored import Ailing

STAFF = ("agents", "supervisors", "auditors")
CUSTOMER = Reader("customer", keyring("customer").own[0].public)


def made(office: SealedOffice, kind: str, ticket: str, by: Desk, **content: Any) -> Opening:
    """A record of a kind, kept by somebody."""
    needs_ticket = kind not in {"open", "exam", "revocation", "access"}
    record = compose(
        {"body": f"A {kind}", **content},
        kind=kind,
        author=by.sender.address,
        ticket=ticket if needs_ticket else None,
        after="0x" + 64 * "1" if kind == "erasure" else None,
    )
    opening = commit(record)
    by.keep(opening)
    return opening


def readers(office: SealedOffice, opening: Opening) -> set[str]:
    """Who of the roles and of all people with keys of their own can open a record, by the wraps it has."""
    known = [Reader(role.name, role.key) for role in office.desk.keys.roles() if role.key is not None]
    known += [Reader(name, keyring(name).own[0].public) for name in SealedOffice.PEOPLE]
    content = office.desk.archive.store.get(opening.entry)
    return {reader.name for reader in who_reads(content, known)}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "open"])
def test_each_kind_is_for_whom_the_design_says(office: SealedOffice, kind: str) -> None:
    ticket = office.opened()
    opening = made(office, kind, ticket.id, office.supervisor)
    expected = {"supervisors", "auditors"}
    expected |= set() if kind in {"exam", "revocation"} else {"agents"}
    expected |= set() if kind in {"note", "access", "exam", "revocation"} else {"customer"}
    assert readers(office, opening) == expected
    assert (kind in INTERNAL) is ("customer" not in expected)


def test_what_opens_a_ticket_names_to_which_key_its_customer_is_answered(office: SealedOffice) -> None:
    ticket = office.opened("Where is my card?")
    entry = office.customer.tickets.history(ticket)[0]
    assert entry.record is not None
    assert entry.record.reply_key == to_hex(CUSTOMER.key)
    opening = office.customer.archive.read(entry.act.entry)
    assert readers(office, opening) == {*STAFF, "customer"}
    reply = office.intake.using(account(12), keyring=keyring("agent"))
    reply.tickets.take(ticket)
    reply.tickets.reply(ticket.id, "On its way.")
    history = office.customer.tickets.history(ticket)
    assert [each.record.body for each in history if each.record] == ["Where is my card?", None, "On its way."]


def test_a_note_is_nothing_to_the_customer_and_everybody_else_works_as_before(office: SealedOffice) -> None:
    ticket = office.taken()
    office.agent.tickets.note(ticket, "He called before.")
    office.agent.tickets.reply(ticket.id, "Which card?")
    office.customer.tickets.reply(ticket.id, "The blue one.")
    assert office.agent.tickets.verify(ticket).acts == 5
    seen = [each.record is not None for each in office.customer.tickets.history(ticket)]
    assert seen == [True, True, False, True, True]
    history = office.other_customer.tickets.history(ticket)
    assert all(isinstance(each.problem, ContentSealed) for each in history)


def test_nothing_is_stored_in_the_clear(office: SealedOffice) -> None:
    ticket = office.opened("Peculiar words")
    office.agent.tickets.take(ticket, "Uncommon words")
    store = office.desk.archive.store
    for shelf in (store, *(store.shelf(name) for name in ("access", "shares", "roles", "queue"))):
        for entry in shelf:
            content = shelf.get(entry)
            assert b"Peculiar" not in content
            assert b"Uncommon" not in content


def test_a_desk_without_roles_says_what_to_do(office: SealedOffice) -> None:
    # A desk as it is just after its deployment: its registry knows no role.
    office.chain.rpc("anvil_setCode", office.deployment.contract("KeyRegistry").address, NO_ROLES)
    desk = office.connected(office.customer.sender, MemoryStore(), "customer")
    with pytest.raises(ConfigurationError, match=r"create_role.*form = \"clear\""):
        desk.tickets.open(lane=office.lane, content="Where is my card?")
    assert not list(desk.archive.store)


def test_a_reply_needs_to_know_its_customers_key(office: SealedOffice) -> None:
    ticket = office.taken()
    bare = office.desk.using(account(12))
    with pytest.raises(ConfigurationError, match="connect with keyring="):
        bare.tickets.reply(ticket, "On its way.")
    # What is no answer is kept for the desk's own people.
    moved = bare.tickets.move(ticket, Status.ON_HOLD).acts[0]
    assert readers(
        office, Opening(moved.entry, b"", office.supervisor.archive.read(moved.entry).record)
    ) == set(STAFF)


@pytest.mark.parametrize("own", [False, True])
def test_a_ticket_opened_with_what_is_not_for_agents_keeps_nobody_from_writing(
    office: SealedOffice, own: bool
) -> None:
    """Anybody can open one with the public entry of an exam, or of words that he sealed to himself alone."""
    office.pass_time(timedelta(minutes=2))
    if own:
        opening = commit(compose("?", kind="open", author="Mallory", reply_key=to_hex(CUSTOMER.key)))
        content = seal(opening, Scope.of(office.deployment), [CUSTOMER])
        office.desk.archive.store.put(opening.entry, content)
    else:
        opening = made(office, "exam", "", office.certifier)
    sent = office.stranger.send("TicketDesk", "open", office.desk.lanes.number(office.lane), opening.entry)
    ticket = sent.acts[0].ticket_id
    office.agent.tickets.take(ticket)
    office.agent.tickets.reply(ticket, "We cannot read you.")
    office.agent.tickets.move(ticket, Status.RESOLVED, "Please open another.")
    seen = [each.record is not None for each in office.agent.tickets.history(ticket)]
    assert seen == [False, True, True, True]


def test_an_opening_that_was_sealed_before_a_role_was_made_is_one(office: SealedOffice) -> None:
    ticket = office.taken()
    office.pass_time(timedelta(days=2))
    office.stranger.keys.publish()
    office.supervisor.keys.create_role("court", ["open"], [office.address("stranger")])
    for role in ("agents", "supervisors", "auditors"):
        office.supervisor.keys.rotate(role)
    rewrap_all(office.supervisor)
    bare = office.desk.using(account(12))
    with pytest.raises(ConfigurationError, match="connect with keyring="):
        bare.tickets.reply(ticket, "On its way.")


def test_a_customer_needs_no_keyring(office: SealedOffice) -> None:
    bare = office.desk.using(account(11))
    ticket = bare.tickets.open(lane=office.lane, content="Where is my card?")
    office.agent.tickets.take(ticket)
    office.agent.tickets.reply(ticket.id, "Which card?")
    bare.tickets.reply(ticket.id, "The blue one.")
    assert [each.record is not None for each in office.agent.tickets.history(ticket)] == 4 * [True]
    assert not any(each.record for each in bare.tickets.history(ticket))


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32])
def test_a_customer_with_a_useless_key_keeps_nobody_from_writing(office: SealedOffice, key: bytes) -> None:
    opening = commit(compose({"body": "?", "reply_key": to_hex(key)}, kind="open", author="Mallory"))
    ticket = office.customer.tickets.open(lane=office.lane, content=opening)
    office.agent.tickets.take(ticket)
    office.agent.tickets.reply(ticket.id, "Which card?")
    assert [each.record is not None for each in office.agent.tickets.history(ticket)] == 3 * [True]


def test_a_role_with_a_useless_key_is_named(office: SealedOffice) -> None:
    point = "0x" + b"\x01".ljust(32, b"\0").hex()
    office.supervisor.send("KeyRegistry", "publishRole", "0x" + b"agents".ljust(32, b"\0").hex(), point, 1)
    desk = office.connected(office.customer.sender, office.desk.archive.store, "customer")
    with pytest.raises(InvalidKey, match="agents v2"):
        desk.tickets.open(lane=office.lane, content="Where is my card?")


def test_who_would_not_read_his_own_words_is_their_reader(office: SealedOffice) -> None:
    """A certifier is of no role that reads exams; the supervisor is."""
    address = office.address("stranger")
    office.certifier.certification.record_exam(
        address, program=office.program, level=1, score=9000, taken_at=office.desk.now(), evidence="Room 2"
    )
    entry = [each for each in office.desk.archive.store if _reads(office.certifier, each)]
    records = [office.certifier.archive.read(each).record for each in entry]
    assert {record.kind for record in records} == {"exam"}
    opening = office.certifier.archive.read(entry[-1])
    assert readers(office, opening) == {"supervisors", "auditors", "certifier"}


def test_what_is_kept_stays_as_it_is(office: SealedOffice) -> None:
    """Kept again it is not sealed anew: it may have been opened to others since, or erased."""
    ticket, store = office.opened(), office.desk.archive.store
    opening = made(office, "reply", ticket.id, office.supervisor)
    content = store.get(opening.entry)
    office.supervisor.keep(opening)
    assert store.get(opening.entry) == content
    store.put(opening.entry, b"a tombstone")
    office.supervisor.keep(opening)
    assert store.get(opening.entry) == b"a tombstone"


def test_what_was_being_erased_is_not_kept_again(office: SealedOffice) -> None:
    """Whoever erased it was stopped between deleting it and leaving the tombstone in its place."""
    ticket, store = office.opened(), office.desk.archive.store
    opening = made(office, "reply", ticket.id, office.supervisor)
    bury(store, opening.entry, "0x" + 64 * "e")
    tombstone = store.get(opening.entry)
    store.delete(opening.entry)
    office.supervisor.keep(opening)
    assert store.get(opening.entry) == tombstone


def test_a_copy_that_failed_has_it_when_it_is_kept_again(office: SealedOffice) -> None:
    here, there = copied(office.desk.archive.store, MemoryStore()), Ailing()
    copied(here, there)
    office.stand_on(Mirrored(here, there))
    opening = commit(compose("?", kind="open", author="Ann"))
    there.is_ill = True
    with pytest.raises(StoreUnavailable):
        office.supervisor.keep(opening)
    there.is_ill = False
    office.supervisor.keep(opening)
    assert there.get(opening.entry) == here.get(opening.entry)


def test_roles_are_read_once_in_thirty_seconds(office: SealedOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, asked = office.opened(), []
    keys = office.supervisor._core.keys
    original = type(keys).roles

    async def counted(self: Any) -> Any:
        asked.append(self)
        return await original(self)

    monkeypatch.setattr(type(keys), "roles", counted)
    keys._read_at = float("-inf")
    for _ in range(5):
        made(office, "note", ticket.id, office.supervisor)
    assert len(asked) == 1
    now = keys._read_at
    monkeypatch.setattr("proofdesk.privacy.registry.time.monotonic", lambda: now + 31)
    made(office, "note", ticket.id, office.supervisor)
    assert len(asked) == 2


def test_who_publishes_a_key_seals_to_it_at_once(office: SealedOffice) -> None:
    ticket = office.opened()
    rotated = office.supervisor.keys.rotate("agents")
    opening = made(office, "note", ticket.id, office.supervisor)
    content = office.desk.archive.store.get(opening.entry)
    assert who_reads(content, [rotated.role.reader])
    old = office.desk.keys.versions("agents")[0]
    assert not who_reads(content, [old.reader])


def test_later_records_are_for_whom_the_ticket_was_opened_to(office: SealedOffice) -> None:
    ticket, court = office.taken(), ReadingKey.new()
    office.supervisor.records.grant(ticket, Reader("court", court.public))
    office.agent.tickets.reply(ticket.id, "Which card?")
    desk = Desk(office.w3, office.deployment, store=office.desk.archive.store, keyring=Keyring([court]))
    assert [each.record is not None for each in desk.tickets.history(ticket)] == 3 * [True]


def test_a_trial_in_the_clear_is_read_by_all(office: SealedOffice) -> None:
    clear = replace(office.deployment, records="clear")
    desk = Desk(
        office.w3, clear, sender=office.customer.sender, store=MemoryStore(), keyring=keyring("customer")
    )
    ticket = desk.tickets.open(lane=office.lane, content="Where is my card?")
    assert (record := Desk(office.w3, clear, store=desk.archive.store).tickets.history(ticket)[0].record)
    assert record.body == "Where is my card?"


def _reads(desk: Desk, entry: str) -> bool:
    try:
        desk.archive.read(entry)
    except ContentSealed:
        return False
    return True


def test_nothing_is_kept_in_the_clear_by_who_has_no_keys(office: SealedOffice) -> None:
    desk = Desk(office.desk.node, office.deployment, store=MemoryStore())
    with pytest.raises(ConfigurationError, match=r"sealed: keep entry 0x[0-9a-f]{64} by desk.keep"):
        desk.archive.write(commit(compose("Where is my card?", kind="open", author="Ann")))
    assert not list(desk.archive.store)
