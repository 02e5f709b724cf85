"""Exams that a certifier signs as typed data (EIP-712), for their agents to record and pay for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from proofdesk._certification import CERTIFICATION, Exam
from proofdesk._errors import ConfigurationError
from proofdesk._writing import Content

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk

_EXAM_RESULT: Final = [
    {"name": "agent", "type": "address"},
    {"name": "program", "type": "uint16"},
    {"name": "level", "type": "uint8"},
    {"name": "score", "type": "uint16"},
    {"name": "takenAt", "type": "uint64"},
    {"name": "evidence", "type": "bytes32"},
    {"name": "deadline", "type": "uint64"},
]


@dataclass(frozen=True, slots=True)
class SignedExam:
    """A passed exam with its certifier's signature, for anyone to record until the deadline."""

    exam: Exam
    deadline: datetime
    certifier: str
    signature: str


async def sign(desk: AsyncDesk, exam: Exam, deadline: datetime, evidence: Content) -> SignedExam:
    """As `AsyncCertification.sign_exam`: keeps the evidence's record, which the exam then names."""
    account = desk.sender.account
    if isinstance(account, str):
        raise ConfigurationError(f"signing needs the key of {account}: connect with an account that has it")
    exam = replace(exam, evidence=(await desk.prepare(evidence, kind="exam")).entry)
    names = [field["name"] for field in _EXAM_RESULT]
    values = (*exam.struct(), int(deadline.timestamp()))
    domain = {
        "name": "proofdesk",
        "version": "1",
        "chainId": desk.deployment.chain_id,
        "verifyingContract": desk.deployment.contract(CERTIFICATION).address,
    }
    signed = account.sign_typed_data(
        domain, {"ExamResult": _EXAM_RESULT}, dict(zip(names, values, strict=True))
    )
    return SignedExam(exam, deadline, account.address, signed.signature.to_0x_hex())
