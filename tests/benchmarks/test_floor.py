"""The floor against transactions whose every byte is known, and against hand-made sums."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from fractions import Fraction
from types import ModuleType

import pytest

from benchmarks import bench, floor
from benchmarks.bench import Bench, Call
from benchmarks.floor import Floor, floor_of

# Stores 7 in slot 0, hashes 65 bytes by SHA-256, logs 32 bytes with a topic.
PROGRAM = bytes.fromhex("60075f55 60205f60415f60025afa50 600160205fa1")
CREATION = bytes.fromhex(f"60{len(PROGRAM):02x}8060095f395ff3") + PROGRAM


@pytest.fixture(scope="module")
def chain() -> Iterator[Bench]:
    with Bench.started() as chain:
        yield chain


def _floor(**items: int) -> Floor:
    named = dict.fromkeys(floor.ITEMS, 0) | {"base": 21_000} | items
    return Floor(**{name: Fraction(gas) for name, gas in named.items()})


def test_a_plain_transfer_is_all_floor(chain: Bench) -> None:
    row = chain.row([Call(chain.customer, chain.agent, b"")])
    assert floor_of(chain.node, row) == _floor()
    assert bench.mean(row) == 21_000


def test_every_item_is_counted(chain: Bench) -> None:
    contract = chain.create(CREATION)
    first, again = (chain.row([Call(chain.customer, contract, data)]) for data in (b"\0\1", b""))
    touched = {"hashes": 100 + 60 + 3 * 12, "logs": 375 + 375 + 8 * 32}
    assert floor_of(chain.node, first) == _floor(calldata=20, slots=22_100, **touched)
    assert floor_of(chain.node, again) == _floor(slots=2_100, **touched)
    # The rest is the program's few instructions, and a store that changes nothing.
    assert 0 < bench.mean(first) - floor_of(chain.node, first).total < 100
    assert 0 < bench.mean(again) - floor_of(chain.node, again).total < 200


def test_a_row_is_the_mean_of_its_transactions(chain: Bench) -> None:
    row = chain.row(Call(chain.customer, chain.agent, data) for data in (b"\1", b"\0\0\0"))
    assert floor_of(chain.node, row) == _floor(calldata=14)


@pytest.mark.parametrize("module", [bench, floor])
def test_examples_run(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0
