"""Receipts: signed at the till or in a web shop, small enough for a QR code.

A receipt's JSON says what was bought in the shop's own words, with a salt. The chain sees only salted hashes
of order and product, and a claim carries only these: who is not given the JSON cannot guess them.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, ClassVar, Final

from proofdesk._deployments import Deployment
from proofdesk._errors import InvalidArgument
from proofdesk.claims.forms import (
    ADDRESS,
    AMOUNT,
    CHAIN,
    HASH,
    MOMENT,
    NO_ROOT,
    NO_SIGNATURE,
    ROOT,
    SIGNATURE,
    Many,
    text,
)
from proofdesk.claims.signable import RECEIPT, Signed, new_salt, salted, signed_by
from proofdesk.claims.values import Attestation, MalformedReceipt, Policy, Receipt
from proofdesk.signed.signers import Signer, address_in

_ORDER: Final = "proofdesk.order.v1"
_PRODUCT: Final = "proofdesk.product.v1"
_SALT: Final = b"proofdesk.salt.v1"
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class SignedReceipt(Signed):
    """A receipt as the customer keeps it; `desk` is ClaimDesk's address. Raises MalformedReceipt.

    `order` and `product` are the shop's own texts, `price` smallest units of the policy's token. Once it is
    anchored, `root` and `path` prove it for ever, whatever becomes of its merchant's office.

    >>> policy = Policy(ETH, (Rule(Reason.RETURN, timedelta(days=30), 10_000, lane=4),))
    >>> receipt = sign_receipt(
    ...     manifest, account, order="A-1001", product="Kettle", price=10**17, customer=account.address,
    ...     policy=policy)
    >>> SignedReceipt.from_json(receipt.to_json()) == receipt
    True
    """

    desk: str
    merchant: str
    customer: str
    order: str
    product: str
    salt: str
    price: int
    purchased_at: datetime
    policy_id: str
    root: str = NO_ROOT
    path: tuple[str, ...] = ()

    FORM: ClassVar = {
        "chain_id": CHAIN,
        "desk": ADDRESS,
        "merchant": ADDRESS,
        "customer": ADDRESS,
        "order": text(64),
        "product": text(256),
        "salt": HASH,
        "price": AMOUNT,
        "purchased_at": MOMENT,
        "policy_id": HASH,
        "signature": SIGNATURE,
        "root": ROOT,
        "path": Many(ROOT, 32),
    }
    ERROR: ClassVar = MalformedReceipt
    STRUCT: ClassVar = RECEIPT
    SIGNER: ClassVar = "merchant"

    @property
    def receipt(self) -> Receipt:
        """What the merchant signed, as a claim carries it: with salted hashes for order and product."""
        order, product = salted(_ORDER, self.salt, self.order), salted(_PRODUCT, self.salt, self.product)
        what = product, self.price, self.purchased_at, self.policy_id
        return Receipt(self.merchant, order, self.customer, *what)

    @property
    def message(self) -> dict[str, Any]:
        """The typed struct's fields."""
        return self.receipt.abi

    @property
    def attestation(self) -> Attestation:
        """Who signed it, and how that is known."""
        return Attestation(self.merchant, self.signature, self.root, self.path)


def sign_receipt(
    deployment: Deployment,
    signer: Signer,
    *,
    order: str,
    product: str,
    price: int,
    customer: str,
    policy: Policy | str,
    purchased_at: datetime | None = None,
    salt: bytes | str | None = None,
    secret: bytes | None = None,
) -> SignedReceipt:
    """Sign a receipt as its merchant; `policy` is one, or its id, `purchased_at` by default now.

    `secret` is 32 random bytes that all tills of a merchant share: by it an order that is signed again keeps
    its order id, and its price is refunded once. Without it the salt is random, unless given: each signing
    makes another order, and each can be refunded. Who has the secret can try order numbers against ids.

    Raises MalformedReceipt naming the field that cannot be meant, InvalidArgument, what the signer raises.

    >>> receipt = sign_receipt(
    ...     manifest, account, order="A-1001", product="Kettle", price=10**17, customer="0x" + 20 * "11",
    ...     policy="0x" + 32 * "22")
    >>> receipt.is_signed_by_key(), len(receipt.to_json()) < 700
    (True, True)
    """
    if secret is not None and (not isinstance(secret, bytes) or len(secret) != SECRET_BYTES):
        # Never repeated: it may be a real one, in another form.
        raise InvalidArgument(f"the secret is not {SECRET_BYTES} bytes: make one by secrets.token_bytes(32)")
    if secret is not None and salt is not None:
        raise InvalidArgument("a salt and a secret at once: the secret gives the salt, leave one out")
    unsigned = SignedReceipt(
        chain_id=deployment.chain_id,
        desk=deployment.contract("ClaimDesk").address,
        merchant=address_in(signer),
        customer=customer,
        order=order,
        product=product,
        salt=new_salt(salt),
        price=price,
        purchased_at=datetime.now(timezone.utc) if purchased_at is None else purchased_at,
        policy_id=policy.id if isinstance(policy, Policy) else policy,
        signature=NO_SIGNATURE,
    )
    if secret is not None:
        salt = hmac.digest(secret, _SALT + unsigned.order.encode(), "sha256")
        unsigned = replace(unsigned, salt=new_salt(salt))
    return signed_by(signer, unsigned)
