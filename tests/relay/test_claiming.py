"""Who may take which acts into its hands, and when others have them back."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select

from proofdesk.ops.relay import _claims
from proofdesk.ops.relay._schema import ACTS, BATCHES, RELAYERS, State
from tests.relay.test_queue import ME, OTHER, add, batch, queue, states

__all__ = ["queue"]

ELSEWHERE = 32 * b"\2"
NOW = 1000.0


def claimed(queue: Connection, most: int = 9) -> list[int]:
    """The numbers of what is mine now."""
    return [act.seq for act in _claims.claim(queue, ME, NOW, most)]


def test_as_many_as_are_wanted_in_their_order(queue: Connection) -> None:
    for number in (1, 2, 3):
        add(queue, number)
    add(queue, 4, state=State.MINED)
    assert claimed(queue, 2) == [1, 2]
    assert {number for number, (state, _) in states(queue).items() if state is State.HELD} == {1, 2}


def test_what_has_its_place_is_not_taken_again(queue: Connection) -> None:
    for number, state in enumerate((State.MINED, State.DONE, State.REFUSED, State.HELD), 1):
        add(queue, number, ticket=32 * bytes([number]), state=state)
    assert claimed(queue) == []


def test_nobody_overtakes_what_is_in_hand_of_a_ticket_or_a_line(queue: Connection) -> None:
    add(queue, 1, state=State.HELD, owner=OTHER, lane=3)
    add(queue, 2)
    add(queue, 3, ticket=ELSEWHERE, lane=3)
    add(queue, 4, ticket=32 * b"\3")
    add(queue, 5, ticket=32 * b"\3", lane=4)
    add(queue, 6, ticket=ELSEWHERE)
    assert claimed(queue) == [4, 5], "an act in no line follows none that is in no line either"


def test_nobody_overtakes_what_waits_but_for_others(queue: Connection) -> None:
    add(queue, 1, retry_at=NOW + 1)
    add(queue, 2)
    add(queue, 3, ticket=ELSEWHERE, retry_at=NOW + 1, error="OutOfTurn")
    add(queue, 4, ticket=ELSEWHERE)
    add(queue, 5, ticket=32 * b"\3", retry_at=NOW)
    add(queue, 6, ticket=32 * b"\4", retry_at=NOW + 61)
    add(queue, 7, ticket=32 * b"\5", lane=3, retry_at=NOW + 1)
    add(queue, 8, ticket=32 * b"\6", lane=3)
    add(queue, 9, ticket=32 * b"\7", retry_at=NOW, error="OutOfTurn")
    assert claimed(queue) == [4, 5, 6, 9], "put off for longer than anybody does: a clock was set back"


def test_ripe_is_what_waits_for_nothing(queue: Connection) -> None:
    assert _claims.ripe(queue, NOW) == (0, NOW)
    add(queue, 1, retry_at=NOW + 1)
    add(queue, 2, state=State.HELD)
    add(queue, 3, retry_at=NOW, queued_at=7.0)
    add(queue, 4, retry_at=NOW + 61, queued_at=8.0)
    assert _claims.ripe(queue, NOW) == (2, 7.0)


def test_many_are_looked_through_in_pages(queue: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_claims, "_PAGE", 2)
    for number in range(1, 6):
        add(queue, number)
    assert claimed(queue) == [1, 2, 3, 4, 5]


def test_what_who_is_gone_held_is_taken_over_and_nothing_else(queue: Connection) -> None:
    third = 20 * b"\3"
    for owner, seconds in ((ME, -1.0), (OTHER, -1.0), (third, 60.0)):
        _claims.renew(queue, owner, seconds)
    assert _claims.gone(queue, ME) == [OTHER]
    batches = [batch(queue, 1, owner=owner) for owner in (ME, OTHER, third)]
    mined = batch(queue, 1, owner=OTHER, state=State.MINED)
    for number, owner in enumerate((ME, OTHER, third), 1):
        add(queue, number, state=State.HELD, owner=owner, batch=batches[number - 1])
    add(queue, 4, state=State.MINED, owner=OTHER, batch=mined)
    _claims.take_over(queue, ME)
    assert [state for state, _ in states(queue).values()] == [
        State.HELD,
        State.QUEUED,
        State.HELD,
        State.MINED,
    ]
    left = queue.execute(select(BATCHES.c.id).where(BATCHES.c.state == State.LEFT)).scalars().all()
    assert left == [batches[1]]
    assert queue.execute(select(ACTS.c.owner, ACTS.c.batch).where(ACTS.c.seq == 2)).one() == (None, None)
    _claims.renew(queue, OTHER, 60.0)
    assert _claims.gone(queue, ME) == [] and len(queue.execute(select(RELAYERS)).all()) == 3


def test_what_was_never_sent_is_put_back(queue: Connection) -> None:
    add(queue, 1, state=State.HELD, owner=ME)
    add(queue, 2, state=State.HELD, owner=ME, batch=7)
    add(queue, 3, state=State.HELD, owner=OTHER)
    _claims.release_unsent(queue, ME)
    assert [state for state, _ in states(queue).values()] == [State.QUEUED, State.HELD, State.HELD]
