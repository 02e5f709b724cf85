"""A leaf's hash: the same 125 bytes in the contract, in the client and as the design lists them."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proofdesk._words import leaf_data
from proofdesk.proof.log import leaf_hash
from tests.helpers.contract import Contract, refused
from tools.frozen import FROZEN

WORDS = st.binary(min_size=32, max_size=32)
# Examples only read the harness, so they may share it.
SHARED = [HealthCheck.function_scoped_fixture]


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=SHARED)
@given(
    ticket_id=WORDS,
    word=st.integers(0, 2**256 - 1),
    actor=st.binary(min_size=20, max_size=20),
    kind=st.integers(0, 5),
    entry=WORDS,
    time=st.integers(0, 2**64 - 1),
)
@example(bytes(32), 0, bytes(20), 0, bytes(32), 0)
@example(b"\xff" * 32, 2**256 - 1, b"\xff" * 20, 5, b"\xff" * 32, 2**64 - 1)
def test_leaf_hash_is_of_the_packed_125_bytes(
    harness: Contract, ticket_id: bytes, word: int, actor: bytes, kind: int, entry: bytes, time: int
) -> None:
    packed = b"".join(
        [ticket_id, word.to_bytes(32, "big"), actor, bytes([kind]), entry, time.to_bytes(8, "big")]
    )
    assert len(packed) == 125
    address = f"0x{actor.hex()}"
    assert leaf_data(ticket_id, word, address, kind, entry, time) == packed
    found = harness.view("leafHash", ticket_id, word, address, kind, entry, time)
    assert found == sha256(b"\x00" + packed).digest() == leaf_hash(packed)


def test_the_frozen_example_is_the_contracts(harness: Contract) -> None:
    """snapshots/frozen.json says how a leaf is made; this is what keeps the contract to it."""
    example = json.loads(FROZEN.read_text(encoding="utf-8"))["leaf"]["example"]
    ticket_id, word, kind, entry, time, leaf = (
        bytes.fromhex(example[name][2:]) for name in ("ticketId", "word", "kind", "entry", "time", "leaf")
    )
    numbers = [int.from_bytes(each, "big") for each in (word, kind, time)]
    found = harness.view("leafHash", ticket_id, numbers[0], example["actor"], numbers[1], entry, numbers[2])
    assert found == leaf


@pytest.mark.parametrize("time", [2**64, 2**256 - 1])
def test_a_time_beyond_eight_bytes_loses_its_upper_bits(harness: Contract, time: int) -> None:
    """The block's time is the only one that is ever hashed: it will not come near this."""
    args = (bytes(32), 1, "0x" + "11" * 20, 1, bytes(32))
    assert harness.view("leafHash", *args, time) == harness.view("leafHash", *args, time % 2**64)


def test_a_kind_beyond_the_table_is_refused(harness: Contract) -> None:
    with refused(""):
        harness.view("leafHash", bytes(32), 1, "0x" + "11" * 20, 6, bytes(32), 0)
