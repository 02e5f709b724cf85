"""A lane's log: rebuilt from events alone, and proven by the RFC's proofs to the contract itself."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from pymerkle import InmemoryTree  # type: ignore[import-untyped]  # it ships no types

from proofdesk.proof.log import EMPTY_ROOT, Log
from tests.helpers.contract import RefusedError
from tests.helpers.desk import LANES, PUBLIC, SECOND_PUBLIC, Act, Desk
from tests.helpers.people import People, Person
from tests.helpers.table import MOVES, Kind, Status


def live(people: People, chance: random.Random, acts: int) -> list[Act]:
    """Random acts of everybody on tickets of two lanes; what the chain said of them."""
    desk, tickets = people.desk, [people.customer.open(), people.customer.open(SECOND_PUBLIC)]
    callers = {Kind.CUSTOMER: people.customer, Kind.AGENT: people.agent, Kind.SUPERVISOR: people.supervisor}
    while len(desk.acts) < acts:
        ticket = chance.choice(tickets)
        at = desk.ticket(ticket).status
        kind, _, to = chance.choice(sorted(move for move in MOVES if move[1] == at) or [(Kind.NONE, at, at)])
        try:
            if chance.random() < 0.2:
                tickets.append(people.customer.open(chance.choice([PUBLIC, SECOND_PUBLIC])))
            elif at == Status.NEW and chance.random() < 0.7:
                people.supervisor.assign(ticket, people.agent)
            elif chance.random() < 0.1:
                people.supervisor.transfer(ticket, SECOND_PUBLIC)
            elif chance.random() < 0.1:
                people.customer.rate(ticket, chance.randint(1, 5))
            elif kind == Kind.MODULE:
                people.module.move_as_module(ticket, to)
            elif kind == Kind.ANYONE:
                desk.overdue(ticket)
                people.stranger.expire(ticket)
            elif kind in callers:
                callers[kind].move(ticket, to)
        except RefusedError:
            continue  # what is refused leaves no leaf, as the roots below show
    return list(desk.acts)


def rebuilt(acts: list[Act], lane: int) -> Log:
    """A lane's log from its events alone, whose positions leave nothing out."""
    log = Log()
    for act in (act for act in acts if act.lane == lane):
        assert log.append(act.leaf_data) == act.position
    return log


@pytest.fixture
def acts(long_profile: bool, people: People, seed: int) -> list[Act]:
    return live(people, random.Random(seed), 600 if long_profile else 60)


def test_the_log_is_rebuilt_from_events_alone(acts: list[Act], desk: Desk) -> None:
    for lane in range(1, len(LANES) + 1):
        log = rebuilt(acts, lane)
        assert desk.lane(lane).size == len(log)
        assert desk.view("root", lane) == log.root()
        assert desk.view("peaks", lane) == tuple(log.peaks())


def test_the_log_is_that_of_another_library(acts: list[Act], desk: Desk) -> None:
    tree = InmemoryTree(algorithm="sha256")
    for act in (act for act in acts if act.lane == PUBLIC):
        tree.append_entry(act.leaf_data)
    size = desk.lane(PUBLIC).size
    for position in range(1, size + 1):
        leaf, *path = tree.prove_inclusion(position, size).path
        assert desk.view("verifyInclusion", PUBLIC, position - 1, leaf, path)


def test_the_counter_shows_that_no_act_of_a_ticket_is_missing(acts: list[Act], desk: Desk) -> None:
    for ticket, count in Counter(act.ticket_id for act in acts).items():
        words = [act.after for act in acts if act.ticket_id == ticket]
        assert [word.acts for word in words] == list(range(1, count + 1))
        assert desk.ticket(ticket) == words[-1]


def test_an_act_is_125_bytes(acts: list[Act]) -> None:
    assert {len(act.leaf_data) for act in acts} == {125}


@pytest.mark.parametrize(("lane", "other"), [(PUBLIC, SECOND_PUBLIC), (SECOND_PUBLIC, PUBLIC)])
def test_every_leaf_is_proven_and_no_other(acts: list[Act], desk: Desk, lane: int, other: int) -> None:
    log = rebuilt(acts, lane)
    for position in range(len(log)):
        leaf, proof = log.leaf(position), log.inclusion_proof(position)
        assert desk.view("verifyInclusion", lane, position, leaf, proof)
        assert not desk.view("verifyInclusion", lane, position + 1, leaf, proof)
        assert not desk.view("verifyInclusion", lane, position, leaf, proof[:-1])
        assert not desk.view("verifyInclusion", lane, position, leaf, [*proof, bytes(32)])
        assert not desk.view("verifyInclusion", lane, position, leaf[::-1], proof)
        assert not desk.view("verifyInclusion", other, position, leaf, proof)
    assert not desk.view("verifyInclusion", lane, len(log), leaf, proof)


@pytest.mark.parametrize("lane", [PUBLIC, SECOND_PUBLIC])
def test_the_log_continues_what_it_was_and_nothing_else(acts: list[Act], desk: Desk, lane: int) -> None:
    log = rebuilt(acts, lane)
    for size in range(len(log) + 1):
        root, proof = log.root(size), log.consistency_proof(size)
        assert desk.view("verifyConsistency", lane, size, root, proof)
        assert not desk.view("verifyConsistency", lane, size, root[::-1], proof)
        assert not desk.view("verifyConsistency", lane, size, root, [*proof, bytes(32)])
        if proof:
            assert not desk.view("verifyConsistency", lane, size, root, proof[:-1])
            assert not desk.view("verifyConsistency", lane, size - 1, root, proof)
    assert not desk.view("verifyConsistency", lane, len(log) + 1, root, [])


def test_an_empty_log(desk: Desk) -> None:
    assert desk.view("root", PUBLIC) == EMPTY_ROOT
    assert desk.view("peaks", PUBLIC) == ()
    assert desk.view("verifyConsistency", PUBLIC, 0, EMPTY_ROOT, [])
    assert not desk.view("verifyInclusion", PUBLIC, 0, EMPTY_ROOT, [])


def test_the_root_of_every_size(customer: Person, desk: Desk) -> None:
    log = Log()
    for _ in range(35):
        customer.open()
        log.append(desk.acts[-1].leaf_data)
        assert desk.view("root", PUBLIC) == log.root()
        assert desk.view("peaks", PUBLIC) == tuple(log.peaks())


def test_a_transfer_is_logged_where_it_leaves(desk: Desk, people: People, supervisor: Person) -> None:
    ticket = people.ticket_in(Status.OPEN)
    supervisor.transfer(ticket, SECOND_PUBLIC)
    assert (desk.lane(PUBLIC).size, desk.lane(SECOND_PUBLIC).size) == (3, 0)
    log = rebuilt(desk.acts, PUBLIC)
    assert desk.acts[-1].after.lane == SECOND_PUBLIC
    assert desk.view("root", PUBLIC) == log.root()
    assert desk.view("root", SECOND_PUBLIC) == EMPTY_ROOT
