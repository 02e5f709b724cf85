"""Reading TOML strictly: every value is asked for by name and form, and what nobody asked for is an error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from proofdesk._checks import shown
from proofdesk._errors import ConfigurationError
from proofdesk._words import address_of
from proofdesk.ops._tokens import units

T = TypeVar("T")

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MISSING: Any = object()
# respond_within and resolve_within, both of them keys, are 0.79 alike.
_ALIKE = 0.85


class Table:
    """One table of a file; `where` is the file and the table's place in it, for errors."""

    def __init__(self, values: Mapping[str, Any], file: Path, place: str = "") -> None:
        self._values = dict(values)
        self._file = file
        self._place = place
        self._asked: set[str] = set()

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise ConfigurationError about one of its keys."""
        raise ConfigurationError(f"{self._file}: {self._at(key)} {problem}")

    def has(self, key: str) -> bool:
        """Tell whether the key is there, which is to know it."""
        self._asked.add(key)
        return key in self._values

    def value(self, key: str) -> Any:
        """A value of any kind, as it stands; None where the key is missing."""
        self._asked.add(key)
        return self._values.get(key)

    def text(self, key: str, default: str = _MISSING, *, pattern: str = ".+", advice: str = "a text") -> str:
        """A text that the pattern fits whole."""
        value = self._get(key, str, advice, default)
        if value is not default and not re.fullmatch(pattern, value):
            self.fail(key, f"is {shown(value)}: write {advice}")
        return value

    def flag(self, key: str, default: bool = _MISSING) -> bool:
        """True or false."""
        return self._get(key, bool, "true or false", default)

    def number(self, key: str, low: int, high: int, default: int = _MISSING) -> int:
        """A whole number in these bounds."""
        advice = f"a whole number from {low:,} to {high:,}"
        value = self._get(key, int, advice, default)
        if value is not default and not low <= value <= high:
            self.fail(key, f"is {shown(value)}: write {advice}")
        return value

    def amount(self, key: str, decimals: int, *, low: int = 0, default: int = _MISSING) -> int:
        """An amount of whole tokens, written as a text, in smallest units: from `low` to below 2^128."""
        if not self.has(key) and default is not _MISSING:
            return default
        advice = f'an amount as a text, such as "0.5", with at most {decimals} decimals'
        advice += " and above 0" if low else ""
        written = self.text(key, advice=advice)
        found = units(written, decimals)
        if found is None or found < low:
            self.fail(key, f"is {shown(written)}: write {advice}")
        return found

    def seconds(self, key: str, low: int, high: int, default: int = _MISSING) -> int:
        """A span such as "4h" in seconds, in these bounds of seconds."""
        advice = f"a span such as '30m', '4h' or '2d', from {_span(low)} to {_span(high)}"
        if not self.has(key) and default is not _MISSING:
            return default
        match = re.fullmatch("([0-9]{1,9})([smhd])", self._get(key, str, advice))
        seconds = int(match[1]) * _SECONDS[match[2]] if match else -1
        if not low <= seconds <= high:
            self.fail(key, f"is {shown(self._values[key])}: write {advice}")
        return seconds

    def minutes(self, key: str, low: int, high: int) -> int:
        """A span in minutes: a number of them, or a text such as "4h"."""
        if type(self._values.get(key)) is int:
            return self.number(key, low, high)
        seconds = self.seconds(key, 60 * low, 60 * high)
        if seconds % 60:
            self.fail(key, f"is {shown(self._values[key])}: windows are whole minutes")
        return seconds // 60

    def moment(self, key: str) -> datetime:
        """A moment with its zone: a TOML date and time, or such a text."""
        self._asked.add(key)
        value = self._values.get(key)
        if isinstance(value, str):
            with suppress(ValueError):
                # Python 3.10 reads no Z.
                value = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", value))
        if not isinstance(value, datetime) or value.tzinfo is None:
            self.fail(key, f"is {shown(value)}: write a moment with its zone, such as 2026-01-31T12:00:00Z")
        return value

    def as_address(self, key: str, value: Any, advice: str = "") -> str:
        """The EIP-55 form of the address that is a key's value; `advice` says what else may be there."""
        if not isinstance(value, str) or not re.fullmatch("0x[0-9a-fA-F]{40}", value):
            self.fail(key, f"is {shown(value)}: write an address (0x and 40 hex digits) {advice}".rstrip())
        address, digits = address_of(int(value, 16)), value[2:]
        if value != address and not (digits.islower() or digits.isupper() or digits.isdigit()):
            self.fail(key, f"is {value}, whose capitals are not its checksum's: is it {address}?")
        if not int(value, 16):
            self.fail(key, "is the zero address: nobody holds it")
        return address

    def items(self, key: str) -> list[Any]:
        """A list of anything; empty where the key is missing."""
        return self._get(key, list, "a list", [])

    def table(self, key: str, *, optional: bool = False) -> Table:
        """A table below this one; an optional one that is missing is empty."""
        return self.sub(self._get(key, dict, "a table", {} if optional else _MISSING), key)

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of an array of tables; none where the key is missing."""
        for number, value in enumerate(self._get(key, list, f"tables, each headed [[{key}]]", []), 1):
            if not isinstance(value, dict):
                self.fail(key, f"holds {shown(value)}: write tables, each headed [[{key}]]")
            yield self.sub(value, f"{key}[{number}]")

    def sub(self, values: Mapping[str, Any], place: str) -> Table:
        """A table of this file at a place below this one."""
        return Table(values, self._file, self._at(place))

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def only_asked(self) -> None:
        """Raise ConfigurationError for a key that nothing has asked for."""
        for key in self._values:
            if key not in self._asked:
                self.fail(key, f"is not known here: {', '.join(sorted(self._asked))} are")

    def _at(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

    def _get(self, key: str, kind: type[T], advice: str, default: Any = _MISSING) -> T:
        self._asked.add(key)
        value = self._values.get(key, default)
        if value is _MISSING:
            # A key that is all but this one is the mistake: two words for it would only be added to the file.
            for other in get_close_matches(key, self._values.keys() - self._asked, 1, _ALIKE):
                self.fail(other, f"is not known here: is it {key}?")
            self.fail(key, f"is missing: write {advice}")
        # True is an int to isinstance.
        if value is not default and type(value) is not kind:
            self.fail(key, f"is {shown(value)}: write {advice}")
        checked: T = value
        return checked


def read(path: Path) -> Table:
    """Read a file's top table; raises ConfigurationError naming the file, and the line that is no TOML."""
    # tomllib came with Python 3.11; tomli is the same before it.
    tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        return Table(tomllib.loads(path.read_text(encoding="utf-8")), path)
    except FileNotFoundError:
        raise ConfigurationError(f"there is no file {path}") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"{path} is no TOML: {error}") from None
    except RecursionError:
        raise ConfigurationError(f"{path} is nested too deeply: nothing here has lists in lists") from None


def _span(seconds: int) -> str:
    unit = next(unit for unit in "dhms" if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"
