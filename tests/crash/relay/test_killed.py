"""SIGKILL at every request and every write of a relayer; run again, each act is on chain exactly once.

A run hands in forty acts, eight tickets' lives in line. It is killed once, before the n-th statement that
writes or a commit, or when the n-th request reached the node (before it went there, or before its answer came
back), and run again to the end. The long profile goes through every n, the quick one through a few.
"""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.relay import child
from tests.crash.relay.scene import Scene

QUICK = 3  # kills of each kind


@pytest.fixture(scope="module")
def counts(scene: Scene) -> tuple[int, int]:
    """How many requests and writes a run without any trouble makes."""
    orders = scene.orders()
    scene.proxy.restart()
    code, promised = scene.run(orders)
    assert code == 0 and len(promised) == 40
    requests = scene.proxy.count
    return requests, child.run(replace(scene.orders(), url=scene.office.chain.url))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_at_a_write(scene: Scene, counts: tuple[int, int], long_profile: bool, kind: str) -> None:
    for number in chosen(counts[1], long_profile):
        orders = scene.orders(kind=kind, dies_at=number)
        scene.proxy.restart()
        code, promised = scene.run(orders)
        assert code in (-signal.SIGKILL, 0), number
        scene.finish(orders, promised)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_a_request(scene: Scene, counts: tuple[int, int], long_profile: bool, moment: str) -> None:
    for number in chosen(counts[0], long_profile):
        orders = scene.orders()
        hook: Any = {moment: lambda n, _methods, number=number: n != number or scene.die()}
        scene.proxy.restart(**hook)
        code, promised = scene.run(orders)
        assert code in (-signal.SIGKILL, 0), number
        scene.finish(orders, promised)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_of_two_relayers_is_killed(
    scene: Scene, counts: tuple[int, int], long_profile: bool, kind: str
) -> None:
    """They share a queue, each from its own account; the other one takes up what the dead one held."""
    newcomer = scene.office.newcomer.key.to_0x_hex()
    for number in chosen(counts[1], long_profile)[:: 5 if long_profile else 2]:
        orders = scene.orders(kind=kind, dies_at=number, lease=0.5)
        scene.proxy.restart()
        mortal, first = scene.start(orders)
        other, second = scene.start(replace(orders, key=newcomer, dies_at=0))
        for process in (mortal, other):
            process.join()
        assert mortal.exitcode in (-signal.SIGKILL, 0) and other.exitcode == 0, number
        first.close()
        second.close()
        scene.finish(orders, [])


def chosen(total: int, long_profile: bool) -> list[int]:
    """Which n are tried: all, or few that are spread out."""
    few = [1 + (total - 1) * step // QUICK for step in range(1, QUICK + 1)]
    return list(range(1, total + 1)) if long_profile else few
