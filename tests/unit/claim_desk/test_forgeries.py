"""A signature is good for one item of one signer on one claim desk of one chain, and in one form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.helpers.claim_items import (
    DECIDE_CLAIM,
    EVIDENCE,
    FILE_CLAIM,
    RECEIPT,
    DecideClaim,
    Item,
    Kind,
    Reason,
    Signer,
    Verdict,
    digest,
    struct_hash,
)
from tests.helpers.claims import Filing, Office
from tests.helpers.contract import Contract, refused, refused_below
from tests.helpers.desk import MODULE
from tests.helpers.signed import chain_id, mangled, node_key, seal, separator
from tests.helpers.table import Status

WHO = ("merchant", "party", "claimant", "decider")
HOW = sorted(mangled(bytes(64) + b"\x1b"))


def signer_of(office: Office, who: str) -> Signer:
    """Whose signature each part needs."""
    if who == "merchant":
        return office.merchant
    if who == "party":
        return office.party
    person = office.people.customer if who == "claimant" else office.people.agent
    return Signer(node_key(office.desk.node.accounts.index(person.address)), person.address)


class Case:
    """One valid act of all four signatures' kinds, of which one is replaced."""

    def __init__(self, office: Office, who: str) -> None:
        self.office, self.who = office, who
        self.signer = signer_of(office, who)
        self.filing: Filing = office.worked_on() if who == "decider" else office.filing()
        self.decision = self.filing.decision(office.people.agent)

    @property
    def item(self) -> Item:
        """What is signed."""
        claim = self.filing.claim
        items: dict[str, Item] = {"merchant": claim.receipt, "claimant": claim, "decider": self.decision}
        return items.get(self.who) or claim.evidence[0]

    @property
    def signature(self) -> bytes:
        """The right one."""
        return self.signer.seal(self.item, self.office.domain)

    def acts(self, signature: bytes) -> None:
        """Does it under this signature."""
        filing = self.filing
        if self.who == "decider":
            filing.carry_decision(self.decision, signature)
            return
        if self.who == "merchant":
            filing = replace(filing, merchant=filing.merchant._replace(signature=signature))
        if self.who == "party":
            filing = replace(filing, parties=(filing.parties[0]._replace(signature=signature),))
        filing.carry(signature if self.who == "claimant" else None)

    @contextmanager
    def forged(self) -> Iterator[None]:
        """Asserts that the `with` block is refused as nobody's signature for the signer that it names."""
        with refused("InvalidSignature", self.signer.address):
            yield


@pytest.fixture(params=WHO)
def case(request: pytest.FixtureRequest, office: Office) -> Case:
    return Case(office, str(request.param))


def test_the_right_one(case: Case) -> None:
    case.acts(case.signature)


@pytest.mark.parametrize("how", HOW)
def test_one_form(case: Case, how: str) -> None:
    """No other bytes than the 65 that the key made."""
    with case.forged():
        case.acts(mangled(case.signature)[how])


@pytest.mark.parametrize(
    "changes",
    [{"chain_id": 1}, {"name": "proofdesk2"}, {"version": "2"}, {"desk": "0x" + "12" * 20}],
    ids=["chain", "name", "version", "contract"],
)
def test_one_domain(case: Case, changes: dict[str, Any]) -> None:
    """Another chain's, another desk's, another contract's of the same desk."""
    desk = case.office.desk
    where: dict[str, Any] = {"chain_id": chain_id(desk), "desk": case.office.claims.address}
    with case.forged():
        case.acts(case.signer.seal(case.item, separator(**where | changes)))
    for contract in (desk.tickets, case.office.vault, case.office.book, case.office.compensation):
        with case.forged():
            case.acts(case.signer.seal(case.item, separator(**where | {"desk": contract.address})))


def test_the_domain_is_told(office: Office) -> None:
    told = office.claims.view("eip712Domain")
    assert told[1:5] == ("proofdesk", "1", chain_id(office.desk), office.claims.address)


