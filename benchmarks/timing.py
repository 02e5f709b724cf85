"""How figures of speed come about: rounds that go through all the ways one after another, and their medians.

Other work on the machine then slows all of them alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from statistics import median


def a_second(count: int, work: Callable[[], object]) -> Fraction:
    """How many a second of what some work does so many times."""
    start = time.perf_counter()
    work()
    return count / Fraction(time.perf_counter() - start)


def medians(ways: Mapping[str, Callable[[], Fraction]], rounds: int) -> dict[str, Fraction]:
    """The median of so many rounds, for each way.

    >>> medians({"one": lambda: Fraction(1)}, 3)
    {'one': Fraction(1, 1)}
    """
    measured: dict[str, list[Fraction]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            measured[name].append(way())
    return {name: Fraction(median(figures)) for name, figures in measured.items()}
