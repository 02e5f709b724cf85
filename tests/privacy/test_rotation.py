"""A role's key leaked: another one is made, everything is re-wrapped, and the old one opens nothing more."""

from __future__ import annotations

import doctest
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from proofdesk import (
    ConfigurationError,
    Desk,
    FolderStore,
    InvalidArgument,
    MemoryStore,
    Ticket,
)
from proofdesk._errors import ContentSealed
from proofdesk._records import commit, compose
from proofdesk._shell import drive
from proofdesk._store import ClearCodec, Store
from proofdesk._words import to_hex
from proofdesk.ops import rewrapping
from proofdesk.ops.rewrapping import Pass, rewrap_all
from proofdesk.privacy.access_log import append
from proofdesk.privacy.erasing import bury, replace
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.keys import Reader, ReadingKey
from proofdesk.privacy.roles import ALL
from proofdesk.privacy.sealed import who_reads
from proofdesk.privacy.shares import drop_key, listed_in, shares_in
from tests.privacy.office import SealedOffice, keyring

LATER = timedelta(minutes=2)
"""So long after a rotation nobody seals to the older key any more."""


@pytest.fixture
def office(office: SealedOffice) -> SealedOffice:
    """An office whose first entries in the log are sealed to the roles that were made after them, too."""
    rewrap_all(office.supervisor)
    return office


def thief(office: SealedOffice, role: str = "agents") -> Desk:
    """Who stole a role's key, and reads whatever the store has."""
    codec: Any = office.of({"agents": "agent", "auditors": "auditor"}[role])._core.archive.codec
    now = next(each for each in office.desk.keys.roles() if each.name == role)
    stolen = codec.holder_of(now.key)
    return Desk(
        office.w3, office.deployment, store=_bare(office.desk.archive.store), keyring=Keyring([stolen])
    )


def _bare(store: Store) -> Store:
    """A store as it is, but for its shelves."""

    class Bare(MemoryStore):
        def get(self, entry: str) -> bytes:
            return store.get(entry)

        def __iter__(self) -> Any:
            return iter(store)

    return Bare()


def read(desk: Desk) -> set[str]:
    """The entries that somebody reads, of all that the store has."""
    found = set()
    for entry in desk.archive.store:
        try:
            desk.archive.read(entry)
        except ContentSealed:
            continue
        found.add(entry)
    return found


def busy(office: SealedOffice, count: int = 5) -> Ticket:
    """A ticket with so many notes and as many replies."""
    ticket = office.taken()
    for number in range(count):
        office.agent.tickets.note(ticket.id, f"Note {number}")
        office.customer.tickets.reply(ticket.id, f"Reply {number}")
    return ticket


def rotated(office: SealedOffice, role: str = "agents") -> None:
    """Give a role another key, leaving out the second agent."""
    without = [office.address("second_agent")] if role == "agents" else []
    office.supervisor.keys.rotate(role, without=without)


def test_after_a_leak_the_old_key_opens_nothing(office: SealedOffice) -> None:
    ticket, stolen = busy(office), thief(office)
    before = {name: read(office.of(name)) for name in ("customer", "agent", "supervisor", "auditor")}
    leaked = read(stolen)
    assert len(leaked) == 16  # a ticket's, and what the log says of how the office was founded
    rotated(office)
    assert read(stolen) == leaked
    done = rewrap_all(office.supervisor)
    assert (done.rewrapped, done.unreadable) == (16, 0)
    assert read(stolen) == set()
    for name, entries in before.items():
        fresh = office.connected(office.of(name).sender, office.desk.archive.store, name)
        assert entries <= read(fresh), name
    assert office.supervisor.tickets.verify(ticket).acts == 12


def test_a_pass_that_was_made_is_only_looked_at(office: SealedOffice) -> None:
    busy(office)
    rotated(office)
    first = rewrap_all(office.supervisor)
    contents = {entry: office.desk.archive.store.get(entry) for entry in office.desk.archive.store}
    second = rewrap_all(office.supervisor)
    assert (second.rewrapped, second.unreadable) == (0, 0)
    assert second.total == first.total + 1  # what the log says of the first
    assert all(office.desk.archive.store.get(entry) == content for entry, content in contents.items())


