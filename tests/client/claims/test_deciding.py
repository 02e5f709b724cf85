"""Decisions: by the agent, by a supervisor, signed and carried; the receipt found where it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofdesk import (
    ConnectionLost,
    Desk,
    InvalidArgument,
    InvalidSignature,
    MemoryStore,
    ProofdeskError,
    SignatureExpired,
    StaleTicket,
    Status,
)
from proofdesk._checks import MAX_INTEGER
from proofdesk.claims import ClaimState, Reason, SignedDecision, sign_claim
from proofdesk.claims.errors import NotDecider, NotReleasable, OtherReceipt, OverBound, UnknownClaim
from tests.client.claims.counter import DAY, PRICE, Counter
from tests.client.office import account
from tests.client.wire import Wire


def test_an_agent_pays_a_part_and_the_customer_objects(counter: Counter) -> None:
    office = counter.office
    ticket = counter.for_review()
    assert office.agent.claims.bound(ticket) == PRICE
    result = office.agent.claims.decide(ticket, PRICE // 4, "A quarter is fair.")
    assert result.acts[0].status is Status.RESOLVED
    claim = office.desk.claims.get(ticket)
    assert (claim.state, claim.paid, claim.remaining) == (ClaimState.PAID, PRICE // 4, PRICE - PRICE // 4)
    counter.customer.tickets.reply(ticket.id, "It is not.")
    again = office.agent.claims.decide(ticket.id, PRICE // 4, "Another quarter.")
    assert again.acts[0].status is Status.RESOLVED
    claim = office.desk.claims.get(ticket)
    assert [decision.amount for decision in claim.decisions] == [PRICE // 4, PRICE // 4]
    assert {decision.actor for decision in claim.decisions} == {office.agent.sender.address}
    assert claim.paid == PRICE // 2 == office.desk.claims.order(counter.last).paid
    assert office.desk.tickets.verify(ticket.id).records == 5
    bodies = [entry.record.body for entry in office.desk.tickets.history(ticket.id) if entry.record]
    assert bodies[2:] == ["A quarter is fair.", "It is not.", "Another quarter."]


def test_nothing_is_paid_and_the_ticket_rejected(counter: Counter) -> None:
    ticket = counter.for_review()
    assert counter.treasurer.vault.books().reserved == PRICE
    result = counter.office.agent.claims.decide(ticket, 0)
    assert result.acts[0].status is Status.REJECTED
    claim = counter.office.desk.claims.get(ticket)
    assert (claim.state, claim.paid, claim.remaining) == (ClaimState.REFUSED, 0, PRICE)
    assert counter.treasurer.vault.books().reserved == 0


def test_what_decide_refuses(counter: Counter) -> None:
    office = counter.office
    ticket = counter.for_review()
    with pytest.raises(OverBound) as caught:
        office.agent.claims.decide(ticket, PRICE + 1)
    assert (caught.value.amount, caught.value.bound) == (PRICE + 1, PRICE)
    for other in (office.second_agent, office.supervisor, counter.customer):
        with pytest.raises(NotDecider):
            other.claims.decide(ticket, 1)
    office.agent.tickets.note(ticket, "Called the customer.")
    with pytest.raises(StaleTicket):
        office.agent.claims.decide(ticket, 1)
    with pytest.raises(UnknownClaim):
        office.agent.claims.decide(office.taken(), 1)
    with pytest.raises(OtherReceipt):
        office.agent.claims.decide(ticket.id, 1, receipt=counter.receipt())
    with pytest.raises(InvalidArgument, match="is no receipt"):
        # What the merchant signed, without his signature.
        office.agent.claims.decide(ticket.id, 1, receipt=counter.last.receipt)  # type: ignore[arg-type]


def test_a_supervisor_decides_what_is_escalated(counter: Counter) -> None:
    office = counter.office
    ticket = counter.for_review()
    office.agent.tickets.move(ticket, Status.ESCALATED, "Not mine to say.")
    result = office.supervisor.claims.decide(ticket.id, PRICE, "All of it.")
    assert result.acts[0].status is Status.RESOLVED
    assert office.desk.claims.get(ticket).remaining == 0


@pytest.mark.parametrize("signed", [False, True])
def test_the_receipt_is_found_in_the_filings_data(counter: Counter, signed: bool) -> None:
    """Of a claim that was filed elsewhere no record is here: what it was filed with is public."""
    office, receipt = counter.office, counter.receipt()
    elsewhere = Desk.connect(
        office.w3, account=account(10), deployment=office.deployment, store=MemoryStore()
    )
    if signed:
        claim = elsewhere.claims.sign(receipt, reason=Reason.RETURN, amount=PRICE)
        ticket = office.stranger.claims.carry(claim).ticket
    else:
        ticket = elsewhere.claims.file(receipt, reason=Reason.RETURN, amount=PRICE).ticket
    office.agent.tickets.take(ticket)
    assert office.agent.claims.bound(ticket.id) == PRICE
    assert office.agent.claims.decide(ticket.id, 7).acts[0].status is Status.RESOLVED


def test_the_receipt_is_found_in_the_record_or_asked_for(counter: Counter) -> None:
    """A claim that another contract carried: only its record says what it was filed with."""
    office, receipt = counter.office, counter.receipt()
    signed = counter.customer.claims.sign(receipt, reason=Reason.RETURN, amount=PRICE, content="It leaks.")
    ticket = counter.carried_by_a_contract(signed)
    assert office.agent.claims.bound(ticket) == PRICE
    elsewhere = Desk.connect(
        office.w3, account=account(12), deployment=office.deployment, store=MemoryStore()
    )
    with pytest.raises(InvalidArgument, match="pass receipt="):
        elsewhere.claims.bound(ticket)
    assert elsewhere.claims.bound(ticket, receipt=receipt) == PRICE


def test_a_record_with_another_receipt_is_not_believed(counter: Counter) -> None:
    from proofdesk.claims.view import told

    receipt, signer = counter.receipt(), counter.customer.sender.account
    assert not isinstance(signer, str)
    others = (
        counter.receipt(),
        replace(receipt, price=PRICE + 1),
        replace(receipt, merchant=counter.laboratory.address),
    )
    for other in others:
        content = told("It leaks.", other, [], Reason.RETURN, PRICE)
        opening = counter.customer.prepare(content, kind="open")
        signed = sign_claim(
            counter.office.deployment,
            signer,
            receipt=receipt,
            reason=Reason.RETURN,
            amount=PRICE,
            entry=opening.entry,
            deadline=MAX_INTEGER,
        )
        ticket = counter.carried_by_a_contract(signed)
        with pytest.raises(InvalidArgument, match="pass receipt="):
            counter.office.agent.claims.bound(ticket)


# --------------------------------------------------------------------------------------------- signed, once


@pytest.mark.parametrize("node_kept", [False, True])
def test_a_signed_decision_is_carried_by_anyone_once(counter: Counter, node_kept: bool) -> None:
    office = counter.office
    ticket = counter.for_review()
    agent = office.desk.using(account(12).address) if node_kept else office.agent
    signed = agent.claims.sign_decision(ticket, PRICE // 2, "Half is fair.")
    opening = office.desk.archive.read(signed.entry)
    other = agent.claims.sign_decision(ticket, 1, opening)
    again = SignedDecision.from_json(signed.to_json())
    first = office.stranger.claims.carry_decision(again)
    assert first.acts[0].status is Status.RESOLVED
    assert office.stranger.claims.carry_decision(again) == first
    assert office.desk.claims.get(ticket).paid == PRICE // 2
    assert office.desk.tickets.verify(ticket.id).records == 3
    # Another amount with the same record is another decision, and was not made.
    with pytest.raises(NotDecider):
        office.stranger.claims.carry_decision(other)


def test_what_cannot_be_carried(counter: Counter) -> None:
    office = counter.office
    signed = office.agent.claims.sign_decision(counter.for_review(), 5)
    carry = office.stranger.claims.carry_decision
    with pytest.raises(InvalidSignature):
        carry(replace(signed, amount=6))
    with pytest.raises(InvalidArgument, match="carry it there"):
        carry(replace(signed, chain_id=5))
    office.pass_time(2 * DAY)
    with pytest.raises(SignatureExpired):
        carry(signed)


@pytest.mark.parametrize("heard", [False, True])
def test_cut_at_every_request_it_is_decided_once(counter: Counter, heard: bool) -> None:
    wire, request = Wire(counter.office.chain.url), 0
    office = counter.office
    store = office.desk.archive.store
    while True:
        ticket = counter.for_review()
        agent = Desk.connect(wire.w3, account=account(12), deployment=office.deployment, store=store)
        wire.cut(request, heard=heard)
        try:
            agent.claims.decide(ticket, 5, "Five.")
            break
        except ConnectionLost:
            agent.claims.decide(ticket, 5, "Five.")
        assert [each.amount for each in office.desk.claims.get(ticket).decisions] == [5]
        request += 1
    assert request > 5


def test_another_decisions_result_is_nobodys(counter: Counter) -> None:
    ticket, agent = counter.for_review(), counter.office.agent
    opening = agent.prepare("Five.", kind="reply", ticket=ticket.id)
    made = agent.claims.decide(ticket, 5, opening)
    assert agent.claims.decide(ticket, 5, opening) == made
    with pytest.raises(NotDecider):
        agent.claims.decide(ticket, 6, opening)


# -------------------------------------------------------------------------------------------------- release


def test_what_was_kept_for_a_closed_claim_is_released_once(counter: Counter) -> None:
    office = counter.office
    ticket = counter.filed(amount=PRICE).ticket
    with pytest.raises(NotReleasable):
        office.stranger.claims.release(ticket)
    counter.customer.tickets.move(ticket, Status.CLOSED)
    assert counter.treasurer.vault.books().reserved == PRICE
    result = office.stranger.claims.release(ticket)
    assert counter.treasurer.vault.books().reserved == 0
    assert office.stranger.claims.release(ticket) == result
    claim = office.desk.claims.get(ticket)
    assert (claim.state, claim.released) == (ClaimState.REFUSED, True)


def test_a_claim_as_the_chain_keeps_it(counter: Counter) -> None:
    """What is read from events is what the contract keeps, wherever it keeps something."""
    office = counter.office
    decided, refused = counter.for_review(), counter.for_review()
    office.agent.claims.decide(decided, PRICE // 2)
    office.agent.claims.decide(refused, 0)
    others = counter.filed(amount=PRICE).ticket, counter.filed(amount=PRICE + 1).ticket
    for ticket in (decided, refused, *others):
        remaining, reason, state, _ = office.desk.read("ClaimDesk", "claimOf", ticket.id)
        claim = office.desk.claims.get(ticket)
        assert (claim.state, claim.reason) == (state, reason)
        if claim.state is not ClaimState.DENIED:
            assert claim.remaining == remaining
    with pytest.raises(ProofdeskError):
        office.desk.claims.get("0x12")
