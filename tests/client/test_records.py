"""Records: one form each, refused with a clear word, the same to our checks as to the published schema."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from eth_utils import keccak
from hypothesis import event, given, settings
from hypothesis import strategies as st

import proofdesk._records as records
from proofdesk._errors import InvalidRecord, RecordTooLarge
from proofdesk._records import Attachment, Record, commit, compose, verify_entry

TICKET = "0x" + 64 * "a"
ENTRY = "0x" + 64 * "b"
UTC = timezone.utc
SALT = bytes(range(32))
SCHEMA = json.loads(
    (Path(records.__file__).parent / "schemas" / "record.v1.json").read_text(encoding="utf-8")
)


def valid(**changes: Any) -> dict[str, Any]:
    """A valid record's JSON with some members changed; None takes one out."""
    record = {
        "v": 1,
        "kind": "reply",
        "ticket": TICKET,
        "after": ENTRY,
        "author": "Ann",
        "created_at": "2026-01-31T12:00:00Z",
        "channel": "chat",
        "lang": "zh-CN",
        "subject": "退款",
        "body": "您好，请问退款什么时候到账？",
        "attachments": [Attachment.of("receipt.pdf", "application/pdf", b"paid").to_json()],
        "data": {"amount": "0.1", "items": [1, True, None, {"sku": "A-1"}]},
    }
    return {name: value for name, value in (record | changes).items() if value is not None}


# -------------------------------------------------------------------------------------------------- entries


def test_an_entry_is_the_salted_hash_of_the_canonical_form() -> None:
    record = Record.from_json(
        {"v": 1, "kind": "open", "author": "Ann", "created_at": "2026-01-31T12:00:00Z", "body": "Hé"}
    )
    canonical = (
        '{"author":"Ann","body":"Hé","created_at":"2026-01-31T12:00:00Z","kind":"open","v":1}'.encode()
    )
    assert record.canonical() == canonical
    opening = commit(record, SALT)
    assert opening.entry == "0x" + keccak(b"proofdesk.entry.v1" + SALT + canonical).hex()
    # Fixed for ever: entries made by earlier versions have to open with later ones.
    assert opening.entry == "0x04881b5a814bae1238e684f46f0f680d502eca90daa95f3f8533d48d76c58611"


def test_an_entry_opens_with_its_own_record_and_salt_only() -> None:
    opening = commit(Record.from_json(valid()))
    other = Record.from_json(valid(body="您好"))
    assert verify_entry(opening.record, opening.salt, opening.entry)
    assert not verify_entry(other, opening.salt, opening.entry)
    assert not verify_entry(opening.record, SALT, opening.entry)
    assert not verify_entry(opening.record, opening.salt[:31], opening.entry)
    assert not verify_entry(opening.record, opening.salt, TICKET)


def test_salts_are_fresh() -> None:
    record = Record.from_json(valid())
    assert len({commit(record).entry for _ in range(100)}) == 100


def test_neither_salt_nor_content_shows_up_in_an_openings_repr() -> None:
    opening = commit(Record.from_json(valid(body="secret")))
    assert "secret" not in repr(opening)
    assert repr(opening.salt) not in repr(opening)


# ------------------------------------------------------------------------------------------------- building


def test_a_text_is_a_body() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    record = compose("Where is it?", kind="open", author="Ann")
    assert (record.kind, record.author, record.body, record.ticket) == ("open", "Ann", "Where is it?", None)
    assert before <= record.created_at <= datetime.now(UTC)


def test_a_mapping_gives_the_rest() -> None:
    attachment = Attachment.of("a.txt", "text/plain", b"a")
    content = {
        "author": "Bob",
        "created_at": datetime(2026, 1, 31, 20, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=8))),
        "channel": "email",
        "lang": None,
        "attachments": [attachment],
        "data": {"order": "17"},
    }
    record = compose(content, kind="note", author="Ann", ticket=TICKET, after=ENTRY)
    assert record == Record(
        kind="note",
        author="Bob",
        created_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
        ticket=TICKET,
        after=ENTRY,
        channel="email",
        attachments=(attachment,),
        data={"order": "17"},
    )
    assert content["attachments"] == [attachment]


@pytest.mark.parametrize("name", ["v", "kind", "ticket", "after"])
def test_what_the_client_sets_is_not_content(name: str) -> None:
    with pytest.raises(InvalidRecord, match="is set by the client"):
        compose({"body": "x", name: "y"}, kind="open", author="Ann")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidRecord, match=r"created_at.*has no time zone"):
        compose({"body": "x", "created_at": datetime(2026, 1, 1)}, kind="open", author="Ann")


def test_reading_gives_back_what_was_written() -> None:
    value = valid()
    record = Record.from_json(value)
    assert record.to_json() == value
    assert record.created_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert Record.from_json(json.loads(record.canonical())) == record


