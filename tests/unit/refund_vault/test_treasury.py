"""The treasurer: takes out what is free and nothing else, under the manager's delay; lists tokens."""

from __future__ import annotations

import pytest

from tests.helpers.contract import Contract, refused
from tests.helpers.desk import NOBODY
from tests.helpers.money import ETHER, TREASURER, PayeeManner, Till, TokenManner
from tests.helpers.people import Person


def test_what_is_free_is_taken_out(either: Till) -> None:
    either.deposit(100)
    to = either.payee().address
    (taken,) = either.take_free(100, to)
    assert taken.name == "TreasuryWithdrawn"
    assert taken.arguments == {"token": either.token, "to": to, "amount": 100}
    assert either.held_by(to) == 100


def test_what_is_promised_is_not(till: Till) -> None:
    till.deposit(100)
    till.reserve(till.id(), 30)
    till.pay(till.payee(PayeeManner.REVERTS).address, 20)
    with refused("NotFree", till.token, 51, 50):
        till.take_free(51)
    till.take_free(50)
    assert till.books == (50, 30, 20, 0, 0)


def test_nothing_is_free_while_somebody_waits(till: Till, stranger: Person) -> None:
    till.pay(stranger.address, 200)
    till.deposit(100)
    with refused("NotFree", till.token, 1, 0):
        till.take_free(1)


def test_it_goes_to_somebody_who_takes_it(till: Till) -> None:
    till.deposit(100)
    for to in (NOBODY, till.vault.address):
        with refused("InvalidReceiver", to):
            till.take_free(1, to)
    payee = till.payee(PayeeManner.REVERTS)
    with refused("PaymentRefused", till.token, payee.address, 1):
        till.take_free(1, payee.address)


def test_the_treasurer_is_not_let_in_twice(till: Till, admin: Person) -> None:
    till.deposit(100)
    payee = till.payee()
    till.office.desk.access.send(admin.address, "grantRole", TREASURER, payee.address, 0)
    payee.reenter(till.vault, "withdrawFree", till.token, payee.address, 50)
    payee.act(till.vault, "withdrawFree", till.token, payee.address, 50)
    assert payee.refusal == "ReentrancyGuardReentrantCall"
    assert till.free == 50


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("withdrawFree", [ETHER, "0x" + "11" * 20, 1]),
        ("listToken", ["0x" + "11" * 20]),
        ("delistToken", ["0x" + "11" * 20]),
    ],
)
def test_nobody_else_may(function: str, arguments: list[object], till: Till, stranger: Person) -> None:
    for person in (stranger, till.module, till.office.people.claims_editor):
        with refused("AccessManagedUnauthorized", person.address):
            till.vault.send(person.address, function, *arguments)


def test_under_a_delay_what_became_promised_in_the_meantime_stays(till: Till, admin: Person) -> None:
    """He says how much when nobody waits; when his time comes, somebody does."""
    till.deposit(100)
    access, treasurer = till.office.desk.access, till.office.people.treasurer
    access.send(admin.address, "revokeRole", TREASURER, treasurer.address)
    access.send(admin.address, "grantRole", TREASURER, treasurer.address, 86_400)
    call = till.vault.encoded("withdrawFree", till.token, treasurer.address, 100)
    access.send(treasurer.address, "schedule", till.vault.address, call, 0)
    till.reserve(till.id(), 60)
    till.office.desk.wait(24 * 60)
    with refused("NotFree", till.token, 100, 40):
        till.take_free(100)


def test_a_token_is_listed_and_taken_from_the_list(till: Till, treasurer: Person) -> None:
    token = till.odd_token(listed=False)
    assert not till.vault.view("isListed", token.address)
    (listed,) = till.vault.send(treasurer.address, "listToken", token.address)
    assert listed.arguments == {"token": token.address, "listed": True}
    assert till.vault.view("isListed", token.address)
    (delisted,) = till.vault.send(treasurer.address, "delistToken", token.address)
    assert delisted.arguments == {"token": token.address, "listed": False}
    assert not till.vault.view("isListed", token.address)
    with refused("TokenNotListed", token.address):
        till.vault.send(treasurer.address, "delistToken", token.address)


def test_ether_is_always_listed(till: Till, treasurer: Person) -> None:
    assert till.vault.view("isListed", ETHER)
    with refused("TokenNotListed", ETHER):
        till.vault.send(treasurer.address, "delistToken", ETHER)
    with refused("NotAToken", ETHER):
        till.vault.send(treasurer.address, "listToken", ETHER)


@pytest.mark.parametrize(
    "manner", [TokenManner.BALANCE_REVERTS, TokenManner.BALANCE_EMPTY, TokenManner.BALANCE_BURNS_GAS]
)
def test_what_tells_no_balance_is_no_token(manner: TokenManner, till: Till, treasurer: Person) -> None:
    token = till.odd_token(manner, listed=False)
    with refused("NotAToken", token.address):
        till.vault.send(treasurer.address, "listToken", token.address)


def test_an_account_is_no_token(till: Till, treasurer: Person, stranger: Person) -> None:
    with refused("NotAToken", stranger.address):
        till.vault.send(treasurer.address, "listToken", stranger.address)
    with refused("NotAToken", till.vault.address):
        till.vault.send(treasurer.address, "listToken", till.vault.address)


def test_what_was_promised_in_a_token_stands_when_it_is_delisted(coins: Till, treasurer: Person) -> None:
    coins.deposit(100)
    name, to = coins.id(), coins.payee().address
    coins.reserve(name, 60)
    coins.vault.send(treasurer.address, "delistToken", coins.token)
    with refused("TokenNotListed", coins.token):
        coins.deposit(1)
    assert coins.pay_reserved(name, to, 60) == "Paid"
    assert coins.pay(to, 50) == "Pending"
    token = Contract(coins.vault.node, "OddToken", coins.token)
    token.send(treasurer.address, "transfer", coins.vault.address, 10)
    assert coins.settle() == ["Paid"]
