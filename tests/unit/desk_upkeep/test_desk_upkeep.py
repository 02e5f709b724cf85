"""All that is due, found and done in one go; what another did meanwhile stops nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode

from tests.helpers.claims import Office
from tests.helpers.contract import Contract, refused
from tests.helpers.every_error import never_expected
from tests.helpers.money import ETHER, PayeeManner, Till
from tests.helpers.people import Person
from tests.helpers.table import Status
from tests.unit.compensation_desk.lateness import DELAY, OFFER, Lateness

WORK = "(bytes32[],bytes32[],bytes32[],bytes32[],address[])"
NAMES = ("expire", "note", "compensate", "release", "settle")


@pytest.fixture
def lateness(office: Office) -> Lateness:
    """Lanes that offer 700 for a breach."""
    return Lateness(office)


def check(lateness: Lateness, tickets: list[bytes], tokens: list[str]) -> tuple[bool, bytes]:
    """What is due in the next block, encoded."""
    asked = encode(["bytes32[]", "address[]"], [tickets, tokens])
    found: tuple[bool, bytes] = lateness.office.upkeep.view("checkUpkeep", asked, at=lateness.desk.node.next)
    return found


def due(lateness: Lateness, *tickets: bytes) -> dict[str, list[Any]]:
    """What is due of these tickets and of ETH; only what is something."""
    needed, work = check(lateness, list(tickets), [ETHER])
    (lists,) = decode([WORK], work)
    found = {name: list(each) for name, each in zip(NAMES, lists, strict=True) if each}
    assert needed == bool(found)
    return found


def perform(lateness: Lateness, **work: list[Any]) -> dict[str, int]:
    """Anybody does it; how much of each was done."""
    lists = tuple(work.get(name, []) for name in NAMES)
    (event,) = lateness.office.upkeep.send(lateness.people.stranger.address, "perform", lists)
    return {name: number for name, number in event.arguments.items() if number and name != "keeper"}


def test_nothing_is_due(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    assert due(lateness, ticket, b"\x01" * 32) == {}
    with refused("NothingToDo"):
        perform(lateness)
    with refused("NothingToDo"):
        perform(lateness, **{name: [ticket] for name in NAMES[:4]}, settle=[ETHER])


def test_a_breach_where_nothing_is_offered_is_called(lateness: Lateness) -> None:
    ticket = lateness.people.opened()
    lateness.desk.overdue(ticket)
    assert due(lateness, ticket) == {"expire": [ticket]}
    assert perform(lateness, expire=[ticket]) == {"expired": 1}
    assert lateness.desk.ticket(ticket).breached


def test_a_breach_where_something_is_offered_is_noted(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    lateness.desk.at(lateness.end(ticket))
    assert due(lateness, ticket) == {}
    lateness.desk.overdue(ticket)
    assert due(lateness, ticket) == {"note": [ticket]}
    assert perform(lateness, note=[ticket]) == {"noted": 1}
    assert lateness.breach(ticket)[0] == lateness.end(ticket) or lateness.desk.ticket(ticket).breached
    assert due(lateness, ticket) == {}


def test_a_breach_that_another_act_recorded_is_noted(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    lateness.desk.overdue(ticket)
    lateness.people.stranger.expire(ticket)
    assert due(lateness, ticket) == {"note": [ticket]}
    assert perform(lateness, note=[ticket]) == {"noted": 1}


def test_a_customers_silence_is_called_and_not_noted(lateness: Lateness) -> None:
    ticket = lateness.ticket()
    lateness.people.agent.take(ticket)
    lateness.people.agent.move(ticket, Status.WAITING)
    lateness.desk.overdue(ticket)
    assert due(lateness, ticket) == {"expire": [ticket]}
    assert perform(lateness, expire=[ticket]) == {"expired": 1}
    assert due(lateness, ticket) == {}


def test_a_compensation_is_paid_when_it_is_due(lateness: Lateness) -> None:
    ticket = lateness.noted()
    lateness.desk.at(lateness.breach(ticket)[0] + DELAY - 1)
    assert due(lateness, ticket) == {}
    lateness.desk.at(lateness.breach(ticket)[0] + DELAY)
    assert due(lateness, ticket) == {"compensate": [ticket]}
    assert perform(lateness, compensate=[ticket]) == {"compensated": 1}
    assert lateness.breach(ticket)[1]


def test_what_was_kept_for_a_closed_ticket_is_released(lateness: Lateness) -> None:
    filing = lateness.claim()
    assert due(lateness, filing.ticket_id) == {}
    lateness.people.customer.move(filing.ticket_id, Status.CLOSED)
    assert due(lateness, filing.ticket_id) == {"release": [filing.ticket_id]}
    assert perform(lateness, release=[filing.ticket_id]) == {"released": 1}
    assert due(lateness, filing.ticket_id) == {}


def test_payments_that_are_covered_are_settled(lateness: Lateness) -> None:
    till = Till(lateness.office).emptied()
    for _ in range(3):
        till.pay(till.payee().address, 10)
    assert due(lateness) == {}
    till.deposit(9)
    assert due(lateness) == {}
    till.deposit(1)
    assert due(lateness) == {"settle": [ETHER]}
    assert perform(lateness, settle=[ETHER]) == {"settled": 1}
    till.deposit(20)
    assert perform(lateness, settle=[ETHER]) == {"settled": 2}


def test_what_is_promised_already_covers_no_payment(lateness: Lateness) -> None:
    till = Till(lateness.office).emptied()
    till.deposit(20)
    till.reserve(till.id(), 10)
    assert till.pay(till.payee(PayeeManner.REVERTS).address, 10) == "Owed"
    till.pay(till.payee().address, 10)
    assert due(lateness) == {}
    till.deposit(9)
    assert due(lateness) == {}
    till.deposit(1)
    assert due(lateness) == {"settle": [ETHER]}


def test_a_long_queue_is_settled_in_more_than_one_go(lateness: Lateness) -> None:
    till = Till(lateness.office).emptied()
    to = till.payee().address
    for _ in range(21):
        till.pay(to, 1)
    till.deposit(21)
    assert perform(lateness, settle=[ETHER]) == {"settled": 20}
    assert perform(lateness, settle=[ETHER]) == {"settled": 1}


def test_payments_of_many_tokens_are_settled_in_one_go(lateness: Lateness) -> None:
    till = Till(lateness.office).emptied()
    coins = till.of(till.odd_token())
    for each, payments in ((till, 2), (coins, 3)):
        for _ in range(payments):
            each.pay(till.payee().address, 10)
        each.deposit(100)
    needed, work = check(lateness, [], [ETHER, coins.token, ETHER[:-1] + "1"])
    (lists,) = decode([WORK], work)
    assert needed
    assert lists[NAMES.index("settle")] == (ETHER, coins.token)
    assert perform(lateness, settle=[ETHER, coins.token]) == {"settled": 5}


def test_what_another_did_does_not_stop_the_rest(lateness: Lateness) -> None:
    done, left = lateness.noted(), lateness.noted()
    at = lateness.breach(left)[0] + DELAY
    lateness.compensate(done, at=at)
    assert perform(lateness, compensate=[done, left, b"\x01" * 32]) == {"compensated": 1}


def test_one_call_does_it_all(lateness: Lateness) -> None:
    """As Chainlink Automation makes it: what `checkUpkeep` answered goes into `performUpkeep`."""
    till = Till(lateness.office)
    closed = lateness.claim()
    lateness.people.customer.move(closed.ticket_id, Status.CLOSED)
    compensable = lateness.noted()
    lateness.desk.at(lateness.breach(compensable)[0] + DELAY - 10)
    plain, offered = lateness.people.opened(), lateness.ticket()
    till.emptied()
    till.pay(till.payee().address, 10)
    till.deposit(10 + OFFER)
    lateness.desk.overdue(plain, offered)
    tickets = [closed.ticket_id, compensable, plain, offered]
    needed, work = check(lateness, tickets, [ETHER])
    assert needed
    events = lateness.office.upkeep.send(lateness.people.stranger.address, "performUpkeep", work)
    assert [event.name for event in events] == ["UpkeepPerformed"]
    said = {name: number for name, number in events[0].arguments.items() if name != "keeper"}
    # The compensation waits behind the payment, and both are settled.
    assert said == {"expired": 1, "noted": 1, "compensated": 1, "released": 1, "settled": 2}
    lateness.desk.wait(1)
    assert due(lateness, *tickets) == {}


def test_it_stands_on_a_contract(office: Office, stranger: Person) -> None:
    with refused("NoContract", stranger.address):
        Contract.deployed(office.desk.node, stranger.address, "DeskUpkeep", stranger.address)


def test_every_error_is_raised() -> None:
    assert never_expected("IDeskUpkeep", Path(__file__).parent) == set()
