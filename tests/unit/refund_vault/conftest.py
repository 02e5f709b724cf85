"""An empty vault, in ETH and in a token."""

from __future__ import annotations

import pytest

from tests.helpers.claims import Office
from tests.helpers.money import Till


@pytest.fixture
def till(office: Office) -> Till:
    """The vault in ETH, empty."""
    return Till(office).emptied()


@pytest.fixture
def coins(till: Till) -> Till:
    """The vault in a listed token that is proper so far, empty."""
    return till.of(till.odd_token())


@pytest.fixture(params=["ether", "token"])
def either(request: pytest.FixtureRequest, till: Till) -> Till:
    """The vault in the one and then in the other."""
    return till if request.param == "ether" else till.of(till.odd_token())
