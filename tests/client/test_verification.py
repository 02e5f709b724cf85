"""Verification: what is right passes, and of what was changed the first difference is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proofdesk import (
    Act,
    Actor,
    ConfigurationError,
    ContentErased,
    ContentMissing,
    ContentTampered,
    Desk,
    LogMismatch,
    MemoryStore,
    Status,
    Ticket,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from proofdesk._records import commit, compose
from proofdesk._transitions import TABLE
from proofdesk._words import TICKET, act_leaf, pack, unpack
from proofdesk.proof.verification import _follows, _ticket, check_lane, check_ticket
from tests.client.office import Office
from tests.client.wire import Wire


def busy(office: Office) -> list[Ticket]:
    """A desk on which everything has happened that leaves a trace of a kind of its own."""
    first, second, third, fourth = (office.opened(f"Question {number}") for number in range(4))
    agent, customer, supervisor = office.agent.tickets, office.customer.tickets, office.supervisor.tickets
    agent.take(first)
    agent.reply(first.id, "Which card?")
    customer.reply(first.id, "The blue one.")
    agent.move(first.id, Status.RESOLVED, "It is on its way.")
    customer.rate(first, 5)
    supervisor.assign([second, third], [1, 2])
    agent.transfer(second, "orders")  # to another lane, from there back to an agent
    supervisor.move(second.id, Status.REJECTED, "No.")
    supervisor.move(second.id, Status.OPEN)  # without an agent: Escalated
    customer.move(third.id, Status.CLOSED)
    supervisor.note(third.id, "He called: it was the wrong account.")
    office.pass_time(timedelta(days=4))
    office.stranger.tickets.expire([second, fourth, first])  # breaches, and an objection window that is over
    supervisor.assign([fourth], [1])
    return [office.desk.tickets.get(ticket) for ticket in (first, second, third, fourth)]


def leaf(acts: list[Act], lane: int, position: int) -> int:
    """Where a leaf is among acts."""
    return next(i for i, act in enumerate(acts) if (act.lane, act.position) == (lane, position))


# ------------------------------------------------------------------------------------------ what is right


def test_a_busy_desk_verifies(office: Office) -> None:
    tickets = busy(office)
    verified = office.desk.tickets.verify_all()
    acts = office.desk.tickets.acts()
    silent = sum(act.kind is Actor.ANYONE for act in acts)
    assert silent == 3
    assert (verified.acts, verified.tickets, verified.erased) == (len(acts), 4, 0)
    assert verified.records == len(acts) - silent
    assert verified.block == office.desk.node.height()
    for lane, root in verified.roots.items():
        assert (
            office.desk.read("TicketDesk", "root", lane)
            == root
            == "0x" + office.desk.tickets.log(lane).root().hex()
        )
    for ticket in tickets:
        assert office.desk.tickets.verify(ticket).acts == ticket.acts
    assert office.desk.tickets.verify_lane("cards").tickets == 4
    assert office.desk.tickets.verify_lane("orders").tickets == 1
    assert office.desk.tickets.verify_lane("orders-vip").acts == 0


def test_a_desk_at_work_verifies(office: Office) -> None:
    wire = Wire(office.chain.url)
    desk = Desk(wire.w3, office.deployment, store=office.desk.archive.store)
    office.opened()

    def disturb(methods: list[str], params: list[Any]) -> None:
        if methods[0] == "eth_getLogs":
            office.opened("meanwhile")

    wire.before = disturb
    verified = desk.tickets.verify_all()
    assert verified.acts == 1 < len(office.desk.tickets.acts())


def test_a_node_that_gives_few_logs_at_a_time(office: Office) -> None:
    busy(office)

    class Narrow(Wire):
        refused = 0

        def make_request(self, method: Any, params: Any) -> Any:
            if method == "eth_getLogs":
                first, last = (int(params[0][bound], 16) for bound in ("fromBlock", "toBlock"))
                if last - first > 4:
                    self.refused += 1
                    return {"error": {"code": -32005, "message": "query spans more than 4 blocks"}}
            return super().make_request(method, params)

    wire = Narrow(office.chain.url)
    desk = Desk(wire.w3, office.deployment, store=office.desk.archive.store)
    assert desk.tickets.verify_all() == office.desk.tickets.verify_all()
    assert desk.tickets.acts() == office.desk.tickets.acts()
    assert wire.refused


def test_a_log_gives_proofs(office: Office) -> None:
    busy(office)
    log, acts = office.desk.tickets.log("cards"), office.desk.tickets.acts(lane="cards")
    root = bytes.fromhex(office.desk.read("TicketDesk", "root", 1)[2:])
    for act in acts:
        proof = log.inclusion_proof(act.position)
        hashed = leaf_hash(act_leaf(act))
        assert verify_inclusion(hashed, act.position, len(log), proof, root)
        assert office.desk.read("TicketDesk", "verifyInclusion", 1, act.position, hashed, proof)
    assert verify_consistency(3, len(log), log.root(3), root, log.consistency_proof(3))


# ------------------------------------------------------------------------------------- acts of another source

FORGERIES: list[tuple[str, Callable[[Act], Act]]] = [
    ("entry", lambda act: replace(act, entry="0x" + 32 * "ab")),
    ("actor", lambda act: replace(act, actor="0x" + 20 * "11")),
    ("kind", lambda act: replace(act, kind=Actor.MODULE)),
    ("at", lambda act: replace(act, at=act.at + timedelta(seconds=1))),
    ("word", lambda act: replace(act, word=act.word ^ 1 << 167)),
    ("ticket_id", lambda act: replace(act, ticket_id="0x" + 32 * "cd")),
]


@pytest.mark.parametrize(("field", "forge"), FORGERIES, ids=[field for field, _ in FORGERIES])
def test_a_changed_event_is_named(office: Office, field: str, forge: Callable[[Act], Act]) -> None:
    busy(office)
    acts = office.desk.tickets.acts()
    acts[leaf(acts, 1, 6)] = forge(acts[leaf(acts, 1, 6)])
    with pytest.raises(LogMismatch, match=f"lane 1, leaf 6, .*: {field} is .*, the chain says") as caught:
        office.desk.tickets.verify_all(acts=acts)
    assert (caught.value.lane, caught.value.position) == (1, 6)
    with pytest.raises(LogMismatch):
        office.desk.tickets.verify_lane(1, acts=acts)
    office.desk.tickets.verify_lane(3, acts=acts, contents=False)


def test_an_event_left_out_is_named(office: Office) -> None:
    busy(office)
    acts = office.desk.tickets.acts()
    del acts[leaf(acts, 1, 5)]
    with pytest.raises(LogMismatch, match="lane 1: leaf 5 is missing") as caught:
        office.desk.tickets.verify_all(acts=acts)
    assert caught.value.position == 5


def test_the_last_event_left_out_is_named(office: Office) -> None:
    busy(office)
    acts = office.desk.tickets.acts()
    last = max(act.position for act in acts if act.lane == 1)
    del acts[leaf(acts, 1, last)]
    with pytest.raises(LogMismatch, match=f"from leaf {last} on 1 are missing"):
        office.desk.tickets.verify_all(acts=acts)


def test_an_event_too_many_is_named(office: Office) -> None:
    busy(office)
    acts = office.desk.tickets.acts()
    last = max(act.position for act in acts if act.lane == 1)
    invented = replace(acts[leaf(acts, 1, last)], position=last + 1)
    with pytest.raises(LogMismatch, match=f"from leaf {last + 1} on 1 are too many"):
        office.desk.tickets.verify_all(acts=[*acts, invented])
    with pytest.raises(LogMismatch, match="leaf 3 is given twice"):
        office.desk.tickets.verify_all(acts=[*acts, acts[leaf(acts, 1, 3)]])


def test_swapped_events_are_named(office: Office) -> None:
    busy(office)
    acts = office.desk.tickets.acts()
    i, j = leaf(acts, 1, 2), leaf(acts, 1, 3)
    acts[i], acts[j] = replace(acts[j], position=2), replace(acts[i], position=3)
    with pytest.raises(LogMismatch, match="lane 1, leaf 2"):
        office.desk.tickets.verify_all(acts=acts)


def test_the_order_in_which_acts_are_handed_in_is_free(office: Office) -> None:
    busy(office)
    acts = office.desk.tickets.acts()
    assert office.desk.tickets.verify_all(acts=reversed(acts)) == office.desk.tickets.verify_all()


# --------------------------------------------------------------------------------------- a node that lies


class Liar(Wire):
    """Changes one leaf's entry in the events it gives."""

    def make_request(self, method: Any, params: Any) -> Any:
        response = super().make_request(method, params)
        if method == "eth_getLogs":
            for log in response["result"]:
                data = bytearray.fromhex(log["data"][2:])
                if int(log["topics"][2], 16) == 1 and data[96:128] == (5).to_bytes(32, "big"):
                    data[64] ^= 1
                    log["data"] = "0x" + data.hex()
        return response


