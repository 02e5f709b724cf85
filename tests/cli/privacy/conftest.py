"""One anvil with a sealed desk a session; every test works in a folder of its own and leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.privacy.sealed_counter import Founded, SealedCounter, founded, seated


@pytest.fixture(scope="session")
def sealed_desk() -> Iterator[Founded]:
    """The session's chain, desk and roles; tests use `counter`."""
    with founded() as found:
        yield found


@pytest.fixture
def counter(sealed_desk: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SealedCounter]:
    """A sealed desk on which nothing has happened yet, and a folder to type commands in."""
    with seated(sealed_desk, tmp_path, monkeypatch) as counter:
        yield counter
