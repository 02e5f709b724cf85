"""A desk that scripts/deploy put on Brownie's network, and the people who work with it.

brownie test tests/brownie                      on anvil
brownie test tests/brownie --network ganache    on Ganache
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import brownie
import pytest

from proofdesk import Deployment
from scripts import deploy

ENTRIES = iter(range(1, 2**32))


@dataclass(frozen=True)
class Premises:
    """Contracts and accounts as Brownie has them."""

    deployment: Deployment
    access: Any
    certification: Any
    desk: Any
    deployer: Any
    supervisor: Any
    certifier: Any
    intake: Any
    guardian: Any
    owner: Any
    customer: Any
    agent: Any
    other_agent: Any
    stranger: Any

    def certify(self, agent: Any, *, level: int = 1, score: int = 9000) -> Any:
        """Record an exam in the first program, taken a second ago."""
        exam = (agent, 1, level, score, brownie.chain[-1].timestamp - 1, entry())
        return self.certification.recordExam(exam, {"from": self.certifier})

    def opened(self, lane: str = "cards", customer: Any = None) -> Any:
        """The id of a new ticket of the customer's."""
        customer = customer or self.customer
        return self.desk.open(self.deployment.lane(lane), entry(), {"from": customer}).events["ActLogged"][
            "ticketId"
        ]

    def taken(self) -> Any:
        """The id of a ticket that the agent has taken."""
        ticket = self.opened()
        self.desk.take(ticket, 1, entry(), {"from": self.agent})
        return ticket


def entry() -> str:
    """What stands for a record's hash; never the same again."""
    return f"0x{next(ENTRIES):064x}"


@pytest.fixture(scope="module")
def premises(module_isolation: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """A desk with two certified agents."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROOFDESK_DEPLOYMENT", str(tmp_path_factory.mktemp("deployments")))
        deployment = deploy.main()
        accounts, project = brownie.accounts, brownie.project.get_loaded_projects()[0]
        at = {name: project[name].at(contract.address) for name, contract in deployment.contracts.items()}
        # Modules are contracts.
        people = {name: held for name, held in deployment.roles.items() if held and name != "module"}
        holder = {name: accounts.at(held[0]) for name, held in people.items()}
        premises = Premises(
            deployment,
            access=at["DeskAccess"],
            certification=at["AgentCertification"],
            desk=at["TicketDesk"],
            deployer=holder["admin"],
            supervisor=holder["supervisor"],
            certifier=holder["certifier"],
            intake=holder["intake"],
            guardian=holder["guardian"],
            owner=accounts[1],
            customer=accounts[10],
            agent=accounts[12],
            other_agent=accounts[13],
            stranger=accounts[15],
        )
        premises.certify(premises.agent)
        premises.certify(premises.other_agent, level=2)
        yield premises


@pytest.fixture(autouse=True)
def isolation(premises: Premises, fn_isolation: None) -> None:
    """Every test finds the premises as it was deployed."""
