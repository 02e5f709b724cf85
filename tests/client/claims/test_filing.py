"""Claims over real JSON-RPC: previewed, filed once whatever breaks, signed, carried and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account

from proofdesk import (
    Actor,
    ConnectionLost,
    ContentMissing,
    Desk,
    InvalidArgument,
    InvalidRecord,
    InvalidSignature,
    MemoryStore,
    ProofdeskError,
    RpcWallet,
    SignatureExpired,
    Status,
    TicketExists,
    TransactionInDoubt,
)
from proofdesk.claims import (
    ClaimState,
    EvidenceKind,
    FailedRule,
    MalformedClaim,
    Reason,
    SignedClaim,
    Verdict,
)
from proofdesk.claims.errors import (
    EvidenceMismatch,
    NotClaimant,
    OtherReceipt,
    SignerNotInOffice,
    UnknownClaim,
    UnknownPolicy,
)
from proofdesk.claims.view import told
from tests.client.claims.counter import DAY, PRICE, Counter
from tests.client.office import account
from tests.client.wire import Wire


def desk_over(counter: Counter, wire: Wire) -> Desk:
    office = counter.office
    return Desk.connect(
        wire.w3, account=account(10), deployment=office.deployment, store=office.desk.archive.store
    )


def test_a_claim_within_its_rule_is_paid_at_once(counter: Counter) -> None:
    receipt, desk = counter.receipt(), counter.office.desk
    assert (
        counter.customer.claims.preview(receipt, reason=Reason.RETURN, amount=5).verdict is Verdict.APPROVED
    )
    vault = counter.treasurer.vault.books().balance
    filed = counter.filed(receipt, amount=PRICE // 2)
    assert (filed.judgement.verdict, filed.judgement.amount) == (Verdict.APPROVED, PRICE // 2)
    assert filed.ticket == desk.tickets.get(filed.ticket.id)
    assert filed.ticket.status is Status.RESOLVED
    assert vault - counter.treasurer.vault.books().balance == PRICE // 2
    claim = desk.claims.get(filed.ticket)
    assert (claim.state, claim.paid, claim.remaining) == (ClaimState.PAID, PRICE // 2, 0)
    assert (claim.reason, claim.amount, claim.decisions) == (Reason.RETURN, PRICE // 2, ())
    assert desk.claims.of(receipt) == desk.claims.all() == [claim]
    assert desk.claims.order(receipt).paid == PRICE // 2


def test_a_claim_that_fails_its_rule_is_denied_with_each_failed_rule(counter: Counter) -> None:
    receipt = counter.receipt()
    asked = counter.customer.claims.preview(receipt, reason=Reason.DEFECT, amount=PRICE)
    assert asked.verdict is Verdict.DENIED and asked.judgement.amount == 0
    missing = FailedRule.lacking(EvidenceKind.DEFECT)
    assert asked.judgement.failed == FailedRule.OVER_REFUND | missing
    words = asked.explain()
    assert words[0].startswith("It asks for 0.1 ETH, and 0.05 ETH is left for this reason: 50% of the price")
    assert words[1] == "This evidence is missing: defect."
    assert asked.explain("zh")[1] == "缺少此项证明：缺陷鉴定。"
    in_tokens = replace(asked, token=counter.merchant.address)
    assert in_tokens.explain()[0].startswith(f"It asks for {PRICE}, and {PRICE // 2} is left")
    assert in_tokens.explain(unit="PLN", decimals=6)[0].startswith("It asks for 100000000000 PLN")
    filed = counter.filed(receipt, reason=Reason.DEFECT, amount=PRICE)
    assert filed.judgement == asked.judgement
    assert filed.ticket.status is Status.REJECTED
    claim = counter.office.desk.claims.get(filed.ticket)
    assert (claim.state, claim.paid, claim.remaining) == (ClaimState.DENIED, 0, 0)


def test_a_preview_says_what_was_paid_on_the_order_before(counter: Counter) -> None:
    receipt = counter.receipt()
    counter.filed(receipt, amount=PRICE // 2)
    counter.filed(receipt, amount=PRICE // 4)  # for review
    asked = counter.customer.claims.preview(receipt, reason=Reason.RETURN, amount=PRICE)
    facts = asked.facts
    assert (facts.paid_on_order, facts.paid_for_reason, facts.claims) == (PRICE // 2, PRICE // 2, 2)
    assert facts.live
    assert asked.judgement.failed == (
        FailedRule.OVER_REFUND | FailedRule.OVER_PRICE | FailedRule.CLAIM_UNDER_REVIEW
    )
    assert len(asked.explain()) == 3


def test_evidence_is_attested_by_its_party_and_declared_by_the_customer(counter: Counter) -> None:
    receipt = counter.receipt()
    finding = counter.finding(receipt)
    filed = counter.filed(receipt, reason=Reason.DEFECT, amount=PRICE // 2, evidence=[finding])
    assert filed.judgement.verdict is Verdict.APPROVED
    photo = counter.customer.claims.declare_evidence(receipt, EvidenceKind.PHOTO, "lid.jpg")
    filed = counter.filed(receipt, reason=Reason.OTHER, amount=5, evidence=[photo])
    assert (filed.judgement.verdict, filed.ticket.status) == (Verdict.REVIEW, Status.NEW)
    claim = counter.office.desk.claims.get(filed.ticket)
    assert (claim.state, claim.remaining, claim.paid) == (ClaimState.REVIEW, 5, 0)


def test_the_record_holds_what_the_claim_rests_on_and_the_chain_only_hashes(counter: Counter) -> None:
    receipt = counter.receipt(order="A-7", product="Kettle, red")
    filed = counter.filed(
        receipt,
        reason=Reason.DEFECT,
        amount=PRICE // 2,
        evidence=[counter.finding(receipt)],
        content={"channel": "web", "body": "The lid.", "data": {"shop": "north"}},
    )
    record = counter.office.desk.tickets.history(filed.ticket)[0].record
    assert record is not None
    assert (record.body, record.channel, record.data["shop"]) == ("The lid.", "web", "north")
    claim: Any = record.data["claim"]
    assert claim["receipt"]["product"] == "Kettle, red"
    assert claim["evidence"][0]["content"] == "cracked lid"
    data = counter.office.desk.node.request("eth_getTransactionByHash", filed.result.tx_hash)["input"]
    assert not [text for text in ("Kettle", "A-7", "cracked") if text.encode().hex() in data]


def test_a_claim_without_words_says_its_reason(counter: Counter) -> None:
    filed = counter.filed(content=None)
    record = counter.office.desk.tickets.history(filed.ticket)[0].record
    assert record is not None and record.body == "return"


def test_content_that_makes_no_record(counter: Counter) -> None:
    receipt = counter.receipt()
    for content, problem in (
        (5, "a text or a mapping"),
        ({"body": "It leaks.", "data": 5}, "must be an object"),
        ({"body": "It leaks.", "data": {"claim": {}}}, "its claim is set by the client"),
        ({"body": "It leaks.", "colour": "blue"}, "is none of a record's"),
    ):
        for say in (counter.customer.claims.file, counter.customer.claims.sign):
            with pytest.raises(InvalidRecord, match=problem):
                # Content of types that it cannot have, among others.
                say(receipt, reason=Reason.RETURN, amount=5, content=content)  # type: ignore[arg-type]


def test_the_longest_evidence_has_room_in_a_record(counter: Counter) -> None:
    receipt, declare = counter.receipt(), counter.customer.claims.declare_evidence
    pieces = [
        replace(declare(receipt, kind, 1_000 * "证"), root="0x" + 32 * "11", path=32 * ("0x" + 32 * "22",))
        for kind in EvidenceKind
        if kind.is_declarable
    ]
    findings = [
        replace(counter.finding(receipt), kind=EvidenceKind(kind), content=1_000 * "证") for kind in range(12)
    ]
    content = told("It leaks.", receipt, [*pieces, *findings], Reason.RETURN, 5)
    assert counter.customer.prepare(content, kind="open").record.body == "It leaks."
    filed = counter.filed(receipt, amount=5, evidence=pieces)
    assert filed.judgement.verdict is Verdict.APPROVED


@pytest.mark.parametrize("heard", [False, True])
def test_cut_at_every_request_it_is_filed_once(counter: Counter, heard: bool) -> None:
    wire = Wire(counter.office.chain.url)
    customer, request, receipt = desk_over(counter, wire), 0, counter.receipt()
    while True:
        wire.cut(request, heard=heard)
        given: dict[str, Any] = {"reason": Reason.RETURN, "amount": 5, "content": f"Cut at {request}"}
        try:
            customer.claims.file(receipt, **given)
            break
        except ConnectionLost:
            again = customer.claims.file(receipt, **given)
            assert again.judgement.verdict is Verdict.APPROVED
        assert len(counter.office.desk.claims.of(receipt)) == 1
        receipt, request = counter.receipt(), request + 1
        customer = desk_over(counter, wire)
    assert request >= 3
    assert counter.treasurer.vault.books().balance == 10**19 - 5 * (request + 1)


def test_a_prepared_record_is_one_claim_in_any_process(counter: Counter) -> None:
    receipt = counter.receipt()
    content = told("It leaks.", receipt, [], Reason.RETURN, 5)
    opening = counter.customer.prepare(content, kind="open")
    first, second = (counter.filed(receipt, amount=5, content=opening) for _ in range(2))
    assert first == second
    assert len(counter.office.desk.claims.all()) == 1


def test_what_cannot_be_meant_keeps_no_record(counter: Counter) -> None:
    store = MemoryStore()
    office = counter.office
    customer = Desk.connect(office.w3, account=account(10), deployment=office.deployment, store=store)
    receipt = counter.receipt()
    refused: list[tuple[type[ProofdeskError], Callable[[], object]]] = [
        (MalformedClaim, lambda: customer.claims.file(receipt, reason=Reason.RETURN, amount=-1)),
        (MalformedClaim, lambda: customer.claims.file(receipt, reason=Reason.NONE, amount=1)),
        (
            InvalidArgument,
            lambda: customer.claims.file(replace(receipt, chain_id=5), reason=Reason.RETURN, amount=1),
        ),
        (
            InvalidSignature,
            lambda: customer.claims.file(replace(receipt, price=1), reason=Reason.RETURN, amount=1),
        ),
        (MalformedClaim, lambda: customer.claims.sign(receipt, reason=Reason.RETURN, amount=-1)),
        (
            MalformedClaim,
            lambda: customer.using(account(17).address).claims.sign(receipt, reason=Reason.NONE, amount=1),
        ),
    ]
    for error, attempt in refused:
        with pytest.raises(error):
            attempt()
    assert list(store) == []


def test_what_filing_reverts_with_preview_raises_too(counter: Counter) -> None:
    stranger = Account.create()
    receipts = {
        UnknownPolicy: counter.receipt(policy="0x" + 32 * "77"),
        SignerNotInOffice: counter.receipt(signer=stranger),
        InvalidSignature: replace(counter.receipt(), price=PRICE + 1),
    }
    for error, receipt in receipts.items():
        for ask in (counter.customer.claims.preview, counter.customer.claims.file):
            with pytest.raises(error):
                ask(receipt, reason=Reason.RETURN, amount=5)
    receipt = counter.receipt(order="A-9")
    counter.filed(receipt)
    dearer = counter.office.desk.claims.sign_receipt
    other = dearer(
        order="A-9",
        product="Kettle",
        price=2 * PRICE,
        customer=receipt.customer,
        policy=counter.policy,
        signer=counter.merchant,
    )
    # Another salt makes another order: the shop's own number alone does not bind it.
    assert other.receipt.order_id != receipt.receipt.order_id
    with pytest.raises(OtherReceipt):
        counter.filed(sign_again(counter, receipt, price=2 * PRICE))


def sign_again(counter: Counter, receipt: Any, **changed: Any) -> Any:
    """The merchant signs the same order with other terms."""
    from proofdesk.claims.signable import signed_by

    return signed_by(counter.merchant, replace(receipt, **changed))


def test_a_claim_by_somebody_else_is_denied_and_leaves_the_order_alone(counter: Counter) -> None:
    receipt, other = counter.receipt(), counter.office.other_customer
    filed = other.claims.file(receipt, reason=Reason.RETURN, amount=5)
    assert filed.judgement.failed == FailedRule.NOT_THE_CUSTOMER
    assert counter.office.desk.claims.order(receipt).claims == 0
    assert counter.filed(receipt).judgement.verdict is Verdict.APPROVED
    assert [claim.state.name for claim in counter.office.desk.claims.of(receipt)] == ["DENIED", "PAID"]


# ------------------------------------------------------------------------------------------------- carried


@pytest.mark.parametrize("of", ["key", "wallet", "node"])
def test_a_signed_claim_is_carried_by_anyone_once(counter: Counter, of: str) -> None:
    office = counter.office
    who = account(17)
    receipt = counter.receipt(customer=who.address)
    if of == "node":
        node_kept = office.desk.using(who.address)
        signed = node_kept.claims.sign(receipt, reason=Reason.RETURN, amount=5, content="It leaks.")
    else:
        signer: Any = who if of == "key" else RpcWallet(office.chain.url, who.address)
        signed = office.desk.claims.sign(receipt, reason=Reason.RETURN, amount=5, signer=signer)
    again = SignedClaim.from_json(signed.to_json())
    before = office.w3.eth.get_balance(who.address)
    filed = office.stranger.claims.carry(again)
    assert filed.ticket.customer == who.address
    assert filed.judgement.verdict is Verdict.APPROVED
    assert office.w3.eth.get_balance(who.address) == before + 5
    assert office.stranger.claims.carry(again) == filed
    assert len(office.desk.claims.all()) == 1


def test_what_cannot_be_carried(counter: Counter) -> None:
    office = counter.office
    signed = counter.customer.claims.sign(counter.receipt(), reason=Reason.RETURN, amount=5)
    carry = office.stranger.claims.carry
    with pytest.raises(InvalidSignature):
        carry(replace(signed, amount=6))
    with pytest.raises(InvalidArgument, match="carry it there"):
        carry(replace(signed, chain_id=5))
    office.pass_time(2 * DAY)
    with pytest.raises(SignatureExpired):
        carry(signed)


def test_another_claim_with_the_same_record_is_not_taken_for_it(counter: Counter) -> None:
    first, second = counter.receipt(), counter.receipt()
    opening = counter.customer.prepare("It leaks.", kind="open")
    sign = counter.customer.claims.sign
    carry = counter.office.stranger.claims.carry
    one = sign(first, reason=Reason.RETURN, amount=5, content=opening)
    carry(one)
    for other in (
        sign(second, reason=Reason.RETURN, amount=5, content=opening),
        sign(first, reason=Reason.RETURN, amount=6, content=opening),
        sign(first, reason=Reason.OTHER, amount=5, content=opening),
    ):
        with pytest.raises(ProofdeskError, match="TicketExists"):
            carry(other)
    assert carry(one).judgement.amount == 5


def test_another_claims_result_is_nobodys(counter: Counter) -> None:
    first, second = counter.receipt(), counter.receipt()
    opening = counter.customer.prepare("It leaks.", kind="open")
    filed = counter.filed(first, amount=5, content=opening)
    for receipt, other in ((second, {}), (first, {"amount": 6}), (first, {"reason": Reason.OTHER})):
        with pytest.raises(TicketExists):
            counter.filed(receipt, **{"amount": 5, "content": opening, **other})
    assert counter.office.desk.claims.of(second) == []
    assert counter.filed(first, amount=5, content=opening) == filed
    # A record that says which claim it is of is of no other.
    named = counter.customer.prepare(told("It leaks.", second, [], Reason.RETURN, 5), kind="open")
    with pytest.raises(InvalidArgument, match="is the record of another claim"):
        counter.filed(second, amount=6, content=named)
    assert counter.filed(second, amount=5, content=named).judgement.amount == 5


def test_a_receipt_from_a_node_kept_key(counter: Counter) -> None:
    office = counter.office
    shop = office.desk.using(account(16).address)
    counter.editor.claims.appoint_merchant(account(16).address)
    receipt = shop.claims.sign_receipt(
        order="A-1", product="Kettle", price=PRICE, customer=account(10).address, policy=counter.policy
    )
    assert receipt.is_signed_by_key() and receipt.merchant == account(16).address
    assert counter.filed(receipt).judgement.verdict is Verdict.APPROVED
    counter.editor.claims.accredit(account(16).address, EvidenceKind.DEFECT)
    finding = shop.claims.sign_evidence(receipt, EvidenceKind.DEFECT, "cracked lid")
    filed = counter.filed(receipt, reason=Reason.DEFECT, amount=5, evidence=[finding])
    assert filed.judgement.verdict is Verdict.APPROVED


def test_dates_and_deadlines_are_by_the_chains_clock(counter: Counter) -> None:
    counter.office.pass_time(400 * DAY)
    signed = counter.customer.claims.sign(counter.receipt(), reason=Reason.RETURN, amount=5)
    assert counter.office.stranger.claims.carry(signed).judgement.verdict is Verdict.APPROVED


def test_a_ticket_without_a_claim(counter: Counter) -> None:
    ticket = counter.office.opened()
    for ask in (counter.office.desk.claims.get, counter.office.desk.claims.bound):
        with pytest.raises(UnknownClaim):
            ask(ticket)


def test_only_who_is_its_customer_files_for_himself(counter: Counter) -> None:
    signed = counter.customer.claims.sign(counter.receipt(), reason=Reason.RETURN, amount=5)
    office = counter.office
    with pytest.raises(NotClaimant):
        office.stranger.send("ClaimDesk", "fileClaim", *signed.arguments)
    with pytest.raises(EvidenceMismatch):
        message, merchant, _ = signed.arguments
        counter.customer.send("ClaimDesk", "fileClaim", message, merchant, [merchant])


# ------------------------------------------------------------------------------------------------- verified


def test_a_claims_tickets_are_verified_with_their_records(counter: Counter) -> None:
    desk = counter.office.desk
    paid, denied = counter.filed().ticket, counter.filed(amount=PRICE + 1).ticket
    waiting = counter.filed(amount=PRICE).ticket
    for ticket, acts in ((paid, 2), (denied, 2), (waiting, 1)):
        verified = desk.tickets.verify(ticket)
        assert (verified.acts, verified.records) == (acts, acts)
        history = desk.tickets.history(ticket)
        assert {entry.act.kind for entry in history} == {Actor.MODULE}
        assert {entry.record.body for entry in history if entry.record} == {"It leaks."}
    assert desk.tickets.verify_lane("refunds").records == 5
    entry = desk.tickets.acts(paid)[0].entry
    # Nobody else goes on by a ticket's opening record: what he says is a record of its own.
    counter.customer.send("TicketDesk", "move", paid.id, Status.CLOSED, entry, 2)
    (oddity,) = desk.tickets.verify(paid).oddities
    assert "act 3" in oddity and "written for another ticket or act" in oddity
    assert desk.tickets.verify(paid).records == 2
    desk.archive.store.delete(desk.tickets.acts(denied)[0].entry)
    with pytest.raises(ContentMissing):
        desk.tickets.verify(denied)


def test_a_claim_in_doubt_is_seen_by_the_same_call(counter: Counter) -> None:
    wire = Wire(counter.office.chain.url)
    customer, receipt = desk_over(counter, wire), counter.receipt()

    def cut(methods: list[str], _: Any) -> None:
        if sent and "eth_sendRawTransaction" not in methods:
            raise ConnectionError("the line was cut")
        sent.extend(method for method in methods if method == "eth_sendRawTransaction")

    sent: list[str] = []
    wire.before = cut
    with pytest.raises(TransactionInDoubt):
        customer.claims.file(receipt, reason=Reason.RETURN, amount=5)
    wire.before = None
    assert customer.claims.file(receipt, reason=Reason.RETURN, amount=5).judgement.amount == 5
    assert len(counter.office.desk.claims.all()) == 1