def test_shares_of_the_old_key_go_when_no_record_needs_them(office: SealedOffice) -> None:
    busy(office)
    rotated(office)
    old, new = (each.key or b"" for each in office.desk.keys.versions("agents"))

    def shared() -> set[bytes]:
        return {share.key for share in shares_in(office.desk.archive.store)}

    # The first pass meets the old key everywhere, the second comes too early for writers who remember it.
    assert rewrap_all(office.supervisor).retired == rewrap_all(office.supervisor).retired == ()
    assert {old, new} <= shared()
    office.pass_time(LATER)
    assert rewrap_all(office.supervisor).retired == ("agents v1",)
    assert old not in shared()
    assert new in shared()
    assert old not in {listed.key for listed in listed_in(office.desk.archive.store)}
    assert rewrap_all(office.supervisor).retired == ()


def test_a_pass_that_still_met_the_old_key_leaves_its_shares(office: SealedOffice) -> None:
    busy(office)
    rotated(office)
    office.pass_time(LATER)
    assert rewrap_all(office.supervisor).retired == ()
    assert rewrap_all(office.supervisor).retired == ("agents v1",)


def test_a_record_that_cannot_be_opened_is_named_and_keeps_its_way(office: SealedOffice) -> None:
    ticket = office.opened()
    rotated(office)
    office.pass_time(LATER)
    # Agents alone read it, and who re-wraps is none.
    opening = office.agent.prepare("Among us.", kind="note", ticket=ticket.id)
    store = office.desk.archive.store
    content = _sealed_to(office, opening, [office.desk.keys.versions("agents")[0].reader])
    store.put(opening.entry, content)
    for _ in range(2):
        done = rewrap_all(office.supervisor)
        assert [each.entry for each in done.named] == [opening.entry]
        assert done.named[0].problem == "no key at hand opens it"
        assert done.unreadable == 1
        assert done.retired == ()
    assert store.get(opening.entry) == content
    assert opening.entry in read(office.agent)


def test_what_is_damaged_is_named_and_the_rest_is_done(office: SealedOffice) -> None:
    busy(office)
    store = office.desk.archive.store
    one, two, three, *_ = sorted(read(office.customer))
    store.put(one, store.get(one)[:-20])
    store.put(two, store.get(three))
    rotated(office)
    done = rewrap_all(office.supervisor)
    assert {each.entry for each in done.named} == {one, two}
    assert "is another entry's" in {each.problem for each in done.named}
    assert done.rewrapped == 14


def test_what_a_role_reads_more_or_less_is_re_wrapped(office: SealedOffice) -> None:
    busy(office)
    everything = read(office.auditor)
    office.supervisor.keys.rotate("auditors", reads=["open", "reply"])
    rewrap_all(office.supervisor)
    store = office.desk.archive.store
    fresh = office.connected(office.auditor.sender, store, "auditor")
    kinds = {fresh.archive.read(entry).record.kind for entry in read(fresh)}
    assert kinds == {"open", "reply"}
    office.supervisor.keys.rotate("auditors", reads=ALL)
    rewrap_all(office.supervisor)
    assert everything <= read(office.connected(office.auditor.sender, store, "auditor"))


def test_a_new_role_reads_what_was_written_before_it(office: SealedOffice) -> None:
    busy(office)
    office.stranger.keys.publish()
    assert not read(office.stranger)
    office.supervisor.keys.create_role("court", ["open"], [office.address("stranger")])
    assert rewrap_all(office.supervisor).rewrapped == 1
    assert len(read(office.connected(office.stranger.sender, office.desk.archive.store, "stranger"))) == 1


def test_one_role_alone_is_re_wrapped(office: SealedOffice) -> None:
    busy(office)
    agents, auditors = thief(office), thief(office, "auditors")
    rotated(office)
    rotated(office, "auditors")
    rewrap_all(office.supervisor, role="agents")
    assert not read(agents)
    assert len(read(auditors)) >= 15
    with pytest.raises(InvalidArgument, match="never was a role court"):
        rewrap_all(office.supervisor, role="court")
    with pytest.raises(InvalidArgument, match="1 to 32"):
        rewrap_all(office.supervisor, role="Court")


