"""What a pass issues, renews and leaves alone (rules 26 and 27 of docs/adr/0004)."""

from __future__ import annotations

from tests.helpers.contract import refused
from tests.unit.agent_certification.office import (
    DAY,
    NO_HOLDER,
    YEAR,
    Candidate,
    Certificate,
    Office,
    Program,
    Standing,
    recorded,
)


def test_rule_26_a_pass_renews_the_one_certificate(office: Office) -> None:
    number = office.passed()
    count = office.certification.view("certificateCount")
    exam = office.exam(level=4)
    assert recorded(office.record(exam)) == number
    assert office.certification.view("certificateCount") == count
    renewed = Certificate(exam.agent, 1, 4, Standing.ACTIVE, exam.taken_at, exam.taken_at + YEAR)
    assert office.certificate(number) == renewed


def test_rule_26_an_unexpired_certificate_is_not_renewed_at_a_lower_level(office: Office) -> None:
    number = office.passed(level=3)
    end = office.certificate(number).expires_at
    with refused("LevelTooLow", 2, 3):
        office.record(level=2)
    office.at(end - 1)
    with refused("LevelTooLow", 2, 3):
        office.record(level=2, taken_at=end - 1)
    assert office.certificate(number).level == 3


def test_rule_26_an_expired_certificate_is_renewed_at_any_level(office: Office) -> None:
    number = office.passed(level=3)
    end = office.certificate(number).expires_at
    office.at(end)
    assert office.passed(level=1, taken_at=end) == number
    assert office.holder(number) == (office.candidate.address, 1, 1)


def test_rule_26_a_renewal_never_lifts_a_suspension(office: Office) -> None:
    number = office.passed(level=3)
    office.suspend(number)
    with refused("LevelTooLow", 2, 3):
        office.record(level=2)
    exam = office.exam(level=4)
    assert recorded(office.record(exam)) == number
    renewed = office.certificate(number)
    assert (renewed.standing, renewed.level) == (Standing.SUSPENDED, 4)
    assert renewed.expires_at == exam.taken_at + YEAR
    assert office.holder(number) == NO_HOLDER
    office.reinstate(number)
    assert office.holder(number) == (exam.agent, 1, 4)


def test_rule_26_a_suspended_certificate_stays_so_when_it_is_renewed_after_expiry(office: Office) -> None:
    number = office.passed()
    office.suspend(number)
    end = office.certificate(number).expires_at
    office.at(end + 5)
    assert office.passed(taken_at=end + 5) == number
    assert office.certificate(number).standing == Standing.SUSPENDED


def test_rule_26_resigning_does_not_shed_a_suspension(office: Office) -> None:
    first = office.passed()
    office.suspend(first)
    office.resign(first)
    assert office.standing().suspended
    office.at(office.now + 10)
    second = office.passed(taken_at=office.now + 1)
    assert second == first + 1
    assert office.certificate(second).standing == Standing.SUSPENDED
    assert office.holder(second) == NO_HOLDER
    assert not office.standing().suspended
    office.reinstate(second)
    assert office.holder(second)[0] == office.candidate.address


def test_rule_26_a_suspension_ends_with_a_revocation(office: Office) -> None:
    first = office.passed()
    office.suspend(first)
    office.revoke(first)
    office.at(office.now + 10)
    second = office.passed(taken_at=office.now + 1)
    assert office.certificate(second).standing == Standing.ACTIVE


def test_rule_26_a_pass_after_the_end_issues_a_new_certificate(office: Office) -> None:
    first = office.passed(level=3)
    office.revoke(first)
    ended = office.certificate(first)
    office.at(office.now + 10)
    second = office.passed(level=1, taken_at=office.now + 1)
    assert second == first + 1
    assert office.certificate(first) == ended
    assert ended.standing == Standing.REVOKED
    assert office.standing().certificate == second
    assert office.certificate(second).level == 1


def test_rule_27_a_pass_whose_validity_is_over_is_refused(office: Office) -> None:
    validity = 3 * DAY
    program = office.create(Program(validity=validity))
    at = office.now + 100
    office.at(at)
    with refused("ExamTooOld", at - validity):
        office.record(program=program, taken_at=at - validity)
    office.at(at + 100)
    number = office.passed(program=program, taken_at=at + 100 - validity + 1)
    assert office.certificate(number).expires_at == at + 101
    assert office.holder(number, at=at + 100) == (office.candidate.address, program, 2)
    assert office.holder(number, at=at + 101) == NO_HOLDER


def test_rule_27_an_old_fail_is_recorded_all_the_same(office: Office) -> None:
    long_ago = office.now - 2 * YEAR
    office.failed(taken_at=long_ago)
    assert office.standing() == Candidate(0, long_ago, long_ago + DAY)


def test_rule_27_valid_until_the_very_second(office: Office) -> None:
    number = office.passed()
    end = office.certificate(number).expires_at
    assert office.holder(number, at=end - 1) == (office.candidate.address, 1, 2)
    assert office.holder(number, at=end) == NO_HOLDER


def test_rules_25_and_27_an_exam_at_the_beginning_of_time(office: Office) -> None:
    with refused("ExamNotAfter", 0, 0):
        office.record(taken_at=0)
    with refused("ExamTooOld", 1):
        office.record(taken_at=1)