def test_somebody_elses(case: Case) -> None:
    for name in ("a thief", "merchant", "party"):
        thief = Signer.named(name)
        if thief.address != case.signer.address:
            with case.forged():
                case.acts(thief.seal(case.item, case.office.domain))


def test_a_signature_of_one_kind_says_nothing_of_another(case: Case) -> None:
    filing = case.filing
    items: list[Item] = [filing.claim, filing.claim.receipt, *filing.claim.evidence, case.decision]
    for item in items:
        if type(item) is not type(case.item):
            with case.forged():
                case.acts(case.signer.seal(item, case.office.domain))


def test_the_types_are_as_documented(case: Case) -> None:
    """Other names, widths or an order of their own make another type."""
    types = {"merchant": RECEIPT, "party": EVIDENCE, "claimant": FILE_CLAIM, "decider": DECIDE_CLAIM}
    whole = types[case.who]
    for other in (whole.replace("uint64", "uint256"), whole.replace(",", ", "), whole.replace("(", "2(", 1)):
        wrong = struct_hash(case.item, other)
        with case.forged():
            case.acts(seal(case.signer.key, keccak(b"\x19\x01" + case.office.domain + wrong)))


def test_a_personal_message_is_no_signature(case: Case) -> None:
    what = digest(case.item, case.office.domain)
    for other in (keccak(b"\x19Ethereum Signed Message:\n32" + what), struct_hash(case.item), what[::-1]):
        with case.forged():
            case.acts(seal(case.signer.key, other))


# ------------------------------------------------------------------------------------------ field by field


def turned(value: Any, bit: int) -> Any:
    """A value with one bit turned."""
    if isinstance(value, bytes):
        return (int.from_bytes(value, "big") ^ 1 << bit % 256).to_bytes(32, "big")
    if isinstance(value, str):
        return f"0x{int(value, 16) ^ 1 << bit % 160:040x}"
    return value ^ 1 << bit


FIELDS: dict[str, dict[str, tuple[int, ...]]] = {
    "receipt": {
        "merchant": (0, 159),
        "order_id": (0, 255),
        "customer": (0, 159),
        "product_id": (0, 255),
        "price": (0, 127),
        "purchased_at": (0, 1),
        "policy_id": (),
    },
    "evidence": {"kind": (0,), "content_hash": (0, 255), "issued_at": (0, 1)},
    "claim": {"reason": (1,), "amount": (0, 127), "entry": (0, 255), "deadline": (0, 63)},
    "decision": {"amount": (0, 16), "entry": (0, 255), "deadline": (0, 62)},
}
CASES = [(part, name, bit) for part, names in FIELDS.items() for name, bits in names.items() for bit in bits]


@pytest.mark.parametrize(("part", "name", "bit"), CASES)
def test_every_field_is_signed(office: Office, part: str, name: str, bit: int) -> None:
    """Each with its lowest and its highest bit turned under the signatures of the whole."""
    if part == "decision":
        filing = office.worked_on()
        decision = filing.decision(office.people.agent, deadline=2**63)
        signature = signer_of(office, "decider").seal(decision, office.domain)
        changed: DecideClaim = decision._replace(**{name: turned(getattr(decision, name), bit)})
        with refused("InvalidSignature", decision.actor):
            filing.carry_decision(changed, signature)
        return
    filing = office.filing(Reason.NOT_DELIVERED, evidence=[Kind.DELIVERY], deadline=2**64 - 1)
    claim, signature = filing.claim, filing.signature
    if part == "claim":
        changes = {name: turned(getattr(claim, name), bit)}
        if name == "reason":
            changes = {"reason": Reason.RETURN}
        with refused("InvalidSignature", claim.customer):
            filing.changed(**changes).carry(signature)
        return
    if part == "receipt":
        receipt = claim.receipt._replace(**{name: turned(getattr(claim.receipt, name), bit)})
        pieces = tuple(each._replace(order_id=receipt.order_id) for each in claim.evidence)
        with refused("InvalidSignature", office.merchant.address):
            filing.changed(receipt=receipt, evidence=pieces).carry(signature)
        return
    # So that no date turned by a bit is one of the future.
    office.desk.wait(1)
    piece = claim.evidence[0]
    pieces = (piece._replace(**{name: turned(getattr(piece, name), bit)}),)
    with refused("InvalidSignature", office.party.address):
        filing.changed(evidence=pieces).carry(signature)


