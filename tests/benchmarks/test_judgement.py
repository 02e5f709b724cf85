"""The figure of the judgement: measured on claims of every kind, and named where it misses its limit."""

from __future__ import annotations

from fractions import Fraction

from benchmarks import judgement


def test_a_figure_that_misses_its_limit_is_named() -> None:
    assert judgement.missed({"speed.judgement": Fraction(50_000)}) == []
    (line,) = judgement.missed({"speed.judgement": Fraction(49_999)})
    assert line.split()[0] == "speed.judgement"


def test_a_year_is_judged() -> None:
    figures = judgement.measure(rounds=1, claims=2_000)
    assert set(figures) == set(judgement.WORDS) and figures["speed.judgement"] > 0
    filed = judgement.a_year(2_000)
    assert len(filed) == 2_000 and filed == sorted(filed, key=lambda each: each.at)
    assert filed == judgement.a_year(2_000)
