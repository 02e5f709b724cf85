"""A process that hands forty acts to a relayer and carries them, may die at any moment, and is run again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from eth_account import Account
from sqlalchemy import Engine, event

from proofdesk import Deployment, Desk, FolderStore
from proofdesk._errors import ConfigurationError, ConnectionLost, ProofdeskError
from proofdesk.ops.relay import Batching, Refusal, Relayer, Stage
from proofdesk.ops.relay.folder import take_folder
from proofdesk.signed import SignedAct
from tests.crash.store.child import Steps, killed

R = TypeVar("R")

# What is loaded at its first use, which would take a quarter of a run's time.
LATE = ("coincurve", "psycopg", "proofdesk.sending.post", "sqlalchemy.dialects.sqlite", "stringprep")

_WRITING = {"CREATE", "INSERT", "UPDATE", "DELETE"}

SECONDS = 60.0  # of patience with a node that is gone, or an account that another process has


@dataclass(frozen=True)
class Orders:
    """What a run does: `acts` are handed in in groups, each with its `records`.

    It dies before statement `dies_at` that writes, or before step `dies_at_file` that changes its `folder`.
    Acts that were `given` a word are not handed in again. With a `door` acts come as files.
    """

    url: str
    deployment: Deployment
    key: str
    queue: str
    folder: Path
    acts: list[list[str]]
    records: list[list[str]]
    dies_at: int = 0
    dies_at_file: int = 0
    given: frozenset[str] = frozenset()
    door: bool = False
    confirmations: int = 1
    lease: float = 60.0

    @property
    def lives(self) -> list[list[SignedAct]]:
        """The groups."""
        return [[SignedAct.from_json(act) for act in life] for life in self.acts]

    @property
    def files(self) -> Path:
        """Where acts come as files."""
        return self.folder / "door"

    @property
    def store(self) -> FolderStore:
        """Where records are kept."""
        desk = self.deployment.contract("TicketDesk").address
        folder, chain_id = self.folder / "records", self.deployment.chain_id
        # Who is killed leaves the disk what it was given; only who counts steps waits for it.
        return FolderStore(folder, chain_id=chain_id, desk=desk, durable=self.door)


def run(orders: Orders, said: Any) -> None:
    """Hand in and carry until every act has its end.

    `said` is sent what the relayer gives its word for and calls done, as soon as it does; then how many
    statements wrote and how many steps changed the folder.
    """
    account = Account.from_key(orders.key)
    steps = Steps(orders.dies_at_file, killed, orders.folder)
    if orders.door:
        steps.begin()
    options = {"account": account, "deployment": orders.deployment, "store": orders.store}
    desk = patiently(lambda: Desk.connect(orders.url, **options))
    lease = timedelta(seconds=orders.lease)
    batching = Batching(acts=5, at_once=2, confirmations=orders.confirmations, lease=lease)
    writes = _counted(orders.dies_at)
    # Of two that open a new SQLite file at one moment, one may find it locked.
    with patiently(lambda: Relayer(desk, orders.queue, batching=batching, timeout=20.0)) as relayer:
        if orders.door:
            patiently(lambda: _empty(relayer, orders.files))
        else:
            _hand_in(relayer, orders, said)
        waiting = [act.digest for life in orders.lives for act in life]
        until = time.monotonic() + 2 * SECONDS
        while waiting := [digest for digest in waiting if not _is_done(relayer, digest, said)]:
            assert time.monotonic() < until, f"{len(waiting)} acts do not come to their end"
            patiently(lambda: relayer.step(flush=True))
    said.send(("counts", len(writes), steps.count))


def patiently(act: Callable[[], R]) -> R:
    """Do it until it is done: a node may be gone for a moment, an account in another's hands."""
    until = time.monotonic() + SECONDS
    while True:
        try:
            return act()
        except ProofdeskError as error:
            if time.monotonic() > until:
                raise
            if isinstance(error, ConfigurationError):
                Event().wait(0.01)


def _empty(relayer: Relayer, files: Path) -> None:
    take_folder(relayer, files)
    if any(files.glob("*.json")):
        raise ConnectionLost("what could not be answered stays")


def _hand_in(relayer: Relayer, orders: Orders, said: Any) -> None:
    for number, (life, records) in enumerate(zip(orders.lives, orders.records, strict=True)):
        group = [act for act in life if act.digest not in orders.given]
        if group:
            entries = {act.entry for act in group}
            mine = [record for record in records if any(entry in record for entry in entries)]
            patiently(partial(_submit, relayer, group, mine, said))
        # Some wait when others come: a batch holds acts of several groups.
        if number % 3 == 2:
            patiently(lambda: relayer.step(flush=True))


def _submit(relayer: Relayer, group: list[SignedAct], records: Sequence[str], said: Any) -> None:
    answers = relayer.submit(group, records)
    for act, answer in zip(group, answers, strict=True):
        if not isinstance(answer, Refusal):
            said.send(("given", act.digest, answer.to_json()))
    for act, answer in zip(group, answers, strict=True):
        if isinstance(answer, Refusal):
            # A record of a ticket that is not there yet waits, too.
            assert answer.code == "no-answer", f"{act}: {answer}"
            raise ConnectionLost(answer.words)


def _is_done(relayer: Relayer, digest: str, said: Any) -> bool:
    fate = patiently(lambda: relayer.fate(digest))
    assert fate is not None, f"{digest} was acknowledged and is lost"
    assert fate.stage is not Stage.REFUSED, fate
    if fate.stage is Stage.DONE:
        said.send(("done", digest, (fate.tx_hash, fate.block)))
    return fate.stage is Stage.DONE


def _counted(dies_at: int) -> list[str]:
    """Statements that write to any database, from now on, until the process ends."""
    writes: list[str] = []

    def count(statement: str) -> None:
        writes.append(statement)
        if len(writes) == dies_at:
            killed()

    def execute(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.split(None, 1)[0] in _WRITING:
            count(statement)

    event.listen(Engine, "before_cursor_execute", execute)
    event.listen(Engine, "commit", lambda _connection: count("COMMIT"))
    return writes
