"""An office on an anvil of its own for each file; each test finds it as it was deployed.

Not one for all: after a reorganisation that a snapshot undid, anvil may answer wrongly for good.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proofdesk import Sender
from tests.client.office import Office, account
from tests.client.wire import Wire


@pytest.fixture(scope="module")
def anvil_office() -> Iterator[Office]:
    """The file's office; tests use `office`, which is isolated."""
    with Office.started("anvil") as office:
        yield office


@pytest.fixture
def office(anvil_office: Office) -> Iterator[Office]:
    """An office in which nothing has happened yet."""
    with anvil_office.isolated():
        yield anvil_office


@pytest.fixture
def wire(office: Office) -> Wire:
    """A line to the office's chain that can be cut."""
    return Wire(office.chain.url)


@pytest.fixture
def sender(wire: Wire) -> Sender:
    """A sender over that line."""
    return Sender(wire.w3, account(3), timeout=20)


@pytest.fixture
def paused(office: Office) -> Office:
    """A chain that mines only when told."""
    office.chain.rpc("evm_setAutomine", False)
    return office
