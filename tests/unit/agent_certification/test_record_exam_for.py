"""Exams recorded by a certifier's signature (rule 28 of docs/adr/0004)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.helpers.contract import Contract, refused
from tests.helpers.desk import CERTIFIER, NOBODY
from tests.helpers.people import People
from tests.unit.agent_certification.office import (
    DAY,
    EXAM_RESULT,
    PASS_MARK,
    YEAR,
    Candidate,
    Office,
    recorded,
    signer,
)

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the curve secp256k1."""


def at(office: Office) -> str:
    return office.signer.address.lower()


def test_rule_28_a_signature_records_a_pass_like_the_certifier_himself(office: Office) -> None:
    exam = office.exam()
    events = office.submit_signed(exam)
    number = recorded(events)
    assert [event.name for event in events] == [
        "CertificateWritten",
        "ExamRecorded",
        "TokenExpiryUpdated",
        "Transfer",
        "Issued",
        "Locked",
    ]
    assert events[1].arguments["certifier"] == events[4].arguments["from"] == at(office)
    assert office.standing() == Candidate(number, exam.taken_at, 0)
    assert office.holder(number) == (exam.agent, 1, 2)


def test_rule_28_anyone_pays_and_the_certifier_sends_nothing(office: Office, people: People) -> None:
    for payer in (office.candidate, people.customer, people.admin):
        exam, deadline = office.exam(taken_at=office.now), office.now + DAY
        assert recorded(office.submit(exam, deadline, office.signature(exam, deadline), sender=payer))
    assert office.node.rpc("eth_getTransactionCount", at(office), "latest") == "0x0"


def test_rule_28_a_certifier_cannot_pass_off_anothers_signature_as_his_own(
    office: Office, people: People
) -> None:
    people.admin.grant(CERTIFIER, people.other_customer)
    exam, deadline = office.exam(), office.now + DAY
    signature = office.signature(exam, deadline)
    with refused("InvalidCertifier", people.other_customer.address):
        office.submit(exam, deadline, signature, people.other_customer.address, people.other_customer)


def test_rule_28_a_fail_is_not_recorded_by_signature(office: Office) -> None:
    for score in (0, PASS_MARK - 1):
        with refused("FailNeedsCertifier"):
            office.submit_signed(score=score)
    assert office.submit_signed(score=PASS_MARK)


def test_rule_28_the_deadline_is_its_last_second(office: Office) -> None:
    exam, deadline = office.exam(), office.now + 100
    signature = office.signature(exam, deadline)
    office.at(deadline + 1)
    with refused("SignatureExpired", deadline):
        office.submit(exam, deadline, signature)
    later = deadline + 100
    signature = office.signature(exam, later)
    office.at(later)
    assert office.submit(exam, later, signature)


def test_rule_28_a_deadline_in_the_farthest_future(office: Office) -> None:
    assert office.submit_signed(deadline=2**64 - 1)


# --------------------------------------------------------------------------------------------- who signed


def test_rule_28_another_ones_signature(office: Office) -> None:
    exam, deadline = office.exam(), office.now + DAY
    forged = office.signature(exam, deadline, signer(0xBAD))
    with refused("InvalidCertifier", at(office)):
        office.submit(exam, deadline, forged)


def test_rule_28_somebody_who_is_no_certifier(office: Office) -> None:
    stranger = signer(0xBAD)
    exam, deadline = office.exam(), office.now + DAY
    with refused("InvalidCertifier", stranger.address.lower()):
        office.submit(exam, deadline, office.signature(exam, deadline, stranger), stranger.address)


def test_rule_28_the_certifier_is_in_office_when_it_is_filed(office: Office, people: People) -> None:
    exam, deadline = office.exam(), office.now + DAY
    signature = office.signature(exam, deadline)
    access, admin = people.desk.access, people.admin.address
    access.send(admin, "revokeRole", CERTIFIER, at(office))
    with refused("InvalidCertifier", at(office)):
        office.submit(exam, deadline, signature)
    access.send(admin, "grantRole", CERTIFIER, at(office), 0)
    assert office.submit(exam, deadline, signature)


