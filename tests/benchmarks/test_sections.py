"""What is measured beside gas: asked for by name, named where it misses its limit, reported as committed."""

from __future__ import annotations

import doctest
import json
import re
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import judgement, report, timing
from benchmarks.figures import Measured
from benchmarks.sections import SECTIONS, Section
from proofdesk._errors import ConnectionLost

COMMITTED = json.loads(report.RESULTS.read_text(encoding="utf-8"))
LIMITED = Section(
    "",
    dict,
    {"speed.one": "one", "size.two": "two"},
    least={"speed.one": Fraction(50_000)},
    most={"size.two": Fraction(11, 10)},
)
GOOD = {"speed.one": Fraction(50_000), "size.two": Fraction(1)}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to which a run then writes what it measured, with what was committed."""
    for name in ("RESULTS", "README", "SNAPSHOT"):
        place: Path = getattr(report, name)
        (tmp_path / place.name).write_bytes(place.read_bytes())
        monkeypatch.setattr(command, name, tmp_path / place.name)
    small = replace(
        SECTIONS["judgement"], measure=partial(judgement.measure, rounds=1, claims=2_000), least={}
    )
    monkeypatch.setattr(command, "SECTIONS", {**SECTIONS, "judgement": small})
    return tmp_path


@pytest.mark.parametrize(
    ("figures", "line"),
    [
        ({"speed.one": Fraction(49_999)}, "speed.one is 49,999 and must be 50,000 at least"),
        ({"size.two": Fraction(12, 10)}, "size.two is 1.2 and may be 1.1 at most"),
    ],
)
def test_a_figure_that_misses_its_limit_is_named(figures: dict[str, Fraction], line: str) -> None:
    assert LIMITED.missed(GOOD) == []
    assert LIMITED.missed(GOOD | figures) == [line]


def test_figures_are_rounded_as_they_are_reported() -> None:
    measured = {"speed.one": Fraction(7, 4), "ratio.two": Fraction(2, 3)}
    assert replace(LIMITED, measure=lambda: measured).run() == {
        "speed.one": Fraction(2),
        "ratio.two": Fraction(6667, 10_000),
    }


@pytest.mark.parametrize("name", SECTIONS)
def test_the_committed_figures_are_all_there_and_keep_their_limits(name: str) -> None:
    section = SECTIONS[name]
    assert section.missed(command.reported(COMMITTED)) == []
    limits = {**section.least, **section.most}
    assert set(limits) <= set(section.words) <= set(COMMITTED)
    assert {each: COMMITTED["limits"][each] for each in limits} == pytest.approx(
        {each: float(limit) for each, limit in limits.items()}
    )


def test_the_committed_page_is_of_the_committed_figures() -> None:
    page = report.README.read_text(encoding="utf-8")
    node = re.search(r"^- (anvil/\S+), hardfork", page, re.MULTILINE)
    assert node is not None
    measured, speeds = Measured.reported(COMMITTED, node[1]), command.reported(COMMITTED)
    assert report.readme(measured, speeds, COMMITTED["machine"]) == page


def test_one_part_is_measured_alone(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["judgement"]) == 0
    after = json.loads((written / "results.json").read_text(encoding="utf-8"))
    assert after.pop("speed.judgement") > 0 and after.pop("machine")
    known = {name: value for name, value in COMMITTED.items() if name not in ("speed.judgement", "machine")}
    assert after == known
    shown = capsys.readouterr().out
    assert "speed.judgement" in shown and "no gas changed" in shown and "speed.index" not in shown


@pytest.mark.parametrize("arguments", [["speeds"], ["gas", "--help"]])
def test_other_names_are_refused(
    arguments: list[str], written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 2
    assert f"[gas|{'|'.join(SECTIONS)}]" in capsys.readouterr().err


def test_a_part_alone_needs_gas_from_before(written: Path) -> None:
    (written / "results.json").unlink()
    assert command.main(["judgement"]) == 2


def test_what_was_not_measured_is_not_written(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, Fraction]:
        raise ConnectionLost("http://127.0.0.1", "nobody answers")

    monkeypatch.setattr(command, "SECTIONS", {"tree": replace(SECTIONS["tree"], measure=fail)})
    before = {path: path.read_bytes() for path in written.iterdir()}
    assert command.main(["tree"]) == 1
    assert {path: path.read_bytes() for path in written.iterdir()} == before


def test_examples_run() -> None:
    assert doctest.testmod(timing).failed == 0