def test_persons_are_added_and_taken_as_the_log_has_them(office: SealedOffice) -> None:
    ticket, court = busy(office), ReadingKey.new()
    store = office.desk.archive.store
    desk = Desk(office.w3, office.deployment, store=store, keyring=Keyring([court]))
    reader = Reader("court", court.public)
    untouched = {entry: store.get(entry) for entry in store}
    office.supervisor.records.grant(ticket, reader)
    granted = read(desk)
    assert len(granted) == 12
    # What a re-wrap that came in between would leave behind.
    for entry in granted:
        store.put(entry, untouched[entry])
    assert rewrap_all(office.supervisor).rewrapped == 12
    assert read(desk) == granted
    with_court = {entry: store.get(entry) for entry in granted}
    office.supervisor.records.revoke(ticket, reader)
    for entry, content in with_court.items():
        store.put(entry, content)
    assert rewrap_all(office.supervisor).rewrapped == 12
    assert read(desk) == set()


def test_nobody_gets_another_tickets_record_by_naming_its_entry(office: SealedOffice) -> None:
    """Entries are public: somebody opens a ticket of his own with another's, and has it opened to himself."""
    victim = office.opened("In confidence")
    entry = office.customer.tickets.acts(victim)[0].entry
    office.stranger.send("TicketDesk", "open", office.desk.lanes.number(office.lane), entry)
    own = next(
        each.ticket_id
        for each in office.desk.tickets.acts()
        if each.entry == entry and each.ticket_id != victim.id
    )
    office.supervisor.records.grant(own, Reader("Mallory", keyring("stranger").own[0].public))
    rewrap_all(office.supervisor)
    assert entry not in read(office.stranger)


def test_the_log_tells_of_a_pass_that_changed_something(office: SealedOffice) -> None:
    busy(office)
    entries = len(office.supervisor.records.access())
    rewrap_all(office.supervisor)
    assert len(office.supervisor.records.access()) == entries
    rotated(office)
    done = rewrap_all(office.supervisor)
    last = office.supervisor.records.access()[-1]
    assert (last.action, last.by) == ("rewrap", office.address("supervisor"))
    assert last.details["rewrapped"] == done.rewrapped
    assert str(done) == "16 re-wrapped, 3 unchanged, 0 unreadable"


def test_the_example(office: SealedOffice) -> None:
    # Of all that the fixture did only the log's own entry is new, and that is sealed as it should be.
    results = doctest.testmod(rewrapping, extraglobs={"supervisor": office.supervisor})
    assert (results.failed, results.attempted) == (0, 2)


def test_progress_counts_to_the_end(office: SealedOffice) -> None:
    busy(office, 80)
    told: list[tuple[int, int]] = []
    done = rewrap_all(office.supervisor, progress=lambda *each: told.append(each), threads=3)
    assert told[-1] == (done.total, done.total)
    assert sorted(told) == told
    assert len(told) > 2


def test_processes_do_the_same_as_threads(office: SealedOffice, tmp_path: Path) -> None:
    office.stand_in(tmp_path / "store")
    busy(office, 40)
    stolen = thief(office)
    leaked = read(stolen)
    rotated(office)
    done = rewrap_all(office.supervisor, processes=2)
    assert (done.rewrapped, done.unreadable) == (len(leaked), 0)
    assert not read(stolen)
    assert len(read(office.supervisor)) == done.total + 1


def test_a_store_in_memory_is_nothing_to_processes(office: SealedOffice) -> None:
    with pytest.raises(ConfigurationError, match="leave out processes="):
        rewrap_all(office.supervisor, processes=2)


def test_a_pass_needs_a_keyring_and_hands(office: SealedOffice) -> None:
    with pytest.raises(ConfigurationError, match="keyring="):
        rewrap_all(office.intake)
    with pytest.raises(InvalidArgument, match="0 threads"):
        rewrap_all(office.supervisor, threads=0)


def test_a_key_that_is_shared_to_nobody_takes_no_others_place(office: SealedOffice) -> None:
    """As another tool would publish one, or a store that lost its shares."""
    busy(office)
    rotated(office)
    now = office.desk.keys.roles()[0]
    assert now.key is not None
    drop_key(office.desk.archive.store, "agents", now.key)
    with pytest.raises(ConfigurationError, match="agents v2 is shared to nobody"):
        rewrap_all(office.supervisor)
    assert len(read(office.agent)) >= 15


def test_a_retired_roles_wraps_go(office: SealedOffice) -> None:
    busy(office)
    stolen = thief(office)
    office.supervisor.send(
        "KeyRegistry", "publishRole", "0x" + b"agents".ljust(32, b"\0").hex(), bytes(32), 0
    )
    rewrap_all(office.supervisor)
    assert not read(stolen)


