"""What a keeper remembers: enough to go on at once, never more than the chain says."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofdesk import ConfigurationError, NodeError
from proofdesk._words import TICKET, pack
from proofdesk.ops.keeper import Agenda, Duty, Keeper, Terms
from proofdesk.ops.keeper.agenda import Item
from proofdesk.ops.keeper.duties import Watched, duties_of
from proofdesk.ops.keeper.reading import Reading
from proofdesk.ops.keeper.status import check_data, survey
from tests.client.claims.counter import PRICE, Counter
from tests.client.office import account
from tests.helpers.table import Status
from tests.keeper.clock import WAIT, at, due
from tests.keeper.conftest import Make


def test_a_keeper_started_again_reads_on_from_where_it_stopped(
    counter: Counter, make_keeper: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [counter.office.desk.tickets.open(lane="cards", content=f"{number}") for number in range(3)]
    with make_keeper(tmp_path / "keeper.db") as first:
        first.step()
        read = first.agenda.position()
    second = make_keeper(tmp_path / "keeper.db")
    assert second.agenda.position() == read
    assert {item.subject for item in second.agenda.coming(10)} == {ticket.id for ticket in tickets}
    at(counter, due(counter.office.desk, tickets[-1]))
    assert second.step().done["expire"] == 3


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM duties WHERE key = x'00'",
        "UPDATE duties SET look = 0 WHERE duty = 1 AND key = x'00'",
        "SELECT * FROM duties WHERE look <= 5 ORDER BY look, due LIMIT 5",
        "SELECT min(look) FROM duties",
        "SELECT id FROM tickets WHERE block >= 5",
    ],
)
def test_what_is_asked_for_every_act_or_round_searches_and_does_not_scan(
    counter: Counter, tmp_path: Path, statement: str
) -> None:
    Agenda(tmp_path / "keeper.db", counter.office.deployment).close()
    with sqlite3.connect(tmp_path / "keeper.db") as database:
        plan = [row[-1] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert all(step.startswith("SEARCH") for step in plan), plan


def test_two_keepers_cannot_share_a_file(make_keeper: Make, tmp_path: Path) -> None:
    make_keeper(tmp_path / "keeper.db").step()
    with pytest.raises(ConfigurationError, match="another keeper"):
        make_keeper(tmp_path / "keeper.db")


def test_nor_where_the_node_keeps_the_key(counter: Counter, tmp_path: Path) -> None:
    desk = counter.office.desk.using(account(9).address)
    with (
        Keeper(desk, tmp_path / "keeper.db"),
        pytest.raises(ConfigurationError, match="another keeper"),
        Keeper(desk, tmp_path / "keeper.db"),
    ):
        pass
    Keeper(desk, tmp_path / "keeper.db").close()


def test_a_file_of_another_desk_or_program_is_refused(counter: Counter, tmp_path: Path) -> None:
    deployment = counter.office.deployment
    Agenda(tmp_path / "keeper.db", deployment).close()
    with pytest.raises(ConfigurationError, match="another file, or delete"):
        Agenda(tmp_path / "keeper.db", replace(deployment, genesis_hash="0x" + 64 * "1"))
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE mine (a)")
    with pytest.raises(ConfigurationError, match="another program's"):
        Agenda(tmp_path / "other.db", deployment)
    (tmp_path / "text.db").write_text("no database at all, but long enough to be read as one " * 20)
    with pytest.raises(ConfigurationError, match="made anew"):
        Agenda(tmp_path / "text.db", deployment)


def test_a_desk_that_got_its_claims_later_is_read_anew(counter: Counter, tmp_path: Path) -> None:
    deployment = counter.office.deployment
    late = {"RefundVault", "ClaimDesk", "CompensationDesk", "DeskUpkeep"}
    few = {name: each for name, each in deployment.contracts.items() if name not in late}
    agenda = Agenda(tmp_path / "keeper.db", replace(deployment, contracts=few))
    Reading(agenda, counter.office.desk.node, replace(deployment, contracts=few)).catch_up()
    assert agenda.position().block > 0
    agenda.close()
    agenda = Agenda(tmp_path / "keeper.db", deployment)
    assert agenda.position().block == -1
    Reading(agenda, counter.office.desk.node, deployment).catch_up()
    assert agenda.promising() != {}
    agenda.close()


def test_a_step_that_breaks_leaves_no_half_of_it(
    counter: Counter, make_keeper: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = make_keeper()
    keeper.step()
    before = keeper.agenda.position()
    ticket = counter.office.desk.tickets.open(lane="cards", content="Where is my card?")

    def broken(*_: object) -> None:
        raise NodeError("eth_call", "the line broke")

    with monkeypatch.context() as patch:
        patch.setattr(Agenda, "set_position", broken)
        with pytest.raises(NodeError):
            keeper.step()
    assert keeper.agenda.position() == before
    assert keeper.agenda.coming(10) == []
    keeper.step()
    assert [item.subject for item in keeper.agenda.coming(10)] == [ticket.id]


def test_who_looks_sees_what_is_due_and_next_beside_a_keeper_at_work(
    counter: Counter, make_keeper: Make, tmp_path: Path
) -> None:
    place = tmp_path / "keeper.db"
    desk = counter.office.desk
    first = desk.tickets.open(lane="cards", content="Where is my card?")
    make_keeper(place).step()
    second = counter.filed(amount=PRICE).ticket
    at(counter, due(desk, first))
    for found in (survey(desk, place), survey(desk)):
        assert found.duties["expire"] == (1, 1) and found.duties["note"] == (1, 0)
        assert [item.subject for item in found.coming] == [first.id, second.id]
    assert check_data(desk, place) == check_data(desk)
    assert check_data(desk, tickets=1)[1:] == (1, 0)


NEW, OPEN, WAITING = Status.NEW, Status.OPEN, Status.WAITING
RESOLVED, ESCALATED, CLOSED = Status.RESOLVED, Status.ESCALATED, Status.CLOSED
PLAIN, PROMISING = 1, 7


@pytest.mark.parametrize(
    ("status", "lane", "due_at", "breached", "more", "found"),
    [
        (NEW, PLAIN, 10, False, {}, {Duty.EXPIRE: 601}),
        (NEW, PROMISING, 10, False, {}, {Duty.NOTE: 601}),
        (WAITING, PROMISING, 10, False, {}, {Duty.EXPIRE: 601}),
        (ESCALATED, PLAIN, 0, True, {}, {}),
        (ESCALATED, PROMISING, 0, True, {}, {Duty.NOTE: 5}),
        (CLOSED, PROMISING, 0, True, {}, {Duty.NOTE: 5}),
        (OPEN, PROMISING, 10, True, {}, {Duty.NOTE: 5, Duty.EXPIRE: 601}),
        (OPEN, PROMISING, 10, True, {"noted": 9}, {Duty.EXPIRE: 601, Duty.COMPENSATE: 9 + WAIT}),
        (CLOSED, PROMISING, 0, True, {"noted": 9, "is_paid": True}, {}),
        (RESOLVED, PLAIN, 0, False, {"is_review": True}, {}),
        (CLOSED, PLAIN, 0, False, {"is_review": True}, {Duty.RELEASE: 5}),
        (Status.NONE, 0, 0, False, {"is_review": True}, {}),
    ],
)
def test_what_follows_from_a_tickets_word(
    status: Status, lane: int, due_at: int, breached: bool, more: dict[str, Any], found: dict[Duty, int]
) -> None:
    word = pack(TICKET, status=status, lane=lane, due_at=due_at, breached=breached)
    assert duties_of(Watched(word, since=5, **more), {PROMISING: 1}) == found


def test_each_of_several_keepers_has_its_turn_first(counter: Counter, make_keeper: Make) -> None:
    desk = counter.office.desk
    ticket = desk.tickets.open(lane="cards", content="Where is my card?")
    first = due(desk, ticket)
    item = Item(Duty.EXPIRE, bytes.fromhex(ticket.id[2:]), first, first)
    waits = {Terms(number=number, of=3).wait(item): number for number in (1, 2, 3)}
    assert sorted(waits) == [0, 30, 60]
    last = make_keeper(terms=Terms(number=waits[60], of=3), number=31)
    at(counter, first + 1)
    found = last.step()
    assert (found.transactions, found.next) == (0, first + 60)
    at(counter, first + 60)
    assert last.step().done["expire"] == 1
