"""Who can read a record, since when and by whose hand; and who leaves."""

from __future__ import annotations

import asyncio
import doctest
from collections.abc import Iterator
from typing import Any

import pytest

from proofdesk import (
    AsyncDesk,
    ConfigurationError,
    ContentMissing,
    ContentTampered,
    InvalidArgument,
    Standing,
    Status,
)
from proofdesk._errors import ContentErased, ContentSealed
from proofdesk._records import commit, compose
from proofdesk._shell import drive
from proofdesk._store import ClearCodec
from proofdesk.privacy import destroying, grants, leaving, readership, resource, rewraps
from proofdesk.privacy.access_log import append
from proofdesk.privacy.erasing import Ground
from proofdesk.privacy.keys import Reader, ReadingKey
from proofdesk.privacy.readership import Readers
from proofdesk.privacy.resource import AsyncRecords, Records
from proofdesk.privacy.sealed import rewrap
from tests.client.office import Office
from tests.privacy.office import SealedOffice, keyring

COURT = ReadingKey.new()
ROLES = ["agents v1", "supervisors v1", "auditors v1"]


def names(readers: Readers) -> list[str]:
    return [reading.name for reading in readers.known]


def entries(office: SealedOffice, ticket: Any) -> list[str]:
    return [act.entry for act in office.desk.tickets.acts(ticket)]


# --------------------------------------------------------------------------------------------- who can read


def test_the_readers_of_each_kind(office: SealedOffice) -> None:
    ticket = office.taken()
    office.agent.tickets.note(ticket, "A note")
    message = office.customer.records.message(ticket, "Are you there?")
    expected = [[*ROLES, "customer"], [*ROLES, "customer"], ROLES, [*ROLES, "customer"]]
    for entry, known in zip([*entries(office, ticket), message.entry], expected, strict=True):
        assert names(office.agent.records.readers(entry)) == known
        assert office.agent.records.readers(entry).unknown == 0
    # By the log, since when and by whose hand.
    found = office.supervisor.records.readers(message.entry).known
    assert {reading.by for reading in found} == {office.supervisor.sender.address, None}
    created = {str(each.details["role"]): each.number for each in office.supervisor.records.access()}
    assert [reading.number for reading in found] == [*(created[name[:-3]] for name in ROLES), None]
    since = {role.reader.name: role.since for role in office.supervisor.keys.roles()}
    assert [reading.since for reading in found[:3]] == [since[name] for name in ROLES]
    for reading in found:
        assert reading.key.hex() not in repr(reading)


def test_a_grant_is_named_with_its_entry_in_the_log(office: SealedOffice) -> None:
    ticket = office.taken()
    office.supervisor.records.grant(ticket, Reader("court", COURT.public))
    entry = entries(office, ticket)[0]
    granted = office.auditor.records.readers(entry).known[-1]
    logged = office.auditor.records.access()[-1]
    assert (granted.name, granted.by, granted.since, granted.number) == (
        "court",
        office.supervisor.sender.address,
        logged.at,
        4,
    )
    office.supervisor.records.revoke(ticket, Reader("court", COURT.public))
    assert names(office.auditor.records.readers(entry)) == [*ROLES, "customer"]


def test_a_reader_whom_nothing_explains_is_counted(office: SealedOffice) -> None:
    ticket = office.taken()
    entry, store = entries(office, ticket)[0], office.desk.archive.store
    codec: Any = office.agent.archive.codec
    planted = [Reader("?", ReadingKey.new().public) for _ in range(2)]
    store.put(entry, rewrap(store.get(entry), codec.scope, codec.held(), add=planted))
    found = office.auditor.records.readers(entry)
    assert (names(found), found.unknown) == ([*ROLES, "customer"], 2)


def test_after_a_rotation_versions_are_told_apart(office: SealedOffice) -> None:
    ticket = office.taken()
    office.supervisor.keys.rotate("agents")
    entry = office.supervisor.prepare("Hello", kind="message", ticket=ticket.id).entry
    for each, name in ((entry, "agents v2"), (entries(office, ticket)[0], "agents v1")):
        found = office.supervisor.records.readers(each)
        assert name in names(found)
        assert found.unknown == 0
    number = next(each.number for each in office.supervisor.records.readers(entry).known if "v2" in each.name)
    assert number is not None
    assert office.supervisor.records.access()[number - 1].action == "rotate"


