"""The packed words against the maps drawn above the contracts' types, and the bytes that are hashed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_abi.packed import encode_packed
from eth_utils import keccak as reference_keccak
from eth_utils import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from proofdesk import _words as words
from proofdesk._errors import InvalidArgument, ProofdeskError
from proofdesk._models import Actor, Standing, Status
from proofdesk.proof.log import leaf_hash

TYPES = Path(__file__).parents[2] / "contracts" / "types"
CUSTOMER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ENTRY = bytes(range(32))
UTC = timezone.utc
bounded = settings(max_examples=200, deadline=None, derandomize=True)


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ("TicketWord.sol", words.TICKET),
        ("LaneWord.sol", words.LANE),
        ("CertificateWord.sol", words.CERTIFICATE),
    ],
)
def test_fields_stand_where_the_contract_draws_them(source: str, fields: dict[str, tuple[int, int]]) -> None:
    rows = re.findall(r"^///   (\d+)(?:–(\d+))? +(\w+)", (TYPES / source).read_text(encoding="utf-8"), re.M)
    drawn = {
        snake(name): (int(first), int(last or first) - int(first) + 1)
        for first, last, name in rows
        if name != "spare"
    }
    assert {name: place for name, place in fields.items() if name != "spare"} == drawn


@pytest.mark.parametrize("fields", [words.TICKET, words.LANE, words.CERTIFICATE])
def test_what_is_packed_comes_back(fields: dict[str, tuple[int, int]]) -> None:
    @bounded
    @given(st.fixed_dictionaries({name: st.integers(0, 2**bits - 1) for name, (_, bits) in fields.items()}))
    def check(values: dict[str, int]) -> None:
        word = words.pack(fields, **values)
        assert 0 <= word < 2**256
        assert words.unpack(fields, word) == values

    check()


def test_every_bit_of_a_word_belongs_to_one_field() -> None:
    for fields, width in [(words.TICKET, 256), (words.CERTIFICATE, 256), (words.LANE, 230)]:
        assert sum(((1 << bits) - 1) << offset for offset, bits in fields.values()) == 2**width - 1


def test_a_value_that_does_not_fit_its_field_is_refused() -> None:
    assert words.pack(words.TICKET, acts=1023)
    with pytest.raises(OverflowError, match="acts 1024 does not fit its 10 bits"):
        words.pack(words.TICKET, acts=1024)
    with pytest.raises(OverflowError, match="budget -1"):
        words.pack(words.TICKET, budget=-1)
    with pytest.raises(KeyError):
        words.pack(words.TICKET, colour=1)


def test_a_new_ticket_has_a_turn_and_no_agent() -> None:
    word = words.pack(
        words.TICKET,
        customer=int(CUSTOMER, 16),
        status=Status.NEW,
        lane=3,
        seat=17,
        due_at=29_000_000,
        acts=1,
    )
    ticket = words.ticket_of(ENTRY, word)
    assert ticket.id == "0x" + ENTRY.hex()
    assert (ticket.customer, ticket.status, ticket.lane, ticket.acts) == (CUSTOMER, Status.NEW, 3, 1)
    assert (ticket.turn, ticket.certificate_id, ticket.rating, ticket.breached) == (17, None, None, False)
    assert ticket.due_at == datetime(2025, 2, 19, 21, 20, tzinfo=UTC)
    assert not ticket.is_overdue(ticket.due_at)
    assert ticket.is_overdue(ticket.due_at + timedelta(seconds=1))


def test_a_served_ticket_has_an_agent_and_no_turn() -> None:
    word = words.pack(
        words.TICKET, status=Status.RESOLVED, seat=9, rating=5, breached=1, acts=1023, budget=65_535
    )
    ticket = words.ticket_of(ENTRY, word)
    assert (ticket.turn, ticket.certificate_id, ticket.rating, ticket.breached) == (None, 9, 5, True)
    assert (ticket.due_at, ticket.budget) == (None, timedelta(minutes=65_535))
    assert not ticket.is_overdue(datetime.now(UTC))


def test_no_ticket_is_status_none() -> None:
    assert words.ticket_of(ENTRY, 0).status is Status.NONE


def test_a_lane_is_decoded() -> None:
    line = {"turns": 40, "served": 31, "departed": 2, "size": 2**40 - 1}
    terms = {"respond_within": 15, "resolve_within": 2880, "confirm_within": 64_800, "program": 7, "level": 2}
    word = words.pack(words.LANE, gated=1, closed=1, **line, **terms)
    lane = words.lane_of(4, word)
    assert (lane.id, lane.program, lane.level, lane.article, lane.size) == (4, 7, 2, None, 2**40 - 1)
    assert (lane.gated, lane.claims, lane.closed) == (True, False, True)
    assert (lane.respond_within, lane.resolve_within) == (timedelta(minutes=15), timedelta(days=2))
    assert lane.confirm_within == timedelta(days=45)
    assert lane.waiting == 7


def test_a_certificate_is_valid_until_the_second_it_expires() -> None:
    fields = {"agent": int(CUSTOMER, 16), "program": 2, "level": 3, "issued_at": 1_700_000_000}
    word = words.pack(words.CERTIFICATE, standing=Standing.ACTIVE, expires_at=1_731_536_000, **fields)
    certificate = words.certificate_of(5, word)
    assert (certificate.id, certificate.agent, certificate.program, certificate.level) == (5, CUSTOMER, 2, 3)
    assert certificate.issued_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert certificate.is_valid(certificate.expires_at - timedelta(seconds=1))
    assert not certificate.is_valid(certificate.expires_at)
    suspended = words.pack(words.CERTIFICATE, standing=Standing.SUSPENDED, expires_at=2**32 - 1, **fields)
    assert not words.certificate_of(5, suspended).is_valid(certificate.issued_at)


addresses = st.binary(min_size=20, max_size=20).map(lambda raw: to_checksum_address(raw))
hashes = st.binary(min_size=32, max_size=32)


@bounded
@given(addresses, hashes)
def test_ticket_ids_are_the_contracts(customer: str, entry: bytes) -> None:
    expected = reference_keccak(encode(["address", "bytes32"], [customer, entry]))
    assert words.ticket_id(customer, entry) == expected
    assert words.ticket_id(customer.lower(), entry) == expected


@bounded
@given(
    hashes, st.integers(0, 2**256 - 1), addresses, st.sampled_from(Actor), hashes, st.integers(0, 2**64 - 1)
)
def test_leaf_data_is_the_contracts(
    ticket_id: bytes, word: int, actor: str, kind: Actor, entry: bytes, at: int
) -> None:
    types = ["bytes32", "uint256", "address", "uint8", "bytes32", "uint64"]
    data = words.leaf_data(ticket_id, word, actor, kind, entry, at)
    assert data == encode_packed(types, [ticket_id, word, actor, kind, entry, at])
    assert len(data) == 125


def test_an_act_gives_its_leaf_back() -> None:
    word = words.pack(words.TICKET, status=Status.ON_HOLD, acts=4)
    act = words.act_of(
        ticket_id=ENTRY,
        lane=2,
        position=8,
        word=word,
        actor=CUSTOMER,
        kind=1,
        entry=words.NO_ENTRY,
        at=1_760_000_000,
        block=12,
        tx_hash=ENTRY,
        log_index=3,
    )
    assert (act.status, act.number, act.kind, act.position) == (Status.ON_HOLD, 4, Actor.CUSTOMER, 8)
    assert act.at == datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)
    assert act.entry == "0x" + 64 * "0"
    data = words.leaf_data(ENTRY, word, CUSTOMER, 1, words.NO_ENTRY, 1_760_000_000)
    assert words.act_leaf(act) == data
    assert leaf_hash(words.act_leaf(act)) == leaf_hash(data)


@bounded
@given(st.binary(min_size=20, max_size=20))
def test_addresses_are_checksummed_as_eip_55_says(raw: bytes) -> None:
    assert words.address_of(int.from_bytes(raw, "big")) == to_checksum_address(raw)


@bounded
@given(st.binary(max_size=300))
def test_keccak_is_ethereums(data: bytes) -> None:
    assert words.keccak(data) == reference_keccak(data)


@pytest.mark.parametrize(
    "value", ["0x12", "hello", "0x" + 63 * "0", "0x" + 66 * "0", b"short", "", "0x" + 64 * "g"]
)
def test_what_is_no_id_is_refused_by_name(value: str | bytes) -> None:
    with pytest.raises(InvalidArgument, match=r"ticket .* pass 0x and 64 hex digits") as caught:
        words.to_bytes(value, 32, "ticket")
    assert isinstance(caught.value, ProofdeskError)
    assert isinstance(caught.value, ValueError)


def test_ids_are_read_from_hex_and_bytes() -> None:
    assert words.to_bytes("0x" + ENTRY.hex(), 32, "entry") == ENTRY
    assert words.to_bytes(ENTRY.hex().upper(), 32, "entry") == ENTRY
    assert words.to_bytes(ENTRY, 32, "entry") == ENTRY
    assert words.to_bytes(words.to_hex(ENTRY), 32, "entry") == ENTRY


@pytest.mark.parametrize("value", [5, None, 1.5])
def test_what_is_neither_hex_nor_bytes_is_no_id(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="is not hex"):
        words.to_bytes(value, 32, "ticket")
