"""A certifier's office: one valid exam, one valid signature, and what the contract keeps of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.helpers.contract import Contract, Event
from tests.helpers.desk import mapping_slot
from tests.helpers.node import Node
from tests.helpers.people import People, Person
from tools.compiler import ROOT

DAY = 86_400
YEAR = 365 * DAY
PASS_MARK = 7_000
REASON = b"\x0d" * 32
NO_HOLDER = ("0x" + "00" * 20, 0, 0)


class Standing(IntEnum):
    """What a certificate is worth, numbered in the order in which the design lists the standings."""

    NONE = 0
    ACTIVE = 1
    SUSPENDED = 2
    REVOKED = 3
    RESIGNED = 4


@dataclass(frozen=True, slots=True)
class Exam:
    """An exam as the contract takes it; a score is basis points, a time seconds."""

    agent: str
    program: int
    level: int
    score: int
    taken_at: int
    evidence: bytes

    @property
    def values(self) -> tuple[str, int, int, int, int, bytes]:
        """Its fields in the struct's order."""
        return (self.agent, self.program, self.level, self.score, self.taken_at, self.evidence)


@dataclass(frozen=True, slots=True)
class Program:
    """A program's terms; a mark is basis points, a length of time seconds. The default is a valid one."""

    syllabus: bytes = b"\x05" * 32
    pass_mark: int = PASS_MARK
    validity: int = YEAR
    retake_delay: int = DAY
    active: bool = True

    @property
    def values(self) -> tuple[bytes, int, int, int, bool]:
        """Its fields in the struct's order."""
        return (self.syllabus, self.pass_mark, self.validity, self.retake_delay, self.active)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, read from its word by the design's bit map; times are seconds."""

    agent: str
    program: int
    level: int
    standing: Standing
    issued_at: int
    expires_at: int

    @classmethod
    def unpacked(cls, word: int) -> Certificate:
        """A certificate from its word."""
        numbers = []
        for width in (160, 16, 8, 8, 32, 32):
            numbers.append(word & ((1 << width) - 1))
            word >>= width
        agent, program, level, standing, issued_at, expires_at = numbers
        return cls(f"0x{agent:040x}", program, level, Standing(standing), issued_at, expires_at)

    def holder_at(self, time: int) -> tuple[str, int, int]:
        """What `holderIfValid` says at a time."""
        valid = self.standing == Standing.ACTIVE and time < self.expires_at
        return (self.agent, self.program, self.level) if valid else NO_HOLDER


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where an agent stands in a program; times are seconds."""

    certificate: int
    last_exam_at: int
    retake_from: int
    suspended: bool = False


EXAM_RESULT = (
    ("agent", "address"),
    ("program", "uint16"),
    ("level", "uint8"),
    ("score", "uint16"),
    ("takenAt", "uint64"),
    ("evidence", "bytes32"),
    ("deadline", "uint64"),
)


@dataclass(slots=True)
class Office:
    """The certification of a desk, with a certifier in it, one who only signs, and a candidate."""

    people: People
    signer: LocalAccount
    candidate: Person

    @property
    def node(self) -> Node:
        """The chain."""
        return self.people.desk.node

    @property
    def certification(self) -> Contract:
        """The contract."""
        return self.people.desk.certification

    @property
    def now(self) -> int:
        """Seconds; the time of the last block."""
        return self.node.now

    def at(self, seconds: int) -> None:
        """The next transaction happens at exactly this time."""
        self.node.at(seconds)

    def create(self, program: Program) -> int:
        """Creates a program; its number."""
        (created,) = self.certification.send(self.people.certifier.address, "createProgram", program.values)
        return int(created.arguments["program"])

    # --------------------------------------------------------------------------------------------- exams

    def exam(self, **changes: Any) -> Exam:
        """A passed exam of the candidate, taken just now, but for the changes."""
        exam = Exam(self.candidate.address, 1, 2, 8_000, self.now, self.people.desk.entry())
        return replace(exam, **changes)

    def record(self, exam: Exam | None = None, **changes: Any) -> list[Event]:
        """Records an exam by the certifier himself."""
        exam = exam or self.exam(**changes)
        return self.certification.send(self.people.certifier.address, "recordExam", exam.values)

    def passed(self, **changes: Any) -> int:
        """Records a passed exam; the certificate."""
        return recorded(self.record(**changes))

    def failed(self, **changes: Any) -> None:
        """Records a failed exam."""
        self.record(**({"score": PASS_MARK - 1} | changes))

    def signature(
        self,
        exam: Exam,
        deadline: int,
        signer: LocalAccount | None = None,
        types: tuple[tuple[str, str], ...] = EXAM_RESULT,
        **domain: Any,
    ) -> bytes:
        """The signer's signature of an exam, in the certification's domain but for the changes."""
        domain = {
            "name": "proofdesk",
            "version": "1",
            "chainId": int(self.node.rpc("eth_chainId"), 16),
            "verifyingContract": self.certification.address,
        } | domain
        message = dict(zip((name for name, _ in EXAM_RESULT), (*exam.values, deadline), strict=True))
        fields = {"ExamResult": [{"name": name, "type": kind} for name, kind in types]}
        signed = (signer or self.signer).sign_typed_data(domain, fields, message)
        return bytes(signed.signature)

    def submit(
        self,
        exam: Exam,
        deadline: int,
        signature: bytes,
        certifier: str | None = None,
        sender: Person | None = None,
    ) -> list[Event]:
        """Records an exam by a signature; the candidate pays unless told otherwise."""
        sender = sender or self.candidate
        certifier = certifier or self.signer.address.lower()
        call = (exam.values, deadline, certifier, signature)
        return self.certification.send(sender.address, "recordExamFor", *call)

    def submit_signed(
        self, exam: Exam | None = None, deadline: int | None = None, **changes: Any
    ) -> list[Event]:
        """Signs an exam and records it by the signature, all of it valid but for the changes."""
        exam = exam or self.exam(**changes)
        deadline = self.now + DAY if deadline is None else deadline
        return self.submit(exam, deadline, self.signature(exam, deadline))

    # ------------------------------------------------------------------------------------- certificates

    def suspend(self, certificate: int) -> list[Event]:
        """Suspends a certificate."""
        return self.certification.send(self.people.certifier.address, "suspend", certificate)

    def reinstate(self, certificate: int) -> list[Event]:
        """Lifts a suspension."""
        return self.certification.send(self.people.certifier.address, "reinstate", certificate)

    def revoke(self, certificate: int) -> list[Event]:
        """Revokes a certificate."""
        return self.certification.send(self.people.certifier.address, "revoke", certificate, REASON)

    def resign(self, certificate: int, agent: Person | None = None) -> list[Event]:
        """Resigns a certificate; the candidate does, unless told otherwise."""
        return self.certification.send((agent or self.candidate).address, "resign", certificate)

    # ------------------------------------------------------------------------------------------- reading

    def certificate(self, number: int) -> Certificate:
        """A certificate from its word in storage."""
        slot = mapping_slot(["uint256", "uint256"], [number, variable_slot("_certificates")])
        return Certificate.unpacked(self.node.read(self.certification.address, slot))

    def standing(self, program: int = 1) -> Candidate:
        """Where the candidate stands in a program."""
        return Candidate(*self.certification.view("candidate", self.candidate.address, program))

    def holder(self, certificate: int, at: int | None = None) -> tuple[str, int, int]:
        """What `holderIfValid` says, at a time in seconds (default: the last block's)."""
        agent, program, level = self.certification.view("holderIfValid", certificate, at=at)
        return (agent, program, level)


def recorded(events: list[Event]) -> int:
    """The certificate that an exam issued or renewed; 0 for a fail."""
    (exam,) = (event for event in events if event.name == "ExamRecorded")
    return int(exam.arguments["certificateId"])


def variable_slot(name: str) -> int:
    """A variable's slot by the committed storage layout."""
    found = re.search(rf"^ *(\d+) .* {name}: ", _LAYOUT, re.MULTILINE)
    assert found is not None, f"no {name} in the storage layout"
    return int(found[1])


def signer(number: int) -> LocalAccount:
    """Somebody with a key who is no account of the node."""
    account: LocalAccount = Account.from_key(number.to_bytes(32, "big"))
    return account


_LAYOUT = (ROOT / "snapshots" / "storage-layout" / "AgentCertification.txt").read_text(encoding="utf-8")
