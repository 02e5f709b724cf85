"""Programs: what makes one valid, who creates it, and that it never changes but for being active."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.helpers.contract import Event, refused
from tests.helpers.people import People
from tests.unit.agent_certification.office import Office, Program, variable_slot

PROGRAMS = 2**16 - 1


def test_programs_are_numbered_from_one(office: Office) -> None:
    program = Program()
    count = office.certification.view("programCount")
    events = office.certification.send(office.people.certifier.address, "createProgram", program.values)
    assert events == [Event("ProgramCreated", {"program": count + 1, "terms": program.values})]
    assert office.certification.view("programCount") == count + 1
    assert office.certification.view("program", count + 1) == program.values


def test_no_program_has_number_zero(office: Office) -> None:
    nothing = (bytes(32), 0, 0, 0, False)
    assert office.certification.view("program", 0) == nothing
    assert office.certification.view("program", PROGRAMS + 1) == nothing


@pytest.mark.parametrize(
    "changes",
    [
        {"syllabus": bytes(32)},
        {"pass_mark": 0},
        {"pass_mark": 10_001},
        {"pass_mark": 0xFFFF},
        {"validity": 0},
    ],
    ids=["no syllabus", "no mark", "over the full score", "the greatest mark", "no validity"],
)
def test_an_invalid_program(office: Office, changes: dict[str, Any]) -> None:
    with refused("InvalidProgram"):
        office.create(replace(Program(), **changes))


@pytest.mark.parametrize(
    "changes",
    [{"pass_mark": 1}, {"pass_mark": 10_000}, {"validity": 1}, {"retake_delay": 0}, {"active": False}],
    ids=str,
)
def test_the_edges_of_a_valid_program(office: Office, changes: dict[str, Any]) -> None:
    program = replace(Program(), **changes)
    assert office.certification.view("program", office.create(program)) == program.values


def test_a_program_created_inactive_takes_exams_once_it_is_activated(office: Office) -> None:
    number = office.create(Program(active=False))
    with refused("ProgramInactive", number):
        office.record(program=number)
    office.certification.send(office.people.certifier.address, "setProgramActive", number, True)
    assert office.passed(program=number)


def test_rule_30_only_activity_changes(office: Office) -> None:
    certifier = office.people.certifier.address
    number = office.create(Program())
    for active in (False, False, True):
        events = office.certification.send(certifier, "setProgramActive", number, active)
        assert events == [Event("ProgramActivitySet", {"program": number, "active": active})]
        assert office.certification.view("program", number) == Program(active=active).values


def test_an_unknown_program_is_neither_started_nor_stopped(office: Office) -> None:
    for number in (0, office.certification.view("programCount") + 1):
        with refused("UnknownProgram", number):
            office.certification.send(office.people.certifier.address, "setProgramActive", number, True)


def test_programs_are_the_certifiers(office: Office, people: People) -> None:
    for person in (people.admin, people.supervisor, people.agent, people.stranger):
        with refused("AccessManagedUnauthorized", person.address):
            office.certification.send(person.address, "createProgram", Program().values)
        with refused("AccessManagedUnauthorized", person.address):
            office.certification.send(person.address, "setProgramActive", 1, False)


def test_a_program_number_has_16_bits(office: Office) -> None:
    address, slot = office.certification.address, variable_slot("programCount")
    office.node.write(address, slot, PROGRAMS - 1)
    number = office.create(Program())
    assert number == PROGRAMS
    certificate = office.passed(program=number)
    assert office.holder(certificate) == (office.candidate.address, PROGRAMS, 2)
    assert office.certificate(certificate).program == PROGRAMS
    with refused("InvalidProgram"):
        office.create(Program())
    assert office.certification.view("programCount") == PROGRAMS


def test_a_validity_ends_before_the_year_2106(office: Office) -> None:
    end = 2**32 - 1
    at = office.now + 10
    office.at(at)
    with refused("InvalidProgram"):
        office.create(Program(validity=end - at + 1))
    office.at(at)
    number = office.create(Program(validity=end - at))
    certificate = office.passed(program=number, taken_at=at)
    assert office.certificate(certificate).expires_at == end


def test_a_pass_that_would_be_valid_after_the_year_2106_is_refused(office: Office) -> None:
    validity = 2**32 - 1 - office.now - 10
    number = office.create(Program(validity=validity))
    later = office.now + 100
    office.at(later)
    with refused("FieldOverflow", later + validity, 32):
        office.record(program=number, taken_at=later)
