"""Keeping money for what is not decided yet: all of it or nothing, each once, for its module alone."""

from __future__ import annotations

import pytest

from tests.helpers.contract import Contract, RefusedError, refused
from tests.helpers.desk import MODULE, NOBODY
from tests.helpers.money import Till, TokenManner
from tests.helpers.people import Person

MOST = 2**128 - 1


def test_what_is_kept_is_not_free(either: Till) -> None:
    either.deposit(100)
    name = either.id()
    (reserved,) = either.vault.send(either.module.address, "reserve", name, either.token, 60)
    assert reserved.arguments == {
        "module": either.module.address,
        "id": name,
        "token": either.token,
        "amount": 60,
    }
    assert either.books == (100, 60, 0, 0, 40)
    assert either.vault.view("reservedFor", either.module.address, name) == (either.token, 60)


def test_all_of_it_or_nothing(till: Till) -> None:
    till.deposit(100)
    assert not till.reserve(till.id(), 101)
    assert till.books == (100, 0, 0, 0, 100)
    assert till.reserve(till.id(), 100)


def test_nothing_is_kept_of_nothing(till: Till) -> None:
    till.deposit(100)
    name = till.id()
    assert not till.reserve(name, 0)
    assert till.vault.view("reservedFor", till.module.address, name) == (NOBODY, 0)


def test_nothing_is_kept_while_somebody_waits(till: Till, stranger: Person) -> None:
    assert till.pay(stranger.address, 50) == "Pending"
    till.deposit(10)
    assert not till.reserve(till.id(), 1)


def test_a_name_is_taken_once_at_a_time(till: Till) -> None:
    till.deposit(100)
    name = till.id()
    till.reserve(name, 60)
    with refused("AlreadyReserved", name):
        till.reserve(name, 1)
    till.release(name)
    assert till.reserve(name, 1)


def test_a_name_is_taken_in_one_token_only(till: Till, coins: Till) -> None:
    till.deposit(100)
    coins.deposit(100)
    name = till.id()
    till.reserve(name, 60)
    with refused("AlreadyReserved", name):
        coins.reserve(name, 1)


def test_released_money_is_free_again(either: Till) -> None:
    either.deposit(100)
    name = either.id()
    either.reserve(name, 60)
    (released,) = either.release(name)
    assert released.name == "Released"
    assert released.arguments["amount"] == 60
    assert either.books == (100, 0, 0, 0, 100)
    assert either.release(name) == []


def test_modules_keep_apart(till: Till, admin: Person, stranger: Person) -> None:
    """What one keeps under a name another can neither see, nor release, nor pay from."""
    till.deposit(100)
    name = till.id()
    till.reserve(name, 60)
    admin.grant(MODULE, stranger)
    till.vault.send(stranger.address, "release", name)
    assert till.books == (100, 60, 0, 0, 40)
    till.vault.send(stranger.address, "payReserved", name, till.token, till.payee().address, 60)
    assert till.books == (100, 60, 0, 60, 0)


def test_more_than_fits_is_not_kept(till: Till) -> None:
    till.deposit(100)
    assert not till.reserve(till.id(), MOST + 1)


@pytest.mark.parametrize("delay", [None, 60])
def test_only_a_module_without_delay(delay: int | None, admin: Person, stranger: Person, till: Till) -> None:
    if delay is not None:
        admin.grant(MODULE, stranger, delay)
    address, name = stranger.address, till.id()
    with refused("NotAModule", address):
        till.vault.send(address, "reserve", name, till.token, 1)
    # It has none to give up.
    assert till.vault.send(address, "release", name) == []


def test_who_is_no_module_any_more_gives_up_his_own_alone(
    till: Till, admin: Person, stranger: Person
) -> None:
    admin.grant(MODULE, stranger)
    till.deposit(100)
    kept, others = till.id(), till.id()
    till.vault.send(stranger.address, "reserve", kept, till.token, 60)
    till.reserve(others, 40)
    till.office.desk.access.send(admin.address, "revokeRole", MODULE, stranger.address)
    assert till.vault.send(stranger.address, "release", others) == []
    (released,) = till.vault.send(stranger.address, "release", kept)
    assert released.arguments["amount"] == 60
    assert till.books == (100, 40, 0, 0, 60)


def starved(till: Till, function: str, *arguments: object) -> tuple[set[str], int]:
    """What comes of a module's call with every gas that it might go with, and how often it was refused."""
    names, refusals = set[str](), 0
    for gas in range(60_000, 600_000, 1_500):
        with till.vault.node.isolated():
            try:
                events = till.vault.send(till.module.address, function, *arguments, gas=gas)
            except RefusedError:
                refusals += 1
            else:
                names |= {event.name for event in events} or {"nothing"}
    return names, refusals


@pytest.mark.parametrize("name", ["reserve", "pay", "payReserved"])
def test_want_of_gas_never_looks_like_want_of_money(name: str, till: Till) -> None:
    """The token's balanceOf takes nearly all that is forwarded: whoever carries picks how much that is."""
    coins = till.of(till.odd_token())
    coins.deposit(100)
    id_, to = coins.id(), coins.payee().address
    if name == "payReserved":
        coins.reserve(id_, 60)
    token = Contract(coins.vault.node, "OddToken", coins.token)
    token.send(coins.module.address, "behave", TokenManner.BALANCE_HEAVY)
    rest = (60,) if name == "reserve" else (to, 60)
    expected = {"reserve": {"Reserved"}, "pay": {"Paid"}, "payReserved": {"Released", "Paid"}}[name]
    names, refusals = starved(coins, name, id_, coins.token, *rest)
    assert names == expected
    assert refusals
