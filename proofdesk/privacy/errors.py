"""What sealed content and reading keys can be that they should not.

InvalidArgument
├── InvalidKey           bytes that are no reading key, or that nobody can seal to
├── NoReaders            a record would be sealed to nobody
└── MalformedLink        what was handed in is no statement of one person
IntegrityError
└── SealedMismatch       a record that was not sealed like this: changed, or another desk's
    └── MalformedSealed  it is not even of the form

That no key at hand opens a record is the core's ContentSealed, for nothing is wrong then. The errors of
content are ValueErrors too, as an Archive's codec raises them; none repeats a content, a key or a password.
"""

# ruff: noqa: N818  these names are what happened, as those of the core

from __future__ import annotations

# What the registry of keys refuses, by its name.
from proofdesk._contract_errors import (
    AccessManagedUnauthorized,
    EmptyOwner,
    InvalidSignature,
    NoContract,
    NoKey,
    SignatureExpired,
    TooManyRoles,
    WrongReads,
    WrongVersion,
)
from proofdesk._errors import IntegrityError, InvalidArgument
from proofdesk.signed.reading import Malformed

__all__ = [
    "AccessManagedUnauthorized",
    "EmptyOwner",
    "InvalidKey",
    "InvalidSignature",
    "MalformedLink",
    "MalformedSealed",
    "NoContract",
    "NoKey",
    "NoReaders",
    "SealedMismatch",
    "SignatureExpired",
    "TooManyRoles",
    "WrongReads",
    "WrongVersion",
]


class InvalidKey(InvalidArgument):
    """No reading key, or one to which nothing can be sealed."""


class NoReaders(InvalidArgument):
    """Nobody would be able to read a record; nothing was sealed."""


class MalformedLink(Malformed):
    """What was handed in does not link pseudonyms; `field` does not fit, `problem` says how."""

    what = "linked pseudonyms"


class SealedMismatch(IntegrityError, ValueError):
    """A sealed record is not what was sealed, or not where; `problem` says how.

    `entry` is what the content says it is of, None where it does not say.
    """

    def __init__(self, problem: str, *, entry: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.entry = entry


class MalformedSealed(SealedMismatch):
    """Content is not of the sealed form that this package reads; `problem` says how."""
