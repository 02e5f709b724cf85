"""Claims of a desk: previewed, filed, signed and carried, decided, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from proofdesk._checks import MAX_INTEGER
from proofdesk._models import Result, Ticket
from proofdesk._writing import Content
from proofdesk.claims.chain import done_before, id_of
from proofdesk.claims.policies import BOOK, rule_of
from proofdesk.claims.signing import AsyncClaimSigning, Filed, filed_in, is_decided, is_filed
from proofdesk.claims.values import (
    ETH,
    FailedRule,
    Judgement,
    Order,
    Reason,
    Rule,
    Verdict,
    mask_of,
    order_key,
)
from proofdesk.claims.view import CLAIMS, ClaimView, filed, receipt_in, told, views

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk.anchors.tree import MerkleTree
    from proofdesk.claims.claim import TypedClaim
    from proofdesk.claims.evidence import SignedEvidence
    from proofdesk.claims.judgement import Facts
    from proofdesk.claims.receipt import SignedReceipt

Signed = TypeVar("Signed", "SignedReceipt", "SignedEvidence")

_ANY_ENTRY: Final = "0x" + 64 * "f"  # of a claim that is not filed


@dataclass(frozen=True, slots=True)
class Preview:
    """What filing would come to, and what it is judged by; `token` is the policy's, the zero address ETH."""

    judgement: Judgement
    reason: Reason
    rule: Rule | None
    facts: Facts
    token: str

    @property
    def verdict(self) -> Verdict:
        """The judgement's."""
        return self.judgement.verdict

    def explain(
        self, language: str = "en", *, unit: str | None = None, decimals: int | None = None
    ) -> list[str]:
        """Why it would be denied, a sentence for each failed rule, in "en" or "zh".

        Amounts are in whole tokens of so many decimals, which of an ERC-20 the caller knows: by default its
        smallest units. Raises InvalidArgument for another language.
        """
        # Late, here and below: who reads needs nothing of what is signed and judged.
        from proofdesk.claims.words import explain

        is_ether = self.token == ETH
        return explain(
            self.judgement.failed,
            self.rule,
            self.facts,
            reason=self.reason,
            language=language,
            unit=("ETH" if is_ether else "") if unit is None else unit,
            decimals=(18 if is_ether else 0) if decimals is None else decimals,
        )


