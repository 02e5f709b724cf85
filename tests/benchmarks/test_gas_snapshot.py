"""What an act costs is what was committed, and within its limit; `make bench` writes it anew."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from benchmarks.figures import LIMITS, Measured, measure
from benchmarks.report import README, RESULTS, SNAPSHOT
from tools.snapshot import compare


@pytest.fixture(scope="module")
def measured() -> Measured:
    return measure(floors=False)


def test_gas_is_that_of_the_snapshot(measured: Measured) -> None:
    changes = compare(json.loads(SNAPSHOT.read_text(encoding="utf-8")), measured.gas())
    assert not changes, "if the change is meant, run make bench and commit what it writes: " + "; ".join(
        changes
    )


def test_every_figure_is_within_its_limit(measured: Measured) -> None:
    assert measured.over() == []


@pytest.mark.parametrize("name", LIMITS)
def test_a_figure_above_its_limit_is_named(measured: Measured, name: str) -> None:
    above = replace(measured, figures={**measured.figures, name: LIMITS[name] + Fraction(1, 64)})
    assert [line.split()[0] for line in above.over()] == [name]


def test_the_committed_report_is_of_these_figures(measured: Measured) -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    readme = README.read_text(encoding="utf-8")
    assert {name: results[name] for name in measured.gas()} == measured.gas()
    assert results["ratio.life"] == pytest.approx(float(measured.figures["ratio.life"]), abs=1e-4)
    assert [name for name, gas in measured.gas().items() if f" {gas:,} " not in readme] == []
