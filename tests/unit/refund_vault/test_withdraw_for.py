"""Taking out what is owed to somebody who signed that he wants it, carried by anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.helpers.claim_items import Signer
from tests.helpers.contract import Contract, Event, refused
from tests.helpers.money import Payee, PayeeManner, Till, TokenManner, Withdrawal
from tests.helpers.people import Person

AMOUNT = 60


@pytest.fixture
def owing(till: Till, customer: Person, stranger: Person) -> Till:
    """A vault that owes the customer tokens that refused to move, and move again."""
    token = till.odd_token()
    coins = till.of(token)
    coins.deposit(100)
    token.send(stranger.address, "behave", TokenManner.REVERTS)
    assert coins.pay(customer.address, AMOUNT) == "Owed"
    token.send(stranger.address, "behave", TokenManner.PROPER)
    return coins


@pytest.fixture
def withdrawal(owing: Till, customer: Person, other_customer: Person) -> Withdrawal:
    """What the customer signs: to another address of his."""
    return Withdrawal(customer.address, owing.token, other_customer.address)


def carry(till: Till, said: Withdrawal, signature: bytes, by: Person | None = None) -> list[Event]:
    """Somebody carries it."""
    sender = (by or till.office.people.stranger).address
    return till.vault.send(sender, "withdrawFor", said.account, said.token, said.to, said.deadline, signature)


def test_what_he_signed_is_done(owing: Till, withdrawal: Withdrawal) -> None:
    (withdrawn,) = carry(owing, withdrawal, withdrawal.sealed(owing.office))
    assert withdrawn.arguments == {
        "token": owing.token,
        "account": withdrawal.account,
        "to": withdrawal.to,
        "amount": AMOUNT,
    }
    assert owing.held_by(withdrawal.to) == AMOUNT
    assert owing.vault.view("nonces", withdrawal.account) == 1


def test_it_is_done_once(owing: Till, withdrawal: Withdrawal) -> None:
    """Even if he is owed something again."""
    signature = withdrawal.sealed(owing.office)
    carry(owing, withdrawal, signature)
    token = Contract(owing.vault.node, "OddToken", owing.token)
    token.send(withdrawal.to, "behave", TokenManner.REVERTS)
    assert owing.pay(withdrawal.account, 10) == "Owed"
    token.send(withdrawal.to, "behave", TokenManner.PROPER)
    with refused("InvalidSignature", withdrawal.account):
        carry(owing, withdrawal, signature)
    again = replace(withdrawal, nonce=1)
    carry(owing, again, again.sealed(owing.office))
    assert owing.owed_to(withdrawal.account) == 0


@pytest.mark.parametrize("field", ["to", "token", "deadline", "nonce", "account"])
def test_nothing_of_it_is_changed(
    field: str, owing: Till, withdrawal: Withdrawal, stranger: Person, till: Till
) -> None:
    other: dict[str, Any] = {
        "to": stranger.address,
        "token": till.token,
        "deadline": withdrawal.deadline - 1,
        "nonce": 1,
        "account": stranger.address,
    }
    signed = replace(withdrawal, **{field: other[field]})
    if field == "account":
        with refused("InvalidSignature", stranger.address):
            carry(owing, signed, withdrawal.sealed(owing.office))
        return
    with refused("InvalidSignature", withdrawal.account):
        carry(owing, withdrawal, signed.sealed(owing.office))


def test_nobody_else_signs_for_him(owing: Till, withdrawal: Withdrawal) -> None:
    with refused("InvalidSignature", withdrawal.account):
        carry(owing, withdrawal, withdrawal.sealed(owing.office, Signer.named("thief").key))


def test_his_word_ends(owing: Till, withdrawal: Withdrawal) -> None:
    deadline = owing.office.desk.now + 60
    said = replace(withdrawal, deadline=deadline)
    signature = said.sealed(owing.office)
    with owing.vault.node.isolated():
        owing.office.desk.at(deadline)
        carry(owing, said, signature)
    owing.office.desk.at(deadline + 1)
    with refused("SignatureExpired", deadline):
        carry(owing, said, signature)


def test_a_smart_account_signs_by_its_own_word(till: Till, stranger: Person) -> None:
    """It takes no ETH plainly, so it is owed; its owner's key signs for it."""
    owner = Signer.named("owner")
    account = Contract.deployed(till.vault.node, stranger.address, "SmartAccount", owner.address)
    till.deposit(100)
    assert till.pay(account.address, AMOUNT) == "Owed"
    to = till.payee().address
    said = Withdrawal(account.address, till.token, to)
    with refused("InvalidSignature", account.address):
        carry(till, said, said.sealed(till.office, Signer.named("thief").key))
    carry(till, said, said.sealed(till.office, owner.key))
    assert till.held_by(to) == AMOUNT


def test_the_receiver_cannot_carry_another_while_he_is_paid(till: Till, stranger: Person) -> None:
    owner = Signer.named("owner")
    account = Contract.deployed(till.vault.node, stranger.address, "SmartAccount", owner.address)
    till.deposit(100)
    till.pay(account.address, AMOUNT)
    payee: Payee = till.payee(PayeeManner.ACCEPTS)
    said = Withdrawal(account.address, till.token, payee.address)
    again = replace(said, nonce=1)
    rest = again.account, again.token, again.to, again.deadline, again.sealed(till.office, owner.key)
    payee.reenter(till.vault, "withdrawFor", *rest)
    carry(till, said, said.sealed(till.office, owner.key))
    assert payee.refusal == "ReentrancyGuardReentrantCall"
    assert till.books == (40, 0, 0, 0, 40)


def test_with_nothing_owed_his_word_is_not_used_up(till: Till, customer: Person) -> None:
    said = Withdrawal(customer.address, till.token, customer.address)
    with refused("NothingOwed", till.token, customer.address):
        carry(till, said, said.sealed(till.office))
    assert till.vault.view("nonces", customer.address) == 0
