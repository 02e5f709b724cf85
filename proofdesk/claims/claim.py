"""Claims as their customers file them, or sign them for anyone to carry: with hashes only, no texts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from proofdesk._deployments import Deployment
from proofdesk._errors import InvalidArgument
from proofdesk._words import ticket_id, to_hex
from proofdesk.claims.evidence import SignedEvidence
from proofdesk.claims.forms import ADDRESS, AMOUNT, CHAIN, DEADLINE, HASH, SIGNATURE, Many, Nested, choice
from proofdesk.claims.receipt import SignedReceipt
from proofdesk.claims.signable import FILE_CLAIM, Signable, is_by_key, refuse_other_desk
from proofdesk.claims.values import Attestation, Evidence, Reason, Receipt
from proofdesk.signed.reading import Malformed
from proofdesk.signed.signers import Signer, address_in, signature_by
from proofdesk.signed.signing import Deadline, seconds_of

_KINDS: Final = 16


class MalformedClaim(Malformed):
    """What was handed in is no claim; `field` does not fit, `problem` says how."""

    what = "claim"


@dataclass(frozen=True, slots=True, repr=False)
class TypedClaim(Signable):
    """A claim, and who attested what it rests on; `desk` is ClaimDesk's address. Raises MalformedClaim.

    `amount` is smallest units of the policy's token, `entry` that of its record, `deadline` the last second,
    since 1970 by the chain's clock, in which it may be filed. `merchant` attests the receipt, each of
    `parties` the piece of evidence in its place.
    """

    desk: str
    customer: str
    receipt: Receipt
    reason: Reason
    amount: int
    evidence: tuple[Evidence, ...]
    entry: str
    deadline: int
    merchant: Attestation
    parties: tuple[Attestation, ...]

    FORM: ClassVar = {
        "chain_id": CHAIN,
        "desk": ADDRESS,
        "customer": ADDRESS,
        "receipt": Nested(Receipt),
        "reason": choice(Reason, 1),
        "amount": AMOUNT,
        "evidence": Many(Nested(Evidence), _KINDS),
        "entry": HASH,
        "deadline": DEADLINE,
        "merchant": Nested(Attestation),
        "parties": Many(Nested(Attestation), _KINDS),
    }
    ERROR: ClassVar = MalformedClaim
    STRUCT: ClassVar = FILE_CLAIM
    SIGNER: ClassVar = "customer"

    def __post_init__(self) -> None:
        Signable.__post_init__(self)
        if len(self.parties) != len(self.evidence):
            pieces, parties = len(self.evidence), len(self.parties)
            raise MalformedClaim(
                "parties", f"are {parties}, and {pieces} pieces of evidence: each has its own"
            )
        if self.merchant.signer != self.receipt.merchant:
            whose = f"is not {self.receipt.merchant}, whom the receipt names as its merchant"
            raise MalformedClaim("merchant.signer", whose)

    @property
    def ticket_id(self) -> str:
        """The ticket that filing it opens."""
        return to_hex(ticket_id(self.customer, bytes.fromhex(self.entry[2:])))

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What fileClaim and preview take."""
        return self.message, self.merchant.abi, [party.abi for party in self.parties]


@dataclass(frozen=True, slots=True, repr=False)
class SignedClaim(TypedClaim):
    """A claim with its customer's signature in 0x-hex, for anyone to carry until the deadline.

    >>> receipt = sign_receipt(
    ...     manifest, account, order="A-1001", product="Kettle", price=10**17, customer=account.address,
    ...     policy="0x" + 32 * "22")
    >>> claim = sign_claim(
    ...     manifest, account, receipt=receipt, reason=Reason.RETURN, amount=10**17, entry=32 * b"1")
    >>> SignedClaim.from_json(claim.to_json()) == claim
    True
    """

    signature: str

    FORM: ClassVar = {**TypedClaim.FORM, "signature": SIGNATURE}

    @property
    def arguments_for(self) -> tuple[Any, ...]:
        """What fileClaimFor takes."""
        return *self.arguments, self.signature

    def is_signed_by_key(self) -> bool:
        """Tell whether the customer's own key signed; otherwise a smart account of his may answer."""
        return is_by_key(self, self.signature)


def typed_claim(
    deployment: Deployment,
    customer: str,
    *,
    receipt: SignedReceipt,
    reason: Reason,
    amount: int,
    entry: bytes | str,
    evidence: Sequence[SignedEvidence] = (),
    deadline: Deadline = None,
) -> TypedClaim:
    """A claim, unsigned: for its customer to file himself, or to preview; by default for 24 hours.

    Raises MalformedClaim naming the field that cannot be meant; InvalidArgument for a receipt or evidence of
    another desk or order, or a kind of evidence twice, which no desk would take.

    >>> receipt = sign_receipt(
    ...     manifest, account, order="A-1001", product="Kettle", price=10**17, customer=account.address,
    ...     policy="0x" + 32 * "22")
    >>> typed_claim(
    ...     manifest, account.address, receipt=receipt, reason=Reason.RETURN, amount=5, entry=32 * b"1"
    ... ).reason
    <Reason.RETURN: 1>
    """
    claim = TypedClaim(
        chain_id=deployment.chain_id,
        desk=deployment.contract("ClaimDesk").address,
        customer=customer,
        receipt=receipt.receipt,
        reason=reason,
        amount=amount,
        evidence=tuple(piece.evidence for piece in evidence),
        entry=entry if isinstance(entry, str) else to_hex(entry),
        deadline=seconds_of(deadline, time.time()),
        merchant=receipt.attestation,
        parties=tuple(piece.attestation for piece in evidence),
    )
    for item in (receipt, *evidence):
        refuse_other_desk(claim, item)
    for piece in evidence:
        if piece.order_id != claim.receipt.order_id:
            raise InvalidArgument(f"{piece!r} is about order {piece.order_id}, not {claim.receipt.order_id}")
    if len({piece.kind for piece in evidence}) < len(evidence):
        raise InvalidArgument("there are two pieces of evidence of a kind: a claim takes one of each")
    return claim


def sign_claim(
    deployment: Deployment,
    signer: Signer,
    *,
    receipt: SignedReceipt,
    reason: Reason,
    amount: int,
    entry: bytes | str,
    evidence: Sequence[SignedEvidence] = (),
    deadline: Deadline = None,
) -> SignedClaim:
    """Sign a claim as its customer, for anyone to carry; raises as `typed_claim`, and what the signer raises.

    >>> receipt = sign_receipt(
    ...     manifest, account, order="A-1001", product="Kettle", price=10**17, customer=account.address,
    ...     policy="0x" + 32 * "22")
    >>> sign_claim(
    ...     manifest, account, receipt=receipt, reason=Reason.RETURN, amount=5, entry=32 * b"1"
    ... ).is_signed_by_key()
    True
    """
    claim = typed_claim(
        deployment,
        address_in(signer),
        receipt=receipt,
        reason=reason,
        amount=amount,
        entry=entry,
        evidence=evidence,
        deadline=deadline,
    )
    return signed_claim(claim, to_hex(signature_by(signer, claim)))


def signed_claim(claim: TypedClaim, signature: str) -> SignedClaim:
    """A claim with its customer's signature, made elsewhere."""
    return SignedClaim(**{name: getattr(claim, name) for name in TypedClaim.FORM}, signature=signature)
