"""One office on anvil for all client tests; each test finds it as it was deployed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.client.office import Office


@pytest.fixture(scope="session")
def anvil_office() -> Iterator[Office]:
    """The session's office; tests use `office`, which is isolated."""
    with Office.started("anvil") as office:
        yield office


@pytest.fixture
def office(anvil_office: Office) -> Iterator[Office]:
    """An office in which nothing has happened yet."""
    with anvil_office.isolated():
        yield anvil_office
