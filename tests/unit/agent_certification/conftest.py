"""A certification in which one certifier is in office by himself, and one by his key alone."""

from __future__ import annotations

import pytest

from tests.helpers.contract import Contract
from tests.helpers.desk import CERTIFIER
from tests.helpers.people import People
from tests.unit.agent_certification.office import Office, signer


@pytest.fixture
def office(people: People) -> Office:
    """A certification and a candidate who has not been examined yet."""
    account = signer(0xCE27)
    people.desk.access.send(people.admin.address, "grantRole", CERTIFIER, account.address, 0)
    return Office(people, account, people.stranger)


@pytest.fixture
def certification(office: Office) -> Contract:
    """The contract under test."""
    return office.certification
