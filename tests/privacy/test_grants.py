"""Grants: a ticket opened to persons, what is there and what is to come, by the word of who is in office."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from proofdesk import Desk, InvalidArgument, Sender, UnknownTicket
from proofdesk._errors import ConfigurationError, ContentSealed
from proofdesk._models import Ticket
from proofdesk._shell import drive
from proofdesk.ops.roles import Role
from proofdesk.privacy import grants
from proofdesk.privacy.access_log import append
from proofdesk.privacy.errors import InvalidKey
from proofdesk.privacy.grants import OFFICES, Grant, standing
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.keys import Reader, ReadingKey
from proofdesk.privacy.sealed import who_reads
from proofdesk.privacy.threads import Message
from tests.client.office import account
from tests.privacy.killing import Killing, Steps, killed
from tests.privacy.office import SealedOffice, keyring

KEY = ReadingKey.new()
COURT = Reader("court", KEY.public)


def court(office: SealedOffice) -> Desk:
    """Somebody to whom nothing is open but by grants."""
    store = office.desk.archive.store
    return Desk(office.w3, office.deployment, store=store, keyring=Keyring([KEY]))


def legible(who: Desk, ticket: Ticket) -> list[str]:
    """The kinds of the records and messages of a ticket that somebody reads."""
    records = [entry.record for entry in who.tickets.history(ticket.id)]
    with suppress(ContentSealed):
        records += [message.record for message in who.records.messages(ticket)]
    return [record.kind for record in records if record is not None]


def busy(office: SealedOffice) -> Ticket:
    """A ticket with a record of several kinds, and a message."""
    ticket = office.taken()
    office.agent.tickets.note(ticket, "A note")
    office.customer.records.message(ticket, "Are you there?")
    return office.desk.tickets.get(ticket.id)


ALL = ["open", "take", "note", "message"]


def test_a_grant_opens_what_is_there_and_what_is_to_come(office: SealedOffice) -> None:
    ticket, other = busy(office), office.opened("Another one")
    assert legible(court(office), ticket) == []
    assert office.supervisor.records.grant(ticket, COURT).records == 4
    assert legible(court(office), ticket) == ALL
    office.agent.tickets.reply(ticket, "Which one?")
    office.agent.records.message(ticket, "I am.")
    assert legible(court(office), ticket) == ["open", "take", "note", "reply", "message", "message"]
    assert legible(court(office), other) == []
    for who in (office.customer, office.agent, office.supervisor, office.auditor):
        assert "reply" in legible(who, ticket)
    office.supervisor.tickets.verify(ticket.id)


def test_what_a_customer_writes_is_opened_by_a_rewrap(office: SealedOffice) -> None:
    ticket = busy(office)
    office.supervisor.records.grant(ticket, COURT)
    office.customer.tickets.reply(ticket, "The blue one.")
    assert legible(court(office), ticket) == ALL
    assert office.agent.records.rewrap(ticket).records == 1
    assert legible(court(office), ticket) == ["open", "take", "note", "reply", "message"]
    assert office.agent.records.rewrap(ticket).records == 0
    assert [each.action for each in office.supervisor.records.access()[3:]] == ["grant", "rewrap"]


def test_a_revocation_closes_all_of_it(office: SealedOffice) -> None:
    ticket = busy(office)
    office.supervisor.records.grant(ticket, COURT)
    assert office.supervisor.records.revoke(ticket, COURT).records == 4
    office.agent.tickets.reply(ticket, "Which one?")
    assert legible(court(office), ticket) == []
    assert len(legible(office.agent, ticket)) == 5
    with pytest.raises(ContentSealed):
        court(office).records.messages(ticket)
    # And it may be opened again.
    office.supervisor.records.grant(ticket, COURT)
    assert len(legible(court(office), ticket)) == 5


def test_a_grant_of_some_kinds(office: SealedOffice) -> None:
    ticket = busy(office)
    assert office.supervisor.records.grant(ticket, COURT, kinds=["open", "reply"]).records == 1
    office.agent.tickets.note(ticket, "Another note")
    office.agent.tickets.reply(office.desk.tickets.get(ticket.id), "Which one?")
    assert legible(court(office), ticket) == ["open", "reply"]
    for kinds in (["opening"], []):
        with pytest.raises(InvalidArgument):
            office.supervisor.records.grant(ticket, COURT, kinds=kinds)
    # Of more kinds it is another grant.
    office.supervisor.records.grant(ticket, COURT)
    assert len(legible(court(office), ticket)) == 6
    office.customer.tickets.reply(office.desk.tickets.get(ticket.id), "The blue one")
    office.agent.tickets.note(ticket.id, "The blue one")
    assert legible(court(office), ticket)[-2:] == ["note", "message"]


def test_a_grant_to_an_account_is_to_its_published_key(office: SealedOffice) -> None:
    ticket, stranger = busy(office), office.stranger
    with pytest.raises(InvalidArgument, match=f"{stranger.sender.address} never published a reading key"):
        office.supervisor.records.grant(ticket, stranger.sender.address)
    stranger.keys.publish()
    office.supervisor.records.grant(ticket, stranger.sender.address)
    assert legible(stranger, ticket) == ALL
    # He has another key since: what is closed is what was opened.
    stranger.keys.publish(ReadingKey.new())
    office.supervisor.records.revoke(ticket, stranger.sender.address)
    assert legible(stranger, ticket) == []


def test_what_is_granted_again_is_logged_once(office: SealedOffice) -> None:
    ticket = busy(office)
    for _ in range(2):
        office.supervisor.records.grant(ticket, COURT)
    logged = office.supervisor.records.access()[3:]
    assert [(each.action, each.details["name"], each.details["key"]) for each in logged] == [
        ("grant", "court", "0x" + KEY.public.hex())
    ]
    for _ in range(2):
        office.supervisor.records.revoke(ticket, COURT)
    assert [each.action for each in office.supervisor.records.access()[3:]] == ["grant", "revoke"]


def test_what_stands_is_read_out_of_the_log(office: SealedOffice) -> None:
    first, second = busy(office), office.opened("Another one")
    office.supervisor.records.grant(first, COURT)
    office.supervisor.records.grant(second, COURT, kinds=["open"])
    found = drive(standing(office.auditor._core))
    assert {ticket: [(each.reader, each.by) for each in each_] for ticket, each_ in found.items()} == {
        ticket.id: [(COURT, office.supervisor.sender.address)] for ticket in (first, second)
    }
    office.supervisor.records.revoke(first, COURT)
    # It goes on where it had read.
    found = drive(standing(office.auditor._core))
    assert {ticket: [each.kinds for each in each_] for ticket, each_ in found.items()} == {
        second.id: [frozenset({"open"})]
    }


def test_a_customer_opens_his_own_ticket(office: SealedOffice) -> None:
    ticket = busy(office)
    done = office.customer.records.grant(ticket, COURT)
    # Notes are not his to read.
    assert done.records == 3
    assert [office.supervisor.records.read(entry).kind for entry in done.sealed] == ["note"]
    office.agent.tickets.reply(ticket, "Which one?")
    assert legible(court(office), ticket) == ["open", "take", "reply", "message"]


@pytest.mark.parametrize("who", ["agent", "stranger", "other_customer", "certifier"])
def test_who_is_not_in_office_opens_nothing(office: SealedOffice, who: str) -> None:
    ticket = busy(office)
    office.supervisor.records.grant(ticket, COURT)
    for use in (office.of(who).records.grant, office.of(who).records.revoke):
        with pytest.raises(InvalidArgument, match=r"cannot open ticket .* to others: its customer can"):
            use(ticket, COURT)
    assert legible(court(office), ticket) == ALL
    # Nor by writing into the log what nobody asked him.
    forged = Reader("forged", ReadingKey.new().public)
    details: dict[str, Any] = {"ticket": ticket.id, "name": forged.name, "key": "0x" + forged.key.hex()}
    drive(append(office.of(who)._core, "grant", **details))
    result = office.agent.tickets.reply(ticket, "Which one?")
    content = office.desk.archive.store.get(result.acts[0].entry)
    assert who_reads(content, [forged, COURT]) == [COURT]


def test_a_grant_ends_with_the_office_of_who_gave_it(office: SealedOffice, monkeypatch: Any) -> None:
    ticket = busy(office)
    office.supervisor.records.grant(ticket, COURT)
    monkeypatch.setattr(grants, "FRESH", 0)
    admin = office.desk.using(account(0))
    admin.send("DeskAccess", "revokeRole", int(Role.SUPERVISOR), office.supervisor.sender.address)
    held = [
        role
        for role in OFFICES
        if admin.read("DeskAccess", "hasRole", role, office.supervisor.sender.address)[0]
    ]
    for role in held:
        admin.send("DeskAccess", "revokeRole", role, office.supervisor.sender.address)
    entry = office.agent.tickets.reply(ticket, "Which one?").acts[0].entry
    with pytest.raises(ContentSealed):
        court(office).records.read(entry)
    assert drive(standing(office.agent._core)) == {}
    # Somebody in office gives it again.
    office.customer.records.grant(ticket, COURT)
    assert court(office).records.read(entry).body == "Which one?"
    assert len(drive(standing(office.agent._core))[ticket.id]) == 1


def test_the_offices_are_those_of_the_table() -> None:
    assert OFFICES == (Role.ADMIN, Role.SUPERVISOR, Role.KEYS_EDITOR)


def test_an_entry_that_nobody_signed_grants_nothing(office: SealedOffice) -> None:
    from tests.privacy.test_access_log import change

    ticket = busy(office)
    office.supervisor.records.grant(ticket, COURT)
    change(office, 4, signature="0x" + 65 * "11")
    agent = office.connected(office.agent.sender, office.desk.archive.store, "agent")
    assert drive(standing(agent._core)) == {}


@pytest.mark.parametrize(
    "details",
    [
        {"key": "0x" + bytes(32).hex()},
        {"key": "0x12"},
        {"key": None},
        {"name": 1},
        {"kinds": "open"},
        {"kinds": [1, "no kind"]},
        {"ticket": 1},
    ],
)
def test_a_grant_that_cannot_be_meant_is_none(office: SealedOffice, details: dict[str, Any]) -> None:
    ticket = busy(office)
    said = {"ticket": ticket.id, "name": "court", "key": "0x" + KEY.public.hex(), **details}
    drive(append(office.supervisor._core, "grant", **said))
    assert [each for each in drive(standing(office.agent._core)).get(ticket.id, ()) if each.kinds] == []
    office.agent.tickets.reply(ticket, "Which one?")
    assert legible(court(office), ticket) == []


def test_readers_that_cannot_be_meant_are_refused(office: SealedOffice) -> None:
    ticket = busy(office)
    with pytest.raises(InvalidKey):
        Reader("court", bytes(32))
    with pytest.raises(InvalidArgument, match="was never opened to court"):
        office.supervisor.records.revoke(ticket, COURT)
    with pytest.raises(InvalidArgument, match="no address"):
        office.supervisor.records.grant(ticket, "court")
    with pytest.raises(UnknownTicket):
        office.supervisor.records.grant("0x" + 64 * "1", COURT)
    assert len(office.supervisor.records.access()) == 3


def test_a_role_is_not_taken_out_by_a_revocation(office: SealedOffice) -> None:
    ticket = busy(office)
    role = next(role for role in office.supervisor.keys.roles() if role.name == "agents")
    office.supervisor.records.grant(ticket, role.reader)
    office.supervisor.records.revoke(ticket, role.reader)
    key = drive(office.supervisor._core.records.origin(ticket.id)).reply_key
    assert key is not None
    office.supervisor.records.grant(ticket, Reader("the customer", key))
    office.supervisor.records.revoke(ticket, Reader("the customer", key))
    assert legible(office.agent, ticket) == ALL
    assert legible(office.customer, ticket) == ["open", "take", "message"]


def test_another_tickets_record_is_not_opened(office: SealedOffice) -> None:
    """Entries are public: an act, or a ticket, may name another one's."""
    victim = busy(office)
    entry = office.desk.tickets.acts(victim)[0].entry
    attacker = office.other_customer
    first = attacker.tickets.open(lane=office.lane, content="Mine")
    attacker.send("TicketDesk", "move", first.id, first.status, entry, first.acts)
    attacker.send("TicketDesk", "open", office.deployment.lane(office.lane), entry)
    second = attacker.tickets.all(customer=attacker.sender.address)[0]
    assert office.desk.tickets.acts(second.id)[0].entry == entry
    for ticket in (first, second):
        office.supervisor.records.grant(ticket.id, COURT)
        office.supervisor.records.rewrap(ticket.id)
    with pytest.raises(ContentSealed):
        court(office).records.read(entry)
    assert legible(court(office), victim) == []
    assert office.supervisor.records.grant(victim, COURT).records == 4


