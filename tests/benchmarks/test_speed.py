"""The figures of sending: what was committed keeps its limits, what misses one is named, and all ways run."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks import speed
from benchmarks.report import README, RESULTS

GOOD = {name: Fraction(1) for name in speed.WORDS} | dict(speed.LEAST)


def test_the_committed_figures_keep_their_limits() -> None:
    committed = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert speed.missed({name: Fraction(committed[name]) for name in speed.WORDS}) == []
    assert f"{committed['speed.single']:,}" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", speed.LEAST)
def test_a_figure_that_misses_its_limit_is_named(name: str) -> None:
    assert speed.missed(GOOD) == []
    below = GOOD | {name: speed.LEAST[name] - Fraction(1, 100)}
    assert [line.split()[0] for line in speed.missed(below)] == [name]


def test_every_way_makes_its_acts() -> None:
    figures = speed.measure(rounds=1)
    assert set(figures) == set(speed.WORDS)
    assert min(figures.values()) > 0


def test_the_usual_way_is_short() -> None:
    source = Path(speed.__file__).with_name("speed_usual.py").read_text(encoding="utf-8")
    assert len(source[source.index("def open_tickets") :].splitlines()) <= 30
