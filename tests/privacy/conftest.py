"""A sealed office on an anvil of its own for each file; each test finds it as it was founded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.privacy.office import SealedOffice


@pytest.fixture(scope="module")
def sealed_office() -> Iterator[SealedOffice]:
    """The file's office; tests use `office`, which is isolated."""
    with SealedOffice.sealed() as office:
        yield office


@pytest.fixture
def office(sealed_office: SealedOffice) -> Iterator[SealedOffice]:
    """A sealed office in which nothing has happened yet."""
    with sealed_office.isolated():
        yield sealed_office
