"""Checks of JSON values. A check answers with what is wrong with a value, or None.

Values are repeated in an answer only where their form is at fault; texts that people wrote never are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any], "str | None"]

MAX_INTEGER = 2**53 - 1


def anything(_value: Any) -> str | None:
    """Nothing is wrong with any value."""
    return None


def form(pattern: str, advice: str) -> Check:
    """A string of this form; `advice` goes on after "must be"."""
    compiled = re.compile(pattern)

    def check(value: Any) -> str | None:
        fits = isinstance(value, str) and compiled.fullmatch(value)
        return None if fits else f"{shown(value)} must be {advice}"

    return check


def integer(low: int, high: int, advice: str) -> Check:
    """A whole number in these bounds; `advice` goes on after "must be"."""

    def check(value: Any) -> str | None:
        fits = type(value) is int and low <= value <= high  # True is an int to isinstance
        return None if fits else f"{shown(value)} must be {advice}"

    return check


def text(limit: int) -> Check:
    """A text of 1 to `limit` characters."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return f"must be a text, not {shown(value)}"
        if not 1 <= len(value) <= limit:
            return f"has {len(value):,} characters; 1 to {limit:,} fit" if value else "is empty; leave it out"
        return surrogate(value)

    return check


def many(check: Check, low: int = 0, high: int = MAX_INTEGER) -> Check:
    """A list of `low` to `high` values that fit."""

    def check_all(value: Any) -> str | None:
        if not isinstance(value, list) or not low <= len(value) <= high:
            return f"must be a list of {low:,} to {high:,}" if low or high < MAX_INTEGER else "must be a list"
        return _first((str(index), check(item)) for index, item in enumerate(value))

    return check_all


def each(check: Check) -> Check:
    """An object of any names whose values fit."""

    def check_all(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "must be an object"
        return _first((name, check(item)) for name, item in value.items())

    return check_all


def members(checks: Mapping[str, Check], required: Collection[str]) -> Check:
    """An object of these names, of which some are required, whose values fit."""

    def check_all(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "must be an object"
        if unknown := [name for name in value if name not in checks]:
            return f"{str(unknown[0])[:40]}: is not known here; {', '.join(checks)} are"
        if missing := [name for name in required if name not in value]:
            return f"{missing[0]}: is missing"
        return _first((name, checks[name](item)) for name, item in value.items())

    return check_all


def _first(answers: Iterable[tuple[str, str | None]]) -> str | None:
    return next((f"{name}: {problem}" for name, problem in answers if problem), None)


def surrogate(value: str) -> str | None:
    """Half a character, which UTF-8 cannot write."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate); decode the text properly"
    return None


def shown(value: Any) -> str:
    """A value as an error may show it."""
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return "a number beyond 2^53 − 1"
    if not isinstance(value, (str, int)):
        return f"a value of type {type(value).__name__}"
    # Long enough for an address, too short for a key or a seed's words that stand where they should not.
    return repr(value) if len(repr(value)) <= 48 else f"a text of {len(str(value)):,} characters"
