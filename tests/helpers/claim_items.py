"""What is signed about claims, and who signs it: receipts, evidence, claims, decisions.

Nothing here comes from proofdesk: types, domain and digests are made a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from tests.helpers.desk import NOBODY
from tests.helpers.signed import seal

DAY = 86_400
FOREVER = 2**64 - 1
ZERO = bytes(32)
FIRST_DECLARED = 12
"""Evidence of this kind and above the customer may declare himself."""

RECEIPT = (
    "Receipt(address merchant,bytes32 orderId,address customer,bytes32 productId,uint128 price,"
    "uint64 purchasedAt,bytes32 policyId)"
)
EVIDENCE = "Evidence(bytes32 orderId,uint8 kind,bytes32 contentHash,uint64 issuedAt)"
FILE_CLAIM = (
    "FileClaim(address customer,Receipt receipt,uint8 reason,uint128 amount,Evidence[] evidence,"
    f"bytes32 entry,uint64 deadline){EVIDENCE}{RECEIPT}"
)
DECIDE_CLAIM = (
    "DecideClaim(address actor,bytes32 ticketId,uint128 amount,bytes32 entry,uint16 seen,uint64 deadline)"
)


class Reason(IntEnum):
    """Why a customer claims."""

    NONE = 0
    RETURN = 1
    DEFECT = 2
    NOT_DELIVERED = 3
    WRONG_ITEM = 4
    OVERCHARGED = 5
    SERVICE_FAILURE = 6
    OTHER = 7


class Verdict(IntEnum):
    """What a claim came to when it was filed."""

    NONE = 0
    APPROVED = 1
    DENIED = 2
    REVIEW = 3


class ClaimState(IntEnum):
    """Where a claim stands."""

    NONE = 0
    DENIED = 1
    REVIEW = 2
    REFUSED = 3
    PAID = 4


class Kind(IntEnum):
    """What a piece of evidence is about."""

    DELIVERY = 0
    RETURN = 1
    DEFECT = 2
    CONDITION = 3
    PAYMENT = 4
    SERVICE = 5
    PHOTO = 12
    STATEMENT = 13


class Failed:
    """The bits of rules that a claim does not meet."""

    REASON_NOT_COVERED = 1 << 0
    DATE_IN_FUTURE = 1 << 1
    OUT_OF_WINDOW = 1 << 2
    NOT_THE_CUSTOMER = 1 << 3
    NOTHING_ASKED = 1 << 4
    OVER_REFUND = 1 << 5
    OVER_PRICE = 1 << 6
    TOO_MANY_CLAIMS = 1 << 7
    CLAIM_UNDER_REVIEW = 1 << 8

    @staticmethod
    def missing(kind: int) -> int:
        """The bit of evidence of a kind."""
        return 1 << 16 + kind


class Rule(NamedTuple):
    """One rule; the window is seconds, the refund basis points, the lane the claims lane of tests."""

    reason: int
    window: int = 30 * DAY
    refund: int = 10_000
    evidence: int = 0
    automatic_limit: int = 500_000
    lane: int = 5
    review: bool = False


class Receipt(NamedTuple):
    """What a merchant signs; `purchased_at` is seconds."""

    merchant: str
    order_id: bytes
    customer: str
    product_id: bytes
    price: int
    purchased_at: int
    policy_id: bytes


class Evidence(NamedTuple):
    """What a party attests; `issued_at` is seconds."""

    order_id: bytes
    kind: int
    content_hash: bytes
    issued_at: int


class FileClaim(NamedTuple):
    """What a customer claims."""

    customer: str
    receipt: Receipt
    reason: int
    amount: int
    evidence: tuple[Evidence, ...]
    entry: bytes
    deadline: int = FOREVER


class DecideClaim(NamedTuple):
    """What an agent or a supervisor decides."""

    actor: str
    ticket_id: bytes
    amount: int
    entry: bytes
    seen: int
    deadline: int = FOREVER


class Attestation(NamedTuple):
    """Who signed an item, and how that is known."""

    signer: str = NOBODY
    signature: bytes = b""
    root: bytes = ZERO
    path: tuple[bytes, ...] = ()


Item = Receipt | Evidence | FileClaim | DecideClaim


@dataclass(frozen=True, slots=True)
class Signer:
    """A key, signing for itself or for a smart account."""

    key: PrivateKey
    address: str

    @classmethod
    def named(cls, name: str) -> Signer:
        """Somebody with a key of his own, who is no account of the node."""
        key = PrivateKey(keccak(name.encode()))
        return cls(key, key.public_key.to_address())

    def seal(self, item: Item, domain: bytes) -> bytes:
        """The signature of an item."""
        return seal(self.key, digest(item, domain))


def struct_hash(item: Item, type_: str | None = None) -> bytes:
    """An item's EIP-712 struct hash; of another type's than its own where one is given."""
    if isinstance(item, Receipt):
        kinds = ["address", "bytes32", "address", "bytes32", "uint128", "uint64", "bytes32"]
        return _struct(type_ or RECEIPT, kinds, item)
    if isinstance(item, Evidence):
        return _struct(type_ or EVIDENCE, ["bytes32", "uint8", "bytes32", "uint64"], item)
    if isinstance(item, DecideClaim):
        kinds = ["address", "bytes32", "uint128", "bytes32", "uint16", "uint64"]
        return _struct(type_ or DECIDE_CLAIM, kinds, item)
    customer, receipt, reason, amount, evidence, *rest = item
    hashes = keccak(b"".join(map(struct_hash, evidence)))
    kinds = ["address", "bytes32", "uint8", "uint128", "bytes32", "bytes32", "uint64"]
    return _struct(
        type_ or FILE_CLAIM, kinds, [customer, struct_hash(receipt), reason, amount, hashes, *rest]
    )


def digest(item: Item, domain: bytes) -> bytes:
    """What is signed."""
    return keccak(b"\x19\x01" + domain + struct_hash(item))


def leaf(item: Item, signature: bytes, domain: bytes) -> bytes:
    """An anchored item's leaf: the hash of the hash of its digest and its signature's hash."""
    return keccak(keccak(digest(item, domain) + keccak(signature)))


def node(left: bytes, right: bytes) -> bytes:
    """A node of a Merkle tree whose pairs are sorted."""
    return keccak(min(left, right) + max(left, right))


def order_key(merchant: str, order_id: bytes) -> bytes:
    """The name of an order."""
    return keccak(encode(["address", "bytes32"], [merchant, order_id]))


def policy_id(token: str, rules: Iterable[Rule]) -> bytes:
    """The name of a policy."""
    kind = "(uint8,uint32,uint16,uint16,uint128,uint16,bool)[]"
    return keccak(encode(["address", kind], [token, list(rules)]))


def _struct(type_: str, kinds: Sequence[str], values: Sequence[Any]) -> bytes:
    return keccak(keccak(type_.encode()) + encode(kinds, list(values)))
