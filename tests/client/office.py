"""A deployed desk on a chain of its own, and the people who work with it, each with a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3

from proofdesk import Deployment, Desk, MemoryStore, Sender, Ticket
from proofdesk.ops.config import Config, load
from proofdesk.ops.deploy import deploy
from tests.helpers.isolation import isolated
from tools.chain import MNEMONIC, Chain, Kind

CONFIGS = {"anvil": "development", "ganache": "ganache"}
CONFIG_FOLDER = Path(__file__).parents[2] / "config"


@cache
def account(index: int) -> LocalAccount:
    """One of the test mnemonic's accounts."""
    Account.enable_unaudited_hdwallet_features()
    found: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return found


@dataclass
class Office:
    """Who is who; roles as in the config of the chain, agents certified at level 1 and 2."""

    chain: Chain
    w3: Web3
    deployment: Deployment
    desk: Desk
    customer: Desk
    other_customer: Desk
    agent: Desk
    second_agent: Desk
    supervisor: Desk
    certifier: Desk
    intake: Desk
    guardian: Desk
    newcomer: LocalAccount
    stranger: Desk

    @classmethod
    @contextmanager
    def started(cls, kind: Kind, config: Config | None = None) -> Iterator[Office]:
        """An office as long as the `with` block lasts."""
        config = config or load(CONFIG_FOLDER / f"{CONFIGS[kind]}.toml")
        with getattr(Chain, kind)() as chain, TemporaryDirectory() as folder:
            w3 = Web3(HTTPProvider(chain.url))
            deployment = deploy(Sender(w3, account(0)), config, path=folder)
            desk = Desk.connect(w3, account=account(10), deployment=deployment, store=MemoryStore())
            office = cls(
                chain,
                w3,
                deployment,
                desk=desk,
                customer=desk,
                other_customer=desk.using(account(11)),
                agent=desk.using(account(12)),
                second_agent=desk.using(account(13)),
                supervisor=desk.using(account(3)),
                certifier=desk.using(account(2)),
                intake=desk.using(account(4)),
                guardian=desk.using(account(5)),
                newcomer=account(14),
                stranger=desk.using(account(15)),
            )
            office.certify(office.agent, level=1)
            office.certify(office.second_agent, level=2)
            yield office

    @contextmanager
    def isolated(self) -> Iterator[Office]:
        """What happens inside leaves no trace on the chain."""
        with isolated(self.chain):
            yield self

    @property
    def program(self) -> str:
        """The first program's name."""
        return next(iter(self.deployment.programs))

    @property
    def lane(self) -> str:
        """A public lane for agents of level 1."""
        return next(iter(self.deployment.lanes))

    @property
    def gated_lane(self) -> str:
        """A gated lane."""
        return next(name for name in self.deployment.lanes if self.desk.lanes.get(name).gated)

    def certify(self, agent: Desk, *, level: int = 1, **options: Any) -> int:
        """Pass an agent in an exam of the first program; returns the certificate's id."""
        address = agent.sender.address
        self.certifier.certification.record_exam(
            address,
            program=self.program,
            level=level,
            score=9000,
            **{"taken_at": self.desk.now() - timedelta(seconds=1), "evidence": {"body": "passed"}, **options},
        )
        certificate = self.desk.certification.of(address, self.program)
        assert certificate is not None
        return certificate.id

    def opened(self, content: str = "Where is my card?") -> Ticket:
        """A new ticket."""
        return self.customer.tickets.open(lane=self.lane, content=content)

    def taken(self) -> Ticket:
        """A ticket that the agent has taken."""
        ticket = self.opened()
        self.agent.tickets.take(ticket)
        return self.desk.tickets.get(ticket)

    def pass_time(self, span: timedelta) -> None:
        """Let the chain's clock run on."""
        self.chain.rpc("evm_increaseTime", int(span.total_seconds()))
        self.chain.rpc("evm_mine")
