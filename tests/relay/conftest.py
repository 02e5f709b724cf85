"""An office with a relayer, whose customers and agents have no gas, on a queue of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from proofdesk.ops.relay import Relayer
from tests.client.conftest import anvil_office, office
from tests.client.office import Office
from tests.conftest import missing
from tests.relay import postgres
from tests.relay.people import Crowd

__all__ = ["anvil_office", "crowd", "make_relayer", "office", "place", "postgres_url", "relayer"]

Make = Callable[..., Relayer]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server's URL; a machine without one skips, and says so."""
    if not postgres.is_there():
        missing("PostgreSQL (Debian: apt install postgresql)")
    with postgres.started() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a queue can be, each time an empty one."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'relay.db'}"
        return
    yield postgres.database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def make_relayer(office: Office, tmp_path: Path) -> Iterator[Make]:
    """Makes relayers that are closed at the test's end: of the intake's account, on one queue, by default."""
    with ExitStack() as stack:

        def make(place: str | None = None, desk: Any = None, **options: Any) -> Relayer:
            relayer = Relayer(desk or office.intake, place or str(tmp_path / "relay.db"), **options)
            return stack.enter_context(relayer)

        yield make


@pytest.fixture
def relayer(make_relayer: Make) -> Relayer:
    """A relayer as it is by default."""
    return make_relayer()


@pytest.fixture
def crowd(office: Office) -> Crowd:
    """People without gas."""
    return Crowd(office)
