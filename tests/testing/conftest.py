"""A node in this process beside an anvil, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.testing.twins import Twins


@pytest.fixture(scope="module")
def twins() -> Iterator[Twins]:
    """Two nodes that a module's tests ask the same."""
    with Twins.started() as twins:
        yield twins
