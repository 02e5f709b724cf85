"""What wallets and marketplaces ask of a certificate: ERC-165, 721, 5192, 5484, 7858, 4906 and 5267."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.helpers.contract import Contract, refused
from tests.helpers.desk import NOBODY
from tests.helpers.node import RevertedError
from tests.helpers.people import People
from tests.unit.agent_certification.office import YEAR, Office


def selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


def interface(*signatures: str) -> bytes:
    """ERC-165: the functions' selectors, all of them, exclusive or."""
    return reduce(xor, (int.from_bytes(selector(each), "big") for each in signatures)).to_bytes(4, "big")


ERC721 = (
    "balanceOf(address)",
    "ownerOf(uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "safeTransferFrom(address,address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "setApprovalForAll(address,bool)",
    "getApproved(uint256)",
    "isApprovedForAll(address,address)",
)
ERC7858 = ("expiryType()", "isTokenExpired(uint256)", "startTime(uint256)", "endTime(uint256)")
INTERFACES = {
    "ERC-165": (interface("supportsInterface(bytes4)"), "01ffc9a7"),
    "ERC-721": (interface(*ERC721), "80ac58cd"),
    "ERC-721 metadata": (interface("name()", "symbol()", "tokenURI(uint256)"), "5b5e139f"),
    "ERC-5192": (interface("locked(uint256)"), "b45a3c0e"),
    "ERC-5484": (interface("burnAuth(uint256)"), "0489b56f"),
    "ERC-7858": (interface(*ERC7858), "3ebdfa31"),
}


@pytest.mark.parametrize("standard", INTERFACES)
def test_every_interface_is_answered(certification: Contract, standard: str) -> None:
    computed, published = INTERFACES[standard]
    assert computed.hex() == published
    assert certification.view("supportsInterface", computed) is True


def test_erc_4906_is_answered_by_its_own_number(certification: Contract) -> None:
    """It adds events only; the standard gives its own number as its id."""
    assert certification.view("supportsInterface", bytes.fromhex("49064906")) is True


@pytest.mark.parametrize("other", ["ffffffff", "00000000", "780e9d63", "2a55205a"])
def test_no_other_interface_is_answered(certification: Contract, other: str) -> None:
    assert certification.view("supportsInterface", bytes.fromhex(other)) is False


def test_its_name(certification: Contract) -> None:
    assert certification.view("name") == "proofdesk certificate"
    assert certification.view("symbol") == "PROOF"


# ------------------------------------------------------------------------------------------------ soulbound

REFUSED: dict[str, Sequence[str]] = {
    "approve(address,uint256)": ["to", "id"],
    "setApprovalForAll(address,bool)": ["to", "yes"],
    "transferFrom(address,address,uint256)": ["from", "to", "id"],
    "safeTransferFrom(address,address,uint256)": ["from", "to", "id"],
    "safeTransferFrom(address,address,uint256,bytes)": ["from", "to", "id", "data"],
}


def call(office: Office, signature: str, **values: Any) -> bytes:
    """A call's data; `safeTransferFrom` is two functions, so names do not do."""
    types = signature[signature.index("(") + 1 : -1].split(",")
    return selector(signature) + encode(types, [values[name] for name in REFUSED[signature]])


@pytest.mark.parametrize("signature", REFUSED)
def test_no_transfer_and_no_approval(office: Office, people: People, signature: str) -> None:
    number = office.passed()
    values = {"from": office.candidate.address, "to": people.customer.address, "yes": True, "data": b"x"}
    for to in (people.customer.address, office.candidate.address, NOBODY):
        for sender in (office.candidate, people.customer, people.certifier, people.admin):
            data = call(office, signature, **(values | {"to": to, "id": number}))
            with pytest.raises(RevertedError) as reverted:
                office.node.send(sender.address, office.certification.address, data)
            assert reverted.value.data == selector("Soulbound()")
    assert office.certification.view("ownerOf", number) == office.candidate.address
    assert office.certification.view("getApproved", number) == NOBODY
    assert (
        office.certification.view("isApprovedForAll", office.candidate.address, people.customer.address)
        is False
    )


def test_a_transfer_by_name_is_refused_as_soulbound(office: Office, people: People) -> None:
    number = office.passed()
    pair = (office.candidate.address, people.customer.address)
    with refused("Soulbound"):
        office.certification.send(office.candidate.address, "transferFrom", *pair, number)


# --------------------------------------------------------------------------------------------- ownership


def test_ownership_follows_the_certificate(office: Office) -> None:
    agent, view = office.candidate.address, office.certification.view
    assert view("balanceOf", agent) == 0
    first = office.passed()
    assert (view("ownerOf", first), view("balanceOf", agent)) == (agent, 1)
    office.passed(level=3)
    assert view("balanceOf", agent) == 1
    second = office.passed(program=2)
    assert (view("ownerOf", second), view("balanceOf", agent)) == (agent, 2)
    office.suspend(first)
    assert (view("ownerOf", first), view("balanceOf", agent)) == (agent, 2)
    office.reinstate(first)
    assert (view("ownerOf", first), view("balanceOf", agent)) == (agent, 2)
    office.revoke(first)
    assert view("balanceOf", agent) == 1
    with refused("ERC721NonexistentToken", first):
        view("ownerOf", first)
    office.resign(second)
    assert view("balanceOf", agent) == 0
    with refused("ERC721NonexistentToken", second):
        view("ownerOf", second)
    third = office.passed(taken_at=office.now)
    assert third not in (first, second)
    assert (view("ownerOf", third), view("balanceOf", agent)) == (agent, 1)
    office.at(office.certificate(third).expires_at + 1)
    office.failed()
    assert (view("ownerOf", third), view("balanceOf", agent)) == (agent, 1)


def test_nobody_is_no_owner(certification: Contract) -> None:
    with refused("ERC721InvalidOwner", NOBODY):
        certification.view("balanceOf", NOBODY)


TOKEN_VIEWS = [
    "ownerOf",
    "getApproved",
    "tokenURI",
    "locked",
    "burnAuth",
    "isTokenExpired",
    "startTime",
    "endTime",
]


@pytest.mark.parametrize("function", TOKEN_VIEWS)
def test_views_of_a_token_that_is_not_there(office: Office, function: str) -> None:
    revoked, resigned = office.passed(), office.passed(program=2)
    office.revoke(revoked)
    office.resign(resigned)
    for number in (0, revoked, resigned, resigned + 1, 2**256 - 1):
        with refused("ERC721NonexistentToken", number):
            office.certification.view(function, number)


@pytest.mark.parametrize("suspended", [False, True], ids=["active", "suspended"])
def test_a_token_is_locked_and_burnt_by_both(office: Office, suspended: bool) -> None:
    number = office.passed()
    if suspended:
        office.suspend(number)
    assert office.certification.view("locked", number) is True
    assert office.certification.view("burnAuth", number) == ["IssuerOnly", "OwnerOnly", "Both"].index("Both")


def test_a_tokens_term(office: Office) -> None:
    exam = office.exam()
    number, end = office.passed(taken_at=exam.taken_at), exam.taken_at + YEAR
    view = office.certification.view
    assert view("expiryType") == ["BLOCKS_BASED", "TIME_BASED"].index("TIME_BASED")
    assert (view("startTime", number), view("endTime", number)) == (exam.taken_at, end)
    assert view("isTokenExpired", number, at=end - 1) is False
    assert view("isTokenExpired", number, at=end) is True
    renewal = office.exam()
    office.record(renewal)
    assert (view("startTime", number), view("endTime", number)) == (renewal.taken_at, renewal.taken_at + YEAR)


# ---------------------------------------------------------------------------------------------- metadata


def document(office: Office, number: int) -> dict[str, Any]:
    head, _, body = office.certification.view("tokenURI", number).partition(",")
    assert head == "data:application/json;base64"
    found: dict[str, Any] = json.loads(base64.b64decode(body, validate=True))
    return found


@pytest.mark.parametrize("level", [0, 2, 255])
def test_the_token_describes_itself(office: Office, level: int) -> None:
    exam = office.exam(level=level, program=2)
    office.record(exam)
    number = office.standing(2).certificate
    found = document(office, number)
    assert found.keys() == {"name", "description", "attributes"}
    assert found["name"] == f"proofdesk certificate #{number}"
    assert found["attributes"] == [
        {"trait_type": "program", "value": 2},
        {"trait_type": "level", "value": level},
        {"trait_type": "issued", "display_type": "date", "value": exam.taken_at},
        {"trait_type": "expires", "display_type": "date", "value": exam.taken_at + YEAR},
        {"trait_type": "standing", "value": "active"},
    ]
    office.suspend(number)
    assert document(office, number)["attributes"][-1]["value"] == "suspended"
    office.reinstate(number)
    assert document(office, number) == found


# ----------------------------------------------------------------------------------------- signing domain


def test_the_signing_domain_is_readable(office: Office) -> None:
    """ERC-5267: a wallet can rebuild the domain; name, version, chain and contract are in use."""
    fields, name, version, chain, contract, salt, extensions = office.certification.view("eip712Domain")
    assert fields == bytes([0b01111])
    assert (name, version) == ("proofdesk", "1")
    assert chain == int(office.node.rpc("eth_chainId"), 16)
    assert contract == office.certification.address
    assert (salt, extensions) == (bytes(32), ())
