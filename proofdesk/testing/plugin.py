"""Fixtures that pytest finds where proofdesk is installed; nothing heavy is imported until one is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from proofdesk import Desk
    from proofdesk.testing._office import Clock, Office, People


@pytest.fixture(scope="session")
def desk_office() -> Office:
    """The session's chain and desk; tests use the fixtures below, which are isolated."""
    try:
        from proofdesk.testing._office import Office
    except ModuleNotFoundError as error:
        pytest.fail(
            f"the desk fixtures need {error.name}, which is not installed: pip install 'proofdesk[testing]'",
            pytrace=False,
        )
    return Office()


@pytest.fixture
def desk_people(desk_office: Office) -> Iterator[People]:
    """Everybody of the desk, each as the Desk that he or she sees: `desk_people.agent.tickets.take(…)`."""
    with desk_office.isolated() as people:
        yield people


@pytest.fixture
def desk(desk_people: People) -> Desk:
    """A seeded desk on a chain in this process, as a customer sees it; a test leaves no trace on it."""
    return desk_people.customer


@pytest.fixture
def desk_clock(desk_people: People) -> Clock:
    """The chain's clock: `desk_clock.advance(timedelta(hours=8))`."""
    from proofdesk.testing._office import Clock

    return Clock(desk_people.admin)


@pytest.fixture(scope="session")
def _desk_address(desk_office: Office) -> Iterator[str]:
    from proofdesk.testing._http import served

    with served(desk_office.provider) as url:
        yield url


@pytest.fixture
def desk_url(_desk_address: str, desk_people: People) -> str:  # noqa: ARG001  isolates the test
    """The http address of the same chain, for code that connects by itself."""
    return _desk_address
