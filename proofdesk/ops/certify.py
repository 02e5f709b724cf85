"""Recording exams from a file: CSV with a header, or TOML with [[exams]].

    agent,program,level,score,taken_at,evidence
    0x70997970C51812dc3A010C7d01b50e0d17dc79C8,cards,1,85 %,2026-01-31T12:00:00Z,"room 2, paper 17"

`score` is a share of the full score, as `85 %` or as basis points, 8500; a bare number from 1 to 100 could
mean either and is refused. `taken_at` has a zone, `evidence` is what the exam's record says.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from proofdesk._abi import decode_event, topic
from proofdesk._certification import CERTIFICATION, FULL_SCORE
from proofdesk._checks import shown
from proofdesk._deployments import Deployment
from proofdesk._desk import Desk
from proofdesk._errors import ConfigurationError, ContractRevert, InvalidArgument, ProofdeskError
from proofdesk._models import Event
from proofdesk.ops._events import whole
from proofdesk.ops._toml import Table, read
from proofdesk.ops.deploy import wait_for_pending

_PERCENT = r"[0-9]{1,3}(\.[0-9]{1,2})? ?%"
_SCORES = "a percentage such as '91 %' or '72.5 %', or basis points from 101 to 10,000, such as 9100"


@dataclass(frozen=True, slots=True)
class ExamResult:
    """One exam as a file has it; `score` is basis points."""

    agent: str
    program: str
    level: int
    score: int
    taken_at: datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an exam: its certificate's id, 0 for a fail; why it was refused; it was there before.

    What refuses is the contract, or this function where the chain has another result of the same moment.
    """

    exam: ExamResult
    certificate_id: int = 0
    refusal: ProofdeskError | None = None
    was_there: bool = False

    def __str__(self) -> str:
        who = f"{self.exam.agent} in {self.exam.program}, level {self.exam.level}"
        if self.refusal is not None:
            return f"{who}: refused, {self.refusal}"
        if self.was_there:
            return f"{who}: recorded before"
        return f"{who}: certificate {self.certificate_id}" if self.certificate_id else f"{who}: failed"


def read_exams(path: str | Path, deployment: Deployment) -> tuple[ExamResult, ...]:
    """Read and check a whole file, oldest exam first.

    Raises ConfigurationError naming file, exam, key, value and what is allowed.

    >>> [exam.score for exam in read_exams(file, desk.deployment)]
    [8500]
    """
    path = Path(path)
    tables = list(read(path).tables("exams")) if path.suffix == ".toml" else list(_rows(path))
    exams = [_exam(table, deployment) for table in tables]
    # An exam counts only where it lies after the agent's last one.
    return tuple(sorted(exams, key=lambda exam: exam.taken_at))


def read_exam(values: Mapping[str, str], deployment: Deployment) -> ExamResult:
    """Check one exam of a command line, by the names of a file's columns; raises as `read_exams`."""
    return _exam(Table(_typed(values), Path("arguments")), deployment)


def record_exams(
    desk: Desk, exams: Iterable[ExamResult], *, progress: Callable[[Recorded], None] | None = None
) -> tuple[Recorded, ...]:
    """Record exams, one after the other, by a desk connected with a certifier's account.

    An exam that is refused does not keep the others from being recorded; one that was recorded before, also
    by a run that was interrupted, is not recorded again, and refused if its level or score differ from what
    was recorded. Raises what `Sender.send` raises but ContractRevert.

    >>> recorded = record_exams(certifier, read_exams(file, desk.deployment))
    >>> [item.certificate_id for item in recorded]
    [1]
    """
    wait_for_pending(desk.sender)
    outcomes = []
    for exam in exams:
        outcome = _record(desk, exam)
        outcomes.append(outcome)
        if progress is not None:
            progress(outcome)
    return tuple(outcomes)


