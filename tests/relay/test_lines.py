"""Which acts need which others first: those of their ticket, and those ahead of them in a lane's line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from proofdesk import Status
from proofdesk.ops.relay import Allowance, Limits, Relayer
from proofdesk.ops.relay.simulation import TooMuch, simulate
from proofdesk.signed import SignedAct
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, yes


@pytest.fixture
def two_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that looks at no more than two acts in a call."""

    def small(node: Any, desk: str, sender: str, calls: Sequence[bytes], **more: Any) -> Any:
        if len(calls) > 2:
            raise TooMuch(f"{len(calls)} acts do not fit one call")
        return simulate(node, desk, sender, calls, **more)

    monkeypatch.setattr("proofdesk.ops.relay.checks.simulate", small)


def standing(crowd: Crowd, relayer: Relayer, *customers: int, lane: int | None = None) -> list[SignedAct]:
    """Tickets on chain, in their line's order."""
    opened = [crowd.open(number, lane=lane) for number in customers]
    yes(relayer.submit(opened))
    relayer.step(flush=True)
    return opened


def close(crowd: Crowd, customer: int, opened: SignedAct, seen: int = 1) -> SignedAct:
    """A customer's closing of a ticket that nobody took."""
    return crowd.move(customer, opened, seen, Status.NEW, Status.CLOSED)


@pytest.mark.usefixtures("two_at_most")
def test_half_of_what_is_too_much_is_looked_at_behind_the_other(relayer: Relayer, crowd: Crowd) -> None:
    first, second = crowd.open(1), crowd.open(2, lane=3)
    answers = relayer.submit([first, second, close(crowd, 1, first), close(crowd, 2, second)])
    assert codes(answers) == ["yes", "yes", "yes", "yes"], "each behind its ticket's opening"


@pytest.mark.usefixtures("two_at_most")
def test_half_of_what_is_too_much_stands_in_line_behind_the_other(relayer: Relayer, crowd: Crowd) -> None:
    (ahead, taken) = standing(crowd, relayer, 1, 2)
    answers = relayer.submit(
        [close(crowd, 1, ahead), crowd.open(3), crowd.take(taken.ticket_id), crowd.open(4)]
    )
    assert codes(answers) == ["yes", "yes", "yes", "yes"], "its turn comes when who was ahead has left"


def test_half_of_what_is_too_much_is_not_looked_at_behind_what_does_not_matter_to_it(
    relayer: Relayer, crowd: Crowd, request: pytest.FixtureRequest
) -> None:
    """It would be too much again, and refused for what strangers handed in."""
    taken = standing(crowd, relayer, 1, 2, 3, 4)
    yes(relayer.submit([crowd.take(each.ticket_id) for each in taken]))
    relayer.step(flush=True)
    here, there = standing(crowd, relayer, 5, 6), standing(crowd, relayer, 7, 8, lane=3)
    request.getfixturevalue("two_at_most")
    notes = [
        crowd.move(number, each, 2, Status.OPEN, Status.OPEN) for number, each in enumerate(taken, start=1)
    ]
    assert codes(relayer.submit(notes)) == ["yes"] * 4, "in no line"
    relayer.step(flush=True)

    def note(number: int, seen: int) -> SignedAct:
        return crowd.move(number, taken[number - 1], seen, Status.OPEN, Status.OPEN)

    refused = relayer.submit([note(1, 2), note(1, 9), note(1, 3), note(2, 3)])
    assert codes(refused) == ["not-legal", "not-legal", "yes", "yes"], "what is refused is no more"
    relayer.step(flush=True)
    assert codes(relayer.submit([note(1, 4), note(2, 4), note(1, 5), note(2, 5)])) == ["yes"] * 4
    elsewhere = [close(crowd, number, each) for number, each in enumerate(there, start=7)]
    line = [crowd.take(here[0].ticket_id), close(crowd, 6, here[1])]
    assert codes(relayer.submit(elsewhere + line)) == ["yes"] * 4, "in another line"
    there = standing(crowd, relayer, 9, 10, lane=3)
    elsewhere = [close(crowd, number, each) for number, each in enumerate(there, start=9)]
    behind = [crowd.open(number, lane=3) for number in (11, 12)]
    assert codes(relayer.submit(elsewhere + behind)) == ["yes"] * 4, "an opening is behind all of its line"


def test_who_stands_behind_one_that_stays_has_no_turn(crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(limits=Limits(allowance=Allowance(acts=2)))
    ahead, behind = standing(crowd, relayer, 1, 2)
    leaves = close(crowd, 1, ahead)
    answers = relayer.submit([crowd.open(1), leaves, crowd.take(behind.ticket_id)])
    assert codes(answers) == ["yes", "allowance", "allowance"]
    # Where there is room for it, it is ahead of who comes later, too.
    other = make_relayer()
    assert codes(other.submit([leaves])) == codes(other.submit([crowd.take(behind.ticket_id)])) == ["yes"]


def test_what_finds_no_room_behind_or_elsewhere_takes_no_turn_away(crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(limits=Limits(allowance=Allowance(acts=2)))
    (mine,), (elsewhere,) = standing(crowd, relayer, 1), standing(crowd, relayer, 2, lane=3)
    note = crowd.move(2, elsewhere, 1, Status.NEW, Status.NEW)
    acts = [crowd.open(1), crowd.open(1), note, close(crowd, 2, elsewhere, 2), crowd.take(mine.ticket_id)]
    assert codes(relayer.submit(acts)) == ["yes", "allowance", "yes", "allowance", "yes"]
