"""What is asked of a queue sees the rows that are meant, and no others'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.exc import IntegrityError

from proofdesk.ops.relay import _batches, _queue
from proofdesk.ops.relay._schema import ACTS, BATCHES, METADATA, State
from proofdesk.ops.relay.answers import Refusal

ME, OTHER = 20 * b"\1", 20 * b"\2"
HEX = "0x" + ME.hex()


@pytest.fixture
def queue() -> Iterator[Connection]:
    """An empty queue."""
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def add(queue: Connection, number: int, **changes: Any) -> int:
    """An act of mine, queued, on ticket 1, in no line; returns its number."""
    row = {
        "seq": number,
        "digest": number.to_bytes(32, "big"),
        "act": "move",
        "signer": ME,
        "ticket": 32 * b"\1",
        "lane": None,
        "entry": bytes(32),
        "deadline": 9,
        "call": bytes([number]),
        "gas": 10**number,
        "received_at": 1,
        "include_by": 2,
        "relayer": ME,
        "acknowledgement": b"",
        "queued_at": 100.0,
        "state": State.QUEUED,
        "retry_at": 0.0,
        "failures": 0,
    }
    queue.execute(ACTS.insert().values(row | changes))
    return number


def batch(queue: Connection, cost: int, **changes: Any) -> int:
    """A batch of mine in flight; returns its number."""
    row = {"owner": ME, "data": b"", "gas": 1, "cost": cost, "spent_at": 100.0, "state": State.HELD}
    (number,) = queue.execute(BATCHES.insert().values(row | changes).returning(BATCHES.c.id)).one()
    return int(number)


def states(queue: Connection) -> dict[int, tuple[State, str | None]]:
    """Where acts stand, and with which code."""
    return {row.seq: (State(row.state), row.code) for row in queue.execute(select(ACTS))}


def test_use_is_of_the_window(queue: Connection) -> None:
    add(queue, 1, queued_at=10.0, failures=5)
    add(queue, 2, queued_at=20.0)
    add(queue, 3, queued_at=30.0, failures=1)
    add(queue, 4, queued_at=30.0, signer=OTHER)
    use = _queue.uses(queue, [ME], 10.0)[ME]
    assert (use.acts, use.gas, use.failures, use.oldest) == (2, 1100, 1, 20.0)


def test_what_is_reserved_is_an_accounts_own_and_in_flight(queue: Connection) -> None:
    batch(queue, 1)
    batch(queue, 10, owner=OTHER)
    batch(queue, 100, state=State.DONE)
    assert _queue.reserved(queue, HEX) == 1
    assert _queue.spent(queue, 99.0) == 111 and _queue.spent(queue, 100.0) == 11


def test_gas_that_is_queued_is_in_no_batch_and_has_no_end(queue: Connection) -> None:
    add(queue, 1)
    add(queue, 2, state=State.HELD)
    add(queue, 3, state=State.HELD, batch=7)
    add(queue, 4, state=State.REFUSED)
    add(queue, 5, state=State.DONE)
    assert _queue.queued_gas(queue) == 110 and _queue.waiting(queue) == 3


def test_a_ticket_is_in_the_line_that_an_act_names(queue: Connection) -> None:
    add(queue, 1, lane=3)
    add(queue, 2)
    add(queue, 3, ticket=32 * b"\2")
    assert _queue.lanes(queue, [32 * b"\1", 32 * b"\2"]) == {32 * b"\1": 3}


def test_ahead_are_acts_without_end_of_the_ticket_and_its_line(queue: Connection) -> None:
    mine, another, third = (32 * bytes([number]) for number in (1, 2, 3))
    add(queue, 1, ticket=mine, state=State.DONE, lane=3)
    add(queue, 2, ticket=mine, state=State.HELD)
    add(queue, 3, ticket=another, lane=3)
    add(queue, 4, ticket=third)
    add(queue, 5, ticket=third, lane=4)
    assert [row.seq for row in _queue.ahead(queue, [mine], [])] == [2]
    assert [row.seq for row in _queue.ahead(queue, [mine], [3])] == [2, 3]
    add(queue, 6, ticket=mine, lane=3, act="open")
    assert [row.seq for row in _queue.ahead(queue, [mine], [])] == [2, 6], "an opening stands behind its line"
    add(queue, 7, ticket=mine, lane=3, act="take")
    assert [row.seq for row in _queue.ahead(queue, [mine], [])] == [2, 3, 6, 7]


def test_only_what_was_refused_makes_room_for_itself(queue: Connection) -> None:
    add(queue, 1, state=State.REFUSED)
    add(queue, 2, state=State.REFUSED)
    (again,) = queue.execute(select(ACTS).where(ACTS.c.seq == 1)).mappings()
    _queue.accept(queue, [{**again, "seq": 9, "state": State.QUEUED}])
    assert states(queue) == {2: (State.REFUSED, None), 9: (State.QUEUED, None)}
    with pytest.raises(IntegrityError):
        _queue.accept(queue, [{**again, "seq": 10}])


def test_who_has_acts_in_hand_writes_to_these_alone(queue: Connection) -> None:
    add(queue, 1, state=State.HELD, owner=ME)
    add(queue, 2, state=State.HELD, owner=OTHER)
    add(queue, 3, state=State.HELD, owner=ME, batch=7)
    add(queue, 4)
    add(queue, 5, state=State.HELD, owner=ME)
    assert [act.seq for act in _queue.in_hand(queue, ME, [1, 2, 3, 4])] == [1]
    refusal = Refusal("failed", "words")
    for number in range(1, 5):
        _queue.refuse(queue, _queue.unsent(ME), number, refusal, paid=False)
    refused = {number for number, (state, _) in states(queue).items() if state is State.REFUSED}
    assert refused == {1}


def test_who_is_behind_its_ticket(queue: Connection) -> None:
    other: dict[str, Any] = {"ticket": 32 * b"\2"}
    for number, changes in enumerate(
        [{"state": State.DONE}, other, {}, {}, {**other, "state": State.MINED}], 1
    ):
        add(queue, number, owner=ME, **{"state": State.HELD, **changes})
    behind = [act.seq for act in _queue.in_hand(queue, ME, range(9)) if _queue.is_behind(queue, act)]
    assert behind == [4]


def test_a_batchs_acts_are_those_that_nobody_took_meanwhile(queue: Connection) -> None:
    number, other = batch(queue, 1), batch(queue, 1)
    add(queue, 1, state=State.HELD, owner=ME, batch=number)
    add(queue, 2, state=State.MINED, batch=number)
    add(queue, 3, state=State.HELD, owner=ME, batch=other)
    add(queue, 4, state=State.DONE, batch=number)
    assert [act.seq for act in _batches.held_in(queue, number)] == [1, 2]
    _batches.settle(queue, number, State.DONE, 32 * b"\3", 5, [2])
    assert [state for state, _ in states(queue).values()] == [
        State.DONE,
        State.MINED,
        State.HELD,
        State.DONE,
    ]
    _batches.disband(queue, number)
    assert states(queue)[2] == (State.QUEUED, None) and states(queue)[3] == (State.HELD, None)
    assert states(queue)[1] == states(queue)[4] == (State.DONE, None), "what is done stays so"


def test_what_is_deep_is_done_or_refused(queue: Connection) -> None:
    number, other = batch(queue, 1, state=State.MINED), batch(queue, 1, state=State.MINED)
    add(queue, 1, state=State.MINED, batch=number)
    add(queue, 2, state=State.MINED, batch=number, code="not-legal")
    add(queue, 3, state=State.MINED, batch=other)
    add(queue, 4, state=State.HELD, batch=number)
    _batches.deepen(queue, number)
    assert states(queue) == {
        1: (State.DONE, None),
        2: (State.REFUSED, "not-legal"),
        3: (State.MINED, None),
        4: (State.HELD, None),
    }
    assert [row.id for row in _batches.of(queue, [ME], [State.MINED])] == [other]
    assert _batches.of(queue, [OTHER], [State.MINED]) == []
