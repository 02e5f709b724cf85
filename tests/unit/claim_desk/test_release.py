"""Giving up what is kept for a claim whose ticket was closed before it was decided."""

from __future__ import annotations

import pytest

from tests.helpers.claim_items import ClaimState, Reason, Verdict
from tests.helpers.claims import AMOUNT, FUNDS, PRICE, Office
from tests.helpers.contract import refused, refused_below
from tests.helpers.desk import MODULE, NOBODY
from tests.helpers.table import Status


def test_anyone_releases_a_closed_claim(office: Office) -> None:
    filing = office.worked_on()
    office.people.customer.move(filing.ticket_id, Status.CLOSED)
    (released,) = office.claims.send(office.people.stranger.address, "release", filing.ticket_id)
    assert (released.name, released.arguments) == ("ClaimReleased", {"ticketId": filing.ticket_id})
    assert office.books() == (FUNDS, 0, 0, 0, FUNDS)
    assert office.claim(filing.ticket_id)[:3] == (AMOUNT, Reason.OVERCHARGED, ClaimState.REFUSED)
    assert office.order(filing)[:4] == (0, Reason.NONE, 1, 0)
    assert office.vault.view("reservedFor", office.claims.address, filing.ticket_id) == (NOBODY, 0)
    with refused("NotReleasable", filing.ticket_id):
        office.claims.send(office.people.stranger.address, "release", filing.ticket_id)


def test_a_claim_desk_that_is_no_module_any_more_gives_up_what_it_kept(office: Office) -> None:
    """Taking MODULE from it stops decisions; it does not lock the money away."""
    filing = office.worked_on()
    admin, treasurer = office.people.admin.address, office.people.treasurer.address
    office.desk.access.send(admin, "revokeRole", MODULE, office.claims.address)
    with refused_below("MissingRole(address,uint64)"):
        filing.decide(office.people.agent, 0)
    office.people.customer.move(filing.ticket_id, Status.CLOSED)
    office.claims.send(office.people.stranger.address, "release", filing.ticket_id)
    assert office.books() == (FUNDS, 0, 0, 0, FUNDS)
    office.vault.send(treasurer, "withdrawFree", NOBODY, treasurer, FUNDS)
    assert office.books() == (0, 0, 0, 0, 0)


def test_others_of_the_order_stay_under_review(office: Office) -> None:
    filing = office.under_review()
    receipt = filing.claim.receipt
    other = office.filing(receipt=receipt, amount=PRICE)
    assert other.file() == (Verdict.REVIEW, 0)
    office.people.customer.move(filing.ticket_id, Status.CLOSED)
    office.claims.send(office.people.stranger.address, "release", filing.ticket_id)
    assert office.order(filing)[3] == 1 << Reason.RETURN
    assert office.books()[1] == PRICE
    assert office.filing(Reason.OVERCHARGED, receipt=receipt).file() == (Verdict.REVIEW, 0)


def test_nothing_kept_is_released_too(office: Office) -> None:
    """An empty vault kept nothing for it; the order is told all the same."""
    office.emptied()
    filing = office.under_review()
    office.people.customer.move(filing.ticket_id, Status.CLOSED)
    office.claims.send(office.people.stranger.address, "release", filing.ticket_id)
    assert office.order(filing)[3] == 0


@pytest.mark.parametrize(
    "status",
    [each for each in Status if each not in (Status.NONE, Status.CLOSED)],
    ids=lambda each: each.name,
)
def test_not_before_its_ticket_is_closed(office: Office, status: Status) -> None:
    filing = office.worked_on()
    office.desk.write_ticket(filing.ticket_id, status=status)
    with refused("NotReleasable", filing.ticket_id):
        office.claims.send(office.people.stranger.address, "release", filing.ticket_id)


@pytest.mark.parametrize("state", [each for each in ClaimState if each != ClaimState.REVIEW], ids=str)
def test_only_what_is_under_review(office: Office, state: ClaimState) -> None:
    if state in (ClaimState.NONE, ClaimState.DENIED):
        filing = office.filing(amount=AMOUNT if state == ClaimState.NONE else 0)
        filing.file()
    else:
        filing = office.worked_on()
        filing.decide(office.people.agent, 0 if state == ClaimState.REFUSED else 1)
    office.people.customer.move(filing.ticket_id, Status.CLOSED)
    assert office.claim(filing.ticket_id)[2] == state
    with refused("NotReleasable", filing.ticket_id):
        office.claims.send(office.people.stranger.address, "release", filing.ticket_id)


def test_no_claim_at_all(office: Office) -> None:
    ticket = office.people.ticket_in(Status.CLOSED)
    with refused("NotReleasable", ticket):
        office.claims.send(office.people.stranger.address, "release", ticket)


def test_a_claim_whose_customer_stays_silent_ends(office: Office) -> None:
    """Waiting runs out into Resolved, that into Closed: nothing is kept for ever."""
    filing = office.worked_on(Status.WAITING)
    for status in (Status.RESOLVED, Status.CLOSED):
        office.desk.overdue(filing.ticket_id)
        office.people.stranger.expire(filing.ticket_id)
        assert office.desk.ticket(filing.ticket_id).status == status
    office.claims.send(office.people.stranger.address, "release", filing.ticket_id)
    assert office.books() == (FUNDS, 0, 0, 0, FUNDS)
