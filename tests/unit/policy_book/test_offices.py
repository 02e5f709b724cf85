"""Who signs receipts and evidence, and when: one term an account and kind, for ever."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.helpers.claim_items import FOREVER
from tests.helpers.claims import MERCHANT_KIND, Office
from tests.helpers.contract import refused
from tests.helpers.desk import NOBODY

SOMEBODY = "0x" + "5e" * 20
OFFICES = [MERCHANT_KIND, *range(16)]
"""255 is the merchants', the others are the kinds of evidence."""

every_office = pytest.mark.parametrize("kind", OFFICES)


def begins(office: Office, kind: int, account: str = SOMEBODY, by: str = "") -> None:
    change(office, ("appointMerchant", "accredit"), kind, account, by)


def ends(office: Office, kind: int, account: str = SOMEBODY, by: str = "") -> None:
    change(office, ("dismissMerchant", "discredit"), kind, account, by)


def change(office: Office, functions: Sequence[str], kind: int, account: str, by: str) -> None:
    by = by or office.people.claims_editor.address
    if kind == MERCHANT_KIND:
        office.book.send(by, functions[0], account)
    else:
        office.book.send(by, functions[1], account, kind)


def term(office: Office, kind: int, account: str = SOMEBODY) -> tuple[int, int]:
    if kind == MERCHANT_KIND:
        found: tuple[int, int] = office.book.view("merchantTerm", account)
    else:
        found = office.book.view("partyTerm", account, kind)
    return found


@every_office
def test_a_term_begins_and_ends(office: Office, kind: int) -> None:
    assert term(office, kind) == (0, 0)
    begins(office, kind)
    since = office.desk.now
    assert term(office, kind) == (since, FOREVER)
    office.desk.at(since + 1000)
    ends(office, kind)
    assert term(office, kind) == (since, since + 1000)
    others = [each for each in OFFICES if each != kind]
    assert {term(office, each) for each in others} == {(0, 0)}


@every_office
def test_an_account_has_an_office_once(office: Office, kind: int) -> None:
    begins(office, kind)
    with refused("AlreadyAppointed", SOMEBODY):
        begins(office, kind)
    ends(office, kind)
    with refused("AlreadyAppointed", SOMEBODY):
        begins(office, kind)
    with refused("NotInOffice", SOMEBODY):
        ends(office, kind)


@every_office
def test_who_was_never_in_office_is_not_dismissed(office: Office, kind: int) -> None:
    with refused("NotInOffice", SOMEBODY):
        ends(office, kind)


@every_office
def test_nobody_at_the_zero_address(office: Office, kind: int) -> None:
    with refused("EmptyAccount"):
        begins(office, kind, NOBODY)


@pytest.mark.parametrize("kind", [16, 254, 255, 256, 2**256 - 1])
def test_a_kind_that_is_not_there(office: Office, kind: int) -> None:
    """The merchants' number is no kind of evidence: their office is not had by accrediting."""
    for function in ("accredit", "discredit"):
        with refused("UnknownKind", kind):
            office.edits(function, SOMEBODY, kind)
    with refused("UnknownKind", kind):
        office.book.view("partyTerm", SOMEBODY, kind)


def test_each_change_is_told(office: Office) -> None:
    told = [
        *office.edits("appointMerchant", SOMEBODY),
        *office.edits("dismissMerchant", SOMEBODY),
        *office.edits("accredit", SOMEBODY, 3),
        *office.edits("discredit", SOMEBODY, 3),
    ]
    assert [(event.name, event.arguments) for event in told] == [
        ("MerchantAppointed", {"account": SOMEBODY}),
        ("MerchantDismissed", {"account": SOMEBODY}),
        ("PartyAccredited", {"account": SOMEBODY, "kind": 3}),
        ("PartyDismissed", {"account": SOMEBODY, "kind": 3}),
    ]


@pytest.mark.parametrize("kind", [MERCHANT_KIND, 0])
def test_only_the_claims_editor(office: Office, kind: int) -> None:
    for person in office.people.everybody:
        if person is not office.people.claims_editor:
            with refused("AccessManagedUnauthorized", person.address):
                begins(office, kind, by=person.address)
            with refused("AccessManagedUnauthorized", person.address):
                ends(office, kind, by=person.address)


@every_office
def test_was_in_office(office: Office, kind: int) -> None:
    """From the first second of the term to the last; both the date that is stated and the signature's."""
    begins(office, kind)
    since = office.desk.now
    assert in_office(office, kind, since, 2**64 - 2)
    office.desk.at(since + 100)
    ends(office, kind)
    until = since + 100
    inside, outside = (since, since + 1, until - 1), (0, since - 1, until, until + 1, 2**64 - 1, 2**256 - 1)
    for stated in inside + outside:
        for signed in inside + outside:
            expected = stated in inside and signed in inside
            assert in_office(office, kind, stated, signed) is expected, (stated - since, signed - since)


def in_office(office: Office, kind: int, stated: int, signed: int) -> bool:
    return bool(office.book.view("wasInOffice", SOMEBODY, kind, stated, signed))


def test_dismissed_in_the_second_of_his_appointment(office: Office) -> None:
    """Such a term has no second in it."""
    begins(office, 0)
    since = office.desk.now
    office.desk.at(since)
    ends(office, 0)
    assert term(office, 0) == (since, since)
    assert not in_office(office, 0, since, since)
    for moment in (since, since + 1):
        office.desk.at(moment)
        with refused("NotInOffice", SOMEBODY):
            ends(office, 0)


@every_office
def test_who_never_was(office: Office, kind: int) -> None:
    for moment in (0, 1, office.desk.now, 2**64 - 1):
        assert not in_office(office, kind, moment, moment)
    assert not in_office(office, 256 + kind, 0, 0)
