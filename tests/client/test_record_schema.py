"""The published schema of records says to others what our checks say to us."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from proofdesk import _records as records
from proofdesk._errors import InvalidRecord
from proofdesk._records import Attachment, Record, commit, verify_entry
from tests.helpers.records import valid

SCHEMA = json.loads(
    (Path(records.__file__).parent / "schemas" / "record.v1.json").read_text(encoding="utf-8")
)
SALT = bytes(range(32))
FILE = valid()["attachments"][0]
MOST = 2**53 - 1

formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))


schema = jsonschema.Draft202012Validator(SCHEMA, format_checker=formats)


def schema_accepts(value: object) -> bool:
    return bool(schema.is_valid(value))


def we_accept(value: object) -> bool:
    try:
        Record.from_json(value)
    except InvalidRecord:
        return False
    return True


def test_the_schema_is_a_schema_and_lists_our_kinds_and_fields() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["kind"]["enum"] == list(records.KINDS)
    assert SCHEMA["properties"].keys() == valid().keys() | {"reply_key"}


@pytest.mark.parametrize(
    ("field", "fits", "too_much"),
    [
        ("author", 200 * "您", 201 * "x"),
        ("subject", 1000 * "x", 1001 * "x"),
        ("channel", 32 * "a", 33 * "a"),
        ("attachments", 100 * [FILE], 101 * [FILE]),
        ("attachments", [FILE | {"name": 255 * "x"}], [FILE | {"name": 256 * "x"}]),
        ("attachments", [FILE | {"size": 0}, FILE | {"size": MOST}], [FILE | {"size": MOST + 1}]),
        ("data", {"most": MOST, "least": -MOST}, {"most": MOST + 1}),
        ("data", {"most": MOST}, {"least": -MOST - 1}),
    ],
)
def test_limits_are_what_the_schema_says(field: str, fits: Any, too_much: Any) -> None:
    for value, fine in [(valid(**{field: fits}), True), (valid(**{field: too_much}), False)]:
        assert we_accept(value) == schema_accepts(value) == fine


texts = st.text(min_size=1, max_size=30)
hashes = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=10)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
moments = st.datetimes(datetime(1000, 1, 1), datetime(2999, 12, 31)).map(
    lambda at: f"{at:%Y-%m-%dT%H:%M:%S}Z"
)
attachments = st.builds(
    lambda name, kind, size, content: Attachment.of(name, kind, content).to_json() | {"size": size},
    texts,
    st.sampled_from(["text/plain", "image/svg+xml", "application/vnd.ms-excel"]),
    st.integers(0, 2**53 - 1),
    st.binary(max_size=5),
)
optional = {
    "after": hashes,
    "channel": st.sampled_from(["chat", "email", "phone", "x-1"]),
    "lang": st.sampled_from(["en", "zh-CN", "zh-Hant-TW", "yue"]),
    "subject": texts,
    "attachments": st.lists(attachments, min_size=1, max_size=2),
    "data": st.dictionaries(st.text(max_size=5), values, min_size=1, max_size=3),
}


@st.composite
def valid_records(draw: Any) -> dict[str, Any]:
    kind = draw(st.sampled_from(list(records.KINDS)))
    value = {"v": 1, "kind": kind, "author": draw(texts), "created_at": draw(moments), "body": draw(texts)}
    if kind not in records.WITHOUT_TICKET:
        value["ticket"] = draw(hashes)
    for name, strategy in optional.items():
        if draw(st.booleans()) or (name == "after" and kind == "erasure"):
            value[name] = draw(strategy)
    if kind == "open" and draw(st.booleans()):
        value["reply_key"] = draw(hashes)
    return value


# Values that are wrong somewhere and right elsewhere, so that a mutation may also leave the record valid.
strange = st.one_of(
    values,
    hashes,
    moments,
    st.sampled_from(list(records.KINDS)),
    st.sampled_from(
        [0.5, -1, 0, 1, 2, 2**53, -(2**53), True, "", [], {}, [{}], "en\n", "0x" + 64 * "A", 1001 * "x"]
    ),
    st.sampled_from(
        ["2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z"]
    ),
    st.sampled_from(
        ["x" * 200, "x" * 201, "a" * 32, "a" * 33, "EN", "e", "en-", "en-a-b-c-d", "en-a-b-c-d-e", "٣"]
    ),
)


@st.composite
def mutated_records(draw: Any) -> object:
    value = draw(valid_records())
    for _ in range(draw(st.integers(1, 2))):
        spot, name = value, draw(st.sampled_from([*SCHEMA["properties"], "colour"]))
        first = (
            (value.get("attachments") or [None])[0] if isinstance(value.get("attachments"), list) else None
        )
        if isinstance(first, dict) and draw(st.booleans()):
            spot, name = first, draw(st.sampled_from(["name", "media_type", "size", "sha256", "path"]))
        if draw(st.booleans()):
            spot.pop(name, None)
        else:
            spot[name] = draw(strange)
    return value


@settings(max_examples=300, deadline=None, derandomize=True)
@given(valid_records())
def test_valid_records_are_valid_to_both_and_keep_their_form(value: dict[str, Any]) -> None:
    assert schema_accepts(value)
    record = Record.from_json(value)
    assert record.to_json() == value
    assert Record.from_json(json.loads(record.canonical())) == record
    assert verify_entry(record, SALT, commit(record, SALT).entry)


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(mutated_records())
def test_schema_and_checks_agree_on_mutated_records(value: object) -> None:
    accepted = schema_accepts(value)
    event(f"accepted: {accepted}")
    assert we_accept(value) == accepted, value


@pytest.mark.parametrize("value", [None, [], "x", 1, 0.5, {}, {"v": 1}])
def test_schema_and_checks_agree_on_what_is_no_record(value: object) -> None:
    assert not schema_accepts(value)
    assert not we_accept(value)
