"""Who decides what, walked whole: every actor, every state of the ticket, every state of the claim."""

from __future__ import annotations

import pytest

from tests.helpers.claim_items import ClaimState, Reason
from tests.helpers.claims import PRICE, Filing, Office
from tests.helpers.contract import RefusedError, same
from tests.helpers.desk import SUPERVISOR
from tests.helpers.table import Status

DECIDERS = {
    Status.OPEN: "agent",
    Status.WAITING: "agent",
    Status.ON_HOLD: "agent",
    Status.ESCALATED: "supervisor",
}
"""From the interface: who decides in which state; nobody in any other."""
ACTORS = (
    "agent",
    "second_agent",
    "supervisor",
    "customer",
    "merchant",
    "module",
    "admin",
    "treasurer",
    "claims_editor",
    "lane_editor",
    "guardian",
    "intake",
    "stranger",
)
AFTER = {
    ClaimState.REVIEW: ClaimState.PAID,
    ClaimState.REFUSED: ClaimState.PAID,
    ClaimState.PAID: ClaimState.PAID,
}


CASES = [(status, state) for status in Status if status != Status.NONE for state in ClaimState]


def in_state(office: Office, status: Status, state: ClaimState) -> Filing:
    """A claim in a state whose ticket is in a state, the agent in its seat but in New.

    The claim is brought there by real acts; the ticket's status is written past the contract, so that the
    table is walked also where no acts lead.
    """
    if state == ClaimState.NONE:
        filing = office.filing()
        filing.file()
    elif state == ClaimState.DENIED:
        filing = office.filing(amount=PRICE + 1)
        filing.file()
    else:
        filing = office.worked_on()
        if state != ClaimState.REVIEW:
            filing.decide(office.people.agent, 1 if state == ClaimState.PAID else 0)
    seat = office.people.agent.certificate
    office.desk.write_ticket(filing.ticket_id, status=status, seat=0 if status == Status.NEW else seat)
    return filing


@pytest.mark.parametrize(("status", "state"), CASES, ids=lambda each: each.name)
def test_every_actor(office: Office, status: Status, state: ClaimState) -> None:
    filing = in_state(office, status, state)
    people = office.people
    assert office.claim(filing.ticket_id)[2] == state
    word = office.desk.ticket(filing.ticket_id)
    for name in ACTORS:
        actor = office.merchant.address if name == "merchant" else getattr(people, name).address
        for amount in (0, 1):
            expected: RefusedError | None = None
            if DECIDERS.get(status) != name:
                expected = RefusedError("NotDecider", actor, status)
            elif amount and state in (ClaimState.NONE, ClaimState.DENIED):
                expected = RefusedError("OverBound", 1, 0)
            rest = filing.claim.receipt, amount, b"\x05" * 32, word.acts
            found = office.claims.attempt(actor, "decide", filing.ticket_id, *rest)
            assert same(found, expected), f"{name} {amount}: {found} instead of {expected}"
            if expected is None:
                with office.isolated():
                    (event,) = office.claims.send(actor, "decide", filing.ticket_id, *rest)
                    after = expected_after(state, amount)
                    assert event.arguments["state"] == after
                    to = Status.RESOLVED if after == ClaimState.PAID else Status.REJECTED
                    assert office.desk.ticket(filing.ticket_id).status == to
                    kept = ClaimState.NONE if state == ClaimState.NONE else after
                    assert office.claim(filing.ticket_id)[2] == kept


def expected_after(state: ClaimState, amount: int) -> ClaimState:
    """What a decision makes of a claim; one of which nothing is kept got all it asked for."""
    if state == ClaimState.NONE:
        return ClaimState.PAID
    if amount:
        return AFTER[state]
    return ClaimState.REFUSED if state == ClaimState.REVIEW else state


def test_nobody_is_both(office: Office) -> None:
    """A supervisor who is the ticket's agent decides as its agent, and once it is Escalated as supervisor."""
    people = office.people
    people.admin.grant(SUPERVISOR, people.agent)
    with office.isolated():
        office.worked_on().decide(people.agent)
    office.worked_on(Status.ESCALATED).decide(people.agent)


def test_no_such_ticket(office: Office) -> None:
    filing = office.filing(Reason.OVERCHARGED)
    agent = office.people.agent.address
    rest = filing.claim.receipt, 0, b"\x05" * 32, 0
    found = office.claims.attempt(agent, "decide", filing.ticket_id, *rest)
    assert same(found, RefusedError("NotDecider", agent, Status.NONE))
