"""A claim office on a desk: its contracts, its policy, its signers, and one valid claim for tests to spoil.

Amounts are wei. Every builder gives what is in order; a test that wants a bad one overrides one field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from eth_utils.crypto import keccak

from proofdesk.ops.roles import opened
from tests.helpers.claim_items import (
    DAY,
    FIRST_DECLARED,
    Attestation,
    DecideClaim,
    Evidence,
    FileClaim,
    Item,
    Kind,
    Reason,
    Receipt,
    Rule,
    Signer,
    Verdict,
    digest,
    leaf,
)
from tests.helpers.contract import Contract, Event, RefusedError
from tests.helpers.desk import MODULE, NOBODY, Desk, ticket_id
from tests.helpers.people import People, Person
from tests.helpers.signed import chain_id, node_key, separator
from tests.helpers.table import Status

PRICE, AMOUNT = 1_000_000, 100_000
FUNDS = 10**18
MERCHANT_KIND = 255

RULES = (
    Rule(Reason.RETURN, evidence=1 << Kind.RETURN),
    Rule(Reason.DEFECT, window=365 * DAY, refund=8_000, evidence=1 << Kind.DEFECT, automatic_limit=200_000),
    Rule(Reason.NOT_DELIVERED, automatic_limit=2**128 - 1),
    Rule(Reason.OVERCHARGED, evidence=1 << Kind.PAYMENT | 1 << Kind.PHOTO, review=True),
    Rule(Reason.SERVICE_FAILURE, refund=2_500, automatic_limit=100_000),
)
"""The office's policy; WRONG_ITEM and OTHER it does not cover."""


