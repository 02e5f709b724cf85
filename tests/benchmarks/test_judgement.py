"""The judgement is measured on claims of every kind."""

from __future__ import annotations

from benchmarks import judgement


def test_a_year_is_judged() -> None:
    figures = judgement.measure(rounds=1, claims=2_000)
    assert set(figures) == set(judgement.WORDS) and figures["speed.judgement"] > 0
    filed = judgement.a_year(2_000)
    assert len(filed) == 2_000 and filed == sorted(filed, key=lambda each: each.at)
    assert filed == judgement.a_year(2_000)
