"""What is believed of tombstones and erasures, and what becomes of who is killed while he erases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from proofdesk import ContentMissing, Desk, Sender, Status
from proofdesk._errors import ContentErased, ContentSealed, IntegrityError
from proofdesk._history import Entry
from proofdesk._models import Act
from proofdesk._store import Store
from proofdesk.privacy.erasing import Erasure, bury, explained
from proofdesk.privacy.erasing import replace as put_again
from proofdesk.privacy.keys import Reader, ReadingKey
from proofdesk.privacy.sealed import rewrap
from tests.client.office import account
from tests.privacy.killing import Killing, Steps, killed, with_steps
from tests.privacy.office import SealedOffice, keyring
from tests.privacy.test_erasing import WISH, busy, erasure, is_tombstone, problems

# ---------------------------------------------------------------------------------------- what is believed


def test_a_tombstone_that_no_act_backs_is_no_erasure(office: SealedOffice) -> None:
    ticket, other = busy(office), office.opened("Another one")
    store = office.desk.archive.store
    entries = [act.entry for act in office.desk.tickets.acts(ticket)]
    foreign = office.supervisor.records.erase(other, ground=WISH).acts[0].entry
    own = office.supervisor.records.erase(entries[2], ground=WISH).acts[0].entry
    for named in ("0x" + 64 * "1", foreign, entries[2], own):
        bury(store, entries[1], named)
        store.shelf("erased").delete(entries[1])
        assert problems(office.supervisor, ticket)[1] is ContentMissing
        with pytest.raises(ContentMissing, match="but for a tombstone that no act of its ticket backs"):
            office.supervisor.tickets.verify(ticket.id)


def test_an_erasure_explains_what_is_missing(office: SealedOffice) -> None:
    ticket, store = busy(office), office.desk.archive.store
    office.supervisor.records.erase(ticket, ground=WISH)
    for act in office.desk.tickets.acts(ticket)[:3]:
        store.delete(act.entry)
    assert problems(office.agent, ticket) == [*3 * [ContentErased], None]


def acts(count: int) -> list[Act]:
    first = Act("0x" + 64 * "7", 1, 0, 1, Status.OPEN, 0, "0x" + 40 * "a", None, "0x", None, 1, "0x", 0)  # type: ignore[arg-type]  # not looked at
    return [replace(first, number=number, entry=f"0x{number:064x}") for number in range(1, count + 1)]


def gone(act: Act) -> Entry:
    return Entry(act, None, ContentMissing(act.entry, "memory"))


def test_an_erasure_covers_what_was_before_it() -> None:
    one, two, three, four = acts(4)
    whole = {"scope": "ticket", "acts": 2}
    cases: list[tuple[Entry, list[bool]]] = [
        (erasure(three, one.entry), [True, False, False]),
        (erasure(three, one.entry, **whole), [True, True, False]),
        # Nobody erases what is yet to come, or by another ticket's act.
        (erasure(three, four.entry), [False, False, False]),
        (erasure(three, one.entry, scope="ticket", acts=9), [True, True, False]),
        (erasure(three, two.entry, scope="ticket", acts=True), [False, True, False]),
        (erasure(three, one.entry, scope="ticket"), [True, False, False]),
        (erasure(three, one.entry, scope="all", acts=2), [True, False, False]),
        (erasure(replace(three, ticket_id="0x" + 64 * "8"), one.entry, **whole), [False, False, False]),
    ]
    for told, expected in cases:
        found = explained([gone(one), gone(two), told, gone(four)])
        assert [isinstance(entry.problem, ContentErased) for entry in found if entry is not told] == expected
        assert all(isinstance(entry.problem, IntegrityError) for entry in found if entry is not told)


def test_a_sealed_erasure_is_believed_of_its_own_ticket_and_of_what_was_before() -> None:
    one, two, three = acts(3)

    def told(sealed: Act) -> Entry:
        tombstone = Entry(two, None, ContentErased(two.entry, sealed.entry))
        return explained([tombstone, Entry(sealed, None, ContentSealed(sealed.entry))])[0]

    assert isinstance(told(three).problem, ContentErased)
    for sealed in (one, replace(three, ticket_id="0x" + 64 * "8")):
        assert isinstance(told(sealed).problem, ContentMissing)


def test_a_record_that_names_another_ticket_erases_nothing() -> None:
    one, two = acts(2)
    told = erasure(two, one.entry)
    assert told.record is not None
    assert Erasure.of(two, told.record) is not None
    assert Erasure.of(two, replace(told.record, ticket="0x" + 64 * "8")) is None
    assert Erasure.of(two, replace(told.record, kind="note")) is None


def test_a_rewrap_that_was_under_way_brings_nothing_back(office: SealedOffice) -> None:
    ticket, store = busy(office), office.desk.archive.store
    entry = office.desk.tickets.acts(ticket)[0].entry
    codec: Any = office.supervisor.archive.codec
    content = rewrap(
        store.get(entry), codec.scope, codec.held(), add=[Reader("court", ReadingKey.new().public)]
    )
    assert put_again(store, entry, content)
    act = office.supervisor.records.erase(ticket, ground=WISH).acts[0]
    assert not put_again(store, entry, content)
    assert is_tombstone(office, entry, act.entry)


class Meanwhile(Killing):
    """A store in which something happens before a content is deleted."""

    def __init__(self, store: Store, happens: Callable[[str], object]) -> None:
        super().__init__(store, Steps(0))
        self._happens = happens

    def delete(self, entry: str) -> None:
        self._happens(entry)
        super().delete(entry)


def test_a_message_that_comes_meanwhile_goes_too(office: SealedOffice) -> None:
    ticket, store = busy(office), office.desk.archive.store
    opening = office.desk.tickets.acts(ticket)[0].entry
    late: list[str] = []

    def happens(entry: str) -> None:
        if entry == opening:
            late.append(office.customer.records.message(ticket, "One more thing").entry)

    supervisor = office.connected(office.supervisor.sender, Meanwhile(store, happens), "supervisor")
    act = supervisor.records.erase(ticket, ground=WISH).acts[0]
    assert len(late) == 1
    assert is_tombstone(office, late[0], act.entry)


# ------------------------------------------------------------------------------------------- who is killed


@pytest.fixture
def kept(office: SealedOffice, tmp_path: Path) -> Iterator[SealedOffice]:
    """An office whose store outlives a process."""
    store = office.desk.archive.store
    office.stand_in(tmp_path / "records")
    yield office
    office.stand_on(store)


def of(office: SealedOffice, steps: Steps) -> Desk:
    """The supervisor's desk in a process of its own."""
    desk = Desk(
        office.chain.url,
        office.deployment,
        sender=Sender(office.chain.url, account(3)),
        store=Killing(office.desk.archive.store, steps),
        keyring=keyring("supervisor"),
    )
    return with_steps(desk, steps)


