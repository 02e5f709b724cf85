"""One entry of a store: what is kept there, as far as this keyring opens it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import cast

from proofdesk._errors import ContentErased, ContentMissing, ContentSealed, ContentTampered
from proofdesk._records import Opening
from proofdesk._store import SEALED, Archive, Store
from proofdesk.privacy.errors import SealedMismatch
from proofdesk.privacy.sealed import entry_of

_SEALED = f'{{"format":"{SEALED}"'.encode()


class State(Enum):
    """What an entry's content is."""

    OPENED = "opened"
    CLEAR = "clear"
    SEALED = "not opened"
    ERASED = "erased"
    MISSING = "missing"
    TAMPERED = "tampered"


@dataclass(frozen=True, slots=True)
class Looked:
    """An entry of a store: `content` and `opening` where it is a record that opened.

    `erasure` is what a tombstone names, `problem` what is wrong with what should have opened.
    """

    entry: str
    state: State
    content: bytes = field(default=b"", repr=False)
    opening: Opening | None = field(default=None, repr=False)
    erasure: str | None = None
    problem: str = ""

    @property
    def is_there(self) -> bool:
        """Whether there is a content that somebody could read."""
        return self.state in (State.OPENED, State.CLEAR, State.SEALED, State.TAMPERED)


def look(archive: Archive, entry: str) -> Looked:
    """Look at what is kept for an entry; of what does not open the form is checked."""
    try:
        content = archive.store.get(entry)
    except ContentMissing:
        return Looked(entry, State.MISSING)
    try:
        # Read once: what is judged is what was seen.
        held = cast("Store", _Held(content, str(archive.store)))
        opening = Archive(held, archive.codec).read(entry)
    except ContentErased as erased:
        return Looked(entry, State.ERASED, erasure=erased.erasure)
    except ContentTampered as error:
        return Looked(entry, State.TAMPERED, problem=str(error))
    except ContentSealed:
        return _sealed(entry, content)
    return Looked(entry, State.OPENED if content.startswith(_SEALED) else State.CLEAR, content, opening)


def _sealed(entry: str, content: bytes) -> Looked:
    try:
        entry_of(content)
    except SealedMismatch as error:
        return Looked(entry, State.TAMPERED, problem=str(error))
    return Looked(entry, State.SEALED, content)


@dataclass(frozen=True, slots=True)
class _Held:
    """As much of a store as an archive reads from: one content."""

    content: bytes = field(repr=False)
    place: str

    def get(self, _entry: str) -> bytes:
        return self.content

    def __str__(self) -> str:
        return self.place
