"""brownie run certify main FILE [--network NAME]: record the exams of a CSV or TOML file, as CERTIFIER.

Its other functions, as in `brownie run certify suspend 7`:
exam AGENT PROGRAM LEVEL SCORE TAKEN_AT EVIDENCE, suspend ID, reinstate ID, revoke ID REASON
"""

from __future__ import annotations

from proofdesk import ConfigurationError, Desk
from proofdesk.ops.certify import Recorded, read_exam, read_exams, record_exams
from proofdesk.ops.roles import Role
from scripts._brownie import operation


def main(file: str = "") -> tuple[Recorded, ...]:
    """Record every exam of a file that is not recorded yet; exit code 1 if one was refused."""
    with operation() as here:
        if not file:
            raise ConfigurationError("which file? brownie run certify main exams.csv")
        desk = here.desk(Role.CERTIFIER)
        recorded = record_exams(desk, read_exams(file, desk.deployment), progress=print)
    if any(item.refusal for item in recorded):
        raise SystemExit(1)
    return recorded


def exam(agent: str, program: str, level: str, score: str, taken_at: str, evidence: str) -> Recorded:
    """Record one exam; exit code 1 if it was refused."""
    texts = {"agent": agent, "program": program, "level": level, "score": score}
    with operation() as here:
        desk = here.desk(Role.CERTIFIER)
        read = read_exam({**texts, "taken_at": taken_at, "evidence": evidence}, desk.deployment)
        (recorded,) = record_exams(desk, [read], progress=print)
    if recorded.refusal:
        raise SystemExit(1)
    return recorded


def suspend(certificate: str) -> None:
    """Take a certificate's effect away, from the same block on."""
    with operation() as here:
        desk = here.desk(Role.CERTIFIER)
        desk.certification.suspend(_number(certificate))
        _show(desk, certificate)


def reinstate(certificate: str) -> None:
    """Give a suspended certificate its effect back."""
    with operation() as here:
        desk = here.desk(Role.CERTIFIER)
        desk.certification.reinstate(_number(certificate))
        _show(desk, certificate)


def revoke(certificate: str, reason: str) -> None:
    """End a certificate; the reason becomes a record."""
    with operation() as here:
        desk = here.desk(Role.CERTIFIER)
        desk.certification.revoke(_number(certificate), {"body": reason})
        _show(desk, certificate)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ConfigurationError(f"{text!r} is no certificate's id: write a number from 1")
    return int(text)


def _show(desk: Desk, certificate: str) -> None:
    found = desk.certification.get(_number(certificate))
    print(f"certificate {found.id} of {found.agent} is {found.standing.name.lower()}")
