"""The figures by name, what they may be at most, and which attestation each act is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from benchmarks import batches, claims, desk, eas, keys
from benchmarks.bench import Bench, mean
from benchmarks.floor import ITEMS, Floor, floor_of

MOVES = ("ask", "answer", "add", "resolve")
LIMITS: Mapping[str, Fraction] = {
    name: Fraction(limit)
    for name, limit in {
        "gas.open": "66_000",
        "gas.take": "55_000",
        "gas.move": "55_000",
        "gas.rate": "57_000",
        "gas.rate_gated": "57_000",
        "gas.rate_first": "74_100",
        "gas.certificate": "130_000",
        "ratio.life": "0.26",
        "gas.batch50.open": "44_000",
        "gas.batch50.gate": "1_000",
        "gas.batch50.move": "27_000",
        "ratio.life_batched": "0.20",
        "gas.claim": "190_000",
        "gas.anchor_each": "60",
    }.items()
}
# What EAS would have to be asked for the same.
PEERS: Mapping[str, str] = {
    "gas.open": "eas.attest",
    "gas.move": "eas.attest_ref",
    "gas.rate": "eas.attest_ref",
    "gas.certificate": "eas.attest",
    "gas.life": "eas.life",
    "gas.batch50.open": "eas.multi_attest",
    "gas.batch50.move": "eas.multi_attest_ref",
    "gas.batch50.rate": "eas.multi_attest_ref",
    "gas.batch50.life": "eas.life_multi",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Gas and ratios by name, exact; floors by the names of the gas; the node that was asked."""

    figures: Mapping[str, Fraction]
    floors: Mapping[str, Floor]
    node: str

    @classmethod
    def reported(cls, results: Mapping[str, Any], node: str) -> Measured:
        """What an earlier run put into results.json."""
        gas = {name: Fraction(value) for name, value in results.items() if name.startswith(("gas.", "eas."))}
        floors = {
            name: Floor(**{item: Fraction(floor[item]) for item in ITEMS})
            for name, floor in results["floors"].items()
        }
        return cls(_with_ratios(gas), floors, node)

    def rounded(self) -> Measured:
        """The same in whole gas, as it is reported, and the ratios of that."""
        gas = {name: Fraction(value) for name, value in self.gas().items()}
        return replace(
            self,
            figures=_with_ratios(gas),
            floors={name: floor.rounded() for name, floor in sorted(self.floors.items())},
        )

    def over(self) -> list[str]:
        """What is above its limit, a readable line each."""
        return [
            f"{name} is {float(self.figures[name]):,.4g} and may be {float(limit):,.4g} at most"
            for name, limit in LIMITS.items()
            if self.figures[name] > limit
        ]

    def gas(self) -> dict[str, int]:
        """The gas figures, rounded to whole gas."""
        return {name: round(value) for name, value in self.figures.items() if not name.startswith("ratio.")}


def measure(*, floors: bool = True) -> Measured:
    """Measure everything on a chain of its own; without floors in half the time.

    Raises ChainError, and the ContractRevert of an act that was refused.
    """
    with Bench.started() as bench:
        scene = desk.Scene.deployed(bench)
        rows, batched = desk.measure(scene), batches.measure(scene)
        claimed = claims.measure(scene)
        single, multi = eas.measure(bench, batches.ACTS)
        published = keys.measure(scene)
        alone = _named("gas.", rows | claimed | published) | {
            "eas.attest": single[0],
            "eas.attest_ref": single[1],
        }
        together = _named("gas.batch50.", batched)
        together |= {"eas.multi_attest": multi[0], "eas.multi_attest_ref": multi[1]}
        figures = {name: mean(row) for name, row in alone.items()}
        figures |= {name: mean(row) / batches.ACTS for name, row in together.items()}
        figures["gas.batch50.gate"] = figures["gas.batch50.open_gated"] - figures["gas.batch50.open"]
        for name, life in {
            "gas.life": [rows[act] for act in desk.LIFE],
            "gas.batch50.life": [batched[act] for act in desk.LIFE],
            "eas.life": single,
            "eas.life_multi": multi,
        }.items():
            acts = 1 if len(life[0]) > 1 else batches.ACTS
            figures[name] = sum(map(mean, life), Fraction()) / acts
        figures["gas.anchor_each"] = figures["gas.anchor"] / claims.RECORDS
        return Measured(
            _with_ratios(figures),
            _floors(bench, alone, together) if floors else {},
            bench.version(),
        )


def _with_ratios(gas: dict[str, Fraction]) -> dict[str, Fraction]:
    ratios = {
        "ratio.life": gas["gas.life"] / gas["eas.life"],
        "ratio.life_batched": gas["gas.batch50.life"] / gas["eas.life_multi"],
    }
    return dict(sorted((gas | ratios).items()))


def _named(prefix: str, rows: desk.Rows) -> desk.Rows:
    """Rows by the figures' names, and the dearest of the moves: the limit holds for each of them."""
    named = {
        f"{prefix}move_{name}" if name in MOVES else f"{prefix}{name}": row for name, row in rows.items()
    }
    return named | {f"{prefix}move": max((rows[move] for move in MOVES), key=mean)}


def _floors(bench: Bench, alone: desk.Rows, together: desk.Rows) -> dict[str, Floor]:
    floors = {name: floor_of(bench.node, row) for name, row in alone.items()}
    return floors | {name: floor_of(bench.node, row).each(batches.ACTS) for name, row in together.items()}
