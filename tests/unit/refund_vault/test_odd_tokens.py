"""Tokens that misbehave: what they do not move exactly is undone and owed, and the books stay true."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.contract import Contract, refused
from tests.helpers.desk import MODULE
from tests.helpers.money import PayeeManner, Till, TokenManner, refusal_of
from tests.helpers.people import Person

ENOUGH_FOR_ANY_PAYMENT = 600_000
"""Gas; what misbehaving can cost a carrier is bounded."""
MOVING = [TokenManner.PROPER, TokenManner.RETURNS_NOTHING, TokenManner.LONG_ANSWER]
NOT_MOVING = [
    TokenManner.RETURNS_FALSE,
    TokenManner.RETURNS_TWO,
    TokenManner.RETURNS_BYTE,
    TokenManner.REVERTS,
    TokenManner.BURNS_GAS,
    TokenManner.LONG_REVERT,
    TokenManner.MOVES_NOTHING,
    TokenManner.TAKES_SENDER_FEE,
]


@pytest.fixture
def token(till: Till) -> Contract:
    """A listed token, proper so far."""
    return till.odd_token()


@pytest.fixture
def coins(till: Till, token: Contract) -> Till:
    """The vault with 100 of it."""
    coins = till.of(token)
    coins.deposit(100)
    return coins


def behave(token: Contract, manner: TokenManner) -> None:
    """How it does everything from now on."""
    token.send(token.node.accounts[0], "behave", manner)


@pytest.mark.parametrize("manner", MOVING)
def test_what_moves_exactly_is_paid(
    manner: TokenManner, coins: Till, token: Contract, customer: Person
) -> None:
    behave(token, manner)
    assert coins.pay(customer.address, 60, gas=ENOUGH_FOR_ANY_PAYMENT) == "Paid"
    assert coins.books == (40, 0, 0, 0, 40)


def test_a_token_that_does_a_lot_beside_is_paid(coins: Till, token: Contract, customer: Person) -> None:
    """As those do that call somebody else: twice what a plain one takes, and more."""
    busy = coins.payee(PayeeManner.HEAVY)
    token.send(customer.address, "reenter", busy.address, b"")
    assert coins.pay(customer.address, 60, gas=ENOUGH_FOR_ANY_PAYMENT) == "Paid"
    assert coins.held_by(customer.address) == 60


@pytest.mark.parametrize("manner", NOT_MOVING)
def test_what_does_not_is_undone_and_owed(
    manner: TokenManner, coins: Till, token: Contract, customer: Person
) -> None:
    behave(token, manner)
    assert coins.pay(customer.address, 60, gas=ENOUGH_FOR_ANY_PAYMENT) == "Owed"
    assert coins.books == (100, 0, 60, 0, 40)
    assert coins.held_by(customer.address) == 0
    with refused("PaymentRefused", coins.token, customer.address, 60):
        coins.vault.send(customer.address, "withdraw", coins.token, customer.address)
    behave(token, TokenManner.PROPER)
    coins.vault.send(customer.address, "withdraw", coins.token, customer.address)
    assert coins.held_by(customer.address) == 60


@pytest.mark.parametrize("manner", NOT_MOVING)
def test_nor_does_it_pay_from_a_reservation(
    manner: TokenManner, coins: Till, token: Contract, customer: Person
) -> None:
    name = coins.id()
    coins.reserve(name, 60)
    behave(token, manner)
    assert coins.pay_reserved(name, customer.address, 60) == "Owed"
    assert coins.books == (100, 0, 60, 0, 40)
    assert coins.held_by(customer.address) == 0


def test_a_fee_at_the_receivers_cost_is_his(coins: Till, token: Contract, customer: Person) -> None:
    """What leaves the vault is exact; what a token takes of it on the way, no vault can give back."""
    behave(token, TokenManner.TAKES_FEE)
    assert coins.pay(customer.address, 60) == "Paid"
    assert coins.books[0] == 40


@pytest.mark.parametrize(
    "manner", [TokenManner.BALANCE_REVERTS, TokenManner.BALANCE_EMPTY, TokenManner.BALANCE_BURNS_GAS]
)
def test_while_it_tells_no_balance_payments_wait(
    manner: TokenManner, coins: Till, token: Contract, customer: Person
) -> None:
    behave(token, manner)
    assert coins.pay(customer.address, 60, gas=ENOUGH_FOR_ANY_PAYMENT) == "Pending"
    behave(token, TokenManner.PROPER)
    assert coins.settle() == ["Paid"]
    assert coins.books == (40, 0, 0, 0, 40)


def test_a_long_balance_is_read_for_a_word(coins: Till, token: Contract, customer: Person) -> None:
    behave(token, TokenManner.BALANCE_LONG)
    assert coins.pay(customer.address, 60, gas=ENOUGH_FOR_ANY_PAYMENT) == "Paid"


def test_a_token_that_claims_to_have_more_pays_what_it_has(
    coins: Till, token: Contract, customer: Person
) -> None:
    """It says the same before and after: nothing left, so nothing was paid."""
    behave(token, TokenManner.BALANCE_HUGE)
    assert coins.pay(customer.address, 60) == "Owed"
    behave(token, TokenManner.PROPER)
    assert coins.books == (100, 0, 60, 0, 40)


def test_a_token_that_shrinks_leaves_payments_waiting(coins: Till, token: Contract, customer: Person) -> None:
    coins.reserve(coins.id(), 30)
    token.send(coins.module.address, "rebase", coins.vault.address, 50)
    assert coins.books == (50, 30, 0, 0, 20)
    assert coins.pay(customer.address, 21) == "Pending"
    token.send(coins.module.address, "rebase", coins.vault.address, 10)
    assert coins.books == (10, 30, 0, 21, 0)
    coins.deposit(41)
    assert coins.settle() == ["Paid"]


def test_what_is_reserved_in_a_token_that_shrank_waits_for_the_rest(
    coins: Till, token: Contract, customer: Person
) -> None:
    name = coins.id()
    coins.reserve(name, 100)
    token.send(coins.module.address, "rebase", coins.vault.address, 99)
    assert coins.pay_reserved(name, customer.address, 100) == "Pending"
    coins.deposit(1)
    assert coins.settle() == ["Paid"]


@pytest.mark.parametrize("spare", [0, 1, 2**130])
def test_more_than_any_book_can_hold_is_paid_out_all_the_same(
    spare: int, coins: Till, token: Contract, customer: Person
) -> None:
    token.send(coins.module.address, "rebase", coins.vault.address, 2**128 + spare)
    assert coins.books == (2**128 - 1, 0, 0, 0, 2**128 - 1)
    assert coins.pay(customer.address, 60) == "Paid"
    coins.take_free(10**30, customer.address)
    assert coins.held_by(customer.address) == 10**30 + 60


LOCKED, GUARDED = "VaultLocked", "ReentrancyGuardReentrantCall"
REENTRIES: list[tuple[str, list[Any], str]] = [
    ("pay", [b"\x01" * 32, "token", "to", 10], GUARDED),
    ("payReserved", [b"\x01" * 32, "token", "to", 10], GUARDED),
    ("reserve", [b"\x02" * 32, "token", 10], LOCKED),
    ("release", [b"\x01" * 32], LOCKED),
    ("settle", ["token", 1], GUARDED),
    ("withdraw", ["token", "to"], GUARDED),
    ("push", ["token", "to", 10], "NotAModule"),
]


@pytest.mark.parametrize(("function", "arguments", "refusal"), REENTRIES)
def test_it_is_not_let_in_while_it_moves(
    function: str,
    arguments: list[Any],
    refusal: str,
    coins: Till,
    token: Contract,
    admin: Person,
    customer: Person,
) -> None:
    """Not even as a module, to which something is owed, with somebody waiting."""
    coins.reserve(b"\x01" * 32, 20)
    behave(token, TokenManner.REVERTS)
    coins.pay(token.address, 10)
    behave(token, TokenManner.PROPER)
    coins.office.desk.access.send(admin.address, "grantRole", MODULE, token.address, 0)
    kept = coins.id()
    coins.reserve(kept, 30)
    coins.pay(customer.address, 45)
    filled = [{"token": token.address, "to": customer.address}.get(str(each), each) for each in arguments]
    call = coins.vault.encoded(function, *filled)
    token.send(admin.address, "reenter", coins.vault.address, call)
    before = coins.books
    assert coins.pay_reserved(kept, customer.address, 30) == "Paid"
    assert refusal_of(token, coins.vault) == refusal
    assert coins.books == (before[0] - 30, before[1] - 30, before[2], before[3], 0)


def test_a_payee_cannot_have_a_token_taken_twice(coins: Till, token: Contract, customer: Person) -> None:
    """Somebody moves the vault's own tokens in the middle of a payment: the payment is undone."""
    steal = token.encoded("transferFrom", coins.vault.address, customer.address, 10)
    token.send(customer.address, "reenter", token.address, steal)
    assert coins.pay(customer.address, 60) == "Owed"
    assert coins.books == (100, 0, 60, 0, 40)