def test_who_cannot_open_a_record_sees_whom_he_knows(office: SealedOffice) -> None:
    ticket = office.taken()
    found = office.stranger.records.readers(entries(office, ticket)[0])
    # Decoys are not told from readers, and the customer's key stands in what is sealed.
    assert (names(found), found.unknown) == (ROLES, None)


def test_what_has_no_readers(office: SealedOffice) -> None:
    ticket = office.taken()
    for entry, error in (("0x" + 64 * "1", ContentMissing), ("entry", InvalidArgument)):
        with pytest.raises(error):
            office.agent.records.readers(entry)
    opening = commit(compose("In the clear", kind="open", author="Ann"))
    office.desk.archive.store.put(opening.entry, ClearCodec().encode(opening))
    with pytest.raises(InvalidArgument, match="kept in the clear: whoever reaches the store reads it"):
        office.agent.records.readers(opening.entry)
    entry = entries(office, ticket)[0]
    office.supervisor.records.erase(entry, ground=Ground.UNLAWFUL)
    with pytest.raises(ContentErased):
        office.agent.records.readers(entry)


def test_a_record_is_read_by_its_entry(office: SealedOffice) -> None:
    entry = entries(office, office.opened("Where is my parcel?"))[0]
    for who in (office.customer, office.agent, office.auditor):
        assert who.records.read(entry).body == "Where is my parcel?"
    with pytest.raises(ContentSealed):
        office.stranger.records.read(entry)
    store = office.desk.archive.store
    store.put(entry, store.get(entry).replace(b'"nonce":"', b'"nonce":"A'))
    with pytest.raises(ContentTampered):
        office.agent.records.read(entry)


# ----------------------------------------------------------------------------------------------- who leaves


def test_an_agent_leaves_and_what_he_did_verifies(office: SealedOffice) -> None:
    ticket = office.taken()
    office.agent.tickets.move(ticket, Status.RESOLVED, "It is on its way.")
    left = office.agent.records.leave()
    assert (left.certificates, left.key, left.roles) == ((1,), 1, ("agents",))
    assert office.desk.certification.get(1).standing is Standing.RESIGNED
    key = office.desk.keys.of(office.agent.sender.address)
    assert key is not None
    assert key.key is None
    logged = office.supervisor.records.check_access()[-1]
    assert (logged.action, logged.by) == ("leave", office.agent.sender.address)
    assert logged.details == {"certificates": [1], "key": 1, "roles": ["agents"]}
    verified = office.supervisor.tickets.verify(ticket.id)
    assert (verified.acts, verified.records) == (3, 3)
    with pytest.raises(InvalidArgument, match="has retired its reading key"):
        office.supervisor.keys.share("agents", office.agent.sender.address)
    # Whoever rotates takes him out: what is written then he cannot read.
    office.supervisor.keys.rotate("agents", without=[office.agent.sender.address])
    customer = office.connected(office.customer.sender, office.desk.archive.store, "customer")
    entry = customer.tickets.reply(office.desk.tickets.get(ticket.id), "Thanks").acts[0].entry
    assert office.second_agent.records.read(entry).body == "Thanks"
    with pytest.raises(ContentSealed):
        office.agent.records.read(entry)


def test_who_has_left_leaves_nothing_more(office: SealedOffice) -> None:
    office.agent.records.leave()
    again = office.agent.records.leave()
    assert (again.certificates, again.key) == ((), None)
    assert [each.action for each in office.supervisor.records.access()[3:]] == ["leave"]
    nobody = office.stranger.records.leave()
    assert (nobody.certificates, nobody.key, nobody.roles) == ((), None, ())


