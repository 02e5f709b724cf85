"""Putting money in: anybody, any listed token, all of it or nothing."""

from __future__ import annotations

import pytest

from tests.helpers.contract import refused
from tests.helpers.money import ETHER, PayeeManner, Till, TokenManner, refusal_of
from tests.helpers.people import Person


def test_what_comes_in_is_free(either: Till, treasurer: Person) -> None:
    (deposited,) = either.deposit(100)
    assert deposited.name == "Deposited"
    assert deposited.arguments == {"token": either.token, "from": treasurer.address, "amount": 100}
    assert either.books == (100, 0, 0, 0, 100)


def test_ether_may_be_sent_plainly_by_anybody(till: Till, stranger: Person) -> None:
    receipt = till.vault.node.send(stranger.address, till.vault.address, b"", value=7)
    (deposited,) = till.vault.events(receipt)
    assert deposited.arguments == {"token": ETHER, "from": stranger.address, "amount": 7}
    assert till.books == (7, 0, 0, 0, 7)


@pytest.mark.parametrize("value", [0, 99, 101])
def test_ether_comes_as_the_transactions_value(value: int, till: Till, stranger: Person) -> None:
    with refused("WrongValue", 100, value):
        till.vault.send(stranger.address, "deposit", ETHER, 100, value=value)


def test_tokens_come_without_ether(coins: Till, treasurer: Person) -> None:
    with refused("WrongValue", 100, 1):
        coins.vault.send(treasurer.address, "deposit", coins.token, 100, value=1)


def test_a_token_that_is_not_on_the_list_is_refused(till: Till) -> None:
    token = till.odd_token(listed=False)
    with refused("TokenNotListed", token.address):
        till.of(token).deposit(100)


@pytest.mark.parametrize(("manner", "arrived"), [(TokenManner.TAKES_FEE, 98), (TokenManner.MOVES_NOTHING, 0)])
def test_a_token_of_which_less_arrives_is_refused(manner: TokenManner, arrived: int, till: Till) -> None:
    coins = till.of(till.odd_token(manner))
    with refused("TokenTookFee", coins.token, 100, arrived):
        coins.deposit(100)
    assert coins.books == (0, 0, 0, 0, 0)


@pytest.mark.parametrize(("beside", "arrived"), [(0, 0), (150, 50), (250, 150)])
def test_a_token_that_changes_beside_a_deposit_is_refused(beside: int, arrived: int, till: Till) -> None:
    """The vault has 200 and, in the middle of it, something else."""
    token = till.odd_token()
    coins = till.of(token)
    coins.deposit(200)
    stranger = till.office.people.stranger.address
    token.send(stranger, "reenter", token.address, token.encoded("rebase", till.vault.address, beside))
    with refused("TokenTookFee", coins.token, 100, arrived):
        coins.deposit(100)
    assert coins.books == (200, 0, 0, 0, 200)


@pytest.mark.parametrize("held", [2**128 - 50, 2**128, 2**130])
def test_beside_more_than_any_book_can_hold_a_deposit_arrives(held: int, till: Till) -> None:
    token = till.odd_token()
    token.send(till.module.address, "rebase", till.vault.address, held)
    till.of(token).deposit(100)
    assert token.view("balanceOf", till.vault.address) == held + 100


@pytest.mark.parametrize("manner", [TokenManner.RETURNS_FALSE, TokenManner.RETURNS_TWO])
def test_a_token_that_does_not_say_yes_is_refused(manner: TokenManner, till: Till) -> None:
    coins = till.of(till.odd_token(manner))
    with refused("SafeERC20FailedOperation", coins.token):
        coins.deposit(100)


@pytest.mark.parametrize("manner", [TokenManner.RETURNS_NOTHING, TokenManner.LONG_ANSWER])
def test_a_token_may_say_nothing_or_a_lot(manner: TokenManner, till: Till) -> None:
    coins = till.of(till.odd_token(manner))
    coins.deposit(100)
    assert coins.books == (100, 0, 0, 0, 100)


def test_a_token_that_deposits_while_it_is_deposited_is_refused(till: Till) -> None:
    token = till.odd_token()
    coins = till.of(token)
    data = till.vault.encoded("deposit", token.address, 5)
    token.send(till.office.people.stranger.address, "reenter", till.vault.address, data)
    coins.deposit(100)
    assert refusal_of(token, till.vault) == "ReentrancyGuardReentrantCall"
    assert coins.books == (100, 0, 0, 0, 100)


def test_money_in_one_token_is_nothing_in_another(till: Till, coins: Till) -> None:
    till.deposit(100)
    assert coins.books == (0, 0, 0, 0, 0)
    assert coins.pay(till.payee(PayeeManner.ACCEPTS).address, 1) == "Pending"
