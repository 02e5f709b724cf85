"""A store of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofdesk._store import Store
from tests.stores.places import KINDS


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Empty, of each kind in turn."""
    return KINDS[request.param](tmp_path)
