"""An office on an anvil of its own for each file; each test finds it as it was deployed.

Not one for all: after a reorganisation that a snapshot undid, anvil may answer wrongly for good.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.client.office import Office


@pytest.fixture(scope="module")
def anvil_office() -> Iterator[Office]:
    """The file's office; tests use `office`, which is isolated."""
    with Office.started("anvil") as office:
        yield office


@pytest.fixture
def office(anvil_office: Office) -> Iterator[Office]:
    """An office in which nothing has happened yet."""
    with anvil_office.isolated():
        yield anvil_office
