"""One anvil with one finished deployment a session; every test leaves the chain as it found it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from web3 import HTTPProvider, Web3

from proofdesk._abi import encode_call
from proofdesk._deployments import Deployment
from proofdesk._models import Result
from proofdesk._rpc import Node
from proofdesk._sender import Sender
from proofdesk.ops.check import Report, check_deployment
from proofdesk.ops.config import Config, load
from proofdesk.ops.deploy import deploy
from tests.helpers.isolation import isolated
from tools.chain import ROOT, Chain

CONFIG = ROOT / "config" / "development.toml"


@dataclass(frozen=True)
class Place:
    """A chain, and a folder for the manifests of what is deployed on it."""

    w3: Web3
    folder: Path

    def sender(self, account: int) -> Sender:
        """A sender of one of the chain's accounts; 0 deploys, 1 is development.toml's owner."""
        return Sender(self.w3, self.w3.eth.accounts[account])

    def rpc(self, method: str, *params: object) -> Any:
        """One JSON-RPC request's result."""
        return Node(self.w3).request(method, *params)


@dataclass(frozen=True)
class Deployed(Place):
    """A place with development.toml's desk on it."""

    config: Config
    deployment: Deployment

    def address(self, contract: str) -> str:
        """A contract's address."""
        return self.deployment.contract(contract).address

    def send(self, account: int, contract: str, function: str, *args: object) -> Result:
        """One transaction by one of the chain's accounts."""
        return self.sender(account).send(self.address(contract), encode_call(contract, function, *args))

    def check(self, config: Config | None = None) -> Report:
        """What check_deployment reports."""
        return check_deployment(self.w3, self.deployment, config or self.config)


@pytest.fixture(scope="session")
def ops_chain() -> Iterator[Chain]:
    """The anvil of these tests: they stop its mining and change its code, which others need not suffer."""
    with Chain.anvil() as chain:
        yield chain


@pytest.fixture(scope="session")
def finished(ops_chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """A finished deployment of development.toml; tests use `desk`, which is isolated."""
    w3, folder, config = (
        Web3(HTTPProvider(ops_chain.url)),
        tmp_path_factory.mktemp("deployments"),
        load(CONFIG),
    )
    return Deployed(w3, folder, config, deploy(Sender(w3, w3.eth.accounts[0]), config, path=folder))


@pytest.fixture
def place(ops_chain: Chain, tmp_path: Path) -> Iterator[Place]:
    """A chain, and a folder without manifests."""
    with isolated(ops_chain):
        yield Place(Web3(HTTPProvider(ops_chain.url)), tmp_path / "deployments")


@pytest.fixture
def desk(finished: Deployed, place: Place) -> Deployed:
    """A finished deployment on which nothing has happened yet."""
    finished.deployment.save(place.folder)
    return replace(finished, folder=place.folder)
