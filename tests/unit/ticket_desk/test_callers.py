"""Who calls is asked, not who began the transaction: he may not know what the contracts that he calls do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.contract import Contract, same
from tests.helpers.desk import GATED, INTAKE, MODULE, PUBLIC, SUPERVISOR, Act, Desk
from tests.helpers.node import RevertedError
from tests.helpers.people import People, Person
from tests.helpers.signed import pen
from tests.helpers.table import Kind, Status


class Between:
    """A contract that calls the desk in its own name, whoever tells it to."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._contract = Contract.deployed(desk.node, desk.node.accounts[0], "Payee")
        self.address = self._contract.address

    def calls(self, function: str, *args: Any, told_by: Person) -> list[Act]:
        """Has it call the desk; the acts that came of it. Raises RefusedError, as the desk names it."""
        desk, count = self._desk, len(self._desk.acts)
        call = self._contract.encoded("act", desk.tickets.address, desk.tickets.encoded(function, *args))
        try:
            receipt = desk.node.send(told_by.address, self.address, call)
        except RevertedError as reverted:
            raise desk.tickets.refusal(reverted.data) from None
        desk.acts += [Act.of(event) for event in desk.tickets.events(receipt) if event.name == "ActLogged"]
        return desk.acts[count:]


@pytest.fixture
def between(people: People) -> Between:
    return Between(people.desk)


@pytest.fixture
def allowed(people: People) -> dict[str, tuple[Person, tuple[Any, ...]]]:
    """A call of each function that asks who calls, and somebody who may make it."""
    desk, rated = people.desk, people.ticket_in(Status.CLOSED)
    ticket, entry = people.opened(), desk.entry()
    signed = pen(people.customer).open(GATED)
    return {
        "open": (people.intake, (GATED, entry)),
        "openFor": (people.intake, (signed.values, signed.signature)),
        "take": (people.agent, (ticket, people.agent.certificate, entry)),
        "move": (people.customer, (ticket, Status.CLOSED, entry, 1)),
        "rate": (people.customer, (rated, 5, entry)),
        "assign": (people.supervisor, ([ticket], [people.agent.certificate], [entry])),
        "transfer": (people.supervisor, (ticket, 2, entry)),
        "openAsModule": (people.module, (PUBLIC, people.customer.address, entry)),
        "moveAsModule": (people.module, (ticket, Status.RESOLVED, entry)),
        "pauseOpening": (people.guardian, ()),
    }


@pytest.mark.parametrize(
    "function",
    [
        "open",
        "openFor",
        "take",
        "move",
        "rate",
        "assign",
        "transfer",
        "openAsModule",
        "moveAsModule",
        "pauseOpening",
    ],
)
def test_a_contract_that_somebody_calls_may_not_do_what_he_may(
    people: People, between: Between, allowed: dict[str, tuple[Person, tuple[Any, ...]]], function: str
) -> None:
    person, args = allowed[function]
    refusal = people.desk.tickets.attempt(between.address, function, *args)
    assert refusal is not None
    with pytest.raises(type(refusal)) as caught:
        between.calls(function, *args, told_by=person)
    assert same(caught.value, refusal)
    assert people.desk.tickets.attempt(person.address, function, *args) is None, "he may himself"


def test_a_batch_passes_gates_by_who_calls_it(people: People, between: Between) -> None:
    """Who holds INTAKE lends it to no contract; one that holds it carries whoever calls it."""
    signed = pen(people.customer).open(GATED)
    assert between.calls("batch", [signed.data], told_by=people.intake) == []
    people.desk.access.send(people.admin.address, "grantRole", INTAKE, between.address, 0)
    (act,) = between.calls("batch", [signed.data], told_by=people.stranger)
    assert (act.lane, act.actor, act.kind) == (GATED, people.customer.address, Kind.CUSTOMER)


def test_what_a_contract_does_is_its_own(people: People, between: Between) -> None:
    (act,) = between.calls("open", PUBLIC, people.desk.entry(), told_by=people.customer)
    assert (act.actor, act.after.customer) == (between.address, between.address)
    (act,) = between.calls("move", act.ticket_id, Status.CLOSED, people.desk.entry(), 1, told_by=people.agent)
    assert (act.actor, act.kind) == (between.address, Kind.CUSTOMER)


def test_a_contract_in_office_acts_in_its_own_name(people: People, between: Between) -> None:
    desk, customer = people.desk, people.customer.address
    for role in (SUPERVISOR, MODULE):
        desk.access.send(people.admin.address, "grantRole", role, between.address, 0)
    ticket, late = people.opened(), people.opened()
    calls: dict[str, tuple[Any, ...]] = {
        "assign": ([ticket], [people.agent.certificate], [desk.entry()]),
        "moveAsModule": (ticket, Status.REJECTED, desk.entry()),
        "openAsModule": (PUBLIC, customer, desk.entry()),
        "expire": ([late],),
    }
    for function, args in calls.items():
        if function == "expire":
            desk.overdue(late)
        (act,) = between.calls(function, *args, told_by=people.stranger)
        assert (act.actor, act.after.customer) == (between.address, customer), function
