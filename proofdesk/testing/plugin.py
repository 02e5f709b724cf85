"""Fixtures that pytest finds where proofdesk is installed; nothing heavy is imported until one is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from proofdesk import Desk
    from proofdesk.testing._office import Clock, Office, People
    from proofdesk.testing._provider import LocalProvider


@pytest.fixture(scope="session")
def desk_node() -> LocalProvider:
    """The session's chain; tests use the fixtures below, which are isolated."""
    try:
        from proofdesk.testing._office import NAMES, account
        from proofdesk.testing._provider import LocalProvider
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
    else:
        return LocalProvider(map(account, NAMES))
    pytest.fail(
        f"a desk needs {missing}, which is not installed: pip install 'proofdesk[testing]'", pytrace=False
    )


@pytest.fixture(scope="session")
def desk_office(desk_node: LocalProvider) -> Office:
    """The session's desk."""
    from proofdesk.testing._office import Office

    return Office(desk_node)


@pytest.fixture
def desk_people(desk_office: Office) -> Iterator[People]:
    """Everybody of the desk, each as the Desk that he or she sees: `desk_people.agent.tickets.take(…)`."""
    with desk_office.isolated() as people:
        yield people


@pytest.fixture
def desk(desk_people: People) -> Desk:
    """A seeded desk on a chain in this process, as a customer sees it; a test leaves no trace on it."""
    return desk_people.customer


@pytest.fixture(scope="session")
def desk_sealed_office(desk_node: LocalProvider) -> Office:
    """The session's desk whose records are sealed: beside the other on the same chain."""
    from proofdesk.testing._office import Office

    return Office(desk_node, sealed=True)


@pytest.fixture
def sealed_desk_people(desk_sealed_office: Office) -> Iterator[People]:
    """Everybody, each with a keyring, on a desk whose records are sealed: who may not read them cannot."""
    with desk_sealed_office.isolated() as people:
        yield people


@pytest.fixture
def sealed_desk(sealed_desk_people: People) -> Desk:
    """As `desk`, but its records are sealed, and the customer has a keyring."""
    return sealed_desk_people.customer


@pytest.fixture
def desk_clock(desk_people: People) -> Clock:
    """The chain's clock: `desk_clock.advance(timedelta(hours=8))`."""
    from proofdesk.testing._office import Clock

    return Clock(desk_people.admin)


@pytest.fixture(scope="session")
def _desk_address(desk_node: LocalProvider) -> Iterator[str]:
    from proofdesk.testing._http import served

    with served(desk_node) as url:
        yield url


@pytest.fixture
def desk_url(_desk_address: str, desk_people: People) -> str:  # noqa: ARG001  isolates the test
    """The http address of the same chain, for code that connects by itself."""
    return _desk_address
