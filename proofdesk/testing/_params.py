"""What requests bring along, read strictly: a node refuses what it cannot read, so this one does."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

_QUANTITY = re.compile("0x[0-9a-fA-F]{1,64}")
_DATA = re.compile("0x([0-9a-fA-F]{2})*")
INVALID_PARAMS, NOT_FOUND, INTERNAL = -32602, -32601, -32603
REFUSED, REJECTED, REVERTED = -32000, -32003, 3


class RpcError(Exception):
    """An error that the node answers with: JSON-RPC's `code`, `message` and, of a revert, `data`."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


def invalid(message: str) -> RpcError:
    """The error of a parameter that cannot be read."""
    return RpcError(INVALID_PARAMS, message)


def number(value: Any) -> int:
    """A quantity; some tools send plain numbers too. Raises RpcError.

    >>> number("0x10")
    16
    """
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise invalid(f"{value!r} is no quantity of 0x and hex digits")


def raw(value: Any, size: int | None = None) -> bytes:
    """Bytes, of a size where one is asked; raises RpcError.

    >>> raw("0x00ff")
    b'\\x00\\xff'
    """
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise invalid(f"{value!r} is no data of 0x and pairs of hex digits")
    found = bytes.fromhex(value[2:])
    if size is not None and len(found) != size:
        raise invalid(f"{value!r} has {len(found)} bytes, not {size}")
    return found


def topics(value: Any) -> list[frozenset[bytes] | None]:
    """A filter's topics: for each place the ones admitted, None for any; raises RpcError."""
    if not isinstance(value, list) or len(value) > 4:
        raise invalid(f"topics {value!r} are no list of at most four")
    return [_admitted(item, 32) for item in value]


def addresses(value: Any) -> frozenset[bytes] | None:
    """A filter's addresses, None for any; raises RpcError."""
    return _admitted(value, 20)


def fields(value: Any, known: Collection[str]) -> Mapping[str, Any]:
    """An object's members without those that are null; raises RpcError for unknown ones."""
    if not isinstance(value, dict):
        raise invalid(f"{value!r} is no object")
    if unknown := sorted(set(value) - set(known)):
        raise invalid(f"unknown field {unknown[0]!r}; there are {', '.join(known)}")
    return {name: item for name, item in value.items() if item is not None}


def _admitted(value: Any, size: int) -> frozenset[bytes] | None:
    items = value if isinstance(value, list) else [value]
    # An empty list admits everything, and so does a null among others.
    if not items or None in items:
        return None
    return frozenset(raw(item, size) for item in items)
