"""Keeping records: an archive turns them into bytes by a codec, a store (proofdesk.stores) keeps bytes.

The codec is the seam for encryption: a store never looks into what it keeps. Reading through an archive
verifies content against its entry, so a store may be anybody's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Protocol

from proofdesk._errors import ConfigurationError, ContentErased, ContentSealed, ContentTampered, RecordError
from proofdesk._json import parse
from proofdesk._records import Opening, Record, verify_entry
from proofdesk._words import to_bytes, to_hex

SEALED = "proofdesk-sealed/1"
ERASED = "proofdesk-erased/1"


class Store(Protocol):
    """Keeps bytes by entry (0x and 64 hex digits); several processes and threads may share one."""

    def put(self, entry: str, content: bytes) -> None:
        """Keep content, in place of what was kept before; atomic, and done when this returns."""

    def create(self, entry: str, content: bytes) -> bool:
        """Keep content if there is none, and say whether that was so; of several who try, one does it."""

    def get(self, entry: str) -> bytes:
        """Return content as it was put; raises ContentMissing."""

    def delete(self, entry: str) -> None:
        """Forget content, if there is any."""

    def shelf(self, name: str) -> Store:
        """A store of its own within this one, for what is kept beside the records: "access", "queue" ….

        A name has 1 to 20 lower letters and hyphens, a letter first. Raises InvalidArgument.
        """

    def __contains__(self, entry: str) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...


class Codec(Protocol):
    """Turns an opening into stored bytes and back."""

    def encode(self, opening: Opening) -> bytes:
        """The bytes to store."""

    def decode(self, content: bytes) -> Opening:
        """The opening in stored bytes; raises ValueError or RecordError, which never repeat it.

        Raises ContentErased or ContentSealed for what nobody, or not this one, can open.
        """


class ClearCodec(Codec):
    """Contents in the clear: JSON of version, entry, salt and record; it knows what it cannot open."""

    def encode(self, opening: Opening) -> bytes:
        value = {
            "v": 1,
            "entry": opening.entry,
            "salt": to_hex(opening.salt),
            "record": opening.record.to_json(),
        }
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, content: bytes) -> Opening:
        try:
            value = parse(content)
            form = value.get("format")
            if form in (SEALED, ERASED):
                entry = to_hex(to_bytes(value["entry"], 32, "entry"))
                if form == SEALED:
                    raise ContentSealed(entry)
                raise ContentErased(entry, to_hex(to_bytes(value["erasure"], 32, "erasure")))
            version, entry, record = value["v"], value["entry"], value["record"]
            salt = bytes.fromhex(value["salt"].removeprefix("0x"))
        except (ValueError, TypeError, KeyError, AttributeError):
            version = None
        if version != 1:
            raise ValueError("is no stored record of version 1")
        return Opening(entry, salt, Record.from_json(record))


class SealedElsewhere(ClearCodec):
    """Of a desk whose records are sealed, for who has no keys: it reads what is clear, and writes nothing."""

    def encode(self, opening: Opening) -> bytes:
        raise ConfigurationError(
            f"records of this desk are sealed: keep entry {opening.entry} by desk.keep, which seals it"
        )


class Archive:
    """Records by their entries.

    >>> from proofdesk._records import commit, compose
    >>> from proofdesk.stores import MemoryStore
    >>> archive = Archive(MemoryStore())
    >>> opening = commit(compose("Hello?", kind="open", author="Ann"))
    >>> archive.write(opening)
    >>> archive.read(opening.entry).record.body
    'Hello?'
    """

    def __init__(self, store: Store, codec: Codec | None = None) -> None:
        self.store = store
        self.codec = codec or ClearCodec()

    def write(self, opening: Opening) -> None:
        """Keep a record and its salt under its entry."""
        self.store.put(opening.entry, self.codec.encode(opening))

    def read(self, entry: str) -> Opening:
        """Return what opens an entry, verified.

        Raises ContentMissing, ContentTampered, ContentErased, ContentSealed.
        """
        content = self.store.get(entry)
        try:
            opening = self.codec.decode(content)
            if opening.entry == entry and verify_entry(opening.record, opening.salt, entry):
                return opening
            problem = "hashes to another entry"
        except (ContentErased, ContentSealed) as told:
            if told.entry == entry:
                raise
            problem = "says that it is another entry's"
        except RecordError:
            problem = "holds a record that does not fit the schema"
        except ValueError as error:
            problem = str(error)
        raise ContentTampered(entry, str(self.store), problem)
