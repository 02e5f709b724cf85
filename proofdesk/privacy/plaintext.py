"""Inside a sealed record: its length, record and salt in RFC 8785 form, and zeros up to its class of size."""

from __future__ import annotations

import re
from typing import Final

import rfc8785

from proofdesk._json import parse
from proofdesk._records import ENTRY_DOMAIN, VERSION, Json, Opening, Record, verify_entry
from proofdesk._words import keccak, to_bytes, to_hex
from proofdesk.privacy.errors import SealedMismatch

LEAST: Final = 1024  # bytes; the next class has twice as many

_FORM: Final = re.compile(rb'\{"record":(.*),"salt":"0x([0-9a-f]{64})","v":1\}', re.DOTALL)


def written(opening: Opening) -> bytes:
    """The bytes that are encrypted.

    >>> len(written(opening))
    1024
    """
    value: Json = {"v": VERSION, "salt": to_hex(opening.salt), "record": opening.record.to_json()}
    return _padded(rfc8785.dumps(value))


def read(entry: str, padded: bytes) -> Opening:
    """The opening of an entry in decrypted bytes; raises SealedMismatch, RecordError, ValueError.

    >>> read(opening.entry, written(opening)) == opening
    True
    """
    value = parse(_form(entry, padded))
    if not isinstance(value, dict) or value.keys() != {"v", "salt", "record"} or value["v"] != VERSION:
        raise SealedMismatch("holds what is no record of version 1", entry=entry)
    record, salt = Record.from_json(value["record"]), to_bytes(value["salt"], 32, "salt")
    if not verify_entry(record, salt, entry):
        raise SealedMismatch("holds a record that hashes to another entry", entry=entry)
    return Opening(entry, salt, record)


def check(entry: str, padded: bytes) -> None:
    """Hold decrypted bytes against their entry, mostly without taking them apart; raises as `read`.

    A key is not handed on unseen: one ciphertext may open under two, and who was handed the wrong one, in
    place of the wrap that he had, could not read the record any more.

    >>> check(opening.entry, written(opening))
    """
    found = _FORM.fullmatch(_form(entry, padded))
    if not found or keccak(ENTRY_DOMAIN + bytes.fromhex(found[2].decode()) + found[1]).hex() != entry[2:]:
        read(entry, padded)


def _form(entry: str, padded: bytes) -> bytes:
    size = int.from_bytes(padded[:4], "big")
    form = padded[4 : 4 + size]
    if padded != _padded(form):
        raise SealedMismatch("is not padded as sealed records are", entry=entry)
    return form


def _padded(form: bytes) -> bytes:
    whole = len(form).to_bytes(4, "big") + form
    size = LEAST
    while size < len(whole):
        size *= 2
    return whole.ljust(size, b"\0")
