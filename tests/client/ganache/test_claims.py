"""Claims on Ganache, whose errors and receipts differ from anvil's: the way of money from end to end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proofdesk import MerkleTree, RpcWallet, Status
from proofdesk.claims import ClaimState, EvidenceKind, Reason, Verdict
from proofdesk.claims.errors import NothingOwed, OverBound, SignerNotInOffice
from tests.client.claims.counter import PRICE, Counter
from tests.client.office import account


@pytest.fixture(scope="module")
def ganache_counter() -> Iterator[Counter]:
    """The file's counter on Ganache; tests use `counter`, which is isolated."""
    with Counter.opened("ganache") as counter:
        yield counter


@pytest.fixture
def counter(ganache_counter: Counter) -> Iterator[Counter]:
    """A counter at which nothing has happened yet."""
    with ganache_counter.office.isolated():
        yield ganache_counter


def test_claims_are_previewed_filed_decided_and_verified(counter: Counter) -> None:
    office, receipt = counter.office, counter.receipt()
    asked = counter.customer.claims.preview(receipt, reason=Reason.DEFECT, amount=5)
    assert asked.explain() == ["This evidence is missing: defect."]
    finding = counter.finding(receipt)
    paid = counter.filed(receipt, reason=Reason.DEFECT, amount=5, evidence=[finding])
    assert paid.judgement.verdict is Verdict.APPROVED
    ticket = counter.for_review()
    with pytest.raises(OverBound):
        office.agent.claims.decide(ticket, PRICE + 1)
    office.agent.claims.decide(ticket, PRICE // 2, "Half is fair.")
    claim = office.desk.claims.get(ticket)
    assert (claim.state, claim.paid) == (ClaimState.PAID, PRICE // 2)
    assert office.desk.tickets.verify_lane("refunds").records == 5
    with pytest.raises(NothingOwed):
        counter.customer.vault.withdraw()


def test_signed_claims_and_decisions_are_carried(counter: Counter) -> None:
    office, who = counter.office, account(17)
    wallet = RpcWallet(office.chain.url, who.address)
    receipt = counter.receipt(customer=who.address)
    signed = office.desk.claims.sign(receipt, reason=Reason.RETURN, amount=PRICE, signer=wallet)
    filed = office.stranger.claims.carry(signed)
    assert office.stranger.claims.carry(signed) == filed
    office.agent.tickets.take(filed.ticket)
    decision = office.agent.claims.sign_decision(filed.ticket.id, 7)
    assert office.stranger.claims.carry_decision(decision).acts[0].status is Status.RESOLVED


def test_what_was_anchored_outlives_an_office(counter: Counter) -> None:
    receipt = counter.receipt()
    finding = counter.finding(receipt)
    tree = MerkleTree.of_signed([finding])
    counter.office.desk.anchors.anchor(tree)
    counter.office.chain.rpc("evm_increaseTime", 60)
    counter.editor.claims.discredit(counter.laboratory.address, EvidenceKind.DEFECT)
    with pytest.raises(SignerNotInOffice):
        counter.filed(receipt, reason=Reason.DEFECT, evidence=[finding])
    proven = counter.office.desk.claims.attest(finding, tree)
    filed = counter.filed(receipt, reason=Reason.DEFECT, evidence=[proven])
    assert filed.judgement.verdict is Verdict.APPROVED
