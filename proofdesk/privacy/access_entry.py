"""Entries of the access log: numbered, linked, signed; what of them needs neither a chain nor a reading key.

Entry n lies on the store's shelf "access" under keccak256("proofdesk.access.v1" ‖ n), numbers from 1 in eight
bytes. It names a record of kind `access`, sealed to who may read the log, which says what was done:

    link = keccak256("proofdesk.access.v1" ‖ n ‖ entry of the record ‖ link before, zeros before the first)

Who did it signs AccessEntry(uint64 number,bytes32 entry,bytes32 previous) by the domain of the desk, and each
link is a leaf to be anchored, so that nothing is taken out or put in later. `schemas/
access-entry.schema.json` describes an entry to others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from proofdesk._checks import MAX_INTEGER, form, integer, members
from proofdesk._errors import ContentSealed, IntegrityError
from proofdesk._json import parse
from proofdesk._records import Json, Opening
from proofdesk._words import address_of, keccak, to_bytes, to_hex
from proofdesk.privacy.keys import Scope
from proofdesk.signed import eip712
from proofdesk.signed.eip712 import Struct
from proofdesk.signed.signature import recovered

SHELF: Final = "access"
START: Final = "0x" + 64 * "0"
ACTIONS: Final = frozenset(
    {"grant", "revoke", "create", "rotate", "rewrap", "share", "unshare", "erase", "leave"}
)

_DOMAIN: Final = b"proofdesk.access.v1"
_STRUCT: Final = Struct.of("AccessEntry(uint64 number,bytes32 entry,bytes32 previous)")
_HASH: Final = form("0x[0-9a-f]{64}", "0x and 64 lower-case hex digits")
_FORM: Final = {
    "v": integer(1, 1, "1, the version that this package reads"),
    "number": integer(1, MAX_INTEGER, "a whole number from 1"),
    "previous": _HASH,
    "entry": _HASH,
    "link": _HASH,
    "by": form("0x[0-9a-fA-F]{40}", "an address"),
    # A smart account's may be of any length that a call takes.
    "signature": form("0x([0-9a-f]{2}){0,4096}", "0x and lower-case hex digits"),
}
_check = members(_FORM, required=_FORM)


class AccessLogBroken(IntegrityError):  # noqa: N818  what happened, as those of the core
    """The access log is not as it was written: its entry `number` has a `problem`, the first that has one."""

    def __init__(self, number: int, problem: str) -> None:
        super().__init__(
            f"entry {number} of the access log {problem}: "
            "restore the store from a backup, and see who wrote to it"
        )
        self.number = number
        self.problem = problem


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """An entry as it is kept: what it names and what it follows, whose it is, and his signature.

    >>> entry = AccessEntry(scope, 1, "0x" + 32 * "11", START, account.address)
    >>> signed = entry.signed(signature_by(account, entry))
    >>> signed.is_signed_by_key(), AccessEntry.load(signed.dump(), scope, 1) == signed
    (True, True)
    """

    scope: Scope
    number: int
    entry: str
    previous: str
    by: str
    signature: str = field(default="0x", repr=False)

    @property
    def link(self) -> str:
        """What the next entry follows, and what is anchored."""
        return to_hex(keccak(_numbered(self.number) + _raw(self.entry) + _raw(self.previous)))

    @property
    def signer(self) -> str:
        """Whose signature it bears."""
        return self.by

    @property
    def digest(self) -> str:
        """What is signed, 32 bytes in 0x-hex."""
        return to_hex(eip712.digest(_STRUCT, self.scope.chain_id, self.scope.desk, self._message))

    @property
    def typed_data(self) -> dict[str, Any]:
        """What a wallet shows and signs by eth_signTypedData_v4."""
        return eip712.typed_data(_STRUCT, self.scope.chain_id, self.scope.desk, self._message)

    def signed(self, signature: bytes) -> AccessEntry:
        """The same with its signature."""
        return replace(self, signature=to_hex(signature))

    def is_signed_by_key(self) -> bool:
        """Whether its key signed it; of a smart account's signature only that account can tell."""
        return recovered(bytes.fromhex(self.signature[2:]), _raw(self.digest)) == self.by

    def dump(self) -> bytes:
        """The JSON that is kept."""
        value = {"v": 1, "number": self.number, "previous": self.previous, "entry": self.entry}
        value |= {"link": self.link, "by": self.by, "signature": self.signature}
        return json.dumps(value, separators=(",", ":")).encode()

    @classmethod
    def load(cls, content: bytes, scope: Scope, number: int) -> AccessEntry:
        """Read the entry that is kept under a number; raises AccessLogBroken.

        >>> AccessEntry.load(b"{}", scope, 7)
        Traceback (most recent call last):
        proofdesk.privacy.access_entry.AccessLogBroken: entry 7 of the access log is none, v: is missing: ...
        """
        try:
            value = parse(content)
        except ValueError:
            raise AccessLogBroken(number, "is no JSON") from None
        if problem := _check(value):
            raise AccessLogBroken(number, f"is none, {problem}")
        if value["by"] != address_of(int(value["by"], 16)):
            raise AccessLogBroken(number, "is none, by: has not the capitals of its checksum")
        if value["number"] != number:
            raise AccessLogBroken(number, f"says that it is entry {value['number']}")
        names = ("number", "entry", "previous", "by", "signature")
        entry = cls(scope, *(value[name] for name in names))
        if value["link"] != entry.link:
            raise AccessLogBroken(number, "has a link that is not made of what it says")
        return entry

    @property
    def _message(self) -> dict[str, Any]:
        return {"number": self.number, "entry": self.entry, "previous": self.previous}


@dataclass(frozen=True, slots=True)
class Access:
    """An entry of the access log, read: what was done, by whom and when, as he says.

    `details` are the record's: of a grant the ticket, the reader's name and key … Where no key at hand opens
    the record, `action` and `at` are None.
    """

    number: int
    by: str
    entry: str
    link: str
    action: str | None = None
    at: datetime | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


def key_of(number: int) -> str:
    """Under what an entry is kept on the shelf.

    >>> key_of(1)[:10]
    '0xab738280'
    """
    return to_hex(keccak(_numbered(number)))


def told(entry: AccessEntry, opening: Opening | ContentSealed) -> Access:
    """An entry with what its record says, or that it is sealed; raises AccessLogBroken where they differ."""
    plain = Access(entry.number, entry.by, entry.entry, entry.link)
    if isinstance(opening, ContentSealed):
        return plain
    record, data = opening.record, dict(opening.record.data)
    action = data.pop("action", None)
    if record.kind != "access" or not isinstance(action, str) or action not in ACTIONS:
        raise AccessLogBroken(entry.number, "names a record that is none of access")
    if record.author != entry.by:
        raise AccessLogBroken(entry.number, f"is of {entry.by}, its record of somebody else")
    return replace(plain, action=action, at=record.created_at, details=data)


def check_row(entries: Iterable[AccessEntry], before: AccessEntry | None = None) -> None:
    """Check that entries follow `before`, or are the first, and each other; raises AccessLogBroken.

    It names the first that does not. Signatures are apart from this: see `is_signed_by_key`.
    """
    number, previous = (before.number, before.link) if before else (0, START)
    for entry in entries:
        number += 1
        if entry.number != number:
            raise AccessLogBroken(number, "is missing")
        if entry.previous != previous:
            raise AccessLogBroken(number, "does not follow the one before it: one of the two was exchanged")
        previous = entry.link


def _numbered(number: int) -> bytes:
    return _DOMAIN + number.to_bytes(8, "big")


def _raw(value: str) -> bytes:
    return to_bytes(value, 32, "hash")
