"""Certification: programs, exams, and who may act as an agent, now and at any block before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from proofdesk._abi import decode_event, topic
from proofdesk._errors import InvalidArgument
from proofdesk._models import Certificate, Event, Program, Result, Standing
from proofdesk._words import address_of, certificate_of, moment, to_bytes, to_hex
from proofdesk._writing import Content

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk.signed.exam import SignedExam

CERTIFICATION = "AgentCertification"
FULL_SCORE = 10_000

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Exam:
    """The result of an exam; `score` is basis points of the full one, `evidence` the entry of its record."""

    agent: str
    program: int
    level: int
    score: int
    taken_at: datetime
    evidence: str

    def struct(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        at = int(self.taken_at.timestamp())
        return self.agent, self.program, self.level, self.score, at, to_bytes(self.evidence, 32, "evidence")


class AsyncCertification:
    """A desk's programs, exams and certificates; programs are named as in the deployment, or by number."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk

    # ----------------------------------------------------------------------------------------------- programs

    async def create_program(
        self,
        *,
        syllabus: str,
        pass_mark: int,
        validity: timedelta,
        retake_delay: timedelta = timedelta(0),
        active: bool = True,
    ) -> Program:
        """Create a program, which never changes; `syllabus` is its hash, `pass_mark` basis points.

        Raises InvalidArgument, what `Sender.send` raises.

        >>> program = certifier.certification.create_program(
        ...     syllabus="0x" + 32 * "11", pass_mark=7000, validity=timedelta(days=365))
        >>> program.id
        3
        """
        terms = (
            to_bytes(syllabus, 32, "syllabus"),
            pass_mark,
            validity // _SECOND,
            retake_delay // _SECOND,
            active,
        )
        result = await self._desk.send(CERTIFICATION, "createProgram", terms)
        created = next(event for event in result.events if isinstance(event, Event))
        return await self.program(int(f"{created.arguments['program']}"))

    async def set_active(self, program: str | int, active: bool) -> Result:
        """Start or stop the taking of exams; certificates stay valid. Raises what `Sender.send` raises."""
        return await self._desk.send(CERTIFICATION, "setProgramActive", self._program(program), active)

    async def program(self, program: str | int) -> Program:
        """Read a program; raises ConfigurationError for an unknown name, InvalidArgument for a number.

        >>> desk.certification.program("cards").pass_mark
        7000
        """
        number = self._program(program)
        syllabus, pass_mark, validity, delay, active = await self._desk.read(CERTIFICATION, "program", number)
        if not validity:
            raise InvalidArgument(f"this desk has no program {number}: programs count from 1")
        return Program(number, syllabus, pass_mark, validity * _SECOND, delay * _SECOND, active)

    # ------------------------------------------------------------------------------------------------- exams

    async def record_exam(
        self,
        agent: str,
        *,
        program: str | int,
        level: int,
        score: int,
        taken_at: datetime,
        evidence: Content = None,
    ) -> Result:
        """Record an exam as a certifier: a pass issues or renews, a fail starts the retake delay.

        `score` is basis points; `evidence` is kept as the exam's record. Raises what `Sender.send` raises.

        >>> result = certifier.certification.record_exam(
        ...     newcomer, program="cards", level=1, score=9000, taken_at=desk.now())
        >>> result.events[0].name
        'CertificateWritten'
        """
        exam = Exam(_address(agent), self._program(program), level, score, taken_at, "")
        return await self._desk.writer.write(
            evidence,
            act=("recordExam", exam),
            kind="exam",
            tickets=[None],
            find=lambda entry: self._recorded(exam.agent, entry),
            send=lambda entries: self._desk.send(
                CERTIFICATION, "recordExam", replace(exam, evidence=entries[0]).struct()
            ),
        )

    async def sign_exam(
        self,
        agent: str,
        *,
        program: str | int,
        level: int,
        score: int,
        deadline: datetime,
        taken_at: datetime,
        evidence: Content = None,
    ) -> SignedExam:
        """Sign a passed exam as a certifier (EIP-712), so that the agent can record it and pay for it.

        Raises ConfigurationError for an account whose key the node keeps.
        """
        # Late: signing is a package of its own, which who only acts never loads.
        from proofdesk.signed.exam import sign

        exam = Exam(_address(agent), self._program(program), level, score, taken_at, "")
        return await sign(self._desk, exam, deadline, evidence)

    async def record_exam_for(self, signed: SignedExam) -> Result:
        """Record an exam that a certifier signed; anyone may. Raises what `Sender.send` raises.

        >>> now = desk.now()
        >>> signed = certifier.certification.sign_exam(
        ...     newcomer, program="orders", level=1, score=9000, taken_at=now, deadline=now + timedelta(1))
        >>> desk.certification.record_exam_for(signed).events[0].arguments["agent"] == newcomer
        True
        """
        found = await self._recorded(signed.exam.agent, signed.exam.evidence)
        return found or await self._desk.send(
            CERTIFICATION,
            "recordExamFor",
            signed.exam.struct(),
            int(signed.deadline.timestamp()),
            signed.certifier,
            signed.signature,
        )

    # ------------------------------------------------------------------------------------------- certificates

    async def suspend(self, certificate_id: int) -> Result:
        """Take a certificate's effect away, until it is reinstated; raises what `Sender.send` raises."""
        return await self._desk.send(CERTIFICATION, "suspend", certificate_id)

    async def reinstate(self, certificate_id: int) -> Result:
        """Give a suspended certificate its effect back; raises what `Sender.send` raises."""
        return await self._desk.send(CERTIFICATION, "reinstate", certificate_id)

    async def revoke(self, certificate_id: int, reason: Content = None) -> Result:
        """End a certificate as a certifier; `reason` becomes a record. Raises what `Sender.send` raises."""
        topics = [f"0x{certificate_id:064x}"]
        return await self._desk.writer.write(
            reason,
            act=("revoke", certificate_id),
            kind="revocation",
            tickets=[None],
            find=lambda entry: self._find("CertificateRevoked", topics, "reason", entry),
            send=lambda entries: self._desk.send(CERTIFICATION, "revoke", certificate_id, entries[0]),
        )

    async def resign(self, certificate_id: int) -> Result:
        """End one's own certificate; raises what `Sender.send` raises."""
        return await self._desk.send(CERTIFICATION, "resign", certificate_id)

    async def get(self, certificate_id: int) -> Certificate:
        """Read a certificate, an ended one too; raises UnknownCertificate.

        >>> desk.certification.get(1).standing.name
        'ACTIVE'
        """
        read = await self._desk.read(CERTIFICATION, "certificate", certificate_id)
        agent, program, level, standing, issued_at, expires_at, _ = read
        if not standing:
            # Late: of a hundred generated classes this needs one, and rarely.
            from proofdesk._contract_errors import UnknownCertificate

            raise UnknownCertificate(certificate_id)
        return Certificate(
            certificate_id, agent, program, level, Standing(standing), moment(issued_at), moment(expires_at)
        )

    async def of(self, agent: str, program: str | int) -> Certificate | None:
        """An agent's latest certificate of a program, an ended one too; None where he never had one.

        >>> desk.certification.of(agent.sender.address, "cards").id
        1
        """
        candidate = await self._desk.read(CERTIFICATION, "candidate", agent, self._program(program))
        return await self.get(candidate[0]) if candidate[0] else None

    async def is_certified(
        self, agent: str, *, program: str | int, level: int = 0, at_block: int | None = None
    ) -> bool:
        """Tell whether an agent was certified at a block, by default the latest, as the events say for ever.

        A certificate counts where it was active and not expired at that block's time, at `level` or above.
        Raises InvalidArgument for a block that there is not yet, ConnectionLost.

        >>> desk.certification.is_certified(agent.sender.address, program="cards", level=1)
        True
        """
        number = self._program(program)
        until = await self._desk.node.height() if at_block is None else at_block
        at = await self._desk.now(until)
        held: dict[int, Certificate] = {}
        for event in await self._events("CertificateWritten", [None, _topic(agent)], until):
            id_, word = event.arguments["certificateId"], event.arguments["word"]
            if isinstance(id_, int) and isinstance(word, int):
                held[id_] = certificate_of(id_, word)
        return any(
            certificate.program == number and certificate.level >= level and certificate.is_valid(at)
            for certificate in held.values()
        )

    # ---------------------------------------------------------------------------------------------- internal

    def _program(self, program: str | int) -> int:
        return self._desk.deployment.program(program)

    async def _recorded(self, agent: str, entry: str) -> Result | None:
        return await self._find("ExamRecorded", [_topic(agent)], "evidence", entry)

    async def _find(self, name: str, topics: list[str], argument: str, value: str) -> Result | None:
        for log in await self._logs(name, topics, await self._desk.node.height()):
            event = decode_event(log)
            if isinstance(event, Event) and event.arguments[argument] == value:
                return await self._desk.result(log["transactionHash"])
        return None

    async def _events(self, name: str, topics: list[str | None], until: int) -> list[Event]:
        decoded = map(decode_event, await self._logs(name, topics, until))
        return [event for event in decoded if isinstance(event, Event)]

    async def _logs(self, name: str, topics: Sequence[str | None], until: int) -> list[dict[str, Any]]:
        contract = self._desk.deployment.contract(CERTIFICATION)
        wanted = [topic(CERTIFICATION, name), *topics]
        return await self._desk.node.logs(contract.address, wanted, contract.block, until)


def _address(account: str) -> str:
    return address_of(int.from_bytes(to_bytes(account, 20, "agent"), "big"))


def _topic(account: str) -> str:
    return to_hex(bytes(12) + to_bytes(account, 20, "agent"))
