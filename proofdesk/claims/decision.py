"""Decisions of claims under review, signed by their agents or supervisors for anyone to carry."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, ClassVar

from proofdesk._deployments import Deployment
from proofdesk._models import Ticket
from proofdesk._words import to_hex
from proofdesk.claims.forms import (
    ADDRESS,
    AMOUNT,
    CHAIN,
    DEADLINE,
    HASH,
    NO_SIGNATURE,
    SIGNATURE,
    Nested,
    number,
)
from proofdesk.claims.signable import DECIDE_CLAIM, Signed, signed_by
from proofdesk.claims.values import Receipt
from proofdesk.signed.reading import Malformed
from proofdesk.signed.signers import Signer, address_in
from proofdesk.signed.signing import Deadline, seconds_of


class MalformedDecision(Malformed):
    """What was handed in is no decision; `field` does not fit, `problem` says how."""

    what = "decision"


@dataclass(frozen=True, slots=True, repr=False)
class SignedDecision(Signed):
    """A decision, and the receipt of its claim; `desk` is ClaimDesk's address. Raises MalformedDecision.

    `amount`, smallest units, is paid in addition to what the claim got before. `seen` are the ticket's acts
    that the actor saw, `entry` that of the decision's record, `deadline` seconds since 1970.
    """

    desk: str
    actor: str
    ticket_id: str
    amount: int
    entry: str
    seen: int
    deadline: int
    receipt: Receipt

    FORM: ClassVar = {
        "chain_id": CHAIN,
        "desk": ADDRESS,
        "actor": ADDRESS,
        "ticket_id": HASH,
        "amount": AMOUNT,
        "entry": HASH,
        # 1,023 would mean "whatever was added since", which nobody can sign.
        "seen": number(1, 1022, "a number of acts from 1 to 1,022"),
        "deadline": DEADLINE,
        "receipt": Nested(Receipt),
        "signature": SIGNATURE,
    }
    ERROR: ClassVar = MalformedDecision
    STRUCT: ClassVar = DECIDE_CLAIM
    SIGNER: ClassVar = "actor"

    @property
    def arguments_for(self) -> tuple[Any, ...]:
        """What decideFor takes."""
        return self.message, self.receipt.abi, self.signature


def sign_decision(
    deployment: Deployment,
    signer: Signer,
    *,
    ticket: Ticket,
    receipt: Receipt,
    amount: int,
    entry: bytes | str,
    deadline: Deadline = None,
) -> SignedDecision:
    """Sign a decision on a ticket as it was read; by default it holds for 24 hours.

    Raises MalformedDecision naming the field that cannot be meant, InvalidArgument, what the signer raises.

    >>> bought = Receipt(
    ...     "0x" + 20 * "44", "0x" + 32 * "11", "0x" + 20 * "11", "0x" + 32 * "33", 900,
    ...     datetime.now(timezone.utc), "0x" + 32 * "22")
    >>> decision = sign_decision(
    ...     manifest, account, ticket=ticket, receipt=bought, amount=300, entry=32 * b"1")
    >>> SignedDecision.from_json(decision.to_json()) == decision, decision.seen == ticket.acts
    (True, True)
    """
    unsigned = SignedDecision(
        chain_id=deployment.chain_id,
        desk=deployment.contract("ClaimDesk").address,
        actor=address_in(signer),
        ticket_id=ticket.id,
        amount=amount,
        entry=entry if isinstance(entry, str) else to_hex(entry),
        seen=ticket.acts,
        deadline=seconds_of(deadline, time.time()),
        receipt=receipt,
        signature=NO_SIGNATURE,
    )
    return signed_by(signer, unsigned)
