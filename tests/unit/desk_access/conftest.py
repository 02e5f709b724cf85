"""A desk whose delays are set as a handover sets them."""

from __future__ import annotations

import pytest

from tests.helpers.people import People
from tests.unit.desk_access.manager import Manager


@pytest.fixture
def manager(people: People) -> Manager:
    """A manager without any delay yet."""
    return Manager(people)


@pytest.fixture
def delayed(manager: Manager) -> Manager:
    """A manager after the handover: MODULE, closing a contract and giving it away take 45 days."""
    manager.set_delays()
    return manager
