"""The desk that tests are given: deployed, staffed, with some tickets; and its people and its clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3.providers.base import BaseProvider

from proofdesk import Deployment, Desk, MemoryStore, Sender, Status
from proofdesk._deployments import SEALED
from proofdesk._words import keccak
from proofdesk.ops.config import load
from proofdesk.ops.deploy import deploy

if TYPE_CHECKING:
    from proofdesk.privacy.keyring import Keyring

CONFIG = Path(__file__).with_name("desk.toml")


@cache
def account(name: str) -> LocalAccount:
    """A person's account; its key is made of the name, so everybody knows it.

    >>> account("customer").address == account("customer").address
    True
    """
    made: LocalAccount = Account.from_key(keccak(f"proofdesk.testing.{name}".encode()))
    return made


@dataclass(frozen=True, slots=True)
class People:
    """Everybody of the desk, each as the Desk that he or she sees.

    Roles are held by those of their names; `admin` deployed the desk. `agent` holds certificates of level 1
    in both programs, `second_agent` of level 2; `newcomer` holds none. A `stranger` has no part in anything,
    an `auditor` only where records are sealed: there he reads all.
    """

    admin: Desk
    supervisor: Desk
    certifier: Desk
    lane_editor: Desk
    intake: Desk
    guardian: Desk
    unpauser: Desk
    agent: Desk
    second_agent: Desk
    newcomer: Desk
    customer: Desk
    other_customer: Desk
    stranger: Desk
    auditor: Desk


NAMES = tuple(field.name for field in fields(People))
# Who is shared which role's key where records are sealed; the first role made reads the whole access log.
READERS: Mapping[str, tuple[str, ...]] = {
    "auditors": ("auditor",),
    "agents": ("agent", "second_agent"),
    "supervisors": ("supervisor", "certifier"),
}


@cache
def keyring(name: str) -> Keyring:
    """A person's keyring on the sealed desk; everybody knows its key, which is made of the name.

    >>> keyring("agent").reply_key == keyring("agent").reply_key
    True
    """
    # Late: most tests' records are clear.
    from proofdesk.privacy.keyring import Keyring
    from proofdesk.privacy.keys import ReadingKey

    return Keyring([ReadingKey.from_bytes(keccak(f"proofdesk.testing.key.{name}".encode()))])


class Clock:
    """The chain's clock, by which all deadlines are judged."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def now(self) -> datetime:
        """The latest block's time."""
        return self._desk.now()

    def advance(self, span: timedelta) -> datetime:
        """Let time go by, in whole seconds; returns what it is then. Raises ValueError for going back.

        >>> before = desk_clock.now
        >>> desk_clock.advance(timedelta(hours=8)) - before >= timedelta(hours=8)
        True
        """
        seconds = int(span.total_seconds())
        if seconds < 0:
            raise ValueError(f"{span} lies in the past: a chain's clock only goes on")
        self._desk.node.request("evm_mine", hex(int(self.now.timestamp()) + max(seconds, 1)))
        return self.now


class Office:
    """A desk, sealed or clear; on `provider` everybody has ether, and blocks are mined as they come."""

    def __init__(self, provider: BaseProvider, *, sealed: bool = False) -> None:
        self.provider = provider
        self._sealed = sealed
        environment = {name.upper(): account(name).address for name in NAMES}
        config = load(CONFIG, environment)
        if sealed:
            config = replace(config, desk=f"{config.desk}-sealed", records=SEALED)
        with TemporaryDirectory() as folder:
            sender = Sender(self.provider, account("admin"))
            self.deployment: Deployment = deploy(sender, config, path=folder)
        self._seeded = MemoryStore()
        people = self._people(self._seeded)
        self._node = people.admin.node
        if sealed:
            _share(people)
        _seed(people)

    @contextmanager
    def isolated(self) -> Iterator[People]:
        """Everybody, on the desk as it was seeded; what happens in the `with` block leaves no trace."""
        snapshot = self._node.request("evm_snapshot")
        try:
            yield self._people(self._seeded.copied())
        finally:
            self._node.request("evm_revert", snapshot)

    def _people(self, store: MemoryStore) -> People:
        first = Desk.connect(
            self.provider,
            account=account(NAMES[0]),
            deployment=self.deployment,
            store=store,
            keyring=self._keyring(NAMES[0]),
        )
        return People(first, *(first.using(account(name), keyring=self._keyring(name)) for name in NAMES[1:]))

    def _keyring(self, name: str) -> Keyring | None:
        return keyring(name) if self._sealed else None


def _share(people: People) -> None:
    """Who works at the desk reads all of it."""
    from proofdesk.privacy.roles import USUAL

    for role, members in READERS.items():
        for name in members:
            getattr(people, name).keys.publish()
        people.supervisor.keys.create_role(role, USUAL[role], [account(name).address for name in members])


def _seed(people: People) -> None:
    """Two lines: in payments all are served, so that a test's own ticket is next; in orders two wait."""
    exams = people.certifier.certification
    for agent, level in ((people.agent, 1), (people.second_agent, 2)):
        for program in people.admin.deployment.programs:
            exams.record_exam(
                agent.sender.address, program=program, level=level, score=9_000, taken_at=people.admin.now()
            )
    served = people.other_customer.tickets.open(lane="payments", content="I was charged twice.")
    people.agent.tickets.take(served)
    people.agent.tickets.move(served.id, Status.RESOLVED, "The second charge is on its way back.")
    people.other_customer.tickets.rate(served, 5)
    asked = people.other_customer.tickets.open(lane="payments", content="My card does not work.")
    people.agent.tickets.take(asked)
    people.agent.tickets.reply(asked.id, "Which card is it?")
    for content in ("Where is my parcel?", "The parcel is empty."):
        people.other_customer.tickets.open(lane="orders", content=content)
