"""A signature is good for one act of one signer on one desk of one chain, and in one form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.helpers.contract import Contract, RefusedError, refused, same
from tests.helpers.desk import LANES, PUBLIC, Desk
from tests.helpers.node import RevertedError
from tests.helpers.people import People
from tests.helpers.signed import (
    ORDER,
    TYPES,
    Signed,
    chain_id,
    digest,
    fields_of,
    mangled,
    node_key,
    pen,
    seal,
    separator,
)
from tests.helpers.table import Status
from tests.unit.ticket_desk.test_signed_acts import every_act, one_of_each

WIDTHS = {"uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64, "address": 160, "bytes32": 256}
FIELDS = [(act, name, kind) for act in TYPES for kind, name in fields_of(act)]

every_field = pytest.mark.parametrize(
    ("act", "name", "kind"), FIELDS, ids=[f"{act}-{name}" for act, name, _ in FIELDS]
)


@contextmanager
def forged(signed: Signed) -> Iterator[None]:
    """Asserts that the `with` block is refused as nobody's signature for the signer that it names."""
    with refused("InvalidSignature", signed.values[0]):
        yield


def desk_twin(people: People) -> Contract:
    """A second desk of the same organisation on the same chain, with the same lanes."""
    access, admin = people.desk.access, people.admin.address
    twin = Contract.deployed(
        people.desk.node, admin, "TicketDesk", access.address, people.desk.certification.address
    )
    access.send(admin, "setTargetFunctionRole", twin.address, [twin.selector("createLane")], 3)
    for lane in LANES.values():
        twin.send(people.lane_editor.address, "createLane", lane.config)
    return twin


# ------------------------------------------------------------------------------------------ what was signed


@every_field
def test_every_field_is_signed(people: People, act: str, name: str, kind: str) -> None:
    """Each with its lowest and its highest bit turned, where the enum knows such a number."""
    signed = one_of_each(people)[act]
    was = dict(zip([each for _, each in fields_of(act)], signed.values, strict=True))[name]
    highest = 3 if name in ("from", "to") else WIDTHS[kind] - 1
    for bit in (0, highest):
        number = (
            int(was, 16) if kind == "address" else int.from_bytes(was, "big") if kind == "bytes32" else was
        )
        turned: Any = number ^ 1 << bit
        if name in ("from", "to") and turned > Status.CLOSED:
            turned = Status.REJECTED
        if kind == "address":
            turned = f"0x{turned:040x}"
        if kind == "bytes32":
            turned = turned.to_bytes(32, "big")
        if name == "deadline" and turned < people.desk.now:
            turned = was + 1
        tampered = signed.changed(**{name: turned})
        with forged(tampered):
            tampered.carried(people.stranger)
    assert signed.carried(people.stranger)


@every_act
def test_a_signature_of_one_kind_says_nothing_of_another(people: People, act: str) -> None:
    """Not even where the fields look alike: each kind has its own type hash."""
    acts = one_of_each(people)
    signer = people.agent if act == "take" else people.customer
    for other, signed in acts.items():
        if other != act:
            said = pen(signer).sealed(other, (signer.address, *signed.values[1:]))
            wrong = acts[act].with_signature(said)
            with forged(wrong):
                wrong.carried(people.stranger)


def test_alike_structs_are_told_apart(people: People) -> None:
    """TakeTicket and RateTicket differ in names and widths alone; the words of the two can be the same."""
    ticket = people.ticket_in(Status.RESOLVED)
    signed = pen(people.customer).take(ticket, 5)
    values = signed.values
    assert encode([kind for kind, _ in fields_of("take")], values) == encode(
        [kind for kind, _ in fields_of("rate")], values
    )
    wrong = Signed(people.desk, "rate", values, signed.signature)
    with forged(wrong):
        wrong.carried(people.stranger)
    assert pen(people.customer).signs("rate", *values[1:]).carried(people.stranger)


@every_act
def test_the_types_are_as_documented(people: People, act: str) -> None:
    """Other names, order, widths or a field less make another type."""
    signed = one_of_each(people)[act]
    signer = next(each for each in people.everybody if each.address == signed.values[0])
    domain = separator(chain_id(people.desk), people.desk.tickets.address)
    words = encode([kind for kind, _ in fields_of(act)], signed.values)
    for type_ in (
        TYPES[act].replace("deadline", "until"),
        TYPES[act].replace("uint64 deadline", "uint256 deadline"),
        TYPES[act].replace(",", ", "),
        TYPES[act].replace("Ticket(", "(", 1),
    ):
        struct = keccak(keccak(type_.encode()) + words)
        wrong = seal(pen(signer).key, keccak(b"\x19\x01" + domain + struct))
        with forged(signed):
            signed.with_signature(wrong).carried(people.stranger)


