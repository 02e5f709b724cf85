"""Receipts, evidence, claims, decisions, withdrawals from anywhere: read exactly, or refused by the field."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import proofdesk
from proofdesk import InvalidArgument
from proofdesk.signed.reading import Malformed
from tests.claims.examples import DESK, KINDS, claim, receipt
from tests.conftest import SEED

SCHEMA = json.loads(
    (Path(proofdesk.__file__).parent / "schemas" / "claims.schema.json").read_text(encoding="utf-8")
)
HASH, KEY = "0x" + 32 * "9a", "0x" + 8 * "4c0883a6"


def valid(name: str, value: object) -> bool:
    """Whether the schema takes it as one of this kind."""
    schema = {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


def plain(name: str) -> dict[str, Any]:
    """A valid one as JSON has it."""
    value: dict[str, Any] = json.loads(KINDS[name].example.to_json())
    return value


def refused(name: str, content: object) -> Malformed:
    """Why it is none."""
    with pytest.raises(Malformed) as caught:
        KINDS[name].type.from_json(content)
    assert type(caught.value) is KINDS[name].error
    assert isinstance(caught.value, InvalidArgument)
    str(caught.value).encode()
    return caught.value


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where something stands in a JSON value, at any depth."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    found = [path] if path else []
    return found + [place for key, each in inner for place in places(each, (*path, key))]


def put(value: Any, place: tuple[str | int, ...], new: object) -> Any:
    """The same value with another thing in one place."""
    copy = json.loads(json.dumps(value))
    holder = copy
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = new
    return copy


def written(place: tuple[str | int, ...]) -> str:
    """A place as errors name it."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place).lstrip(".")


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_read_as_it_was_written(name: str) -> None:
    made = KINDS[name].example
    assert KINDS[name].type.from_json(made.to_json()) == made
    assert KINDS[name].type.from_json(json.dumps(plain(name), indent=1).encode()) == made
    assert valid(name, plain(name)) and jsonschema.Draft202012Validator(SCHEMA).is_valid(plain(name))


def odd(place: tuple[str | int, ...]) -> list[object]:
    """What cannot be meant in a place."""
    own: dict[str, list[object]] = {
        "v": [2, "1"],
        "order": ["", 65 * "x"],
        "product": ["", 257 * "x"],
        "content": ["", 1001 * "x"],
        "reason": [0, 8],
        "kind": [16, -1],
        "seen": [0, 1023],
        "price": ["-1", "01", "1.5", "0x1", str(2**128), 5, "1\n"],
        "amount": ["", str(2**128), 5, "1\n"],
        "nonce": [-1, 2**53],
        "signature": ["0x1", "0x" + 2049 * "00", "0x11\n"],
    }
    dates: list[object] = [-1, 253_402_300_800, "2026-01-01"]
    addresses: list[object] = ["0x" + 40 * "0", DESK[:-1], DESK + "\n"]
    numbers: list[object] = [0, 2**53]
    own |= {"purchased_at": dates, "purchasedAt": dates, "issued_at": dates, "issuedAt": dates}
    own |= dict.fromkeys(
        ("desk", "vault", "merchant", "customer", "party", "actor", "account", "to"), addresses
    )
    own |= dict.fromkeys(("chain_id", "deadline"), numbers) | {"signer": addresses, "token": addresses[1:]}
    name = place[-1]
    return [None, True, 1.5, [[1]], {"x": 1}, *own.get(str(name), [HASH + "0"])]


@pytest.mark.parametrize("name", KINDS)
def test_a_field_that_cannot_be_meant_is_named(name: str) -> None:
    for place in places(plain(name)):
        for value in odd(place):
            content = put(plain(name), place, value)
            found = refused(name, json.dumps(content))
            # A list or an object names what is wrong in it.
            assert found.field.startswith(written(place)), (place, value, found)
            # Of a number the schema cannot say that it is below 2^128.
            if value != str(2**128):
                assert not valid(name, content), (place, value)


@pytest.mark.parametrize("name", KINDS)
def test_a_field_that_is_missing_or_unknown_is_named(name: str) -> None:
    optional = {"root", "path", "signature"}
    for place in places(plain(name)):
        if isinstance(place[-1], int):
            continue
        *way, last = place
        content = json.loads(json.dumps(plain(name)))
        holder = content
        for key in way:
            holder = holder[key]
        del holder[last]
        if way and last in optional:
            assert valid(name, content)
        else:
            assert refused(name, json.dumps(content)).field == written(place)
            assert not valid(name, content)
        holder["odd"] = 1
        refused(name, json.dumps(content))
        assert not valid(name, content)


def test_an_anchored_items_proof_is_kept() -> None:
    value = plain("signedReceipt") | {"root": HASH, "path": [HASH, "0x" + 64 * "0"]}
    read = KINDS["signedReceipt"].type.from_json(json.dumps(value))
    assert (read.attestation.root, read.attestation.path) == (HASH, (HASH, "0x" + 64 * "0"))
    assert json.loads(read.to_json()) == value and valid("signedReceipt", value)
    assert read.digest == receipt().digest
    assert refused("signedReceipt", json.dumps(value | {"path": 33 * [HASH]})).field == "path"
    assert refused("signedReceipt", json.dumps(value | {"path": [HASH, 1]})).field == "path[1]"


