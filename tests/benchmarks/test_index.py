"""The usual way of copying events that the index is held against is no straw man of many lines."""

from __future__ import annotations

from pathlib import Path

from benchmarks import index


def test_the_usual_way_is_short() -> None:
    source = Path(index.__file__).with_name("index_usual.py").read_text(encoding="utf-8")
    assert len(source[source.index("def copy_acts") :].splitlines()) <= 30