def test_who_has_no_keyring_opens_nothing(office: SealedOffice) -> None:
    ticket = busy(office)
    bare = office.supervisor.using(office.supervisor.sender.account)
    with pytest.raises(ConfigurationError, match="without keyring="):
        bare.records.grant(ticket, COURT)
    assert len(office.supervisor.records.access()) == 3


# ------------------------------------------------------------------------------------------ who is killed


@pytest.fixture
def kept(office: SealedOffice, tmp_path: Path) -> Iterator[SealedOffice]:
    """An office whose store outlives a process."""
    store = office.desk.archive.store
    office.stand_in(tmp_path / "records")
    yield office
    office.stand_on(store)


def of(office: SealedOffice, steps: Steps) -> Desk:
    """The supervisor's desk in a process of its own."""
    return Desk(
        office.chain.url,
        office.deployment,
        sender=Sender(office.chain.url, account(3)),
        store=Killing(office.desk.archive.store, steps),
        keyring=keyring("supervisor"),
    )


def test_who_is_killed_while_he_opens_or_closes_a_ticket_calls_again(kept: SealedOffice) -> None:
    ticket = busy(kept)
    at, is_over = 0, False
    while not is_over:
        at += 1
        assert at < 100
        is_over = not killed(at, lambda steps: of(kept, steps).records.grant(ticket, COURT))
        for who in (kept.agent, kept.customer):
            assert legible(who, ticket) == (ALL if who is kept.agent else ["open", "take", "message"])
        kept.supervisor.records.grant(ticket, COURT)
        assert legible(court(kept), ticket) == ALL
        killed(at, lambda steps: of(kept, steps).records.revoke(ticket, COURT))
        kept.supervisor.records.revoke(ticket, COURT)
        assert legible(court(kept), ticket) == []
        actions = [access.action for access in kept.supervisor.records.check_access()[3:]]
        assert actions == at * ["grant", "revoke"]
    assert at > 12
    queue = kept.desk.archive.store.shelf("queue")
    assert {access.link for access in kept.supervisor.records.access()} <= set(queue)


def test_values_are_plain() -> None:
    assert "key" not in repr(Grant("0x", COURT, frozenset(), 1, "0x", None))  # type: ignore[arg-type]  # not looked at
    assert "secret" not in repr(Message(1, "0x", None))