# ------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"v": 2}, "v", "2 must be 1"),
        ({"v": True}, "v", "True must be 1"),
        ({"kind": "chatter"}, "kind", "'chatter' must be one of open, reply"),
        ({"lang": "english!"}, "lang", "'english!' must be like en or zh-CN"),
        ({"channel": "E-Mail"}, "channel", "'E-Mail' must be like chat or email"),
        ({"created_at": "2026-02-30T12:00:00Z"}, "created_at", "no moment of the calendar"),
        ({"created_at": "2026-01-31 12:00"}, "created_at", "must be like 2026-01-31T12:00:00Z"),
        ({"created_at": "2026-01-31T12:00:60Z"}, "created_at", "no moment of the calendar"),
        ({"ticket": TICKET.upper()}, "ticket", "0x and 64 lower-case hex digits"),
        ({"ticket": None}, "ticket", "is missing: a record of kind reply names its ticket"),
        ({"kind": "open"}, "ticket", "a record of kind open has none"),
        ({"after": "0x12"}, "after", "must be 0x and 64"),
        ({"kind": "erasure", "after": None}, "after", "an erasure names the entry"),
        ({"author": None}, "author", "is missing"),
        ({"author": ""}, "author", "is empty; leave it out"),
        ({"author": 5}, "author", "must be a text, not 5"),
        ({"subject": 1001 * "x"}, "subject", "has 1,001 characters; 1 to 1,000 fit"),
        ({"body": "\ud800"}, "body", "half a character"),
        ({"body": None, "attachments": None}, "body", "has a body, attachments or both"),
        ({"attachments": []}, "attachments", "leave it out|must be a list of 1 to 100"),
        ({"attachments": [{"name": "x"}]}, "attachments", "0: media_type: is missing"),
        (
            {"attachments": [valid()["attachments"][0] | {"size": -1}]},
            "attachments",
            "0: size: -1 must be a count",
        ),
        (
            {"attachments": [valid()["attachments"][0] | {"path": "/"}]},
            "attachments",
            "0: path: is not known here",
        ),
        ({"data": {}}, "data", "leave it out"),
        ({"data": {"price": 0.1}}, "data", "holds a float.*write it as a string"),
        ({"data": {"wei": 2**53}}, "data", r"beyond 2\^53 − 1; write it as a string"),
        ({"data": {"at": datetime(2026, 1, 1)}}, "data", "type datetime, which JSON does not have"),
        ({"data": {1: "x"}}, "data", "a name that is no string"),
        ({"data": {"x": ["\udfff"]}}, "data", "half a character"),
        ({"colour": "red"}, "colour", "is none of a record's, which are v, kind"),
    ],
)
def test_a_malformed_record_is_refused_by_field(changes: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(InvalidRecord, match=message) as caught:
        Record.from_json(valid(**changes))
    assert caught.value.field == field
    assert str(caught.value).startswith(f"record field '{field}'")


@pytest.mark.parametrize("value", [None, [], "text", 5])
def test_what_is_no_object_is_no_record(value: object) -> None:
    with pytest.raises(InvalidRecord, match="a record is a JSON object, not"):
        Record.from_json(value)


def nested(depth: int) -> dict[str, Any]:
    value: Any = "x"
    for _ in range(depth):
        value = {"x": value}
    return dict(value)


def test_data_is_nested_16_deep_at_most() -> None:
    assert Record.from_json(valid(data=nested(16)))
    for depth in (17, 900):
        with pytest.raises(InvalidRecord, match="nested more than 16 deep"):
            Record.from_json(valid(data=nested(depth)))


def test_the_size_limit_is_that_of_the_canonical_form() -> None:
    spare = records.MAX_RECORD_BYTES - len(compose({"body": "x"}, kind="open", author="Ann").canonical()) + 1
    assert len(compose(spare * "x", kind="open", author="Ann").canonical()) == records.MAX_RECORD_BYTES
    with pytest.raises(RecordTooLarge, match=r"65,537 bytes.*limit is 65,536") as caught:
        compose((spare + 1) * "x", kind="open", author="Ann")
    assert (caught.value.size, caught.value.limit) == (65_537, 65_536)
    with pytest.raises(RecordTooLarge):
        compose((spare // 3 + 1) * "您", kind="open", author="Ann")


@pytest.mark.parametrize(
    "changes", [{"author": 300 * "secret "}, {"subject": 300 * "secret "}, {"body": ["secret"]}]
)
def test_errors_never_repeat_content(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord) as caught:
        Record.from_json(valid(**changes))
    assert "secret" not in str(caught.value)


# --------------------------------------------------------------------------------------------------- schema


formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))


def whole_pattern(_: Any, pattern: str, value: object, __: Any) -> Any:
    # Python's $ also matches before a last line feed; the schema's dialect is ECMA 262, where it does not.
    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern}")


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": whole_pattern})


schema = Validator(SCHEMA, format_checker=formats)


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
    assert SCHEMA["properties"].keys() == valid().keys()


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
