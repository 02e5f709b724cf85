"""Agents are examined: who passes may act, who fails waits; an agent can bring a certifier's signature."""

from __future__ import annotations

from datetime import timedelta

from demo.show import held, refused
from demo.stage import Stage
from proofdesk import ContractRevert

# Agent, program, level, score in basis points.
PASSES = (
    ("Ada", "payments-support", 2, 9100),
    ("Chen", "payments-support", 1, 7400),
    ("Chen", "order-support", 1, 8600),
    ("Dana", "order-support", 2, 9500),
)


def certify(stage: Stage) -> None:
    """Examine those who pass."""
    certifier = stage["certifier"].certification
    for agent, program, level, score in PASSES:
        certifier.record_exam(
            stage.address(agent), program=program, level=level, score=score, taken_at=stage.desk.now()
        )
        held(f"{agent} passes {program}, level {level}, with {score / 100:g} %")


def hold_exams(stage: Stage) -> int:
    """Examine everybody; returns how many attempts were refused."""
    certify(stage)
    _fail_and_retake(stage, "Bo", "payments-support")

    # Emil sat his exam almost thirty days ago: what it proves ends in an hour.
    taken = stage.desk.now() - timedelta(days=30) + timedelta(hours=1)
    signed = stage["certifier"].certification.sign_exam(
        stage.address("Emil"), program="order-support", level=1, score=8800, taken_at=taken,
        deadline=stage.desk.now() + timedelta(hours=1),
    )  # fmt: skip
    stage["Emil"].certification.record_exam_for(signed)
    held("Emil records his own exam with the certifier's signature, and pays for it; it ends in an hour")
    return 1


def _fail_and_retake(stage: Stage, agent: str, program: str) -> None:
    certifier = stage["certifier"].certification
    address = stage.address(agent)

    def sit(score: int) -> None:
        certifier.record_exam(address, program=program, level=1, score=score, taken_at=stage.desk.now())

    sit(5500)
    refused(f"{agent} fails {program} with 55 %", "no certificate; the retake delay of a day begins")
    stage.pass_time(timedelta(minutes=1))
    try:
        sit(9000)
    except ContractRevert as error:
        refused(f"{agent} tries again at once", str(error))
    else:
        raise AssertionError("an exam before the retake date was taken")
    stage.pass_time(timedelta(days=1))
    sit(7800)
    held(f"{agent} passes {program} a day later, with 78 %")
