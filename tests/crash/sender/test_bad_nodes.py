"""Killed twice over a node that drops lines, hears late or twice, loses its mempool, or reorganises."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest

from tests.crash.proxy import Hook
from tests.crash.sender.conftest import Kill, Scene

RUNS, LONG_RUNS = 2, 12
REQUESTS = 100  # about as many as a run makes
POLLS = {"eth_getTransactionReceipt", "eth_getTransactionByHash", "eth_getTransactionCount"}
WAITING = "eth_sendRawTransactionSync"
SENDING = {"eth_sendRawTransaction", WAITING}


@pytest.fixture
def runs(long_profile: bool) -> int:
    return LONG_RUNS if long_profile else RUNS


def try_all(
    scene: Scene, seeds: range, hooks: Callable[[random.Random], dict[str, Hook]], **options: object
) -> None:
    """Runs with hooks of a random generator each; the seed of one that fails is shown."""
    for seed in seeds:
        rng = random.Random(seed)
        kills = [Kill(rng.choice(("write", "before", "after")), rng.randint(1, REQUESTS)) for _ in range(2)]
        scene.trial(scene.work(seed, **options), *kills, hooks=hooks(rng))


def numbers(seed: int, kind: int, runs: int) -> range:
    """The seeds of a test's runs: no two tests have one in common."""
    first = seed + 1000 * kind
    return range(first, first + runs)


def test_a_node_that_drops_connections(scene: Scene, seed: int, runs: int) -> None:
    def hooks(rng: random.Random) -> dict[str, Hook]:
        return {name: lambda *_: rng.random() > 0.1 for name in ("before", "after")}

    try_all(scene, numbers(seed, 1, runs), hooks)


def test_a_node_that_hears_late(scene: Scene, seed: int, runs: int) -> None:
    """What it hears late it hears when its asker has given up and asked for something else."""

    def hooks(rng: random.Random) -> dict[str, Hook]:
        latest = threading.Condition()
        numbers = [0]

        def hold(number: int, methods: list[str]) -> bool:
            with latest:
                numbers[0] = max(number, numbers[0])
                latest.notify_all()
                if methods[0] in SENDING and rng.random() < 0.2:
                    latest.wait_for(lambda: numbers[0] > number, timeout=30)
            return True

        return {"before": hold}

    try_all(scene, numbers(seed, 2, runs), hooks, patience=0.3)


def test_a_node_that_hears_everything_twice(scene: Scene, seed: int, runs: int) -> None:
    try_all(scene, numbers(seed, 3, runs), lambda _rng: {"repeats": lambda _number, _methods: True})


def test_a_gateway_that_refuses_what_it_delivers(scene: Scene, seed: int, runs: int) -> None:
    """Its patience with the node ends before the node has taken what was sent."""

    def hooks(rng: random.Random) -> dict[str, Hook]:
        return {"delays": lambda _number, methods: methods[0] in SENDING and rng.random() < 0.4}

    try_all(scene, numbers(seed, 6, runs), hooks)


def mining(scene: Scene, rng: random.Random, trouble: Callable[[], object]) -> dict[str, Hook]:
    """A chain that mines now and then when it is asked what there is, or gets into trouble before."""

    def ask(_number: int, methods: list[str]) -> bool:
        if methods[0] == WAITING:
            return False  # nothing is mined while it waits
        if POLLS & set(methods):
            if rng.random() < 0.05:
                trouble()
            if rng.random() < 0.6:
                scene.office.chain.rpc("evm_mine")
        return True

    return {"before": ask}


@pytest.fixture
def paused(scene: Scene) -> object:
    """The chain mines only when told."""
    scene.office.chain.rpc("evm_setAutomine", False)
    yield
    scene.office.chain.rpc("evm_setAutomine", True)


@pytest.mark.usefixtures("paused")
def test_a_node_that_loses_its_mempool(scene: Scene, seed: int, runs: int) -> None:
    def hooks(rng: random.Random) -> dict[str, Hook]:
        return mining(scene, rng, lambda: scene.office.chain.rpc("anvil_dropAllTransactions"))

    try_all(scene, numbers(seed, 4, runs), hooks)


@pytest.mark.usefixtures("paused")
def test_a_chain_that_reorganises(scene: Scene, seed: int, runs: int) -> None:
    def hooks(rng: random.Random) -> dict[str, Hook]:
        # Two blocks at most: what has four is there to stay.
        return mining(scene, rng, lambda: scene.office.chain.rpc("anvil_reorg", rng.randint(1, 2), []))

    try_all(scene, numbers(seed, 5, runs), hooks, confirmations=4)
