"""Suspending, reinstating, revoking and resigning: every standing, who may, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.contract import Event, refused
from tests.helpers.desk import NOBODY
from tests.helpers.people import People
from tests.unit.agent_certification.office import (
    DAY,
    NO_HOLDER,
    REASON,
    YEAR,
    Candidate,
    Office,
    Standing,
)

AFTER: dict[str, dict[Standing, Standing]] = {
    "suspend": {Standing.ACTIVE: Standing.SUSPENDED},
    "reinstate": {Standing.SUSPENDED: Standing.ACTIVE},
    "revoke": {Standing.ACTIVE: Standing.REVOKED, Standing.SUSPENDED: Standing.REVOKED},
    "resign": {Standing.ACTIVE: Standing.RESIGNED, Standing.SUSPENDED: Standing.RESIGNED},
}
"""What each function makes of each standing; everything else is refused."""


def certificate_in(office: Office, standing: Standing) -> int:
    """A certificate of the candidate in a standing; one that does not exist for None."""
    if standing == Standing.NONE:
        return int(office.certification.view("certificateCount")) + 1
    number = office.passed(level=3)
    if standing == Standing.SUSPENDED:
        office.suspend(number)
    elif standing == Standing.REVOKED:
        office.revoke(number)
    elif standing == Standing.RESIGNED:
        office.resign(number)
    assert office.certificate(number).standing == standing
    return number


@pytest.mark.parametrize("expired", [False, True], ids=["unexpired", "expired"])
@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("function", AFTER)
def test_the_whole_table(office: Office, function: str, standing: Standing, expired: bool) -> None:
    number = certificate_in(office, standing)
    if expired:
        office.at(office.now + YEAR + 1)
    before = office.certificate(number)
    if standing in AFTER[function]:
        getattr(office, function)(number)
        assert office.certificate(number) == replace(before, standing=AFTER[function][standing])
        return
    # A resigning agent is refused by the token he does not own, a certifier by the record.
    refusal = refused("WrongStanding", number, standing)
    if function == "resign":
        refusal = refused("ERC721NonexistentToken", number)
    elif standing == Standing.NONE:
        refusal = refused("UnknownCertificate", number)
    with refusal:
        getattr(office, function)(number)
    assert office.certificate(number) == before


@pytest.mark.parametrize("function", ["suspend", "reinstate", "revoke", "resign"])
def test_there_is_no_certificate_zero(office: Office, function: str) -> None:
    name = "ERC721NonexistentToken" if function == "resign" else "UnknownCertificate"
    with refused(name, 0):
        getattr(office, function)(0)


def test_only_certifiers_change_a_standing(office: Office, people: People) -> None:
    number = office.passed()
    for person in (office.candidate, people.admin, people.supervisor):
        for function, *more in (("suspend",), ("reinstate",), ("revoke", REASON)):
            with refused("AccessManagedUnauthorized", person.address):
                office.certification.send(person.address, function, number, *more)


def test_only_the_agent_resigns(office: Office, people: People) -> None:
    number = office.passed()
    for person in (people.agent, people.certifier, people.admin):
        with refused("NotHolder", number, person.address):
            office.resign(number, person)
    office.resign(number)


def test_a_suspension_says_so(office: Office) -> None:
    number = office.passed()
    for change in (office.suspend, office.reinstate):
        events = change(number)
        word = events[0].arguments["word"]
        assert events == [
            written(office, number, word),
            Event("MetadataUpdate", {"_tokenId": number}),
        ]
        assert word >> 184 & 0xFF == office.certificate(number).standing


def test_rule_29_revoking_burns_the_token_and_names_the_reason(office: Office) -> None:
    number = office.passed()
    events = office.revoke(number)
    assert events == [
        written(office, number, events[0].arguments["word"]),
        Event("Transfer", {"from": office.candidate.address, "to": NOBODY, "tokenId": number}),
        Event("CertificateRevoked", {"certificateId": number, "reason": REASON}),
    ]


def test_rule_29_resigning_burns_the_token(office: Office) -> None:
    number = office.passed()
    events = office.resign(number)
    assert events == [
        written(office, number, events[0].arguments["word"]),
        Event("Transfer", {"from": office.candidate.address, "to": NOBODY, "tokenId": number}),
    ]


def written(office: Office, number: int, word: int) -> Event:
    said = {"certificateId": number, "agent": office.candidate.address, "word": word}
    return Event("CertificateWritten", said)


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.RESIGNED], ids=lambda each: each.name)
def test_rule_29_the_record_of_an_ended_certificate_stays_readable(
    office: Office, standing: Standing
) -> None:
    number = certificate_in(office, standing)
    record = office.certificate(number)
    view = office.certification.view("certificate", number)
    assert view == (
        office.candidate.address,
        1,
        3,
        standing,
        record.issued_at,
        record.expires_at,
        False,
    )
    assert office.holder(number) == NO_HOLDER
    assert office.standing() == Candidate(number, office.now, 0)


def test_an_unknown_certificate_reads_as_nothing(office: Office) -> None:
    number = office.certification.view("certificateCount") + 1
    for nothing in (0, number, 2**256 - 1):
        assert office.certification.view("certificate", nothing) == (NOBODY, 0, 0, Standing.NONE, 0, 0, False)
        assert office.holder(nothing) == NO_HOLDER


def test_a_suspended_certificate_is_not_valid_until_it_is_reinstated(office: Office) -> None:
    number = office.passed()
    office.suspend(number)
    assert office.holder(number) == NO_HOLDER
    assert office.certification.view("certificate", number)[-1] is False
    office.reinstate(number)
    assert office.holder(number) == (office.candidate.address, 1, 2)
    assert office.certification.view("certificate", number)[-1] is True


def test_reinstating_does_not_lengthen_the_term(office: Office) -> None:
    number = office.passed()
    end = office.certificate(number).expires_at
    office.suspend(number)
    office.at(end - DAY)
    office.reinstate(number)
    assert office.certificate(number).expires_at == end
    assert office.holder(number, at=end) == NO_HOLDER


def test_ending_a_certificate_leaves_the_agents_others(office: Office) -> None:
    first, second = office.passed(), office.passed(program=2)
    before = office.standing(2)
    office.revoke(first)
    assert office.holder(second) == (office.candidate.address, 2, 2)
    assert office.standing(2) == before
