"""The vault over real JSON-RPC: deposits, debts, what waits, the treasurer and his delay, the runway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from proofdesk import AccessManagedUnauthorized, Creation, InvalidArgument, InvalidSignature, SignatureExpired
from proofdesk.claims import ETH, SignedWithdrawal
from proofdesk.claims.errors import (
    AccessManagerNotReady,
    AccessManagerNotScheduled,
    AccessManagerUnauthorizedCall,
    NotAToken,
    NotFree,
    NothingOwed,
    NothingToSettle,
    TokenNotListed,
)
from tests.client.claims.counter import DAY, ETHER, PRICE, Counter
from tests.client.office import account
from tools.build import artifact


@contextmanager
def refusing(counter: Counter) -> Iterator[None]:
    """The customer's account is a contract that takes no ether, as long as the `with` block lasts."""
    chain, address = counter.office.chain, counter.customer.sender.address
    chain.rpc("anvil_setCode", address, "0x5f5ffd")
    yield
    chain.rpc("anvil_setCode", address, "0x")


def token_of(counter: Counter) -> str:
    """An ERC-20 whose million is the treasurer's."""
    code = bytes.fromhex(artifact("PlainToken")["bytecode"][2:])
    made = counter.treasurer.sender.send(None, code)
    assert isinstance(made, Creation)
    return made.contract


def test_the_books(counter: Counter) -> None:
    vault = counter.office.desk.vault
    books = vault.books()
    assert (books.token, books.balance, books.free) == (ETH, 10 * ETHER, 10 * ETHER)
    counter.for_review()
    books = vault.books("ETH")
    assert (books.reserved, books.free) == (PRICE, 10 * ETHER - PRICE)
    assert vault.books(ETH) == books
    with pytest.raises(InvalidArgument):
        vault.books("EUR")


def test_a_token_is_listed_deposited_and_taken_out(counter: Counter) -> None:
    treasurer, token = counter.treasurer.vault, token_of(counter)
    with pytest.raises(TokenNotListed):
        treasurer.deposit(1_000, token)
    treasurer.list_token(token)
    assert treasurer.is_listed(token)
    result = treasurer.deposit(1_000, token)
    assert "Deposited" in [event.name for event in result.events if hasattr(event, "name")]
    assert treasurer.books(token).balance == 1_000
    # What is left of an allowance is taken away first, for tokens that want it so.
    vault = counter.office.deployment.contract("RefundVault").address
    approve = bytes.fromhex("095ea7b3") + bytes(12) + bytes.fromhex(vault[2:]) + (5).to_bytes(32, "big")
    counter.treasurer.sender.send(token, approve)
    treasurer.deposit(7, token)
    assert treasurer.books(token).balance == 1_007
    approved = "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"
    logs = counter.office.desk.node.logs(token, [approved], 0, counter.office.desk.node.height())
    assert [int(log["data"], 16) for log in logs] == [1_000, 5, 0, 7]
    treasurer.withdraw_free(1_007, token, to=account(9).address)
    assert treasurer.books(token).balance == 0
    treasurer.delist_token(token)
    assert not treasurer.is_listed(token)
    with pytest.raises(NotAToken):
        treasurer.list_token(account(9).address)


def owed_to_customer(counter: Counter, amount: int = 5) -> None:
    """The customer refuses what an agent decides."""
    ticket = counter.for_review()
    with refusing(counter):
        counter.office.agent.claims.decide(ticket, amount)


def balance(counter: Counter, address: str) -> int:
    return counter.office.w3.eth.get_balance(counter.office.w3.to_checksum_address(address))


def test_what_a_receiver_refused_is_owed_and_withdrawn(counter: Counter) -> None:
    office, vault, other = counter.office, counter.customer.vault, account(9).address
    with pytest.raises(NothingOwed):
        vault.withdraw()
    owed_to_customer(counter)
    assert vault.owed() == 5 == office.stranger.vault.owed(counter.customer.sender.address)
    assert office.desk.vault.books().owed == 5
    before = balance(counter, other)
    vault.withdraw(to=other)
    assert balance(counter, other) == before + 5
    assert vault.owed() == 0


def test_a_withdrawal_is_signed_and_carried_once(counter: Counter) -> None:
    office, other = counter.office, account(9).address
    owed_to_customer(counter)
    signed = counter.customer.vault.sign_withdrawal(to=other)
    again = SignedWithdrawal.from_json(signed.to_json())
    before = balance(counter, other)
    with pytest.raises(InvalidSignature):
        office.stranger.vault.carry_withdrawal(replace(again, to=account(8).address))
    result = office.stranger.vault.carry_withdrawal(again)
    assert balance(counter, other) == before + 5
    assert office.stranger.vault.carry_withdrawal(again) == result
    # Of another nonce: it was signed for what is owed next.
    later = counter.customer.vault.sign_withdrawal(to=other)
    assert later.nonce == again.nonce + 1
    with pytest.raises(NothingOwed):
        office.stranger.vault.carry_withdrawal(later)
    with pytest.raises(InvalidArgument, match="carry it there"):
        office.stranger.vault.carry_withdrawal(replace(later, chain_id=5))
    office.pass_time(2 * DAY)
    with pytest.raises(SignatureExpired):
        office.stranger.vault.carry_withdrawal(later)