def test_a_lying_node_is_caught_by_the_root(office: Office) -> None:
    busy(office)
    desk = Desk(Liar(office.chain.url).w3, office.deployment, store=office.desk.archive.store)
    with pytest.raises(LogMismatch, match=r"another root than the chain's; .* leaves from 0 to") as caught:
        desk.tickets.verify_all()
    assert (caught.value.lane, caught.value.position) == (1, 0)


def test_the_peak_in_which_events_differ_is_named(office: Office) -> None:
    for number in range(11):
        office.opened(f"Question {number}")
    acts = office.desk.tickets.acts()
    acts[9] = replace(acts[9], entry="0x" + 32 * "ab")
    log = office.desk.tickets.log(1)
    with pytest.raises(LogMismatch, match="leaves from 8 to 9"):
        check_lane(1, acts, 11, log.peaks(), log.root(), ())
    with pytest.raises(LogMismatch, match="the chain says 0x00"):
        check_lane(1, office.desk.tickets.acts(), 11, log.peaks(), bytes(32), ())


# ------------------------------------------------------------------------------------- acts of one ticket


def life(office: Office) -> tuple[list[Act], int]:
    """A ticket's acts, and its word."""
    ticket = busy(office)[0]
    return office.desk.tickets.acts(ticket), office.desk.read("TicketDesk", "wordOf", ticket.id)


