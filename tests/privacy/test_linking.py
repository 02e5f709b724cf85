"""Showing that pseudonyms are one person's: by all of them, to one desk, for one purpose, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from proofdesk._errors import InvalidArgument
from proofdesk.privacy.errors import MalformedLink
from proofdesk.privacy.keys import Scope
from proofdesk.privacy.linking import Linked, link, verify_link
from proofdesk.privacy.seed import Seed
from tests.conftest import SEED
from tests.privacy.people import SCOPE

PERSON = Seed.from_words("test " * 11 + "junk")
FACES = [PERSON.pseudonym(index) for index in range(3)]
PURPOSE = "Beschwerde bei der Schlichtungsstelle: 投诉"
LINKED = link(FACES, SCOPE, PURPOSE)


def refused(linked: Linked | str | bytes, scope: Scope = SCOPE, purpose: str = PURPOSE) -> MalformedLink:
    """Why it shows nothing."""
    with pytest.raises(MalformedLink) as caught:
        verify_link(linked, scope, purpose)
    assert isinstance(caught.value, InvalidArgument)
    return caught.value


def test_it_is_signed_by_each_over_what_everybody_can_hash() -> None:
    """Nothing here is taken from the package but the signatures."""
    addresses = sorted((face.address for face in FACES), key=str.lower)
    message = encode_typed_data(
        {"name": "proofdesk", "version": "1", "chainId": 31337, "verifyingContract": SCOPE.desk},
        {"SamePerson": [{"name": "addresses", "type": "address[]"}, {"name": "purpose", "type": "string"}]},
        {"addresses": addresses, "purpose": PURPOSE},
    )
    found = [Account.recover_message(message, signature=signature) for signature in LINKED.signatures]
    assert found == addresses == list(LINKED.addresses)


def test_it_shows_them_to_be_one_persons() -> None:
    for linked in (LINKED, LINKED.to_json(), LINKED.to_json().encode()):
        assert set(verify_link(linked, SCOPE, PURPOSE)) == {face.address for face in FACES}
    assert Linked.from_json(LINKED.to_json()) == LINKED


def test_the_order_of_pseudonyms_tells_nothing() -> None:
    assert link([*reversed(FACES), FACES[0]], SCOPE, PURPOSE) == LINKED


def test_what_was_said_elsewhere_says_nothing_here() -> None:
    assert refused(LINKED, scope=Scope(1, SCOPE.desk)).field == "desk"
    assert refused(LINKED, scope=Scope(31337, "0x" + 20 * "d6")).field == "desk"
    assert refused(LINKED, purpose="marketing").field == "purpose"
    # Nor under another name.
    assert refused(replace(LINKED, purpose="marketing"), purpose="marketing").field == "signatures"
    moved = Scope(1, SCOPE.desk)
    assert refused(replace(LINKED, scope=moved), scope=moved).field == "signatures"


def test_nobody_is_linked_who_did_not_sign() -> None:
    stranger = Seed(bytes(range(32))).pseudonym(0)
    for addresses, signatures in [
        ((*LINKED.addresses, stranger.address), (*LINKED.signatures, LINKED.signatures[0])),
        ((*LINKED.addresses[:2], stranger.address), LINKED.signatures),
        (LINKED.addresses[:2], LINKED.signatures[:2]),
        (LINKED.addresses[::-1], LINKED.signatures[::-1]),
        (LINKED.addresses, LINKED.signatures[::-1]),
        (LINKED.addresses, LINKED.signatures[:2]),
        (LINKED.addresses[:1] * 2, LINKED.signatures[:1] * 2),
        ((*LINKED.addresses, LINKED.addresses[0]), (*LINKED.signatures, LINKED.signatures[0])),
        (tuple(map(str.lower, LINKED.addresses)), LINKED.signatures),
    ]:
        assert refused(replace(LINKED, addresses=addresses, signatures=signatures)).field == "signatures"


def test_one_address_twice_is_not_two_even_where_its_owner_says_so() -> None:
    twice = (FACES[0].address,) * 2
    types = [{"name": "addresses", "type": "address[]"}, {"name": "purpose", "type": "string"}]
    signed = FACES[0].account.sign_typed_data(
        {"name": "proofdesk", "version": "1", "chainId": 31337, "verifyingContract": SCOPE.desk},
        {"SamePerson": types},
        {"addresses": list(twice), "purpose": PURPOSE},
    )
    signatures = (signed.signature.to_0x_hex(),) * 2
    assert "different addresses" in refused(Linked(SCOPE, PURPOSE, twice, signatures)).problem


def test_signing_a_part_does_not_link_the_rest() -> None:
    other = link([FACES[0], Seed(bytes(range(32))).pseudonym(0)], SCOPE, PURPOSE)
    both = dict(zip(LINKED.addresses, LINKED.signatures, strict=True)) | dict(
        zip(other.addresses, other.signatures, strict=True)
    )
    refused(replace(LINKED, addresses=tuple(both), signatures=tuple(both.values())))


@pytest.mark.parametrize(
    ("count", "purpose", "field"),
    [(0, PURPOSE, "addresses"), (1, PURPOSE, "addresses"), (2, "", "purpose"), (2, 1001 * "x", "purpose")],
)
def test_what_cannot_be_linked(count: int, purpose: str, field: str) -> None:
    with pytest.raises(MalformedLink) as caught:
        link(FACES[:count], SCOPE, purpose)
    assert caught.value.field == field
    with pytest.raises(MalformedLink, match="addresses"):
        link([FACES[0], FACES[0]], SCOPE, PURPOSE)


VALUE = json.loads(LINKED.to_json())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"v": 2}, "v"),
        ({"v": None}, "v"),
        ({"chain_id": 0}, "chain_id"),
        ({"chain_id": "31337"}, "chain_id"),
        ({"desk": "0x12"}, "desk"),
        ({"purpose": ""}, "purpose"),
        ({"purpose": "\ud800"}, ""),
        ({"addresses": VALUE["addresses"][0]}, "addresses"),
        ({"addresses": VALUE["addresses"][:1]}, "addresses"),
        ({"addresses": VALUE["addresses"] * 40}, "addresses"),
        ({"addresses": [*VALUE["addresses"][:2], "0x12"]}, "addresses"),
        ({"signatures": ["0x", "0x", "0x"]}, "signatures"),
        ({"signatures": None}, "signatures"),
        ({"more": 1}, ""),
    ],
)
def test_files_that_are_none(changes: dict[str, Any], field: str) -> None:
    assert (
        refused(json.dumps(VALUE | changes, ensure_ascii=False).encode("utf-8", "surrogatepass")).field
        == field
    )


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 30_000, "x" * 40_000, '{"v":1,"v":1}'])
def test_texts_that_are_none(content: str) -> None:
    assert refused(content).field == ""


@settings(max_examples=200, deadline=None)
@seed(SEED)
@given(st.data())
def test_every_changed_character_is_refused(data: Any) -> None:
    text = LINKED.to_json()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from('0123456789abcdefABCDEFx",:[]{} ') | st.characters())
    if other != text[place]:
        refused(text[:place] + other + text[place + 1 :])