@pytest.mark.parametrize("name", KINDS)
def test_a_key_in_the_wrong_place_is_not_repeated(name: str) -> None:
    for place in places(plain(name)):
        if isinstance(place[-1], str) and place[-1] not in ("order", "product", "content", "signature"):
            content = put(plain(name), place, KEY + "0")
            assert KEY[2:22] not in str(refused(name, json.dumps(content)))


@pytest.mark.parametrize("name", KINDS)
def test_another_kind_is_refused(name: str) -> None:
    for other in KINDS:
        assert valid(name, plain(other)) is (name == other)
        if name != other:
            refused(name, json.dumps(plain(other)))


def test_a_field_named_twice_is_refused() -> None:
    whole = claim().to_json()
    assert "twice" in refused("signedClaim", whole.replace('"reason":1', '"reason":1,"reason":2')).problem
    assert "twice" in refused("signedClaim", whole.replace('"kind":1', '"kind":1,"kind":2')).problem


def test_a_misspelt_address_is_refused() -> None:
    whole = claim().to_json()
    assert "checksum" in refused("signedClaim", whole.replace(DESK, DESK.replace("F", "f", 1))).problem


@pytest.mark.parametrize("content", [None, b"", "[]", "1", "{", b"\xff\xfe{}", '{"v": 1}', "NaN", '"\ud800"'])
@pytest.mark.parametrize("name", KINDS)
def test_what_is_none_is_refused(name: str, content: object) -> None:
    refused(name, content)


@pytest.mark.parametrize("opening", [b'{"v":', b"[", b'{"evidence":['])
def test_what_is_deep_does_no_harm(opening: bytes) -> None:
    # As py_ecc leaves the process: then depth ends it.
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        refused("signedClaim", opening * (120_000 // len(opening)))
    finally:
        sys.setrecursionlimit(before)


def test_the_largest_claim_fits_and_nothing_larger_is_read() -> None:
    proven = {"signature": "0x" + 2048 * "ab", "root": HASH, "path": 32 * [HASH]}
    value = plain("signedClaim") | {"signature": "0x" + 2048 * "ab", "deadline": 2**53 - 1}
    value["amount"] = value["receipt"]["price"] = str(2**128 - 1)
    value["merchant"] |= proven
    value["evidence"] = 16 * value["evidence"]
    value["parties"] = 16 * [value["parties"][0] | proven]
    whole = json.dumps(value)
    largest = KINDS["signedClaim"].type.from_json(whole)
    assert KINDS["signedClaim"].type.from_json(largest.to_json()) == largest
    assert "bytes" in refused("signedClaim", whole.ljust(128 * 1024 + 1)).problem
    assert (
        refused("signedClaim", json.dumps(value | {"parties": 17 * value["parties"][:1]})).field == "parties"
    )


def test_evidence_that_nobody_attests_is_refused() -> None:
    value = plain("signedClaim")
    assert refused("signedClaim", json.dumps(value | {"parties": []})).field == "parties"
    assert refused("signedClaim", json.dumps(value | {"evidence": []})).field == "parties"
    others = value["merchant"] | {"signer": value["parties"][0]["signer"]}
    assert refused("signedClaim", json.dumps(value | {"merchant": others})).field == "merchant.signer"
    both = value | {"parties": [], "evidence": []}
    assert KINDS["signedClaim"].type.from_json(json.dumps(both)).arguments[2] == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@seed(SEED)
@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(list(KINDS)))
def test_reader_and_schema_agree(data: st.DataObject, name: str) -> None:
    value: Any = plain(name)
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.sampled_from(places(value)))
        near = st.sampled_from([DESK, HASH, "0x", "5", 5, 0, str(2**128 - 1), 2**53 - 1, [], {}])
        value = put(value, place, data.draw(json_values | near))
    try:
        read = KINDS[name].type.from_json(json.dumps(value))
    except Malformed as error:
        # Of these the schema says in words that it cannot tell.
        words = ("checksum", "2^128", "surrogate", "each has its own")
        told = any(word in error.problem for word in words) or whole_float(value)
        assert told or not valid(name, value), error
    else:
        assert valid(name, value)
        assert KINDS[name].type.from_json(read.to_json()) == read


def whole_float(value: object) -> bool:
    """Whether a number somewhere is written as 1.0, which a schema takes for 1."""
    if isinstance(value, dict):
        return any(map(whole_float, value.values()))
    if isinstance(value, list):
        return any(map(whole_float, value))
    return isinstance(value, float) and value.is_integer()


@seed(SEED)
@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(list(KINDS)))
def test_cut_or_changed_it_is_read_or_refused(data: st.DataObject, name: str) -> None:
    raw = bytearray(KINDS[name].example.to_json().encode())
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=3)):
        raw[place : place + 1] = data.draw(st.binary(max_size=2))
    try:
        read = KINDS[name].type.from_json(bytes(raw))
    except KINDS[name].error as error:
        str(error).encode()
    else:
        assert KINDS[name].type.from_json(read.to_json()) == read
