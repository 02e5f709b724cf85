"""The core of the client on Ganache, whose errors and receipts differ from anvil's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from eth_account import Account

from proofdesk import (
    Call,
    IllegalMove,
    InsufficientFunds,
    LaneGated,
    LogMismatch,
    OutOfTurn,
    RpcWallet,
    Sender,
    StaleTicket,
    Status,
    UnknownLane,
    refusals,
)
from tests.client.office import Office, account


@pytest.fixture(scope="module")
def ganache_office() -> Iterator[Office]:
    """The file's office on Ganache; tests use `office`, which is isolated."""
    with Office.started("ganache") as office:
        yield office


@pytest.fixture
def office(ganache_office: Office) -> Iterator[Office]:
    """An office in which nothing has happened yet."""
    with ganache_office.isolated():
        yield ganache_office


@pytest.mark.parametrize("unlocked", [False, True])
def test_calls_and_what_they_cost(office: Office, unlocked: bool) -> None:
    who = account(16)
    sender = Sender(office.w3, who.address if unlocked else who, timeout=20)
    receiver = Account.create().address
    assert sender.send(receiver, b"", value=1).gas_used == 21_000
    assert len(sender.send_many([Call(receiver, b"", value) for value in range(1, 101)])) == 100
    assert office.w3.eth.get_balance(office.w3.to_checksum_address(receiver)) == 5051
    desk = office.deployment.contract("TicketDesk").address
    call = office.desk.call("TicketDesk", "setArticle", 99, 1)
    with pytest.raises(UnknownLane) as caught:
        office.desk.using(account(3)).sender.send(desk, call.data)
    assert caught.value.tx_hash is None
    with pytest.raises(UnknownLane) as caught:
        office.desk.using(account(3)).sender.send(desk, call.data, gas=200_000)
    assert caught.value.lane == 99 and caught.value.tx_hash


def test_an_unfunded_account(office: Office) -> None:
    with pytest.raises(InsufficientFunds):
        office.desk.using(Account.create()).tickets.open(lane=office.lane, content="Hello?")


def test_a_life_is_served_refused_and_verified(office: Office) -> None:
    first, second = office.opened("first"), office.opened("second")
    with pytest.raises(OutOfTurn):
        office.agent.tickets.take(second)
    assert office.desk.lanes.next_in_line(office.lane) == first
    office.agent.tickets.take(first)
    with pytest.raises(StaleTicket):
        office.agent.tickets.reply(first, "Which card?")
    office.agent.tickets.reply(first.id, "Which card?")
    with pytest.raises(IllegalMove):
        office.agent.tickets.move(first.id, Status.REJECTED)
    with pytest.raises(LaneGated):
        office.customer.tickets.open(lane=office.gated_lane, content="Let me in.")
    office.customer.tickets.reply(first.id, "The blue one.")
    office.agent.tickets.move(first.id, Status.RESOLVED, "Done.")
    office.customer.tickets.rate(first, 5)
    verified = office.desk.tickets.verify_all()
    assert verified.tickets == 2 and verified.records == verified.acts == 7
    acts = office.desk.tickets.acts()
    with pytest.raises(LogMismatch, match="leaf 3 is missing"):
        office.desk.tickets.verify_all(acts=acts[:3] + acts[4:])


def test_certified_then_and_now(office: Office) -> None:
    agent, block = office.newcomer.address, office.desk.node.height()
    office.certify(office.desk.using(office.newcomer))
    certified = office.desk.certification.is_certified
    assert certified(agent, program=office.program)
    assert not certified(agent, program=office.program, at_block=block)


def test_a_signed_exam(office: Office) -> None:
    now, agent = office.desk.now(), account(17)
    signed = office.certifier.certification.sign_exam(
        agent.address,
        program=office.program,
        level=1,
        score=9000,
        taken_at=now,
        deadline=now + timedelta(days=1),
    )
    office.desk.using(agent).certification.record_exam_for(signed)
    assert office.desk.certification.is_certified(agent.address, program=office.program, level=1)


def test_signed_acts_are_carried_alone_and_together(office: Office) -> None:
    tickets, carrier = office.customer.tickets, office.stranger.tickets
    wallets = [None, Account.create(), RpcWallet(office.chain.url, account(16).address)]
    acts = [tickets.sign_open(lane=office.lane, content="Help!", signer=signer) for signer in wallets]
    result = carrier.carry(acts[0])
    assert carrier.carry(acts[0]) == result
    together = carrier.carry(acts)
    assert [act.actor for act in together.acts] == [act.signer for act in acts]
    assert together.acts[0] == result.acts[0]
    assert refusals(together) == {}
