"""Exams are read from a file strictly, and recorded once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from proofdesk import Desk, ExamNotAfter, MemoryStore, RetakeTooEarly
from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk.ops.certify import ExamResult, read_exams, record_exams
from tests.ops.conftest import Deployed
from tools.chain import ROOT

CERTIFIER = 2
AGENT = "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955"
OTHER = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"
HEADER = "agent,program,level,score,taken_at,evidence"
ROW = f'{AGENT},cards,1,8500,2026-01-31T12:00:00Z,"room 2, paper 17"'
EXAM = ExamResult(AGENT, "cards", 1, 8500, datetime(2026, 1, 31, 12, tzinfo=timezone.utc), "room 2, paper 17")
TOML = f"""
[[exams]]
agent = "{AGENT}"
program = "cards"
level = 1
score = 8500
taken_at = 2026-01-31T13:00:00+01:00
evidence = "room 2, paper 17"
"""


def written(folder: Path, text: str, name: str = "exams.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_reads_csv_and_toml_alike(desk: Deployed, tmp_path: Path) -> None:
    assert read_exams(written(tmp_path, f"{HEADER}\n{ROW}\n"), desk.deployment) == (EXAM,)
    assert read_exams(written(tmp_path, TOML, "exams.toml"), desk.deployment) == (EXAM,)


def test_the_pages_file_is_read(desk: Deployed, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (text,) = re.findall(r"^<!-- example: exams\.csv -->\n```csv\n(.*?)^```", page, re.M | re.S)
    exams = read_exams(written(tmp_path, text), desk.deployment)
    assert [(exam.program, exam.score) for exam in exams] == [("cards", 9100), ("orders", 7250)]


def test_oldest_exam_comes_first(desk: Deployed, tmp_path: Path) -> None:
    text = "\n".join([HEADER, ROW, ROW.replace("2026", "2025")])
    assert [exam.taken_at.year for exam in read_exams(written(tmp_path, text), desk.deployment)] == [
        2025,
        2026,
    ]


@pytest.mark.parametrize(
    ("valid", "wrong", "message"),
    [
        (AGENT, "0x12", r"line 2\.agent is '0x12': write an address"),
        (AGENT, AGENT.replace("14dC", "14dc"), r"line 2\.agent is .* capitals"),
        ("cards", "card", r"line 2\.program is 'card', no program of desk development: cards, orders"),
        (",1,", ",256,", r"line 2\.level is 256: write a whole number from 0 to 255"),
        ("8500", "85", r"line 2\.score is 85, which may mean 85 % or 0\.85 %: write a percentage .*'91 %'"),
        ("8500", "1", r"line 2\.score is 1, which may mean 1 % or 0\.01 %"),
        ("8500", "100", r"line 2\.score is 100, which may mean 100 % or 1 %"),
        ("8500", "100.01 %", r"line 2\.score is '100\.01 %': write a percentage"),
        ("8500", "85.125%", r"line 2\.score is '85\.125%': write a percentage"),
        ("8500", "85.5", r"line 2\.score is '85\.5': write a percentage"),
        ("8500", "-5 %", r"line 2\.score is '-5 %': write a percentage"),
        ("8500", "10001", r"line 2\.score is 10001"),
        ("12:00:00Z", "12:00:00", r"line 2\.taken_at is .*: write a moment with its zone"),
        ("2026-01-31T12:00:00Z", "yesterday", r"line 2\.taken_at is 'yesterday'"),
        ('"room 2, paper 17"', '""', r"line 2\.evidence is '': write what the exam's record"),
        ('"room 2, paper 17"', "room 2, paper 17", r"line 2 has not as many fields"),
        ("score", "points", r"line 2\.score is missing"),
        ("evidence", "evidence,room", r"line 2 has not as many fields"),
    ],
)
def test_refuses(desk: Deployed, tmp_path: Path, valid: str, wrong: str, message: str) -> None:
    text = f"{HEADER}\n{ROW}\n"
    assert valid in text
    with pytest.raises(ConfigurationError, match=message):
        read_exams(written(tmp_path, text.replace(valid, wrong, 1)), desk.deployment)


@pytest.mark.parametrize(
    ("written_as", "points"),
    [
        ("85%", 8500),
        ("85 %", 8500),
        ("72.5 %", 7250),
        ("90.01%", 9001),
        ("100 %", 10_000),
        ("0", 0),
        ("0 %", 0),
        ("0.85 %", 85),
        ("101", 101),
        ("10000", 10_000),
    ],
)
def test_a_score_is_a_percentage_or_basis_points(
    desk: Deployed, tmp_path: Path, written_as: str, points: int
) -> None:
    files = [written(tmp_path, f"{HEADER}\n{ROW.replace('8500', written_as)}\n")]
    value = written_as if written_as.isdigit() else f'"{written_as}"'
    files.append(written(tmp_path, TOML.replace("8500", value), "exams.toml"))
    assert [exam.score for file in files for exam in read_exams(file, desk.deployment)] == [points, points]


def test_says_when_there_is_no_file(desk: Deployed, tmp_path: Path) -> None:
    for name in ("nowhere.csv", "nowhere.toml"):
        with pytest.raises(ConfigurationError, match="there is no file"):
            read_exams(tmp_path / name, desk.deployment)


def test_records_once_and_reports_each(desk: Deployed) -> None:
    certifier = Desk.connect(
        desk.w3, account=desk.w3.eth.accounts[CERTIFIER], deployment=desk.deployment, store=MemoryStore()
    )
    now = certifier.now()
    passed = ExamResult(AGENT, "cards", 1, 8500, now - timedelta(hours=2), "passed")
    failed = ExamResult(OTHER, "cards", 1, 6999, now - timedelta(hours=2), "failed")
    early = ExamResult(OTHER, "cards", 1, 9000, now - timedelta(hours=1), "again, too early")
    outcomes = record_exams(certifier, [passed, failed, early])
    assert [(item.certificate_id, type(item.refusal)) for item in outcomes] == [
        (1, type(None)),
        (0, type(None)),
        (0, RetakeTooEarly),
    ]
    assert certifier.certification.is_certified(AGENT, program="cards", level=1)
    assert not certifier.certification.is_certified(OTHER, program="cards")
    again = record_exams(certifier, [passed, failed])
    assert [item.was_there for item in again] == [True, True]
    older = ExamResult(AGENT, "cards", 1, 8500, now - timedelta(hours=3), "older")
    (refused,) = record_exams(certifier, [older])
    assert isinstance(refused.refusal, ExamNotAfter)
    assert "refused, ExamNotAfter" in str(refused)


def test_another_result_of_the_same_moment_is_refused(desk: Deployed) -> None:
    """It is not on chain: whoever reads "recorded before" would believe it is."""
    certifier = Desk.connect(
        desk.w3, account=desk.w3.eth.accounts[CERTIFIER], deployment=desk.deployment, store=MemoryStore()
    )
    now = certifier.now()
    first = ExamResult(AGENT, "cards", 1, 8500, now - timedelta(hours=2), "level 1")
    raised, corrected = replace(first, level=2), replace(first, score=9500)
    there, second, third = record_exams(certifier, [first, raised, corrected])
    assert (there.refusal, there.certificate_id) == (None, 1)
    for item, said in ((second, "level 2 and 85 %"), (third, "level 1 and 95 %")):
        assert isinstance(item.refusal, InvalidArgument)
        assert not item.was_there
        assert re.search(rf"recorded with level 1 and 85 %, this one has {said}", str(item))


def test_an_exam_before_the_last_was_recorded_too(desk: Deployed) -> None:
    """A file that is run again tells the same of each of an agent's exams."""
    certifier = Desk.connect(
        desk.w3, account=desk.w3.eth.accounts[CERTIFIER], deployment=desk.deployment, store=MemoryStore()
    )
    now = certifier.now()
    exams = [
        ExamResult(AGENT, program, level, 8500, now - timedelta(hours=3 - level), "passed")
        for program, level in (("cards", 1), ("cards", 2), ("orders", 1))
    ]
    assert not any(item.was_there or item.refusal for item in record_exams(certifier, exams))
    assert [item.was_there for item in record_exams(certifier, exams)] == [True, True, True]
