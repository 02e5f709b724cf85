"""All ways of sending make their acts, and the usual one is short."""

from __future__ import annotations

from pathlib import Path

from benchmarks import speed


def test_every_way_makes_its_acts() -> None:
    figures = speed.measure(rounds=1)
    assert set(figures) == set(speed.WORDS)
    assert min(figures.values()) > 0


def test_the_usual_way_is_short() -> None:
    source = Path(speed.__file__).with_name("speed_usual.py").read_text(encoding="utf-8")
    assert len(source[source.index("def open_tickets") :].splitlines()) <= 30
