"""Records: what was said and done, as JSON that is hashed with a salt into an entry on chain.

    entry = keccak256("proofdesk.entry.v1" ‖ salt ‖ RFC 8785 form of the record)

Without the salt nobody can guess a short text from its entry. `schemas/record.v1.json` describes the same
records to others; a test holds the two together. A record has one form only: what is empty is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import sha256
from secrets import token_bytes
from typing import Any, TypeAlias

import rfc8785

from proofdesk._checks import MAX_INTEGER, Check, form, integer, many, members, shown, surrogate, text
from proofdesk._errors import InvalidRecord, RecordTooLarge
from proofdesk._words import keccak, to_hex

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

VERSION = 1
ENTRY_DOMAIN = b"proofdesk.entry.v1"
SALT_SIZE = 32
MAX_RECORD_BYTES = 64 * 1024
MAX_DEPTH = 16

# What a record goes with. The list is closed: readers may rely on it.
KINDS: Mapping[str, str] = {
    "open": "the customer's first words; its entry makes the ticket's id",
    "reply": "words to the other side, with whatever move they come with",
    "note": "words for the desk's own eyes",
    "take": "an agent takes the ticket",
    "assign": "a supervisor gives it to an agent",
    "transfer": "it goes to another lane",
    "move": "a change of state without words to the other side: hold, escalate, close, a module's ruling …",
    "rating": "the customer rates",
    "erasure": "the content of the entry named in `after` was erased",
    "exam": "evidence of an agent's exam",
    "revocation": "why a certificate was revoked",
    "message": "words outside an act, as in a chat: a leaf of an anchored tree",
    "access": "who may read what from now on: an entry of the access log",
}
WITHOUT_TICKET = frozenset({"open", "exam", "revocation", "access"})
WITH_WORDS = frozenset({"open", "reply", "note", "message"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a record, named by its SHA-256; `size` is bytes."""

    name: str
    media_type: str
    size: int
    sha256: str

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> Attachment:
        """Describe a file's content.

        >>> Attachment.of("note.txt", "text/plain", b"hello").size
        5
        """
        return cls(name, media_type, len(content), sha256(content).hexdigest())

    def to_json(self) -> dict[str, Json]:
        """The JSON object that stands in a record."""
        return {name: getattr(self, name) for name in _ATTACHMENT}


@dataclass(frozen=True, slots=True)
class Record:
    """One record. Make it by `compose` or `Record.from_json`, which check it.

    `reply_key` is the customer's public key (X25519, 0x-hex) for this ticket, in its opening record.

    >>> record = compose("Where is my order?", kind="open", author="Ann")
    >>> record.body, record.ticket
    ('Where is my order?', None)
    """

    kind: str
    author: str
    created_at: datetime
    ticket: str | None = None
    after: str | None = None
    channel: str | None = None
    lang: str | None = None
    subject: str | None = field(default=None, repr=False)
    body: str | None = field(default=None, repr=False)
    reply_key: str | None = None
    attachments: tuple[Attachment, ...] = field(default=(), repr=False)
    data: Mapping[str, Json] = field(default_factory=dict, repr=False)

    @classmethod
    def from_json(cls, value: object) -> Record:
        """Read a record's JSON; raises InvalidRecord naming the field that does not fit."""
        fields = _checked(value)
        del fields["v"]
        fields["created_at"] = datetime.strptime(fields["created_at"], _SECONDS).replace(tzinfo=timezone.utc)
        if "attachments" in fields:
            fields["attachments"] = tuple(Attachment(**attachment) for attachment in fields["attachments"])
        return cls(**fields)

    def to_json(self) -> dict[str, Json]:
        """The record's JSON; what is empty is left out."""
        value: dict[str, Json] = {"v": VERSION, "created_at": self.created_at.strftime(_SECONDS)}
        for name in ("kind", "author", "ticket", "after", "channel", "lang", "subject", "body", "reply_key"):
            if (text := getattr(self, name)) is not None:
                value[name] = text
        if self.attachments:
            value["attachments"] = [attachment.to_json() for attachment in self.attachments]
        if self.data:
            value["data"] = dict(self.data)
        return value

    def canonical(self) -> bytes:
        """The record's RFC 8785 form, the bytes that are hashed; raises RecordTooLarge above 64 KiB."""
        form = rfc8785.dumps(self.to_json())
        if len(form) > MAX_RECORD_BYTES:
            raise RecordTooLarge(len(form), MAX_RECORD_BYTES)
        return form


@dataclass(frozen=True, slots=True)
class Opening:
    """A record and the salt that open an entry: whoever has both can check it against the chain."""

    entry: str
    salt: bytes = field(repr=False)
    record: Record = field(repr=False)


def compose(
    content: str | Mapping[str, Any],
    *,
    kind: str,
    author: str,
    ticket: str | None = None,
    after: str | None = None,
    reply_key: str | None = None,
) -> Record:
    """Make a record of what a user passes: a text, or a mapping.

    It may hold channel, lang, subject, body, attachments, data, and author, created_at (default: now) and
    reply_key.

    Raises InvalidRecord naming the field that does not fit, RecordTooLarge above 64 KiB in canonical form.

    >>> compose({"channel": "chat", "lang": "en", "body": "Hello?"}, kind="open", author="Ann").channel
    'chat'
    """
    if not isinstance(content, (str, Mapping)):
        raise InvalidRecord("", f"content is a text or a mapping, not {shown(content)}")
    given = {"body": content} if isinstance(content, str) else dict(content)
    if reserved := sorted({"v", "kind", "ticket", "after"} & given.keys()):
        raise InvalidRecord(reserved[0], "is set by the client; leave it out of the content")
    value: dict[str, Any] = {
        "author": author,
        "created_at": datetime.now(timezone.utc),
        "reply_key": reply_key,
    } | given
    value |= {"v": VERSION, "kind": kind, "ticket": ticket, "after": after}
    if isinstance(value["created_at"], datetime):
        value["created_at"] = _seconds(value["created_at"])
    if isinstance(value.get("attachments"), (list, tuple)):
        value["attachments"] = [
            item.to_json() if isinstance(item, Attachment) else item for item in value["attachments"]
        ]
    record = Record.from_json({name: item for name, item in value.items() if item is not None})
    record.canonical()
    return record


