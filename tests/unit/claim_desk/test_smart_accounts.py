"""Merchants, parties, customers and agents that are contracts (ERC-1271): honest, broken, hostile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.claim_items import Attestation, Kind, Reason, Signer, Verdict
from tests.helpers.claims import AMOUNT, FUNDS, MERCHANT_KIND, Filing, Office
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
        if self.who == "merchant":
            receipt = receipt._replace(merchant=self.signer.address)
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


# --------------------------------------------------------------------------------- one key, two merchants


def test_two_tills_of_one_key(office: Office) -> None:
    """Both would take its signature; the receipt names one of them."""
    first, second = (Account(office, "merchant") for _ in range(2))
    filing = first.prepared()
    assert filing.file() == (Verdict.APPROVED, 0)
    taken = replace(filing, merchant=filing.merchant._replace(signer=second.signer.address))
    with refused("InvalidSignature", second.signer.address):
        taken.changed(entry=office.desk.entry()).file()
    under_its_name = filing.claim.receipt._replace(merchant=second.signer.address)
    with refused("InvalidSignature", second.signer.address):
        taken.changed(receipt=under_its_name, entry=office.desk.entry()).file()
    assert office.order(filing)[0] == FUNDS - office.books()[0] == AMOUNT


def test_a_key_and_its_own_account(office: Office) -> None:
    """As of a merchant who moved to a smart account, and whose key is in office yet."""
    admin, key = office.people.admin.address, office.merchant
    account = Contract.deployed(office.desk.node, admin, "SmartAccount", key.address)
    office.edits("appointMerchant", account.address)
    of_key = office.receipt(purchased_at=office.desk.now)
    of_account = of_key._replace(merchant=account.address)
    for receipt, other in ((of_key, account.address), (of_account, key.address)):
        sealed = key.seal(receipt, office.domain)
        right = Attestation(receipt.merchant, sealed)
        assert office.filing(Reason.NOT_DELIVERED, receipt=receipt, merchant=right).file()[1] == 0
        for wrong in (receipt, receipt._replace(merchant=other)):
            taken = office.filing(Reason.NOT_DELIVERED, receipt=wrong, merchant=Attestation(other, sealed))
            with refused("InvalidSignature", other):
                taken.file()


def test_who_carries_a_claim_does_not_choose_its_merchant(office: Office) -> None:
    """The customer signs for the receipt with its merchant: none who signed the same takes his place."""
    first, second = (Account(office, "merchant") for _ in range(2))
    filing = first.prepared()
    other = filing.claim.receipt._replace(merchant=second.signer.address)
    swapped = replace(filing.changed(receipt=other), merchant=office.attested(other, second.signer))
    with refused("InvalidSignature", filing.claim.customer):
        swapped.carry(filing.signature)


# ------------------------------------------------------------------------------------------------ anchors


class Anchored:
    """A claim of which an account attests the receipt, or a piece of evidence, with an anchored proof."""

    def __init__(self, account: Account, signature: bytes | None = None) -> None:
        office, self.who = account.office, account.who
        self.account, self.plain = account, account.prepared()
        claim = self.plain.claim
        item = claim.receipt if self.who == "merchant" else claim.evidence[0]
        own = self.plain.merchant if self.who == "merchant" else self.plain.parties[0]
        own = own if signature is None else own._replace(signature=signature)
        proven = office.anchored(item, own)
        self.proven = replace(self.plain, merchant=proven)
        if self.who == "party":
            self.proven = replace(self.plain, parties=(proven,))
        self.stated = claim.receipt.purchased_at if self.who == "merchant" else claim.evidence[0].issued_at

    def dismissed(self) -> None:
        """Whoever signs leaves office."""
        edits, address = self.account.office.edits, self.account.signer.address
        if self.who == "merchant":
            edits("dismissMerchant", address)
        else:
            edits("discredit", address, Kind.DELIVERY)

    def refused_as_out_of_office(self) -> None:
        """Anchored or not."""
        kind = MERCHANT_KIND if self.who == "merchant" else Kind.DELIVERY
        for filing in (self.plain, self.proven):
            with refused("SignerNotInOffice", self.account.signer.address, kind, self.stated):
                filing.file()


@pytest.fixture(params=["merchant", "party"])
def attesting(request: pytest.FixtureRequest, office: Office) -> Account:
    """An account whose word is attested by others."""
    return Account(office, str(request.param))


def test_an_anchored_word_holds_while_its_account_is_in_office(attesting: Account) -> None:
    anchored = Anchored(attesting)
    with attesting.office.isolated():
        assert anchored.proven.file() == (Verdict.APPROVED, 0)
    anchored.dismissed()
    anchored.refused_as_out_of_office()


def test_anchored_before_it_was_signed(attesting: Account) -> None:
    """Anybody anchors what nobody signed; whoever has the account later makes it accept that."""
    anchored = Anchored(attesting, b"anything")
    with refused("InvalidSignature", attesting.signer.address):
        anchored.proven.file()
    anchored.dismissed()
    attesting.answers(LONG_MAGIC, 32)
    anchored.refused_as_out_of_office()


def test_a_key_that_took_code_on(office: Office) -> None:
    """By EIP-7702: what the key signed holds as before; what only its code accepts is an account's word."""
    signer = Signer.named("a merchant with code")
    office.edits("appointMerchant", signer.address)
    receipts = [
        office.receipt(merchant=signer.address, purchased_at=office.desk.now, order_id=bytes(31) + bytes([n]))
        for n in (1, 2)
    ]
    signed = office.anchored(receipts[0], office.attested(receipts[0], signer))
    forged = office.anchored(receipts[1], Attestation(signer.address, b"anything"))
    office.edits("dismissMerchant", signer.address)
    account = Account(office, "merchant")
    code = office.desk.node.rpc("eth_getCode", account.signer.address, "latest")
    office.desk.node.rpc("anvil_setCode", signer.address, code)
    taken = Contract(office.desk.node, "SmartAccount", signer.address)
    taken.send(office.people.admin.address, "setAnswer", LONG_MAGIC, 32)
    with refused("SignerNotInOffice", signer.address, MERCHANT_KIND, receipts[1].purchased_at):
        office.filing(Reason.NOT_DELIVERED, receipt=receipts[1], merchant=forged).file()
    right = office.filing(Reason.NOT_DELIVERED, receipt=receipts[0], merchant=signed)
    assert right.file() == (Verdict.APPROVED, 0)


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
    rest = decision, decided.claim.receipt, sealed
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