def test_a_claim_is_of_its_whole_evidence(office: Office) -> None:
    """A piece more, a piece less, or in another order is another claim, though each is attested."""
    filing = office.filing(evidence=[Kind.RETURN, Kind.DELIVERY])
    pieces, parties = filing.claim.evidence, filing.parties
    more = office.evidence(filing.claim.receipt, Kind.DEFECT)
    for other, who in (
        (pieces[:1], parties[:1]),
        (pieces[::-1], parties[::-1]),
        ((*pieces, more), (*parties, office.attested(more))),
        ((), ()),
    ):
        changed = replace(filing.changed(evidence=other), parties=who)
        with refused("InvalidSignature", filing.claim.customer):
            changed.carry(filing.signature)
    assert filing.carry() == (Verdict.APPROVED, 0)


def test_who_attested_is_not_the_customers_to_sign(office: Office) -> None:
    """Another accredited party may have said the same: the claim is the same."""
    other = Signer.named("another carrier")
    office.edits("accredit", other.address, Kind.RETURN)
    filing = office.filing()
    swapped = replace(filing, parties=(office.attested(filing.claim.evidence[0], other),))
    assert swapped.carry(filing.signature) == (Verdict.APPROVED, 0)


# ------------------------------------------------------------------------------------------- replay


def test_a_claim_is_carried_once(office: Office) -> None:
    """By whomever: the second time its ticket is there."""
    for reason in (Reason.RETURN, Reason.OVERCHARGED, Reason.OTHER):
        filing = office.filing(reason)
        filing.carry()
        for again in (filing.carry, filing.file):
            with refused_below("TicketExists(bytes32)"):
                again()


def test_a_decision_is_carried_once(office: Office) -> None:
    filing = office.worked_on()
    decision = filing.decision(office.people.agent, 1)
    signature = signer_of(office, "decider").seal(decision, office.domain)
    filing.carry_decision(decision, signature)
    with refused("NotDecider", decision.actor, Status.RESOLVED):
        filing.carry_decision(decision, signature)
    office.people.customer.move(filing.ticket_id, Status.OPEN)
    with refused("StaleTicket", decision.seen, decision.seen + 2):
        filing.carry_decision(decision, signature)
    assert office.order(filing)[0] == 1


def test_not_on_a_second_claim_desk(office: Office) -> None:
    """Of the same desk, with the same book and vault: receipts, evidence and claims are one desk's."""
    desk, admin = office.desk, office.people.admin.address
    arguments = desk.access.address, office.book.address, office.anchor.address
    twin = Contract.deployed(desk.node, admin, "ClaimDesk", *arguments)
    desk.access.send(admin, "grantRole", MODULE, twin.address, 0)
    filing = office.filing()
    sender = office.people.stranger.address
    with refused("InvalidSignature", office.merchant.address):
        twin.send(sender, "fileClaimFor", *filing.arguments, filing.signature)
    domain = separator(chain_id(desk), twin.address)
    claim = filing.claim
    merchant = filing.merchant._replace(signature=office.merchant.seal(claim.receipt, domain))
    with refused("InvalidSignature", office.party.address):
        twin.send(sender, "fileClaimFor", claim, merchant, filing.parties, filing.signature)
    party = filing.parties[0]._replace(signature=office.party.seal(claim.evidence[0], domain))
    with refused("InvalidSignature", claim.customer):
        twin.send(sender, "fileClaimFor", claim, merchant, (party,), filing.signature)
    customer = signer_of(office, "claimant")
    assert twin.send(sender, "fileClaimFor", claim, merchant, (party,), customer.seal(claim, domain))
