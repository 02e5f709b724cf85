"""Exams are read from a file strictly, and recorded once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from proofdesk import Desk, ExamNotAfter, MemoryStore, RetakeTooEarly
from proofdesk._errors import ConfigurationError
from proofdesk.ops.certify import ExamResult, read_exams, record_exams
from tests.ops.conftest import Deployed

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
        ("8500", "85%", r"line 2\.score is '85%': write a whole number from 0 to 10,000"),
        ("8500", "10001", r"line 2\.score is 10,001"),
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