def test_rule_28_a_certifier_whose_office_has_not_begun(office: Office, people: People) -> None:
    access, admin = people.desk.access, people.admin.address
    later = signer(0x1A7E12)
    access.send(admin, "setGrantDelay", CERTIFIER, DAY)
    access.send(admin, "grantRole", CERTIFIER, later.address, 0)
    begins = office.now + DAY
    exam, deadline = office.exam(), begins + DAY
    signature = office.signature(exam, deadline, later)
    office.at(begins - 1)
    with refused("InvalidCertifier", later.address.lower()):
        office.submit(exam, deadline, signature, later.address)
    assert office.submit(exam, deadline, signature, later.address)


def test_rule_28_a_certifier_with_an_execution_delay(office: Office, people: People) -> None:
    access, admin = people.desk.access, people.admin.address
    exam, deadline = office.exam(), office.now + DAY
    signature = office.signature(exam, deadline)
    access.send(admin, "grantRole", CERTIFIER, at(office), 1)
    with refused("InvalidCertifier", at(office)):
        office.submit(exam, deadline, signature)


def test_rule_28_nobody_signs_for_the_zero_address(office: Office, people: People) -> None:
    """An unreadable signature recovers to it, so being in office must not be enough."""
    people.desk.access.send(people.admin.address, "grantRole", CERTIFIER, NOBODY, 0)
    exam, deadline = office.exam(), office.now + DAY
    for signature in (bytes(65), bytes(64) + b"\x1b", b""):
        with refused("InvalidCertifier", NOBODY):
            office.submit(exam, deadline, signature, NOBODY)


# ----------------------------------------------------------------------------------------- what was signed


@pytest.mark.parametrize("field", ["agent", "program", "level", "score", "taken_at", "evidence", "deadline"])
def test_rule_28_every_field_is_signed(office: Office, people: People, field: str) -> None:
    exam, deadline = office.exam(), office.now + DAY
    signature = office.signature(exam, deadline)
    changes: dict[str, Any] = {
        "agent": people.customer.address,
        "program": 2,
        "level": 3,
        "score": exam.score + 1,
        "taken_at": exam.taken_at - 1,
        "evidence": b"\x0e" * 32,
    }
    forged = exam if field == "deadline" else replace(exam, **{field: changes[field]})
    with refused("InvalidCertifier", at(office)):
        office.submit(forged, deadline + (field == "deadline"), signature)
    assert office.submit(exam, deadline, signature)


@pytest.mark.parametrize(
    "domain",
    [{"name": "another desk"}, {"version": "2"}, {"chainId": 1}, {"verifyingContract": "0x" + "42" * 20}],
    ids=lambda domain: next(iter(domain)),
)
def test_rule_28_a_signature_for_another_domain(office: Office, domain: dict[str, Any]) -> None:
    exam, deadline = office.exam(), office.now + DAY
    with refused("InvalidCertifier", at(office)):
        office.submit(exam, deadline, office.signature(exam, deadline, **domain))


def test_rule_28_a_signature_for_another_certification_of_the_same_organisation(
    office: Office, people: People
) -> None:
    access, admin, first = people.desk.access, people.admin.address, office.certification
    second = Contract.deployed(office.node, admin, "AgentCertification", access.address)
    create = [second.selector("createProgram")]
    access.send(admin, "setTargetFunctionRole", second.address, create, CERTIFIER)
    second.send(people.certifier.address, "createProgram", first.view("program", 1))
    exam, deadline = office.exam(), office.now + DAY
    call = (exam.values, deadline, at(office), office.signature(exam, deadline))
    with refused("InvalidCertifier", at(office)):
        second.send(office.candidate.address, "recordExamFor", *call)
    assert first.send(office.candidate.address, "recordExamFor", *call)


def test_rule_28_the_types_are_as_documented(office: Office) -> None:
    exam, deadline = office.exam(), office.now + DAY
    wider = tuple((name, "uint256" if kind.startswith("uint") else kind) for name, kind in EXAM_RESULT)
    for types in (EXAM_RESULT[:-1], wider, EXAM_RESULT[::-1]):
        with refused("InvalidCertifier", at(office)):
            office.submit(exam, deadline, office.signature(exam, deadline, types=types))


