"""With what a book is deployed, and what it answers of it."""

from __future__ import annotations

import pytest

from tests.helpers.claims import Office
from tests.helpers.contract import Contract, refused


def test_it_knows_its_desk_and_its_vault(office: Office) -> None:
    assert office.book.view("desk") == office.desk.tickets.address
    assert office.book.view("vault") == office.vault.address
    assert office.book.view("authority") == office.desk.access.address


@pytest.mark.parametrize("wrong", range(3), ids=["authority", "desk", "vault"])
def test_each_is_a_contract(office: Office, wrong: int) -> None:
    arguments = [office.desk.access.address, office.desk.tickets.address, office.vault.address]
    arguments[wrong] = office.people.stranger.address
    with refused("NoContract", office.people.stranger.address):
        Contract.deployed(office.desk.node, office.people.admin.address, "PolicyBook", *arguments)


def test_only_the_manager_gives_it_another_manager(office: Office) -> None:
    for person in office.people.everybody:
        with refused("AccessManagedUnauthorized", person.address):
            office.book.send(person.address, "setAuthority", office.desk.access.address)
