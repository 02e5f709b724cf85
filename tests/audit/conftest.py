"""A sealed desk that has been at work, founded once a file; each test spoils what no other sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.audit.business import Business
from tests.privacy.office import SealedOffice


@pytest.fixture(scope="module")
def at_work() -> Iterator[Business]:
    """The file's desk; tests use `business`."""
    with SealedOffice.sealed() as office:
        yield Business.done(office)


@pytest.fixture
def business(at_work: Business) -> Iterator[Business]:
    """A desk with a little of everything, and not one difference."""
    with at_work.office.isolated():
        yield at_work
