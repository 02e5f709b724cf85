"""The figures of the index: what was committed keeps its limits, and what misses one is named."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks import index
from benchmarks.report import README, RESULTS

GOOD = {name: Fraction(1) for name in index.WORDS} | dict(index.LEAST)


def test_the_committed_figures_keep_their_limits() -> None:
    committed = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert index.missed({name: Fraction(committed[name]) for name in index.WORDS}) == []
    assert f"{committed['speed.index']:,}" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "value"), [("ratio.index_vs_usual", 19.9), ("ratio.index_memory", 1.2)])
def test_a_figure_that_misses_its_limit_is_named(name: str, value: float) -> None:
    assert index.missed(GOOD) == []
    assert [line.split()[0] for line in index.missed(GOOD | {name: Fraction(value)})] == [name]


def test_the_usual_way_is_short() -> None:
    source = Path(index.__file__).with_name("index_usual.py").read_text(encoding="utf-8")
    assert len(source[source.index("def copy_acts") :].splitlines()) <= 30
