"""What was over long ago is forgotten, in bounded steps; what is kept slows nothing that a queue is asked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, update

from proofdesk import InvalidArgument
from proofdesk.ops.relay import Limits, Relayer, _forgetting
from proofdesk.ops.relay._forgetting import Forgetting
from proofdesk.ops.relay._schema import ACTS, BATCHES, State
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, yes

DAY = 86_400.0
LIMITS = Limits(keep=timedelta(days=90))


def add(
    relayer: Relayer, days: float, state: State, count: int = 1, *, deadline: float | None = None
) -> None:
    """Acts that came so many days ago, and whose deadline was then, each in a batch that was mined then."""
    then = time.time() - days * DAY
    with relayer._database.writing() as connection:
        first = (connection.scalar(select(func.max(ACTS.c.seq))) or 0) + 1
        batch = {"owner": bytes(20), "data": b"", "gas": 1, "cost": 1, "spent_at": then}
        act = {
            "act": "open",
            "signer": bytes(20),
            "ticket": bytes(32),
            "lane": 1,
            "entry": bytes(32),
            "deadline": int(then if deadline is None else deadline),
            "call": bytes(500),
            "gas": 1,
            "received_at": int(then),
            "include_by": int(then),
            "relayer": bytes(20),
            "acknowledgement": bytes(65),
            "queued_at": then,
            "state": state,
            "retry_at": 0.0,
            "failures": 0,
        }
        numbers = range(first, first + count)
        mined = {State.QUEUED: State.HELD, State.REFUSED: State.DONE}.get(state, state)
        connection.execute(insert(BATCHES), [{**batch, "id": n, "state": mined} for n in numbers])
        # Most that are refused were in no batch.
        own = [
            {"seq": n, "digest": n.to_bytes(32, "big"), "batch": None if state == State.REFUSED else n}
            for n in numbers
        ]
        connection.execute(insert(ACTS), [{**act, **each} for each in own])


def left(relayer: Relayer) -> tuple[int, int]:
    """How many acts and batches there are."""
    with relayer._database.reading() as connection:
        found = [connection.scalar(select(func.count()).select_from(table)) for table in (ACTS, BATCHES)]
    return found[0] or 0, found[1] or 0


def test_only_what_is_over_since_long_ago(make_relayer: Make, place: str) -> None:
    relayer = make_relayer(place, limits=LIMITS)
    for state in State:
        add(relayer, 91, state)
        add(relayer, 89, state)
    add(relayer, 91, State.DONE, deadline=time.time() - 89 * DAY)
    Forgetting(relayer._database, LIMITS).step()
    with relayer._database.reading() as connection:
        acts = connection.execute(select(ACTS.c.state, ACTS.c.queued_at).order_by(ACTS.c.seq)).all()
        batches = connection.execute(select(BATCHES.c.state, BATCHES.c.spent_at)).all()
    then = time.time() - 90 * DAY
    old = [State(state) for state, at in acts if at < then]
    assert old == [State.QUEUED, State.HELD, State.MINED, State.LEFT, State.DONE], "the last by its deadline"
    assert sum(at > then for _, at in acts) == len(State)
    assert all(at > then for state, at in batches if state == State.DONE)
    assert sum(at < then for state, at in batches) == 4, "of those that are not done"


def test_two_windows_are_remembered_at_the_least(make_relayer: Make) -> None:
    limits = Limits(keep=timedelta(days=1), window=timedelta(days=10))
    relayer = make_relayer(limits=limits)
    add(relayer, 19, State.DONE)
    add(relayer, 21, State.DONE)
    Forgetting(relayer._database, limits).step()
    assert left(relayer) == (1, 1)
    with pytest.raises(InvalidArgument, match="a day or more"):
        Limits(keep=timedelta(hours=23))


def test_in_bounded_steps(make_relayer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_forgetting, "_PAGE", 10)
    relayer = make_relayer()
    add(relayer, 400, State.QUEUED, 15)  # what stays does not stop the rest from going
    add(relayer, 300, State.DONE, 25)
    add(relayer, 1, State.DONE, 5)
    forgetting = Forgetting(relayer._database, LIMITS)
    found = [left(relayer)]
    for _ in range(8):
        forgetting.step()
        found.append(left(relayer))
    assert all(before - 10 <= after for (before, _), (after, _) in pairwise(found))
    assert all(before - 10 <= after for (_, before), (_, after) in pairwise(found))
    assert found[-1] == (15 + 5, 15 + 5)
    add(relayer, 300, State.DONE)
    forgetting.step()
    assert left(relayer) == (21, 21), "it rests for an hour"
    forgetting._next = 0.0
    for _ in range(3):
        forgetting.step()
    assert left(relayer) == (20, 20), "and begins with the oldest again"


def test_who_carries_forgets(make_relayer: Make, office: Office) -> None:
    relayer = make_relayer()
    add(relayer, 200, State.DONE, 3)
    relayer.step()
    assert left(relayer) == (0, 0)


def test_what_is_forgotten_is_not_paid_again(relayer: Relayer, crowd: Crowd, office: Office) -> None:
    act = crowd.open()
    yes(relayer.submit([act]))
    relayer.step(flush=True)
    on_chain = list(office.desk.tickets.acts())
    with relayer._database.writing() as connection:
        # In truth its deadline lies ahead: the contract alone refuses it now.
        connection.execute(update(ACTS).values(queued_at=0.0, deadline=0))
    relayer._carrier._forgetting._next = 0.0
    relayer.step()
    assert relayer.fate(act.digest) is None
    assert codes(relayer.submit([act])) == ["done"]
    assert relayer.step(flush=True).batches == 0 and list(office.desk.tickets.acts()) == on_chain


@contextmanager
def listened(relayer: Relayer) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent to a database meanwhile."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: object) -> None:
        found.append((statement, values))

    event.listen(relayer._database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(relayer._database.engine, "before_cursor_execute", note)


def plan(relayer: Relayer, statement: str, values: Sequence[Any]) -> list[str]:
    """How SQLite goes about a statement."""
    with relayer._database.reading() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values)).all()
    return [row[3] for row in rows]


def test_nothing_that_is_asked_goes_through_what_is_over(
    make_relayer: Make, crowd: Crowd, office: Office
) -> None:
    """Acts are taken, carried and forgotten by indexes, and by the right ones."""
    relayer = make_relayer(limits=Limits(wei_per_hour=10**18))
    add(relayer, 50, State.DONE, 3_000)
    add(relayer, 50, State.REFUSED, 3_000)
    opened = crowd.open(1)
    with listened(relayer) as said:
        yes(relayer.submit([opened, crowd.open(2)]))
        yes(relayer.submit([crowd.take(opened.ticket_id)]))
        relayer.step(flush=True)
        relayer.step(flush=True)
    asked = [(words, values) for words, values in said if words.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    assert len(asked) > 20
    for words, values in asked:
        for line in plan(relayer, words, values):
            big = re.match(r"(SCAN|SEARCH) (acts|batches)\b", line)
            # By what few have in common: in no batch is what was refused, and most batches are done.
            is_slow = ("ix_acts_batch" in line and "batch IS NULL" in words) or (
                "batches_state" in line and "spent_at <" in words
            )
            assert big is None or ("SEARCH" in line and not is_slow), (line, words)
