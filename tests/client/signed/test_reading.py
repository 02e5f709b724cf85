"""Signed acts from anywhere: read exactly, or refused by the name of what is wrong, never anything else."""

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
from proofdesk import InvalidArgument, MalformedSignedAct, SignedAct
from tests.client.signed.examples import ACTS, DESK, message, signed
from tests.conftest import SEED

SCHEMA = json.loads(
    (Path(proofdesk.__file__).parent / "schemas" / "signed-act.schema.json").read_text(encoding="utf-8")
)
MOST = 2**53 - 1


schema = jsonschema.Draft202012Validator(SCHEMA)


def refused(content: object) -> MalformedSignedAct:
    """Why it is none."""
    with pytest.raises(MalformedSignedAct) as caught:
        SignedAct.from_json(content)  # type: ignore[arg-type]  # anything may come
    assert isinstance(caught.value, InvalidArgument)
    str(caught.value).encode()
    return caught.value


def changed(act: str, name: str, value: object) -> dict[str, Any]:
    """A signed act with one field changed, `message.…` one of the message."""
    inner = name.removeprefix("message.")
    return (
        signed(act, message=message(act, **{inner: value})) if inner != name else signed(act, **{name: value})
    )


@pytest.mark.parametrize("act", ACTS)
def test_each_kind_is_read(act: str) -> None:
    value = signed(act)
    assert json.loads(SignedAct.from_json(json.dumps(value, indent=1)).to_json()) == value
    assert schema.is_valid(value)


BAD = [
    ("open", "v", 2),
    ("open", "v", True),
    ("open", "act", "assign"),
    ("open", "act", None),
    ("open", "chain_id", 0),
    ("open", "chain_id", MOST + 1),
    ("open", "chain_id", "31337"),
    ("open", "desk", DESK[:-1]),
    ("open", "desk", "0x" + 40 * "0"),
    ("open", "desk", DESK + "\n"),
    ("open", "signature", "0x11\n"),
    ("open", "message.entry", "0x" + 64 * "1" + "\n"),
    ("open", "message", "x"),
    ("open", "signature", "0x1"),
    ("open", "signature", "0xzz"),
    ("open", "signature", "0x" + 7681 * "00"),
    ("open", "signature", 0),
    ("open", "message.customer", 5),
    ("open", "message.lane", 0),
    ("open", "message.lane", 1024),
    ("open", "message.lane", 1.5),
    ("open", "message.lane", True),
    ("open", "message.lane", None),
    ("open", "message.entry", "0x" + 64 * "0"),
    ("open", "message.entry", 32 * "e1"),
    ("open", "message.deadline", 0),
    ("open", "message.deadline", MOST + 1),
    ("take", "message.ticketId", "0x" + 64 * "0"),
    ("take", "message.certificateId", 0),
    ("take", "message.certificateId", 2**26),
    ("move", "message.from", 0),
    ("move", "message.from", 10),
    ("move", "message.to", 0),
    ("move", "message.to", 10),
    ("move", "message.seen", 0),
    ("move", "message.seen", 1023),
    ("rate", "message.score", 0),
    ("rate", "message.score", 6),
    ("rate", "message.score", "5"),
]


@pytest.mark.parametrize(
    ("act", "name", "value"), BAD, ids=[f"{name} {value!r:.20}" for _, name, value in BAD]
)
def test_a_field_that_cannot_be_meant_is_named(act: str, name: str, value: object) -> None:
    content = changed(act, name, value)
    assert refused(json.dumps(content)).field == name
    assert not schema.is_valid(content)


@pytest.mark.parametrize("act", ACTS)
def test_a_field_that_is_missing_or_unknown_is_named(act: str) -> None:
    for name in signed(act):
        content = {key: value for key, value in signed(act).items() if key != name}
        assert refused(json.dumps(content)).field == name
        assert not schema.is_valid(content)
    for name in message(act):
        content = signed(act, message={key: value for key, value in message(act).items() if key != name})
        assert refused(json.dumps(content)).field == f"message.{name}"
        assert not schema.is_valid(content)
    for content in (signed(act, nonce=1), signed(act, message=message(act, nonce=1))):
        assert "'nonce' is not known" in refused(json.dumps(content)).problem
        assert not schema.is_valid(content)


def test_another_kinds_message_is_refused() -> None:
    for act in ACTS:
        for other in ACTS:
            content = signed(act, message=message(other))
            assert schema.is_valid(content) is (act == other)
            if act != other:
                refused(json.dumps(content))


def test_an_address_that_is_misspelt_is_refused() -> None:
    wrong = DESK.replace("F", "f", 1)
    assert wrong != DESK
    found = refused(json.dumps(signed(desk=wrong)))
    assert found.field == "desk" and "checksum" in found.problem


