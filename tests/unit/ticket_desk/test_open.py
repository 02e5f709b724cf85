"""open and openAsModule: who opens where, what the ticket is then, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.helpers.contract import refused
from tests.helpers.desk import (
    CLAIMS,
    GATED,
    GATED_CLAIMS,
    INTAKE,
    LANES,
    MODULE,
    NOBODY,
    PUBLIC,
    SECOND_PUBLIC,
    Desk,
)
from tests.helpers.people import Person
from tests.helpers.table import Kind, Status
from tests.helpers.words import Ticket

WINDOW = LANES["public"].respond_within


def test_a_new_ticket(desk: Desk, customer: Person) -> None:
    entry = desk.entry()
    ticket = customer.open(PUBLIC, entry)
    act = desk.acts[-1]
    expected = Ticket(
        customer=customer.address,
        status=Status.NEW,
        rating=0,
        breached=False,
        lane=PUBLIC,
        seat=1,
        due_at=act.time // 60 + WINDOW,
        acts=1,
        budget=0,
    )
    assert desk.ticket(ticket) == act.after == expected
    assert (act.lane, act.actor, act.kind, act.entry) == (PUBLIC, customer.address, Kind.CUSTOMER, entry)
    assert (act.position, act.time) == (0, desk.now)


def test_the_id_is_known_before_the_ticket_exists(desk: Desk, customer: Person, module: Person) -> None:
    entry = desk.entry()
    expected = keccak(encode(["address", "bytes32"], [customer.address, entry]))
    assert desk.tickets.view("open", PUBLIC, entry, sender=customer.address) == expected
    twin = (PUBLIC, customer.address, entry)
    assert desk.tickets.view("openAsModule", *twin, sender=module.address) == expected
    assert customer.open(PUBLIC, entry) == expected


def test_turns_count_up_in_each_lane(desk: Desk, customer: Person, other_customer: Person) -> None:
    before = desk.lane(PUBLIC)
    tickets = [customer.open(), other_customer.open(), customer.open()]
    assert [desk.ticket(each).seat for each in tickets] == [1, 2, 3]
    assert desk.ticket(customer.open(SECOND_PUBLIC)).seat == 1
    assert desk.lane(PUBLIC) == replace(before, turns=3, size=3)


def test_two_customers_may_open_the_same_entry(desk: Desk, customer: Person, other_customer: Person) -> None:
    entry = desk.entry()
    assert customer.open(entry=entry) != other_customer.open(entry=entry)


def test_nothing_is_opened_twice(desk: Desk, customer: Person, module: Person) -> None:
    entry = desk.entry()
    ticket = customer.open(PUBLIC, entry)
    for lane in (PUBLIC, SECOND_PUBLIC):
        with refused("TicketExists", ticket):
            customer.open(lane, entry)
    with refused("TicketExists", ticket):
        module.open_as_module(customer, CLAIMS, entry)


def test_a_ticket_needs_an_entry(customer: Person, module: Person) -> None:
    with refused("EmptyEntry"):
        customer.open(entry=bytes(32))
    with refused("EmptyEntry"):
        module.open_as_module(customer, entry=bytes(32))


@pytest.mark.parametrize("lane", [0, len(LANES) + 1, 1023, 1 << 255])
def test_a_ticket_needs_a_lane(customer: Person, module: Person, lane: int) -> None:
    with refused("UnknownLane", lane):
        customer.open(lane)
    with refused("UnknownLane", lane):
        module.open_as_module(customer, lane)


def test_a_gated_lane_is_opened_by_the_intake(desk: Desk, customer: Person, intake: Person) -> None:
    with refused("LaneGated", GATED):
        customer.open(GATED)
    ticket = intake.open(GATED)
    assert desk.ticket(ticket).customer == intake.address
    assert desk.acts[-1].kind == Kind.CUSTOMER


@pytest.mark.parametrize("lane", [CLAIMS, GATED_CLAIMS])
def test_rule_20_a_claims_lane_is_opened_by_modules_only(
    customer: Person, intake: Person, module: Person, lane: int
) -> None:
    for person in (customer, intake, module):
        with refused("LaneGated", lane):
            person.open(lane)
    module.open_as_module(customer, lane)


def test_an_intake_with_an_execution_delay_is_none(admin: Person, customer: Person) -> None:
    admin.grant(INTAKE, customer, delay=1)
    with refused("LaneGated", GATED):
        customer.open(GATED)
    admin.grant(INTAKE, customer)
    customer.open(GATED)


@pytest.mark.parametrize("lane", [PUBLIC, GATED, CLAIMS, GATED_CLAIMS])
def test_rule_4_a_module_opens_for_a_customer_in_any_lane(
    desk: Desk, customer: Person, module: Person, lane: int
) -> None:
    ticket = module.open_as_module(customer, lane)
    act = desk.acts[-1]
    assert (act.kind, act.actor, act.lane) == (Kind.MODULE, module.address, lane)
    assert act.after == desk.ticket(ticket)
    assert (act.after.customer, act.after.status, act.after.acts) == (customer.address, Status.NEW, 1)


def test_rule_4_only_modules_open_for_others(
    admin: Person, customer: Person, stranger: Person, supervisor: Person
) -> None:
    for person in (stranger, supervisor, admin):
        with refused("MissingRole", person.address, MODULE):
            person.open_as_module(customer)
    admin.grant(MODULE, stranger, delay=1)
    with refused("MissingRole", stranger.address, MODULE):
        stranger.open_as_module(customer)


def test_a_ticket_needs_a_customer(module: Person) -> None:
    with refused("EmptyCustomer"):
        module.open_as_module(NOBODY)


def test_rule_22_a_closed_lane_takes_no_new_tickets(
    customer: Person, lane_editor: Person, module: Person
) -> None:
    lane_editor.does("closeLane", PUBLIC)
    with refused("LaneClosed", PUBLIC):
        customer.open(PUBLIC)
    with refused("LaneClosed", PUBLIC):
        module.open_as_module(customer, PUBLIC)
    customer.open(SECOND_PUBLIC)


def test_the_line_ends_where_its_field_ends(desk: Desk, customer: Person) -> None:
    last = (1 << 26) - 1
    desk.write_lane(PUBLIC, turns=last - 1)
    assert desk.ticket(customer.open()).seat == last
    with refused("FieldOverflow", last + 1, 26):
        customer.open()


def test_the_log_ends_where_its_field_ends(desk: Desk, customer: Person) -> None:
    last = (1 << 40) - 1
    desk.write_lane(PUBLIC, size=last - 1)
    customer.open()
    assert (desk.acts[-1].position, desk.lane(PUBLIC).size) == (last - 1, last)
    with refused("FieldOverflow", last + 1, 40):
        customer.open()


def test_clocks_end_where_their_field_ends(desk: Desk, customer: Person) -> None:
    last_minute = (1 << 26) - 1
    opening = (customer.address, "open", PUBLIC, desk.entry())
    assert desk.tickets.attempt(*opening, at=60 * (last_minute - WINDOW) + 59) is None
    late = desk.tickets.attempt(*opening, at=60 * (last_minute - WINDOW + 1))
    assert late is not None
    assert (late.name, late.arguments) == ("FieldOverflow", (last_minute + 1, 26))
