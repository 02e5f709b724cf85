"""Measures, writes what was measured, and fails when a figure is beyond its limit: `python -m benchmarks`.

With `gas` as its argument it measures gas and the judgement alone, and what is reported of other speeds stays
as it was.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction

from benchmarks import index, judgement, speed
from benchmarks.figures import measure
from benchmarks.report import README, RESULTS, SNAPSHOT, readme, results, snapshot
from proofdesk._errors import ProofdeskError
from tools.build import replace
from tools.chain import ChainError
from tools.snapshot import compare


def main(arguments: list[str]) -> int:
    """Runs the command line; the exit code is 1 when something is wrong."""
    if arguments not in ([], ["gas"]):
        print("usage: python -m benchmarks [gas]", file=sys.stderr)
        return 2
    print("measuring: some 3,500 transactions and their traces …", flush=True)
    try:
        measured = measure()
        print(f"measuring: {judgement.CLAIMS:,} claims, judged {judgement.ROUNDS} times …", flush=True)
        # First, and alone: it needs no chain, and nothing then runs beside it.
        judged = judgement.measure()
        speeds = (_reported() if arguments else _speeds()) | dict(judged)
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
        print(f"{name:<24}{gas:>12,}")
    for name in ("ratio.life", "ratio.life_batched"):
        print(f"{name:<24}{float(measured.figures[name]):>12.4f}")
    for name, figure in speeds.items():
        print(f"{name:<22}{float(figure):>16,.2f}")
    print(
        "\n".join(["", "changed:", *changes])
        if (changes := compare(before, measured.gas()))
        else "\nnothing changed"
    )
    missed = judgement.missed(speeds)
    missed += [] if arguments else index.missed(speeds) + speed.missed(speeds)
    if over := measured.over() + missed:
        print("\n".join(["", "beyond the limit:", *over]), file=sys.stderr)
        return 1
    return 0


def _speeds() -> dict[str, Fraction]:
    print("measuring: 42,000 events into SQLite, in two ways …", flush=True)
    speeds = dict(index.measure())
    print("measuring: some 30,000 acts, sent in five ways …", flush=True)
    return speeds | dict(speed.measure())


def _reported() -> dict[str, Fraction]:
    """What the last whole run measured, as far as it did."""
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    return {name: Fraction(str(before[name])) for name in (*index.WORDS, *speed.WORDS) if name in before}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