def erased(office: SealedOffice, target: str, steps: Steps) -> None:
    of(office, steps).records.erase(target, ground=WISH)


@pytest.mark.parametrize("is_whole", [True, False], ids=["ticket", "entry"])
def test_who_is_killed_while_he_erases_calls_again(kept: SealedOffice, is_whole: bool) -> None:
    at, is_over = 0, False
    while not is_over:
        at += 1
        assert at < 100
        ticket = busy(kept)
        entries = [act.entry for act in kept.desk.tickets.acts(ticket)]
        target = ticket.id if is_whole else entries[0]
        is_over = not killed(at, partial(erased, kept, target))
        # What is not erased yet reads as before; nothing is half gone.
        assert set(problems(kept.supervisor, ticket)) <= {None, ContentErased}
        kept.supervisor.tickets.verify(ticket.id)
        result = kept.supervisor.records.erase(target, ground=WISH)
        found = [act for act in kept.desk.tickets.acts(ticket) if act.number > 3]
        assert [act.entry for act in found] == [result.acts[0].entry]
        expected = [*3 * [ContentErased], None] if is_whole else [ContentErased, None, None, None]
        assert problems(kept.supervisor, ticket) == expected
        assert kept.customer.records.messages(ticket) == []
        erasures = [access.details["erasure"] for access in kept.supervisor.records.check_access()[3:]]
        assert erasures[at - 1 :] == [result.acts[0].entry]
    assert list(kept.desk.archive.store.shelf("threads")) == []
    assert at > 30
    queue = kept.desk.archive.store.shelf("queue")
    assert {access.link for access in kept.supervisor.records.access()} <= set(queue)