@every_act
def test_a_personal_message_is_no_signature(people: People, act: str) -> None:
    """Wallets that sign texts (EIP-191) sign something else."""
    signed = one_of_each(people)[act]
    signer = next(each for each in people.everybody if each.address == signed.values[0])
    domain = separator(chain_id(people.desk), people.desk.tickets.address)
    what = digest(act, signed.values, domain)
    for other in (keccak(b"\x19Ethereum Signed Message:\n32" + what), keccak(what), what[::-1]):
        with forged(signed):
            signed.with_signature(seal(pen(signer).key, other)).carried(people.stranger)


# ---------------------------------------------------------------------------------------- where it is good


@every_act
@pytest.mark.parametrize(
    "domain",
    [
        {"chain_id": 1},
        {"chain_id": 31338},
        {"desk": "0x" + "42" * 20},
        {"name": "Proofdesk"},
        {"name": "another"},
        {"version": "2"},
        {"version": ""},
    ],
    ids=lambda domain: "-".join(f"{name}-{value}"[:12] for name, value in domain.items()),
)
def test_another_domain(people: People, act: str, domain: dict[str, Any]) -> None:
    signed = one_of_each(people)[act]
    signer = next(each for each in people.everybody if each.address == signed.values[0])
    with forged(signed):
        signed.with_signature(pen(signer).sealed(act, signed.values, **domain)).carried(people.stranger)


def test_another_desk_on_the_same_chain(people: People) -> None:
    """Of the same organisation, with the same lanes, agents and types."""
    twin = desk_twin(people)
    there = Desk(people.desk.node, people.desk.access, people.desk.certification, twin)
    for signed in one_of_each(people).values():
        moved = Signed(there, signed.act, signed.values, signed.signature)
        with forged(signed):
            moved.carried(people.stranger)
        assert signed.carried(people.stranger)


def test_a_ticket_opened_on_two_desks_is_two_tickets(people: People) -> None:
    """Customer and entry may be the same, and so the id; each desk asks for a signature of its own."""
    twin = desk_twin(people)
    there = Desk(people.desk.node, people.desk.access, people.desk.certification, twin)
    here = pen(people.customer).open()
    here.carried(people.stranger)
    signature = pen(people.customer).sealed("open", here.values, desk=twin.address)
    assert Signed(there, "open", here.values, signature).carried(people.stranger)
    closed = pen(people.customer).move(here.ticket_id, Status.CLOSED)
    with forged(closed):
        Signed(there, "move", closed.values, closed.signature).carried(people.stranger)


@every_act
def test_another_chain(people: People, act: str) -> None:
    """After a fork the desk stands on both chains: the id of the one it was signed for decides."""
    signed = one_of_each(people)[act]
    signer = next(each for each in people.everybody if each.address == signed.values[0])
    node, here = people.desk.node, chain_id(people.desk)
    try:
        node.rpc("anvil_setChainId", 424_242)
        assert chain_id(people.desk) == 424_242
        assert people.desk.view("eip712Domain")[3] == 424_242
        there = signed.with_signature(pen(signer).sealed(act, signed.values))
        # Asked, not sent: the node's own accounts sign for the chain that it was started as.
        assert same(signed.attempt(people.stranger), RefusedError("InvalidSignature", signed.values[0]))
        assert there.attempt(people.stranger) is None
    finally:
        node.rpc("anvil_setChainId", here)
    with forged(there):
        there.carried(people.stranger)
    assert signed.carried(people.stranger)


# --------------------------------------------------------------------------------------------- who signed


@every_act
def test_another_signer(people: People, act: str) -> None:
    signed = one_of_each(people)[act]
    for person in people.everybody:
        if person.address != signed.values[0]:
            with forged(signed):
                signed.with_signature(pen(person).sealed(act, signed.values)).carried(people.stranger)


