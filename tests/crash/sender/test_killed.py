"""SIGKILL before the n-th request or before its answer, for every n; then the same process again."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext

import pytest

from tests.crash.sender.conftest import Scene
from tests.crash.sender.work import Work, in_a_process

SECONDS = 60
RUNS, LONG_RUNS = 16, 300


@pytest.fixture(scope="module")
def processes() -> Iterator[ForkServerContext]:
    """Processes that have loaded everything when they begin."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.sender.work", "web3", "coincurve"])
    yield context


def run(scene: Scene, processes: ForkServerContext, work: Work, kill_at: int, *, heard: bool) -> bool:
    """Whether a process was killed at this request, after the node had `heard` it or before."""
    started = threading.Event()
    killed: list[int] = []

    def kill(number: int, _methods: list[str]) -> bool:
        if number != kill_at:
            return True
        assert started.wait(SECONDS)
        assert process.pid is not None
        killed.append(number)
        os.kill(process.pid, signal.SIGKILL)
        return False

    scene.proxy.restart(**{"after" if heard else "before": kill})
    process = processes.Process(target=in_a_process, args=(work, scene.proxy.url))
    process.start()
    started.set()
    process.join(SECONDS)
    assert process.exitcode == (-signal.SIGKILL if killed else 0)
    return bool(killed)


def test_killed_at_every_request(
    scene: Scene, processes: ForkServerContext, seed: int, long_profile: bool
) -> None:
    rng = random.Random(seed)
    with scene.office.isolated():
        assert not run(scene, processes, scene.work(seed), 0, heard=True)
        requests = scene.proxy.count
    runs = LONG_RUNS if long_profile else RUNS
    assert not long_profile or runs >= 2 * requests, "every request, before and after"
    print(f"seed {seed}: {requests} requests, {runs} runs")
    for number in range(runs):
        # All of them in the long profile, evenly spread ones in the quick one.
        first = 1 + (number // 2 if long_profile else number * requests // runs) % requests
        second, heard = rng.randint(1, requests), number % 2 == 1
        with scene.office.isolated():
            work = scene.work(seed + 1 + number)
            before = scene.state()
            killed = run(scene, processes, work, first, heard=heard)
            if killed:
                killed = run(scene, processes, work, second, heard=rng.random() < 0.5)
            if killed:
                assert not run(scene, processes, work, 0, heard=True)
            try:
                scene.check(work, before)
            except AssertionError as error:
                pytest.fail(f"killed at request {first}, {heard=}, then {second}: {error}")
