"""Exams recorded by a certifier himself. The numbers in names are the rules of docs/adr/0004."""

from __future__ import annotations

import pytest

from tests.helpers.contract import Event, refused
from tests.helpers.desk import CERTIFIER, NOBODY
from tests.helpers.node import RevertedError
from tests.helpers.people import People
from tests.unit.agent_certification.office import (
    DAY,
    PASS_MARK,
    YEAR,
    Candidate,
    Certificate,
    Office,
    Program,
    Standing,
    recorded,
)


def test_a_pass_issues_the_next_certificate(office: Office) -> None:
    count = office.certification.view("certificateCount")
    exam = office.exam(level=3)
    number = recorded(office.record(exam))
    assert number == count + 1 == office.certification.view("certificateCount")
    expected = Certificate(exam.agent, 1, 3, Standing.ACTIVE, exam.taken_at, exam.taken_at + YEAR)
    assert office.certificate(number) == expected
    assert office.standing() == Candidate(number, exam.taken_at, 0)
    assert office.holder(number) == (exam.agent, 1, 3)


def test_a_pass_emits_everything_an_indexer_needs(office: Office) -> None:
    exam = office.exam()
    events = office.record(exam)
    number, end = recorded(events), exam.taken_at + YEAR
    word = int(exam.agent, 16) | 1 << 160 | 2 << 176 | 1 << 184 | exam.taken_at << 192 | end << 224
    assert events == [
        Event("CertificateWritten", {"certificateId": number, "agent": exam.agent, "word": word}),
        exam_recorded(office, number, exam.values),
        Event("TokenExpiryUpdated", {"tokenId": number, "startTime": exam.taken_at, "endTime": end}),
        Event("Transfer", {"from": NOBODY, "to": exam.agent, "tokenId": number}),
        Event(
            "Issued",
            {"from": office.people.certifier.address, "to": exam.agent, "tokenId": number, "burnAuth": 2},
        ),
        Event("Locked", {"tokenId": number}),
    ]


def test_a_renewal_emits_no_second_birth(office: Office) -> None:
    number = office.passed()
    exam = office.exam(level=5)
    events = office.record(exam)
    assert [event.name for event in events] == [
        "CertificateWritten",
        "ExamRecorded",
        "TokenExpiryUpdated",
        "MetadataUpdate",
    ]
    assert events[1] == exam_recorded(office, number, exam.values)
    assert events[3].arguments == {"_tokenId": number}


def test_a_fail_emits_the_exam_alone(office: Office) -> None:
    exam = office.exam(score=PASS_MARK - 1)
    assert office.record(exam) == [exam_recorded(office, 0, exam.values)]


def exam_recorded(office: Office, number: int, values: tuple[str, int, int, int, int, bytes]) -> Event:
    agent, program, level, score, taken_at, evidence = values
    return Event(
        "ExamRecorded",
        {
            "agent": agent,
            "program": program,
            "certificateId": number,
            "level": level,
            "score": score,
            "takenAt": taken_at,
            "evidence": evidence,
            "certifier": office.people.certifier.address,
        },
    )


# ------------------------------------------------------------------------------------------- what is refused


def test_only_certifiers_record_exams(office: Office) -> None:
    for person in (office.candidate, office.people.admin, office.people.supervisor):
        with refused("AccessManagedUnauthorized", person.address):
            office.certification.send(person.address, "recordExam", office.exam().values)


def test_a_dismissed_certifier_records_no_exam(office: Office, people: People) -> None:
    people.desk.access.send(people.admin.address, "revokeRole", CERTIFIER, people.certifier.address)
    with refused("AccessManagedUnauthorized", people.certifier.address):
        office.record()


def test_a_certifier_with_an_execution_delay_has_to_schedule(office: Office, people: People) -> None:
    access, delayed = people.desk.access, people.other_customer
    people.admin.grant(CERTIFIER, delayed, DAY)
    exam = office.exam()
    call = office.certification.encoded("recordExam", exam.values)
    with pytest.raises(RevertedError) as reverted:
        office.node.send(delayed.address, office.certification.address, call)
    assert access.refusal(reverted.value.data).name == "AccessManagerNotScheduled"
    access.send(delayed.address, "schedule", office.certification.address, call, 0)
    office.at(office.now + DAY)
    number = recorded(office.certification.send(delayed.address, "recordExam", exam.values))
    assert office.holder(number) == (exam.agent, 1, 2)


def test_an_unknown_program(office: Office) -> None:
    for program in (0, 3, 0xFFFF):
        with refused("UnknownProgram", program):
            office.record(program=program)


def test_rule_30_an_inactive_program_takes_no_exams_and_keeps_its_certificates(office: Office) -> None:
    certifier = office.people.certifier.address
    number = office.passed()
    office.certification.send(certifier, "setProgramActive", 1, False)
    for score in (0, 10_000):
        with refused("ProgramInactive", 1):
            office.record(score=score)
    assert office.holder(number) == (office.candidate.address, 1, 2)
    office.certification.send(certifier, "setProgramActive", 1, True)
    assert office.passed() == number


def test_a_score_is_at_most_10000(office: Office) -> None:
    for score in (10_001, 0xFFFF):
        with refused("InvalidScore", score):
            office.record(score=score)
    assert office.passed(score=10_000)


