"""Evidence about an order: attested by a party accredited for its kind, or declared by the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, ClassVar, Final

from proofdesk._deployments import Deployment
from proofdesk.claims.forms import (
    ADDRESS,
    CHAIN,
    HASH,
    MOMENT,
    NO_ROOT,
    NO_SIGNATURE,
    ROOT,
    SIGNATURE,
    Many,
    choice,
    text,
)
from proofdesk.claims.receipt import SignedReceipt
from proofdesk.claims.signable import EVIDENCE, Signed, new_salt, salted, signed_by
from proofdesk.claims.values import Attestation, Evidence, EvidenceKind, MalformedEvidence
from proofdesk.signed.signers import Signer, address_in

_CONTENT: Final = "proofdesk.evidence.v1"


@dataclass(frozen=True, slots=True, repr=False)
class SignedEvidence(Signed):
    """A piece of evidence with what it says; `desk` is ClaimDesk's address. Raises MalformedEvidence.

    `order_id` is the receipt's, `content` a text: a tracking number, a finding, of a file its name and hash.
    The chain sees only a salted hash of it. What a customer declares himself has no signature. Once it is
    anchored, `root` and `path` prove it for ever, whatever becomes of its party's office.

    >>> evidence = sign_evidence(
    ...     manifest, account, order="0x" + 32 * "11", kind=EvidenceKind.DELIVERY, content="JD0021-77")
    >>> SignedEvidence.from_json(evidence.to_json()) == evidence
    True
    """

    desk: str
    party: str
    order_id: str
    kind: EvidenceKind
    content: str
    salt: str
    issued_at: datetime
    root: str = NO_ROOT
    path: tuple[str, ...] = ()

    FORM: ClassVar = {
        "chain_id": CHAIN,
        "desk": ADDRESS,
        "party": ADDRESS,
        "order_id": HASH,
        "kind": choice(EvidenceKind),
        "content": text(1_000),
        "salt": HASH,
        "issued_at": MOMENT,
        "signature": SIGNATURE,
        "root": ROOT,
        "path": Many(ROOT, 32),
    }
    ERROR: ClassVar = MalformedEvidence
    STRUCT: ClassVar = EVIDENCE
    SIGNER: ClassVar = "party"

    @property
    def evidence(self) -> Evidence:
        """What the party signed, as a claim carries it: with a salted hash for the content."""
        return Evidence(self.order_id, self.kind, salted(_CONTENT, self.salt, self.content), self.issued_at)

    @property
    def message(self) -> dict[str, Any]:
        """The typed struct's fields."""
        return self.evidence.abi

    @property
    def attestation(self) -> Attestation:
        """Who signed it, and how that is known."""
        return Attestation(self.party, self.signature, self.root, self.path)


def sign_evidence(
    deployment: Deployment,
    signer: Signer,
    *,
    order: SignedReceipt | str,
    kind: EvidenceKind,
    content: str,
    issued_at: datetime | None = None,
    salt: bytes | str | None = None,
) -> SignedEvidence:
    """Sign evidence as a party; `order` is the receipt, or the order's id, `issued_at` by default now.

    Raises MalformedEvidence naming the field that cannot be meant, InvalidArgument, what the signer raises.

    >>> sign_evidence(
    ...     manifest, account, order="0x" + 32 * "11", kind=EvidenceKind.DEFECT, content="cracked lid"
    ... ).is_signed_by_key()
    True
    """
    party = address_in(signer)
    return signed_by(signer, _unsigned(deployment, party, order, kind, content, issued_at, salt))


def declare_evidence(
    deployment: Deployment,
    customer: str,
    *,
    order: SignedReceipt | str,
    kind: EvidenceKind,
    content: str,
    issued_at: datetime | None = None,
    salt: bytes | str | None = None,
) -> SignedEvidence:
    """Evidence of a kind that customers declare themselves, in claims of their own; as `sign_evidence`.

    >>> photo = declare_evidence(
    ...     manifest, account.address, order="0x" + 32 * "11", kind=EvidenceKind.PHOTO, content="lid.jpg")
    >>> photo.signature
    '0x'
    """
    declared = _unsigned(deployment, customer, order, kind, content, issued_at, salt)
    if not declared.kind.is_declarable:
        raise MalformedEvidence("kind", f"{declared.kind.name} is attested by an accredited party, who signs")
    return declared


def _unsigned(
    deployment: Deployment,
    party: str,
    order: SignedReceipt | str,
    kind: EvidenceKind,
    content: str,
    issued_at: datetime | None,
    salt: bytes | str | None,
) -> SignedEvidence:
    return SignedEvidence(
        chain_id=deployment.chain_id,
        desk=deployment.contract("ClaimDesk").address,
        party=party,
        order_id=order.receipt.order_id if isinstance(order, SignedReceipt) else order,
        kind=kind,
        content=content,
        salt=new_salt(salt),
        issued_at=datetime.now(timezone.utc) if issued_at is None else issued_at,
        signature=NO_SIGNATURE,
    )
