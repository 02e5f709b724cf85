"""The whole table once more, every act signed and carried by somebody who may do nothing.

What is expected comes from tests/helpers/table.py, typed by hand from the design's drawing.
"""

from __future__ import annotations

import pytest

from tests.helpers.contract import RefusedError, same
from tests.helpers.people import People, Person
from tests.helpers.signed import Signed, carry, pen
from tests.helpers.table import MOVES, RATE_IN, TAKE_FROM, Kind, Status
from tests.unit.ticket_desk.test_table import kinds, with_and_without_agent

every_state = pytest.mark.parametrize("at", [each for each in Status if each != Status.NONE])


def judge(people: People, signed: Signed, expected: RefusedError | None) -> None:
    """Alone it would be refused exactly so, or would not be."""
    found = signed.attempt(people.other_customer)
    assert same(found, expected), f"{signed.function}{signed.values}: {found}, expected {expected}"


def does(people: People, signed: Signed, kind: Kind, to: Status) -> None:
    """Really done, in a batch of one, as this kind, leading there; it is undone after it."""
    with people.isolated():
        assert carry(people.desk, people.other_customer, [signed]) == [None]
        done = people.desk.acts[-1]
        assert (done.kind, done.actor, done.after.status) == (kind, signed.values[0], to)
        assert people.desk.ticket(done.ticket_id) == done.after


@with_and_without_agent
def test_rule_1_signed_moves(people: People, at: Status, seated: bool) -> None:
    ticket = people.ticket_in(at) if seated else people.unseated_in(at)
    for signer, kind in kinds(people, at, seated):
        for to in Status:
            legal = (kind, at, to) in MOVES and kind != Kind.ANYONE
            signed = pen(signer).move(ticket, to)
            judge(people, signed, None if legal else RefusedError("IllegalMove", at, to, kind))
            if legal:
                reached = Status.ESCALATED if to == Status.OPEN and not seated else to
                does(people, signed, kind, reached)


@every_state
def test_a_move_signed_from_any_other_state(people: People, at: Status) -> None:
    """Even where the table admits it for the ticket as it is."""
    ticket = people.ticket_in(at)
    for signer in (people.customer, people.agent, people.supervisor):
        for was in Status:
            if was not in (at, Status.NONE):
                signed = pen(signer).move(ticket, at, was=was)
                judge(people, signed, RefusedError("StatusChanged", was, at))


@every_state
def test_signed_takes(people: People, at: Status) -> None:
    ticket = people.ticket_in(at)
    certificate = people.agent.certificate
    for signer, _ in kinds(people, at):
        expected = _of_a_take(people, signer, at)
        signed = pen(signer).take(ticket, certificate)
        judge(people, signed, expected)
        if expected is None:
            does(people, signed, Kind.AGENT, Status.OPEN)


def _of_a_take(people: People, signer: Person, at: Status) -> RefusedError | None:
    if at not in TAKE_FROM:
        return RefusedError("IllegalMove", at, Status.OPEN, Kind.AGENT)
    return None if signer is people.agent else RefusedError("CertificateNotValid", people.agent.certificate)


@with_and_without_agent
def test_signed_ratings(people: People, at: Status, seated: bool) -> None:
    ticket = people.ticket_in(at) if seated else people.unseated_in(at)
    for signer, kind in kinds(people, at):
        legal = kind == Kind.CUSTOMER and at in RATE_IN and seated
        expected = None if legal else RefusedError("NotRateable", ticket)
        if kind != Kind.CUSTOMER:
            expected = RefusedError("NotCustomer", ticket, signer.address)
        signed = pen(signer).rate(ticket)
        judge(people, signed, expected)
        if legal:
            does(people, signed, Kind.CUSTOMER, at)


@every_state
def test_signed_openings(people: People, at: Status) -> None:
    entry = people.desk.entry()
    ticket = people.customer.open(entry=entry)
    if at != Status.NEW:
        people.desk.write_ticket(ticket, status=at, seat=people.agent.certificate)
    judge(people, pen(people.customer).open(entry=entry), RefusedError("TicketExists", ticket))
    does(people, pen(people.other_customer).open(entry=entry), Kind.CUSTOMER, Status.NEW)
