"""The values of claims: what merchants, parties and customers say, what a policy holds, what the chain keeps.

Amounts are whole numbers of the smallest units of the policy's token, refunds basis points of the price.
Hashes are 0x-hex, addresses EIP-55, moments aware UTC datetimes of whole seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from proofdesk._checks import shown
from proofdesk._errors import InvalidArgument
from proofdesk._words import keccak, to_bytes, to_hex
from proofdesk.claims.enums import ClaimState, EvidenceKind, FailedRule, Reason, Verdict
from proofdesk.claims.forms import (
    ADDRESS,
    AMOUNT,
    ETH,
    HASH,
    MOMENT,
    MOST_AMOUNT,
    NO_ROOT,
    NO_SIGNATURE,
    ROOT,
    SIGNATURE,
    TOKEN,
    Formed,
    Many,
    choice,
)
from proofdesk.signed.reading import Malformed

__all__ = [
    "ETH",
    "FULL_REFUND",
    "MAX_CLAIMS",
    "Attestation",
    "Claim",
    "ClaimState",
    "Evidence",
    "EvidenceKind",
    "FailedRule",
    "Judgement",
    "MalformedEvidence",
    "MalformedPolicy",
    "MalformedReceipt",
    "Order",
    "Policy",
    "Reason",
    "Receipt",
    "Rule",
    "Verdict",
    "mask_of",
    "order_key",
]

FULL_REFUND: Final = 10_000
MAX_CLAIMS: Final = 8

_SECOND: Final = timedelta(seconds=1)


class MalformedReceipt(Malformed):
    """What was handed in is no receipt; `field` does not fit, `problem` says how."""

    what = "receipt"


class MalformedEvidence(Malformed):
    """What was handed in is no evidence; `field` does not fit, `problem` says how."""

    what = "evidence"


class MalformedPolicy(Malformed):
    """What was handed in is no policy; `field` does not fit, `problem` says how."""

    what = "policy"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a policy says of one reason; raises InvalidArgument naming what does not fit.

    It may be claimed for `window` from the purchase, its last second included, and all claims of the reason
    on an order together get `refund` basis points of the price. Up to `automatic_limit` on an order they are
    paid without an agent, unless every claim is for `review`; `lane` is the claims lane of their tickets.

    >>> Rule(Reason.RETURN, timedelta(days=30), 10_000, (EvidenceKind.RETURN,), 5 * 10**17, lane=4).refund
    10000
    """

    reason: Reason
    window: timedelta
    refund: int
    evidence: tuple[EvidenceKind, ...] = ()
    automatic_limit: int = 0
    lane: int = 0
    review: bool = False
    abi: tuple[int, int, int, int, int, int, bool] = field(init=False, repr=False, compare=False)
    """As the contract takes it; spans are seconds, evidence is a bit a kind."""

    def __post_init__(self) -> None:
        if not isinstance(self.window, timedelta):
            raise InvalidArgument(f"a rule's window is {shown(self.window)}: pass a timedelta")
        if not isinstance(self.evidence, Collection):
            raise InvalidArgument(f"a rule's evidence is {shown(self.evidence)}: pass kinds")
        if not isinstance(self.review, bool):
            raise InvalidArgument(f"a rule's review is {shown(self.review)}: pass True or False")
        window = _bounded("window, seconds", self.window // _SECOND, 1, 2**32 - 1)
        reason = Reason(_bounded("reason", self.reason, 1, max(Reason)))
        kinds = tuple(sorted({EvidenceKind(_bounded("evidence", kind, 0, 15)) for kind in self.evidence}))
        self._set("reason", reason)
        self._set("window", timedelta(seconds=window))
        self._set("evidence", kinds)
        _bounded("refund", self.refund, 0, FULL_REFUND)
        _bounded("automatic_limit", self.automatic_limit, 0, MOST_AMOUNT)
        _bounded("lane", self.lane, 1, 1023)
        terms = window, self.refund, mask_of(kinds), self.automatic_limit, self.lane, self.review
        self._set("abi", (int(reason), *terms))

    def _set(self, name: str, value: object) -> None:
        # Frozen for others; here it takes the one form in which it is kept.
        object.__setattr__(self, name, value)

    def refundable(self, price: int) -> int:
        """What all claims of its reason on an order of this price may get.

        >>> Rule(Reason.DEFECT, timedelta(days=730), 5_000, lane=4).refundable(999)
        499
        """
        return price * self.refund // FULL_REFUND


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules that never change, one a reason at most, and the token that prices and refunds are in.

    Raises InvalidArgument naming what does not fit.

    >>> policy = Policy(ETH, (Rule(Reason.RETURN, timedelta(days=30), 10_000, lane=4),))
    >>> policy.id[:10], policy.rule(Reason.DEFECT)
    ('0xa944d5e3', None)
    """

    token: str
    rules: tuple[Rule, ...]
    id: str = field(init=False, compare=False)
    """keccak256(abi.encode(token, rules)), by which receipts name it."""

    def __post_init__(self) -> None:
        if not isinstance(self.rules, Collection) or not all(isinstance(rule, Rule) for rule in self.rules):
            raise InvalidArgument("a policy's rules are no list of Rule: pass one or more")
        rules = tuple(sorted(self.rules, key=lambda rule: rule.reason))
        if not rules or len({rule.reason for rule in rules}) < len(rules):
            raise InvalidArgument("a policy has one rule or more, and one a reason at most")
        token = TOKEN.settle(self.token, "token", MalformedPolicy)
        words = [int(token, 16), 64, len(rules), *(word for rule in rules for word in rule.abi)]
        for name, value in (
            ("token", token),
            ("rules", rules),
            ("id", to_hex(keccak(b"".join(word.to_bytes(32, "big") for word in words)))),
        ):
            object.__setattr__(self, name, value)

    def rule(self, reason: Reason) -> Rule | None:
        """The rule for a reason; None where it is not covered."""
        return next((rule for rule in self.rules if rule.reason is reason), None)

    @property
    def abi(self) -> tuple[str, list[tuple[int, ...]]]:
        """What publishPolicy takes."""
        return self.token, [rule.abi for rule in self.rules]


@dataclass(frozen=True, slots=True)
class Receipt(Formed):
    """What a merchant signs at the sale; raises MalformedReceipt.

    `order_id` and `product_id` are salted hashes; with the merchant's address the first names the order.
    """

    merchant: str
    order_id: str
    customer: str
    product_id: str
    price: int
    purchased_at: datetime
    policy_id: str

    FORM: ClassVar = {
        "merchant": ADDRESS,
        "order_id": HASH,
        "customer": ADDRESS,
        "product_id": HASH,
        "price": AMOUNT,
        "purchased_at": MOMENT,
        "policy_id": HASH,
    }
    ERROR: ClassVar = MalformedReceipt


@dataclass(frozen=True, slots=True)
class Evidence(Formed):
    """What a party attests about an order; `content_hash` is a salted one. Raises MalformedEvidence."""

    order_id: str
    kind: EvidenceKind
    content_hash: str
    issued_at: datetime

    FORM: ClassVar = {
        "order_id": HASH,
        "kind": choice(EvidenceKind),
        "content_hash": HASH,
        "issued_at": MOMENT,
    }
    ERROR: ClassVar = MalformedEvidence


@dataclass(frozen=True, slots=True)
class Attestation(Formed):
    """Who signed a receipt or a piece of evidence, and how that is known; raises Malformed.

    The signature is empty where a customer declares something himself. Of a signer who left office `root` is
    an anchored one that holds the item with this signature, and `path` its Merkle proof.
    """

    signer: str
    signature: str = NO_SIGNATURE
    root: str = NO_ROOT
    path: tuple[str, ...] = ()

    FORM: ClassVar = {"signer": ADDRESS, "signature": SIGNATURE, "root": ROOT, "path": Many(ROOT, 32)}


@dataclass(frozen=True, slots=True)
class Order:
    """What the chain keeps of an order.

    `paid` counts what is pending too; `claims` those of its customer, up to 8; `live` are the reasons with a
    claim under review; `receipt` is the upper 13 bytes of the hash of the one receipt that is taken.
    """

    paid: int
    claims: int
    live: tuple[Reason, ...]
    receipt: str

    @classmethod
    def of(cls, abi: tuple[Any, ...]) -> Order:
        """An order as orderOf answers it.

        >>> Order.of((5, 1, 1, 2, 0)).live
        (<Reason.RETURN: 1>,)
        """
        # Which reason it was paid for saves the contract a slot, and is what `paidFor` answers.
        paid, _, claims, live, receipt = abi
        reasons = tuple(reason for reason in Reason if live >> reason & 1)
        return cls(paid, claims, reasons, to_hex(receipt.to_bytes(13, "big")))


@dataclass(frozen=True, slots=True)
class Claim:
    """What the chain keeps of a claim.

    `remaining` was asked for and is not paid; `order` is the upper 14 bytes of its order's key, zeros where
    somebody else than the receipt's customer filed it.
    """

    ticket_id: str
    remaining: int
    reason: Reason
    state: ClaimState
    order: str

    @classmethod
    def of(cls, ticket_id: str, abi: tuple[Any, ...]) -> Claim:
        """A claim as claimOf answers it."""
        remaining, reason, state, order = abi
        return cls(ticket_id, remaining, Reason(reason), ClaimState(state), to_hex(order.to_bytes(14, "big")))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a claim comes to: `amount` is paid at once if APPROVED, reserved if for REVIEW, 0 if DENIED.

    `failed` are all the rules that a DENIED one does not meet.
    """

    verdict: Verdict
    amount: int
    failed: FailedRule


def order_key(merchant: str, order_id: str) -> str:
    """The key of an order: keccak256(abi.encode(merchant, orderId)).

    >>> order_key("0x" + 20 * "11", "0x" + 32 * "22")[:10]
    '0xf4f69ba1'
    """
    word = to_bytes(merchant, 20, "merchant").rjust(32, b"\0")
    return to_hex(keccak(word + to_bytes(order_id, 32, "order_id")))


def mask_of(kinds: Iterable[int]) -> int:
    """A bit each for kinds of evidence.

    >>> mask_of([EvidenceKind.RETURN, EvidenceKind.PHOTO])
    4098
    """
    mask = 0
    for kind in kinds:
        mask |= 1 << kind
    return mask


def _bounded(what: str, value: int, low: int, high: int) -> int:
    # True is an int to isinstance.
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidArgument(f"a rule's {what} is {shown(value)}: pass a whole number from {low} to {high}")
    return value
