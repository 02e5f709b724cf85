"""How the values of claims are written: in Python, in JSON, and as the contracts take them.

A kind of value knows all three. What comes from a caller or from JSON is checked by the same rules and kept
in one form, so that two that say the same are equal: an address has its checksum, other hex is in small
letters, a moment is a whole second of UTC. In JSON amounts are decimal texts, moments seconds since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from enum import IntEnum
from typing import Any, ClassVar, Final, Protocol, TypeVar

from proofdesk import _checks
from proofdesk._checks import Check, shown
from proofdesk._words import address_of, moment, to_hex
from proofdesk.signed.reading import Malformed, misspelt, named

ETH: Final = "0x" + 40 * "0"
NO_ROOT: Final = "0x" + 64 * "0"
NO_SIGNATURE: Final = "0x"
MOST_AMOUNT: Final = 2**128 - 1
# The last second that a calendar has.
MOST_SECONDS: Final = 253_402_300_799

F = TypeVar("F", bound="Formed")


class Kind(Protocol):
    """A kind of value; each raises the error that it is given, with the place of what does not fit."""

    def read(self, value: Any, where: str, error: type[Malformed]) -> Any:
        """Python's value of what JSON holds."""

    def settle(self, value: Any, where: str, error: type[Malformed]) -> Any:
        """Python's value of what a caller passes, in its one form."""

    def plain(self, value: Any) -> Any:
        """What JSON holds of Python's value."""

    def abi(self, value: Any) -> Any:
        """What a contract is given of Python's value."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that holds no others."""

    check: Check
    lift: Callable[[Any], Any]
    plain: Callable[[Any], Any]
    abi: Callable[[Any], Any]

    def read(self, value: Any, where: str, error: type[Malformed]) -> Any:
        """As Kind."""
        if problem := self.check(value):
            raise error(where, problem)
        return self.lift(value)

    def settle(self, value: Any, where: str, error: type[Malformed]) -> Any:
        """As Kind."""
        return self.read(self.plain(value), where, error)


@dataclass(frozen=True, slots=True)
class Nested:
    """A value of its own class."""

    kind: type[Formed]

    def read(self, value: Any, where: str, error: type[Malformed]) -> Any:
        """As Kind."""
        return self.kind(**self.kind.read(value, where, error))

    def settle(self, value: Any, where: str, error: type[Malformed]) -> Any:
        """As Kind."""
        if isinstance(value, self.kind):
            return value
        raise error(where, f"must be a {self.kind.__name__}, not {shown(value)}")

    def plain(self, value: Any) -> Any:
        """As Kind."""
        return value.plain()

    def abi(self, value: Any) -> Any:
        """As Kind."""
        return value.abi


@dataclass(frozen=True, slots=True)
class Many:
    """A list of at most so many."""

    kind: Kind
    most: int

    def read(self, value: Any, where: str, error: type[Malformed]) -> Any:
        """As Kind."""
        self._check(value, where, error)
        return tuple(self.kind.read(each, f"{where}[{at}]", error) for at, each in enumerate(value))

    def settle(self, value: Any, where: str, error: type[Malformed]) -> Any:
        """As Kind."""
        self._check(value, where, error)
        return tuple(self.kind.settle(each, f"{where}[{at}]", error) for at, each in enumerate(value))

    def plain(self, value: Any) -> Any:
        """As Kind."""
        return [self.kind.plain(each) for each in value]

    def abi(self, value: Any) -> Any:
        """As Kind."""
        return [self.kind.abi(each) for each in value]

    def _check(self, value: Any, where: str, error: type[Malformed]) -> None:
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
            raise error(where, f"must be a list, not {shown(value)}")
        if len(value) > self.most:
            raise error(where, f"has {len(value):,}, at most {self.most} are taken")