def with_field(act: Act, **values: int) -> Act:
    """An act that left other values in its ticket's word."""
    word = pack(TICKET, **{**unpack(TICKET, act.word), **values})
    return replace(act, word=word, status=Status(unpack(TICKET, word)["status"]))


def test_a_ticket_that_is_as_its_word_says(office: Office) -> None:
    acts, word = life(office)
    check_ticket(acts, word)
    with pytest.raises(LogMismatch, match="left the word"):
        check_ticket(acts, word ^ 1 << 240)


@pytest.mark.parametrize(
    ("number", "change", "named"),
    [
        (3, {"status": Status.DISPUTED}, "AGENT cannot lead from OPEN to DISPUTED"),
        (4, {"status": Status.REJECTED}, "CUSTOMER cannot lead from WAITING to REJECTED"),
        (6, {"rating": 0, "status": Status.REJECTED}, "CUSTOMER cannot lead from RESOLVED to REJECTED"),
        (6, {"status": Status.OPEN}, "CUSTOMER cannot lead from RESOLVED to OPEN"),
        (2, {"seat": 0}, "AGENT cannot lead from NEW to OPEN"),
        (5, {"lane": 2}, "AGENT cannot lead from OPEN to RESOLVED"),
        (5, {"customer": 0xABC}, "AGENT cannot lead from OPEN to RESOLVED"),
        (7, {"status": Status.NEW}, "ANYONE cannot lead from RESOLVED to NEW"),
    ],
)
def test_a_step_that_cannot_be_is_named(
    office: Office, number: int, change: dict[str, int], named: str
) -> None:
    acts, word = life(office)
    acts[number - 1] = with_field(acts[number - 1], **change)
    with pytest.raises(LogMismatch, match=named) as caught:
        check_ticket(acts, word)
    assert caught.value.position == acts[number - 1].position


def test_acts_that_do_not_count_up_are_named(office: Office) -> None:
    acts, word = life(office)
    with pytest.raises(LogMismatch, match="is act 4 where act 3 should follow"):
        check_ticket(acts[:2] + acts[3:], word)
    with pytest.raises(LogMismatch, match="opens no ticket"):
        check_ticket([replace(acts[0], entry="0x" + 32 * "ab"), *acts[1:]], word)


@pytest.mark.parametrize(
    ("kind", "from_", "to"),
    [
        (Actor.SUPERVISOR, Status.RESOLVED, Status.OPEN),  # assigned from a state that admits no assigning
        (Actor.ANYONE, Status.OPEN, Status.CLOSED),  # what a clock does only to a ticket of many acts
        (Actor.MODULE, Status.DISPUTED, Status.ESCALATED),  # as if it had no agent
    ],
)
def test_steps_that_only_look_like_others(office: Office, kind: Actor, from_: Status, to: Status) -> None:
    acts, _ = life(office)
    before = with_field(acts[2], status=from_)
    after = replace(with_field(acts[3], status=to, seat=1), kind=kind)
    assert not _follows(_ticket(before), after, _ticket(after))


@pytest.mark.parametrize(
    ("kind", "from_", "to", "values"),
    [
        (Actor.ANYONE, Status.OPEN, Status.CLOSED, {"acts": 1000}),
        (Actor.MODULE, Status.DISPUTED, Status.CLOSED, {"acts": 1000}),
        (Actor.MODULE, Status.DISPUTED, Status.OPEN, {}),
        (Actor.MODULE, Status.DISPUTED, Status.ESCALATED, {"seat": 0}),
        (Actor.SUPERVISOR, Status.WAITING, Status.OPEN, {}),
        (Actor.SUPERVISOR, Status.ESCALATED, Status.OPEN, {}),
        (Actor.CUSTOMER, Status.REJECTED, Status.ESCALATED, {}),
    ],
)
def test_steps_that_are_rare(
    office: Office, kind: Actor, from_: Status, to: Status, values: dict[str, int]
) -> None:
    acts, _ = life(office)
    before = with_field(acts[2], status=from_, **values)
    after = replace(with_field(acts[3], status=to, **values), kind=kind)
    assert _follows(_ticket(before), after, _ticket(after))


