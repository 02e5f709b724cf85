"""The packed words, field by field: each fits its bits, touches no other, and refuses what does not fit."""

from __future__ import annotations

import random

import pytest

from tests.helpers.contract import Contract, refused
from tests.helpers.node import Node

TICKET = {
    "customer": 160,
    "status": 4,
    "rating": 3,
    "breached": 1,
    "lane": 10,
    "seat": 26,
    "dueAt": 26,
    "acts": 10,
    "budget": 16,
}
LANE = {
    "turns": 26,
    "served": 26,
    "departed": 26,
    "respondWithin": 16,
    "resolveWithin": 16,
    "confirmWithin": 16,
    "program": 16,
    "level": 8,
    "article": 32,
    "gated": 1,
    "claims": 1,
    "closed": 1,
    "spare": 5,
    "size": 40,
}
STATES = 10
# The harness numbers a lane's fields without the spare bits.
LANE_FIELDS = [name for name in LANE if name != "spare"]


@pytest.fixture(scope="module")
def harness(node: Node) -> Contract:
    return Contract.deployed(node, node.accounts[0], "WordHarness")


def offset(layout: dict[str, int], field: str) -> int:
    names = list(layout)
    return sum(layout[name] for name in names[: names.index(field)])


def read(word: int, layout: dict[str, int], field: str) -> int:
    return (word >> offset(layout, field)) & ((1 << layout[field]) - 1)


def written(word: int, layout: dict[str, int], field: str, value: int) -> int:
    mask = ((1 << layout[field]) - 1) << offset(layout, field)
    return (word & ~mask) | (value << offset(layout, field))


def words(seed: int) -> list[int]:
    """Some words of which each is a ticket's, and any is a lane's."""
    source = random.Random(seed)
    tried = [0, (1 << 256) - 1, *(source.getrandbits(256) for _ in range(20))]
    return [written(word, TICKET, "status", source.randrange(STATES)) for word in tried]


def test_a_ticket_has_these_fields(harness: Contract, seed: int) -> None:
    assert sum(TICKET.values()) == 256
    for word in words(seed):
        assert harness.view("ticketFields", word) == tuple(read(word, TICKET, name) for name in TICKET)


def test_a_lane_has_these_fields(harness: Contract, seed: int) -> None:
    for word in words(seed):
        assert harness.view("laneFields", word) == tuple(read(word, LANE, name) for name in LANE_FIELDS)


@pytest.mark.parametrize("field", TICKET)
def test_writing_a_tickets_field_touches_no_other(field: str, harness: Contract, seed: int) -> None:
    number, source = list(TICKET).index(field), random.Random(seed)
    most = STATES - 1 if field == "status" else (1 << TICKET[field]) - 1
    for word in words(seed):
        for value in {0, most, source.randint(0, most)}:
            kept = 1 if field == "breached" else value
            found = harness.view("withTicketField", word, number, value)
            assert found == written(word, TICKET, field, kept)


@pytest.mark.parametrize("field", ["rating", "lane", "seat", "dueAt", "acts", "budget"])
def test_what_does_not_fit_a_tickets_field_is_refused(field: str, harness: Contract) -> None:
    number, bits = list(TICKET).index(field), TICKET[field]
    for value in (1 << bits, (1 << 256) - 1):
        with refused("FieldOverflow", value, bits):
            harness.view("withTicketField", 0, number, value)


@pytest.mark.parametrize(
    "fields",
    [
        ["turns"],
        ["served"],
        ["departed"],
        ["respondWithin", "resolveWithin", "confirmWithin"],
        ["program", "level"],
        ["article"],
        ["gated", "claims"],
        ["closed"],
        ["size"],
    ],
    ids="-".join,
)
def test_writing_a_lanes_fields_touches_no_other(fields: list[str], harness: Contract, seed: int) -> None:
    number, source = LANE_FIELDS.index(fields[0]), random.Random(seed)
    for word in words(seed):
        highest = [(1 << LANE[name]) - 1 for name in fields]
        for values in ([0] * len(fields), highest, [source.randint(0, most) for most in highest]):
            expected = word
            for name, value in zip(fields, values, strict=True):
                expected = written(expected, LANE, name, 1 if name == "closed" else value)
            padded = [*values, 0, 0][:3]
            assert harness.view("withLaneField", word, number, padded) == expected


@pytest.mark.parametrize(
    ("first", "position", "field"),
    [
        ("turns", 0, "turns"),
        ("served", 0, "served"),
        ("departed", 0, "departed"),
        ("respondWithin", 0, "respondWithin"),
        ("respondWithin", 1, "resolveWithin"),
        ("respondWithin", 2, "confirmWithin"),
        ("program", 0, "program"),
        ("program", 1, "level"),
        ("article", 0, "article"),
        ("size", 0, "size"),
    ],
)
def test_what_does_not_fit_a_lanes_field_is_refused(
    field: str, first: str, harness: Contract, position: int
) -> None:
    for value in (1 << LANE[field], (1 << 256) - 1):
        values = [0, 0, 0]
        values[position] = value
        with refused("FieldOverflow", value, LANE[field]):
            harness.view("withLaneField", 0, LANE_FIELDS.index(first), values)
