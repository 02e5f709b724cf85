"""What the scripts need of Brownie: its network, an account, and where config and manifests are.

Read from the environment, each of them optional:
PROOFDESK_CONFIG      the config file, instead of config/<network>.toml
PROOFDESK_DEPLOYMENT  the folder of manifests, instead of deployments/
PROOFDESK_RECORDS     the folder of records, instead of records/
PROOFDESK_ACCOUNT     the id of one of Brownie's accounts; on local chains the config's own holders act
PROOFDESK_PASSWORD    that account's password; without it Brownie asks
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brownie
from eth_account import Account
from eth_account.signers.local import LocalAccount

from proofdesk import (
    ConfigurationError,
    Deployment,
    DeploymentMismatch,
    DeploymentNotFound,
    Desk,
    MemoryStore,
    ProofdeskError,
    Sender,
)
from proofdesk._async_desk import RECORDS
from proofdesk._deployments import ENVIRONMENT, find
from proofdesk.ops.config import Config, load
from proofdesk.ops.deploy import FOLDER, Step, deploy
from proofdesk.ops.network import LOCAL_CHAINS
from proofdesk.ops.roles import Role

ROOT = Path(__file__).resolve().parent.parent
INTERRUPTED = 130
# Brownie's other names for the two local chains.
_ALIASES = {"anvil": "development", "ganache-cli": "ganache"}


@dataclass(frozen=True)
class Operation:
    """A desk on Brownie's network; `is_rehearsal` where the chain began, and so ends, with this command."""

    network: str
    config: Config
    folder: Path
    is_rehearsal: bool

    def account(self, role: Role) -> LocalAccount | str:
        """Who acts: an account of Brownie's, or on a local chain the config's first holder of the role."""
        name = os.environ.get("PROOFDESK_ACCOUNT")
        if name is not None or self.config.chain_id not in LOCAL_CHAINS:
            return _keystore(name)
        deployer = str(brownie.accounts[0].address)
        holders = (grant.account for grant in self.config.holders(deployer) if grant.role is role)
        return next(holders, deployer)

    def sender(self, role: Role = Role.ADMIN) -> Sender:
        """What sends for that account."""
        return Sender(brownie.web3, self.account(role), **self._options)

    @property
    def _options(self) -> dict[str, Any]:
        return self.config.network.options if self.config.network else {}

    def deployment(self) -> Deployment:
        """The desk's manifest; in a rehearsal the desk is deployed first, unless it was in this one."""
        if not self.is_rehearsal:
            return find(self.config.chain_id, self.config.desk, path=self.folder)
        with suppress(DeploymentNotFound, DeploymentMismatch):
            found = find(self.config.chain_id, self.config.desk, path=self.folder)
            Desk(brownie.web3, found).check()
            return found
        return deploy(self.sender(), self.config, path=self.folder)

    def desk(self, role: Role) -> Desk:
        """The desk as a holder of a role sees it; a rehearsal keeps no records."""
        records = Path(os.environ.get("PROOFDESK_RECORDS", ROOT / RECORDS))
        folder = records / str(self.config.chain_id) / self.config.desk
        store = MemoryStore() if self.is_rehearsal else folder
        return Desk.connect(
            brownie.web3,
            account=self.account(role),
            deployment=self.deployment(),
            store=store,
            **self._options,
        )


@contextmanager
def operation() -> Iterator[Operation]:
    """The desk that the config of Brownie's network describes; an error ends the command with its message."""
    try:
        network = str(brownie.network.show_active())
        here = Operation(network, load(_config(network)), _folder(), bool(brownie.rpc.is_child()))
        if here.is_rehearsal:
            print(f"A rehearsal: the chain of network {network} began with this command and ends with it.")
            print("docs/operations.md says how to deploy to a chain that stays.")
        yield here
    except ProofdeskError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error
    except KeyboardInterrupt:
        print("\ninterrupted: what was done stands, and nothing is half done.", file=sys.stderr)
        print(
            "Run the same command again: it looks at the chain first and goes on from there.", file=sys.stderr
        )
        raise SystemExit(INTERRUPTED) from None


def show(step: Step) -> None:
    """Print a step that is done."""
    done = ", ".join(step.transactions) or "was there"
    print(f"[{step.number:>3}/{step.of}] {step.name:<28} {done}")


def _config(network: str) -> Path:
    named = os.environ.get("PROOFDESK_CONFIG")
    path = Path(named) if named else ROOT / "config" / f"{_ALIASES.get(network, network)}.toml"
    if not path.exists():
        raise ConfigurationError(
            f"there is no {path}: write it for network {network}, or set PROOFDESK_CONFIG"
        )
    return path


def _folder() -> Path:
    if named := os.environ.get(ENVIRONMENT):
        # A client may have been given one manifest; it lies two folders down.
        return Path(named).parent.parent if named.endswith(".json") else Path(named)
    # What is gone with its chain is not to be found beside desks that are there.
    return ROOT / "build" / "rehearsal" if brownie.rpc.is_child() else ROOT / FOLDER


def _keystore(name: str | None) -> LocalAccount | str:
    known = ", ".join(sorted(brownie.accounts.load())) or "none: brownie accounts generate ID"
    if name is None:
        raise ConfigurationError(f"set PROOFDESK_ACCOUNT to the account to act with; Brownie has {known}")
    try:
        loaded = brownie.accounts.load(name, password=os.environ.get("PROOFDESK_PASSWORD"))
    except FileNotFoundError:
        raise ConfigurationError(f"Brownie has no account {name}; it has {known}") from None
    except ValueError:
        raise ConfigurationError(f"the password does not open account {name}") from None
    # Of an account that the node signs for itself Brownie keeps no key.
    if not hasattr(loaded, "private_key"):
        return str(loaded.address)
    account: LocalAccount = Account.from_key(loaded.private_key)
    return account
