"""How long a reading command takes from start to end, as whoever types it waits."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench
from benchmarks.desk import Scene

WORDS = {
    "seconds.start_tickets": "`ticket list`, seconds",
    "seconds.start_lanes": "`lane list`, seconds",
    "seconds.start_python": "Python itself, with nothing to do, seconds",
}
MOST = {"seconds.start_tickets": Fraction(2, 10), "seconds.start_lanes": Fraction(2, 10)}
ROUNDS = 20

_COMMANDS = {
    "seconds.start_tickets": ["-m", "proofdesk.cli", "ticket", "list"],
    "seconds.start_lanes": ["-m", "proofdesk.cli", "lane", "list"],
    "seconds.start_python": ["-c", ""],
}


def measure(rounds: int = ROUNDS) -> Mapping[str, Fraction]:
    """By the names in WORDS, medians; on a chain of its own.

    Raises ChainError, CalledProcessError where a command fails.
    """
    with Bench.started() as bench, tempfile.TemporaryDirectory() as folder:
        manifest = Scene.deployed(bench).deployment.save(folder)
        # Compiled modules are kept, as they are where the package is installed.
        given = {
            "PROOFDESK_DEPLOYMENT": str(manifest),
            "PROOFDESK_NODE": bench.url,
            "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled"),
        }
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= given
        measured: dict[str, list[Fraction]] = {name: [] for name in _COMMANDS}
        for _ in range(rounds + 1):
            for name, command in _COMMANDS.items():
                started = time.perf_counter()
                subprocess.run([sys.executable, *command], env=environment, check=True, capture_output=True)
                measured[name].append(Fraction(time.perf_counter() - started))
    # The first one compiles.
    return {name: Fraction(median(spans[1:])) for name, spans in measured.items()}
