"""What others than its people write into a desk's store and log: it tells nothing, and stops nobody."""

from __future__ import annotations

from typing import Any

import pytest

from proofdesk import Desk
from proofdesk._models import Ticket
from proofdesk._records import Opening, commit, compose
from proofdesk._shell import drive
from proofdesk._words import to_hex
from proofdesk.ops.roles import Role
from proofdesk.privacy.access_entry import SHELF, AccessEntry, AccessLogBroken, key_of
from proofdesk.privacy.access_log import append
from proofdesk.privacy.erasing import Ground
from proofdesk.privacy.keys import Reader, ReadingKey, Scope
from proofdesk.privacy.members import give
from proofdesk.privacy.numbered import Row
from proofdesk.privacy.sealed import who_reads
from proofdesk.privacy.shares import SHARES, shares_in
from tests.client.office import account
from tests.privacy.office import SealedOffice

COURT = Reader("court", ReadingKey.new().public)


def forge(office: SealedOffice, by: str, **data: Any) -> None:
    """Put an entry at the log's end in somebody's name, which he did not sign."""
    opening = commit(compose({"data": data}, kind="access", author=by))
    drive(office.stranger._core.keep(opening))
    scope = Scope.of(office.deployment)
    row = Row(office.desk.archive.store.shelf(SHELF), key_of)
    last = AccessEntry.load(row.get(row.end()), scope, row.end())
    entry = AccessEntry(scope, last.number + 1, opening.entry, last.link, by, "0x" + 65 * "11")
    assert row.create(entry.number, entry.dump())


def again(office: SealedOffice, name: str) -> Desk:
    """Somebody's desk in a process of its own."""
    return office.connected(office.of(name).sender, office.desk.archive.store, name)


def appoint(office: SealedOffice, address: str, role: Role = Role.SUPERVISOR) -> None:
    office.desk.using(account(0)).send("DeskAccess", "grantRole", role, address, 0)


def dismiss(office: SealedOffice, address: str, role: Role = Role.SUPERVISOR) -> None:
    office.desk.using(account(0)).send("DeskAccess", "revokeRole", role, address)


def is_open_to_court(desk: Desk, ticket: Ticket, said: str = "Which one?") -> bool:
    """Whether what somebody writes now is sealed to the court."""
    opening: Opening = desk.prepare(said, kind="reply", ticket=ticket.id)
    return bool(who_reads(desk.archive.store.get(opening.entry), [COURT]))


def test_an_odd_entry_stops_neither_erasures_nor_who_asks_for_readers(office: SealedOffice) -> None:
    ticket = office.taken()
    drive(append(office.other_customer._core, "erase", erasure=[]))
    drive(append(office.other_customer._core, "create", role=[], version=1))
    entry = office.desk.tickets.acts(ticket)[0].entry
    assert len(office.supervisor.records.readers(entry).known) == 4
    office.supervisor.records.erase(ticket, ground=Ground.CONSENT_WITHDRAWN)
    logged = office.supervisor.records.access()[-1]
    assert (logged.action, logged.by) == ("erase", office.supervisor.sender.address)


def test_an_action_that_is_a_list_is_named_as_broken(office: SealedOffice) -> None:
    forge(office, office.stranger.sender.address, action=[])
    with pytest.raises(AccessLogBroken, match="entry 4 of the access log names a record that is none"):
        office.supervisor.records.access()


def test_a_listing_of_no_time_is_passed_over(office: SealedOffice) -> None:
    text = f'{{"format":"proofdesk-role/1","role":"agents","key":"{"0x" + 64 * "0"}","at":1e999}}'
    office.desk.archive.store.shelf("roles").put("0x" + 64 * "0", text.encode())
    ticket = office.opened("Where is my card?")
    assert again(office, "agent").tickets.history(ticket.id)[0].record is not None


def test_by_whose_hand_is_told_by_who_signed_first(office: SealedOffice) -> None:
    ticket = office.opened("Where is my card?")
    entry = office.desk.tickets.acts(ticket)[0].entry
    expected = office.supervisor.records.readers(entry)
    innocent = office.second_agent.sender.address
    forge(office, innocent, action="create", role="agents", version=1)
    assert again(office, "supervisor").records.readers(entry) == expected
    drive(append(office.other_customer._core, "create", role="agents", version=1))
    assert again(office, "supervisor").records.readers(entry) == expected


def test_a_leaving_that_somebody_else_logged_is_logged_again(office: SealedOffice) -> None:
    leaver = office.agent.sender.address
    forge(office, leaver, action="leave", certificates=[1, 2, 3], key=1)
    office.agent.records.leave()
    assert [each.by for each in office.supervisor.records.access() if each.action == "leave"] == 2 * [leaver]


def test_who_leaves_names_roles_whoever_shared_them(office: SealedOffice) -> None:
    dismiss(office, office.supervisor.sender.address, Role.KEYS_EDITOR)
    assert office.supervisor.keys.members("agents") == []
    assert office.agent.records.leave().roles == ("agents",)


