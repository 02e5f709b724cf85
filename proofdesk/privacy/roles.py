"""Roles that read: how a desk names them, which kinds of records each reads, and what the registry says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from proofdesk._checks import form, shown
from proofdesk._errors import InvalidArgument
from proofdesk._records import KINDS
from proofdesk._words import to_hex
from proofdesk.privacy.keys import Reader

ALL: Final = frozenset(KINDS)
# What most desks want. Agents read the access log too, for they seal what they write to whom it names.
USUAL: Final[Mapping[str, frozenset[str]]] = {
    "agents": ALL - {"exam", "revocation"},
    "supervisors": ALL,
    "auditors": ALL,
}

_WORD: Final = 32
_NAME = form("[a-z][a-z0-9-]{0,31}", "1 to 32 lower-case letters, digits and hyphens, a letter first")
_ORDER: Final = tuple(KINDS)


@dataclass(frozen=True, slots=True)
class RoleKey:
    """A role's public key from a moment on, and which kinds of records it reads.

    `key` is 32 bytes, None where the role was retired; versions count from 1. The key of two versions is the
    same where only what it reads was changed.
    """

    name: str
    key: bytes | None = field(repr=False)
    kinds: frozenset[str]
    version: int
    since: datetime

    @property
    def reader(self) -> Reader:
        """Whom records are sealed to; raises InvalidArgument where it was retired, or its key is unfit."""
        if self.key is None:
            raise InvalidArgument(f"role {self.name} was retired: nothing is sealed to it any more")
        return Reader(f"{self.name} v{self.version}", self.key)


def role_word(name: str) -> bytes:
    """A role's name as the registry has it: ASCII, padded with zeros; raises InvalidArgument.

    >>> role_word("agents")[:8]
    b'agents\\x00\\x00'
    """
    if problem := _NAME(name):
        raise InvalidArgument(f"role {problem}")
    return name.encode("ascii").ljust(_WORD, b"\0")


def role_name(word: bytes) -> str:
    """A role's name from what the registry has; in hex where another tool gave it a name of no such form.

    >>> role_name(b"agents".ljust(32, bytes(1)))
    'agents'
    """
    name = word.rstrip(b"\0").decode("ascii", "replace")
    return to_hex(word) if _NAME(name) else name


def mask_of(kinds: Iterable[str]) -> int:
    """Which kinds a role reads, a bit each by its place in the record's format; raises InvalidArgument.

    >>> mask_of(["open", "note"])
    5
    """
    given = {kinds} if isinstance(kinds, str) else set(kinds)
    if unknown := sorted(map(shown, given - set(_ORDER))):
        raise InvalidArgument(f"{unknown[0]} is no kind of record; there are {', '.join(_ORDER)}")
    if not given:
        raise InvalidArgument("a role that reads nothing is none: pass the kinds of records that it reads")
    return sum(1 << _ORDER.index(kind) for kind in given)


def kinds_of(mask: int) -> frozenset[str]:
    """The kinds in a mask; bits of kinds that only later packages know are passed over.

    >>> sorted(kinds_of(5))
    ['note', 'open']
    """
    return frozenset(kind for place, kind in enumerate(_ORDER) if mask >> place & 1)
