"""Whose word counts: merchants and parties in office, and items anchored while their signers were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.claim_items import FOREVER, ZERO, Attestation, Kind, Reason, Receipt, Signer, Verdict, leaf
from tests.helpers.claims import MERCHANT_KIND, Filing, Office
from tests.helpers.contract import refused

APPROVED = Verdict.APPROVED


@pytest.fixture
def newcomer(office: Office) -> Signer:
    """A merchant appointed a second ago."""
    signer = Signer.named("a new merchant")
    office.edits("appointMerchant", signer.address)
    return signer


def sold(office: Office, signer: Signer, at: int | None = None, **changes: object) -> Filing:
    """A valid claim on a receipt of this merchant's, dated now unless told otherwise."""
    at = office.desk.now if at is None else at
    receipt = office.receipt(merchant=signer.address, purchased_at=at)
    merchant = office.attested(receipt, signer)
    return office.filing(Reason.NOT_DELIVERED, receipt=receipt, merchant=merchant)


# ------------------------------------------------------------------------------------------- merchants


def test_who_never_was_in_office(office: Office) -> None:
    somebody = Signer.named("somebody")
    filing = sold(office, somebody)
    with refused("SignerNotInOffice", somebody.address, MERCHANT_KIND, filing.claim.receipt.purchased_at):
        filing.file()


def test_a_party_signs_no_receipts_and_a_merchant_no_evidence(office: Office) -> None:
    filing = sold(office, office.party)
    with refused("SignerNotInOffice", office.party.address, MERCHANT_KIND, office.desk.now):
        filing.file()
    receipt = office.receipt()
    piece = office.evidence(receipt, Kind.RETURN)
    filing = office.filing(
        receipt=receipt, evidence=[piece], parties=[office.attested(piece, office.merchant)]
    )
    with refused("SignerNotInOffice", office.merchant.address, Kind.RETURN, piece.issued_at):
        filing.file()


def test_a_receipt_from_before_his_term(office: Office, newcomer: Signer) -> None:
    since = office.desk.now
    early = sold(office, newcomer, at=since - 1)
    with refused("SignerNotInOffice", newcomer.address, MERCHANT_KIND, since - 1):
        early.file()
    assert sold(office, newcomer, at=since).file() == (APPROVED, 0)


def test_a_dismissed_merchants_receipts(office: Office, newcomer: Signer) -> None:
    """All of them: what he signs later under an earlier date looks no other."""
    filing = sold(office, newcomer)
    office.edits("dismissMerchant", newcomer.address)
    stated = filing.claim.receipt.purchased_at
    for each in (filing, sold(office, newcomer, at=stated), sold(office, newcomer)):
        with refused("SignerNotInOffice", newcomer.address, MERCHANT_KIND, each.claim.receipt.purchased_at):
            each.file()


def test_in_the_very_second_of_his_dismissal(office: Office, newcomer: Signer) -> None:
    filing = sold(office, newcomer)
    office.desk.at(office.desk.now + 10)
    office.edits("dismissMerchant", newcomer.address)
    until = office.desk.now
    office.desk.at(until)
    with refused("SignerNotInOffice", newcomer.address, MERCHANT_KIND, filing.claim.receipt.purchased_at):
        filing.file()


# ------------------------------------------------------------------------------------------- anchors


def test_an_anchored_receipt_outlives_its_merchant(office: Office, newcomer: Signer) -> None:
    filing = sold(office, newcomer)
    proven = replace(filing, merchant=office.anchored(filing.claim.receipt, filing.merchant))
    office.edits("dismissMerchant", newcomer.address)
    assert proven.preview()[0] == APPROVED
    assert proven.file() == (APPROVED, 0)


def test_anchored_in_the_last_second_and_a_second_later(office: Office, newcomer: Signer) -> None:
    now = office.desk.now
    until = now + 100
    filings = [sold(office, newcomer, at=now) for _ in range(2)]
    early, late = filings
    early = replace(early, merchant=office.anchored(early.claim.receipt, early.merchant, at=until - 1))
    office.desk.at(until)
    office.edits("dismissMerchant", newcomer.address)
    late = replace(late, merchant=office.anchored(late.claim.receipt, late.merchant, at=until))
    assert early.file() == (APPROVED, 0)
    with refused("SignerNotInOffice", newcomer.address, MERCHANT_KIND, now):
        late.file()


