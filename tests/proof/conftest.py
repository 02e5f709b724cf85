"""An office on anvil for each file that asks for one; each test finds it as it was deployed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.client.office import Office


@pytest.fixture(scope="module")
def anvil_office() -> Iterator[Office]:
    """The file's office; tests use `anvil`, which is isolated."""
    with Office.started("anvil") as office:
        yield office


@pytest.fixture
def anvil(anvil_office: Office) -> Iterator[Office]:
    """An office on anvil on which nothing has happened yet."""
    with anvil_office.isolated():
        yield anvil_office
