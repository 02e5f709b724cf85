"""Claims that their customers sign and others carry; decisions too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.claim_items import ClaimState, Failed, Reason, Signer, Verdict
from tests.helpers.claims import AMOUNT, FUNDS, Filing, Office
from tests.helpers.contract import refused
from tests.helpers.desk import NOBODY, SEEN_ANY
from tests.helpers.people import Person
from tests.helpers.signed import node_key
from tests.helpers.table import Status


def pen(person: Person) -> Signer:
    """His key."""
    return Signer(node_key(person.desk.node.accounts.index(person.address)), person.address)


@pytest.mark.parametrize("by", ["stranger", "agent", "supervisor", "customer", "intake"])
def test_anyone_carries_a_claim(office: Office, by: str) -> None:
    """It is its customer's: his ticket, his money."""
    filing = office.filing()
    before = wealth(office, filing.claim.customer)
    assert filing.carry(by=getattr(office.people, by)) == (Verdict.APPROVED, 0)
    assert office.desk.ticket(filing.ticket_id).customer == filing.claim.customer
    assert wealth(office, filing.claim.customer) - before == AMOUNT


def wealth(office: Office, account: str) -> int:
    """Wei."""
    return int(office.desk.node.rpc("eth_getBalance", account, "latest"), 16)


def test_every_verdict(office: Office) -> None:
    assert office.filing().carry() == (Verdict.APPROVED, 0)
    assert office.filing(amount=0).carry() == (Verdict.DENIED, Failed.NOTHING_ASKED)
    assert office.filing(Reason.OVERCHARGED).carry() == (Verdict.REVIEW, 0)


def test_a_fresh_address_without_gas(office: Office) -> None:
    """An order, an address: nobody knows it, it has nothing, and it is paid."""
    fresh = Signer.named("an address for this order")
    receipt = office.receipt(fresh.address)
    filing = office.filing(receipt=receipt)
    assert filing.carry(fresh.seal(filing.claim, office.domain)) == (Verdict.APPROVED, 0)
    assert wealth(office, fresh.address) == AMOUNT


def test_after_its_deadline(office: Office) -> None:
    deadline = office.desk.now + 100
    filing = office.filing(deadline=deadline)
    office.desk.at(deadline + 1)
    with refused("SignatureExpired", deadline):
        filing.carry()
    late = office.filing(deadline=deadline + 50)
    office.desk.at(deadline + 50)
    assert late.carry() == (Verdict.APPROVED, 0)


def test_nobody_signs_for_nobody(office: Office) -> None:
    filing = office.filing(customer=NOBODY)
    for signature in (b"", bytes(65), office.filing().signature):
        with refused("InvalidSignature", NOBODY):
            filing.carry(signature)


# --------------------------------------------------------------------------------------------- front-running


def test_a_strangers_claim_on_ones_receipt(office: Office) -> None:
    """He saw it on its way and is first: denied, the order as it was, and the customer's goes through."""
    filing = office.filing()
    stranger = office.people.stranger
    stolen = office.filing(receipt=filing.claim.receipt, customer=stranger.address)
    assert stolen.file(stranger) == (Verdict.DENIED, Failed.NOT_THE_CUSTOMER)
    assert office.order(filing) == (0, 0, 0, 0, 0)
    assert filing.carry() == (Verdict.APPROVED, 0)


def test_a_strangers_claims_use_nothing_up(office: Office) -> None:
    """Not the order's eight claims, nor its place under review, nor its binding to a receipt."""
    stranger = office.people.stranger
    receipt = office.receipt()
    for reason in (Reason.OVERCHARGED, Reason.RETURN) * 5:
        office.filing(reason, receipt=receipt, customer=stranger.address).file(stranger)
    other = receipt._replace(price=1)
    office.filing(receipt=other, customer=stranger.address, merchant=office.attested(other)).file(stranger)
    filing = office.filing(Reason.OVERCHARGED, receipt=receipt)
    assert filing.file() == (Verdict.REVIEW, 0)
    assert office.order(filing)[2] == 1


