"""One anvil with a finished desk a session; every test works in a folder of its own and leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proofdesk import Deployment
from tests.cli.counter import Counter, at_work, opened_chain
from tools.chain import Chain


@pytest.fixture(scope="session")
def opened() -> Iterator[tuple[Chain, Deployment]]:
    """The session's chain and desk; tests use `counter`."""
    with opened_chain() as pair:
        yield pair


@pytest.fixture
def counter(
    opened: tuple[Chain, Deployment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Counter]:
    """A desk on which nothing has happened yet, and a folder to type commands in."""
    with at_work(*opened, tmp_path, monkeypatch) as counter:
        yield counter
