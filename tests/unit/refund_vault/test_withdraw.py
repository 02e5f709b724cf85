"""Taking out what was refused: all of it, by whom it is owed to, to where he says."""

from __future__ import annotations

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import NOBODY
from tests.helpers.money import Payee, PayeeManner, Till, TokenManner
from tests.helpers.people import Person


@pytest.fixture
def refusing(till: Till) -> Payee:
    """Somebody who refused 60 of 100."""
    till.deposit(100)
    payee = till.payee(PayeeManner.REVERTS)
    assert till.pay(payee.address, 60) == "Owed"
    return payee


def test_a_refused_payment_waits_for_him(refusing: Payee, till: Till) -> None:
    assert till.books == (100, 0, 60, 0, 40)
    assert till.owed_to(refusing.address) == 60


def test_he_takes_it_to_another_address(refusing: Payee, till: Till) -> None:
    elsewhere = till.payee().address
    refusing.act(till.vault, "withdraw", till.token, elsewhere)
    assert till.held_by(elsewhere) == 60
    assert till.books == (40, 0, 0, 0, 40)
    assert till.owed_to(refusing.address) == 0


def test_he_takes_all_that_came_together(refusing: Payee, till: Till) -> None:
    till.pay(refusing.address, 10)
    refusing.act(till.vault, "withdraw", till.token, till.payee().address)
    assert till.books == (30, 0, 0, 0, 30)


def test_he_takes_it_himself_when_he_takes_money_again(refusing: Payee, till: Till) -> None:
    with refused("PaymentRefused", till.token, refusing.address, 60):
        refusing.act(till.vault, "withdraw", till.token, refusing.address)
    assert till.owed_to(refusing.address) == 60
    refusing.behave(PayeeManner.ACCEPTS)
    refusing.act(till.vault, "withdraw", till.token, refusing.address)
    assert till.held_by(refusing.address) == 60


def test_it_is_taken_once(refusing: Payee, till: Till) -> None:
    refusing.act(till.vault, "withdraw", till.token, till.payee().address)
    with refused("NothingOwed", till.token, refusing.address):
        refusing.act(till.vault, "withdraw", till.token, till.payee().address)


def test_nobody_takes_it_but_he(refusing: Payee, till: Till, stranger: Person) -> None:
    for address in (stranger.address, till.module.address, till.office.people.treasurer.address):
        with refused("NothingOwed", till.token, address):
            till.vault.send(address, "withdraw", till.token, address)


def test_it_goes_to_somebody(refusing: Payee, till: Till) -> None:
    for to in (NOBODY, till.vault.address):
        with refused("InvalidReceiver", to):
            refusing.act(till.vault, "withdraw", till.token, to)
    assert till.owed_to(refusing.address) == 60


def test_a_withdrawal_is_not_taken_twice_by_reentering(refusing: Payee, till: Till) -> None:
    refusing.reenter(till.vault, "withdraw", till.token, refusing.address)
    refusing.act(till.vault, "withdraw", till.token, refusing.address)
    assert refusing.refusal == "ReentrancyGuardReentrantCall"
    assert till.held_by(refusing.address) == 60
    assert till.books == (40, 0, 0, 0, 40)


def test_a_token_that_refused_is_withdrawn_when_it_moves_again(
    till: Till, customer: Person, stranger: Person
) -> None:
    token = till.odd_token()
    coins = till.of(token)
    coins.deposit(100)
    token.send(stranger.address, "behave", TokenManner.REVERTS)
    assert coins.pay(customer.address, 60) == "Owed"
    with refused("PaymentRefused", coins.token, customer.address, 60):
        coins.vault.send(customer.address, "withdraw", coins.token, customer.address)
    token.send(stranger.address, "behave", TokenManner.PROPER)
    coins.vault.send(customer.address, "withdraw", coins.token, customer.address)
    assert coins.held_by(customer.address) == 60
