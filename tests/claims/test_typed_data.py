"""What is signed about claims: the types word for word, hashed as EIP-712 has it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from web3 import Web3

from proofdesk.claims import Attestation, Evidence, EvidenceKind, Reason, Receipt, SignedReceipt, TypedClaim
from proofdesk.claims.signable import DECIDE_CLAIM, EVIDENCE, FILE_CLAIM, RECEIPT, WITHDRAW
from tests.claims.examples import DESK, KINDS, claim, receipt
from tests.conftest import SEED

# As the contracts' sources have them; nothing here is taken from the package.
WRITTEN_RECEIPT = (
    "Receipt(address merchant,bytes32 orderId,address customer,bytes32 productId,uint128 price,"
    "uint64 purchasedAt,bytes32 policyId)"
)
WRITTEN_EVIDENCE = "Evidence(bytes32 orderId,uint8 kind,bytes32 contentHash,uint64 issuedAt)"
WRITTEN = [
    (RECEIPT, WRITTEN_RECEIPT),
    (EVIDENCE, WRITTEN_EVIDENCE),
    (
        FILE_CLAIM,
        "FileClaim(address customer,Receipt receipt,uint8 reason,uint128 amount,Evidence[] evidence,"
        f"bytes32 entry,uint64 deadline){WRITTEN_EVIDENCE}{WRITTEN_RECEIPT}",
    ),
    (
        DECIDE_CLAIM,
        "DecideClaim(address actor,bytes32 ticketId,uint128 amount,bytes32 entry,uint16 seen,"
        "uint64 deadline)",
    ),
    (WITHDRAW, "Withdraw(address account,address token,address to,uint256 nonce,uint64 deadline)"),
]

hashes = st.binary(min_size=32, max_size=32).filter(any).map(lambda raw: "0x" + raw.hex())
addresses = st.binary(min_size=20, max_size=20).filter(any).map(Web3.to_checksum_address)
moments = st.integers(0, 253_402_300_799).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
)
amounts = st.integers(0, 2**128 - 1) | st.sampled_from([0, 2**53, 2**128 - 1])
receipts = st.builds(
    Receipt,
    merchant=addresses,
    order_id=hashes,
    customer=addresses,
    product_id=hashes,
    price=amounts,
    purchased_at=moments,
    policy_id=hashes,
)
pieces = st.builds(
    Evidence, order_id=hashes, kind=st.sampled_from(EvidenceKind), content_hash=hashes, issued_at=moments
)
claims = st.builds(
    lambda receipt, evidence, **others: TypedClaim(
        receipt=receipt,
        evidence=evidence,
        merchant=Attestation(receipt.merchant),
        parties=tuple(Attestation(DESK) for _ in evidence),
        **others,
    ),
    chain_id=st.integers(1, 2**53 - 1),
    desk=addresses,
    customer=addresses,
    receipt=receipts,
    reason=st.sampled_from(list(Reason)[1:]),
    amount=amounts,
    evidence=st.lists(pieces, max_size=16),
    entry=hashes,
    deadline=st.integers(1, 2**53 - 1),
)


def hashed(typed: dict[str, Any]) -> str:
    """The digest by eth-account."""
    signable = encode_typed_data(full_message=typed)
    return "0x" + keccak(b"\x19" + signable.version + signable.header + signable.body).hex()


def test_the_types_are_the_contracts() -> None:
    for struct, written in WRITTEN:
        assert struct.type_hash == keccak(written.encode()), struct.name


@seed(SEED)
@settings(max_examples=60, deadline=None)
@given(claims)
def test_a_claims_digest_is_eth_accounts(made: TypedClaim) -> None:
    assert made.digest == hashed(made.typed_data)


@pytest.mark.parametrize("name", KINDS)
def test_each_kinds_digest_is_eth_accounts_and_its_signature_the_keys(name: str) -> None:
    made = KINDS[name].example
    assert made.digest == hashed(made.typed_data)
    assert made.signer == KINDS[name].signer
    assert made.is_signed_by_key()
    assert not replace(made, signature="0x" + 65 * "01").is_signed_by_key()


def changed(item: Any) -> dict[str, Any]:
    """Every field of an item with another value of its kind."""
    other: dict[str, Any] = {"reason": Reason.OTHER, "kind": EvidenceKind.PHOTO}
    for each in fields(item):
        value = getattr(item, each.name)
        if isinstance(value, datetime):
            other[each.name] = value + timedelta(seconds=1)
        elif isinstance(value, Receipt):
            other[each.name] = replace(value, price=value.price + 1)
        elif each.name == "evidence":
            other[each.name] = [replace(piece, kind=EvidenceKind.PHOTO) for piece in value]
        elif each.name in ("order", "product", "content"):
            other[each.name] = value + "."
        elif isinstance(value, str) and len(value) in (42, 66):
            other[each.name] = "0x" + (len(value) // 2 - 1) * "99"
        elif type(value) is int:
            other[each.name] = value + 1
    return {each.name: other[each.name] for each in fields(item) if each.name in other}


@pytest.mark.parametrize("name", KINDS)
def test_each_field_is_signed(name: str) -> None:
    item = KINDS[name].example
    # Who signs and how that is known is checked, not signed; who decides signs nothing of the receipt.
    unsigned = {"party", "root"} | ({"receipt"} if name == "signedDecision" else set())
    for field, value in changed(item).items():
        assert (replace(item, **{field: value}).digest == item.digest) is (field in unsigned), field


def test_wallets_are_shown_long_numbers_as_texts() -> None:
    shown = claim().typed_data["message"]
    assert shown["amount"] == "100000000000000000"
    assert shown["receipt"]["price"] == "100000000000000000"
    assert shown["receipt"]["purchasedAt"] == 1_772_357_400
    assert shown["reason"] == 1


def test_the_domain_is_the_claim_desks() -> None:
    domain = receipt().typed_data["domain"]
    assert domain == {"name": "proofdesk", "version": "1", "chainId": 421_614, "verifyingContract": DESK}


def test_order_and_product_stand_for_salted_texts() -> None:
    made: SignedReceipt = receipt(order="订单-7", product="水壶")
    salt = bytes.fromhex(32 * "5a")
    assert made.receipt.order_id == "0x" + keccak(b"proofdesk.order.v1" + salt + "订单-7".encode()).hex()
    assert made.receipt.product_id == "0x" + keccak(b"proofdesk.product.v1" + salt + "水壶".encode()).hex()
    assert receipt(salt=None).receipt.order_id != receipt(salt=None).receipt.order_id