def test_a_key_that_the_registry_does_not_name_stays(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node may be days behind, in its state as in its logs: what it does not know is the newest key."""
    busy(office)
    core: Any = office.supervisor._core.keys
    logs, before = core._logs, drive(core.roles())
    now = time.time()
    with monkeypatch.context() as patched:
        patched.setattr("proofdesk.privacy.shares.time.time", lambda: now - 200_000)
        new = office.supervisor.keys.rotate("agents").role

    async def behind() -> Any:
        return before

    async def fewer(topics: Any) -> Any:
        return [each for each in await logs(topics) if each.arguments["version"] == 1]

    office.pass_time(timedelta(days=3))
    with monkeypatch.context() as patched:
        patched.setattr(core, "roles", behind)
        patched.setattr(core, "_logs", fewer)
        for _ in range(2):
            assert rewrap_all(office.supervisor).retired == ()
    assert new.key in {share.key for share in shares_in(office.desk.archive.store)}


def test_what_is_in_the_clear_is_counted(office: SealedOffice) -> None:
    """From the time before the desk's records were sealed."""
    opening = commit(compose("Old words", kind="open", author="Ann"))
    office.desk.archive.store.put(opening.entry, ClearCodec().encode(opening))
    done = rewrap_all(office.supervisor)
    assert (done.clear, done.total) == (1, len(list(office.desk.archive.store)))
    assert str(done) == f"0 re-wrapped, {done.unchanged} unchanged, 0 unreadable, 1 in the clear"


def test_of_many_unreadable_records_some_are_named(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(office)
    monkeypatch.setattr("proofdesk.ops._resealing.NAMED", 2)
    store = office.desk.archive.store
    for entry in sorted(read(office.customer))[:3]:
        store.put(entry, store.get(entry)[:-20])
    done = rewrap_all(office.supervisor)
    assert (done.unreadable, len(done.named)) == (3, 2)


def test_a_customer_whose_key_was_granted_and_revoked_stays_a_reader(office: SealedOffice) -> None:
    ticket = busy(office)
    before = read(office.customer)
    himself = Reader("Ann", keyring("customer").own[0].public)
    office.supervisor.records.grant(ticket, himself)
    office.supervisor.records.revoke(ticket, himself)
    rewrap_all(office.supervisor)
    assert before <= read(office.customer)


@pytest.mark.parametrize("ticket", ["0x" + 64 * "7", "nonsense"])
def test_a_log_entry_of_no_ticket_stops_nobody(office: SealedOffice, ticket: str) -> None:
    key = to_hex(keyring("stranger").own[0].public)
    drive(append(office.stranger._core, "grant", ticket=ticket, name="Mallory", key=key))
    assert rewrap_all(office.supervisor).unreadable == 0


def test_an_older_key_that_nobody_could_seal_to_stops_nobody(office: SealedOffice) -> None:
    word, point = "0x" + b"court".ljust(32, b"\0").hex(), "0x" + b"\1".ljust(32, b"\0").hex()
    office.supervisor.send("KeyRegistry", "publishRole", word, point, 1)
    office.supervisor.send("KeyRegistry", "publishRole", word, bytes(32), 0)
    assert rewrap_all(office.supervisor).unreadable == 0


def test_the_last_reader_is_not_taken_away(office: SealedOffice) -> None:
    """Of a record that no role reads any more the wrap stays, or nobody could ever open it."""
    ticket = office.opened()
    opening = office.supervisor.prepare("Among us.", kind="note", ticket=ticket.id)
    now = office.desk.keys.versions("supervisors")[0]
    office.desk.archive.store.put(opening.entry, _sealed_to(office, opening, [now.reader]))
    for role in ("agents", "supervisors", "auditors"):
        office.supervisor.keys.rotate(role, reads=["open", "access"])
    done = rewrap_all(office.supervisor)
    assert [each.entry for each in done.named] == [opening.entry]
    assert opening.entry in read(office.supervisor)


def test_what_is_erased_meanwhile_stays_erased(office: SealedOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading a record and putting it back, somebody erases it."""
    busy(office)
    rotated(office)
    store, gone = office.desk.archive.store, "0x" + 64 * "e"
    entry = sorted(read(office.customer))[0]

    def slow(store: Store, each: str, content: bytes) -> bool:
        if each == entry:
            bury(store, entry, gone)
        return replace(store, each, content)

    monkeypatch.setattr("proofdesk.ops._resealing.replace", slow)
    rewrap_all(office.supervisor)
    assert b"erased" in store.get(entry)


def test_what_a_killed_pass_brought_back_is_erased_again(office: SealedOffice) -> None:
    busy(office)
    store = office.desk.archive.store
    entry = sorted(read(office.customer))[0]
    content = store.get(entry)
    bury(store, entry, "0x" + 64 * "e")
    tombstone = store.get(entry)
    # Killed between putting it and looking whether it was erased.
    store.put(entry, content)
    rewrap_all(office.supervisor)
    assert store.get(entry) == tombstone


def test_a_store_that_fails_ends_the_pass_and_the_next_goes_on(office: SealedOffice) -> None:
    busy(office)
    stolen = thief(office)
    rotated(office)
    store: Any = office.desk.archive.store
    puts, original = [], store.put

    def full(entry: str, content: bytes) -> None:
        puts.append(entry)
        if len(puts) == 7:
            raise OSError(28, "No space left on device")
        original(entry, content)

    store.put = full
    with pytest.raises(OSError, match="No space"):
        rewrap_all(office.supervisor, threads=1)
    del store.put
    assert len(read(office.supervisor)) >= 15
    rewrap_all(office.supervisor)
    assert not read(stolen)


def test_a_pass_may_be_killed_at_any_moment(
    office: SealedOffice, tmp_path: Path, seed: int, long_profile: bool
) -> None:
    """A child is killed before or after one of its steps in the store, again and again until one is done."""
    random = Random(seed)
    print(f"seed {seed}")
    for round_ in range(10 if long_profile else 2):
        with office.isolated():
            _killed_again_and_again(office, tmp_path / str(round_), random)


def _killed_again_and_again(office: SealedOffice, folder: Path, random: Random) -> None:
    office.stand_in(folder)
    busy(office, 12)
    stolen = thief(office)
    people = ("customer", "agent", "supervisor", "auditor")
    before = {name: read(office.of(name)) for name in people}
    rotated(office)
    kills = 0
    while True:
        step, is_after = random.randrange(1, 16), random.random() < 0.5
        status = _in_a_child(lambda: rewrap_all(_elsewhere(office), threads=2), step, is_after)
        for name, entries in before.items():
            assert entries <= read(
                office.connected(office.of(name).sender, office.desk.archive.store, name)
            ), name
        if status == 0:
            break
        assert status == signal.SIGKILL
        kills += 1
        assert kills < 40
    print(f"{kills} kills")
    assert not read(stolen)
    assert rewrap_all(office.supervisor).rewrapped == 0
    assert not list(folder.rglob("*.tmp"))


def _elsewhere(office: SealedOffice) -> Desk:
    """The supervisor's desk with lines and a store of its own, as another process has it."""
    desk: Any = office.supervisor
    store = FolderStore(
        desk.archive.store.path,
        chain_id=office.deployment.chain_id,
        desk=office.deployment.contract("TicketDesk").address,
        durable=False,
    )
    return Desk.connect(
        office.chain.url,
        account=desk.sender.account,
        deployment=office.deployment,
        store=store,
        keyring=keyring("supervisor"),
    )


def _in_a_child(run: Callable[[], Pass], step: int, is_after: bool) -> int:
    """Run in a child that is killed at a step of its store; returns the signal, 0 where it came to an end."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        left = [step]

        def counted(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any) -> Any:
                left[0] -= 1
                is_now = left[0] == 0
                if is_now and not is_after:
                    os.kill(os.getpid(), signal.SIGKILL)
                answer = original(*args)
                if is_now:
                    os.kill(os.getpid(), signal.SIGKILL)
                return answer

            return call

        for name in ("put", "delete", "create"):
            base: Any = FolderStore.__mro__[1]
            setattr(base, name, counted(getattr(base, name)))
        # Whoever replaces a file is killed between having written it and giving it its name, too.
        os.replace = counted(os.replace)
        run()
        os._exit(0)
    finally:
        os._exit(99)


def _sealed_to(office: SealedOffice, opening: Any, readers: list[Reader]) -> bytes:
    from proofdesk.privacy.keys import Scope
    from proofdesk.privacy.sealed import seal

    content = seal(opening, Scope.of(office.deployment), readers)
    assert len(who_reads(content, readers)) == len(readers)
    return content
