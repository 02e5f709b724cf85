"""Values as people and as programs read them.

Whatever a node, a file or a customer wrote goes through `clean` before a terminal gets it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

MAX_EXACT = 2**53 - 1  # beyond it many a JSON reader rounds
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
WEI = 10**18
GWEI = 10**9

# Control characters, those that turn the direction of writing, separators that some terminals break lines at,
# half characters, and tags that show nothing.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """A text that cannot steer a terminal: what is no character to read stands there by its number.

    >>> clean("red \\x1b[31m")
    'red \\\\x1b[31m'
    """
    return _UNFIT.sub(_escaped, text.replace("\r\n", "\n"))


def on_one_line(text: str) -> str:
    """As `clean`, for a cell: line breaks and tabs become spaces.

    >>> on_one_line("two\\nlines")
    'two lines'
    """
    return re.sub(r"[\t\n]+", " ", clean(text))


def when(moment: datetime | None) -> str:
    """A moment as RFC 3339 in UTC; empty for none.

    >>> when(datetime(2026, 1, 31, 12, tzinfo=timezone.utc))
    '2026-01-31T12:00:00Z'
    """
    return "" if moment is None else moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(length: timedelta) -> str:
    """A span in days, hours, minutes and seconds.

    >>> span(timedelta(days=1, minutes=90))
    '1d 1h 30m'
    """
    rest, parts = abs(int(length.total_seconds())), []
    for unit, seconds in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def as_span(text: str) -> timedelta | None:
    """A span as it was written, such as 30m or 7d; None for what is none, or nothing.

    >>> as_span("90m")
    datetime.timedelta(seconds=5400)
    """
    match = re.fullmatch("([1-9][0-9]{0,5})([smhd])", text)
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def ether(wei: int, currency: str = "ETH") -> str:
    """An amount in the chain's currency, exact.

    >>> ether(1_500_000_000_000_000)
    '0.0015 ETH'
    """
    whole, part = divmod(wei, WEI)
    decimals = f"{part:018d}".rstrip("0")
    return f"{whole}{'.' + decimals if decimals else ''} {currency}"


def about(wei: int, currency: str = "ETH") -> str:
    """An amount in the chain's currency, its first six digits, rounded up.

    >>> about(1_234_567_890_123_456)
    '0.00123457 ETH'
    """
    unit = 10 ** max(0, len(str(wei)) - 6)
    return ether(-(-wei // unit) * unit, currency)


def gwei(wei: int) -> str:
    """A price of a unit of gas.

    >>> gwei(1_250_000_000)
    '1.25 gwei'
    """
    return f"{wei / GWEI:.9f}".rstrip("0").rstrip(".") + " gwei"


def short(id_: str) -> str:
    """The beginning of an id, enough to tell a desk's tickets apart and to name one by.

    >>> short("0x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
    '0x0123456789'
    """
    return id_[:12]


def jsonable(value: Any) -> Any:
    """A value as JSON has it: moments RFC 3339, spans seconds, enums by name, large numbers as texts.

    >>> jsonable({"after": timedelta(minutes=1), "word": 2**60})
    {'after': 60, 'word': '1152921504606846976'}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(item) for item in value]
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int) and abs(value) > MAX_EXACT:
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def document(value: Any) -> str:
    """The JSON text of a value, one document that no character of which steers a terminal.

    >>> document({"body": "\\u202e"})
    '{\\n  "body": "\\\\u202e"\\n}'
    """
    text = json.dumps(jsonable(value), indent=2, ensure_ascii=False)
    return _UNFIT.sub(_json_escaped, text)


def one_line_document(value: Any) -> str:
    """As `document`, on one line.

    >>> one_line_document({"body": "two\\nlines"})
    '{"body": "two\\\\nlines"}'
    """
    text = json.dumps(jsonable(value), ensure_ascii=False)
    return _UNFIT.sub(_json_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return (
        f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
    )


def _json_escaped(found: re.Match[str]) -> str:
    # json.dumps leaves DEL as it is.
    return f"\\u{ord(found[0]):04x}" if ord(found[0]) < 65536 else json.dumps(found[0])[1:-1]
