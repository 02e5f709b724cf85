"""The figures by name, what they may be at most, and which attestation each act is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from benchmarks import desk, eas
from benchmarks.bench import Bench, mean
from benchmarks.floor import Floor, floor_of

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
    }.items()
}
# What EAS would have to be asked for the same.
PEERS: Mapping[str, str] = {
    "gas.open": "eas.attest",
    "gas.move": "eas.attest_ref",
    "gas.rate": "eas.attest_ref",
    "gas.certificate": "eas.attest",
    "gas.life": "eas.life",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Gas and ratios by name, exact; floors by the names of the gas; the node that was asked."""

    figures: Mapping[str, Fraction]
    floors: Mapping[str, Floor]
    node: str

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
        rows = desk.measure(bench)
        attestations = eas.measure(bench)
        gas = {f"gas.move_{name}" if name in MOVES else f"gas.{name}": row for name, row in rows.items()}
        # The limit holds for each of the moves.
        gas["gas.move"] = max((rows[move] for move in MOVES), key=mean)
        gas |= {"eas.attest": attestations[0], "eas.attest_ref": attestations[1]}
        figures = {name: mean(row) for name, row in gas.items()}
        figures["gas.life"] = sum((mean(rows[act]) for act in desk.LIFE), Fraction())
        figures["eas.life"] = sum(map(mean, attestations), Fraction())
        figures["ratio.life"] = figures["gas.life"] / figures["eas.life"]
        return Measured(
            dict(sorted(figures.items())),
            {name: floor_of(bench.node, row) for name, row in gas.items()} if floors else {},
            str(bench.node.request("web3_clientVersion")),
        )
