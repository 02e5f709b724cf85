"""What others hand in: read without trust, each field checked before anything is made of it; so signed acts.

`schemas/signed-act.schema.json` says the same to others; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from proofdesk._checks import MAX_INTEGER, form, integer, shown
from proofdesk._errors import InvalidArgument
from proofdesk._json import refuse_depth
from proofdesk._words import address_of
from proofdesk.signed.typed_data import TYPES
from proofdesk.signed.typed_data import form as typed_form

FORMAT: Final = 1
MEMBERS: Final = ("v", "act", "chain_id", "desk", "message", "signature")
MAX_BYTES: Final = 16 * 1024

_ADDRESSES: Final = frozenset({"desk", "customer", "agent", "actor"})
_address = form("0x(?!0{40}$)[0-9a-fA-F]{40}", "an address of 0x and 40 hex digits, not all zeros")
_hash = form("0x(?!0{64}$)[0-9a-fA-F]{64}", "0x and 64 hex digits, not all zeros")
_status = integer(1, 9, "a status's number from 1 to 9")
_CHECKS: Final = {
    "chain_id": integer(1, MAX_INTEGER, "a chain's id"),
    **dict.fromkeys(_ADDRESSES, _address),
    # So many that the whole is never larger than is taken.
    "signature": form("0x([0-9a-fA-F]{2}){0,7680}", "0x and hex digits of at most 7,680 bytes"),
    "lane": integer(1, 1023, "a lane's number from 1 to 1,023"),
    "ticketId": _hash,
    "entry": _hash,
    "certificateId": integer(1, 2**26 - 1, "a certificate's number from 1"),
    "from": _status,
    "to": _status,
    "score": integer(1, 5, "a score from 1 to 5"),
    # 1,023 would mean "whatever was added since", which nobody can sign.
    "seen": integer(1, 1022, "a number of acts from 1 to 1,022"),
    "deadline": integer(1, MAX_INTEGER, "seconds since 1970"),
}


class Malformed(InvalidArgument):
    """What was handed in is not what it is taken for; `field` does not fit, `problem` says how."""

    what: ClassVar[str] = "value"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{self.what}, field {field!r}: {problem}" if field else f"{self.what}: {problem}")
        self.field = field
        self.problem = problem


class MalformedSignedAct(Malformed):
    """What was handed in is no signed act; `field` does not fit, `problem` says how."""

    what = "signed act"


def parsed(content: object) -> Mapping[str, Any]:
    """The members of a signed act's JSON, still to be checked; raises MalformedSignedAct.

    >>> parsed(b"[]")
    Traceback (most recent call last):
    proofdesk.signed.reading.MalformedSignedAct: signed act: must be an object that is not nested deeply
    """
    raw = raw_of(content, MalformedSignedAct)
    # An act is an object in an object, and no text in it has a bracket: so none is ever deep.
    if b"[" in raw or raw.count(b"{") > 2:
        raise MalformedSignedAct("", "must be an object that is not nested deeply")
    members = named("", loaded(raw, MalformedSignedAct), MEMBERS, MalformedSignedAct)
    check_version(members, MalformedSignedAct)
    return members


def raw_of(content: object, error: type[Malformed], most: int = MAX_BYTES) -> bytes:
    """The bytes of a JSON text of at most so many; raises `error`."""
    if not isinstance(content, (str, bytes)):
        raise error("", f"must be JSON, not {shown(content)}")
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    if len(raw) > most:
        raise error("", f"has {len(raw):,} bytes, at most {most:,} are taken")
    return raw


def loaded(raw: bytes, error: type[Malformed]) -> Any:
    """The value of a JSON text, where no name is given twice in an object; raises `error`."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            raise error("", "names a field twice, and nobody could tell which was signed")
        return value

    try:
        refuse_depth(raw)
        return json.loads(raw.decode(), object_pairs_hook=unique)
    except Malformed:
        raise
    except (ValueError, RecursionError):
        raise error("", "is no JSON in UTF-8") from None


def check_version(members: Mapping[str, Any], error: type[Malformed]) -> None:
    """Raise `error` for an object of a version that is not known here."""
    if "v" not in members:
        raise error("v", "is missing")
    if type(members["v"]) is not int or members["v"] != FORMAT:
        raise error("v", f"{shown(members['v'])} must be {FORMAT}, the only version there is")


def fields_of(act: object, message: object) -> dict[str, int | str]:
    """A message's fields in the struct's order and each in its one form; raises MalformedSignedAct.

    >>> entry = "0x" + 32 * "AB"
    >>> fields_of("open", {"customer": "0x" + 20 * "11", "lane": 1, "entry": entry, "deadline": 9})["entry"]
    '0xabababababababababababababababababababababababababababababababab'
    """
    if not (isinstance(act, str) and act in TYPES):
        raise MalformedSignedAct("act", f"{shown(act)} must be one of {', '.join(TYPES)}")
    names = [field["name"] for field in typed_form(act).fields]
    values = named("message", message, names, MalformedSignedAct)
    return {name: checked(name, values[name], "message.") for name in names}


def checked(name: str, value: Any, where: str = "") -> Any:
    """A field's value in its one form: an address with its checksum, other hex in small letters.

    Raises MalformedSignedAct.

    >>> checked("desk", "0x" + 20 * "ab")
    '0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB'
    """
    if problem := _CHECKS[name](value):
        raise MalformedSignedAct(where + name, problem)
    if name not in _ADDRESSES:
        return value.lower() if isinstance(value, str) else value
    if problem := misspelt(value):
        raise MalformedSignedAct(where + name, problem)
    return address_of(int(value, 16))


def misspelt(address: str) -> str | None:
    """What is wrong with the capitals of 0x and 40 hex digits, where they are mixed."""
    if address in (address.lower(), "0x" + address[2:].upper(), address_of(int(address, 16))):
        return None
    return f"{address} has not the capitals of its checksum: read it again"


def named(where: str, value: object, wanted: Sequence[str], error: type[Malformed]) -> Mapping[str, Any]:
    """An object that has exactly these names; raises `error`."""
    if not isinstance(value, Mapping):
        raise error(where, f"must be an object, not {shown(value)}")
    for name in value:
        if name not in wanted:
            raise error(where, f"{shown(name)} is not known here, only {', '.join(wanted)}")
    for name in wanted:
        if name not in value:
            raise error(f"{where}.{name}".lstrip("."), "is missing")
    return value
