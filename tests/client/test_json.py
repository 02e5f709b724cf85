"""JSON of others: read as json reads it, and never the end of the process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from proofdesk._json import LEVELS, parse
from tests.conftest import SEED


@pytest.fixture(autouse=True)
def raised() -> Iterator[None]:
    """As py_ecc leaves the process."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    yield
    sys.setrecursionlimit(before)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@seed(SEED)
@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_it_reads_what_json_reads(value: object) -> None:
    # Enough brackets for a look, inside of texts and outside.
    whole = [value, "[{" * LEVELS, '\\"[' * LEVELS, [[]] * LEVELS]
    for text in (json.dumps(whole), json.dumps(whole, ensure_ascii=False)):
        assert parse(text.encode()) == whole


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b"[" * 200_000 + b"]" * 200_000,
        b"[[]," * 100_000,
        b'{"a":' * 100_000,
        b'["\\\\",' * 100_000,
        b'{"[":["]",' * 100_000,
    ],
    ids=lambda content: repr(content[:16]),
)
def test_what_is_nested_too_deeply_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse(content)


def test_the_limit_itself() -> None:
    assert parse(b"[" * LEVELS + b"]" * LEVELS)
    with pytest.raises(ValueError, match="too deeply"):
        parse(b"[" * (LEVELS + 1) + b"]" * (LEVELS + 1))


@pytest.mark.parametrize("content", [b"", b"[", b"{]", b"nul", b'"\xff"', b"]" * 300 + b"[" * 300])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        parse(content)


@pytest.mark.parametrize("limit", [1000, 100_000])
def test_the_limit_is_the_same_whatever_the_interpreters_own(limit: int) -> None:
    """What json.loads could just read, json.dumps, a few calls deeper, could not write."""
    sys.setrecursionlimit(limit)
    with pytest.raises(ValueError, match="nested too deeply"):
        parse(b"[" * (LEVELS + 1) + b"]" * (LEVELS + 1))
    assert parse(b"[" * LEVELS + b"]" * LEVELS)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 201 + b'"' + b'\\"' * 2_000_000,
        b"[" * 201 + b'"' * 4_000_000,
        b"[" * 201 + b'"' + b"\\" * 4_000_001,
        b"[" * 2_000_000 + b"]" * 2_000_000,
        b"[[" + b"[]," * 1_300_000,
    ],
    ids=lambda content: repr(content[:2] + content[-4:]),
)
def test_no_text_takes_more_time_than_its_length(content: bytes) -> None:
    """One that is looked at anew from each of its quotes would hold the interpreter for hours."""
    start = time.process_time()
    with pytest.raises(ValueError):
        parse(content)
    assert time.process_time() - start < 20


def test_texts_in_another_encoding_are_no_json() -> None:
    """There a quote may be half of a character, and hide how deep the rest goes."""
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        with pytest.raises(ValueError):
            parse('["a", {"b": 1}]'.encode(encoding))
    with pytest.raises(ValueError):
        parse(('["\N{COMPLEMENT}",' + "[" * 90_000 + "]" * 90_001).encode("utf-16-le"))
    assert parse(b'\xef\xbb\xbf["a"]') == ["a"]


def test_a_raised_recursion_limit_ends_nothing() -> None:
    program = (
        "import sys\n"
        "sys.setrecursionlimit(100_000)\n"
        "from proofdesk._json import ANSWER, parse\n"
        "from proofdesk import ContentTampered, FolderStore, MemoryStore, Archive\n"
        "store = MemoryStore()\n"
        "store.put('0x' + 32 * '11', b'[' * 90_000 + b']' * 90_000)\n"
        "for read in (lambda: Archive(store).read('0x' + 32 * '11'),\n"
        "             lambda: parse(b'[' * 90_000, harmless=ANSWER)):\n"
        "    try:\n"
        "        read()\n"
        "    except (ContentTampered, ValueError) as error:\n"
        "        print(type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ContentTampered", "ValueError"]
