"""A ticket's life and what is refused on the way, by Brownie's transactions and events."""

from __future__ import annotations

from typing import Any

import brownie
import pytest
from eth_account import Account

from proofdesk import Actor, Status
from proofdesk.signed import SignedAct, TypedAct, sign_open, sign_rate, sign_take
from tests.brownie.conftest import Office, entry

AGENTS, OTHERS = 1, 2  # certificates


def status(office: Office, ticket: object) -> Status:
    return Status(office.desk.ticket(ticket)[1])


def move(office: Office, ticket: object, to: Status, by: object) -> Any:
    seen = office.desk.ticket(ticket)[7]
    return office.desk.move(ticket, to, entry(), seen, {"from": by})


def test_a_whole_life(office: Office) -> None:
    ticket = office.opened()
    assert status(office, ticket) is Status.NEW
    office.desk.take(ticket, AGENTS, entry(), {"from": office.agent})
    move(office, ticket, Status.WAITING, office.agent)
    move(office, ticket, Status.OPEN, office.customer)
    move(office, ticket, Status.RESOLVED, office.agent)
    tx = office.desk.rate(ticket, 5, entry(), {"from": office.customer})
    assert tx.events["ActLogged"]["kind"] == Actor.CUSTOMER
    customer, now, rating, breached, *_, acts, _, _ = office.desk.ticket(ticket)
    assert (customer, now, rating, breached, acts) == (office.customer, Status.RESOLVED, 5, False, 6)


def test_a_life_of_people_without_gas(office: Office) -> None:
    """They sign, a stranger carries: alone, then the rest in one transaction."""
    customer, agent = Account.create(), Account.create()
    office.certify(agent.address)
    certificate = int(office.certification.certificateCount())
    opened = sign_open(office.deployment, customer, lane="cards", entry=entry())
    ticket = opened.ticket_id
    carried = {"from": office.stranger}
    office.desk.openFor(tuple(opened.message.values()), opened.signature, carried)
    taken = sign_take(office.deployment, agent, ticket=ticket, certificate=certificate, entry=entry())
    moved = {"actor": agent.address, "ticketId": ticket, "from": int(Status.OPEN), "to": int(Status.RESOLVED)}
    rest = {"entry": entry(), "seen": 2, "deadline": opened.deadline}
    typed = TypedAct("move", opened.chain_id, opened.desk, moved | rest)
    signature = agent.sign_typed_data(full_message=typed.typed_data).signature.to_0x_hex()
    resolved = SignedAct("move", opened.chain_id, opened.desk, moved | rest, signature)
    rated = sign_rate(office.deployment, customer, ticket=ticket, score=5, entry=entry())
    tx = office.desk.batch([act.calldata for act in (taken, resolved, rated, taken)], carried)
    assert [each["actor"] for each in tx.events["ActLogged"]] == [
        agent.address,
        agent.address,
        customer.address,
    ]
    assert [each["index"] for each in tx.events["ActRefused"]] == [3]
    found, now, rating, *_ = office.desk.ticket(ticket)
    assert (found, now, rating) == (customer.address, Status.RESOLVED, 5)


def test_ratings_of_gated_lanes_count(office: Office) -> None:
    ticket = office.opened("cards-fraud", office.intake)
    office.desk.take(ticket, OTHERS, entry(), {"from": office.other_agent})
    move(office, ticket, Status.RESOLVED, office.other_agent)
    office.desk.rate(ticket, 4, entry(), {"from": office.intake})
    assert office.desk.scoreOf(OTHERS) == (4, 1)


def test_every_act_is_logged(office: Office) -> None:
    lane = office.deployment.lane("cards")
    before = office.desk.root(lane)
    tx = move(office, office.taken(), Status.ON_HOLD, office.agent)
    logged = tx.events["ActLogged"]
    assert (logged["lane"], logged["actor"], logged["position"]) == (lane, office.agent, 2)
    assert office.desk.lane(lane)[6] == 3
    assert office.desk.root(lane) != before


def test_a_supervisor_assigns_what_is_escalated(office: Office) -> None:
    ticket = office.taken()
    move(office, ticket, Status.ESCALATED, office.agent)
    office.desk.assign([ticket], [OTHERS], [entry()], {"from": office.supervisor})
    assert office.desk.ticket(ticket)[5] == OTHERS


def test_anyone_calls_a_breach(office: Office) -> None:
    ticket = office.opened()
    with brownie.reverts(revert_pattern="NothingOverdue.*"):
        office.desk.expire([ticket], {"from": office.stranger})
    brownie.chain.sleep(4 * 3600 + 60)
    brownie.chain.mine()
    office.desk.expire([ticket], {"from": office.stranger})
    assert status(office, ticket) is Status.ESCALATED
    assert office.desk.ticket(ticket)[3] is True


def test_refuses_an_illegal_move(office: Office) -> None:
    ticket = office.taken()
    with brownie.reverts(revert_pattern="IllegalMove.*"):
        move(office, ticket, Status.REJECTED, office.customer)
    with brownie.reverts(revert_pattern="IllegalMove.*"):
        move(office, ticket, Status.RESOLVED, office.stranger)


def test_refuses_a_stale_answer(office: Office) -> None:
    ticket = office.taken()
    seen = office.desk.ticket(ticket)[7]
    office.desk.move(ticket, Status.OPEN, entry(), seen, {"from": office.customer})
    with brownie.reverts(revert_pattern="StaleTicket.*"):
        office.desk.move(ticket, Status.RESOLVED, entry(), seen, {"from": office.agent})


def test_refuses_out_of_turn(office: Office) -> None:
    office.opened()
    second = office.opened()
    with brownie.reverts("OutOfTurn: 2, 1"):
        office.desk.take(second, AGENTS, entry(), {"from": office.agent})


def test_refuses_a_suspended_agents_next_act(office: Office) -> None:
    ticket = office.taken()
    office.certification.suspend(AGENTS, {"from": office.certifier})
    with brownie.reverts(f"CertificateNotValid: {AGENTS}"):
        move(office, ticket, Status.RESOLVED, office.agent)


def test_refuses_to_open_a_gated_lane(office: Office) -> None:
    gated = office.deployment.lane("cards-fraud")
    with brownie.reverts(f"LaneGated: {gated}"):
        office.desk.open(gated, entry(), {"from": office.customer})


def test_refuses_to_transfer_a_certificate(office: Office) -> None:
    with brownie.reverts(revert_pattern="Soulbound.*"):
        office.certification.transferFrom(office.agent, office.stranger, AGENTS, {"from": office.agent})


def test_a_pause_stops_opening_alone(office: Office) -> None:
    ticket = office.taken()
    office.desk.pauseOpening({"from": office.guardian})
    with brownie.reverts(revert_pattern="OpeningPaused.*"):
        office.opened()
    move(office, ticket, Status.RESOLVED, office.agent)
    with brownie.reverts(revert_pattern="AccessManagedUnauthorized.*"):
        office.desk.unpauseOpening({"from": office.guardian})


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_finds_an_empty_desk(office: Office, attempt: int) -> None:
    lane = office.deployment.lane("cards")
    assert office.desk.lane(lane)[6] == 0
    office.opened()
    assert office.desk.lane(lane)[6] == 1
