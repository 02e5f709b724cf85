"""Filing: each verdict with all that comes of it, each failed rule alone, the first and the last second."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.helpers.claim_items import (
    DAY,
    ZERO,
    ClaimState,
    Evidence,
    Failed,
    Kind,
    Reason,
    Rule,
    Verdict,
    order_key,
    struct_hash,
)
from tests.helpers.claims import AMOUNT, FUNDS, PRICE, Filing, Office
from tests.helpers.contract import refused, refused_below
from tests.helpers.desk import CLAIMS, NOBODY
from tests.helpers.table import Status

APPROVED, DENIED, REVIEW = Verdict.APPROVED, Verdict.DENIED, Verdict.REVIEW


def balance(office: Office, address: str) -> int:
    """Wei."""
    return int(office.desk.node.rpc("eth_getBalance", address, "latest"), 16)


def receipt_bits(filing: Filing) -> int:
    """What an order keeps of its receipt."""
    return int.from_bytes(struct_hash(filing.claim.receipt), "big") >> 152


def key_bits(filing: Filing) -> int:
    """What a claim keeps of its order."""
    key = order_key(filing.claim.receipt.merchant, filing.claim.receipt.order_id)
    return int.from_bytes(key, "big") >> 144


# --------------------------------------------------------------------------------------------------- verdicts


def test_an_approved_claim_is_paid_at_once(office: Office) -> None:
    filing = office.filing()
    customer = filing.claim.customer
    before = balance(office, customer)
    assert filing.file() == (APPROVED, 0)
    assert balance(office, customer) - before == AMOUNT
    assert office.books() == (FUNDS - AMOUNT, 0, 0, 0, FUNDS - AMOUNT)
    assert office.order(filing) == (AMOUNT, Reason.RETURN, 1, 0, receipt_bits(filing))
    assert office.claim(filing.ticket_id) == (0, Reason.NONE, ClaimState.NONE, 0)
    ticket = office.desk.ticket(filing.ticket_id)
    assert (ticket.customer, ticket.status, ticket.lane) == (customer, Status.RESOLVED, CLAIMS)
    assert ticket.acts == 2


def test_a_denied_claim_gets_nothing_and_counts(office: Office) -> None:
    filing = office.filing(amount=0)
    assert filing.file() == (DENIED, Failed.NOTHING_ASKED)
    assert office.books() == (FUNDS, 0, 0, 0, FUNDS)
    assert office.order(filing) == (0, Reason.NONE, 1, 0, receipt_bits(filing))
    assert office.claim(filing.ticket_id) == (0, Reason.RETURN, ClaimState.DENIED, key_bits(filing))
    assert office.desk.ticket(filing.ticket_id).status == Status.REJECTED


def test_a_claim_for_review_waits_in_its_lane_with_its_money_kept(office: Office) -> None:
    filing = office.under_review()
    assert office.books() == (FUNDS, AMOUNT, 0, 0, FUNDS - AMOUNT)
    kept = office.vault.view("reservedFor", office.claims.address, filing.ticket_id)
    assert kept == (NOBODY, AMOUNT)
    live = 1 << Reason.OVERCHARGED
    assert office.order(filing) == (0, Reason.NONE, 1, live, receipt_bits(filing))
    state = (AMOUNT, Reason.OVERCHARGED, ClaimState.REVIEW, key_bits(filing))
    assert office.claim(filing.ticket_id) == state
    ticket = office.desk.ticket(filing.ticket_id)
    assert (ticket.status, ticket.acts) == (Status.NEW, 1)


def test_over_the_automatic_limit_is_for_review(office: Office) -> None:
    assert office.filing(amount=500_000).file() == (APPROVED, 0)
    assert office.filing(amount=500_001).file() == (REVIEW, 0)


def test_with_an_empty_vault_an_approved_claim_waits_for_money(office: Office) -> None:
    office.emptied()
    filing = office.filing()
    assert filing.file() == (APPROVED, 0)
    assert office.books() == (0, 0, 0, AMOUNT, 0)
    assert office.order(filing)[0] == AMOUNT
    before = balance(office, filing.claim.customer)
    office.funded(AMOUNT)
    office.vault.send(office.people.stranger.address, "settle", NOBODY, 1)
    assert balance(office, filing.claim.customer) - before == AMOUNT


def test_with_an_empty_vault_a_review_keeps_nothing(office: Office) -> None:
    office.emptied()
    office.under_review()
    assert office.books() == (0, 0, 0, 0, 0)


def test_a_review_keeps_all_or_nothing(office: Office) -> None:
    office.emptied()
    office.funded(AMOUNT - 1)
    office.under_review()
    assert office.books() == (AMOUNT - 1, 0, 0, 0, AMOUNT - 1)


def test_the_event_tells_all_of_it(office: Office) -> None:
    filing = office.filing(Reason.DEFECT, amount=PRICE)
    events = office.claims.send(filing.claim.customer, "fileClaim", *filing.arguments)
    (filed,) = [each.arguments for each in events]
    assert filed == {
        "ticketId": filing.ticket_id,
        "orderKey": order_key(office.merchant.address, filing.claim.receipt.order_id),
        "policyId": office.policy,
        "receiptHash": struct_hash(filing.claim.receipt),
        "reason": Reason.DEFECT,
        "amount": PRICE,
        "verdict": DENIED,
        "failed": Failed.OVER_REFUND,
    }


def test_both_acts_have_the_claims_entry_and_are_the_modules(office: Office) -> None:
    for filing in (office.filing(), office.filing(amount=0)):
        receipt = office.desk.node.send(
            filing.claim.customer,
            office.claims.address,
            office.claims.encoded("fileClaim", *filing.arguments),
        )
        acts = [each.arguments for each in office.desk.tickets.events(receipt)]
        assert [each["entry"] for each in acts] == [filing.claim.entry] * 2
        assert {each["actor"] for each in acts} == {office.claims.address}


# ------------------------------------------------------------------------------------------- each rule alone


def spoiled(office: Office, rule: str) -> Filing:
    """A claim that fails this rule and no other."""
    if rule == "REASON_NOT_COVERED":
        return office.filing(Reason.WRONG_ITEM)
    if rule == "DATE_IN_FUTURE":
        return office.filing(receipt=office.receipt(purchased_at=office.desk.now + DAY))
    if rule == "OUT_OF_WINDOW":
        filing = office.filing()
        office.desk.at(filing.claim.receipt.purchased_at + 30 * DAY + 1)
        return filing
    if rule == "NOT_THE_CUSTOMER":
        return office.filing(customer=office.people.stranger.address)
    if rule == "NOTHING_ASKED":
        return office.filing(amount=0)
    if rule == "OVER_REFUND":
        return office.filing(Reason.DEFECT, amount=PRICE)
    if rule == "OVER_PRICE":
        # Both prices' parts are 1,000,000 but for what another reason took of one.
        first = office.filing(Reason.NOT_DELIVERED, amount=1)
        first.file()
        return office.filing(receipt=first.claim.receipt, amount=PRICE)
    if rule == "TOO_MANY_CLAIMS":
        receipt = office.receipt()
        for _ in range(8):
            office.filing(receipt=receipt, amount=0).file()
        return office.filing(receipt=receipt)
    if rule == "CLAIM_UNDER_REVIEW":
        return office.filing(Reason.OVERCHARGED, receipt=office.under_review().claim.receipt)
    kind = Kind[rule.removeprefix("EVIDENCE_")]
    reason = {Kind.RETURN: Reason.RETURN, Kind.DEFECT: Reason.DEFECT}.get(kind, Reason.OVERCHARGED)
    whole = office.filing(reason)
    others = [each.kind for each in whole.claim.evidence if each.kind != kind]
    return office.filing(reason, receipt=whole.claim.receipt, evidence=others)


NAMED = {name: bit for name, bit in vars(Failed).items() if name.isupper()}
MISSING = {
    f"EVIDENCE_{kind.name}": Failed.missing(kind)
    for kind in (Kind.RETURN, Kind.DEFECT, Kind.PAYMENT, Kind.PHOTO)
}


@pytest.mark.parametrize(("rule", "bit"), [*NAMED.items(), *MISSING.items()], ids=[*NAMED, *MISSING])
def test_each_rule_alone(office: Office, rule: str, bit: int) -> None:
    """Denied by its bit, in the preview too; the vault is left as it was."""
    filing = spoiled(office, rule)
    books = office.books()
    assert filing.preview(office.desk.node.next) == (DENIED, 0, bit)
    assert filing.file() == (DENIED, bit)
    assert office.books() == books
    assert office.desk.ticket(filing.ticket_id).status == Status.REJECTED
    assert office.claim(filing.ticket_id)[2] == ClaimState.DENIED


def test_all_rules_that_fail_are_named(office: Office) -> None:
    receipt = office.receipt(purchased_at=office.desk.now + DAY)
    filing = office.filing(
        Reason.OTHER, receipt=receipt, amount=PRICE + 1, customer=office.people.stranger.address
    )
    expected = Failed.REASON_NOT_COVERED | Failed.DATE_IN_FUTURE | Failed.NOT_THE_CUSTOMER | Failed.OVER_PRICE
    assert filing.file() == (DENIED, expected)


def test_every_kind_of_evidence_has_its_bit(office: Office) -> None:
    policy = office.published(Rule(Reason.OTHER, evidence=0xFFFF))
    receipt = office.receipt(policy_id=policy)
    for kind in range(16):
        others = [each for each in range(16) if each != kind]
        filing = office.filing(Reason.OTHER, receipt=receipt, evidence=others)
        assert filing.preview() == (DENIED, 0, Failed.missing(kind))
    assert office.filing(Reason.OTHER, receipt=receipt, evidence=list(range(16))).file() == (APPROVED, 0)


def test_more_evidence_than_asked_for_does_no_harm(office: Office) -> None:
    assert office.filing(evidence=[Kind.RETURN, Kind.DELIVERY, Kind.STATEMENT]).file() == (APPROVED, 0)


# ------------------------------------------------------------------------------------------------------ edges


@pytest.mark.parametrize(("late", "verdict"), [(0, APPROVED), (30 * DAY, APPROVED), (30 * DAY + 1, DENIED)])
def test_the_window_includes_its_last_second(office: Office, late: int, verdict: Verdict) -> None:
    bought = office.desk.now + 10
    office.desk.at(bought)
    office.anchor.send(office.people.stranger.address, "anchor", b"\x01" * 32, 1)
    filing = office.filing(receipt=office.receipt(purchased_at=bought))
    when = max(bought + late, bought + 1)
    assert filing.preview(bought + late)[0] == verdict
    office.desk.at(when)
    assert filing.file()[0] == verdict


def test_bought_in_the_same_second(office: Office) -> None:
    now = office.desk.now
    filing = office.filing(receipt=office.receipt(purchased_at=now))
    assert filing.preview(now)[0] == APPROVED
    future = office.filing(receipt=office.receipt(purchased_at=now + 1))
    assert future.preview(now) == (DENIED, 0, Failed.DATE_IN_FUTURE)
    assert future.preview(now + 1)[0] == APPROVED


@pytest.mark.parametrize(
    ("amount", "failed"),
    [
        (0, Failed.NOTHING_ASKED),
        (1, 0),
        (PRICE, 0),
        (PRICE + 1, Failed.OVER_PRICE | Failed.OVER_REFUND),
        (2**128 - 1, Failed.OVER_PRICE | Failed.OVER_REFUND),
    ],
)
def test_amounts_at_their_edges(office: Office, amount: int, failed: int) -> None:
    filing = office.filing(Reason.NOT_DELIVERED, amount=amount)
    assert filing.file() == (DENIED if failed else APPROVED, failed)


def test_the_basis_points_are_rounded_down(office: Office) -> None:
    """2,500 of 10,000 of 3 wei are none, of 7 one."""
    for price, most in ((3, 0), (4, 1), (7, 1), (8, 2), (10_001, 2_500)):
        receipt = office.receipt(price=price)
        over = office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=most + 1)
        assert over.preview() == (DENIED, 0, Failed.OVER_REFUND)
        if most:
            within = office.filing(Reason.SERVICE_FAILURE, receipt=receipt, amount=most)
            assert within.preview() == (APPROVED, most, 0)


def test_a_free_thing_gives_nothing_back(office: Office) -> None:
    filing = office.filing(receipt=office.receipt(price=0), amount=1)
    assert filing.file() == (DENIED, Failed.OVER_PRICE | Failed.OVER_REFUND)


def test_the_largest_price_is_approved_reviewed_and_paid(office: Office) -> None:
    """2^128 - 1 wei are never there: what was decided waits."""
    most = 2**128 - 1
    receipt = office.receipt(price=most)
    filing = office.filing(Reason.NOT_DELIVERED, receipt=receipt, amount=most)
    assert filing.file() == (APPROVED, 0)
    assert office.order(filing)[0] == most
    assert office.books()[3] == most
    again = office.filing(Reason.NOT_DELIVERED, receipt=receipt, amount=1)
    assert again.file() == (DENIED, Failed.OVER_PRICE | Failed.OVER_REFUND)


# ---------------------------------------------------------------------------------------------------- refused


def test_only_its_customer_files_a_claim_himself(office: Office) -> None:
    filing, other = office.filing(), office.people.stranger
    with refused("NotClaimant", filing.claim.customer, other.address):
        filing.file(other)


def test_after_its_deadline(office: Office) -> None:
    deadline = office.desk.now + 100
    filing = office.filing(deadline=deadline)
    office.desk.at(deadline + 1)
    with refused("SignatureExpired", deadline):
        filing.file()
    assert filing.preview(deadline)[0] == APPROVED


def test_in_the_last_second_of_its_deadline(office: Office) -> None:
    deadline = office.desk.now + 100
    filing = office.filing(deadline=deadline)
    office.desk.at(deadline)
    assert filing.file() == (APPROVED, 0)


def test_another_receipt_of_the_order(office: Office) -> None:
    """Whatever came of the first claim."""
    for first in (office.filing(), office.filing(amount=0), office.filing(Reason.OVERCHARGED)):
        first.file()
        receipt = first.claim.receipt
        for changes in (
            {"price": PRICE + 1},
            {"purchased_at": receipt.purchased_at + 1},
            {"product_id": keccak(b"x")},
        ):
            second = office.filing(receipt=receipt._replace(**changes))
            with refused("OtherReceipt", receipt.order_id):
                second.file()
            with refused("OtherReceipt", receipt.order_id):
                second.preview()


def test_an_unknown_policy(office: Office) -> None:
    filing = office.filing(receipt=office.receipt(policy_id=ZERO))
    with refused_below("UnknownPolicy(bytes32)"):
        filing.file()


def test_the_same_claim_twice(office: Office) -> None:
    """Its ticket is there already, whatever it came to."""
    for filing in (office.filing(), office.filing(amount=0), office.filing(Reason.OVERCHARGED)):
        filing.file()
        with refused_below("TicketExists(bytes32)"):
            filing.file()


@pytest.mark.parametrize(
    ("function", "who"), [("closeLane", "lane_editor"), ("pauseOpening", "guardian"), ("retire", "admin")]
)
def test_no_tickets_no_claims(office: Office, function: str, who: str) -> None:
    """Who stops opening stops claims; the preview still tells what they would come to."""
    filing = office.filing()
    arguments: dict[str, tuple[Any, ...]] = {"closeLane": (CLAIMS,), "retire": (office.claims.address,)}
    getattr(office.people, who).does(function, *arguments.get(function, ()))
    assert filing.attempt() is not None
    assert filing.preview()[0] == APPROVED


# --------------------------------------------------------------------------------------------------- evidence


def test_evidence_of_another_order(office: Office) -> None:
    receipt = office.receipt()
    other = office.evidence(receipt, Kind.DELIVERY, order_id=b"\x07" * 32)
    filing = office.filing(receipt=receipt, evidence=[Kind.RETURN, other])
    with refused("EvidenceOfOtherOrder", 1, b"\x07" * 32):
        filing.file()


def test_evidence_of_the_future(office: Office) -> None:
    receipt = office.receipt()
    now = office.desk.now
    filing = office.filing(
        receipt=receipt, evidence=[office.evidence(receipt, Kind.RETURN, issued_at=now + 9)]
    )
    with refused("EvidenceInFuture", 0, now + 9):
        filing.preview(now + 8)
    assert filing.preview(now + 9)[0] == APPROVED


def test_two_of_a_kind(office: Office) -> None:
    for kind in (Kind.RETURN, Kind.PHOTO):
        with refused("EvidenceMismatch"):
            office.filing(evidence=[kind, Kind.DELIVERY, kind]).file()


@pytest.mark.parametrize("kind", [16, 17, 128, 255])
def test_an_unknown_kind(office: Office, kind: int) -> None:
    with refused("UnknownKind", kind):
        office.filing(evidence=[Kind.RETURN, kind]).file()


@pytest.mark.parametrize("parties", [0, 2])
def test_an_attestation_for_each_piece(office: Office, parties: int) -> None:
    filing = office.filing()
    with refused("EvidenceMismatch"):
        office.filing(receipt=filing.claim.receipt, parties=filing.parties * parties).file()


def test_sixteen_pieces_are_taken_and_no_more(office: Office) -> None:
    receipt = office.receipt()
    pieces: list[Evidence | int] = list(range(16))
    assert office.filing(receipt=receipt, evidence=pieces).file() == (APPROVED, 0)
    for more in (0, 16):
        with refused("EvidenceMismatch"):
            office.filing(receipt=receipt, evidence=[*pieces, more]).file()
