"""Who can read each record: strangers, missing readers, keys that read no more; and shares of keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from proofdesk import Desk
from proofdesk.ops.audit import Kind
from proofdesk.ops.rewrapping import rewrap_all
from proofdesk.privacy.keys import Reader, ReadingKey
from proofdesk.privacy.shares import SHARES, Membership, Share, shares_in
from proofdesk.signed.signers import signature_by
from tests.audit.business import Business
from tests.client.office import account
from tests.privacy.office import keyring

OUTSIDER = Reader("outsider", ReadingKey.new().public)


def test_a_strangers_wrap(business: Business) -> None:
    entry = business.entry(business.talk, 3)
    business.rewrapped(entry, add=[OUTSIDER])
    first = business.audit().first
    assert business.kinds() == {Kind.STRANGER: 1} and first is not None and entry in first.where
    assert OUTSIDER.key.hex() not in f"{first}"
    # Without a key that opens it nobody sees.
    assert business.kinds("stranger") == {}


def test_a_strangers_wrap_on_what_the_customer_wrote(business: Business) -> None:
    for entry in (business.entry(business.talk, 1), business.entry(business.talk, 4)):
        business.rewrapped(entry, add=[OUTSIDER])
    assert business.kinds() == {Kind.STRANGER: 2}


def test_a_note_that_the_customer_can_read(business: Business) -> None:
    customer = Reader("customer", keyring("customer").own[0].public)
    business.rewrapped(business.entry(business.talk, 5), add=[customer])
    assert business.kinds() == {Kind.STRANGER: 1}


def test_a_strangers_wrap_on_a_message_and_on_the_access_log(business: Business) -> None:
    business.rewrapped(business.office.agent.records.messages(business.talk)[1].entry, add=[OUTSIDER])
    business.rewrapped(business.office.supervisor.records.access()[-1].entry, add=[OUTSIDER])
    assert business.kinds("supervisor") == {Kind.STRANGER: 2}


def test_the_wrap_of_a_writer_who_reads_it_in_no_other_way(business: Business) -> None:
    office = business.office
    apart = Desk(office.w3, office.deployment, sender=office.customer.sender, store=business.store)
    other = Desk(
        *(office.w3, office.deployment),
        sender=office.other_customer.sender,
        store=business.store,
        keyring=keyring("stranger", 2),
    )
    apart.tickets.reply(business.talk.id, "from elsewhere")
    ticket = other.tickets.open(lane=office.lane, content="Where am I?")
    other.tickets.move(ticket, ticket.status, "Here.")
    assert business.kinds() == {}


def test_a_role_that_cannot_read(business: Business) -> None:
    business.rewrapped(business.entry(business.talk, 3), remove=[business.role("supervisors")])
    first = business.audit().first
    assert business.kinds() == {Kind.NO_READER: 1} and first is not None
    assert first.expected == "a wrap to supervisors v1"


def test_a_customer_who_cannot_read(business: Business) -> None:
    customer = Reader("customer", keyring("customer").own[0].public)
    business.rewrapped(business.entry(business.talk, 3), remove=[customer])
    first = business.audit().first
    assert business.kinds() == {Kind.NO_READER: 1} and first is not None
    assert first.expected == "a wrap to its customer"


def test_somebody_with_a_grant_who_cannot_read(business: Business) -> None:
    granted = Reader("granted", keyring("stranger").own[0].public)
    business.rewrapped(business.entry(business.granted, 3), remove=[granted])
    first = business.audit().first
    assert business.kinds() == {Kind.NO_READER: 1} and first is not None
    assert business.office.address("stranger") in first.expected and "access log" in first.expected


def test_a_customer_seals_to_nobody_whom_the_log_names(business: Business) -> None:
    office = business.office
    office.agent.tickets.reply(business.granted.id, "Which card?")
    office.customer.tickets.reply(business.granted.id, "The blue one.")
    assert business.kinds() == {}


def test_a_grant_that_was_revoked(business: Business) -> None:
    entry = business.entry(business.granted, 2)
    content = business.store.get(entry)
    business.office.supervisor.records.revoke(business.granted, business.office.address("stranger"))
    assert business.kinds() == {}
    business.store.put(entry, content)
    assert business.kinds() == {Kind.OLD_KEY: 1}


def test_a_customer_to_whom_notes_were_open_for_a_while(business: Business) -> None:
    supervisor, note = business.office.supervisor, business.entry(business.talk, 5)
    customer = Reader("customer", keyring("customer").own[0].public)
    supervisor.records.grant(business.talk, customer)
    content = business.store.get(note)
    assert business.kinds() == {}
    supervisor.records.revoke(business.talk, customer)
    assert business.kinds() == {}
    business.store.put(note, content)
    assert business.kinds() == {Kind.OLD_KEY: 1}


def test_a_grant_of_kinds_alone(business: Business) -> None:
    office, court = business.office, Reader("court", ReadingKey.new().public)
    office.supervisor.records.grant(business.talk, court, kinds=["reply"])
    assert business.kinds() == {}
    business.rewrapped(business.entry(business.talk, 5), add=[court])
    assert business.kinds() == {Kind.OLD_KEY: 1}


def test_a_role_that_was_rotated(business: Business) -> None:
    office = business.office
    before = business.audit().counts["opened"]
    office.supervisor.keys.rotate("agents")
    # For a while others seal to what they knew.
    assert business.kinds() == {}
    office.pass_time(timedelta(minutes=2))
    found = business.kinds()
    assert set(found) == {Kind.OLD_KEY} and found[Kind.OLD_KEY] > before / 2
    first = business.audit().first
    assert first is not None and first.found == "a wrap to agents v1" and "agents v2" in first.expected
    rewrap_all(office.supervisor)
    assert business.kinds() == {}


def test_a_role_that_reads_less_now_and_one_that_was_retired(business: Business) -> None:
    office = business.office
    office.supervisor.keys.rotate("agents", reads=["open", "reply", "message", "access", "take", "assign"])
    rewrap_all(office.supervisor)
    office.pass_time(timedelta(minutes=2))
    assert business.kinds() == {}
    business.rewrapped(business.entry(business.talk, 5), add=[business.role("agents")], by="supervisor")
    first = business.audit().first
    assert business.kinds() == {Kind.OLD_KEY: 1} and first is not None
    assert first.expected == "no wrap: role agents v2 reads no record of kind note"
    word = "0x" + b"agents".ljust(32, b"\0").hex()
    office.supervisor.send("KeyRegistry", "publishRole", word, "0x" + 64 * "0", 0)
    office.pass_time(timedelta(minutes=2))
    found = business.audit()
    assert set(found.kinds) == {Kind.OLD_KEY.value, Kind.SHARE.value} and found.first is not None
    assert "retired" in found.first.expected


def test_a_role_that_came_later_reads_nothing_that_was_before(business: Business) -> None:
    office = business.office
    office.supervisor.keys.create_role("court", ["open", "reply"], [office.address("auditor")])
    office.pass_time(timedelta(minutes=2))
    assert business.kinds() == {}
    # What is written from now on is for it.
    for desk in (office.agent, office.customer):
        desk._core.keys.forget()
    entry = business.entry(office.taken(), 1)
    assert business.kinds() == {}
    business.rewrapped(entry, remove=[business.role("court")])
    assert business.kinds() == {Kind.NO_READER: 1}


def test_a_share_that_was_taken_away_and_is_there_again(business: Business) -> None:
    office, shelf = business.office, business.store.shelf(SHARES)
    agent = office.address("second_agent")
    share = next(share for share in shares_in(business.store) if share.member == agent)
    office.supervisor.keys.unshare("agents", agent)
    assert business.kinds("agent") == {}
    shelf.put(share.place, share.dump())
    assert business.kinds("agent") == {Kind.SHARE: 1}
    found = business.audit("agent").first
    assert found is not None and agent in found.where and agent in found.found


def test_a_share_of_who_has_left(business: Business) -> None:
    office = business.office
    office.second_agent.records.leave()
    assert business.kinds() == {Kind.SHARE: 1}
    office.supervisor.keys.rotate("agents", without=[office.address("second_agent")])
    rewrap_all(office.supervisor)
    assert business.kinds() == {}


def test_a_share_that_somebody_made_himself(business: Business) -> None:
    shelf = business.store.shelf(SHARES)
    share = next(share for share in shares_in(business.store) if share.role == "auditors")
    own = account(15)
    forged = replace(share, member=own.address, reader=keyring("stranger").own[0].public, by=own.address)
    shelf.put(forged.place, forged.dump())
    assert business.kinds() == {Kind.SHARE: 1}
    shelf.put(forged.place, replace(forged, signature=signed(forged, business)).dump())
    found = business.audit()
    assert found.kinds == {Kind.SHARE.value: 1} and found.first is not None
    assert own.address in found.first.found and "KEYS_EDITOR" in found.first.expected


def test_a_members_share_that_nobody_signed(business: Business) -> None:
    share = next(share for share in shares_in(business.store) if share.role == "agents")
    business.store.shelf(SHARES).put(share.place, replace(share, signature=bytes(65)).dump())
    first = business.audit().first
    assert business.kinds() == {Kind.SHARE: 1} and first is not None
    assert first.expected.startswith("a signature of")


def test_a_share_of_an_older_key_stays_while_nobody_else_has_it(business: Business) -> None:
    office, shelf = business.office, business.store.shelf(SHARES)
    out, stays = office.address("auditor"), office.address("agent")
    office.supervisor.keys.create_role("court", ["open"], [out, stays])
    old = {share.member: share for share in shares_in(business.store) if share.role == "court"}
    office.supervisor.keys.rotate("court", without=[out])
    assert business.kinds() == {}
    shelf.put(old[out].place, old[out].dump())
    assert business.kinds() == {Kind.SHARE: 1}
    shelf.delete(old[stays].place)
    assert business.kinds() == {}


def test_what_is_no_share(business: Business) -> None:
    business.store.shelf(SHARES).put("0x" + 32 * "12", b"{}")
    assert business.kinds() == {Kind.SHARE: 1}


def signed(share: Share, business: Business) -> bytes:
    """The signature of whoever made a share for himself."""
    deployment = business.office.deployment
    registry = deployment.contract("KeyRegistry").address
    said = Membership(
        *(share.role, share.key, share.member, share.reader, share.by),
        deployment.chain_id,
        registry,
    )
    return signature_by(account(15), said)