def test_an_exam_needs_an_agent_and_evidence(office: Office) -> None:
    with refused("EmptyAgent"):
        office.record(agent=NOBODY)
    with refused("EmptyEvidence"):
        office.record(evidence=bytes(32))


@pytest.mark.parametrize("mark", [1, PASS_MARK, 10_000])
def test_the_pass_mark_passes_and_a_point_less_fails(office: Office, mark: int) -> None:
    program = office.create(Program(pass_mark=mark))
    assert recorded(office.record(program=program, score=mark - 1)) == 0
    office.at(office.now + DAY)
    assert office.passed(program=program, score=mark, taken_at=office.now + DAY)


def test_the_levels_range(office: Office) -> None:
    number = office.passed(level=0)
    assert office.holder(number) == (office.candidate.address, 1, 0)
    assert office.passed(level=255) == number
    assert office.holder(number) == (office.candidate.address, 1, 255)


# ----------------------------------------------------------------------------------- rule 25: the exam's time


def test_rule_25_an_exam_is_not_in_the_future(office: Office) -> None:
    at = office.now + 10
    office.at(at)
    with refused("ExamInFuture", at + 1):
        office.record(taken_at=at + 1)
    with refused("ExamInFuture", 2**64 - 1):
        office.record(taken_at=2**64 - 1)
    office.at(at + 10)
    assert office.passed(taken_at=at + 10)


def test_rule_25_an_exam_is_used_once(office: Office) -> None:
    exam = office.exam()
    office.record(exam)
    with refused("ExamNotAfter", exam.taken_at, exam.taken_at):
        office.record(exam)
    failed = office.exam(score=0)
    office.record(failed)
    with refused("ExamNotAfter", failed.taken_at, failed.taken_at):
        office.record(failed)


def test_rule_25_exams_are_recorded_in_the_order_they_were_taken(office: Office) -> None:
    first, second, third = (office.exam(taken_at=office.now - age) for age in (20, 11, 10))
    office.record(second)
    with refused("ExamNotAfter", first.taken_at, second.taken_at):
        office.record(first)
    office.record(third)
    with refused("ExamNotAfter", second.taken_at, third.taken_at):
        office.record(second)


def test_rule_25_a_pass_from_before_a_fail_does_not_help(office: Office) -> None:
    earlier = office.exam(taken_at=office.now - 10)
    failed = office.exam(score=0)
    office.record(failed)
    with refused("ExamNotAfter", earlier.taken_at, failed.taken_at):
        office.record(earlier)


def test_rule_25_exams_of_another_agent_or_program_do_not_count(office: Office) -> None:
    office.record(office.exam())
    early = office.now - 100
    assert office.passed(program=2, taken_at=early)
    assert office.passed(agent=office.people.other_customer.address, taken_at=early)


def test_rule_25_a_fail_starts_the_retake_delay(office: Office) -> None:
    failed = office.exam(score=PASS_MARK - 1)
    office.record(failed)
    retake = failed.taken_at + DAY
    assert office.standing() == Candidate(0, failed.taken_at, retake)
    office.at(retake + 10)
    with refused("RetakeTooEarly", retake - 1, retake):
        office.record(taken_at=retake - 1)
    with refused("RetakeTooEarly", retake - 1, retake):
        office.record(taken_at=retake - 1, score=0)
    number = office.passed(taken_at=retake)
    assert office.standing() == Candidate(number, retake, 0)


def test_rule_25_another_fail_starts_the_delay_again(office: Office) -> None:
    office.failed()
    retake = office.standing().retake_from
    office.at(retake)
    office.failed(taken_at=retake)
    assert office.standing() == Candidate(0, retake, retake + DAY)


def test_rule_25_a_fail_leaves_the_certificate_and_delays_its_renewal(office: Office) -> None:
    number = office.passed()
    before = office.certificate(number)
    failed = office.exam(score=0)
    office.record(failed)
    assert office.certificate(number) == before
    assert office.standing() == Candidate(number, failed.taken_at, failed.taken_at + DAY)
    with refused("RetakeTooEarly", office.now, failed.taken_at + DAY):
        office.record()


def test_rule_25_a_program_without_a_delay_lets_one_retake_the_next_second(office: Office) -> None:
    program = office.create(Program(retake_delay=0))
    failed = office.exam(program=program, score=0, taken_at=office.now - 1)
    office.record(failed)
    assert office.passed(program=program, taken_at=failed.taken_at + 1)


def test_rule_25_no_exam_from_before_a_revocation_or_resignation(office: Office) -> None:
    for end in (office.revoke, office.resign):
        number = office.passed()
        before = office.now
        office.at(before + 100)
        end(number)
        ended = before + 100
        assert office.now == office.standing().last_exam_at == ended
        for taken_at in (before + 50, ended):
            with refused("ExamNotAfter", taken_at, ended):
                office.record(taken_at=taken_at)
        office.at(ended + 10)
        assert office.passed(taken_at=ended + 1) == number + 1


def test_rule_25_ending_a_certificate_does_not_end_a_retake_delay(office: Office) -> None:
    number = office.passed()
    office.failed()
    retake = office.standing().retake_from
    office.resign(number)
    with refused("RetakeTooEarly", office.now + 1, retake):
        office.at(office.now + 1)
        office.record(taken_at=office.now + 1)
