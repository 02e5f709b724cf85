"""What is signed: the four types word for word, hashed as EIP-712 has it and as the contract reads it."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from web3 import Web3

from proofdesk import SignedAct, encode_batch
from proofdesk._abi import encode_call
from proofdesk.signed.typed_data import TYPES, digest, typed_data
from tests.client.office import Office
from tests.client.signed.examples import ACTS, CHAIN, DESK, KEY, message, signed
from tests.conftest import SEED

# As the design has them; nothing here is taken from the package.
WRITTEN = [
    "OpenTicket(address customer,uint16 lane,bytes32 entry,uint64 deadline)",
    "TakeTicket(address agent,bytes32 ticketId,uint32 certificateId,bytes32 entry,uint64 deadline)",
    "MoveTicket(address actor,bytes32 ticketId,uint8 from,uint8 to,bytes32 entry,uint16 seen,"
    "uint64 deadline)",
    "RateTicket(address customer,bytes32 ticketId,uint8 score,bytes32 entry,uint64 deadline)",
]


def hashed(typed: dict[str, Any]) -> bytes:
    """The digest by eth-account."""
    signable = encode_typed_data(full_message=typed)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    act = draw(st.sampled_from(ACTS))
    hashes = st.binary(min_size=32, max_size=32).filter(any).map(lambda raw: "0x" + raw.hex())
    ranges = {"lane": 1023, "certificateId": 2**26 - 1, "from": 9, "to": 9, "score": 5, "seen": 1022}
    values = {name: st.integers(1, most) for name, most in ranges.items()}
    values |= {"ticketId": hashes, "entry": hashes, "deadline": st.integers(1, 2**53 - 1)}
    changes = {name: draw(values[name]) for name in message(act) if name in values}
    return act, message(act, **changes)


def test_the_types_are_the_designs() -> None:
    assert [TYPES[act] for act in ("open", "take", "move", "rate")] == WRITTEN


@seed(SEED)
@settings(max_examples=100, deadline=None)
@given(messages(), st.integers(1, 2**53 - 1), st.binary(min_size=20, max_size=20).filter(any))
def test_the_digest_is_eth_accounts(made: tuple[str, dict[str, Any]], chain: int, raw: bytes) -> None:
    act, fields = made
    desk = Web3.to_checksum_address(raw)
    assert digest(act, chain, desk, fields) == hashed(typed_data(act, chain, desk, fields))
    assert SignedAct(act, chain, desk, fields, "0x").digest == "0x" + digest(act, chain, desk, fields).hex()


@pytest.mark.parametrize("act", ACTS)
def test_each_field_is_signed(act: str) -> None:
    other = {"lane": 4, "certificateId": 8, "from": 3, "to": 6, "seen": 5, "score": 4, "deadline": 1}
    other |= dict.fromkeys(("customer", "agent", "actor"), "0x" + 20 * "99")
    other |= dict.fromkeys(("ticketId", "entry"), "0x" + 32 * "99")
    seen = {digest(act, CHAIN, DESK, message(act))}
    seen |= {digest(act, CHAIN, DESK, message(act, **{name: other[name]})) for name in message(act)}
    seen |= {digest(act, CHAIN + 1, DESK, message(act)), digest(act, CHAIN, KEY.address, message(act))}
    assert len(seen) == len(message(act)) + 3


def test_the_domain_is_the_contracts(office: Office) -> None:
    _, name, version, chain, address, _, _ = office.desk.read("TicketDesk", "eip712Domain")
    domain = typed_data("open", chain, address, message("open"))["domain"]
    assert domain == {"name": name, "version": version, "chainId": chain, "verifyingContract": address}
    assert address == office.deployment.contract("TicketDesk").address


@seed(SEED)
@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(messages(), st.binary(max_size=200)), min_size=1, max_size=5))
def test_calls_are_encoded_as_the_abi_has_them(made: list[tuple[tuple[str, dict[str, Any]], bytes]]) -> None:
    acts = [SignedAct(act, CHAIN, DESK, fields, "0x" + raw.hex()) for (act, fields), raw in made]
    calls = []
    for act, ((kind, fields), raw) in zip(acts, made, strict=True):
        calls.append(encode_call("TicketDesk", f"{kind}For", fields, raw))
        assert act.calldata == calls[-1]
    assert encode_batch(acts) == encode_call("TicketDesk", "batch", calls)


def test_no_acts_are_a_batch_too() -> None:
    assert encode_batch([]) == encode_call("TicketDesk", "batch", [])


def test_a_wallet_is_shown_what_is_signed() -> None:
    act = SignedAct(**{name: value for name, value in signed("move").items() if name != "v"})
    assert act.typed_data["message"] == message("move")
    assert act.typed_data["types"]["MoveTicket"][2] == {"name": "from", "type": "uint8"}
    assert hashed(act.typed_data).hex() == act.digest[2:]
