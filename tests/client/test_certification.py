"""Certification over real JSON-RPC: programs, exams, signatures, and who was certified when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from eth_account import Account

from proofdesk import (
    AccessManagedUnauthorized,
    Certificate,
    ConfigurationError,
    Desk,
    ExamNotAfter,
    FailNeedsCertifier,
    InvalidArgument,
    InvalidCertifier,
    InvalidProgram,
    NotHolder,
    RetakeTooEarly,
    SignatureExpired,
    Standing,
    UnknownCertificate,
    WrongStanding,
)
from tests.client.office import Office
from tests.client.wire import Wire

DAY = timedelta(days=1)


def examined(office: Office, score: int = 9000) -> Certificate | None:
    """The newcomer's certificate after an exam now, which is later than any before."""
    office.pass_time(timedelta(seconds=1))
    office.certifier.certification.record_exam(
        office.newcomer.address, program="cards", level=1, score=score, taken_at=office.desk.now()
    )
    return office.desk.certification.of(office.newcomer.address, "cards")


def test_a_program_is_made_and_read(office: Office) -> None:
    made = office.certifier.certification.create_program(
        syllabus="0x" + 32 * "ab", pass_mark=6500, validity=30 * DAY, retake_delay=DAY
    )
    assert office.desk.certification.program(made.id) == made
    assert (made.pass_mark, made.validity, made.retake_delay, made.active) == (6500, 30 * DAY, DAY, True)
    office.certifier.certification.set_active(made.id, False)
    assert not office.desk.certification.program(made.id).active
    with pytest.raises(InvalidProgram):
        office.certifier.certification.create_program(syllabus="0x" + 64 * "0", pass_mark=1, validity=DAY)
    with pytest.raises(InvalidArgument, match="no program 99"):
        office.desk.certification.program(99)
    with pytest.raises(ConfigurationError, match="it has cards, orders"):
        office.desk.certification.program("payments")


def test_a_pass_issues_and_its_evidence_is_kept(office: Office) -> None:
    result = office.certifier.certification.record_exam(
        office.newcomer.address,
        program="cards",
        level=2,
        score=8500,
        taken_at=office.desk.now(),
        evidence={"body": "42 of 50 right"},
    )
    recorded = next(event for event in result.events if getattr(event, "name", "") == "ExamRecorded")
    entry = f"{recorded.arguments['evidence']}"
    assert office.desk.archive.read(entry).record.body == "42 of 50 right"
    found = office.desk.certification.of(office.newcomer.address, "cards")
    assert found is not None and (found.level, found.standing) == (2, Standing.ACTIVE)
    assert office.desk.certification.get(found.id) == found


def test_a_fail_issues_nothing_and_starts_the_delay(office: Office) -> None:
    assert examined(office, score=100) is None
    with pytest.raises(RetakeTooEarly):
        examined(office)


def test_an_exam_counts_once(office: Office) -> None:
    at = office.desk.now()
    for _ in range(2):
        try:
            office.certifier.certification.record_exam(
                office.newcomer.address, program="cards", level=1, score=9000, taken_at=at
            )
        except ExamNotAfter as error:
            assert error.taken_at == error.last_exam_at == int(at.timestamp())
            return
    pytest.fail("the same exam was recorded twice")


def test_who_is_no_certifier(office: Office) -> None:
    with pytest.raises(AccessManagedUnauthorized):
        office.stranger.certification.record_exam(
            office.newcomer.address, program="cards", level=1, score=9000, taken_at=office.desk.now()
        )


def test_a_signed_exam_is_recorded_by_anyone_once(office: Office) -> None:
    now = office.desk.now()
    signed = office.certifier.certification.sign_exam(
        office.newcomer.address, program="cards", level=1, score=9000, taken_at=now, deadline=now + DAY
    )
    assert signed.certifier == office.certifier.sender.address
    first = office.desk.using(office.newcomer).certification.record_exam_for(signed)
    assert office.stranger.certification.record_exam_for(signed) == first
    found = office.desk.certification.of(office.newcomer.address, "cards")
    assert found is not None and found.issued_at == now


