"""Making payments that waited, in their order, as far as there is money."""

from __future__ import annotations

from tests.helpers.contract import RefusedError, refused
from tests.helpers.desk import NOBODY
from tests.helpers.money import PayeeManner, Till, TokenManner
from tests.helpers.people import Person


def waiting(till: Till, *amounts: int, to: str | None = None) -> str:
    """Payments that wait, to one payee."""
    to = to or till.payee().address
    for amount in amounts:
        assert till.pay(to, amount) == "Pending"
    return to


def test_they_are_paid_in_their_order(either: Till) -> None:
    first, second = either.payee().address, either.payee().address
    waiting(either, 10, to=first)
    waiting(either, 20, to=second)
    either.deposit(30)
    assert either.settle(1) == ["Paid"]
    assert (either.held_by(first), either.held_by(second)) == (10, 0)
    assert either.books == (20, 0, 0, 20, 0)
    assert either.settle(1) == ["Paid"]
    assert either.books == (0, 0, 0, 0, 0)
    assert either.queue() == []


def test_as_far_as_there_is_money(either: Till) -> None:
    waiting(either, 10, 20, 5)
    either.deposit(29)
    assert either.settle() == ["Paid"]
    assert [amount for _, _, amount in either.queue()] == [20, 5]
    either.deposit(1)
    assert either.settle() == ["Paid"]


def test_nothing_is_kept_of_what_was_paid(till: Till) -> None:
    waiting(till, 10)
    head, _ = till.vault.view("queue", till.token)
    till.deposit(10)
    till.settle()
    assert till.vault.view("pendingAt", till.token, head) == (bytes(32), NOBODY, 0)


def test_a_small_payment_does_not_pass_a_large_one(either: Till) -> None:
    waiting(either, 100, 1)
    either.deposit(99)
    with refused("NothingToSettle", either.token):
        either.settle()


def test_what_is_kept_does_not_pay_those_who_wait(till: Till) -> None:
    till.deposit(100)
    till.reserve(till.id(), 100)
    waiting(till, 1)
    with refused("NothingToSettle", till.token):
        till.settle()


def test_what_is_owed_does_not_pay_those_who_wait(till: Till) -> None:
    till.deposit(100)
    assert till.pay(till.payee(PayeeManner.REVERTS).address, 100) == "Owed"
    waiting(till, 1)
    with refused("NothingToSettle", till.token):
        till.settle()


def test_with_nobody_waiting_there_is_nothing_to_do(till: Till) -> None:
    till.deposit(100)
    with refused("NothingToSettle", till.token):
        till.settle()
    waiting(till, 101)
    till.deposit(1)
    with refused("NothingToSettle", till.token):
        till.settle(0)


def test_who_refuses_holds_nobody_up(till: Till) -> None:
    refusing = till.payee(PayeeManner.REVERTS).address
    waiting(till, 10, to=refusing)
    to = waiting(till, 20)
    till.deposit(30)
    assert till.settle() == ["Owed", "Paid"]
    assert (till.owed_to(refusing), till.held_by(to)) == (10, 20)
    assert till.books == (10, 0, 10, 0, 0)


def test_new_payments_are_made_at_once_when_all_are_settled(either: Till) -> None:
    to = waiting(either, 10)
    either.deposit(11)
    either.settle()
    assert either.pay(to, 1) == "Paid"


def test_tokens_wait_apart(till: Till, coins: Till) -> None:
    waiting(till, 10)
    coins.deposit(10)
    assert coins.pay(till.payee().address, 10) == "Paid"
    with refused("NothingToSettle", coins.token):
        coins.settle()


def test_a_token_that_does_not_answer_pays_nobody_and_loses_nothing(till: Till, stranger: Person) -> None:
    token = till.odd_token()
    coins = till.of(token)
    waiting(coins, 10)
    coins.deposit(10)
    token.send(stranger.address, "behave", TokenManner.BALANCE_REVERTS)
    with refused("NothingToSettle", coins.token):
        coins.settle()
    token.send(stranger.address, "behave", TokenManner.PROPER)
    assert coins.settle() == ["Paid"]


def test_a_hundred_are_settled_in_one_go_or_by_and_by(till: Till) -> None:
    to = waiting(till, *[1] * 100)
    till.deposit(100)
    assert till.settle(99) == ["Paid"] * 99
    assert till.settle() == ["Paid"]
    assert till.held_by(to) == 100


def test_with_little_gas_nothing_is_owed_that_was_not_refused(till: Till) -> None:
    """Whatever gas somebody gives: each payment is made, or waits; none is made owed by want of gas."""
    waiting(till, *[1] * 6)
    till.deposit(6)
    stranger, reached = till.office.people.stranger.address, set()
    for gas in range(60_000, 700_000, 20_000):
        with till.vault.node.isolated():
            try:
                events = till.vault.send(stranger, "settle", till.token, 6, gas=gas)
            except RefusedError:
                events = []
            assert {event.name for event in events} <= {"Paid"}
            assert till.books[2] == 0
            reached.add(len(events))
    assert {0, 6} <= reached


def test_the_first_needs_its_own_gas_only(till: Till) -> None:
    """What is left for a second is asked when there was a first; too little for the first is told."""
    waiting(till, 10)
    till.deposit(10)
    stranger = till.office.people.stranger.address
    with refused("NotEnoughGas", 110_000):
        till.vault.send(stranger, "settle", till.token, 1, gas=130_000)
    (paid,) = till.vault.send(stranger, "settle", till.token, 1, gas=200_000)
    assert paid.name == "Paid"


def test_what_was_paid_before_the_gas_ran_short_stays_paid(either: Till) -> None:
    """More gas pays as many or more: nowhere in between is all of it undone."""
    waiting(either, *[1] * 4)
    either.deposit(4)
    stranger, paid = either.office.people.stranger.address, []
    for gas in range(60_000, 1_200_000, 4_000):
        with either.vault.node.isolated():
            try:
                paid.append(len(either.vault.send(stranger, "settle", either.token, 4, gas=gas)))
            except RefusedError:
                paid.append(0)
    assert paid == sorted(paid)
    assert set(paid) == {0, 1, 2, 3, 4}
