"""One anvil and one deployment a session; every test that uses the desk leaves no trace of itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.helpers.desk import Desk
from tests.helpers.node import Node
from tests.helpers.people import People, Person

if TYPE_CHECKING:
    from tests.helpers.claims import Office

# Fixed, so that a run can be repeated and workers agree; other seeds are for who looks for trouble.
SEED = int(os.environ.get("SEED", "20261121"))
PROFILE = os.environ.get("PROFILE", "quick")
# Who starts the tests in the background has them ignore Ctrl-C, and the programs that they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)
MISSING = "this machine has no "


def pytest_report_header() -> str:
    """Random tests are repeated by SEED=<this>."""
    return f"proofdesk: PROFILE={PROFILE} SEED={SEED}"


def missing(what: str) -> None:
    """Skip a test for want of something, loudly; fail where NO_SKIPS says that nothing is missing."""
    if os.environ.get("NO_SKIPS"):
        pytest.fail(f"NO_SKIPS is set, and {MISSING}{what}")
    pytest.skip(f"{MISSING}{what}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in so many words what was not tried."""
    skipped = (report.longrepr for report in terminalreporter.stats.get("skipped", ()))
    reasons = [str(longrepr[2]) for longrepr in skipped if isinstance(longrepr, tuple)]
    for reason in sorted({each for each in reasons if MISSING in each}):
        count = reasons.count(reason)
        terminalreporter.write_line(f"NOT TRIED, {count} tests: {reason}", yellow=True, bold=True)


@pytest.fixture(scope="session")
def seed() -> int:
    """What random tests start from; the environment's SEED repeats a run."""
    return SEED


@pytest.fixture(scope="session")
def long_profile() -> bool:
    """Whether to do more than is quick."""
    return PROFILE == "long"


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The session's anvil."""
    with Node.started() as node:
        yield node


@pytest.fixture(scope="session")
def deployment(node: Node) -> People:
    """The session's deployment; tests use `people` or `desk`, which are isolated."""
    # Imports web3, which most tests can do without.
    from tests.helpers.deployment import deploy

    return deploy(node)


@pytest.fixture(scope="session")
def claim_office(deployment: People) -> Office:
    """The session's claim office; tests use `office`, which is isolated."""
    # Imports what most tests can do without.
    from tests.helpers.claims import Office

    return Office.founded(deployment)


@pytest.fixture
def people(deployment: People) -> Iterator[People]:
    """Everybody of a desk on which nothing has happened yet."""
    with deployment.isolated():
        yield deployment


@pytest.fixture
def desk(people: People) -> Desk:
    """A desk on which nothing has happened yet."""
    return people.desk


@pytest.fixture
def office(claim_office: Office, people: People) -> Office:
    """A claim office where nothing was filed yet, on the desk of `people`."""
    return claim_office


@pytest.fixture
def admin(people: People) -> Person:
    return people.admin


@pytest.fixture
def supervisor(people: People) -> Person:
    return people.supervisor


@pytest.fixture
def certifier(people: People) -> Person:
    return people.certifier


@pytest.fixture
def lane_editor(people: People) -> Person:
    return people.lane_editor


@pytest.fixture
def intake(people: People) -> Person:
    return people.intake


@pytest.fixture
def module(people: People) -> Person:
    return people.module


@pytest.fixture
def guardian(people: People) -> Person:
    return people.guardian


@pytest.fixture
def unpauser(people: People) -> Person:
    return people.unpauser


@pytest.fixture
def agent(people: People) -> Person:
    return people.agent


@pytest.fixture
def second_agent(people: People) -> Person:
    return people.second_agent


@pytest.fixture
def customer(people: People) -> Person:
    return people.customer


@pytest.fixture
def other_customer(people: People) -> Person:
    return people.other_customer


@pytest.fixture
def stranger(people: People) -> Person:
    return people.stranger


@pytest.fixture
def treasurer(people: People) -> Person:
    return people.treasurer


@pytest.fixture
def claims_editor(people: People) -> Person:
    return people.claims_editor
