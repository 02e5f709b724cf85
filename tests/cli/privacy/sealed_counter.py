"""A counter at a desk whose records are sealed: people have seeds, in keystores `NAME.keys` of one password.

Roles are as in most desks: the agent reads as an agent, the supervisor as a supervisor and publishes roles'
keys, the auditor audits; the customer has a seed and the stranger too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from proofdesk import Deployment, Desk, FolderStore, Sender
from proofdesk._deployments import SEALED
from proofdesk.ops.config import load
from proofdesk.ops.deploy import deploy
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.roles import USUAL
from proofdesk.privacy.seed import Seed
from tests.cli.counter import CONFIG, PEOPLE, Counter, Done, at_work
from tools.chain import Chain

PASSWORD = "correct horse battery"
READERS = {"agents": "agent", "supervisors": "supervisor", "auditors": "laboratory"}
SEEDS = ("agent", "supervisor", "laboratory", "customer", "carrier")


def seed(name: str) -> Seed:
    """A person's seed, the same in every run."""
    return Seed(sha256(f"proofdesk tests: {name}".encode()).digest())


@dataclass(frozen=True)
class Founded:
    """A chain with a sealed desk, and what its store and its people's keystores held at first."""

    chain: Chain
    deployment: Deployment
    records: Path
    keys: Path


class SealedCounter(Counter):
    """As Counter; everybody named below has a seed, and says so by `--keys NAME.keys`."""

    def desk(self, person: str | None = None) -> Desk:
        """The desk as a person sees it, with his keyring and the records of this folder."""
        return Desk.connect(
            self.chain.url,
            account=None if person is None else self.names[person],
            deployment=self.deployment,
            store=self.folder / "records" / "31337" / "development",
            keyring=Keyring.of(seed(person)) if person in SEEDS else None,
        )

    def act(self, person: str, line: str, **more: str) -> Done:
        """Run a command line as somebody with his account and his seed."""
        return self.run(f"--account {{{person}}} --keys {person}.keys {line}", **more)

    def look(self, person: str, line: str) -> Done:
        """Run a command line that only reads, with somebody's seed."""
        return self.run(f"{line} --keys {person}.keys")


@contextmanager
def founded() -> Iterator[Founded]:
    """An anvil with a sealed desk, whose roles have keys."""
    with Chain.anvil() as chain, TemporaryDirectory() as folder:
        place = Path(folder)
        accounts = chain.rpc("eth_accounts")
        config = replace(load(CONFIG), records=SEALED)
        deployment = deploy(Sender(chain.url, accounts[0]), config, path=place / "deployments")
        address = deployment.contract("TicketDesk").address
        store = FolderStore(place / "records", chain_id=31337, desk=address, durable=False)
        (place / "keys").mkdir()
        for name in SEEDS:
            seed(name).save(place / "keys" / f"{name}.keys", PASSWORD, rounds=2)

        def desk(name: str) -> Desk:
            who = Keyring.of(seed(name)) if name in SEEDS else None
            account = accounts[PEOPLE[name]]
            return Desk.connect(chain.url, account=account, deployment=deployment, store=store, keyring=who)

        for role, name in READERS.items():
            desk(name).keys.publish()
            desk("supervisor").keys.create_role(role, USUAL[role], [accounts[PEOPLE[name]]])
        certifier = Desk.connect(
            chain.url, account=accounts[PEOPLE["certifier"]], deployment=deployment, store=store
        )
        certifier.certification.record_exam(
            accounts[PEOPLE["agent"]], program="cards", level=1, score=9000, taken_at=certifier.now()
        )
        yield Founded(chain, deployment, place / "records", place / "keys")


@contextmanager
def seated(found: Founded, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[SealedCounter]:
    """A sealed counter in a folder with the store and the keystores, whose password is in the environment."""
    with at_work(found.chain, found.deployment, folder, patch) as plain:
        shutil.copytree(found.records, folder / "records" / "31337" / "development")
        for path in found.keys.iterdir():
            shutil.copy(path, folder)
        patch.setenv("PROOFDESK_KEYS_PASSWORD", PASSWORD)
        yield SealedCounter(plain.chain, plain.folder, plain.deployment, plain.patch, plain.names)
