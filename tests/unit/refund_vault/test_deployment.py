"""How it is deployed, and what it says of itself."""

from __future__ import annotations

from tests.helpers.contract import Contract, refused
from tests.helpers.money import Till
from tests.helpers.people import Person
from tests.helpers.signed import chain_id


def test_its_manager_is_a_contract(till: Till, stranger: Person) -> None:
    with refused("NoContract", stranger.address):
        Contract.deployed(till.vault.node, stranger.address, "RefundVault", stranger.address)


def test_its_domain(till: Till) -> None:
    _, name, version, chain, contract, _, _ = till.vault.view("eip712Domain")
    told = name, version, chain, contract
    assert told == ("proofdesk", "1", chain_id(till.office.desk), till.vault.address)


def test_it_is_not_locked_between_transactions(till: Till) -> None:
    till.deposit(1)
    till.pay(till.payee().address, 1)
    assert not till.vault.view("isLocked")
