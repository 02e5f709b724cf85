"""Keys that can be sealed to, wraps bound to what they are for, decoys that only insiders tell apart."""

from __future__ import annotations

import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from proofdesk._deployments import Contract, Deployment
from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._words import keccak
from proofdesk.privacy import wraps
from proofdesk.privacy.errors import InvalidKey
from proofdesk.privacy.keys import Reader, ReadingKey, Scope, key_id, unfit
from tests.conftest import SEED
from tests.privacy.people import KEYS, READERS, SCOPE

PRIME = 2**255 - 19
SECRET, ENTRY = bytes(range(32)), bytes(range(32, 64))
KEY, READER = KEYS["agents"], READERS["agents"]


def library_refuses(public: bytes) -> bool:
    """Whether the library finds that what it shares with a point is nothing."""
    try:
        X25519PrivateKey.from_private_bytes(SECRET).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return True
    return False


def point(number: int) -> bytes:
    """A point of so much in RFC 7748's form."""
    return number.to_bytes(32, "little")


EIGHT = (
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)


@pytest.mark.parametrize("number", [0, 1, PRIME - 1, *EIGHT])
def test_points_of_a_small_group_are_refused(number: int) -> None:
    assert library_refuses(point(number))
    assert unfit(point(number)) == "is a point that opens to anybody"
    with pytest.raises(InvalidKey, match="the key of agents is a point that opens to anybody"):
        Reader("agents", point(number))


@pytest.mark.parametrize(
    "number", [PRIME, PRIME + 1, PRIME + 9, 2**255 - 1, 2**255, 2**256 - 1, 2**255 + EIGHT[0]]
)
def test_points_in_another_form_are_refused(number: int) -> None:
    assert unfit(point(number)) == "is not in its one form"


def test_a_key_with_a_bit_too_many_would_seal_to_nobody() -> None:
    """Why the form matters: the library seals to it, and its owner cannot open that."""
    other = KEY.public[:-1] + bytes([KEY.public[-1] | 0x80])
    sealed = wraps._SUITE.encrypt(SECRET, X25519PublicKey.from_public_bytes(other), b"")
    assert wraps.open_with(KEY, sealed, b"") is None
    assert unfit(other)


@settings(max_examples=300, deadline=None)
@seed(SEED)
@given(st.integers(0, 2**255 - 20) | st.integers(0, 30) | st.integers(PRIME - 30, PRIME - 1))
def test_whatever_the_library_seals_to_is_fit(number: int) -> None:
    assert (unfit(point(number)) is None) is not library_refuses(point(number))


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), None, "0x" + 64 * "1", 5], ids=range(6))
def test_what_is_no_key(key: object) -> None:
    with pytest.raises(InvalidKey, match=r"the key of Ann (has|is) .* 32( bytes)?: have"):
        Reader("Ann", key)  # type: ignore[arg-type]  # anything may come
    with pytest.raises(InvalidKey, match="32 bytes"):
        ReadingKey.from_bytes(key)  # type: ignore[arg-type]  # anything may come
    assert isinstance(InvalidKey(), InvalidArgument)


def test_a_reading_key_is_its_public_half() -> None:
    again = ReadingKey.from_bytes(KEY.private_bytes())
    assert again == KEY and len({again, KEY}) == 1
    assert ReadingKey.new() != KEY and KEY.public != KEY
    assert KEY.public.hex() in repr(KEY)
    assert KEY.private_bytes().hex() not in repr(KEY) + str(KEY) + repr(READER)
    assert repr(READER) == "Reader(name='agents')"
    # Nothing writes it by the way into a file, or to another process.
    with pytest.raises(TypeError):
        pickle.dumps(KEY)


@pytest.mark.parametrize(
    ("chain_id", "desk"), [(0, SCOPE.desk), (True, SCOPE.desk), ("1", SCOPE.desk), (1, "0x12"), (1, None)]
)
def test_what_is_no_scope(chain_id: object, desk: object) -> None:
    with pytest.raises(InvalidArgument, match=r"chain id|desk"):
        Scope(chain_id, desk)  # type: ignore[arg-type]  # anything may come


def test_a_scope_is_the_desks_however_it_is_written() -> None:
    assert (
        Scope(1, "0x" + 20 * "AB") == Scope(1, "0x" + 20 * "ab") == Scope(1, Scope(1, "0x" + 20 * "ab").desk)
    )
    assert SCOPE.packed == (31337).to_bytes(32, "big") + bytes(20 * [0xD5])
    tickets = Contract(SCOPE.desk, (), "0x", 1, "0x", "0x")
    deployment = Deployment("trial", 31337, "0x", "2026-01-31T12:00:00Z", contracts={"TicketDesk": tickets})
    assert Scope.of(deployment) == SCOPE
    with pytest.raises(ConfigurationError, match="has no TicketDesk"):
        Scope.of(Deployment("trial", 31337, "0x", "2026-01-31T12:00:00Z"))


def test_a_wrap_opens_for_its_reader_entry_and_desk_alone() -> None:
    wrapped = wraps.wrap(SECRET, READER, SCOPE, ENTRY)
    assert len(wrapped) == 80
    assert wraps.unwrap(wrapped, KEY, SCOPE, ENTRY) == SECRET
    others = [
        (wrapped, KEYS["auditors"], SCOPE, ENTRY),
        (wrapped, KEY, Scope(1, SCOPE.desk), ENTRY),
        (wrapped, KEY, Scope(31337, "0x" + 20 * "d6"), ENTRY),
        (wrapped, KEY, SCOPE, bytes(32)),
        (wrapped[:-1], KEY, SCOPE, ENTRY),
        (wrapped + b"\0", KEY, SCOPE, ENTRY),
        (b"", KEY, SCOPE, ENTRY),
        (bytes(80), KEY, SCOPE, ENTRY),
    ]
    assert [wraps.unwrap(*other) for other in others] == [None] * len(others)


def test_a_wrap_is_bound_to_what_the_format_says() -> None:
    info = b"proofdesk.wrap.v1" + (31337).to_bytes(32, "big") + bytes.fromhex(20 * "d5") + ENTRY + READER.key
    assert wraps.open_with(KEY, wraps.wrap(SECRET, READER, SCOPE, ENTRY), info) == SECRET


def test_a_key_id_is_the_entrys_own() -> None:
    entry = "0x" + ENTRY.hex()
    assert key_id(entry, READER.key) == keccak(b"proofdesk.reader.v1" + ENTRY + READER.key)[:16]
    assert key_id(entry, READER.key) != key_id("0x" + 64 * "0", READER.key)
    with pytest.raises(InvalidArgument, match="entry"):
        key_id("0x12", READER.key)


def test_decoys_are_made_again_of_the_records_key_alone() -> None:
    made = wraps.decoys(SECRET, 3)
    assert wraps.decoys(SECRET, 2).items() < made.items() == wraps.decoys(SECRET, 3).items()
    assert not made.keys() & wraps.decoys(bytes(32), 3).keys()
    assert wraps.decoys(SECRET, 0) == {}
    for to, key in made.items():
        assert (len(to), len(key)) == (16, 80)
        # An encapsulated key is a point of the large group, in its one form.
        assert unfit(key[:32]) is None
    assert [wraps.missing(readers) for readers in (1, 2, 3, 4, 5, 1024)] == [3, 2, 1, 0, 3, 0]
