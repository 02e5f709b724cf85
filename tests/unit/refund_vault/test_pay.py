"""Paying: at once where it is covered, otherwise in the queue's order; from a reservation past it."""

from __future__ import annotations

import pytest

from tests.helpers.contract import RefusedError, refused
from tests.helpers.desk import MODULE, NOBODY
from tests.helpers.money import Payee, PayeeManner, Till
from tests.helpers.people import Person

MOST = 2**128 - 1


@pytest.fixture
def payee(either: Till) -> Payee:
    """Somebody who takes what he gets."""
    return either.payee()


def test_what_is_covered_is_paid_at_once(either: Till, payee: Payee) -> None:
    either.deposit(100)
    assert either.pay(payee.address, 100) == "Paid"
    assert either.books == (0, 0, 0, 0, 0)
    assert either.held_by(payee.address) == 100


def test_an_account_that_never_was_is_paid(till: Till) -> None:
    till.deposit(100)
    somebody = "0x" + "5e" * 20
    assert till.pay(somebody, 100) == "Paid"
    assert till.held_by(somebody) == 100


def test_what_is_not_covered_waits(either: Till, payee: Payee) -> None:
    either.deposit(99)
    name = either.id()
    assert either.pay(payee.address, 100, name) == "Pending"
    assert either.books == (99, 0, 0, 100, 0)
    assert either.queue() == [(name, payee.address, 100)]


def test_each_is_told_his_place(till: Till) -> None:
    to = till.payee().address
    head, _ = till.vault.view("queue", till.token)
    for position in (head, head + 1):
        (pending,) = till.vault.send(till.module.address, "pay", till.id(), till.token, to, 10)
        assert (pending.name, pending.arguments["position"]) == ("Pending", position)


def test_nobody_passes_those_who_wait(either: Till, payee: Payee) -> None:
    either.pay(payee.address, 100)
    either.deposit(1_000)
    assert either.pay(payee.address, 1) == "Pending"
    assert [amount for _, _, amount in either.queue()] == [100, 1]


def test_what_is_kept_for_one_does_not_pay_another(either: Till, payee: Payee) -> None:
    either.deposit(100)
    either.reserve(either.id(), 60)
    assert either.pay(payee.address, 41) == "Pending"


def test_a_reservation_pays_even_while_others_wait(either: Till, payee: Payee) -> None:
    either.deposit(100)
    name = either.id()
    either.reserve(name, 100)
    either.pay(payee.address, 1_000)
    assert either.pay_reserved(name, payee.address, 100) == "Paid"
    assert either.books == (0, 0, 0, 1_000, 0)


def test_the_rest_of_a_reservation_is_given_up(either: Till, payee: Payee) -> None:
    either.deposit(100)
    name = either.id()
    either.reserve(name, 100)
    assert either.pay_reserved(name, payee.address, 30) == "Paid"
    assert either.books == (70, 0, 0, 0, 70)


def test_a_reservation_of_less_is_no_reservation(either: Till, payee: Payee) -> None:
    """Who decides more than he kept comes after those who wait, and what he kept is for them."""
    either.deposit(100)
    name = either.id()
    either.reserve(name, 60)
    either.pay(payee.address, 50)
    assert either.pay_reserved(name, payee.address, 61) == "Pending"
    assert either.books == (100, 0, 0, 111, 0)
    assert either.settle() == ["Paid"]


def test_a_reservation_in_another_token_is_no_reservation(till: Till, coins: Till) -> None:
    till.deposit(100)
    coins.deposit(100)
    name = till.id()
    till.reserve(name, 100)
    coins.pay(till.payee().address, 200)
    assert coins.pay_reserved(name, till.payee().address, 100) == "Pending"
    assert (till.books[:2], coins.books[:2]) == ((100, 0), (100, 0))


def test_without_a_reservation_what_is_free_pays(either: Till, payee: Payee) -> None:
    either.deposit(100)
    assert either.pay_reserved(either.id(), payee.address, 100) == "Paid"


def test_what_is_kept_under_its_name_does_not_pay_plainly(either: Till, payee: Payee) -> None:
    either.deposit(100)
    name = either.id()
    either.reserve(name, 100)
    assert either.pay(payee.address, 100, name) == "Pending"


@pytest.mark.parametrize("function", ["pay", "payReserved"])
def test_nobody_and_the_vault_are_not_paid(function: str, till: Till) -> None:
    till.deposit(100)
    for to in (NOBODY, till.vault.address):
        with refused("InvalidReceiver", to):
            till.vault.send(till.module.address, function, till.id(), till.token, to, 1)


@pytest.mark.parametrize("function", ["pay", "payReserved"])
def test_an_amount_fits(function: str, till: Till, stranger: Person) -> None:
    with refused("AmountTooLarge", MOST + 1):
        till.vault.send(till.module.address, function, till.id(), till.token, stranger.address, MOST + 1)


def test_the_largest_amounts_wait_and_lose_nothing(either: Till, payee: Payee) -> None:
    for _ in range(3):
        assert either.pay(payee.address, MOST) == "Pending"
    assert either.books[3] == 3 * MOST


@pytest.mark.parametrize("delay", [None, 60])
@pytest.mark.parametrize("function", ["pay", "payReserved"])
def test_only_a_module_without_delay(
    function: str, delay: int | None, admin: Person, stranger: Person, till: Till
) -> None:
    if delay is not None:
        admin.grant(MODULE, stranger, delay)
    till.deposit(100)
    with refused("NotAModule", stranger.address):
        till.vault.send(stranger.address, function, till.id(), till.token, stranger.address, 1)


def test_only_the_vault_pushes_its_tokens(coins: Till, stranger: Person) -> None:
    coins.deposit(100)
    for address in (stranger.address, coins.module.address):
        with refused("NotAModule", address):
            coins.vault.send(address, "push", coins.token, stranger.address, 1)


@pytest.mark.parametrize(("tokens", "needed"), [(False, 110_000), (True, 310_000)])
def test_a_starved_payment_is_no_refused_payment(tokens: bool, needed: int, till: Till) -> None:
    """A carrier who gives too little gas gets nothing done; he cannot make a customer's money owed."""
    here = till.of(till.odd_token()) if tokens else till
    here.deposit(1_000)
    payee = here.payee()
    outcomes: list[str] = []
    for gas in range(60_000, needed + 150_000, 5_000):
        with here.vault.node.isolated():
            try:
                outcomes.append(here.pay(payee.address, 1, gas=gas))
            except RefusedError as refusal:
                assert refusal.name in ("NotEnoughGas", ""), refusal
                outcomes.append("nothing")
    assert set(outcomes) == {"nothing", "Paid"}
    assert outcomes == sorted(outcomes, key=["nothing", "Paid"].index)


def test_too_little_gas_is_told(till: Till) -> None:
    till.deposit(1)
    with refused("NotEnoughGas", 110_000):
        till.pay(till.payee(PayeeManner.ACCEPTS).address, 1, gas=140_000)
