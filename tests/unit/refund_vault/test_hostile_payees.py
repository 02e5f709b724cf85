"""Payees who misbehave: what they refuse is owed to them, nobody else is held up, nothing is taken twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.desk import MODULE
from tests.helpers.money import ETHER, TREASURER, Payee, PayeeManner, Till
from tests.helpers.people import Person

REFUSING = [PayeeManner.REVERTS, PayeeManner.BURNS_GAS, PayeeManner.LONG_REVERT, PayeeManner.HEAVY]
ENOUGH_FOR_ANY_PAYMENT = 400_000
"""Gas; what misbehaving can cost a carrier is bounded."""


@pytest.mark.parametrize("manner", REFUSING)
def test_what_he_does_not_take_is_owed(manner: PayeeManner, till: Till) -> None:
    till.deposit(100)
    payee = till.payee(manner)
    assert till.pay(payee.address, 60, gas=ENOUGH_FOR_ANY_PAYMENT) == "Owed"
    assert till.books == (100, 0, 60, 0, 40)
    assert till.owed_to(payee.address) == 60
    assert till.held_by(payee.address) == 0


@pytest.mark.parametrize("manner", REFUSING)
def test_he_holds_up_nobody_behind_him(manner: PayeeManner, till: Till) -> None:
    refusing, waiting = till.payee(manner), till.payee()
    till.pay(refusing.address, 10)
    till.pay(waiting.address, 10)
    till.deposit(20)
    assert till.settle() == ["Owed", "Paid"]


def test_a_long_answer_costs_nobody_but_its_sender(till: Till) -> None:
    till.deposit(100)
    assert till.pay(till.payee(PayeeManner.LONG_ANSWER).address, 60, gas=ENOUGH_FOR_ANY_PAYMENT) == "Paid"


def test_he_may_give_it_back(till: Till) -> None:
    till.deposit(100)
    name, payee = till.id(), till.payee(PayeeManner.SENDS_BACK)
    till.reserve(name, 60)
    assert till.pay_reserved(name, payee.address, 60) == "Paid"
    assert till.books == (100, 0, 0, 0, 100)


LOCKED, GUARDED = "VaultLocked", "ReentrancyGuardReentrantCall"
REENTRIES: list[tuple[str, list[Any], str]] = [
    ("pay", [b"\x01" * 32, ETHER, "to", 10], GUARDED),
    ("payReserved", [b"\x01" * 32, ETHER, "to", 10], GUARDED),
    ("reserve", [b"\x02" * 32, ETHER, 10], LOCKED),
    ("release", [b"\x01" * 32], LOCKED),
    ("settle", [ETHER, 1], GUARDED),
    ("withdraw", [ETHER, "to"], GUARDED),
    ("withdrawFree", [ETHER, "to", 10], GUARDED),
    ("deposit", [ETHER, 0], GUARDED),
]


@pytest.mark.parametrize(("function", "arguments", "refusal"), REENTRIES)
def test_he_is_not_let_in_while_he_is_paid(
    function: str, arguments: list[Any], refusal: str, till: Till, admin: Person
) -> None:
    """Not even if he is a module and the treasurer, owed something, and somebody waits whom the rest pays."""
    till.deposit(100)
    till.reserve(b"\x01" * 32, 20)
    payee = till.payee(PayeeManner.REVERTS)
    till.pay(payee.address, 10)
    for role in (MODULE, TREASURER):
        till.office.desk.access.send(admin.address, "grantRole", role, payee.address, 0)
    kept = till.id()
    till.reserve(kept, 30)
    till.pay(till.payee().address, 45)
    payee.reenter(till.vault, function, *(payee.address if each == "to" else each for each in arguments))
    before = till.books
    assert till.pay_reserved(kept, payee.address, 30) == "Paid"
    assert payee.refusal == refusal
    assert till.books == (before[0] - 30, before[1] - 30, before[2], before[3], 0)


@pytest.mark.parametrize("function", ["fileClaim", "decide", "release", "compensate"])
def test_he_is_not_let_in_next_door(function: str, till: Till) -> None:
    """ClaimDesk and CompensationDesk stand under the same lock, and ask for it first."""
    till.deposit(100)
    payee, office = till.payee(), till.office
    filing = office.filing(receipt=office.receipt(payee.address))
    target, arguments = {
        "fileClaim": (office.claims, filing.arguments),
        "decide": (
            office.claims,
            (till.id(), filing.claim.receipt, 1, till.id(), 1),
        ),
        "release": (office.claims, (till.id(),)),
        "compensate": (office.compensation, (till.id(),)),
    }[function]
    payee.reenter(target, function, *arguments)
    assert till.pay(payee.address, 60) == "Paid"
    assert payee.refusal == LOCKED


def test_he_is_let_in_afterwards(till: Till) -> None:
    till.deposit(100)
    payee: Payee = till.payee(PayeeManner.REVERTS)
    till.pay(payee.address, 60)
    payee.act(till.vault, "withdraw", ETHER, till.payee().address)
    assert till.books == (40, 0, 0, 0, 40)
