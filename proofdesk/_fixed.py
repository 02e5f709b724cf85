"""The contract ABI's values of fixed size, a word each: most of what a desk is asked, without eth_abi.

Loading that takes longer than asking. It does the rest: texts, lists and bytes of any length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from proofdesk._words import address_of, to_bytes, to_hex

_KIND = re.compile("(uint|bytes)[0-9]+|address|bool")
_BITS = {"bool": 1, "address": 160}


def is_fixed(parts: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether all of these have a fixed size, and a kind that is known here."""
    return all(
        is_fixed(part["components"]) if part["type"] == "tuple" else bool(_KIND.fullmatch(part["type"]))
        for part in parts
    )


def encode(part: Mapping[str, Any], value: Any) -> bytes:
    """A value's words; raises what Python raises for one that does not fit.

    >>> encode({"name": "score", "type": "uint8"}, 5).hex()[-4:]
    '0005'
    """
    kind: str = part["type"]
    if kind == "tuple":
        parts = part["components"]
        items = [value[inner["name"]] for inner in parts] if isinstance(value, Mapping) else value
        return b"".join(encode(inner, item) for inner, item in zip(parts, items, strict=True))
    if kind.startswith("bytes"):
        return to_bytes(value, int(kind[5:]), part["name"]).ljust(32, b"\0")
    if kind == "address":
        raw = to_bytes(value, 20, part["name"])
        digits = "" if isinstance(value, bytes) else value.removeprefix("0x")
        if not (digits.islower() or digits.isupper() or address_of(int.from_bytes(raw, "big"))[2:] == digits):
            raise ValueError("the capitals are not the checksum's")
        return raw.rjust(32, b"\0")
    if isinstance(value, bool) is not (kind == "bool"):
        raise ValueError("a flag is no number")
    if value >> (_BITS.get(kind) or int(kind[4:])):
        raise OverflowError
    return int(value).to_bytes(32, "big")


def decode(parts: Sequence[Mapping[str, Any]], data: bytes) -> tuple[Any, ...]:
    """Values from words, as this package gives them; raises ValueError for what no contract gives.

    >>> decode([{"name": "open", "type": "bool"}], bytes(31) + b"\\1")
    (True,)
    """
    words = (data[start : start + 32] for start in range(0, len(data), 32))
    return tuple(_lifted(part, words) for part in parts)


def _lifted(part: Mapping[str, Any], words: Iterator[bytes]) -> Any:
    kind: str = part["type"]
    if kind == "tuple":
        return tuple(_lifted(inner, words) for inner in part["components"])
    word = next(words, b"")
    if len(word) < 32:
        raise ValueError("too short")
    number = int.from_bytes(word, "big")
    if kind.startswith("bytes"):
        size = int(kind[5:])
        if any(word[size:]):
            raise ValueError("more bytes than the type has")
        return to_hex(word[:size])
    if number >> (_BITS.get(kind) or int(kind[4:])):
        raise ValueError("more bits than the type has")
    return bool(number) if kind == "bool" else address_of(number) if kind == "address" else number