SECRETS = {
    "a key": "0x" + 8 * "4c0883a6",
    "a key of capitals, without 0x": 8 * "4C0883A6",
    "a key with a digit too few": "0x" + (8 * "4c0883a6")[:-1],
    "a seed": "abandon ability able about above absent absorb abstract absurd abuse access accident",
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "name", ["v", "act", "chain_id", "desk", "message", "signature", "message.customer", "message.lane"]
)
def test_a_secret_in_the_wrong_place_is_not_repeated(name: str, secret: str) -> None:
    text = SECRETS[secret]
    if (name, secret) == ("signature", "a key"):
        text += "0"  # otherwise it is hex, as a signature is
    found = refused(json.dumps(changed("open", name, text)))
    assert found.field == name
    assert not any(text[at : at + 20] in str(found) for at in range(len(text) - 19))
    told = str(refused(json.dumps(signed("open", **{text: 1}))))
    assert not any(text[at : at + 20] in told for at in range(len(text) - 19))


def test_a_field_named_twice_is_refused() -> None:
    whole = json.dumps(signed("rate"))
    assert "twice" in refused(whole.replace('"score": 5', '"score": 5, "score": 1')).problem
    assert "twice" in refused(whole.replace('"v": 1', '"v": 1, "v": 1')).problem


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        "",
        b"\xff\xfe{}",
        '"\ud800"',
        b"\xef\xbb\xbf{}",
        "1",
        "null",
        "[]",
        "NaN",
        "{",
        '{"\\ud800": 1}',
        '{"v": 1, "\\u001b[2J": 1}',
        json.dumps({**signed(), "act": {}, "message": 1}),
        "[" * 16_000,
        '{"v":' * 3_000,
        '{"v": ' + "1" * 10_000 + "}",
        json.dumps(signed()).encode("utf-16"),
    ],
    ids=lambda content: repr(content)[:16],
)
def test_what_is_no_signed_act_is_refused(content: object) -> None:
    refused(content)


@pytest.mark.parametrize("opening", [b'{"v":', b'{"message":{"v":', b"["])
def test_what_is_deep_is_refused_before_it_is_read(opening: bytes) -> None:
    # As py_ecc leaves the process: then depth ends it.
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        assert "deeply" in refused(opening * (16_000 // len(opening))).problem
    finally:
        sys.setrecursionlimit(before)


def test_sixteen_kib_are_taken_and_no_more() -> None:
    whole = json.dumps(signed())
    assert SignedAct.from_json(whole.ljust(16 * 1024))
    assert "16,385 bytes" in refused(whole.ljust(16 * 1024 + 1)).problem
    assert "bytes" in refused(json.dumps(signed(x="您" * 6000), ensure_ascii=False)).problem
    # The largest of all fits.
    large = SignedAct.from_json(json.dumps(changed("move", "signature", "0x" + 7680 * "ab")))
    assert SignedAct.from_json(large.to_json()) == large


def test_numbers_are_exact() -> None:
    whole = json.dumps(signed("rate"))
    assert SignedAct.from_json(whole.replace("2000000000", str(MOST))).deadline == MOST
    for odd in ("5.0", "5e0", "NaN", "Infinity", "-5", "9" * 400):
        assert refused(whole.replace('"score": 5', f'"score": {odd}')).field == "message.score"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def nearly(draw: st.DrawFn) -> dict[str, Any]:
    """A signed act, perhaps with some fields replaced or taken away."""
    act = draw(st.sampled_from(ACTS))
    names = [*signed(act), *(f"message.{name}" for name in message(act))]
    value = signed(act)
    for name in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
        odd = draw(json_values | st.integers(-2, 1100) | st.sampled_from([DESK, "0x" + 32 * "Ab", "rate"]))
        where, _, inner = name.rpartition(".")
        if not where:
            value[name] = odd
        elif isinstance(value["message"], dict):
            value["message"] = value["message"] | {inner: odd}
    return value


@seed(SEED)
@settings(max_examples=300, deadline=None)
@given(nearly())
def test_reader_and_schema_agree(value: dict[str, Any]) -> None:
    try:
        read = SignedAct.from_json(json.dumps(value))
    except MalformedSignedAct as error:
        # Of both these the schema says in words that it cannot tell.
        told = "checksum" in error.problem or "deeply" in error.problem or _is_whole_float(value)
        assert told or not schema.is_valid(value), error
    else:
        assert schema.is_valid(value)
        assert SignedAct.from_json(read.to_json()) == read


def _is_whole_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_is_whole_float, value.values()))
    return isinstance(value, float) and value.is_integer()


@seed(SEED)
@settings(max_examples=300, deadline=None)
@given(st.binary() | st.text() | json_values.map(json.dumps))
def test_nothing_else_is_ever_raised(content: str | bytes) -> None:
    refused(content)


@seed(SEED)
@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(ACTS))
def test_cut_or_changed_it_is_read_or_refused(data: st.DataObject, act: str) -> None:
    raw = bytearray(json.dumps(signed(act)).encode())
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=3)):
        raw[place : place + 1] = data.draw(st.binary(max_size=2))
    try:
        read = SignedAct.from_json(bytes(raw))
    except MalformedSignedAct as error:
        str(error).encode()
    else:
        assert SignedAct.from_json(read.to_json()) == read
