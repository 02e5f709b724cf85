"""With what a claim desk is deployed, and what it answers of it."""

from __future__ import annotations

import pytest

from tests.helpers.claims import Office
from tests.helpers.contract import Contract, refused


def test_it_knows_its_book_its_desk_its_vault_and_its_anchor(office: Office) -> None:
    view = office.claims.view
    assert view("policies") == office.book.address
    assert view("anchor") == office.anchor.address
    assert view("desk") == office.desk.tickets.address
    assert view("vault") == office.vault.address
    assert view("authority") == office.desk.access.address


@pytest.mark.parametrize("wrong", range(3), ids=["authority", "policies", "anchor"])
def test_each_is_a_contract(office: Office, wrong: int) -> None:
    arguments = [office.desk.access.address, office.book.address, office.anchor.address]
    arguments[wrong] = office.people.stranger.address
    with refused("NoContract", office.people.stranger.address):
        Contract.deployed(office.desk.node, office.people.admin.address, "ClaimDesk", *arguments)


def test_only_the_manager_gives_it_another_manager(office: Office) -> None:
    for person in office.people.everybody:
        with refused("AccessManagedUnauthorized", person.address):
            office.claims.send(person.address, "setAuthority", office.desk.access.address)


def test_it_takes_no_money(office: Office) -> None:
    """No function is payable, and nothing receives."""
    node, filing = office.desk.node, office.filing()
    calls = [office.claims.encoded("fileClaim", *filing.arguments), b"", b"\x12\x34\x56\x78"]
    for data in calls:
        call = {"from": filing.claim.customer, "to": office.claims.address, "value": "0x1"}
        with pytest.raises(Exception, match="0x"):
            node.rpc("eth_call", call | {"data": "0x" + data.hex()}, "latest")
