"""What the contract stores: one slot a certificate, by the design's bit map, and nothing of ERC-721's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import mapping_slot
from tests.unit.agent_certification.office import YEAR, Exam, Office, Program, variable_slot


def slots_changed(office: Office, sender: str, function: str, *args: Any) -> set[int]:
    """The slots that a transaction changes in the certification."""
    contract, node = office.certification, office.node
    receipt = node.send(sender, contract.address, contract.encoded(function, *args))
    options = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
    trace = node.rpc("debug_traceTransaction", receipt["transactionHash"], options)
    before = trace["pre"].get(contract.address, {}).get("storage", {})
    after = trace["post"].get(contract.address, {}).get("storage", {})
    return {int(slot, 16) for slot in before.keys() | after.keys()}


def certificate_slot(number: int) -> int:
    return mapping_slot(["uint256", "uint256"], [number, variable_slot("_certificates")])


def candidate_slot(agent: str, program: int = 1) -> int:
    programs = mapping_slot(["address", "uint256"], [agent, variable_slot("_candidates")])
    return mapping_slot(["uint256", "uint256"], [program, programs])


def held_slot(agent: str) -> int:
    return mapping_slot(["address", "uint256"], [agent, variable_slot("_held")])


def test_a_certificate_is_one_slot(office: Office) -> None:
    agent, certifier = office.candidate.address, office.people.certifier.address
    number = office.certification.view("certificateCount") + 1
    own = {certificate_slot(number)}
    state = {candidate_slot(agent)}
    counted = {variable_slot("certificateCount"), held_slot(agent)}

    def record(exam: Exam) -> set[int]:
        return slots_changed(office, certifier, "recordExam", exam.values)

    assert record(office.exam()) == own | state | counted
    assert record(office.exam(level=3)) == own | state
    assert slots_changed(office, certifier, "suspend", number) == own
    assert slots_changed(office, certifier, "reinstate", number) == own
    assert record(office.exam(score=0)) == state
    assert slots_changed(office, agent, "resign", number) == own | state | {held_slot(agent)}


def test_a_word_is_packed_as_the_design_says(office: Office) -> None:
    exam = office.exam(level=0xA5, program=2)
    office.record(exam)
    number = office.standing(2).certificate
    word = office.node.read(office.certification.address, certificate_slot(number))
    fields = [(exam.taken_at + YEAR, 224), (exam.taken_at, 192), (1, 184), (0xA5, 176), (2, 160)]
    assert word == sum(value << offset for value, offset in fields) + int(exam.agent, 16)


EDGES: list[dict[str, Any]] = [
    {"level": 255, "program": 2},
    {"level": 0, "program": 1},
    {"agent": "0x" + "ff" * 20},
    {"agent": "0x" + "00" * 19 + "01"},
]


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_fields_do_not_touch_each_other(office: Office, edge: dict[str, Any]) -> None:
    exam = office.exam(**edge)
    office.record(exam)
    number = office.certification.view("certificateCount")
    certificate = office.certificate(number)
    assert (certificate.agent, certificate.program, certificate.level) == (
        exam.agent,
        exam.program,
        exam.level,
    )
    assert (certificate.issued_at, certificate.expires_at) == (exam.taken_at, exam.taken_at + YEAR)
    before = office.certificate(number)
    for change in (office.suspend, office.reinstate, office.revoke):
        change(number)
        after = office.certificate(number)
        assert (after.agent, after.program, after.level) == (before.agent, before.program, before.level)
        assert (after.issued_at, after.expires_at) == (before.issued_at, before.expires_at)


def test_times_after_the_year_2106_do_not_fit(office: Office) -> None:
    program = office.create(Program(validity=1))
    last = 2**32 - 1
    office.at(last - 1)
    number = office.passed(program=program, taken_at=last - 1)
    assert office.certificate(number).expires_at == last
    office.at(last)
    with refused("FieldOverflow", last + 1, 32):
        office.record(program=program, taken_at=last)
    office.at(last + 5)
    with refused("FieldOverflow", last + 5, 32):
        office.record(program=program, taken_at=last + 5)