def _record(desk: Desk, exam: ExamResult) -> Recorded:
    program = desk.deployment.program(exam.program)
    _, last_exam_at, *_ = desk.read(CERTIFICATION, "candidate", exam.agent, program)
    if last_exam_at >= int(exam.taken_at.timestamp()) and (before := _recorded(desk, exam, program)):
        if before == (exam.level, exam.score):
            return Recorded(exam, was_there=True)
        return Recorded(exam, refusal=_other_result(exam, *before))
    try:
        result = desk.certification.record_exam(
            exam.agent,
            program=program,
            level=exam.level,
            score=exam.score,
            taken_at=exam.taken_at,
            evidence={"body": exam.evidence},
        )
    except ContractRevert as refusal:
        return Recorded(exam, refusal=refusal)
    events = (event for event in result.events if isinstance(event, Event) and event.name == "ExamRecorded")
    return Recorded(exam, certificate_id=whole(next(events), "certificateId"))


def _recorded(desk: Desk, exam: ExamResult, program: int) -> tuple[int, int] | None:
    """Level and score that the chain has of the exam that this agent took at this moment in this program."""
    contract, node = desk.deployment.contract(CERTIFICATION), desk.node
    topics = [topic(CERTIFICATION, "ExamRecorded"), f"0x{int(exam.agent, 16):064x}", f"0x{program:064x}"]
    for log in node.logs(contract.address, topics, contract.block, node.height()):
        event = decode_event(log)
        if isinstance(event, Event) and whole(event, "takenAt") == int(exam.taken_at.timestamp()):
            return whole(event, "level"), whole(event, "score")
    return None


def _other_result(exam: ExamResult, level: int, score: int) -> ProofdeskError:
    return InvalidArgument(
        f"an exam taken at {exam.taken_at:%Y-%m-%dT%H:%M:%S%z} is recorded with level {level} and "
        f"{score / 100:g} %, this one has level {exam.level} and {exam.score / 100:g} %: a record never "
        "changes; give another exam its own, later taken_at, and revoke a certificate that should not be"
    )


def _rows(path: Path) -> Iterator[Table]:
    """A CSV file's rows as tables, so that both kinds of file are checked by the same rules."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            for row in reader:
                place = f"line {reader.line_num}"
                if None in row or None in row.values():
                    raise ConfigurationError(f"{path}: {place} has not as many fields as the header")
                yield Table(_typed(row), path, place)
    except FileNotFoundError:
        raise ConfigurationError(f"there is no file {path}") from None
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigurationError(f"{path} cannot be read as CSV in UTF-8: {error}") from None


def _typed(texts: Mapping[str, str]) -> dict[str, Any]:
    """Texts as TOML would have them: what can only be a number is one."""
    values: dict[str, Any] = {key: text.strip() for key, text in texts.items()}
    for key in ("level", "score"):
        if values.get(key, "").isdecimal():
            values[key] = int(values[key])
    return values


def _score(table: Table) -> int:
    """Basis points, of a percentage or of basis points."""
    value = table.value("score")
    if isinstance(value, str):
        text = table.text("score", pattern=_PERCENT, advice=_SCORES)
        # By digits: 90.01 % is no float's.
        whole_part, _, part = text.rstrip(" %").partition(".")
        points = int(whole_part) * 100 + int(part.ljust(2, "0"))
    else:
        points = table.number("score", 0, FULL_SCORE)
        if 1 <= points <= 100:
            table.fail(
                "score", f"is {points}, which may mean {points} % or {points / 100:g} %: write {_SCORES}"
            )
    if points > FULL_SCORE:
        table.fail("score", f"is {shown(value)}: write {_SCORES}")
    return points


def _exam(table: Table, deployment: Deployment) -> ExamResult:
    exam = ExamResult(
        agent=table.as_address("agent", table.text("agent")),
        program=table.text("program"),
        level=table.number("level", 0, 255),
        score=_score(table),
        taken_at=table.moment("taken_at"),
        evidence=table.text("evidence", pattern="(?s).+", advice="what the exam's record is to say"),
    )
    if exam.program not in deployment.programs:
        known = ", ".join(deployment.programs) or "it has none"
        table.fail("program", f"is {exam.program!r}, no program of desk {deployment.desk}: {known}")
    table.only_asked()
    return exam
