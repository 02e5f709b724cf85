"""JSON that others wrote, read without trust in how deep it goes.

json.loads stops at the interpreter's recursion limit, but libraries raise that (py_ecc, which eth-account
loads, to 100,000), and then some 80 kB of brackets end the process.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

LEVELS = 200  # nobody here nests deeper than ten
_USUAL = 3000  # Python's limit is 1000, and debuggers and test runners raise it a little

ANSWER = 20_000  # brackets in a node's answer from which on it could do harm

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse(content: bytes, *, harmless: int = LEVELS) -> Any:
    """The value of a JSON text; raises ValueError for what is none, or is nested deeper than it can be meant.

    So many brackets as are `harmless` are not looked at: long flat answers would take twice the time.

    >>> parse(b'{"a": [1, 2]}')
    {'a': [1, 2]}
    """
    refuse_depth(content, harmless)
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def refuse_depth(content: bytes, harmless: int = LEVELS) -> None:
    """Raise ValueError for a JSON text whose depth could end the process, as `parse` does."""
    # Under the interpreter's own limit json.loads ends in time by itself.
    is_raised = sys.getrecursionlimit() > _USUAL
    if is_raised and content.count(b"[") + content.count(b"{") > harmless:
        brackets = _TEXT.sub(b"", content).translate(None, _NO_BRACKETS)
        # Each round takes away what holds nothing more.
        for _ in range(LEVELS):
            if not brackets:
                break
            brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if brackets:
            raise ValueError("is not closed, or nested too deeply")
