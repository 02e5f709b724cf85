"""The pure functions: what they sign for, whoever signs, and what they refuse before anything is signed."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest

from proofdesk import InvalidArgument, SmartAccount
from proofdesk.claims import (
    ETH,
    Attestation,
    EvidenceKind,
    MalformedEvidence,
    MalformedReceipt,
    Reason,
    Receipt,
    SignedReceipt,
    declare_evidence,
    sign_claim,
    sign_receipt,
    typed_claim,
)
from tests.claims.examples import (
    BOUGHT,
    CUSTOMER,
    DEADLINE,
    DEPLOYMENT,
    DESK,
    ENTRY,
    KINDS,
    MERCHANT,
    PARTY,
    POLICY,
    PRICE,
    SALT,
    claim,
    decision,
    evidence,
    receipt,
    ticket,
    withdrawal,
)
from tests.client.signed.wallets import Gives, InParts, Whole


def test_a_usual_receipt_fits_a_qr_code() -> None:
    long = receipt(
        order="2026-03-0000123456", product="Espresso machine EM-5000 «Classico», red", price=PRICE * 999
    )
    chinese = receipt(order="订单号 2026-03-0001", product="双层不锈钢电热水壶 1.7 升")
    for made in (receipt(), long, chinese):
        assert len(made.to_json().encode()) <= 700


@pytest.mark.parametrize("wallet", [Whole, InParts])
def test_any_wallet_signs_nested_typed_data(wallet: Any) -> None:
    signed = sign_claim(
        DEPLOYMENT,
        wallet(CUSTOMER),
        receipt=receipt(),
        reason=Reason.RETURN,
        amount=PRICE,
        evidence=[evidence()],
        entry=ENTRY,
        deadline=DEADLINE,
    )
    assert signed == claim()


def test_a_smart_account_answers_for_its_owners_signature() -> None:
    shop = SmartAccount("0x" + 20 * "77", MERCHANT)
    made = sign_receipt(
        DEPLOYMENT, shop, order="A", product="B", price=1, customer=CUSTOMER.address, policy=POLICY
    )
    assert made.merchant == "0x" + 20 * "77"
    assert not made.is_signed_by_key()


def test_what_another_key_signed_is_refused() -> None:
    wrong = Gives(MERCHANT.address, bytes.fromhex(evidence().signature[2:]))
    with pytest.raises(InvalidArgument, match="another key"):
        sign_receipt(
            DEPLOYMENT, wrong, order="A", product="B", price=1, customer=CUSTOMER.address, policy=POLICY
        )


def test_what_may_be_given_otherwise() -> None:
    assert receipt(policy=POLICY.id) == receipt()
    assert receipt(salt=bytes.fromhex(SALT[2:])) == receipt()
    assert receipt(purchased_at=BOUGHT.astimezone(timezone(timedelta(hours=8)))) == receipt()
    assert receipt(purchased_at=BOUGHT + timedelta(microseconds=999_999)) == receipt()
    assert receipt(customer=CUSTOMER.address.lower()) == receipt()
    assert evidence(order=receipt().receipt.order_id) == evidence()
    assert claim(entry=bytes.fromhex(ENTRY[2:])) == claim()
    assert abs((receipt(purchased_at=None).purchased_at - datetime.now(timezone.utc)).total_seconds()) < 5
    assert abs(claim(deadline=None).deadline - time.time() - 86_400) < 5


@pytest.mark.parametrize(
    ("make", "field", "value"),
    [
        (receipt, "price", -1),
        (receipt, "price", 2**128),
        (receipt, "price", 0.5),
        (receipt, "price", True),
        (receipt, "price", "100"),
        (receipt, "order", ""),
        (receipt, "product", 7),
        (receipt, "customer", "0x" + 40 * "0"),
        (receipt, "purchased_at", datetime(2026, 1, 1)),
        (receipt, "purchased_at", "2026-01-01"),
        (receipt, "policy", "0x12"),
        (evidence, "kind", 16),
        (evidence, "content", ""),
        (claim, "reason", Reason.NONE),
        (claim, "reason", "return"),
        (claim, "amount", -1),
        (claim, "entry", bytes(32)),
        (decision, "amount", 2**128),
        (decision, "receipt", receipt()),
        (decision, "ticket", ticket(acts=1023)),
        (withdrawal, "token", "ETH"),
        (withdrawal, "to", ETH),
        (withdrawal, "nonce", -1),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(make: Any, field: str, value: object) -> None:
    with pytest.raises(InvalidArgument) as caught:
        make(**{field: value})
    named = {"policy": "policy_id", "ticket": "seen"}.get(field, field)
    assert f"field '{named}'" in str(caught.value)


def test_a_salt_of_another_size_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="salt"):
        receipt(salt=b"short")


def test_an_order_that_is_signed_again_by_its_secret_is_one_order() -> None:
    secret = bytes(range(32))

    def at_a_till(order: str, secret: bytes | None) -> SignedReceipt:
        return receipt(order=order, salt=None, secret=secret)

    first = at_a_till("A-1001", secret)
    # As any language computes it: a till of another make gives the same.
    assert first.salt == "0x" + hmac.new(secret, b"proofdesk.salt.v1A-1001", hashlib.sha256).hexdigest()
    again = receipt(
        order="A-1001", salt=None, secret=secret, price=7, purchased_at=BOUGHT + timedelta(days=1)
    )
    assert again.receipt.order_id == first.receipt.order_id
    others = {at_a_till("A-1002", secret), at_a_till("A-1001", bytes(32)), at_a_till("A-1001", None)}
    others |= {at_a_till("A-1001", None)}
    assert len({each.receipt.order_id for each in (first, *others)}) == 5


@pytest.mark.parametrize("secret", [b"hunter2", "5a" * 32, b"", bytes(33)])
def test_a_secret_of_another_size_is_refused_and_not_repeated(secret: Any) -> None:
    with pytest.raises(InvalidArgument, match="the secret is not 32 bytes") as caught:
        receipt(salt=None, secret=secret)
    assert not secret or str(secret) not in str(caught.value)


def test_a_salt_and_a_secret_at_once_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="at once"):
        receipt(secret=bytes(32))


def test_a_deadline_that_is_over_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="over already"):
        claim(deadline=1)


def test_what_no_desk_would_take_is_refused_before_it_is_signed() -> None:
    with pytest.raises(InvalidArgument, match="is about order"):
        claim(evidence=[evidence(order="0x" + 32 * "99")])
    with pytest.raises(InvalidArgument, match="two pieces of evidence of a kind"):
        claim(evidence=[evidence(), evidence(content="again")])
    other = "0x" + 20 * "aa"
    for changes in ({"chain_id": 1}, {"desk": other}):
        with pytest.raises(InvalidArgument, match="claim where it was signed for"):
            claim(receipt=replace(receipt(), **changes))
        with pytest.raises(InvalidArgument, match="claim where it was signed for"):
            claim(evidence=[replace(evidence(), **changes)])


@pytest.mark.parametrize("kind", EvidenceKind)
def test_customers_declare_only_what_is_theirs_to_declare(kind: EvidenceKind) -> None:
    def declared() -> Any:
        return declare_evidence(
            DEPLOYMENT, CUSTOMER.address, order=receipt(), kind=kind, content="lid.jpg", salt=SALT
        )

    if kind < 12:
        with pytest.raises(MalformedEvidence, match="accredited party"):
            declared()
    else:
        assert declared().attestation == Attestation(CUSTOMER.address)
        assert not declared().is_signed_by_key()


def test_a_claim_is_filed_with_what_was_signed() -> None:
    made = claim()
    filed, merchant, parties = made.arguments
    assert filed == made.message
    assert filed["receipt"]["purchasedAt"] == int(BOUGHT.timestamp())
    assert merchant == {
        "signer": MERCHANT.address,
        "signature": receipt().signature,
        "root": "0x" + 64 * "0",
        "path": [],
    }
    assert [party["signer"] for party in parties] == [PARTY.address]
    assert made.arguments_for == (*made.arguments, made.signature)
    assert "order" not in filed and "Kettle" not in made.to_json()


def test_an_unsigned_claim_is_the_same_claim() -> None:
    unsigned = typed_claim(
        DEPLOYMENT,
        CUSTOMER.address,
        receipt=receipt(),
        reason=Reason.RETURN,
        amount=PRICE,
        evidence=[evidence()],
        entry=ENTRY,
        deadline=DEADLINE,
    )
    assert unsigned.arguments == claim().arguments
    assert (unsigned.digest, unsigned.ticket_id) == (claim().digest, claim().ticket_id)
    assert type(unsigned).from_json(unsigned.to_json()) == unsigned


def test_nothing_shows_what_was_bought() -> None:
    for kind in KINDS.values():
        assert "Kettle" not in repr(kind.example) and SALT not in repr(kind.example)
    assert repr(receipt()) == f"<SignedReceipt {receipt().digest} by {MERCHANT.address}>"


def test_a_receipt_is_its_desks() -> None:
    assert (receipt().chain_id, receipt().desk) == (DEPLOYMENT.chain_id, DESK)
    with pytest.raises(MalformedReceipt, match="field 'order_id'"):
        Receipt(MERCHANT.address, "0x12", CUSTOMER.address, ENTRY, 1, BOUGHT, ENTRY)
    assert isinstance(receipt(), SignedReceipt)


class NoZone(tzinfo):
    """A zone that does not know how far it is from UTC."""

    def utcoffset(self, _: datetime | None) -> None:
        return None

    dst = utcoffset

    def tzname(self, _: datetime | None) -> None:
        return None


def test_what_no_receipt_can_say_is_refused() -> None:
    values: list[tuple[str, Any]] = [
        ("price", 10**5_000),
        ("price", True),
        ("purchased_at", datetime(2026, 1, 1)),
        ("purchased_at", datetime(2026, 1, 1, tzinfo=NoZone())),
    ]
    for name, value in values:
        with pytest.raises(MalformedReceipt, match=f"field '{name}'"):
            replace(receipt().receipt, **{name: value})