def test_signatures_that_do_not_hold(office: Office) -> None:
    now = office.desk.now()
    facts = {"program": "cards", "level": 1, "taken_at": now}
    agent = office.newcomer.address
    sign = office.certifier.certification.sign_exam
    file = office.stranger.certification.record_exam_for
    with pytest.raises(SignatureExpired):
        file(sign(agent, score=9000, deadline=now - DAY, **facts))
    with pytest.raises(FailNeedsCertifier):
        file(sign(agent, score=10, deadline=now + DAY, **facts))
    by_stranger = office.stranger.certification.sign_exam(agent, score=9000, deadline=now + DAY, **facts)
    with pytest.raises(InvalidCertifier) as caught:
        file(by_stranger)
    assert caught.value.certifier == office.stranger.sender.address
    keyless = office.desk.using(office.certifier.sender.address)
    with pytest.raises(ConfigurationError, match="needs the key"):
        keyless.certification.sign_exam(agent, score=9000, deadline=now + DAY, **facts)


def test_standings(office: Office) -> None:
    found = examined(office)
    assert found is not None
    certifier, own = office.certifier.certification, office.desk.using(office.newcomer).certification
    certifier.suspend(found.id)
    assert certifier.get(found.id).standing is Standing.SUSPENDED
    with pytest.raises(WrongStanding) as caught:
        certifier.suspend(found.id)
    assert caught.value.standing is Standing.SUSPENDED
    certifier.reinstate(found.id)
    with pytest.raises(NotHolder):
        office.stranger.certification.resign(found.id)
    own.resign(found.id)
    assert own.get(found.id).standing is Standing.RESIGNED
    office.pass_time(timedelta(minutes=1))
    anew = examined(office)
    assert anew is not None and anew.id > found.id
    result = certifier.revoke(anew.id, {"body": "Sold his key"})
    assert own.get(anew.id).standing is Standing.REVOKED
    reason = next(event for event in result.events if getattr(event, "name", "") == "CertificateRevoked")
    assert office.desk.archive.read(f"{reason.arguments['reason']}").record.kind == "revocation"
    with pytest.raises(UnknownCertificate):
        own.get(99)


def test_certified_then_and_now(office: Office) -> None:
    certification, agent = office.desk.certification, office.newcomer.address
    history = [(office.desk.node.height(), False)]

    def note(certified: bool) -> None:
        history.append((office.desk.node.height(), certified))

    found = examined(office)
    assert found is not None
    note(True)
    office.certifier.certification.suspend(found.id)
    note(False)
    office.certifier.certification.reinstate(found.id)
    note(True)
    office.pass_time(400 * DAY)
    note(False)
    examined(office)
    note(True)
    office.certifier.certification.revoke(found.id)
    note(False)
    for block, certified in history:
        assert certification.is_certified(agent, program="cards", level=1, at_block=block) is certified
        holder = office.desk.read("AgentCertification", "holderIfValid", found.id, block=block)
        assert (holder[0] == agent) is certified, "as the contract said at that block"
    assert not certification.is_certified(agent, program="cards")
    assert not certification.is_certified(agent, program="orders", at_block=history[1][0])
    assert not certification.is_certified(agent, program="cards", level=2, at_block=history[1][0])
    assert not certification.is_certified(Account.create().address, program="cards")
    assert not certification.is_certified(agent, program="cards", at_block=0)
    with pytest.raises(InvalidArgument, match="no block"):
        certification.is_certified(agent, program="cards", at_block=10**9)


def test_before_the_desk_was_there_nobody_was_certified(office: Office) -> None:
    class Strict(Wire):
        def make_request(self, method: Any, params: Any) -> Any:
            if method == "eth_getLogs":
                assert int(params[0]["fromBlock"], 16) <= int(params[0]["toBlock"], 16), "many nodes refuse"
            return super().make_request(method, params)

    desk = Desk(Strict(office.chain.url).w3, office.deployment)
    agent = office.agent.sender.address
    assert not desk.certification.is_certified(agent, program="cards", at_block=0)
    assert desk.certification.is_certified(agent, program="cards")
