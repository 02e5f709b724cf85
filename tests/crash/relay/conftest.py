"""An office of its own, whose line to the node breaks, and queues on either database."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.client.conftest import anvil_office
from tests.client.office import Office
from tests.crash.proxy import Proxy
from tests.crash.relay.scene import Scene
from tests.relay import postgres
from tests.relay.conftest import postgres_url

__all__ = ["anvil_office", "postgres_url", "scene"]


@pytest.fixture(scope="module")
def scene(
    anvil_office: Office, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Runs with a line of their own."""
    folder, numbers = tmp_path_factory.mktemp("queues"), count()

    def place(kind: str) -> str:
        if kind == "sqlite":
            return str(folder / f"{next(numbers)}.db")
        # Asked for late: a machine without it skips what needs it.
        return postgres.database(request.getfixturevalue("postgres_url"))

    with Proxy(anvil_office.chain.url).open() as proxy:
        yield Scene(anvil_office, proxy, place)