def test_anchored_after_his_dismissal_under_an_earlier_date(office: Office, newcomer: Signer) -> None:
    """Backdating: the date is of his term, the anchor is not."""
    stated = office.desk.now
    office.edits("dismissMerchant", newcomer.address)
    filing = sold(office, newcomer, at=stated)
    proven = replace(filing, merchant=office.anchored(filing.claim.receipt, filing.merchant))
    with refused("SignerNotInOffice", newcomer.address, MERCHANT_KIND, stated):
        proven.file()


def test_anchored_before_his_term(office: Office) -> None:
    """He is in office now, and no anchor is needed; one from before proves the wrong thing."""
    signer = Signer.named("a later merchant")
    receipt = office.receipt(merchant=signer.address, purchased_at=office.desk.now + 50)
    plain = office.attested(receipt, signer)
    proven = office.anchored(receipt, plain)
    office.desk.at(office.desk.now + 40)
    office.edits("appointMerchant", signer.address)
    office.desk.at(office.desk.now + 50)
    filing = office.filing(Reason.NOT_DELIVERED, receipt=receipt, merchant=proven)
    with refused("SignerNotInOffice", signer.address, MERCHANT_KIND, receipt.purchased_at):
        filing.file()
    office.desk.at(office.desk.now + 50)
    assert replace(filing, merchant=plain).file() == (APPROVED, 0)


def test_dated_after_his_dismissal_though_anchored_before(office: Office, newcomer: Signer) -> None:
    now = office.desk.now
    filing = sold(office, newcomer, at=now + 100)
    proven = replace(filing, merchant=office.anchored(filing.claim.receipt, filing.merchant))
    office.desk.at(now + 100)
    office.edits("dismissMerchant", newcomer.address)
    with refused("SignerNotInOffice", newcomer.address, MERCHANT_KIND, now + 100):
        proven.file()


def test_a_text_anchored_in_time_and_signed_later(office: Office, newcomer: Signer) -> None:
    """The leaf holds the signature: that the text was there says nothing of who had signed it."""
    receipt = office.receipt(merchant=newcomer.address, purchased_at=office.desk.now)
    unsigned = office.anchored(receipt, Attestation(newcomer.address, b""))
    office.edits("dismissMerchant", newcomer.address)
    signed = unsigned._replace(signature=newcomer.seal(receipt, office.domain))
    with refused("NotAnchored", signed.root):
        office.filing(Reason.NOT_DELIVERED, receipt=receipt, merchant=signed).file()
    with refused("SignerNotInOffice", newcomer.address, MERCHANT_KIND, receipt.purchased_at):
        office.filing(Reason.NOT_DELIVERED, receipt=receipt, merchant=unsigned).file()


def test_a_root_that_does_not_hold_it(office: Office, newcomer: Signer) -> None:
    filing, other = sold(office, newcomer), sold(office, newcomer)
    proven = office.anchored(other.claim.receipt, other.merchant)
    own = filing.merchant
    for wrong in (
        own._replace(root=proven.root, path=proven.path),
        own._replace(root=proven.root),
        own._replace(root=b"\x09" * 32, path=proven.path),
        own._replace(root=(1).to_bytes(32, "big")),
    ):
        with refused("NotAnchored", wrong.root):
            replace(filing, merchant=wrong).file()
    assert filing.file() == (APPROVED, 0)


def test_a_root_that_nobody_anchored(office: Office, newcomer: Signer) -> None:
    filing = sold(office, newcomer)
    with office.isolated():
        proven = office.anchored(filing.claim.receipt, filing.merchant)
    with refused("NotAnchored", proven.root):
        replace(filing, merchant=proven).file()


def test_a_path_without_a_root_proves_nothing(office: Office, newcomer: Signer) -> None:
    """It is not looked at: only being in office counts then."""
    filing = sold(office, newcomer)
    proven = office.anchored(filing.claim.receipt, filing.merchant)
    office.edits("dismissMerchant", newcomer.address)
    with refused("SignerNotInOffice", newcomer.address, MERCHANT_KIND, filing.claim.receipt.purchased_at):
        replace(filing, merchant=proven._replace(root=ZERO)).file()


def test_an_anchored_leaf_alone_is_a_root(office: Office, newcomer: Signer) -> None:
    filing = sold(office, newcomer)
    root = leaf(filing.claim.receipt, filing.merchant.signature, office.domain)
    office.anchor.send(office.people.stranger.address, "anchor", root, 1)
    office.edits("dismissMerchant", newcomer.address)
    proven = filing.merchant._replace(root=root, path=())
    assert replace(filing, merchant=proven).file() == (APPROVED, 0)