def test_nobody_signs_for_the_zero_address(people: People) -> None:
    """What cannot be read recovers to it."""
    values = ("0x" + "00" * 20, PUBLIC, people.desk.entry(), 2**64 - 1)
    for signature in (bytes(65), bytes(64) + b"\x1b", b"", b"\xff" * 65, bytes(64)):
        wrong = Signed(people.desk, "open", values, signature)
        with forged(wrong):
            wrong.carried(people.stranger)


@pytest.mark.parametrize("number", [*range(1, 18), 0x100])
def test_no_precompiled_contract_signs(people: People, number: int) -> None:
    """They answer what they are asked; the fourth gives the very question back."""
    account = f"0x{number:040x}"
    for signature in (b"", bytes(65), bytes(32), b"\x16\x26\xba\x7e" + bytes(61)):
        wrong = Signed(people.desk, "open", (account, PUBLIC, people.desk.entry(), 2**64 - 1), signature)
        with forged(wrong):
            wrong.carried(people.stranger)


def test_no_contract_of_the_desk_signs(people: People) -> None:
    desk = people.desk
    for contract in (desk.tickets, desk.certification, desk.access):
        wrong = Signed(desk, "open", (contract.address, PUBLIC, desk.entry(), 2**64 - 1), b"")
        with forged(wrong):
            wrong.carried(people.stranger)


# ---------------------------------------------------------------------------------------- how it is written


@every_act
@pytest.mark.parametrize("how", mangled(bytes(64) + b"\x1b"))
def test_one_signature_has_one_form(people: People, act: str, how: str) -> None:
    signed = one_of_each(people)[act]
    with forged(signed):
        signed.with_signature(mangled(signed.signature)[how]).carried(people.stranger)
    assert signed.carried(people.stranger)


def test_the_high_s_that_is_refused_is_a_signature(people: People) -> None:
    """It recovers to the signer by the curve: refused for its form, not by accident."""
    signed = pen(people.customer).open()
    high = mangled(signed.signature)["high-s"]
    assert int.from_bytes(high[32:64], "big") > ORDER // 2
    key = node_key(people.desk.node.accounts.index(people.customer.address))
    what = digest("open", signed.values, separator(chain_id(people.desk), people.desk.tickets.address))
    call = what + bytes(31) + high[64:] + high[:64]
    found = people.desk.node.call(people.stranger.address, "0x" + "00" * 19 + "01", call)
    assert found[-20:].hex() == key.public_key.to_address()[2:]


@every_act
def test_every_byte_of_a_signature_counts(people: People, act: str) -> None:
    signed = one_of_each(people)[act]
    for place in range(65):
        turned = bytearray(signed.signature)
        turned[place] ^= 1 << place % 8
        found = signed.with_signature(bytes(turned)).attempt(people.stranger)
        assert found is not None and found.name == "InvalidSignature", place
    assert signed.attempt(people.stranger) is None


@pytest.mark.parametrize(
    ("act", "name", "kind"),
    [each for each in FIELDS if each[2] != "bytes32"],
    ids=[f"{act}-{name}" for act, name, kind in FIELDS if kind != "bytes32"],
)
def test_dirty_bits_are_no_field(people: People, act: str, name: str, kind: str) -> None:
    """A word above its type's bits is refused, signed as it stands or not: a wallet never shows such bits."""
    signed = one_of_each(people)[act]
    signer = next(each for each in people.everybody if each.address == signed.values[0])
    place = [each for _, each in fields_of(act)].index(name)
    words = bytearray(signed.data)
    start = 4 + 32 * place
    words[start + 31 - WIDTHS[kind] // 8] ^= 1
    domain = separator(chain_id(people.desk), people.desk.tickets.address)
    struct = keccak(keccak(TYPES[act].encode()) + words[4 : 4 + 32 * len(fields_of(act))])
    signature = seal(pen(signer).key, keccak(b"\x19\x01" + domain + struct))
    for data in (bytes(words), bytes(words[:-96]) + signature + bytes(31)):
        found = people.desk.tickets.refusal(_reverted(people, data))
        assert found.name in ("", "InvalidSignature"), found
    # Signed as it stands, nothing but the reading of the field itself refuses it.
    assert found.name == ""


def _reverted(people: People, data: bytes) -> bytes:
    try:
        people.desk.node.call(people.stranger.address, people.desk.tickets.address, data)
    except RevertedError as reverted:
        return reverted.data
    raise AssertionError("accepted")