class AsyncClaims(AsyncClaimSigning):
    """A desk's policies, receipts, evidence and claims; amounts are smallest units of the policy's token.

    `content` is as for tickets; a claim's record holds the receipt and the evidence beside it, with their
    texts and salts.
    """

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk

    # ------------------------------------------------------------------------------------------------- filing

    async def preview(
        self,
        receipt: SignedReceipt,
        *,
        reason: Reason,
        amount: int,
        evidence: Sequence[SignedEvidence] = (),
        customer: str | None = None,
    ) -> Preview:
        """Judge a claim by the contract without filing it.

        `customer` is by default the desk's account, of a desk without one the receipt's customer.

        Raises what filing would: InvalidSignature, SignerNotInOffice, UnknownPolicy, OtherReceipt …;
        InvalidArgument for what cannot be meant.

        >>> desk.claims.preview(receipt, reason=Reason.DEFECT, amount=5).explain()
        ['This evidence is missing: defect.']
        """
        from proofdesk.claims.claim import typed_claim
        from proofdesk.claims.judgement import Facts

        desk, bought = self._desk, receipt.receipt
        mine = receipt.customer if desk._sender is None else desk._sender.address
        claim = typed_claim(
            desk.deployment,
            mine if customer is None else customer,
            receipt=receipt,
            reason=reason,
            amount=amount,
            evidence=evidence,
            entry=_ANY_ENTRY,
            deadline=MAX_INTEGER,
        )
        # All is read as of one block, so that the words fit the verdict.
        block = await desk.node.height()
        verdict, payable, failed = await desk.read(CLAIMS, "preview", *claim.arguments, block=block)
        terms = await desk.read(BOOK, "termsFor", receipt.policy_id, claim.reason, block=block)
        place = receipt.merchant, bought.order_id
        order = Order.of(await desk.read(CLAIMS, "orderOf", *place, block=block))
        facts = Facts(
            price=bought.price,
            purchased_at=int(bought.purchased_at.timestamp()),
            amount=amount,
            time=int((await desk.now(block)).timestamp()),
            evidence=mask_of(piece.kind for piece in evidence),
            paid_on_order=order.paid,
            paid_for_reason=await desk.read(CLAIMS, "paidFor", *place, claim.reason, block=block),
            claims=order.claims,
            live=claim.reason in order.live,
            is_customer=claim.customer == bought.customer,
        )
        judgement = Judgement(Verdict(verdict), payable, FailedRule(failed))
        return Preview(judgement, claim.reason, rule_of(terms[2]), facts, terms[0])

    async def file(
        self,
        receipt: SignedReceipt,
        *,
        reason: Reason,
        amount: int,
        evidence: Sequence[SignedEvidence] = (),
        content: Content = None,
    ) -> Filed:
        """File a claim as its customer: its ticket is opened, it is judged, and paid where it is APPROVED.

        A DENIED one is filed all the same: ask `preview` first. Made again by the same desk after a failure
        it is filed once; in another process, with a record that `Desk.prepare` made beforehand.
        Raises as `preview`; TicketExists for a record that another claim was filed with, NotClaimant,
        InvalidRecord, RecordTooLarge and what `Sender.send` raises.

        >>> filed = customer.claims.file(receipt, reason=Reason.RETURN, amount=5, content="It leaks.")
        >>> filed.judgement.verdict.name, filed.ticket.status.name
        ('APPROVED', 'RESOLVED')
        """
        from proofdesk.claims.claim import typed_claim

        desk, me = self._desk, self._desk.sender.address
        ids: list[str] = []

        def claim(entry: str) -> TypedClaim:
            # One deadline for all attempts: the sender knows a call that was in doubt by its data.
            return typed_claim(
                desk.deployment,
                me,
                receipt=receipt,
                reason=reason,
                amount=amount,
                evidence=evidence,
                entry=entry,
                deadline=MAX_INTEGER,
            )

        async def find(entry: str) -> Result | None:
            meant = claim(entry)
            ids.append(meant.ticket_id)
            found = await self._filing(meant.ticket_id)
            return found if found is not None and is_filed(meant, found) else None

        async def send(entries: Sequence[str]) -> Result:
            ids.append(claim(entries[0]).ticket_id)
            return await desk.send(CLAIMS, "fileClaim", *claim(entries[0]).arguments)

        result = await desk.writer.write(
            told(content, receipt, evidence, reason, amount),
            act=("fileClaim",),
            kind="open",
            tickets=[None],
            find=find,
            send=send,
        )
        return filed_in(result, ids[-1])

    # ----------------------------------------------------------------------------------------------- deciding

    async def decide(
        self,
        ticket: Ticket | str,
        amount: int,
        content: Content = None,
        *,
        receipt: SignedReceipt | None = None,
    ) -> Result:
        """Decide a claim as its ticket's agent, or a supervisor where it is Escalated: pay more, or nothing.

        `amount` is paid in addition to what the claim got before; its ticket is Resolved if it ever got
        something, otherwise Rejected. The receipt is found in the filing's data or the claim's record.
        Raises OverBound, NotDecider, StaleTicket, UnknownClaim; InvalidArgument where the receipt is found
        nowhere; and what `Sender.send` raises.
        """
        desk, seen = self._desk, await self._desk.tickets._read(ticket)
        bought = await receipt_in(desk, seen.id, receipt)

        async def find(entry: str) -> Result | None:
            found = await desk.tickets._find(seen.id, entry)
            is_meant = found is not None and is_decided(found, seen.id, desk.sender.address, amount)
            return found if is_meant else None

        return await desk.writer.write(
            content,
            act=("decide", seen.id, amount, seen.acts),
            kind=desk.tickets._record_kind(content, False),
            tickets=[seen.id],
            find=find,
            send=lambda entries: desk.send(
                CLAIMS, "decide", seen.id, bought.abi, amount, entries[0], seen.acts
            ),
        )

    async def bound(self, ticket: Ticket | str, *, receipt: SignedReceipt | None = None) -> int:
        """The most that `decide` may still pay; raises UnknownClaim, InvalidArgument as `decide`."""
        id_ = id_of(ticket)
        bought = await receipt_in(self._desk, id_, receipt)
        return int(await self._desk.read(CLAIMS, "boundOf", id_, bought.abi))

    async def release(self, ticket: Ticket | str) -> Result:
        """Give up what is kept for a claim whose ticket was Closed undecided; anyone may, once.

        Of one that was released before, the Result is what was done then. Raises NotReleasable and what
        `Sender.send` raises.
        """
        # Late: of a hundred generated classes this needs one, and rarely.
        from proofdesk._contract_errors import NotReleasable

        id_ = id_of(ticket)
        try:
            return await self._desk.send(CLAIMS, "release", id_)
        except NotReleasable as error:
            return await done_before(self._desk, error, CLAIMS, "ClaimReleased", id_)

    # ------------------------------------------------------------------------------------------------ reading

    async def get(self, ticket: Ticket | str) -> ClaimView:
        """Read a ticket's claim; raises UnknownClaim, InvalidArgument for what is no id.

        >>> filed = customer.claims.file(receipt, reason=Reason.RETURN, amount=5)
        >>> claim = desk.claims.get(filed.ticket)
        >>> claim.state.name, claim.paid
        ('PAID', 5)
        """
        found = await views(self._desk, await filed(self._desk, ticket=id_of(ticket)))
        if not found:
            from proofdesk._contract_errors import UnknownClaim

            raise UnknownClaim(id_of(ticket))
        return found[0]

    async def of(self, receipt: SignedReceipt) -> list[ClaimView]:
        """Every claim that was filed on a receipt's order, in order; strangers' too.

        >>> desk.claims.of(receipt)
        []
        """
        key = order_key(receipt.merchant, receipt.receipt.order_id)
        return await views(self._desk, await filed(self._desk, order=key))

    async def all(self) -> list[ClaimView]:
        """Every claim that was filed on the desk, in order; for large desks see the index.

        >>> desk.claims.all()
        []
        """
        return await views(self._desk, await filed(self._desk))

    async def order(self, receipt: SignedReceipt) -> Order:
        """What the chain keeps of a receipt's order.

        >>> desk.claims.order(receipt).paid
        0
        """
        place = receipt.merchant, receipt.receipt.order_id
        return Order.of(await self._desk.read(CLAIMS, "orderOf", *place))

    def attest(self, item: Signed, tree: MerkleTree) -> Signed:
        """A signed receipt or piece of evidence with its proof in a tree, whose root is anchored.

        With it the item holds for ever, even when its signer has left office. Raises InvalidArgument for one
        that is not in the tree.

        >>> tree = MerkleTree.of_signed([receipt])
        >>> desk.claims.attest(receipt, tree).root == tree.root
        True
        """
        return replace(item, root=tree.root, path=tuple(tree.path(tree.place(item))))