# ------------------------------------------------------------------------------------------- parties


@pytest.mark.parametrize("kind", range(16))
def test_each_kind_has_its_parties(office: Office, kind: int) -> None:
    """Accredited for one kind he attests that one alone."""
    signer = Signer.named("one of a kind")
    office.edits("accredit", signer.address, kind)
    receipt = office.receipt()
    for each in range(16):
        piece = office.evidence(receipt, each)
        filing = office.filing(
            Reason.NOT_DELIVERED, receipt=receipt, evidence=[piece], parties=[office.attested(piece, signer)]
        )
        if each == kind:
            assert filing.preview()[0] == APPROVED
        else:
            with refused("SignerNotInOffice", signer.address, each, piece.issued_at):
                filing.preview()


@pytest.mark.parametrize("kind", range(16))
def test_what_a_customer_declares_himself(office: Office, kind: int) -> None:
    """From 12 on, without any signature; below not even with his own."""
    receipt = office.receipt()
    customer = receipt.customer
    piece = office.evidence(receipt, kind)
    filing = office.filing(
        Reason.NOT_DELIVERED, receipt=receipt, evidence=[piece], parties=[Attestation(customer)]
    )
    if kind >= 12:
        assert filing.preview()[0] == APPROVED
    else:
        with refused("SignerNotInOffice", customer, kind, piece.issued_at):
            filing.preview()


def test_nobody_else_declares_for_him(office: Office) -> None:
    """Without a party's signature it is the claim's customer's word or nobody's."""
    receipt = office.receipt()
    piece = office.evidence(receipt, Kind.PHOTO)
    stranger = office.people.stranger.address
    filing = office.filing(
        Reason.NOT_DELIVERED, receipt=receipt, evidence=[piece], parties=[Attestation(stranger)]
    )
    with refused("SignerNotInOffice", stranger, Kind.PHOTO, piece.issued_at):
        filing.preview()


def test_a_dismissed_partys_evidence_unless_it_was_anchored(office: Office) -> None:
    signer = Signer.named("a carrier")
    office.edits("accredit", signer.address, Kind.RETURN)
    receipt = office.receipt()
    piece = office.evidence(receipt, Kind.RETURN)
    plain = office.attested(piece, signer)
    proven = office.anchored(piece, plain)
    office.edits("discredit", signer.address, Kind.RETURN)
    with refused("SignerNotInOffice", signer.address, Kind.RETURN, piece.issued_at):
        office.filing(receipt=receipt, evidence=[piece], parties=[plain]).file()
    assert office.filing(receipt=receipt, evidence=[piece], parties=[proven]).file() == (APPROVED, 0)


def test_evidence_dated_before_its_partys_term(office: Office) -> None:
    signer = Signer.named("a laboratory")
    office.edits("accredit", signer.address, Kind.RETURN)
    since = office.desk.now
    receipt = office.receipt()
    for stated, fits in ((0, False), (since - 1, False), (since, True)):
        piece = office.evidence(receipt, Kind.RETURN, issued_at=stated)
        filing = office.filing(receipt=receipt, evidence=[piece], parties=[office.attested(piece, signer)])
        if fits:
            assert filing.preview()[0] == APPROVED
        else:
            with refused("SignerNotInOffice", signer.address, Kind.RETURN, stated):
                filing.preview()


def test_evidence_from_before_the_sale_counts(office: Office) -> None:
    """The rules ask for its kind; when it was made is its party's word."""
    receipt = office.receipt(purchased_at=office.desk.now)
    piece = office.evidence(receipt, Kind.RETURN, issued_at=office.desk.now - 5)
    assert office.filing(receipt=receipt, evidence=[piece]).preview()[0] == APPROVED


def test_dates_at_the_end_of_time(office: Office) -> None:
    """A term in office ends in the last second that a date can state."""
    for stated, name in ((FOREVER - 1, "DATE_IN_FUTURE"), (FOREVER, "SignerNotInOffice")):
        receipt: Receipt = office.receipt(purchased_at=stated)
        filing = office.filing(receipt=receipt, evidence=[])
        if name == "DATE_IN_FUTURE":
            assert filing.preview()[2] & 2
        else:
            with refused(name, office.merchant.address, MERCHANT_KIND, stated):
                filing.preview()
