"""The client's office, for tests of indexes of a real desk; and no pause is waited for."""

from __future__ import annotations

import pytest

from proofdesk._transport import Blocking
from tests.client.conftest import anvil_office, office

__all__ = ["anvil_office", "office", "pauses"]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been waited before asking a node again."""
    noted: list[float] = []

    async def sleep(_self: Blocking, seconds: float) -> None:
        if seconds:
            noted.append(seconds)

    monkeypatch.setattr(Blocking, "sleep", sleep)
    return noted