@dataclass(slots=True, repr=False)
class Office:
    """The contracts of claims on one desk, and who signs for it."""

    people: People
    anchor: Contract
    vault: Contract
    book: Contract
    claims: Contract
    compensation: Contract
    upkeep: Contract
    merchant: Signer = field(default_factory=lambda: Signer.named("merchant"))
    party: Signer = field(default_factory=lambda: Signer.named("party"))
    """Accredited for every kind of evidence below 12."""
    policy: bytes = b""
    domain: bytes = b""

    @classmethod
    def founded(cls, people: People) -> Office:
        """Deploys the contracts, gives them their roles, publishes RULES and puts FUNDS into the vault."""
        node, admin, desk = people.desk.node, people.admin.address, people.desk
        authority = desk.access.address

        def made(name: str, *args: str) -> Contract:
            contract = Contract.deployed(node, admin, name, *args)
            for function, role in opened(name):
                where = contract.address, [contract.selector(function)], int(role)
                desk.access.send(admin, "setTargetFunctionRole", *where)
            return contract

        anchor, vault = made("RecordAnchor"), made("RefundVault", authority)
        book = made("PolicyBook", authority, desk.tickets.address, vault.address)
        claims = made("ClaimDesk", authority, book.address, anchor.address)
        compensation = made("CompensationDesk", authority, claims.address)
        upkeep = made("DeskUpkeep", compensation.address)
        for module in (claims, compensation):
            desk.access.send(admin, "grantRole", MODULE, module.address, 0)
        office = cls(people, anchor, vault, book, claims, compensation, upkeep)
        office.domain = separator(chain_id(desk), claims.address)
        office.edits("appointMerchant", office.merchant.address)
        for kind in range(FIRST_DECLARED):
            office.edits("accredit", office.party.address, kind)
        office.policy = office.published()
        office.funded()
        return office

    # -------------------------------------------------------------------------------------------- the office

    @property
    def desk(self) -> Desk:
        """The desk it is an office of."""
        return self.people.desk

    def edits(self, function: str, *args: Any) -> list[Event]:
        """The claims editor calls a function of the book."""
        return self.book.send(self.people.claims_editor.address, function, *args)

    def published(self, *rules: Rule, token: str = NOBODY) -> bytes:
        """Publishes rules, RULES unless told otherwise; the policy's id."""
        (event,) = self.edits("publishPolicy", token, list(rules or RULES))
        return bytes(event.arguments["policyId"])

    def funded(self, amount: int = FUNDS) -> None:
        """The treasurer puts ETH into the vault."""
        self.vault.send(self.people.treasurer.address, "deposit", NOBODY, amount, value=amount)

    def emptied(self) -> None:
        """The treasurer takes out what is free."""
        free = self.books()[4]
        if free:
            treasurer = self.people.treasurer.address
            self.vault.send(treasurer, "withdrawFree", NOBODY, treasurer, free)

    def books(self, token: str = NOBODY) -> tuple[int, int, int, int, int]:
        """Balance, reserved, owed, pending, free."""
        found: tuple[int, int, int, int, int] = self.vault.view("books", token)
        return found

    # -------------------------------------------------------------------------------------------- items

    def receipt(self, customer: Person | str | None = None, **changes: Any) -> Receipt:
        """A receipt of a new order, bought now."""
        address = _address(customer or self.people.customer)
        entry = self.desk.entry()
        seller, product = self.merchant.address, keccak(b"kettle")
        base = Receipt(seller, entry, address, product, PRICE, self.desk.now, self.policy)
        return base._replace(**changes)

    def evidence(self, receipt: Receipt, kind: int, **changes: Any) -> Evidence:
        """A piece of evidence of an order, issued now."""
        base = Evidence(receipt.order_id, kind, keccak(b"evidence"), self.desk.now)
        return base._replace(**changes)

    def attested(self, item: Item, signer: Signer | None = None) -> Attestation:
        """Its signature by who is in office: the merchant, or the party."""
        signer = signer or (self.merchant if isinstance(item, Receipt) else self.party)
        return Attestation(signer.address, signer.seal(item, self.domain))

    def digest(self, item: Item) -> bytes:
        """What is signed of an item."""
        return digest(item, self.domain)

    def anchored(self, item: Item, attestation: Attestation, *, at: int | None = None) -> Attestation:
        """Anchors an item with its signature, beside another leaf; the attestation that proves it."""
        other = keccak(b"another leaf")
        own = leaf(item, attestation.signature, self.domain)
        root = keccak(min(own, other) + max(own, other))
        if at is not None:
            self.desk.at(at)
        self.anchor.send(self.people.stranger.address, "anchor", root, 2)
        return attestation._replace(root=root, path=(other,))

    # -------------------------------------------------------------------------------------------- claims

    def filing(
        self,
        reason: int = Reason.RETURN,
        *,
        receipt: Receipt | None = None,
        evidence: Sequence[Evidence | int] | None = None,
        merchant: Attestation | None = None,
        parties: Sequence[Attestation] | None = None,
        **changes: Any,
    ) -> Filing:
        """One valid claim on a new order, or on a receipt's, with the evidence that RULES ask for."""
        receipt = receipt or self.receipt()
        if evidence is None:
            mask = next((rule.evidence for rule in RULES if rule.reason == reason), 0)
            evidence = [kind for kind in range(16) if mask >> kind & 1]
        pieces = tuple(self.evidence(receipt, each) if isinstance(each, int) else each for each in evidence)
        claim = FileClaim(receipt.customer, receipt, reason, AMOUNT, pieces, self.desk.entry())
        claim = claim._replace(**changes)
        if parties is None:
            parties = [
                Attestation(claim.customer) if each.kind >= FIRST_DECLARED else self.attested(each)
                for each in claim.evidence
            ]
        return Filing(self, claim, merchant or self.attested(claim.receipt), tuple(parties))

    def under_review(self, amount: int = AMOUNT, **changes: Any) -> Filing:
        """A claim that was filed and waits for an agent."""
        filing = self.filing(Reason.OVERCHARGED, amount=amount, **changes)
        filing.file()
        return filing

    def worked_on(self, status: Status = Status.OPEN, amount: int = AMOUNT, **changes: Any) -> Filing:
        """A claim under review whose ticket the agent took, brought into a state; Escalated by the agent."""
        filing = self.under_review(amount, **changes)
        self.people.agent.take(filing.ticket_id)
        if status != Status.OPEN:
            self.people.agent.move(filing.ticket_id, status)
        return filing

    def order(self, filing: Filing) -> tuple[int, int, int, int, int]:
        """What the chain keeps of a claim's order: paid, its reason, claims, live, receipt."""
        where = filing.claim.receipt.merchant, filing.claim.receipt.order_id
        found: tuple[int, int, int, int, int] = self.claims.view("orderOf", *where)
        return found

    def claim(self, ticket: bytes) -> tuple[int, int, int, int]:
        """What the chain keeps of a claim: remaining, reason, state, order."""
        found: tuple[int, int, int, int] = self.claims.view("claimOf", ticket)
        return found

    def verdict(self, events: Sequence[Event]) -> tuple[Verdict, int]:
        """The verdict of a ClaimFiled among the events, and the failed rules."""
        (filed,) = [event.arguments for event in events if event.name == "ClaimFiled"]
        return Verdict(filed["verdict"]), filed["failed"]

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Everything done in the `with` block is undone after it."""
        with self.people.isolated():
            yield


@dataclass(frozen=True, repr=False)
class Filing:
    """A claim with its attestations, ready to be filed by its customer or carried by another."""

    office: Office
    claim: FileClaim
    merchant: Attestation
    parties: tuple[Attestation, ...]

    @property
    def ticket_id(self) -> bytes:
        """Its ticket."""
        return ticket_id(self.claim.customer, self.claim.entry)

    @property
    def arguments(self) -> tuple[FileClaim, Attestation, tuple[Attestation, ...]]:
        """As `fileClaim` and `preview` take it."""
        return self.claim, self.merchant, self.parties

    @cached_property
    def signature(self) -> bytes:
        """The customer's own; he is an account of the node."""
        number = self.office.desk.node.accounts.index(self.claim.customer)
        return Signer(node_key(number), self.claim.customer).seal(self.claim, self.office.domain)

    def changed(self, **changes: Any) -> Filing:
        """The same attestations of another claim."""
        return replace(self, claim=self.claim._replace(**changes))

    def file(self, by: Person | str | None = None) -> tuple[Verdict, int]:
        """Its customer files it himself; the verdict and the failed rules. Raises RefusedError."""
        sender = _address(by or self.claim.customer)
        return self.office.verdict(self._sent(sender, "fileClaim", *self.arguments))

    def carry(self, signature: bytes | None = None, by: Person | None = None) -> tuple[Verdict, int]:
        """Somebody carries it, the stranger unless told otherwise. Raises RefusedError."""
        signature = self.signature if signature is None else signature
        sender = (by or self.office.people.stranger).address
        return self.office.verdict(self._sent(sender, "fileClaimFor", *self.arguments, signature))

    def preview(self, at: int | None = None) -> tuple[Verdict, int, int]:
        """Verdict, amount and failed rules of the same judgement, at a time (default: the last block's)."""
        verdict, amount, failed = self.office.claims.view("preview", *self.arguments, at=at)
        return Verdict(verdict), amount, failed

    def attempt(self, at: int | None = None) -> RefusedError | None:
        """How filing it by its customer would be refused by the next transaction."""
        return self.office.claims.attempt(self.claim.customer, "fileClaim", *self.arguments, at=at)

    def decision(self, actor: Person, amount: int = AMOUNT, **changes: Any) -> DecideClaim:
        """A decision about it, having seen all its ticket's acts."""
        desk = self.office.desk
        seen = desk.ticket(self.ticket_id).acts
        base = DecideClaim(actor.address, self.ticket_id, amount, desk.entry(), seen)
        return base._replace(**changes)

    def decide(self, actor: Person, amount: int = AMOUNT, seen: int | None = None) -> list[Event]:
        """An actor decides it; ClaimDesk's events. Raises RefusedError."""
        said = self.decision(actor, amount)
        seen = said.seen if seen is None else seen
        rest = self.claim.receipt, amount, said.entry, seen
        return self._sent(actor.address, "decide", self.ticket_id, *rest)

    def carry_decision(self, decision: DecideClaim, signature: bytes) -> list[Event]:
        """The stranger carries a decision. Raises RefusedError."""
        by = self.office.people.stranger.address
        return self._sent(by, "decideFor", decision, self.claim.receipt, signature)

    def bound(self) -> int:
        """What a decision may still pay."""
        return int(self.office.claims.view("boundOf", self.ticket_id, self.claim.receipt))

    def _sent(self, sender: str, function: str, *args: Any) -> list[Event]:
        return self.office.claims.send(sender, function, *args)


def _address(by: Person | str) -> str:
    return by if isinstance(by, str) else by.address
