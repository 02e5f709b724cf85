"""JSON of others: read as json reads it, and never the end of the process."""

from __future__ import annotations

import json
import subprocess
import sys
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
    with pytest.raises(ValueError, match="not closed, or nested too deeply"):
        parse(content)


def test_the_limit_itself() -> None:
    assert parse(b"[" * LEVELS + b"]" * LEVELS)
    with pytest.raises(ValueError, match="too deeply"):
        parse(b"[" * (LEVELS + 1) + b"]" * (LEVELS + 1))


@pytest.mark.parametrize("content", [b"", b"[", b"{]", b"nul", b'"\xff"', b"]" * 300 + b"[" * 300])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        parse(content)


def test_without_a_raised_limit_the_interpreters_own_holds() -> None:
    sys.setrecursionlimit(1000)
    with pytest.raises(ValueError):
        parse(b"[" * 5000 + b"]" * 5000)
    assert parse(b"[" * 300 + b"]" * 300)


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