def mangled(signature: bytes) -> dict[str, bytes]:
    r, s, v = signature[:32], signature[32:64], signature[64]
    other_v = 55 - v
    high_s = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    compact = (int.from_bytes(s, "big") | (v - 27) << 255).to_bytes(32, "big")
    return {
        "high s": r + high_s + bytes([other_v]),
        "other v": r + s + bytes([other_v]),
        "v of 0 or 1": r + s + bytes([v - 27]),
        "compact (ERC-2098)": r + compact,
        "cut": signature[:-1],
        "extended": signature + b"\x00",
        "empty": b"",
        "zeros": bytes(65),
        "a bit in r": bytes([r[0] ^ 1]) + signature[1:],
        "a bit in s": signature[:63] + bytes([signature[63] ^ 1]) + signature[64:],
    }


@pytest.mark.parametrize("how", mangled(bytes(64) + b"\x1b"))
def test_rule_28_a_signature_has_one_form(office: Office, how: str) -> None:
    exam, deadline = office.exam(), office.now + DAY
    signature = office.signature(exam, deadline)
    with refused("InvalidCertifier", at(office)):
        office.submit(exam, deadline, mangled(signature)[how])
    assert office.submit(exam, deadline, signature)


# --------------------------------------------------------------------------------------- the rules of exams


def test_rule_25_a_signed_exam_is_used_once(office: Office) -> None:
    exam, deadline = office.exam(), office.now + YEAR * 2
    signature = office.signature(exam, deadline)
    number = recorded(office.submit(exam, deadline, signature))
    used = ("ExamNotAfter", exam.taken_at, exam.taken_at)
    with refused(*used):
        office.submit(exam, deadline, signature)
    with refused(*used):
        office.submit(exam, deadline, signature, sender=office.people.customer)
    with refused(*used):
        office.record(exam)
    end = office.certificate(number).expires_at
    office.at(end + 1)
    with refused(*used):
        office.submit(exam, deadline, signature)


def test_rule_25_a_kept_back_signature_does_not_undo_a_revocation(office: Office) -> None:
    exam, deadline = office.exam(taken_at=office.now), office.now + DAY
    signature = office.signature(exam, deadline)
    number = office.passed(taken_at=office.now - 10)
    office.revoke(number)
    with refused("ExamNotAfter", exam.taken_at, office.now):
        office.submit(exam, deadline, signature)


def test_rule_25_a_kept_back_signature_does_not_undo_a_fail(office: Office) -> None:
    exam, deadline = office.exam(taken_at=office.now - 10), office.now + DAY
    signature = office.signature(exam, deadline)
    failed = office.exam(score=0)
    office.record(failed)
    with refused("ExamNotAfter", exam.taken_at, failed.taken_at):
        office.submit(exam, deadline, signature)


def test_rule_26_a_signed_renewal_does_not_lift_a_suspension(office: Office) -> None:
    number = office.passed()
    office.suspend(number)
    assert recorded(office.submit_signed(level=9)) == number
    assert office.holder(number) == (NOBODY, 0, 0)


def test_a_signed_exam_is_checked_like_any_other(office: Office) -> None:
    with refused("UnknownProgram", 9):
        office.submit_signed(program=9)
    with refused("InvalidScore", 10_001):
        office.submit_signed(score=10_001)
    with refused("EmptyAgent"):
        office.submit_signed(agent=NOBODY)
    with refused("EmptyEvidence"):
        office.submit_signed(evidence=bytes(32))
    with refused("ExamInFuture", office.now + DAY):
        office.submit_signed(taken_at=office.now + DAY)
    old = office.now - YEAR
    with refused("ExamTooOld", old):
        office.submit_signed(taken_at=old)
    office.passed(level=3)
    with refused("LevelTooLow", 2, 3):
        office.submit_signed(level=2)
    office.failed()
    with refused("RetakeTooEarly", office.now, office.standing().retake_from):
        office.submit_signed()
    office.certification.send(office.people.certifier.address, "setProgramActive", 1, False)
    with refused("ProgramInactive", 1):
        office.submit_signed()
