"""The figures of sealed records, proof files, logs, trees and messages: every part does what it measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import chat, log, privacy, proofs, tree

SMALL: Mapping[ModuleType, Callable[[], Mapping[str, Fraction]]] = {
    privacy: partial(privacy.measure, rounds=1, records=30),
    proofs: partial(proofs.measure, rounds=1, tickets=10),
    log: partial(log.measure, leaves=1_000, proofs=50),
    tree: partial(tree.measure, few=1, many=9),
    chat: partial(chat.measure, messages=12, tickets=3),
}
USUAL = {
    "privacy_usual.py": "def wrap_keys",
    "log_usual.py": "def append_until",
    "tree_usual.js": "const values",
}


@pytest.mark.parametrize("part", SMALL, ids=lambda part: part.__name__.split(".")[-1])
def test_every_part_measures_what_it_says(part: ModuleType) -> None:
    figures = SMALL[part]()
    assert set(figures) == set(part.WORDS)
    for name, figure in figures.items():
        # So few seals may take longer by chance.
        assert figure > 0 or name in ("time.reader", "ratio.reader_vs_usual"), name


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_way_is_short(name: str) -> None:
    source = Path(privacy.__file__).with_name(name).read_text(encoding="utf-8")
    assert len(source[source.index(USUAL[name]) :].splitlines()) <= 30