class Formed:
    """A value whose fields have kinds; they are checked, and put into their one form, as it is made."""

    __slots__ = ()

    FORM: ClassVar[Mapping[str, Kind]]
    ERROR: ClassVar[type[Malformed]] = Malformed

    def __post_init__(self) -> None:
        for name, kind in self.FORM.items():
            # Frozen for others; here it takes the one form in which it is kept.
            object.__setattr__(self, name, kind.settle(getattr(self, name), name, self.ERROR))

    @classmethod
    def named(cls, name: str) -> str:
        """A field's name in JSON: as the contracts write it."""
        return camel(name)

    @classmethod
    def read(cls, value: object, where: str, error: type[Malformed]) -> dict[str, Any]:
        """The fields of what JSON holds, by their names in Python; raises `error`."""
        left_out = cls._optional().keys() - (value if isinstance(value, Mapping) else {})
        names = {name: cls.named(name) for name in cls.FORM if cls.named(name) not in left_out}
        held = named(where, value, list(names.values()), error)
        at = f"{where}." if where else ""
        return {
            name: cls.FORM[name].read(held[written], at + written, error) for name, written in names.items()
        }

    def plain(self) -> dict[str, Any]:
        """What JSON holds of it; what may be left out, and says nothing, is."""
        usual = self._optional()
        return {
            self.named(name): kind.plain(getattr(self, name))
            for name, kind in self.FORM.items()
            if self.named(name) not in usual or getattr(self, name) != usual[self.named(name)]
        }

    @property
    def abi(self) -> dict[str, Any]:
        """As a contract takes it, and as it is signed."""
        return {camel(name): kind.abi(getattr(self, name)) for name, kind in self.FORM.items()}

    @classmethod
    def _optional(cls) -> Mapping[str, Any]:
        # Every class with forms is a dataclass, which its base cannot say.
        found: Any = cls
        return {cls.named(each.name): each.default for each in fields(found) if each.default is not MISSING}


def camel(name: str) -> str:
    """A field's name as the contracts write it.

    >>> camel("purchased_at")
    'purchasedAt'
    """
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _address(value: Any) -> str | None:
    return _hex20(value) or misspelt(value)


def _seconds(value: Any) -> Any:
    # Whole ones: the chain knows no others. A moment without its zone is refused by the check.
    aware = isinstance(value, datetime) and value.utcoffset() is not None
    return int(value.timestamp()) if aware else value


def _amount(value: Any) -> str | None:
    fits = isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{0,38}", value) and int(value) <= MOST_AMOUNT
    return None if fits else f"{shown(value)} must be a whole number of smallest units below 2^128"


def _decimal(value: Any) -> Any:
    if type(value) is not int:
        return None  # True is an int to isinstance, and no amount
    # Of a number with thousands of digits Python makes no text.
    return str(value) if abs(value) <= MOST_AMOUNT else value


def _same(value: Any) -> Any:
    return value


def _hexed(value: Any) -> Any:
    return to_hex(value) if isinstance(value, bytes) else value


def number(low: int, high: int, advice: str) -> Leaf:
    """Whole numbers in these bounds; `advice` goes on after "must be"."""
    return Leaf(_checks.integer(low, high, advice), _same, _same, _same)


def text(most: int) -> Leaf:
    """Texts of 1 to so many characters; no contract is given one."""
    return Leaf(_checks.text(most), _same, _same, _same)


def choice(kind: type[IntEnum], low: int = 0) -> Leaf:
    """An enum's members from `low` on, by their numbers."""

    def numbered(value: Any) -> Any:
        return int(value) if isinstance(value, kind) else value

    low, high = max(low, *list(kind)[:1]), max(kind)
    check = _checks.integer(low, high, f"a number from {low} to {int(high)} ({kind.__name__})")
    return Leaf(check, kind, numbered, int)


_hex20 = _checks.form("0x(?!0{40}$)[0-9a-fA-F]{40}", "an address of 0x and 40 hex digits, not all zeros")

ADDRESS: Final = Leaf(_address, lambda value: address_of(int(value, 16)), _same, _same)
# The zero address stands for ETH here, and for nobody elsewhere.
TOKEN: Final = Leaf(
    lambda value: None if value == ETH else _address(value),
    lambda value: address_of(int(value, 16)),
    _same,
    _same,
)
HASH: Final = Leaf(
    _checks.form("0x(?!0{64}$)[0-9a-fA-F]{64}", "0x and 64 hex digits, not all zeros"),
    str.lower,
    _hexed,
    _same,
)
ROOT: Final = Leaf(_checks.form("0x[0-9a-fA-F]{64}", "0x and 64 hex digits"), str.lower, _hexed, _same)
# So many that a claim with all its attestations is never larger than is taken.
SIGNATURE: Final = Leaf(
    _checks.form("0x([0-9a-fA-F]{2}){0,2048}", "0x and hex digits of at most 2,048 bytes"),
    str.lower,
    _hexed,
    _same,
)
AMOUNT: Final = Leaf(_amount, int, _decimal, _same)
MOMENT: Final = Leaf(
    _checks.integer(0, MOST_SECONDS, "a moment with its zone, in JSON seconds since 1970"),
    moment,
    _seconds,
    _seconds,
)
DEADLINE: Final = number(1, _checks.MAX_INTEGER, "seconds since 1970")
CHAIN: Final = number(1, _checks.MAX_INTEGER, "a chain's id")
