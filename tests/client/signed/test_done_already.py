"""What is on chain already is known by all that was signed: its record alone may serve another act, too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proofdesk import ContractRevert, InvalidArgument, SignedAct, Status, Ticket, refusals
from proofdesk.ops.relay import Promise, Relayer, judge
from proofdesk.signed.onchain import is_carried, is_done_by
from proofdesk.signed.signing import sign_move
from tests.client.office import Office, account


def resolved(office: Office) -> Ticket:
    ticket = office.taken()
    office.agent.tickets.move(ticket, Status.RESOLVED)
    return ticket


def test_a_rating_of_another_score_is_another_act(office: Office) -> None:
    ticket = resolved(office)
    opening = office.desk.prepare(None, kind="rating", ticket=ticket.id)
    five, one = (office.customer.tickets.sign_rate(ticket, score, opening) for score in (5, 1))
    office.stranger.tickets.carry(five)
    with pytest.raises(ContractRevert):
        office.stranger.tickets.carry(one)


@pytest.mark.parametrize("changed", [{"to": 6}, {"seen": 3}, {"to": 5, "seen": 3}], ids=str)
def test_what_nobody_signed_was_not_done(office: Office, changed: dict[str, int]) -> None:
    done = office.agent.tickets.sign_move(office.taken(), Status.WAITING)
    office.stranger.tickets.carry(done)
    forged = SignedAct("move", done.chain_id, done.desk, {**done.message, **changed}, "0x")
    with pytest.raises(ContractRevert):
        office.stranger.tickets.carry(forged)
    other = SignedAct("move", done.chain_id, done.desk, {**done.message, "seen": 9}, "0x")
    assert set(refusals(office.stranger.tickets.carry([forged, other]))) == {0, 1}


def test_a_record_that_serves_twice_hides_no_act(office: Office) -> None:
    ticket = office.taken()
    tickets = office.agent.tickets
    opening = office.desk.prepare("Asking.", kind="reply", ticket=ticket.id)
    office.stranger.tickets.carry(tickets.sign_move(ticket, Status.ON_HOLD, opening))
    good, bad = (tickets.sign_move(tickets.get(ticket), to, opening) for to in (Status.RESOLVED, Status.OPEN))
    assert set(refusals(office.stranger.tickets.carry([good, bad]))) == {1}
    assert tickets.get(ticket).status is Status.RESOLVED


def test_of_somebody_elses_batch_only_what_was_asked_is_told(office: Office) -> None:
    bad = office.customer.tickets.sign_rate(office.opened(), 5)
    first, mine = (office.customer.tickets.sign_open(lane=office.lane, content=text) for text in "ab")
    carried = office.intake.tickets.carry([first, bad, mine])
    result = office.stranger.tickets.carry(mine)
    assert result.tx_hash == carried.tx_hash
    assert [act.ticket_id for act in result.acts] == [mine.ticket_id]
    assert refusals(result) == {}


def test_carried_again_the_rest_is_sent_and_told_by_its_place(office: Office) -> None:
    bad = office.customer.tickets.sign_rate(office.opened(), 5)
    good = [office.customer.tickets.sign_open(lane=office.lane, content=text) for text in "abc"]
    first = office.stranger.tickets.carry([good[0], good[1], bad])  # and its answer is lost
    again = office.stranger.tickets.carry([good[0], good[1], bad, good[2]])
    assert set(refusals(again)) == {2}
    assert [act.ticket_id for act in again.acts] == [act.ticket_id for act in good]
    assert [act.tx_hash for act in again.acts] == [first.tx_hash, first.tx_hash, again.tx_hash]


def test_open_without_an_agent_is_escalated_all_the_same(office: Office) -> None:
    ticket = office.opened()
    supervisor, customer = office.supervisor.tickets, office.customer.tickets
    supervisor.move(ticket, Status.REJECTED)
    signed = office.supervisor.tickets.sign_move(supervisor.get(ticket), Status.OPEN)
    (act,) = office.stranger.tickets.carry(signed).acts
    assert act.status is Status.ESCALATED
    assert is_carried(signed, act)
    assert is_done_by(signed.calldata, act)
    assert customer.get(ticket).status is Status.ESCALATED
    assert office.stranger.tickets.carry(signed).acts == (act,)


@pytest.mark.parametrize("given", [["{}"], [object()], 5, [5]], ids=["text", "object", "number", "numbers"])
def test_what_is_no_signed_act(office: Office, given: Any) -> None:
    with pytest.raises(InvalidArgument, match="no signed act"):
        office.stranger.tickets.carry(given)


def test_every_kind_is_told_from_its_like(office: Office) -> None:
    """Each act against the logged acts of a life: each is one of them, and no other."""
    customer, agent = office.customer.tickets, office.agent.tickets
    opened = customer.sign_open(lane=office.lane, content="Help!")
    ticket = office.stranger.tickets.carry(opened).acts[0].ticket_id
    taken = agent.sign_take(ticket)
    office.stranger.tickets.carry(taken)
    moved = agent.sign_move(ticket, Status.RESOLVED)
    office.stranger.tickets.carry(moved)
    rated = customer.sign_rate(ticket, 4)
    office.stranger.tickets.carry(rated)
    acts = office.desk.tickets.acts(ticket)
    for place, signed in enumerate((opened, taken, moved, rated)):
        assert [is_carried(signed, act) for act in acts] == [place == other for other in range(4)]


def test_a_record_may_serve_many_acts_and_each_is_told_by_what_it_came_to(office: Office) -> None:
    """By the same account, on the same ticket."""
    customer, agent = office.customer.tickets, office.agent.tickets
    opened = customer.sign_open(lane=office.lane, content="Help!")
    ticket = office.stranger.tickets.carry(opened).acts[0].ticket_id
    taken = agent.sign_take(ticket)
    office.stranger.tickets.carry(taken)
    by_customer = sign_move(
        office.deployment,
        account(10),
        ticket=customer.get(ticket),
        to=Status.OPEN,
        entry=opened.entry,
    )
    office.stranger.tickets.carry(by_customer)
    by_agent = sign_move(
        office.deployment, account(12), ticket=agent.get(ticket), to=Status.WAITING, entry=taken.entry
    )
    office.stranger.tickets.carry(by_agent)
    acts = office.desk.tickets.acts(ticket)
    elsewhere = replace(opened, message={**opened.message, "lane": 3})
    otherwise = replace(taken, message={**taken.message, "certificateId": 99})
    for signed, places in ((opened, [0]), (taken, [1]), (by_customer, [2]), (by_agent, [3])):
        assert [place for place, act in enumerate(acts) if is_carried(signed, act)] == places
    assert not any(is_carried(each, act) for each in (elsewhere, otherwise) for act in acts)


def test_what_is_passed_twice_is_carried_once(office: Office) -> None:
    first, second = (office.customer.tickets.sign_open(lane=office.lane, content=text) for text in "ab")
    result = office.stranger.tickets.carry([first, second, first])
    assert [act.ticket_id for act in result.acts] == [first.ticket_id, second.ticket_id]
    assert refusals(result) == {}
    again = office.stranger.tickets.carry([first, first, second])
    assert again.acts == result.acts
    third = office.customer.tickets.sign_open(lane=office.lane, content="c")
    assert len(office.stranger.tickets.carry([third, third]).events) == 1
    last = office.customer.tickets.sign_open(lane=office.lane, content="d")
    bad = office.customer.tickets.sign_rate(office.opened(), 5)
    assert set(refusals(office.stranger.tickets.carry([last, last, bad, bad]))) == {2}


def test_of_what_was_signed_anew_that_is_carried_which_holds_longest(office: Office) -> None:
    tickets, opening = office.customer.tickets, office.desk.prepare("Help!", kind="open")
    short, long = (
        tickets.sign_open(lane=office.lane, content=opening, deadline=timedelta(seconds=seconds))
        for seconds in (30, 9000)
    )
    office.chain.rpc("evm_increaseTime", 60)
    office.chain.rpc("evm_mine")
    # The other one's signature is nobody's; it stands first, as one that was tampered with may.
    forged = replace(long, signature="0x" + 64 * "11" + "1b")
    result = office.stranger.tickets.carry([short, forged, long])
    assert refusals(result) == {} and [act.ticket_id for act in result.acts] == [long.ticket_id]


def test_each_act_keeps_its_own_promise(office: Office, tmp_path: Path) -> None:
    ticket = office.taken()
    tickets = office.agent.tickets
    opening = office.desk.prepare("Done?", kind="reply", ticket=ticket.id)
    office.stranger.tickets.carry(tickets.sign_move(ticket, Status.ON_HOLD, opening))
    signed = tickets.sign_move(tickets.get(ticket), Status.RESOLVED, opening)
    with Relayer(office.intake, tmp_path / "relay.db") as relayer:
        (word,) = relayer.submit([signed])
        assert judge(word, signed, office.desk).promise is Promise.OPEN
        relayer.step(flush=True)
        found = judge(word, signed, office.desk)
    assert found.promise is Promise.KEPT
    assert found.tx_hash == office.desk.tickets.acts(ticket)[-1].tx_hash
