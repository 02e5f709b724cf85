"""Measures, writes what was measured, and fails when a figure is beyond its limit: `python -m benchmarks`."""

from __future__ import annotations

import json
import sys

from benchmarks import index, speed
from benchmarks.figures import measure
from benchmarks.report import README, RESULTS, SNAPSHOT, readme, results, snapshot
from proofdesk._errors import ProofdeskError
from tools.build import replace
from tools.chain import ChainError
from tools.snapshot import compare


def main() -> int:
    """Runs the command line; the exit code is 1 when something is wrong."""
    print("measuring: some 3,500 transactions and their traces …", flush=True)
    try:
        measured = measure()
        print("measuring: 42,000 events into SQLite, in two ways …", flush=True)
        speeds = dict(index.measure())
        print("measuring: some 16,000 acts, sent in four ways …", flush=True)
        speeds |= speed.measure()
    except (ChainError, ProofdeskError) as error:
        print(f"the benchmark could not be run: {error}", file=sys.stderr)
        return 1
    before = json.loads(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.is_file() else {}
    for path, text in {
        RESULTS: results(measured, speeds),
        README: readme(measured, speeds),
        SNAPSHOT: snapshot(measured),
    }.items():
        replace(path, text)
    for name, gas in measured.gas().items():
        print(f"{name:<18}{gas:>12,}")
    print(f"{'ratio.life':<18}{float(measured.figures['ratio.life']):>12.4f}")
    for name, figure in speeds.items():
        print(f"{name:<22}{float(figure):>16,.2f}")
    print(
        "\n".join(["", "changed:", *changes])
        if (changes := compare(before, measured.gas()))
        else "\nnothing changed"
    )
    if over := measured.over() + index.missed(speeds) + speed.missed(speeds):
        print("\n".join(["", "beyond the limit:", *over]), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