def test_who_leaves_names_a_role_whose_key_he_has_though_his_share_is_gone(office: SealedOffice) -> None:
    assert len(list(office.agent.archive.codec.held())) == 2  # type: ignore[attr-defined]  # as a keyring's has
    office.supervisor.keys.unshare("agents", office.agent.sender.address)
    assert office.agent.records.leave().roles == ("agents",)


# --------------------------------------------------------------------------------------------------- grants


def test_anybodys_grant_takes_nothing_from_one_that_stands(office: SealedOffice) -> None:
    ticket = office.taken()
    office.supervisor.records.grant(ticket, COURT)
    key = to_hex(COURT.key)
    drive(append(office.other_customer._core, "grant", ticket=ticket.id, name="court", key=key))
    assert is_open_to_court(office.agent, ticket)
    # And it is closed with the other one.
    office.supervisor.records.revoke(ticket, COURT)
    assert not is_open_to_court(office.agent, ticket)


def test_what_was_revoked_does_not_stand_again_with_its_givers_office(office: SealedOffice) -> None:
    ticket, giver = office.taken(), office.second_supervisor
    appoint(office, giver.sender.address)
    giver.records.grant(ticket, COURT)
    dismiss(office, giver.sender.address)
    again(office, "supervisor").records.revoke(ticket, COURT)
    appoint(office, giver.sender.address)
    assert not is_open_to_court(again(office, "agent"), ticket)


def test_grants_by_nobodies_cost_a_writer_no_calls(office: SealedOffice) -> None:
    ticket = office.taken()
    for _ in range(3):
        key = to_hex(ReadingKey.new().public)
        drive(append(office.other_customer._core, "grant", ticket=ticket.id, name="court", key=key))
    agent = again(office, "agent")
    asked, read = [], agent._core.read

    async def counted(*arguments: Any, **options: Any) -> Any:
        asked.append(arguments)
        return await read(*arguments, **options)

    agent._core.read = counted  # type: ignore[method-assign]  # as a node counts
    agent.prepare("Which one?", kind="reply", ticket=ticket.id)
    assert len([each for each in asked if each[1] == "hasRole"]) == 3
    asked.clear()
    agent.prepare("That one?", kind="reply", ticket=ticket.id)
    assert not asked


def test_who_was_refused_is_admitted_as_soon_as_he_is_in_office(office: SealedOffice) -> None:
    ticket, who = office.taken(), office.second_supervisor
    with pytest.raises(ValueError, match="cannot open ticket"):
        who.records.grant(ticket, COURT)
    appoint(office, who.sender.address)
    assert who.records.grant(ticket, COURT).records == 2


# ------------------------------------------------------------------------------------------- what comes late


def test_a_log_that_was_sealed_is_read_with_a_key_that_comes_later(office: SealedOffice) -> None:
    ticket, late = office.taken(), office.stranger
    office.supervisor.records.grant(ticket, COURT)
    late.keys.publish()
    assert {each.action for each in late.records.access()} == {None}
    role = next(each for each in office.agent.keys.roles() if each.name == "agents")
    codec: Any = office.agent.archive.codec
    own = Reader(late.sender.address, late.keyring.own[0].public)  # type: ignore[union-attr]  # he has one
    drive(give(office.supervisor._core, "agents", codec.holder_of(role.key), [own]))
    late.archive.codec._not_before = 0.0  # type: ignore[attr-defined]  # as a moment later
    assert is_open_to_court(late, ticket)


def test_a_revocation_counts_though_its_readers_share_came_late(office: SealedOffice) -> None:
    ticket, agent, shelf = office.taken(), again(office, "agent"), office.desk.archive.store.shelf(SHARES)
    office.supervisor.records.grant(ticket, COURT)
    assert is_open_to_court(agent, ticket)
    office.supervisor.keys.rotate("agents")
    shares = {place: shelf.get(place) for place in list(shelf)}
    for place in shares:
        shelf.delete(place)
    office.supervisor.records.revoke(ticket, COURT)
    assert agent.records.access()[-1].action is None
    for place, content in shares.items():
        shelf.put(place, content)
    agent.archive.codec._not_before = 0.0  # type: ignore[attr-defined]  # as a moment later
    assert not is_open_to_court(agent, ticket)


def test_a_share_that_was_taken_back_is_none_though_it_lies_there_again(office: SealedOffice) -> None:
    store, out = office.desk.archive.store, office.agent.sender.address
    shelf, shares = store.shelf(SHARES), list(shares_in(store))
    office.supervisor.keys.unshare("agents", out)
    for share in shares:
        shelf.put(share.place, share.dump())
    assert out not in [member.address for member in office.supervisor.keys.members("agents")]
    assert out not in office.supervisor.keys.rotate("agents").members
    # Shared again he is one again.
    appoint(office, office.second_agent.sender.address, Role.KEYS_EDITOR)
    office.second_agent.keys.share("agents", out)
    assert out in [member.address for member in office.supervisor.keys.members("agents")]
