"""A desk whose records are sealed, on an anvil of its own, and its people, each with a seed.

Supervisors, agents and auditors read; the supervisor publishes their keys. A stranger has a keyring too, and
nothing is sealed to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from proofdesk import Desk, MemoryStore, Sender
from proofdesk._deployments import SEALED
from proofdesk._store import Store
from proofdesk.ops.config import load
from proofdesk.privacy.keyring import Keyring
from proofdesk.privacy.roles import USUAL
from proofdesk.privacy.seed import Seed
from tests.client.office import CONFIG_FOLDER, CONFIGS, Office, account
from tools.chain import Kind

SHELVES = ("access", "batched", "begun", "erased", "queue", "roles", "shares", "threads", "trees")
AUDITOR, SECOND_SUPERVISOR = 16, 17  # of the mnemonic's accounts
# A registry that answers with an empty list: PUSH1 32, PUSH1 0, MSTORE, PUSH1 64, PUSH1 0, RETURN.
NO_ROLES = "0x602060005260406000f3"

S = TypeVar("S", bound=Store)


@cache
def seed(name: str) -> Seed:
    """A person's seed, the same in every run."""
    return Seed(sha256(f"proofdesk tests: {name}".encode()).digest())


@cache
def keyring(name: str, version: int = 1) -> Keyring:
    """A person's keyring."""
    return Keyring.of(seed(name), version=version)


def copied(store: Store, into: S) -> S:
    """All that a store has, in another one."""
    for entry in store:
        into.put(entry, store.get(entry))
    for name in SHELVES:
        shelf, other = store.shelf(name), into.shelf(name)
        for entry in shelf:
            other.put(entry, shelf.get(entry))
    return into


@dataclass
class SealedOffice(Office):
    """As Office, with keys: `supervisor` and `second_supervisor` read as supervisors, `agent` as an agent."""

    second_supervisor: Desk = field(init=False)
    auditor: Desk = field(init=False)

    PEOPLE = (
        *("customer", "other_customer", "agent", "second_agent", "supervisor", "second_supervisor"),
        *("certifier", "auditor", "stranger"),
    )

    def __post_init__(self) -> None:
        self.second_supervisor = self.desk.using(account(SECOND_SUPERVISOR))
        self.auditor = self.desk.using(account(AUDITOR))
        self.stand_on(self.desk.archive.store)
        for name in ("agent", "second_agent", "supervisor", "second_supervisor", "auditor"):
            self.of(name).keys.publish()
        members = {
            "agents": ("agent", "second_agent"),
            "supervisors": ("supervisor", "second_supervisor"),
            "auditors": ("auditor",),
        }
        for role, names in members.items():
            self.supervisor.keys.create_role(role, USUAL[role], map(self.address, names))

    @classmethod
    @contextmanager
    def sealed(cls, kind: Kind = "anvil") -> Iterator[SealedOffice]:
        """An office as long as the `with` block lasts, whose store is in memory."""
        config = replace(load(CONFIG_FOLDER / f"{CONFIGS[kind]}.toml"), records=SEALED)
        with cls.started(kind, config) as office:
            assert isinstance(office, cls)
            yield office

    @contextmanager
    def isolated(self) -> Iterator[SealedOffice]:
        """An office in which what happens leaves no trace, neither on the chain nor in the store."""
        store = self.desk.archive.store
        with super().isolated():
            try:
                self.stand_on(copied(store, MemoryStore()))
                yield self
            finally:
                self.stand_on(store)

    def stand_on(self, store: Store) -> None:
        """Everybody keeps and reads there from now on, and remembers nothing of before."""
        for name in (*self.PEOPLE, "desk", "intake", "guardian"):
            setattr(self, name, self.connected(self.of(name).sender, store, name))
        self.desk = self.customer

    def connected(self, sender: Sender, store: Store, name: str) -> Desk:
        """A desk for somebody by his name, with his keyring."""
        keys = keyring(name) if name in self.PEOPLE else None
        fresh = Sender(self.w3, sender.account)
        return Desk(self.w3, self.deployment, sender=fresh, store=store, keyring=keys)

    def of(self, name: str) -> Desk:
        """Somebody's desk, by his name here."""
        found: Desk = getattr(self, name)
        return found

    def address(self, name: str) -> str:
        """Somebody's address."""
        return self.of(name).sender.address

    def stand_in(self, folder: Path) -> None:
        """Everybody keeps and reads in a folder from now on, where all is that was in the store before."""
        from proofdesk import FolderStore

        desk = self.deployment.contract("TicketDesk").address
        target = FolderStore(folder, chain_id=self.deployment.chain_id, desk=desk, durable=False)
        self.stand_on(copied(self.desk.archive.store, target))
