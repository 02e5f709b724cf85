"""Policies, offices and anchors over real JSON-RPC: published once, held once, dated once."""

from __future__ import annotations

import pytest

from proofdesk import AccessManagedUnauthorized, ConfigurationError, InvalidArgument, MerkleTree
from proofdesk.claims import EvidenceKind, Policy, Reason, Rule, Verdict
from proofdesk.claims.errors import (
    AlreadyAppointed,
    NotAClaimsLane,
    NotAnchored,
    NotInOffice,
    SignerNotInOffice,
    UnknownPolicy,
)
from tests.client.claims.counter import DAY, PRICE, Counter


def test_a_policy_is_read_as_it_was_published(counter: Counter) -> None:
    claims = counter.office.desk.claims
    assert claims.policy(counter.policy.id) == counter.policy
    standard = claims.policy("standard")
    assert standard.id == counter.office.deployment.policies["standard"]
    assert claims.policies() == [standard.id, counter.policy.id]
    with pytest.raises(ConfigurationError, match="no policy 'gold'; it has standard"):
        claims.policy("gold")
    with pytest.raises(UnknownPolicy):
        claims.policy("0x" + 32 * "11")


def test_a_policy_is_published_once(counter: Counter) -> None:
    first = counter.editor.claims.publish_policy(counter.policy)
    (published,) = first.events
    assert published.arguments["policyId"] == counter.policy.id
    assert counter.editor.claims.publish_policy(counter.policy) == first
    elsewhere = Policy(counter.policy.token, (Rule(Reason.RETURN, DAY, 1, lane=1),))
    with pytest.raises(NotAClaimsLane):
        counter.editor.claims.publish_policy(elsewhere)
    with pytest.raises(AccessManagedUnauthorized):
        counter.office.stranger.claims.publish_policy(elsewhere)


def test_a_receipt_by_a_policys_name(counter: Counter) -> None:
    standard = counter.office.deployment.policies["standard"]
    assert counter.receipt(policy="standard").policy_id == standard


def test_an_office_is_held_once(counter: Counter) -> None:
    claims, who = counter.editor.claims, counter.laboratory.address
    assert claims.in_office(who, EvidenceKind.DEFECT)
    assert not claims.in_office(who) and not claims.in_office(who, EvidenceKind.RETURN)
    assert claims.term(who) is None
    before = counter.office.desk.now()
    counter.office.pass_time(DAY)
    claims.discredit(who, EvidenceKind.DEFECT)
    term = claims.term(who, EvidenceKind.DEFECT)
    assert term is not None and term.until == counter.office.desk.now()
    assert not claims.in_office(who, EvidenceKind.DEFECT)
    assert claims.in_office(who, EvidenceKind.DEFECT, at=before)
    with pytest.raises(InvalidArgument, match="no moment with its zone"):
        claims.in_office(who, EvidenceKind.DEFECT, at=before.replace(tzinfo=None))
    with pytest.raises(NotInOffice):
        claims.discredit(who, EvidenceKind.DEFECT)
    with pytest.raises(AlreadyAppointed):
        claims.accredit(who, EvidenceKind.DEFECT)
    claims.dismiss_merchant(counter.merchant.address)
    offices = {(office.account, office.kind): office.term for office in claims.offices()}
    assert offices[counter.merchant.address, None].until == counter.office.desk.now()
    assert offices[who, EvidenceKind.DEFECT] == term


# ---------------------------------------------------------------------------------------------------- anchors


def test_a_root_is_dated_once(counter: Counter) -> None:
    anchors = counter.office.desk.anchors
    entries = [f"0x{number:064x}" for number in range(1, 8)]
    tree = MerkleTree.of_entries(entries)
    assert anchors.anchored_at(tree) is None
    assert anchors.verify(tree, tree.leaf(3), tree.path(3)) is None
    result = anchors.anchor(tree)
    at = anchors.anchored_at(tree.root)
    assert at == counter.office.desk.now()
    assert counter.office.stranger.anchors.anchor(tree) == result
    assert [anchors.verify(tree, tree.leaf(place), tree.path(place)) for place in range(7)] == 7 * [at]
    assert anchors.verify(tree.root, tree.leaf(3), tree.path(2)) is None
    with pytest.raises(InvalidArgument):
        anchors.anchored_at("0x12")


def test_what_was_anchored_outlives_its_signers_office(counter: Counter) -> None:
    claims = counter.office.desk.claims
    receipt, late = counter.receipt(), counter.receipt()
    finding = counter.finding(receipt)
    tree = MerkleTree.of_signed([receipt, finding])
    counter.office.desk.anchors.anchor(tree)
    counter.office.pass_time(DAY)
    counter.editor.claims.dismiss_merchant(counter.merchant.address)
    counter.editor.claims.discredit(counter.laboratory.address, EvidenceKind.DEFECT)
    counter.office.pass_time(DAY)
    given = {"reason": Reason.DEFECT, "amount": PRICE // 2}
    for bare in ((receipt, [finding]), (claims.attest(receipt, tree), [finding])):
        with pytest.raises(SignerNotInOffice):
            counter.filed(bare[0], evidence=bare[1], **given)
    proven = [claims.attest(finding, tree)]
    filed = counter.filed(claims.attest(receipt, tree), evidence=proven, **given)
    assert filed.judgement.verdict is Verdict.APPROVED
    with pytest.raises(SignerNotInOffice):
        counter.filed(late)
    with pytest.raises(InvalidArgument, match="does not hold this"):
        claims.attest(late, tree)
    # A root that nobody anchored proves nothing.
    with pytest.raises(NotAnchored):
        counter.filed(claims.attest(late, MerkleTree.of_signed([late])))


def test_an_anchor_after_the_dismissal_proves_nothing(counter: Counter) -> None:
    receipt = counter.receipt()
    counter.editor.claims.dismiss_merchant(counter.merchant.address)
    tree = MerkleTree.of_signed([receipt])
    counter.office.desk.anchors.anchor(tree)
    with pytest.raises(SignerNotInOffice):
        counter.filed(counter.office.desk.claims.attest(receipt, tree))
