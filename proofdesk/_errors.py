"""Every error that proofdesk raises.

ProofdeskError
├── InvalidArgument          a value the caller passed (also a ValueError)
├── ConfigurationError       what the operator set up
│   └── DeploymentNotFound   no manifest of a desk, or several
├── DeploymentMismatch       the chain is not the one the manifest describes
├── ConnectionLost           the node does not answer
├── TransactionError         a transaction did not do what it was sent for
│   ├── InsufficientFunds    the account cannot pay for it
│   └── ContractRevert       the contract refused it; one class per Solidity error below it
├── ContentSealed            no key at hand opens a record
├── RecordError              a record cannot be made
│   ├── InvalidRecord
│   └── RecordTooLarge
└── IntegrityError           what was read is not what was written
    ├── LogMismatch          events and a lane's log differ
    ├── ContentMissing       no content for an entry
    ├── ContentTampered      content that is not its entry's
    ├── ContentErased        content that was erased, as the log says
    └── RecordElsewhere      an act names a record that is not its own

Context is in attributes; a message says what happened, on what, and what to do next. Keys and contents are
in neither.
"""

# ruff: noqa: N818  these names are what happened; only the groups end in Error

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from enum import Enum
from functools import cache
from pathlib import Path
from typing import ClassVar


class ProofdeskError(Exception):
    """The root of all errors of this package."""

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword arguments cannot be pickled otherwise, and process pools pickle them.
        return _revive, (type(self), self.args, self.__dict__.copy())


def _revive(kind: type[ProofdeskError], args: tuple[object, ...], state: dict[str, object]) -> ProofdeskError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidArgument(ProofdeskError, ValueError):
    """A value passed to this package cannot be meant; nothing was done."""


class ConfigurationError(ProofdeskError):
    """Something the operator set up is missing, unreadable or contradictory."""


class DeploymentNotFound(ConfigurationError):
    """No manifest fits, or more than one does; `candidates` are the paths of those."""

    def __init__(self, message: str, *, chain_id: int, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.chain_id = chain_id
        self.candidates = candidates


class DeploymentMismatch(ProofdeskError):
    """Chain id, genesis or code differ from the manifest's: `what` is `expected` but was `found`."""

    def __init__(self, what: str, expected: object, found: object) -> None:
        super().__init__(
            f"{what} is {found}, but the deployment says {expected}: "
            "connect to the chain it was made on, or pass the deployment of this one"
        )
        self.what = what
        self.expected = expected
        self.found = found


class ConnectionLost(ProofdeskError):
    """The node did not answer; running the same call again is safe, an act is never on chain twice."""


class TransactionError(ProofdeskError):
    """A transaction did not do what it was sent for; `tx_hash` is None if it was never sent."""

    def __init__(self, message: str, *, tx_hash: str | None = None) -> None:
        super().__init__(message)
        self.tx_hash = tx_hash


class InsufficientFunds(TransactionError):
    """The account cannot pay; `balance` and `needed` are wei. Nothing was sent."""

    def __init__(self, account: str, *, balance: int, needed: int) -> None:
        super().__init__(f"{account} has {balance} wei and needs {needed}: send it the rest and call again")
        self.account = account
        self.balance = balance
        self.needed = needed


class ContractRevert(TransactionError):
    """The contract refused an act; nothing changed. `data` is what it returned.

    Generated subclasses carry the Solidity error's arguments as attributes, named in `arguments`; those in
    `moments` are moments since 1970, each with its unit in seconds.

    >>> ContractRevert("reverted without a reason", tx_hash="0x2a").tx_hash
    '0x2a'
    """

    arguments: ClassVar[tuple[str, ...]] = ()
    moments: ClassVar[Mapping[str, int]] = {}

    def __init__(self, message: str = "", *, tx_hash: str | None = None, data: bytes = b"") -> None:
        super().__init__(message or self._render(), tx_hash=tx_hash)
        self.data = data

    @property
    def hint(self) -> str:
        """What it means and what to do next; empty for an error that this package does not know."""
        return hints().get(type(self).__name__, "")

    def _render(self) -> str:
        shown = ", ".join(
            f"{name.rstrip('_')} {_shown(getattr(self, name), self.moments.get(name, 0))}"
            for name in self.arguments
        )
        told = type(self).__name__ + (f"({shown})" if shown else "")
        return ": ".join(filter(None, [told, self.hint]))


class ContentSealed(ProofdeskError):
    """The content of `entry` is sealed to others; nothing is wrong with it."""

    def __init__(self, entry: str) -> None:
        super().__init__(
            f"the content of entry {entry} is sealed, and no key at hand opens it: connect with keyring= of "
            "somebody it is for, or ask one of them for a grant"
        )
        self.entry = entry


class RecordError(ProofdeskError):
    """A record cannot be made of what was passed; nothing was stored or sent."""


class InvalidRecord(RecordError):
    """A record's `field` does not fit the schema; `problem` says how."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"record field {field!r}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


class RecordTooLarge(RecordError):
    """A record's canonical form has `size` bytes, more than `limit`."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"the record has {size:,} bytes in canonical form, the limit is {limit:,}: "
            "shorten it, or keep long texts as attachments, which a record names by their SHA-256"
        )
        self.size = size
        self.limit = limit


