"""A process that hands forty acts to a relayer and carries them, may die at any moment, and is run again."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from eth_account import Account
from sqlalchemy import event

from proofdesk import Deployment, Desk, MemoryStore
from proofdesk._errors import ProofdeskError
from proofdesk.ops.relay import Batching, Refusal, Relayer, Stage
from proofdesk.signed import SignedAct


@dataclass(frozen=True)
class Orders:
    """What a run does: `acts` are handed in in groups; it dies before statement `dies_at` that writes."""

    url: str
    deployment: Deployment
    key: str
    queue: str
    acts: list[list[str]]
    dies_at: int = 0
    confirmations: int = 1
    lease: float = 60.0


def run(orders: Orders, acknowledged: Any = None) -> int:
    """Hand in and carry until every act has its end; returns how many statements wrote.

    `acknowledged` is sent each act's digest as soon as the relayer has given its word.
    """
    account = Account.from_key(orders.key)
    options = {"account": account, "deployment": orders.deployment, "store": MemoryStore()}
    desk = patiently(lambda: Desk.connect(orders.url, **options))
    groups = [[SignedAct.from_json(act) for act in group] for group in orders.acts]
    lease = timedelta(seconds=orders.lease)
    batching = Batching(acts=5, at_once=2, confirmations=orders.confirmations, lease=lease)
    with Relayer(desk, orders.queue, batching=batching, timeout=20.0) as relayer:
        writes = _counted(relayer, orders.dies_at)
        for number, group in enumerate(groups):
            patiently(lambda group=group: _hand_in(relayer, group, acknowledged))
            # Some wait when others come: a batch holds acts of several groups.
            if number % 3 == 2:
                patiently(lambda: relayer.step(flush=True))
        while not all(_is_over(relayer, act) for group in groups for act in group):
            patiently(lambda: relayer.step(flush=True))
    return len(writes)


def patiently(act: Any) -> Any:
    """Do it until it is done: a node may be gone for a moment."""
    for _ in range(200):
        try:
            return act()
        except ProofdeskError as error:
            last = error
    raise last


def _hand_in(relayer: Relayer, group: list[SignedAct], acknowledged: Any) -> None:
    answers = relayer.submit(group)
    for act, answer in zip(group, answers, strict=True):
        if not isinstance(answer, Refusal):
            if acknowledged is not None:
                acknowledged.send(act.digest)
        elif answer.code == "no-answer":
            raise ProofdeskError(answer.words)
        else:
            raise AssertionError(f"{act}: {answer}")


def _is_over(relayer: Relayer, act: SignedAct) -> bool:
    fate = relayer.fate(act.digest)
    return fate is not None and fate.stage in (Stage.DONE, Stage.REFUSED)


def _counted(relayer: Relayer, dies_at: int) -> list[str]:
    writes: list[str] = []

    def count(statement: str) -> None:
        writes.append(statement)
        if len(writes) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def execute(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.split(None, 1)[0] in ("INSERT", "UPDATE", "DELETE"):
            count(statement)

    engine = relayer._database.engine
    event.listen(engine, "before_cursor_execute", execute)
    event.listen(engine, "commit", lambda _connection: count("COMMIT"))
    return writes
