"""A certification is deployed on an access manager only."""

from __future__ import annotations

from tests.helpers.contract import Contract, refused
from tests.helpers.desk import NOBODY
from tests.unit.agent_certification.office import Office


def test_a_certification_needs_its_manager(office: Office) -> None:
    for account in (office.candidate.address, NOBODY):
        with refused("NoContract", account):
            Contract.deployed(office.node, office.people.admin.address, "AgentCertification", account)
