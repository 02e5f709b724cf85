"""A ticket's life and what is refused on the way, by Brownie's transactions and events."""

from __future__ import annotations

from typing import Any

import brownie
import pytest
from eth_account import Account

from proofdesk import Actor, Status
from proofdesk.signed import SignedAct, TypedAct, sign_open, sign_rate, sign_take
from tests.brownie.conftest import Premises, entry

AGENTS, OTHERS = 1, 2  # certificates


def status(premises: Premises, ticket: object) -> Status:
    return Status(premises.desk.ticket(ticket)[1])


def move(premises: Premises, ticket: object, to: Status, by: object) -> Any:
    seen = premises.desk.ticket(ticket)[7]
    return premises.desk.move(ticket, to, entry(), seen, {"from": by})


def test_a_whole_life(premises: Premises) -> None:
    ticket = premises.opened()
    assert status(premises, ticket) is Status.NEW
    premises.desk.take(ticket, AGENTS, entry(), {"from": premises.agent})
    move(premises, ticket, Status.WAITING, premises.agent)
    move(premises, ticket, Status.OPEN, premises.customer)
    move(premises, ticket, Status.RESOLVED, premises.agent)
    tx = premises.desk.rate(ticket, 5, entry(), {"from": premises.customer})
    assert tx.events["ActLogged"]["kind"] == Actor.CUSTOMER
    customer, now, rating, breached, *_, acts, _, _ = premises.desk.ticket(ticket)
    assert (customer, now, rating, breached, acts) == (premises.customer, Status.RESOLVED, 5, False, 6)


def test_a_life_of_people_without_gas(premises: Premises) -> None:
    """They sign, a stranger carries: alone, then the rest in one transaction."""
    customer, agent = Account.create(), Account.create()
    premises.certify(agent.address)
    certificate = int(premises.certification.certificateCount())
    opened = sign_open(premises.deployment, customer, lane="cards", entry=entry())
    ticket = opened.ticket_id
    carried = {"from": premises.stranger}
    premises.desk.openFor(tuple(opened.message.values()), opened.signature, carried)
    taken = sign_take(premises.deployment, agent, ticket=ticket, certificate=certificate, entry=entry())
    moved = {"actor": agent.address, "ticketId": ticket, "from": int(Status.OPEN), "to": int(Status.RESOLVED)}
    rest = {"entry": entry(), "seen": 2, "deadline": opened.deadline}
    typed = TypedAct("move", opened.chain_id, opened.desk, moved | rest)
    signature = agent.sign_typed_data(full_message=typed.typed_data).signature.to_0x_hex()
    resolved = SignedAct("move", opened.chain_id, opened.desk, moved | rest, signature)
    rated = sign_rate(premises.deployment, customer, ticket=ticket, score=5, entry=entry())
    tx = premises.desk.batch([act.calldata for act in (taken, resolved, rated, taken)], carried)
    assert [each["actor"] for each in tx.events["ActLogged"]] == [
        agent.address,
        agent.address,
        customer.address,
    ]
    assert [each["index"] for each in tx.events["ActRefused"]] == [3]
    found, now, rating, *_ = premises.desk.ticket(ticket)
    assert (found, now, rating) == (customer.address, Status.RESOLVED, 5)


def test_ratings_of_gated_lanes_count(premises: Premises) -> None:
    ticket = premises.opened("cards-fraud", premises.intake)
    premises.desk.take(ticket, OTHERS, entry(), {"from": premises.other_agent})
    move(premises, ticket, Status.RESOLVED, premises.other_agent)
    premises.desk.rate(ticket, 4, entry(), {"from": premises.intake})
    assert premises.desk.scoreOf(OTHERS) == (4, 1)


def test_every_act_is_logged(premises: Premises) -> None:
    lane = premises.deployment.lane("cards")
    before = premises.desk.root(lane)
    tx = move(premises, premises.taken(), Status.ON_HOLD, premises.agent)
    logged = tx.events["ActLogged"]
    assert (logged["lane"], logged["actor"], logged["position"]) == (lane, premises.agent, 2)
    assert premises.desk.lane(lane)[6] == 3
    assert premises.desk.root(lane) != before


def test_a_supervisor_assigns_what_is_escalated(premises: Premises) -> None:
    ticket = premises.taken()
    move(premises, ticket, Status.ESCALATED, premises.agent)
    premises.desk.assign([ticket], [OTHERS], [entry()], {"from": premises.supervisor})
    assert premises.desk.ticket(ticket)[5] == OTHERS


def test_anyone_calls_a_breach(premises: Premises) -> None:
    ticket = premises.opened()
    with brownie.reverts(revert_pattern="NothingOverdue.*"):
        premises.desk.expire([ticket], {"from": premises.stranger})
    brownie.chain.sleep(4 * 3600 + 60)
    brownie.chain.mine()
    premises.desk.expire([ticket], {"from": premises.stranger})
    assert status(premises, ticket) is Status.ESCALATED
    assert premises.desk.ticket(ticket)[3] is True


def test_refuses_an_illegal_move(premises: Premises) -> None:
    ticket = premises.taken()
    with brownie.reverts(revert_pattern="IllegalMove.*"):
        move(premises, ticket, Status.REJECTED, premises.customer)
    with brownie.reverts(revert_pattern="IllegalMove.*"):
        move(premises, ticket, Status.RESOLVED, premises.stranger)


def test_refuses_a_stale_answer(premises: Premises) -> None:
    ticket = premises.taken()
    seen = premises.desk.ticket(ticket)[7]
    premises.desk.move(ticket, Status.OPEN, entry(), seen, {"from": premises.customer})
    with brownie.reverts(revert_pattern="StaleTicket.*"):
        premises.desk.move(ticket, Status.RESOLVED, entry(), seen, {"from": premises.agent})


def test_refuses_out_of_turn(premises: Premises) -> None:
    premises.opened()
    second = premises.opened()
    with brownie.reverts("OutOfTurn: 2, 1"):
        premises.desk.take(second, AGENTS, entry(), {"from": premises.agent})


def test_refuses_a_suspended_agents_next_act(premises: Premises) -> None:
    ticket = premises.taken()
    premises.certification.suspend(AGENTS, {"from": premises.certifier})
    with brownie.reverts(f"CertificateNotValid: {AGENTS}"):
        move(premises, ticket, Status.RESOLVED, premises.agent)


def test_refuses_to_open_a_gated_lane(premises: Premises) -> None:
    gated = premises.deployment.lane("cards-fraud")
    with brownie.reverts(f"LaneGated: {gated}"):
        premises.desk.open(gated, entry(), {"from": premises.customer})


def test_refuses_to_transfer_a_certificate(premises: Premises) -> None:
    with brownie.reverts(revert_pattern="Soulbound.*"):
        premises.certification.transferFrom(
            premises.agent, premises.stranger, AGENTS, {"from": premises.agent}
        )


def test_a_pause_stops_opening_alone(premises: Premises) -> None:
    ticket = premises.taken()
    premises.desk.pauseOpening({"from": premises.guardian})
    with brownie.reverts(revert_pattern="OpeningPaused.*"):
        premises.opened()
    move(premises, ticket, Status.RESOLVED, premises.agent)
    with brownie.reverts(revert_pattern="AccessManagedUnauthorized.*"):
        premises.desk.unpauseOpening({"from": premises.guardian})


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_finds_an_empty_desk(premises: Premises, attempt: int) -> None:
    lane = premises.deployment.lane("cards")
    assert premises.desk.lane(lane)[6] == 0
    premises.opened()
    assert premises.desk.lane(lane)[6] == 1
