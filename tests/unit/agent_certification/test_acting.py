"""A certificate gates tickets: losing it stops the agent's very next act, getting it back lets him go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.helpers.contract import refused
from tests.helpers.desk import NOBODY, SECOND_PUBLIC
from tests.helpers.people import People
from tests.helpers.table import Status
from tests.unit.agent_certification.office import DAY, Office, variable_slot


def suspended(office: Office, number: int) -> None:
    office.suspend(number)


def revoked(office: Office, number: int) -> None:
    office.revoke(number)


def resigned(office: Office, number: int) -> None:
    office.resign(number, office.people.agent)


def expired(office: Office, number: int) -> None:
    office.at(office.certificate(number).expires_at)


LOSSES = [suspended, revoked, resigned, expired]
Loss = Callable[[Office, int], None]


@pytest.mark.parametrize("lost", LOSSES)
def test_the_very_next_move_is_refused(office: Office, people: People, lost: Loss) -> None:
    ticket, number = people.taken(), people.agent.certificate
    lost(office, number)
    with refused("CertificateNotValid", number):
        people.agent.move(ticket, Status.WAITING)
    assert people.desk.ticket(ticket).status == Status.OPEN


@pytest.mark.parametrize("lost", LOSSES)
def test_the_very_next_take_is_refused(office: Office, people: People, lost: Loss) -> None:
    ticket, number = people.opened(), people.agent.certificate
    lost(office, number)
    with refused("CertificateNotValid", number):
        people.agent.take(ticket)


@pytest.mark.parametrize("lost", LOSSES)
def test_the_very_next_transfer_is_refused(office: Office, people: People, lost: Loss) -> None:
    ticket, number = people.taken(), people.agent.certificate
    lost(office, number)
    with refused("CertificateNotValid", number):
        people.agent.transfer(ticket, SECOND_PUBLIC)


@pytest.mark.parametrize("lost", LOSSES)
def test_nothing_is_assigned_to_him_and_what_he_holds_is_assigned_anew(
    office: Office, people: People, lost: Loss
) -> None:
    held, waiting = people.taken(), people.opened()
    number = people.agent.certificate
    office.at(office.now + DAY)
    people.certifier.certify(people.second_agent, level=3)
    lost(office, number)
    with refused("CertificateNotValid", number):
        people.supervisor.assign(waiting, number)
    people.supervisor.assign(held, people.second_agent)
    assert people.second_agent.move(held, Status.RESOLVED).after.seat == people.second_agent.certificate


def test_a_suspension_acts_inside_its_own_block(office: Office, people: People) -> None:
    ticket, node = people.taken(), office.node
    suspend = (
        people.certifier,
        office.certification,
        office.certification.encoded("suspend", people.agent.certificate),
    )
    reply = people.desk.tickets.encoded("move", ticket, Status.WAITING, people.desk.entry(), 2)
    move = (people.agent, people.desk.tickets, reply)
    hashes = [
        node.rpc(
            "eth_sendTransaction",
            {"from": sender.address, "to": to.address, "data": f"0x{data.hex()}", "gas": hex(10**6)},
        )
        for sender, to, data in (suspend, move)
    ]
    node.rpc("evm_mine", node.now + 1)
    first, second = (node.rpc("eth_getTransactionReceipt", each) for each in hashes)
    assert first["blockHash"] == second["blockHash"]
    assert int(first["transactionIndex"], 16) < int(second["transactionIndex"], 16)
    assert (first["status"], second["status"]) == ("0x1", "0x0")


def test_reinstating_gives_him_back_what_he_held(office: Office, people: People) -> None:
    ticket = people.taken()
    office.suspend(people.agent.certificate)
    office.reinstate(people.agent.certificate)
    assert people.agent.move(ticket, Status.RESOLVED).after.status == Status.RESOLVED


def test_rule_26_a_renewal_does_not_lift_a_suspension_on_tickets(office: Office, people: People) -> None:
    ticket, number = people.taken(), people.agent.certificate
    office.suspend(number)
    assert office.passed(agent=people.agent.address, level=3) == number
    with refused("CertificateNotValid", number):
        people.agent.move(ticket, Status.RESOLVED)


def test_expiry_stops_him_from_the_very_second(office: Office, people: People) -> None:
    ticket, number = people.taken(), people.agent.certificate
    end = office.certificate(number).expires_at
    assert people.desk.ticket(ticket).due_at * 60 < end
    office.at(end - 1)
    people.agent.move(ticket, Status.OPEN)
    office.at(end)
    with refused("CertificateNotValid", number):
        people.agent.move(ticket, Status.OPEN)


def test_a_renewal_in_time_keeps_him_acting(office: Office, people: People) -> None:
    ticket, number = people.taken(), people.agent.certificate
    end = office.certificate(number).expires_at
    office.at(end - DAY)
    assert office.passed(agent=people.agent.address, taken_at=end - DAY) == number
    office.at(end)
    assert people.agent.move(ticket, Status.RESOLVED).after.status == Status.RESOLVED


def test_a_renewal_after_expiry_gives_him_back_what_he_held(office: Office, people: People) -> None:
    ticket, number = people.taken(), people.agent.certificate
    end = office.certificate(number).expires_at
    office.at(end + DAY)
    assert office.passed(agent=people.agent.address, taken_at=end + DAY) == number
    assert people.agent.move(ticket, Status.RESOLVED).after.status == Status.RESOLVED


def test_rule_26_a_new_certificate_does_not_inherit_the_tickets_of_an_ended_one(
    office: Office, people: People
) -> None:
    ticket, number = people.taken(), people.agent.certificate
    office.revoke(number)
    office.at(office.now + 10)
    new = office.passed(agent=people.agent.address, taken_at=office.now + 1)
    with refused("CertificateNotValid", number):
        people.agent.move(ticket, Status.RESOLVED)
    people.supervisor.assign(ticket, new)
    assert people.agent.move(ticket, Status.RESOLVED).after.seat == new


def test_nobody_acts_by_another_ones_certificate(people: People) -> None:
    ticket = people.opened()
    for number in (people.second_agent.certificate, 0, 9_999):
        with refused("CertificateNotValid", number):
            people.agent.take(ticket, number)


def test_a_seat_holds_the_last_certificate_there_can_be(office: Office, people: People) -> None:
    last = 2**26 - 1
    office.node.write(office.certification.address, variable_slot("certificateCount"), last - 1)
    assert office.passed() == last
    ticket = people.opened()
    people.stranger.take(ticket, last)
    assert people.desk.ticket(ticket).seat == last
    with refused("TooManyCertificates"):
        office.passed(agent=people.customer.address)
    assert office.certification.view("certificateCount") == last
    assert office.certification.view("balanceOf", people.customer.address) == 0
    # Those who have one still renew it.
    assert office.passed(level=7) == last
    assert office.holder(last + 1) == (NOBODY, 0, 0)
