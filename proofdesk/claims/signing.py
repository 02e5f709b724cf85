"""What is signed about claims, with its record: receipts, evidence, claims, decisions; and carrying them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import TYPE_CHECKING

from proofdesk._errors import ContractRevert
from proofdesk._models import Event, Result, Ticket
from proofdesk._words import ticket_of
from proofdesk._writing import Content
from proofdesk.claims.chain import refuse_elsewhere, signed_by, until
from proofdesk.claims.policies import AsyncPolicies
from proofdesk.claims.values import EvidenceKind, Judgement, Policy, Reason
from proofdesk.claims.view import CLAIMS, filed, hash_of, judgement_of, receipt_in, told
from proofdesk.signed.drafting import drafted
from proofdesk.signed.signers import Signer
from proofdesk.signed.signing import Deadline

if TYPE_CHECKING:
    from proofdesk.claims.claim import SignedClaim, TypedClaim
    from proofdesk.claims.decision import SignedDecision
    from proofdesk.claims.evidence import SignedEvidence
    from proofdesk.claims.receipt import SignedReceipt


@dataclass(frozen=True, slots=True)
class Filed:
    """A claim that was filed: its ticket after it, what it came to, and what the transaction did."""

    ticket: Ticket
    judgement: Judgement
    result: Result


class AsyncClaimSigning(AsyncPolicies):
    """Signs for the desk's account, or for `signer`; nothing is sent, but by what carries.

    Moments are by default now by the chain's clock, by which the contract judges; `deadline` is as for
    tickets, and so is whose keyring the desk has. Each raises InvalidArgument for what cannot be meant or was
    not signed by that account, NodeError where a wallet refuses, ConnectionLost.
    """

    async def sign_receipt(
        self,
        *,
        order: str,
        product: str,
        price: int,
        customer: str,
        policy: Policy | str,
        purchased_at: datetime | None = None,
        secret: bytes | None = None,
        signer: Signer | None = None,
    ) -> SignedReceipt:
        """Sign a receipt as its merchant; order and product are the shop's own texts.

        `secret`, 32 bytes that the merchant's tills share, keeps an order that is signed again one order;
        without it each signing makes another, and each can be refunded.

        >>> desk.claims.sign_receipt(
        ...     order="A-1001", product="Kettle", price=10**17, customer=newcomer, policy=policy,
        ...     signer=merchant).is_signed_by_key()
        True
        """
        # Late, here and below: who reads needs nothing of what is signed.
        from proofdesk.claims.receipt import sign_receipt

        at = await self._desk.now() if purchased_at is None else purchased_at
        salt = token_bytes(32) if secret is None else None
        return await signed_by(
            self._desk,
            signer,
            lambda by: sign_receipt(
                self._desk.deployment,
                by,
                order=order,
                product=product,
                price=price,
                customer=customer,
                policy=policy if isinstance(policy, Policy) else self._policy_id(policy),
                purchased_at=at,
                salt=salt,
                secret=secret,
            ),
        )

    async def sign_evidence(
        self,
        order: SignedReceipt | str,
        kind: EvidenceKind,
        content: str,
        *,
        issued_at: datetime | None = None,
        signer: Signer | None = None,
    ) -> SignedEvidence:
        """Sign evidence as a party accredited for its kind; `order` is the receipt, or the order's id.

        >>> desk.claims.sign_evidence(receipt, EvidenceKind.DEFECT, "cracked lid").kind.name
        'DEFECT'
        """
        from proofdesk.claims.evidence import sign_evidence

        at = await self._desk.now() if issued_at is None else issued_at
        salt = token_bytes(32)
        return await signed_by(
            self._desk,
            signer,
            lambda by: sign_evidence(
                self._desk.deployment, by, order=order, kind=kind, content=content, issued_at=at, salt=salt
            ),
        )

    async def declare_evidence(
        self,
        order: SignedReceipt | str,
        kind: EvidenceKind,
        content: str,
        *,
        issued_at: datetime | None = None,
    ) -> SignedEvidence:
        """Evidence of a kind that customers declare themselves, for a claim of the desk's account.

        >>> customer.claims.declare_evidence(receipt, EvidenceKind.PHOTO, "lid.jpg").signature
        '0x'
        """
        from proofdesk.claims.evidence import declare_evidence

        at = await self._desk.now() if issued_at is None else issued_at
        me = self._desk.sender.address
        return declare_evidence(
            self._desk.deployment, me, order=order, kind=kind, content=content, issued_at=at
        )

    async def sign(
        self,
        receipt: SignedReceipt,
        *,
        reason: Reason,
        amount: int,
        evidence: Sequence[SignedEvidence] = (),
        content: Content = None,
        deadline: Deadline = None,
        signer: Signer | None = None,
    ) -> SignedClaim:
        """Sign a claim as its customer, who needs no gas, and keep its record.

        >>> signed = customer.claims.sign(receipt, reason=Reason.RETURN, amount=5)
        >>> desk.claims.carry(signed).ticket.customer == customer.sender.address
        True
        """
        from proofdesk.claims.claim import sign_claim

        desk = self._desk
        said = told(content, receipt, evidence, reason, amount)
        last, opening = (
            await until(desk, deadline),
            await drafted(desk, said, kind="open", ticket=None, signer=signer),
        )
        claim = await signed_by(
            desk,
            signer,
            lambda by: sign_claim(
                desk.deployment,
                by,
                receipt=receipt,
                reason=reason,
                amount=amount,
                evidence=evidence,
                entry=opening.entry,
                deadline=last,
            ),
        )
        # Only now: what nobody signs leaves no record behind.
        await desk.writer.prepare(opening, kind="open", ticket=None)
        return claim

    async def carry(self, signed: SignedClaim) -> Filed:
        """File what a customer signed; anyone may. One that is on chain already is not filed twice.

        Raises as `file`; SignatureExpired, InvalidSignature, InvalidArgument for a claim of another desk.
        """
        desk = self._desk
        refuse_elsewhere(desk, CLAIMS, signed)
        try:
            result = await desk.send(CLAIMS, "fileClaimFor", *signed.arguments_for)
        except ContractRevert:
            found = await self._filing(signed.ticket_id)
            if found is None or not is_filed(signed, found):
                raise
            result = found
        return filed_in(result, signed.ticket_id)

    async def sign_decision(
        self,
        ticket: Ticket | str,
        amount: int,
        content: Content = None,
        *,
        receipt: SignedReceipt | None = None,
        deadline: Deadline = None,
        signer: Signer | None = None,
    ) -> SignedDecision:
        """Sign a decision as `decide` makes it, on the ticket as it was read, and keep its record."""
        from proofdesk.claims.decision import sign_decision

        desk, seen = self._desk, await self._desk.tickets._read(ticket)
        bought = await receipt_in(desk, seen.id, receipt)
        kind, last = desk.tickets._record_kind(content, False), await until(desk, deadline)
        opening = await drafted(desk, content, kind=kind, ticket=seen.id, signer=signer)
        decision = await signed_by(
            desk,
            signer,
            lambda by: sign_decision(
                desk.deployment,
                by,
                ticket=seen,
                receipt=bought,
                amount=amount,
                entry=opening.entry,
                deadline=last,
            ),
        )
        # As above.
        await desk.writer.prepare(opening, kind=kind, ticket=seen.id)
        return decision

    async def carry_decision(self, signed: SignedDecision) -> Result:
        """Make a decision that an agent or a supervisor signed; anyone may, and it is made once.

        Raises as `decide`; SignatureExpired, InvalidSignature, InvalidArgument for one of another desk.
        """
        desk = self._desk
        refuse_elsewhere(desk, CLAIMS, signed)
        try:
            return await desk.send(CLAIMS, "decideFor", *signed.arguments_for)
        except ContractRevert:
            # The same entry on the same ticket may be another decision's: who, and how much, tell them apart.
            found = await desk.tickets._find(signed.ticket_id, signed.entry)
            if found is None or not is_decided(found, signed.ticket_id, signed.actor, signed.amount):
                raise
            return found

    # ---------------------------------------------------------------------------------------------- internal

    async def _filing(self, ticket: str) -> Result | None:
        """What the transaction did that filed a ticket's claim, if it is on chain."""
        if not await filed(self._desk, ticket=ticket):
            return None
        first = (await self._desk.tickets.acts(ticket))[0]
        return await self._desk.result(first.tx_hash)


def filed_in(result: Result, ticket: str) -> Filed:
    """A ticket's claim, as the transaction that filed it left it; others may be in it too."""
    last = [act for act in result.acts if act.ticket_id == ticket][-1]
    judgement = judgement_of(_event(result, "ClaimFiled", ticket)[0])
    return Filed(ticket_of(bytes.fromhex(ticket[2:]), last.word), judgement, result)


def is_filed(signed: TypedClaim, result: Result) -> bool:
    """Whether it is this claim, of all that its customer may have made with one record."""
    told = _event(result, "ClaimFiled", signed.ticket_id)[0].arguments
    said = told["receiptHash"], told["reason"], told["amount"]
    return said == (hash_of(signed.receipt), signed.reason, signed.amount)


def is_decided(result: Result, ticket: str, actor: str, amount: int) -> bool:
    """Whether somebody decided so much for a ticket's claim in it."""
    told = _event(result, "ClaimDecided", ticket)
    return (actor, amount) in [(event.arguments["actor"], event.arguments["amount"]) for event in told]


def _event(result: Result, name: str, ticket: str) -> list[Event]:
    return [
        event
        for event in result.events
        if isinstance(event, Event) and event.name == name and event.arguments["ticketId"] == ticket
    ]
