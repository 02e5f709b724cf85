"""A claims counter on an anvil of its own for each file; each test finds it as it was opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.client.claims.counter import Counter


@pytest.fixture(scope="module")
def anvil_counter() -> Iterator[Counter]:
    """The file's counter; tests use `counter`, which is isolated."""
    with Counter.opened("anvil") as counter:
        yield counter


@pytest.fixture
def counter(anvil_counter: Counter) -> Iterator[Counter]:
    """A counter at which nothing has been claimed yet."""
    with anvil_counter.office.isolated():
        yield anvil_counter