def commit(record: Record, salt: bytes | None = None) -> Opening:
    """Make a record's entry, under a fresh random salt unless one is passed."""
    salt = token_bytes(SALT_SIZE) if salt is None else salt
    return Opening(entry=to_hex(_entry(record, salt)), salt=salt, record=record)


def verify_entry(record: Record, salt: bytes, entry: str) -> bool:
    """Tell whether a record and a salt open an entry.

    >>> opening = commit(compose("Hello?", kind="open", author="Ann"))
    >>> verify_entry(opening.record, opening.salt, opening.entry)
    True
    """
    return len(salt) == SALT_SIZE and to_hex(_entry(record, salt)) == entry


def _entry(record: Record, salt: bytes) -> bytes:
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes, not {len(salt)}")
    return keccak(ENTRY_DOMAIN + salt + record.canonical())


def _seconds(at: datetime) -> str:
    if at.tzinfo is None:
        raise InvalidRecord("created_at", f"{at} has no time zone; pass an aware datetime")
    return at.astimezone(timezone.utc).strftime(_SECONDS)


_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_MOMENT = form("[12][0-9]{3}-[0-9]{2}-[0-9]{2}T([0-9]{2}:){2}[0-9]{2}Z", "like 2026-01-31T12:00:00Z")
_HASH = form("0x[0-9a-f]{64}", "0x and 64 lower-case hex digits")


def _moment(value: Any) -> str | None:
    if problem := _MOMENT(value):
        return problem
    try:
        datetime.strptime(value, _SECONDS)
    except ValueError:
        return f"{value} is no moment of the calendar"
    return None


def _data(value: Any) -> str | None:
    if not isinstance(value, dict) or not value:
        return "must be an object with at least one member; leave it out if there is none"
    return _value(value, 0)


def _value(value: Any, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"is nested more than {MAX_DEPTH} deep"
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return surrogate(value)
    if isinstance(value, int):
        return None if abs(value) <= MAX_INTEGER else "holds a number beyond 2^53 − 1; write it as a string"
    if isinstance(value, float):
        return "holds a float, which JSON implementations write differently; write it as a string"
    if isinstance(value, list):
        return next(filter(None, (_value(item, depth + 1) for item in value)), None)
    if isinstance(value, dict):
        if any(not isinstance(name, str) for name in value):
            return "has a name that is no string"
        return next(
            filter(None, (surrogate(n) or _value(item, depth + 1) for n, item in value.items())), None
        )
    return f"holds {shown(value)}, which JSON does not have"


_ATTACHMENT: Mapping[str, Check] = {
    "name": text(255),
    "media_type": form("[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,100}", "like text/plain"),
    "size": integer(0, MAX_INTEGER, "a count of bytes"),
    "sha256": form("[0-9a-f]{64}", "64 lower-case hex digits"),
}
_FIELDS: Mapping[str, Check] = {
    "v": integer(VERSION, VERSION, f"{VERSION}, the version that this package reads"),
    "kind": form("|".join(KINDS), f"one of {', '.join(KINDS)}"),
    "author": text(200),
    "created_at": _moment,
    "ticket": _HASH,
    "after": _HASH,
    "channel": form("[a-z][a-z0-9-]{0,31}", "like chat or email"),
    "lang": form("[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}", "like en or zh-CN"),
    "subject": text(1000),
    "body": text(MAX_RECORD_BYTES),
    "reply_key": _HASH,
    "attachments": many(members(_ATTACHMENT, required=_ATTACHMENT), 1, 100),
    "data": _data,
}


def _checked(value: object) -> dict[str, Any]:
    """A copy of a record's JSON object; raises InvalidRecord if it is not one."""
    if not isinstance(value, dict):
        raise InvalidRecord("", f"a record is a JSON object, not {shown(value)}")
    if unknown := [name for name in value if name not in _FIELDS]:
        raise InvalidRecord(str(unknown[0])[:40], f"is none of a record's, which are {', '.join(_FIELDS)}")
    for name in ("v", "kind", "author", "created_at"):
        if name not in value:
            raise InvalidRecord(name, "is missing")
    for name, item in value.items():
        if problem := _FIELDS[name](item):
            raise InvalidRecord(name, problem)
    kind = value["kind"]
    if kind in WITHOUT_TICKET and "ticket" in value:
        raise InvalidRecord("ticket", f"a record of kind {kind} has none")
    if kind not in WITHOUT_TICKET and "ticket" not in value:
        raise InvalidRecord("ticket", f"is missing: a record of kind {kind} names its ticket")
    if kind in WITH_WORDS and "body" not in value and "attachments" not in value:
        raise InvalidRecord("body", f"is missing: a record of kind {kind} has a body, attachments or both")
    if kind != "open" and "reply_key" in value:
        raise InvalidRecord("reply_key", "stands in the record that opens a ticket only")
    if kind == "erasure" and "after" not in value:
        raise InvalidRecord("after", "is missing: an erasure names the entry that was erased")
    return dict(value)
