"""JSON that others wrote, read without trust in how deep it goes.

json.loads stops at the interpreter's recursion limit, but libraries raise that (py_ecc, which eth-account
loads, to 100,000), and then some 80 kB of brackets end the process. What just fits the limit here may not
fit it where the value is used: so the same depth is taken everywhere.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

LEVELS = 200  # nobody here nests deeper than ten

ANSWER = 20_000  # brackets in a node's answer from which on it could do harm

_STEPS = {**dict.fromkeys(b"[{", 1), **dict.fromkeys(b"]}", -1)}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))


def parse(content: bytes, *, harmless: int = LEVELS) -> Any:
    """The value of a JSON text in UTF-8; raises ValueError for what is none, or is nested too deeply.

    So many brackets as are `harmless` are not looked at: long flat answers would take twice the time.

    >>> parse(b'{"a": [1, 2]}')
    {'a': [1, 2]}
    """
    refuse_depth(content, harmless)
    try:
        # Decoded here: json.loads would read other encodings too, whose quotes and brackets are not seen.
        return json.loads(content.decode("utf-8-sig", "surrogatepass"))
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def refuse_depth(content: bytes, harmless: int = LEVELS) -> None:
    """Raise ValueError for a JSON text whose depth could end the process, as `parse` does."""
    if content.count(b"[") + content.count(b"{") > harmless:
        brackets = unquoted(content).translate(None, _NO_BRACKETS)
        if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > LEVELS:
            raise ValueError("is nested too deeply")


def unquoted(content: bytes) -> bytes:
    r"""A JSON text without what stands in its strings, as far as it is JSON; each byte is looked at once.

    >>> unquoted(rb'{"a[": ["\"]", 1]}')
    b'{: [, 1]}'
    """
    # A backslash that escapes one goes first: what is left of the others escapes what follows it.
    return b"".join(content.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])