def test_what_the_table_admits_follows(office: Office) -> None:
    acts, _ = life(office)
    for kind, rows in TABLE.items():
        for from_, to in ((from_, to) for from_, row in rows.items() for to in row):
            turn = {"seat": 0} if from_ is Status.NEW and to is not Status.NEW else {}
            before = with_field(acts[2], status=from_)
            after = replace(with_field(acts[3], status=to, **turn), kind=kind)
            assert _follows(_ticket(before), after, _ticket(after)), (kind, from_, to)


def test_an_act_stands_in_the_log_of_its_lane(office: Office) -> None:
    acts, word = life(office)
    with pytest.raises(LogMismatch, match="AGENT cannot lead from OPEN to WAITING"):
        check_ticket([*acts[:2], replace(acts[2], lane=3), *acts[3:]], word)
    with pytest.raises(LogMismatch, match="opens no ticket"):
        check_ticket([with_field(acts[0], status=Status.OPEN), *acts[1:]], word)


def test_a_breach_is_never_taken_back(office: Office) -> None:
    ticket = busy(office)[3]
    acts = office.desk.tickets.acts(ticket)
    word = with_field(acts[2], breached=0).word
    with pytest.raises(LogMismatch, match="SUPERVISOR cannot lead from ESCALATED to OPEN"):
        check_ticket([*acts[:2], with_field(acts[2], breached=0)], word)


# ----------------------------------------------------------------------------------------------- records


def test_a_changed_record_is_named(office: Office) -> None:
    ticket = busy(office)[0]
    entry = office.desk.tickets.acts(ticket)[2].entry
    store = office.desk.archive.store
    kept = store.get(entry)
    store.put(entry, kept.replace(b"Which card?", b"Which cord?"))
    for verify in (office.desk.tickets.verify_all, lambda: office.desk.tickets.verify(ticket)):
        with pytest.raises(ContentTampered) as caught:
            verify()
        assert caught.value.entry == entry
    assert isinstance(office.desk.tickets.history(ticket)[2].problem, ContentTampered)
    store.put(entry, b"no JSON")
    with pytest.raises(ContentTampered, match=entry):
        office.desk.tickets.verify_lane(1)
    office.desk.tickets.verify_all(contents=False)
    store.put(entry, kept)
    office.desk.tickets.verify_all()


def test_a_missing_record_is_named(office: Office) -> None:
    ticket = busy(office)[0]
    entry = office.desk.tickets.acts(ticket)[3].entry
    office.desk.archive.store.delete(entry)
    with pytest.raises(ContentMissing) as caught:
        office.desk.tickets.verify(ticket)
    assert caught.value.entry == entry
    with pytest.raises(ContentMissing):
        Desk(office.w3, office.deployment, store=MemoryStore()).tickets.verify(ticket)


def test_another_tickets_record_is_named(office: Office) -> None:
    one, other = office.taken(), office.opened("Another")
    opening = office.agent.prepare("Which card?", kind="reply", ticket=other.id)
    office.agent.send("TicketDesk", "move", one.id, Status.WAITING, opening.entry, 2)
    for verify in (office.desk.tickets.verify_all, lambda: office.desk.tickets.verify(one)):
        (oddity,) = verify().oddities
        assert f"act 3 of ticket {one.id}: names a record that was written for another ticket" in oddity
    # Whoever may act could otherwise keep all others from being verified, for ever.
    assert office.desk.tickets.verify(other).oddities == ()
    with pytest.raises(ContentTampered):
        office.desk.archive.store.put(opening.entry, b"no JSON")
        office.desk.tickets.verify_all()


def test_an_erased_record_is_known_to_be_erased(office: Office) -> None:
    ticket = busy(office)[2]
    entry = office.desk.tickets.acts(ticket)[0].entry
    supervisor = office.supervisor
    erasure = commit(
        compose({}, kind="erasure", author=supervisor.sender.address, ticket=ticket.id, after=entry)
    )
    supervisor.tickets.move(ticket, Status.CLOSED, erasure)
    assert office.desk.tickets.verify(ticket).erased == 0, "it is still there"
    office.desk.archive.store.delete(entry)
    verified = office.desk.tickets.verify(ticket)
    assert (verified.erased, verified.records) == (1, verified.acts - 1)
    problem = office.desk.tickets.history(ticket)[0].problem
    assert isinstance(problem, ContentErased) and problem.erasure == erasure.entry


def test_a_desk_without_its_records(office: Office, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = office.opened()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "records").write_text(json.dumps("somebody else's"))
    desk = Desk(office.w3, office.deployment)
    with pytest.raises(ConfigurationError):
        desk.tickets.verify(ticket)
