"""How fast events get from a node into SQLite, beside web3's usual way, and that memory stays flat."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.desk import PUBLIC, Scene
from benchmarks.index_usual import copy_acts
from proofdesk._deployments import Deployment
from proofdesk.ops.index import Index

# What the figures must be at least, and may be at most.
LEAST: Mapping[str, Fraction] = {"ratio.index_vs_usual": Fraction(20)}
MOST: Mapping[str, Fraction] = {"ratio.index_memory": Fraction(11, 10)}
WORDS = {
    "speed.index": "proofdesk's index, events a second",
    "speed.index_usual": "web3's usual way, events a second",
    "ratio.index_vs_usual": "the one to the other",
    "memory.index_100k": "peak memory after 100,000 events, bytes",
    "memory.index_500k": "after 500,000",
    "ratio.index_memory": "the one to the other",
}
ACTS = 42_000
MEMORY_EVENTS = 100_000, 500_000

_BLOCK = 64  # calls: with the gas each is sent with they fill a block
_SECONDS = 10


def measure() -> Mapping[str, Fraction]:
    """`speed.*` in events per second, `memory.*` in bytes, `ratio.*` of those; on a chain of its own.

    Raises ChainError, and the ContractRevert of an act that was refused.
    """
    with Bench.started() as bench, tempfile.TemporaryDirectory() as folder:
        scene = Scene.deployed(bench)
        for _ in range(0, ACTS, 7 * _BLOCK):
            scene.live(PUBLIC, _BLOCK, [bench.agent], bench.flood)
        url, deployment = bench.url, scene.deployment
        ours = _fastest(lambda place: _index(url, deployment, place), Path(folder), "ours")
        usual = _fastest(lambda place: copy_acts(url, deployment, place), Path(folder), "usual")
    small, large = _memory()
    return {
        "speed.index": ours,
        "speed.index_usual": usual,
        "ratio.index_vs_usual": ours / usual,
        "memory.index_100k": small,
        "memory.index_500k": large,
        "ratio.index_memory": large / small,
    }


def _index(url: str, deployment: Deployment, place: Path) -> int:
    counted: list[int] = []
    with Index.open(place, deployment) as index:
        index.update(url, progress=lambda batch: counted.append(batch.events))
    return sum(counted)


def _fastest(copy: Callable[[Path], int], folder: Path, name: str) -> Fraction:
    """Events per second of the quickest run in ten seconds: others work on this machine too."""
    best, end, run = Fraction(), time.perf_counter() + _SECONDS, 0
    while time.perf_counter() < end:
        start = time.perf_counter()
        count = copy(folder / f"{name}-{run}.db")
        best = max(best, count / Fraction(time.perf_counter() - start))
        run += 1
        assert count >= ACTS, f"{count} of {ACTS} events"
    return best


def _memory() -> tuple[Fraction, ...]:
    """Peak resident memory after so many events, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.index_memory", *map(str, MEMORY_EVENTS)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(map(Fraction, shown.split()))
