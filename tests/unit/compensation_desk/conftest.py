"""A desk that is late, and pays for it."""

from __future__ import annotations

import pytest

from tests.helpers.claims import Office
from tests.unit.compensation_desk.lateness import Lateness


@pytest.fixture
def lateness(office: Office) -> Lateness:
    """A gated lane that offers 700 for a breach, at most 2,000 a day."""
    return Lateness(office)