class IntegrityError(ProofdeskError):
    """What was read is not what was written."""


class LogMismatch(IntegrityError):
    """Events and the log of `lane` differ, first at leaf `position` (None where only the roots tell)."""

    def __init__(self, message: str, *, lane: int, position: int | None = None) -> None:
        super().__init__(message)
        self.lane = lane
        self.position = position


class ContentMissing(IntegrityError):
    """There is no content for `entry` in the store."""

    def __init__(self, entry: str, place: str) -> None:
        super().__init__(
            f"no content for entry {entry} in {place}: pass the store that was used when it was written, "
            "or restore that one from a backup"
        )
        self.entry = entry


class ContentTampered(IntegrityError):
    """The content stored for `entry` is not what was committed to."""

    def __init__(self, entry: str, place: str, problem: str) -> None:
        super().__init__(
            f"the content of entry {entry} in {place} {problem}: it is not what the chain holds the hash of; "
            "restore it from a backup"
        )
        self.entry = entry


class RecordElsewhere(IntegrityError):
    """An act names `entry`, whose record was written for another ticket or act: entries are public."""

    def __init__(self, entry: str) -> None:
        super().__init__(
            f"the record of entry {entry} was written for another ticket or act, which this act names again"
        )
        self.entry = entry


class ContentErased(IntegrityError):
    """The content of `entry` was erased, as the entry `erasure` in the log says.

    `at` is when, `by` the address of who did it, `ground` the legal ground that he named; None: not read.
    """

    def __init__(
        self,
        entry: str,
        erasure: str,
        *,
        at: datetime | None = None,
        by: str | None = None,
        ground: str | None = None,
    ) -> None:
        told = [f"on {at:%Y-%m-%d %H:%M} UTC" if at else "", f"by {by}" if by else ""]
        told += [f"(ground: {ground})" if ground else "", f"as entry {erasure} says"]
        super().__init__(
            f"the content of entry {entry} was erased {' '.join(filter(None, told))}: "
            "only its hash and its place in the log remain"
        )
        self.entry, self.erasure = entry, erasure
        self.at, self.by, self.ground = at, by, ground


def _shown(value: object, unit: int) -> str:
    if isinstance(value, Enum):
        return hints().get(f"{type(value).__name__}.{value.name}", value.name)
    # A contract can return moments of the year 10,000 and later, which no calendar has.
    if unit and isinstance(value, int) and 0 <= value * unit < 253_402_300_800:
        return f"{datetime.fromtimestamp(value * unit, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
    return "0x" + value.hex() if isinstance(value, bytes) else f"{value}"


@cache
def hints() -> Mapping[str, str]:
    """What each Solidity error means to the one who sees it, and what he can do; by the error's name.

    By an enum's member, as `Actor.ANYONE`: how it is told where its name does not say enough.
    """
    found: dict[str, str] = json.loads((Path(__file__).parent / "hints.json").read_text("utf-8"))
    return found
