"""Merchants, parties, customers and agents that are contracts (ERC-1271): honest, broken, hostile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.claim_items import Attestation, Kind, Reason, Signer, Verdict
from tests.helpers.claims import Filing, Office
from tests.helpers.contract import Contract, refused
from tests.helpers.desk import SUPERVISOR
from tests.helpers.signed import mangled
from tests.helpers.table import Status
from tests.unit.claim_desk.test_file_claim_for import pen

HONEST, REVERTS, EMPTY, SHORT, WRONG_MAGIC, DIRTY_MAGIC, TRUE, BURNS_GAS = range(8)
LONG_MAGIC, LONG_NONSENSE, LONG_REVERT = range(9, 12)
MEGABYTE = 2**20
BAD = {
    "reverts": REVERTS,
    "empty": EMPTY,
    "short": SHORT,
    "wrong-magic": WRONG_MAGIC,
    "dirty-magic": DIRTY_MAGIC,
    "true": TRUE,
    "burns-gas": BURNS_GAS,
    "reverts-magic": LONG_REVERT,
}


class Account:
    """A smart account in one of the parts, and the acts it takes part in."""

    def __init__(self, office: Office, who: str) -> None:
        self.office, self.who = office, who
        owner = Signer.named("an owner")
        admin = office.people.admin.address
        self.contract = Contract.deployed(office.desk.node, admin, "SmartAccount", owner.address)
        self.signer = Signer(owner.key, self.contract.address)
        if who == "merchant":
            office.edits("appointMerchant", self.signer.address)
        if who == "party":
            office.edits("accredit", self.signer.address, Kind.DELIVERY)
        if who == "decider":
            office.desk.access.send(admin, "grantRole", SUPERVISOR, self.signer.address, 0)

    def answers(self, answer: int, number: int = 0) -> None:
        self.contract.send(self.office.people.admin.address, "setAnswer", answer, number)

    def prepared(self) -> Filing:
        """A claim that is in order but for this account's signature."""
        office = self.office
        if self.who == "decider":
            return office.worked_on(Status.ESCALATED)
        receipt = office.receipt(self.signer.address if self.who == "claimant" else None)
        receipt = receipt._replace(purchased_at=office.desk.now)
        filing = office.filing(Reason.NOT_DELIVERED, receipt=receipt, evidence=[Kind.DELIVERY])
        if self.who == "merchant":
            filing = replace(filing, merchant=office.attested(receipt, self.signer))
        if self.who == "party":
            filing = replace(filing, parties=(office.attested(filing.claim.evidence[0], self.signer),))
        return filing

    def acts(self, filing: Filing, signature: bytes | None = None) -> None:
        """Does it, under its own right signature unless told otherwise."""
        if self.who == "decider":
            decision = filing.decision(self.office.people.supervisor, 1)._replace(actor=self.signer.address)
            sealed = self.signer.seal(decision, self.office.domain)
            filing.carry_decision(decision, sealed if signature is None else signature)
        elif self.who == "claimant":
            sealed = self.signer.seal(filing.claim, self.office.domain)
            filing.carry(sealed if signature is None else signature)
        else:
            if signature is not None and self.who == "merchant":
                filing = replace(filing, merchant=filing.merchant._replace(signature=signature))
            elif signature is not None:
                filing = replace(filing, parties=(filing.parties[0]._replace(signature=signature),))
            filing.carry()


@pytest.fixture(params=["merchant", "party", "claimant", "decider"])
def account(request: pytest.FixtureRequest, office: Office) -> Account:
    return Account(office, str(request.param))


def test_an_honest_one(account: Account) -> None:
    filing = account.prepared()
    account.acts(filing)
    assert account.office.desk.ticket(filing.ticket_id).status == Status.RESOLVED


@pytest.mark.parametrize("how", sorted(mangled(bytes(64) + b"\x1b")))
def test_the_form_is_its_own_to_judge(account: Account, how: str) -> None:
    """This one takes one form; what it refuses is refused."""
    filing = account.prepared()
    with refused("InvalidSignature", account.signer.address):
        account.acts(
            filing, mangled(account.signer.key.sign_msg_hash(bytes(32)).to_bytes()[:64] + b"\x1b")[how]
        )


@pytest.mark.parametrize("length", [0, 1, 64, 65, 66, 500])
def test_whatever_it_accepts_is_accepted(account: Account, length: int) -> None:
    account.answers(LONG_MAGIC, 32)
    account.acts(account.prepared(), bytes(length))


@pytest.mark.parametrize("answer", BAD)
def test_one_that_answers_anything_else(account: Account, answer: str) -> None:
    filing = account.prepared()
    account.answers(BAD[answer], 32)
    with refused("InvalidSignature", account.signer.address):
        account.acts(filing)
    with refused("InvalidSignature", account.signer.address):
        account.acts(filing, b"")
    account.answers(HONEST)
    account.acts(filing)


def test_its_owner_does_not_sign_for_another_account(account: Account) -> None:
    other = Account(account.office, account.who)
    account.signer = other.signer = Signer(Signer.named("a thief").key, account.signer.address)
    with refused("InvalidSignature", account.signer.address):
        account.acts(account.prepared())


def test_a_megabyte_is_not_copied(account: Account) -> None:
    account.answers(LONG_MAGIC, MEGABYTE)
    account.acts(account.prepared())


def reentries(office: Office) -> dict[str, tuple[Contract, bytes]]:
    """Calls that anybody may make now, each good outside of a signature's check."""
    claims, desk, people = office.claims, office.desk.tickets, office.people
    filing = office.filing()
    closed = office.under_review()
    people.customer.move(closed.ticket_id, Status.CLOSED)
    decided = office.worked_on()
    decision = decided.decision(people.agent, 1)
    sealed = pen(people.agent).seal(decision, office.domain)
    rest = decision, decided.claim.receipt, decided.merchant.signer, sealed
    return {
        "fileClaimFor": (claims, claims.encoded("fileClaimFor", *filing.arguments, filing.signature)),
        "decideFor": (claims, claims.encoded("decideFor", *rest)),
        "release": (claims, claims.encoded("release", closed.ticket_id)),
        "anchor": (office.anchor, office.anchor.encoded("anchor", b"\x42" * 32, 1)),
        "open": (desk, desk.encoded("open", 1, b"\x43" * 32)),
    }


@pytest.mark.parametrize("function", ["fileClaimFor", "decideFor", "release", "anchor", "open"])
def test_one_that_calls_back_writes_nothing(account: Account, function: str) -> None:
    """It is asked by a call that cannot write; what it is asked about is done as though it had not tried."""
    office = account.office
    target, data = reentries(office)[function]
    filing = account.prepared()
    stranger = office.people.stranger.address
    account.contract.send(stranger, "setReentry", target.address, data)
    with office.isolated():
        office.desk.node.send(stranger, target.address, data)
    account.acts(filing)
    assert office.desk.ticket(filing.ticket_id).status == Status.RESOLVED
    # It is all still to be done.
    office.desk.node.send(stranger, target.address, data)


def test_a_declared_kind_asks_nobody(office: Office) -> None:
    """A smart account's own statement needs no answer of it."""
    account = Account(office, "claimant")
    receipt = office.receipt(account.signer.address)
    piece = office.evidence(receipt, Kind.PHOTO)
    filing = office.filing(
        Reason.NOT_DELIVERED,
        receipt=receipt,
        evidence=[piece],
        parties=[Attestation(account.signer.address, b"anything")],
    )
    account.answers(REVERTS)
    assert filing.preview()[0] == Verdict.APPROVED