def test_what_is_not_covered_waits_and_is_settled_in_order(counter: Counter) -> None:
    office, vault = counter.office, counter.office.stranger.vault
    with pytest.raises(NothingToSettle):
        vault.settle()
    counter.treasurer.vault.withdraw_free(10 * ETHER)
    first, second = counter.filed(amount=7).ticket, counter.filed(amount=5).ticket
    waiting = vault.pending()
    assert [(each.id, each.amount) for each in waiting] == [(first.id, 7), (second.id, 5)]
    assert {each.to for each in waiting} == {counter.customer.sender.address}
    assert (vault.books().pending, vault.runway()) == (12, timedelta(0))
    vault.deposit(3)
    assert vault.lacking() == 4
    vault.deposit(5)
    assert (vault.lacking(), vault.books().free) == (0, 0)
    vault.settle()
    # One is left of eight, and the second waits for five.
    assert vault.lacking() == 4
    assert [each.id for each in vault.pending()] == [second.id]
    vault.deposit(10)
    vault.settle(most=1)
    assert (vault.pending(), vault.books().free) == ([], 6)
    assert office.desk.claims.get(first).paid == 7


def test_a_treasurer_with_a_delay_schedules_what_he_takes(counter: Counter) -> None:
    slow, other = counter.slow_treasurer.vault, account(9).address
    with pytest.raises(AccessManagerNotScheduled):
        slow.withdraw_free(ETHER, to=other)
    misspelt = "0x" + 20 * "aB"
    for take in (slow.withdraw_free, slow.schedule_withdrawal):
        for names in ({"to": misspelt}, {"token": misspelt}):
            with pytest.raises(InvalidArgument, match="has not the capitals of its checksum"):
                take(ETHER, **names)
    # What is not free is refused before, not when the delay is over.
    free, before = slow.books().free, counter.office.desk.node.height()
    with pytest.raises(NotFree) as refused:
        slow.schedule_withdrawal(free + 1, to=other)
    assert (refused.value.amount, refused.value.free) == (free + 1, free)
    assert counter.office.desk.node.height() == before
    assert slow.schedule_withdrawal(1, to=other.lower()) == slow.schedule_withdrawal(1, to=other)
    scheduled = slow.schedule_withdrawal(ETHER, to=other)
    assert slow.schedule_withdrawal(ETHER, to=other) == scheduled
    assert timedelta(hours=23) < scheduled.at - counter.office.desk.now() <= DAY
    with pytest.raises(AccessManagerNotReady):
        slow.withdraw_free(ETHER, to=other)
    counter.office.pass_time(DAY)
    before = balance(counter, other)
    with pytest.raises(AccessManagerNotScheduled):
        slow.withdraw_free(2 * ETHER, to=other)
    slow.withdraw_free(ETHER, to=other)
    assert balance(counter, other) == before + ETHER
    for who in (counter.treasurer, counter.office.stranger):
        with pytest.raises(AccessManagerUnauthorizedCall):
            who.vault.schedule_withdrawal(ETHER)


def test_only_what_is_free_is_the_treasurers(counter: Counter) -> None:
    counter.for_review()
    with pytest.raises(NotFree) as caught:
        counter.treasurer.vault.withdraw_free(10 * ETHER)
    assert caught.value.free == 10 * ETHER - PRICE
    with pytest.raises(AccessManagedUnauthorized):
        counter.office.stranger.vault.withdraw_free(1)


def test_the_runway_is_what_is_free_by_the_days_that_were(counter: Counter) -> None:
    office, vault = counter.office, counter.office.desk.vault
    assert vault.runway() is None
    for days in (0, -1, 1e12, float("nan")):
        with pytest.raises(InvalidArgument, match="pass a number above 0"):
            vault.runway(days=days)
    office.pass_time(20 * DAY)
    counter.filed(amount=PRICE // 2)
    owed_to_customer(counter, PRICE // 2)
    left = vault.books().free
    # Twenty days paid half a price, and owe as much.
    runway = vault.runway()
    assert runway is not None
    expected = left * (20 * 86_400) // PRICE
    assert abs(runway.total_seconds() / expected - 1) < 0.001
    office.pass_time(40 * DAY)
    assert vault.runway() is None
    assert vault.runway(days=50) is not None
    counter.filed(amount=1)
    longest = vault.runway()
    assert longest is not None and longest > timedelta(days=999_999_998)
