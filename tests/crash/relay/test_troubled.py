"""A node that drops connections, answers twice, loses its mempool, reorganises: each act is on chain once."""

from __future__ import annotations

from random import Random
from threading import Event
from typing import Any

import pytest

from tests.crash.relay import child
from tests.crash.relay.scene import Scene


@pytest.mark.parametrize("share", [0.05, 0.2])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_node_that_drops_connections(scene: Scene, seed: int, moment: str, share: float) -> None:
    """Before a request is read, or after it was done but before it is answered."""
    orders, chance = scene.orders(), Random(seed)
    hook: Any = {moment: lambda _number, _methods: chance.random() >= share}
    scene.proxy.restart(**hook)
    child.run(orders)
    scene.check(orders, [])


def test_a_node_that_answers_late(scene: Scene, seed: int) -> None:
    """Some answers take longer than others."""
    orders, chance = scene.orders(), Random(seed)

    def delay(_number: int, _methods: list[str]) -> bool:
        Event().wait(0.1 * chance.random())
        return True

    scene.proxy.restart(after=delay)
    child.run(orders)
    scene.check(orders, [])


def test_a_node_that_is_asked_twice(scene: Scene) -> None:
    """As by a line that repeats what it was not told has arrived."""
    orders = scene.orders()
    scene.proxy.restart(repeats=lambda _number, _methods: True)
    child.run(orders)
    scene.check(orders, [])


def test_a_node_that_loses_its_mempool(scene: Scene) -> None:
    """It mines only now and then, and has forgotten all that it took before."""
    orders = scene.orders()
    rpc = scene.office.chain.rpc
    sent = 0

    def lose(number: int, methods: list[str]) -> bool:
        nonlocal sent
        if "eth_sendRawTransaction" in methods:
            sent += 1
            if sent in (1, 4):
                rpc("anvil_dropAllTransactions")
        elif number % 5 == 0:
            rpc("evm_mine")
        return True

    rpc("evm_setAutomine", False)
    scene.proxy.restart(after=lose)
    try:
        child.run(orders)
    finally:
        rpc("evm_setAutomine", True)
    scene.check(orders, [])


@pytest.mark.parametrize("depth", [1, 2])
def test_a_chain_that_reorganises(scene: Scene, depth: int) -> None:
    """Blocks with batches in them go, and what was in them is not taken up again by the node."""
    orders = scene.orders(confirmations=depth + 1)
    rpc = scene.office.chain.rpc
    done = 0

    def reorganise(number: int, methods: list[str]) -> bool:
        nonlocal done
        if number % 4 == 0:
            rpc("evm_mine")
        if number % 12 == 0 and done < 3:
            done += 1
            rpc("anvil_reorg", depth, [])
        return True

    scene.proxy.restart(before=reorganise)
    child.run(orders)
    assert done == 3
    scene.check(orders, [])