def test_a_stranger_carries_it_first(office: Office) -> None:
    """The customer's own claim: all he can do with it is what was asked for."""
    filing = office.filing()
    assert filing.carry() == (Verdict.APPROVED, 0)
    assert office.order(filing)[0] == AMOUNT


def test_a_ticket_of_the_claims_id_is_not_opened_before_it(office: Office) -> None:
    """Its id is its customer's: others open others."""
    filing = office.filing()
    office.people.stranger.open(entry=filing.claim.entry)
    assert filing.file() == (Verdict.APPROVED, 0)


def test_what_is_carried_is_signed_whoever_carries_it(office: Office) -> None:
    customer = office.people.customer
    filing = office.filing()
    with refused("InvalidSignature", customer.address):
        filing.carry(bytes(65), by=customer)
    assert filing.carry(by=customer) == (Verdict.APPROVED, 0)


def test_a_receipt_of_anothers_order_is_no_use(office: Office) -> None:
    """A customer with a receipt of his own takes nothing of another's order."""
    theirs = office.filing(receipt=office.receipt(office.people.other_customer))
    mine = theirs.claim.receipt._replace(customer=office.people.customer.address)
    filing = office.filing(receipt=mine, merchant=theirs.merchant)
    with refused("InvalidSignature", office.merchant.address):
        filing.file()


@pytest.mark.parametrize("changes", [{"price": 10**9}, {"purchased_at": 1_800_000_500}, {}], ids=str)
def test_a_receipt_signed_again(office: Office, changes: dict[str, Any]) -> None:
    """With another price, date or customer, by the merchant himself: the first one filed holds."""
    office.desk.at(1_800_001_000)
    filing = office.filing()
    filing.file()
    customer = filing.claim.customer if changes else office.people.other_customer.address
    again = filing.claim.receipt._replace(customer=customer, **changes)
    with refused("OtherReceipt", again.order_id):
        office.filing(receipt=again).file()
    assert office.order(filing)[0] == AMOUNT


# ------------------------------------------------------------------------------------------- decideFor


def carried(office: Office, filing: Filing, actor: Person, amount: int = AMOUNT, **changes: Any) -> None:
    """A decision of the actor's, signed and carried."""
    decision = filing.decision(actor, amount)._replace(**changes)
    filing.carry_decision(decision, pen(actor).seal(decision, office.domain))


def test_an_agents_and_a_supervisors_decisions_are_carried(office: Office) -> None:
    filing = office.worked_on()
    carried(office, filing, office.people.agent)
    assert office.claim(filing.ticket_id)[2] == ClaimState.PAID
    filing = office.worked_on(Status.ESCALATED)
    carried(office, filing, office.people.supervisor, 0)
    assert office.claim(filing.ticket_id)[2] == ClaimState.REFUSED
    assert office.books() == (FUNDS - AMOUNT, 0, 0, 0, FUNDS - AMOUNT)


def test_a_decision_after_its_deadline(office: Office) -> None:
    filing = office.worked_on()
    deadline = office.desk.now + 100
    office.desk.at(deadline + 1)
    with refused("SignatureExpired", deadline):
        carried(office, filing, office.people.agent, deadline=deadline)
    office.desk.at(deadline + 50)
    carried(office, filing, office.people.agent, deadline=deadline + 50)


@pytest.mark.parametrize("seen", [0, 1, 3, SEEN_ANY, 65_535])
def test_a_signed_decision_says_exactly_what_it_saw(office: Office, seen: int) -> None:
    filing = office.worked_on()
    with refused("StaleTicket", seen, 2):
        carried(office, filing, office.people.agent, seen=seen)


@pytest.mark.parametrize("name", ["customer", "second_agent", "supervisor", "stranger", "admin"])
def test_others_decisions_are_not(office: Office, name: str) -> None:
    filing, actor = office.worked_on(), getattr(office.people, name)
    with refused("NotDecider", actor.address, Status.OPEN):
        carried(office, filing, actor)


def test_a_signed_decision_is_bounded_too(office: Office) -> None:
    filing = office.worked_on()
    with refused("OverBound", AMOUNT + 1, AMOUNT):
        carried(office, filing, office.people.agent, AMOUNT + 1)
