"""Certifiers that are smart accounts (ERC-1271): honest, broken and hostile (rule 28 of docs/adr/0004)."""

from __future__ import annotations

import pytest
from eth_account.signers.local import LocalAccount

from tests.helpers.contract import Contract, Event, refused
from tests.helpers.desk import CERTIFIER
from tests.helpers.people import People
from tests.unit.agent_certification.office import DAY, Office, recorded, signer

HONEST, REVERTS, EMPTY, SHORT, WRONG_MAGIC, DIRTY_MAGIC, TRUE, BURNS_GAS = range(8)


@pytest.fixture
def owner() -> LocalAccount:
    """Who signs for the wallet."""
    return signer(0x0123)


@pytest.fixture
def wallet(office: Office, people: People, owner: LocalAccount) -> Contract:
    """A smart account in office."""
    wallet = Contract.deployed(office.node, people.admin.address, "SmartAccount", owner.address)
    people.desk.access.send(people.admin.address, "grantRole", CERTIFIER, wallet.address, 0)
    return wallet


def test_rule_28_a_smart_account_certifies(office: Office, wallet: Contract, owner: LocalAccount) -> None:
    exam, deadline = office.exam(), office.now + DAY
    events = office.submit(exam, deadline, office.signature(exam, deadline, owner), wallet.address)
    assert events[1].arguments["certifier"] == wallet.address
    with refused("ExamNotAfter", exam.taken_at, exam.taken_at):
        office.submit(exam, deadline, office.signature(exam, deadline, owner), wallet.address)


def test_rule_28_a_smart_account_signs_by_its_owner_alone(
    office: Office, wallet: Contract, owner: LocalAccount
) -> None:
    exam, deadline = office.exam(), office.now + DAY
    with refused("InvalidCertifier", wallet.address):
        office.submit(exam, deadline, office.signature(exam, deadline), wallet.address)
    # The owner is not in office himself.
    with refused("InvalidCertifier", owner.address.lower()):
        office.submit(exam, deadline, office.signature(exam, deadline, owner), owner.address)


@pytest.mark.parametrize("answer", [REVERTS, EMPTY, SHORT, WRONG_MAGIC, DIRTY_MAGIC, TRUE, BURNS_GAS])
def test_rule_28_a_smart_account_that_answers_anything_else(
    office: Office, wallet: Contract, owner: LocalAccount, answer: int
) -> None:
    wallet.send(office.candidate.address, "setAnswer", answer, 0)
    exam, deadline = office.exam(), office.now + DAY
    with refused("InvalidCertifier", wallet.address):
        office.submit(exam, deadline, office.signature(exam, deadline, owner), wallet.address)


def test_rule_28_a_smart_account_that_calls_back_writes_nothing(office: Office, wallet: Contract) -> None:
    exam, deadline = office.exam(), office.now + DAY
    other = office.exam(agent=office.people.customer.address)
    call = (other.values, deadline, office.signer.address.lower(), office.signature(other, deadline))
    target = office.certification
    again = target.encoded("recordExamFor", *call)
    wallet.send(office.candidate.address, "setReentry", target.address, again)
    count = target.view("certificateCount")
    events: list[Event] = office.submit(exam, deadline, b"", wallet.address)
    assert recorded(events) == target.view("certificateCount") == count + 1
    assert target.view("balanceOf", other.agent) == 0
    # What it tried holds outside of a signature's check.
    assert target.send(office.candidate.address, "recordExamFor", *call)