def test_who_was_stopped_while_he_left_calls_again(office: SealedOffice) -> None:
    details: dict[str, Any] = {"certificates": [1], "key": 1, "roles": ["agents"]}
    drive(append(office.agent._core, "leave", **details))
    office.agent.certification.resign(1)
    left = office.agent.records.leave()
    assert (left.certificates, left.key) == ((), 1)
    assert [each.action for each in office.supervisor.records.access()[3:]] == ["leave"]
    # Who comes again with another key leaves again.
    office.agent.keys.publish()
    office.agent.records.leave()
    assert [each.action for each in office.supervisor.records.access()[3:]] == ["leave", "leave"]


# -------------------------------------------------------------------------------------------- what is shown


def _examples() -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for module in (destroying, grants, leaving, readership, resource, rewraps):
        yield from (test for test in finder.find(module) if test.examples)


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(office: SealedOffice, test: doctest.DocTest) -> None:
    ticket = office.taken()
    # What happened before, as the examples tell it.
    name = test.name.rpartition(".")[2]
    if name == "messages":
        office.customer.records.message(ticket, "Are you there?")
    if name in ("revoke", "access"):
        office.supervisor.records.grant(ticket, Reader("court", COURT.public))
    test.globs |= {"desk": office.customer, "agent": office.agent, "supervisor": office.supervisor}
    test.globs |= {"Ground": Ground, "Reader": Reader, "court": COURT, "ticket": ticket}
    test.globs |= {"entry": entries(office, ticket)[0]}
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_the_blocking_twin_has_every_method() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(AsyncRecords) - public(Records) == {"log", "grants", "origin"}
    assert not public(Records) - public(AsyncRecords)


# -------------------------------------------------------------------------------------------- other desks


def test_the_awaited_desk_does_the_same_many_at_a_time(office: SealedOffice) -> None:
    ticket = office.taken()
    court = Reader("court", COURT.public)

    async def program() -> list[str | None]:
        desk = await AsyncDesk.connect(
            office.chain.url,
            account=office.supervisor.sender.account,
            deployment=office.deployment,
            store=office.desk.archive.store,
            keyring=keyring("supervisor"),
        )
        async with desk:
            await asyncio.gather(*(desk.records.message(ticket, f"{number}") for number in range(10)))
            await asyncio.gather(*(desk.records.grant(ticket, court) for _ in range(3)))
            await asyncio.gather(*(append(desk, "rewrap", records=number) for number in range(5)))
            await desk.records.check_access()
            found = await desk.records.messages(ticket)
            await desk.records.erase(found[0].entry, ground=Ground.UNLAWFUL)
            return [message.record.body if message.record else None for message in found]

    said = asyncio.run(program())
    assert sorted(map(str, said)) == [str(number) for number in range(10)]
    messages = office.agent.records.messages(ticket)
    assert isinstance(messages[0].problem, ContentErased)
    assert [each.number for each in messages] == list(range(1, 11))
    actions = [each.action for each in office.supervisor.records.check_access()[3:]]
    assert set(actions) == {"grant", "rewrap", "erase"}
    assert actions.count("rewrap") == 5


def test_a_desk_whose_records_are_clear() -> None:
    with Office.started("anvil") as office:
        ticket = office.taken()
        office.customer.records.message(ticket, "Are you there?")
        seen = office.desk.tickets.get(ticket.id)
        office.agent.tickets.note(seen, "A note")
        supervisor = office.supervisor.records
        result = supervisor.erase(ticket.id, ground=Ground.NO_LONGER_NECESSARY)
        assert supervisor.erase(ticket.id, ground=Ground.NO_LONGER_NECESSARY) == result
        verified = office.customer.tickets.verify(ticket.id)
        assert (verified.erased, verified.records) == (3, 1)
        assert office.customer.records.messages(ticket) == []
        office.agent.records.message(ticket, "Another one")
        assert [each.action for each in supervisor.check_access()] == ["erase"]
        with pytest.raises(InvalidArgument, match="kept in the clear"):
            office.agent.records.readers(result.acts[0].entry)
        with pytest.raises(ConfigurationError):
            supervisor.grant(ticket, Reader("court", COURT.public))
