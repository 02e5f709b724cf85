"""A signed act as a value, and whose key signed it."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from proofdesk import SignedAct, TypedAct
from proofdesk._words import ticket_id, to_hex
from proofdesk.signed.signature import ORDER, canonical, recovered
from tests.client.signed.examples import ACTS, CHAIN, DEADLINE, DESK, ENTRY, KEY, STRANGER, TICKET, message
from tests.conftest import SEED


def made(act: str = "move", /, **changes: object) -> SignedAct:
    """An act that KEY signed; what is changed is changed afterwards."""
    unsigned = SignedAct(act, CHAIN, DESK, message(act), "0x")
    signature = KEY.unsafe_sign_hash(bytes.fromhex(unsigned.digest[2:])).signature.to_0x_hex()
    return SignedAct(act, CHAIN, DESK, message(act, **changes), signature)


@pytest.mark.parametrize("act", ACTS)
def test_what_it_says_of_itself(act: str) -> None:
    signed = made(act)
    opened = to_hex(ticket_id(KEY.address, bytes.fromhex(ENTRY[2:])))
    assert (signed.signer, signed.entry, signed.deadline) == (KEY.address, ENTRY, DEADLINE)
    assert signed.ticket_id == (opened if act == "open" else TICKET)
    assert repr(signed) == f"<SignedAct {act} {signed.digest} by {KEY.address}>"
    assert signed.is_signed_by_key()


@pytest.mark.parametrize("act", ACTS)
def test_it_travels(act: str) -> None:
    signed = made(act)
    for same in (SignedAct.from_json(signed.to_json()), pickle.loads(pickle.dumps(signed))):
        assert same == signed and hash(same) == hash(signed) and same.digest == signed.digest
        assert same.calldata == signed.calldata
    assert SignedAct.from_json(signed.to_json().encode()) == signed


@pytest.mark.parametrize("act", ACTS)
def test_it_is_copied_signed_or_not(act: str) -> None:
    signed = made(act)
    typed = TypedAct(act, CHAIN, DESK, message(act))
    for one in (signed, typed):
        for same in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
            assert type(same) is type(one) and same == one and same.digest == one.digest
            with pytest.raises(TypeError):
                same.message["deadline"] = 9  # type: ignore[index]  # that it refuses is what is tested
        told = dataclasses.asdict(one)
        assert json.loads(json.dumps(told))["message"] == message(act)
        told["message"]["deadline"] = 9
        assert one.deadline == DEADLINE


def test_it_has_one_form() -> None:
    signed = made("move")
    small = SignedAct(
        "move", CHAIN, DESK.lower(), message("move", actor=KEY.address.lower()), signed.signature
    )
    fields = message("move", actor="0x" + KEY.address[2:].upper(), entry="0x" + ENTRY[2:].upper())
    large = SignedAct("move", CHAIN, DESK, fields, "0x" + signed.signature[2:].upper())
    assert small == large == signed
    assert small.to_json() == large.to_json() == signed.to_json()


def test_it_stays_as_it_is() -> None:
    fields = message("move")
    signed = SignedAct("move", CHAIN, DESK, fields, "0x")
    fields["to"] = 9
    assert signed.message["to"] == 5
    with pytest.raises(TypeError):
        signed.message["to"] = 9  # type: ignore[index]  # that it refuses is what is tested
    with pytest.raises(dataclasses.FrozenInstanceError):
        signed.chain_id = 1  # type: ignore[misc]  # as above


def test_it_is_signed_by_its_signer_alone() -> None:
    assert not made("move", to=9).is_signed_by_key()
    assert not made("move", actor=STRANGER.address).is_signed_by_key()
    signed = made("rate")
    assert not SignedAct("rate", CHAIN + 1, DESK, signed.message, signed.signature).is_signed_by_key()
    assert not SignedAct("rate", CHAIN, KEY.address, signed.message, signed.signature).is_signed_by_key()


def forms(signature: bytes) -> dict[str, bytes]:
    """What others make of a signature."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    high = r + (ORDER - s).to_bytes(32, "big")
    return {
        "v from 0": signature[:64] + bytes([v - 27]),
        "high s": high + bytes([55 - v]),
        "high s, v from 0": high + bytes([28 - v]),
        "64 bytes": r + (s | (v - 27) << 255).to_bytes(32, "big"),
    }


@pytest.mark.parametrize("name", ["v from 0", "high s", "high s, v from 0", "64 bytes"])
def test_wallets_other_forms_become_the_contracts(name: str) -> None:
    signed = made()
    raw, digest = bytes.fromhex(signed.signature[2:]), bytes.fromhex(signed.digest[2:])
    other = forms(raw)[name]
    assert recovered(other, digest) is None
    # What a wallet in a browser gave becomes a signed act as it is; of a smart account's nothing is changed.
    assert SignedAct("move", CHAIN, DESK, signed.message, "0x" + other.hex()) == signed
    account = {**signed.message, "actor": STRANGER.address}
    assert SignedAct("move", CHAIN, DESK, account, "0x" + other.hex()).signature == "0x" + other.hex()
    assert canonical(other, digest, KEY.address) == canonical(raw, digest, KEY.address) == raw
    assert canonical(other, digest, STRANGER.address) is None


@seed(SEED)
@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=70) | st.binary(min_size=65, max_size=65), st.sampled_from([27, 28, None]))
def test_any_bytes_are_somebodys_or_nobodys(raw: bytes, v: int | None) -> None:
    signature = raw if v is None else raw[:64] + bytes([v])
    found = recovered(signature, bytes(32))
    assert found is None or len(found) == 42
    assert canonical(signature, bytes(32), KEY.address) is None


@pytest.mark.parametrize("r", [0, ORDER, ORDER + 1, 2**256 - 1, 5])
@pytest.mark.parametrize("s", [0, ORDER // 2 + 1, ORDER, 2**256 - 1])
def test_numbers_off_the_curve_are_nobodys(r: int, s: int) -> None:
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27])
    assert recovered(signature, bytes(32)) is None
