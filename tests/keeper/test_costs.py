"""No duty uses more gas than a keeper reckons with, whoever is paid and whatever the token does."""

from __future__ import annotations

import pytest

from proofdesk import Result, Status
from proofdesk._outbox import Call
from proofdesk.ops.keeper import Duty, Keeper
from proofdesk.ops.keeper.batches import BASE_COST, COSTS, PAYMENT_COST, PAYMENTS
from tests.client.claims.counter import ETHER, PRICE, Counter
from tests.helpers.money import TokenManner
from tests.keeper.clock import WAIT, at, due, now
from tests.keeper.test_trouble import PROMISED, Token, late


@pytest.fixture
def spent(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Units of gas of each transaction that the keeper sends."""
    found: list[int] = []
    send_many = keeper._sender.send_many

    def counted(calls: list[Call]) -> list[Result]:
        results: list[Result] = send_many(calls)
        found.extend(result.gas_used for result in results)
        return results

    monkeypatch.setattr(keeper._sender, "send_many", counted)
    return found


def test_clocks_and_breaches(counter: Counter, keeper: Keeper, spent: list[int]) -> None:
    for number in range(10):
        counter.office.customer.tickets.open(lane="cards", content=f"{number}")
    at(counter, now(counter) + 5 * 3600)
    assert keeper.step().done["expire"] == 10
    claims = [counter.filed(amount=PRICE // 100 * 60).ticket for _ in range(10)]
    at(counter, due(counter.office.desk, claims[-1]))
    assert keeper.step().done["note"] == 10
    for ticket in claims:
        counter.customer.tickets.move(counter.office.desk.tickets.get(ticket), Status.CLOSED)
    assert keeper.step().done["release"] == 10
    expiring, noting, releasing = spent
    assert expiring < BASE_COST + 10 * COSTS[Duty.EXPIRE]
    assert noting < BASE_COST + 10 * COSTS[Duty.NOTE]
    assert releasing < BASE_COST + 10 * COSTS[Duty.RELEASE]
    print("each:", expiring // 10, noting // 10, releasing // 10)


def test_payments(counter: Counter, keeper: Keeper, spent: list[int]) -> None:
    token = Token(counter)
    vault = counter.office.deployment.contract("RefundVault").address
    late(counter, keeper, token, count=24)
    # Nothing is there: they wait; then each is made to a token that burns all it is given.
    assert keeper.step().done["compensate"] == 25
    token.tell("rebase", vault, 24 * PROMISED)
    token.tell("behave", TokenManner.BURNS_GAS)
    at(counter, now(counter) + 3600)
    assert keeper.step().done["settle"] == 1
    keeper.step()
    assert counter.office.desk.vault.books(token.address).owed == 24 * PROMISED
    *_, waiting, paying, rest = spent
    assert waiting < BASE_COST + 25 * COSTS[Duty.COMPENSATE]
    assert paying < BASE_COST + COSTS[Duty.SETTLE] + PAYMENTS * PAYMENT_COST
    print("each:", waiting // 25, paying // PAYMENTS, rest)


def test_compensations(counter: Counter, keeper: Keeper, spent: list[int]) -> None:
    token = Token(counter)
    token.tell("rebase", counter.office.deployment.contract("RefundVault").address, ETHER)
    late(counter, keeper, token, count=9)
    token.tell("behave", TokenManner.BURNS_GAS)
    at(counter, now(counter) + WAIT)
    assert keeper.step().done["compensate"] == 10
    assert spent[-1] < BASE_COST + 10 * COSTS[Duty.COMPENSATE]
    print("each:", spent[-1] // 10)
