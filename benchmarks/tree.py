"""How many entries a second become a Merkle tree of OpenZeppelin's format.

The baseline is that format's own library, in its own language; the time to start Node is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from benchmarks.timing import a_second, medians
from proofdesk._words import keccak, to_hex
from proofdesk.anchors.tree import MerkleTree
from tools.chain import ROOT

FEW, MANY = 1_000, 100_000
ROUNDS = 5  # of the small one
WORDS = {
    "speed.tree_few": f"a tree of {FEW:,} entries, entries a second",
    "speed.tree_few_usual": "OpenZeppelin's JavaScript",
    "ratio.tree_few_vs_usual": "the one to the other",
    "speed.tree_many": f"a tree of {MANY:,}, entries a second",
    "speed.tree_many_usual": "OpenZeppelin's JavaScript",
    "ratio.tree_many_vs_usual": "the one to the other",
}

_USUAL = Path(__file__).with_name("tree_usual.js")


def measure(few: int = FEW, many: int = MANY) -> Mapping[str, Fraction]:
    """By the names in WORDS; raises AssertionError where the two make another tree."""
    return _measured("few", few, ROUNDS) | _measured("many", many, 1)


def _measured(name: str, count: int, rounds: int) -> dict[str, Fraction]:
    numbers = (number.to_bytes(8, "big") for number in range(count))
    entries = [to_hex(keccak(b"proofdesk.benchmark" + number)) for number in numbers]
    trees: list[MerkleTree] = []

    def usual() -> Fraction:
        root, milliseconds = _usual(entries)
        assert trees[-1].root == root
        return count * 1000 / Fraction(milliseconds)

    ours_name, usual_name = f"speed.tree_{name}", f"speed.tree_{name}_usual"
    ways = {
        ours_name: lambda: a_second(count, lambda: trees.append(MerkleTree.of_entries(entries))),
        usual_name: usual,
    }
    figures = medians(ways, rounds)
    return figures | {f"ratio.tree_{name}_vs_usual": figures[ours_name] / figures[usual_name]}


def _usual(entries: Sequence[str]) -> tuple[str, float]:
    """The root, and how long it took."""
    # Where the machine has no Node, the project's own is here.
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    shown = subprocess.run(
        ["node", str(_USUAL)],
        input=json.dumps(entries),
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    answer = json.loads(shown)
    return answer["root"], answer["milliseconds"]
