"""What a wallet shows of whatever is signed, by the descriptors: sentences and values in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofdesk._errors import InvalidArgument
from proofdesk.claims.enums import EvidenceKind, Reason
from proofdesk.claims.signable import DECIDE_CLAIM, EVIDENCE, FILE_CLAIM, RECEIPT, WITHDRAW
from proofdesk.ops.clear_signing import in_words, typed_data_in_words
from proofdesk.ops.relay import acknowledgement
from proofdesk.ops.relay.acknowledgement import Acknowledgement
from proofdesk.privacy.access_entry import START, AccessEntry
from proofdesk.privacy.keys import Scope
from proofdesk.privacy.linking import SAME_PERSON
from proofdesk.privacy.publishing import SignedKey
from proofdesk.privacy.shares import SHARE
from proofdesk.signed import TypedAct, eip712
from proofdesk.signed.eip712 import Struct
from tests.claims import examples
from tests.ops.test_clear_signing_form import FILES

WHO, OTHER, TICKET, ENTRY = "0x" + 40 * "1", "0x" + 40 * "2", "0x" + 64 * "3", "0x" + 64 * "4"
NOON, UNTIL = 1_769_860_800, "Valid until: 31 January 2026, 12:00 UTC"


@pytest.mark.parametrize(
    ("step", "before", "after", "words"),
    [
        ("ends", 5, 9, "Close ticket T, now Resolved"),
        ("resolves", 2, 5, "Resolve ticket T, now Open"),
        ("rejects", 1, 6, "Reject ticket T, now New"),
        ("escalates", 2, 7, "Escalate, or keep escalated, ticket T, now Open"),
        ("asks", 2, 3, "Ask the customer of ticket T, now Open"),
        ("replies", 3, 2, "Open, or keep open, ticket T, now Waiting for the customer"),
        ("objects", 5, 2, "Open, or keep open, ticket T, now Resolved"),
        ("waits", 2, 4, "Put or keep on hold ticket T, now Open"),
        ("adds before it is taken", 1, 1, "Add to new ticket T, now New"),
        ("adds", 2, 2, "Open, or keep open, ticket T, now Open"),
        ("adds while it is on hold", 4, 4, "Put or keep on hold ticket T, now On hold"),
        ("adds for the supervisor", 7, 7, "Escalate, or keep escalated, ticket T, now Escalated"),
        ("adds to a dispute", 8, 8, "Add to disputed ticket T, now Disputed"),
        ("adds to what is over", 9, 9, "Close ticket T, now Closed"),
    ],
)
def test_the_sentence_of_a_move_names_no_step_that_is_not_made(
    step: str, before: int, after: int, words: str
) -> None:
    """Whoever adds opens and escalates nothing: the words hold for him too, and say what it is now."""
    move: dict[str, int | str] = {
        "actor": WHO,
        "ticketId": TICKET,
        "from": before,
        "to": after,
        "entry": ENTRY,
        "seen": 1,
    }
    told = in_words(TypedAct("move", 31337, OTHER, move | {"deadline": NOON}))
    assert told[0] == words.replace(" T,", " 0x33333333…3333,"), step


RECEIPT_SAYS = {
    "merchant": OTHER,
    "orderId": TICKET,
    "customer": WHO,
    "productId": ENTRY,
    "price": 2 * 10**18,
    "purchasedAt": NOON,
    "policyId": ENTRY,
}
PIECES = [
    {"orderId": TICKET, "kind": kind, "contentHash": ENTRY, "issuedAt": NOON + kind * 86_400}
    for kind in (EvidenceKind.DEFECT, EvidenceKind.PHOTO)
]
CLAIM = {"customer": WHO, "receipt": RECEIPT_SAYS, "reason": Reason.NOT_DELIVERED, "amount": 10**18}
CLAIM |= {"evidence": PIECES, "entry": ENTRY, "deadline": NOON}
ME, HIM, ORDER, HASH = "0x11111111…1111", "0x22222222…2222", "0x33333333…3333", "0x44444444…4444"


@pytest.mark.parametrize(
    ("struct", "message", "told"),
    [
        (
            RECEIPT,
            RECEIPT_SAYS,
            [
                f"Confirm that {ME} bought order {ORDER} of {HIM} on 31 January 2026, 12:00 UTC, for "
                f"2000000000000000000 base units of the token of policy {HASH}",
                f"Merchant: {HIM}",
                f"Order: {ORDER}",
                f"Buyer: {ME}",
                "Price, base units: 2000000000000000000",
                "Bought: 31 January 2026, 12:00 UTC",
                f"Policy: {HASH}",
            ],
        ),
        (
            EVIDENCE,
            PIECES[0] | {"kind": 10},
            [
                f"Attest evidence of order {ORDER}: own kind 10, dated 02 February 2026, 12:00 UTC",
                f"Order: {ORDER}",
                "Kind: own kind 10",
                "Dated: 02 February 2026, 12:00 UTC",
            ],
        ),
        (
            FILE_CLAIM,
            CLAIM,
            [
                f"Claim 1000000000000000000 base units of the token of policy {HASH} for order {ORDER}: "
                "not delivered",
                f"Claimed by: {ME}",
                "Reason: not delivered",
                "Amount, base units: 1000000000000000000",
                f"Merchant: {HIM}",
                f"Order: {ORDER}",
                f"Buyer: {ME}",
                "Price, base units: 2000000000000000000",
                "Bought: 31 January 2026, 12:00 UTC",
                f"Policy: {HASH}",
                "Evidence: defect, photo",
                "Evidence dated: 02 February 2026, 12:00 UTC, 12 February 2026, 12:00 UTC",
                UNTIL,
            ],
        ),
        (
            DECIDE_CLAIM,
            {"actor": OTHER, "ticketId": TICKET, "amount": 0, "entry": ENTRY, "seen": 3, "deadline": NOON},
            [
                f"Decide the claim of ticket {ORDER}: grant 0 more, in base units of its policy's token",
                f"Ticket: {ORDER}",
                "Granted, base units: 0",
                f"By: {HIM}",
                UNTIL,
            ],
        ),
        (
            WITHDRAW,
            {"account": WHO, "token": "0x" + 40 * "0", "to": OTHER, "nonce": 0, "deadline": NOON},
            [
                f"Withdraw all that is owed to {ME} in 0x00000000…0000 (zeros: ETH), to {HIM}",
                f"Owed to: {ME}",
                "Token, zeros: ETH: 0x00000000…0000",
                f"Send to: {HIM}",
                UNTIL,
            ],
        ),
        (
            SAME_PERSON,
            {"addresses": [WHO, OTHER], "purpose": "0x00c0ffee00c0ffee"},
            ["Link addresses as one person's", f"One person's: {ME}, {HIM}", "For: 0x00c0ffee00c0ffee"],
        ),
        (
            SHARE,
            {"role": ENTRY, "key": TICKET, "member": WHO, "reader": ENTRY},
            [
                f"Name {ME}, who reads by key {HASH}, a holder of key {ORDER} of role {HASH}",
                f"Role: {HASH}",
                f"Role's key: {ORDER}",
                f"Member: {ME}",
                f"Member's key: {HASH}",
            ],
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Struct) else "",
)
def test_a_wallet_shows_sentences(struct: Struct, message: dict[str, Any], told: list[str]) -> None:
    assert typed_data_in_words(eip712.typed_data(struct, 31337, WHO, message)) == told


EXAM = Struct.of(*FILES["AgentCertification"]["display"]["formats"])


@pytest.mark.parametrize(("score", "percent"), [(8_750, "87.5%"), (10_000, "100%"), (7, "0.07%"), (0, "0%")])
def test_a_score_is_shown_in_percent(score: int, percent: str) -> None:
    exam = {"agent": WHO, "program": 2, "level": 1, "score": score, "takenAt": NOON, "evidence": ENTRY}
    told = typed_data_in_words(eip712.typed_data(EXAM, 31337, OTHER, exam | {"deadline": NOON}))
    assert told[0] == (
        f"Confirm that {ME} scored {percent} in program 2, level 1, on 31 January 2026, 12:00 UTC"
    )
    assert f"Score: {percent}" in told and UNTIL in told and not any(HASH in line for line in told)


def test_a_claim_without_evidence_shows_none() -> None:
    told = typed_data_in_words(eip712.typed_data(FILE_CLAIM, 31337, WHO, CLAIM | {"evidence": []}))
    assert not any("vidence" in line for line in told) and told[-1] == UNTIL


def test_what_is_signed_off_chain_is_shown_in_words() -> None:
    zeros = "0x" + 64 * "0"
    key = SignedKey(31337, "0x" + 130 * "0", OTHER, WHO, zeros, 2, NOON)
    sentence = f"Publish 0x00000000…0000 as version 2 of the reading key of {ME} (zeros: none from now on)"
    assert in_words(key)[0] == sentence
    entry = AccessEntry(Scope(31337, OTHER), 1, ENTRY, START, WHO)
    assert in_words(entry)[0] == f"Sign entry 1 of the access log: record {HASH}, after 0x00000000…0000"
    said = Acknowledgement(TICKET, WHO, 31337, OTHER, NOON, NOON + 60, "0x")
    assert typed_data_in_words(acknowledgement.typed_data(said)) == [
        f"Promise as {ME} that act {ORDER}, received on 31 January 2026, 12:00 UTC, "
        "is on chain by 31 January 2026, 12:01 UTC",
        f"Act: {ORDER}",
        f"Relayer: {ME}",
        "Received: 31 January 2026, 12:00 UTC",
        "On chain by: 31 January 2026, 12:01 UTC",
    ]


@pytest.mark.parametrize("change", [{"name": "proofdesk relayer"}, {"version": "2"}])
def test_no_words_are_lent_to_another_domain(change: dict[str, str]) -> None:
    data = eip712.typed_data(EVIDENCE, 31337, WHO, PIECES[0])
    data["domain"] |= change
    with pytest.raises(InvalidArgument, match="no descriptor describes Evidence"):
        typed_data_in_words(data)


def test_no_words_are_lent_to_another_type() -> None:
    """One field more, and it may be the one that matters."""
    other = Struct.of(EVIDENCE.written.replace("uint64", "address to,uint64"))
    with pytest.raises(InvalidArgument, match="no descriptor describes Evidence"):
        typed_data_in_words(eip712.typed_data(other, 31337, WHO, PIECES[0] | {"to": WHO}))


def test_a_number_without_words_is_shown_as_it_is() -> None:
    """No contract takes it, and whoever is asked to sign it must see that it is odd."""
    told = typed_data_in_words(eip712.typed_data(EVIDENCE, 31337, WHO, PIECES[0] | {"kind": 99}))
    assert "Kind: 99" in told


def test_the_order_of_the_types_is_no_matter() -> None:
    """EIP-712 has one, and a wallet's page may list them in another."""
    data = eip712.typed_data(FILE_CLAIM, 31337, WHO, CLAIM)
    other = data | {"types": dict(reversed(data["types"].items()))}
    assert typed_data_in_words(other) == typed_data_in_words(data)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (examples.receipt, "Confirm that 0x"),
        (examples.evidence, "Attest evidence of order 0x"),
        (examples.claim, f"Claim {examples.PRICE} base units of the token of policy 0x"),
        (examples.decision, "Decide the claim of ticket 0x"),
        (examples.withdrawal, "Withdraw all that is owed to 0x"),
    ],
)
def test_what_is_signed_of_claims_is_shown_as_it_is(make: Callable[[], Any], sentence: str) -> None:
    item = make()
    told = in_words(item)
    assert told[0].startswith(sentence) and len(told) > 3
    assert not any("{" in line or "Reason." in line or "EvidenceKind." in line for line in told)
