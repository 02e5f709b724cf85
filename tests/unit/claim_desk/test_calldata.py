"""Calldata that no compiler makes: dirty upper bits, wrong offsets, lengths that lie, missing words."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.helpers.claim_items import Kind, Reason, Verdict
from tests.helpers.claims import Filing, Office
from tests.helpers.node import RevertedError

# Words of `fileClaim`'s data after its selector, as the ABI places them: three offsets, then the claim.
CUSTOMER, RECEIPT, REASON, AMOUNT, EVIDENCE, ENTRY, DEADLINE = 3, 4, 11, 12, 13, 14, 15
NARROW = {
    "customer": (CUSTOMER, 160),
    "receipt-merchant": (RECEIPT, 160),
    "receipt-customer": (RECEIPT + 2, 160),
    "receipt-price": (RECEIPT + 4, 128),
    "receipt-purchased-at": (RECEIPT + 5, 64),
    "reason": (REASON, 8),
    "amount": (AMOUNT, 128),
    "deadline": (DEADLINE, 64),
}


@pytest.fixture
def filing(office: Office) -> Filing:
    """A claim with two pieces of evidence."""
    return office.filing(Reason.NOT_DELIVERED, evidence=[Kind.DELIVERY, Kind.PHOTO])


def words_of(office: Office, filing: Filing) -> tuple[bytes, list[int]]:
    """The selector and the words of the call that files it."""
    data = office.claims.encoded("fileClaim", *filing.arguments)
    return data[:4], [int.from_bytes(data[i : i + 32], "big") for i in range(4, len(data), 32)]


def outcome(office: Office, filing: Filing, selector: bytes, words: list[int]) -> bytes | Verdict:
    """The verdict, or what it reverts with."""
    data = selector + b"".join(word.to_bytes(32, "big") for word in words)
    with office.isolated():
        try:
            receipt = office.desk.node.send(filing.claim.customer, office.claims.address, data)
        except RevertedError as reverted:
            return reverted.data
        return office.verdict(office.claims.events(receipt))[0]


def test_the_words_are_where_they_are_said_to_be(office: Office, filing: Filing) -> None:
    selector, words = words_of(office, filing)
    claim = filing.claim
    assert words[CUSTOMER] == int(claim.customer, 16)
    assert words[RECEIPT + 4] == claim.receipt.price
    assert (words[REASON], words[AMOUNT], words[DEADLINE]) == (claim.reason, claim.amount, claim.deadline)
    assert outcome(office, filing, selector, words) == Verdict.APPROVED


@pytest.mark.parametrize("name", NARROW)
def test_bits_above_a_fields_type(office: Office, filing: Filing, name: str) -> None:
    """Refused before anything is looked at: nobody signed such bits."""
    place, width = NARROW[name]
    selector, words = words_of(office, filing)
    for bit in (width, width + 1, 255):
        changed = [*words]
        changed[place] |= 1 << bit
        assert outcome(office, filing, selector, changed) == b"", bit


def test_bits_above_the_evidences_types(office: Office, filing: Filing) -> None:
    selector, words = words_of(office, filing)
    first = CUSTOMER + words[EVIDENCE] // 32
    assert words[first] == 2
    for place, width in ((first + 2, 8), (first + 4, 64), (first + 6, 8), (first + 8, 64)):
        for bit in (width, 255):
            changed = [*words]
            changed[place] |= 1 << bit
            assert outcome(office, filing, selector, changed) == b"", (place, bit)


def test_bits_above_a_signers_address(office: Office, filing: Filing) -> None:
    selector, words = words_of(office, filing)
    merchant = words[1] // 32
    assert words[merchant] == int(filing.merchant.signer, 16)
    for bit in (160, 255):
        changed = [*words]
        changed[merchant] |= 1 << bit
        assert outcome(office, filing, selector, changed) == b""


@pytest.mark.parametrize("value", [8, 255])
def test_a_reason_that_is_not_there(office: Office, filing: Filing, value: int) -> None:
    selector, words = words_of(office, filing)
    words[REASON] = value
    found = outcome(office, filing, selector, words)
    # Empty, or the panic of an enum.
    assert isinstance(found, bytes)
    assert found[:4] in (b"", bytes.fromhex("4e487b71"))


def test_no_reason_is_denied(office: Office) -> None:
    assert office.filing(Reason.NONE).file() == (Verdict.DENIED, 1)


def offsets(words: list[int]) -> Iterator[int]:
    """The places of words that say where something lies, or how long it is."""
    yield from (0, 1, 2, EVIDENCE)
    merchant, parties = words[1] // 32, words[2] // 32
    # Where a path lies is not looked at without a root.
    yield from (merchant + 1, parties, parties + 1, parties + 2)
    yield CUSTOMER + words[EVIDENCE] // 32


@pytest.mark.parametrize("value", [2**255, 2**256 - 1, 2**64, 2**32, 10_000, 1], ids=hex)
def test_offsets_and_lengths_that_lie(office: Office, filing: Filing, value: int) -> None:
    """What they then point at is not what was signed: refused, whatever it is."""
    selector, words = words_of(office, filing)
    for place in offsets(words):
        changed = [*words]
        changed[place] = value
        assert isinstance(outcome(office, filing, selector, changed), bytes), place


def test_words_that_are_missing(office: Office, filing: Filing) -> None:
    """Cut anywhere before the end it is refused; of the last signature's last word only padding may miss."""
    selector, words = words_of(office, filing)
    for length in range(len(words) - 3):
        assert isinstance(outcome(office, filing, selector, words[:length]), bytes), length


def test_words_that_are_too_many(office: Office, filing: Filing) -> None:
    """They are nobody's, and change nothing."""
    selector, words = words_of(office, filing)
    assert outcome(office, filing, selector, [*words, 1, 2, 3]) == Verdict.APPROVED


def test_random_words_never_pay_more(office: Office, filing: Filing, seed: int) -> None:
    """One word changed to anything: the same claim, denied, or nothing."""
    chance = random.Random(seed)
    selector, words = words_of(office, filing)
    for _ in range(100):
        changed = [*words]
        place = chance.randrange(len(words))
        changed[place] = chance.choice(
            [0, 1, 32, 64, chance.getrandbits(256), words[place] ^ 1 << chance.randrange(256)]
        )
        data = selector + b"".join(word.to_bytes(32, "big") for word in changed)
        free = office.books()[4]
        with office.isolated():
            try:
                office.desk.node.send(filing.claim.customer, office.claims.address, data)
            except RevertedError:
                continue
            # The customer files himself: what he changes of his own claim is his, within the receipt's price.
            assert free - office.books()[4] <= filing.claim.receipt.price, (place, hex(changed[place]))


def test_sixteen_pieces_fit_into_a_million_gas(office: Office) -> None:
    """The most evidence there is still fits into what a call may cost."""
    filing = office.filing(Reason.NOT_DELIVERED, evidence=list(range(16)))
    call = office.claims.encoded("fileClaim", *filing.arguments)
    receipt = office.desk.node.send(filing.claim.customer, office.claims.address, call, gas=1_000_000)
    assert office.verdict(office.claims.events(receipt)) == (Verdict.APPROVED, 0)
