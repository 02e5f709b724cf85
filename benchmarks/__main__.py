"""Measures, writes what was measured, and fails when a figure is beyond its limit: `python -m benchmarks`.

With names as its arguments, `gas` or those of `sections.py`, it measures these alone, and what is reported of
the others stays as it was.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from benchmarks.bench import Bench
from benchmarks.figures import Measured, measure
from benchmarks.report import README, RESULTS, SNAPSHOT, readme, results, snapshot
from benchmarks.sections import SECTIONS
from proofdesk._errors import ProofdeskError
from tools.build import replace
from tools.chain import ChainError
from tools.snapshot import compare

GAS = "gas"


def main(arguments: list[str]) -> int:
    """Runs the command line; the exit code is 1 when something is wrong."""
    names = (GAS, *SECTIONS)
    chosen = arguments or names
    if not set(chosen) <= set(names) or (GAS not in chosen and not RESULTS.is_file()):
        print(f"usage: python -m benchmarks [{'|'.join(names)}]…, gas at first", file=sys.stderr)
        return 2
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    speeds = reported(before)
    try:
        # Speeds first, each alone: nothing then runs beside them.
        for name, section in SECTIONS.items():
            if name in chosen:
                print(f"measuring: {section.doing} …", flush=True)
                speeds |= section.run()
        if GAS in chosen:
            print("measuring: some 4,000 transactions and their traces …", flush=True)
        measured = measure() if GAS in chosen else Measured.reported(before, _node())
    except (ChainError, ProofdeskError) as error:
        print(f"the benchmark could not be run: {error}", file=sys.stderr)
        return 1
    # Where gas alone was measured, speeds are still those of the machine before.
    quick = set(chosen) != {GAS}
    return _report(measured, speeds, chosen, _machine() if quick else before.get("machine", _machine()))


def reported(results: Mapping[str, Any]) -> dict[str, Fraction]:
    """What results.json has beside gas."""
    words = (name for section in SECTIONS.values() for name in section.words)
    return {name: Fraction(str(results[name])) for name in words if name in results}


def _node() -> str:
    with Bench.started() as bench:
        return bench.version()


def _machine() -> str:
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"


def _report(measured: Measured, speeds: dict[str, Fraction], chosen: Sequence[str], machine: str) -> int:
    before = json.loads(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.is_file() else {}
    shown = measured.rounded()
    for path, text in {
        RESULTS: results(shown, speeds, machine),
        README: readme(shown, speeds, machine),
        SNAPSHOT: snapshot(shown),
    }.items():
        replace(path, text)
    if GAS in chosen:
        for name, gas in measured.gas().items():
            print(f"{name:<28}{gas:>14,}")
        for name in ("ratio.life", "ratio.life_batched"):
            print(f"{name:<28}{float(measured.figures[name]):>17.4f}")
    sections = [section for name, section in SECTIONS.items() if name in chosen]
    for section in sections:
        for name in section.words:
            print(f"{name:<28}{float(speeds[name]):>17,.2f}")
    changes = compare(before, measured.gas())
    print("\n".join(["", "changed:", *changes]) if changes else "\nno gas changed")
    over = measured.over() + [line for section in sections for line in section.missed(speeds)]
    if over:
        print("\n".join(["", "beyond the limit:", *over]), file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
