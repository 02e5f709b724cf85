"""Signed acts after a reorganisation: carried again, in whatever order, each is done once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import pytest

from tests.helpers.deployment import deploy
from tests.helpers.node import Node
from tests.helpers.people import People
from tests.helpers.signed import Signed, carry, pen
from tests.helpers.table import Status


@pytest.fixture(scope="module")
def reorganised() -> Iterator[People]:
    """A desk on a chain of its own: a snapshot taken back over a reorganisation leaves a chain that lies."""
    with Node.started() as node:
        yield deploy(node)


def lose(people: People, blocks: int) -> None:
    """The chain goes another way: the last blocks are gone, others without acts stand in their place."""
    node = people.desk.node
    node.rpc("anvil_reorg", blocks, [])
    node.now = int(node.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def life_of(people: People) -> list[Signed]:
    customer, agent = pen(people.customer), pen(people.agent)
    opened = customer.open()
    ticket = opened.ticket_id
    return [
        opened,
        agent.take(ticket, people.agent.certificate),
        agent.move(ticket, Status.RESOLVED, was=Status.OPEN, seen=2),
        customer.rate(ticket, 5),
    ]


def test_acts_that_a_reorganisation_took_back_are_carried_again(reorganised: People) -> None:
    people, desk = reorganised, reorganised.desk
    life = life_of(people)
    for act in life:
        act.carried(people.stranger)
    ticket = life[0].ticket_id
    assert desk.ticket(ticket).acts == 4
    lose(people, len(life))
    assert desk.ticket(ticket).acts == 0
    # Somebody else carries all of it at once, and the first carrier tries again after him.
    assert carry(desk, people.customer, life) == [None] * 4
    for act in life:
        assert act.attempt(people.stranger) is not None
    assert (desk.ticket(ticket).acts, desk.ticket(ticket).rating) == (4, 5)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_in_whatever_order_they_come_back(reorganised: People, order: tuple[int, ...]) -> None:
    """Tried again as long as anything is done, each is on the chain once, in the one legal order."""
    people, desk = reorganised, reorganised.desk
    life = life_of(people)
    carry(desk, people.stranger, life)
    lose(people, 1)
    seen = len(desk.acts)
    while any(reason is None for reason in carry(desk, people.stranger, [life[place] for place in order])):
        pass
    done = [act for act in desk.acts[seen:] if act.ticket_id == life[0].ticket_id]
    assert [act.after.acts for act in done] == [1, 2, 3, 4]
    assert desk.ticket(life[0].ticket_id).status == Status.RESOLVED
