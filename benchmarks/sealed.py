"""A desk whose records are sealed, on a chain of its own, and three people with keys who work with it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from proofdesk._deployments import SEALED, Deployment
from proofdesk._desk import Desk
from proofdesk._sender import Sender
from proofdesk._store import Store
from proofdesk.ops.config import load
from proofdesk.ops.deploy import deploy
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.roles import USUAL
from proofdesk.privacy.seed import Seed
from proofdesk.stores import FolderStore
from tools.chain import MNEMONIC, ROOT, Chain

LANE = "cards"
TEXT = (
    "Thank you for writing to us. Your parcel left our warehouse on Monday and has been with the carrier "
    "since then; the last scan was this morning in the hub of your region, so it should be with you by "
    "tomorrow evening. If it is not, answer here and we send another the same day, at no cost for you."
)
"""What is written most: 300 letters or so, in a record of the least class of size."""

_CONFIG = ROOT / "config" / "development.toml"
_BUILD = ROOT / "build"
# The mnemonic's accounts that the configuration gives roles to, and others.
_CERTIFIER, _SUPERVISOR, _CUSTOMER, _AGENT = 2, 3, 10, 12


@dataclass(frozen=True, slots=True)
class SealedDesk:
    """Its people: the agent may take tickets of the lane, the supervisor has made the roles that read.

    Records are in a durable folder: they are on disk before anything goes on.
    """

    customer: Desk
    agent: Desk
    supervisor: Desk
    folder: Path

    @property
    def store(self) -> Store:
        """Where its records are."""
        return self.customer.archive.store

    def hasty_store(self) -> Store:
        """The same for who need not wait for the disk."""
        return _store(self.customer.deployment, self.folder, durable=False)


@contextmanager
def on_disk() -> Iterator[Path]:
    """A folder where the project is, as long as the `with` block lasts: elsewhere it may be memory."""
    _BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=_BUILD) as folder:
        yield Path(folder)


@contextmanager
def started() -> Iterator[SealedDesk]:
    """A desk that ends with the `with` block; raises ChainError, and what deploying raises."""
    with Chain.anvil() as chain, on_disk() as folder:
        config = replace(load(_CONFIG), records=SEALED)
        deployment = deploy(Sender(chain.url, _account(0)), config, path=folder)
        store = _store(deployment, folder, durable=True)

        def desk(index: int) -> Desk:
            keyring = Keyring.of(Seed(sha256(f"proofdesk.benchmark {index}".encode()).digest()))
            return Desk.connect(
                chain.url, account=_account(index), deployment=deployment, store=store, keyring=keyring
            )

        people = SealedDesk(desk(_CUSTOMER), desk(_AGENT), desk(_SUPERVISOR), folder)
        readers = [people.agent, people.supervisor]
        for each in readers:
            each.keys.publish()
        for role, reads in USUAL.items():
            people.supervisor.keys.create_role(role, reads, [each.sender.address for each in readers])
        _certify(desk(_CERTIFIER), people.agent.sender.address)
        yield people


def _store(deployment: Deployment, folder: Path, *, durable: bool) -> Store:
    desk = deployment.contract("TicketDesk").address
    return FolderStore(folder / "records", chain_id=deployment.chain_id, desk=desk, durable=durable)


def _certify(certifier: Desk, agent: str) -> None:
    program = next(iter(certifier.deployment.programs))
    taken_at = certifier.now() - timedelta(seconds=1)
    certifier.certification.record_exam(
        agent, program=program, level=1, score=9_000, taken_at=taken_at, evidence={"body": "passed"}
    )


def _account(index: int) -> LocalAccount:
    Account.enable_unaudited_hdwallet_features()
    found: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return found
