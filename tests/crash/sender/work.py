"""What a process does that may die at any moment: 40 acts of one account, in the same order each time.

Ten tickets are opened one by one and twenty together, five with a record that was prepared; five lanes are
made by calls that are all alike, which nothing but the sender keeps from being made twice.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from proofdesk import (
    Call,
    ConnectionLost,
    ContractRevert,
    Deployment,
    Desk,
    FolderStore,
    TransactionError,
    _outbox,
)
from proofdesk._files import write_atomically
from proofdesk._outbox import Confirmations
from proofdesk._words import keccak
from proofdesk.live.http import Http
from proofdesk.sending.journal import JournalFile
from tests.client.office import account
from tests.client.sending import CREATE_LANE

PERSON = 3  # who may make lanes
ACTS, LANES, ATTEMPTS = 40, 5, 60
_WRITING = {"CREATE", "INSERT", "DELETE", "COMMIT"}


@dataclass(frozen=True)
class Work:
    """A run's acts; `folder` holds its records, its journal and how far it has come."""

    folder: Path
    deployment: Deployment
    seed: int
    prepared: tuple[str, ...] = ()
    confirmations: Confirmations = 1
    patience: float = 20.0  # seconds with a node that does not answer
    dies_at: int = 0  # the statement of the journal before which it dies
    window: int = 0  # how many transactions may be in flight, where that is less than usual

    @property
    def entries(self) -> list[str]:
        """Those of the tickets without a record."""
        return [
            "0x" + keccak(f"crash {self.seed} {number}".encode()).hex()
            for number in range(ACTS - LANES - len(self.prepared))
        ]

    @property
    def order(self) -> list[str]:
        """All tickets' entries, as they are to stand in the lane."""
        one_by_one, together = self.entries[:10], self.entries[10:]
        pairs = zip(one_by_one[::2], self.prepared, strict=True)
        return [*chain.from_iterable(pairs), *together, *one_by_one[1::2]]

    @property
    def journal(self) -> JournalFile:
        return JournalFile(self.folder / "journal")

    @property
    def store(self) -> FolderStore:
        desk = self.deployment.contract("TicketDesk").address
        return FolderStore(self.folder / "records", chain_id=self.deployment.chain_id, desk=desk)

    def do(self, url: str) -> None:
        """All that is not done yet; the same call again whenever the node is lost, also while connecting."""
        _until_done(lambda: self._go_on(url))

    def _go_on(self, url: str) -> None:
        with (
            self.journal as journal,
            Desk.connect(
                Http(url, self.patience),
                account=account(PERSON),
                deployment=self.deployment,
                store=self.store,
                journal=journal,
                confirmations=self.confirmations,
            ) as desk,
        ):
            progress = self.folder / "progress"
            done = int(progress.read_text("ascii")) if progress.exists() else 0
            for number, step in enumerate(self._steps(desk)):
                if number >= done:
                    _until_done(step)
                    write_atomically(progress, str(number + 1).encode())

    def _steps(self, desk: Desk) -> Sequence[Callable[[], object]]:
        to = self.deployment.contract("TicketDesk").address
        opened = [desk.call("TicketDesk", "open", 1, entry) for entry in self.entries]
        one_by_one, together = opened[:10], opened[10:]

        def alone(call: Call) -> Callable[[], object]:
            return lambda: desk.sender.send(to, call.data)

        def prepared(entry: str) -> Callable[[], object]:
            return lambda: desk.tickets.open(lane=1, content=desk.archive.read(entry))

        singles = [
            step
            for call, entry in zip(one_by_one[::2], self.prepared, strict=True)
            for step in (alone(call), alone(Call(to, CREATE_LANE)), prepared(entry))
        ]
        return [*singles, lambda: desk.sender.send_many(together), *map(alone, one_by_one[1::2])]


def _until_done(step: Callable[[], object]) -> None:
    for attempt in range(ATTEMPTS):
        try:
            step()
            return
        except ContractRevert:
            raise  # nothing here may be refused
        except (ConnectionLost, TransactionError):
            if attempt == ATTEMPTS - 1:
                raise


def in_a_process(work: Work, url: str) -> None:
    """Do the work, and leave how often the journal was written; the exit code is 1 when it cannot be done."""
    writes: list[str] = []

    class Mortal(sqlite3.Connection):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.set_trace_callback(self._heard)

        def _heard(self, statement: str) -> None:
            if statement.split(None, 1)[0] in _WRITING:
                writes.append(statement)
                if len(writes) == work.dies_at:
                    os.kill(os.getpid(), signal.SIGKILL)

    sqlite3.connect = partial(sqlite3.connect, factory=Mortal)  # type: ignore[assignment]  # as it is called
    if work.window:
        _outbox.MAX_IN_FLIGHT = work.window
    try:
        work.do(url)
        (work.folder / "writes").write_text(str(len(writes)), "ascii")
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
