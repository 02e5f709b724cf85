"""Records: one form each, refused by field, and opened by its own salt only."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from eth_utils import keccak

import proofdesk._records as records
from proofdesk._errors import InvalidRecord, RecordTooLarge
from proofdesk._records import Attachment, Record, commit, compose, verify_entry
from tests.helpers.records import ENTRY, TICKET, valid

UTC = timezone.utc
SALT = bytes(range(32))


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
        ({"attachments": [5]}, "attachments", "0: must be an object"),
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


@pytest.mark.parametrize("value", [10**5000, -(10**5000), 200 * "a "], ids=["big", "small", "long"])
def test_an_error_stays_short(value: object) -> None:
    for changes in (
        {"channel": value},
        {"v": value},
        {str(value)[:4000] if isinstance(value, str) else "x": 1},
    ):
        with pytest.raises(InvalidRecord) as caught:
            Record.from_json(valid(**changes))
        assert len(str(caught.value)) < 300


def test_a_salt_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="a salt has 32 bytes, not 31"):
        commit(Record.from_json(valid()), SALT[:31])


def nested(depth: int) -> dict[str, Any]:
    """Objects and lists in turn, an object outermost."""
    value: Any = "x"
    for level in range(depth):
        value = {"x": value} if (depth - level) % 2 else [value]
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


def test_a_reply_key_stands_in_openings_only() -> None:
    key = "0x" + 32 * "ab"
    opened = Record.from_json(
        {"v": 1, "kind": "open", "author": "Ann", "created_at": "2026-01-31T12:00:00Z", "body": "?"}
        | {"reply_key": key}
    )
    assert opened.reply_key == opened.to_json()["reply_key"] == key
    with pytest.raises(InvalidRecord, match="reply_key"):
        Record.from_json(valid(reply_key=key))
