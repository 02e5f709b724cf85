"""Named people of a desk, each doing by methods what TicketDesk lets people do.

Every method gives one valid call; a test that wants a bad one overrides what it is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from tests.helpers.desk import PUBLIC, Act, Desk, Lane, ticket_id
from tests.helpers.table import Status


@dataclass(slots=True)
class Person:
    """Somebody with an address, and a certificate if he is an agent."""

    name: str
    address: str
    desk: Desk = field(repr=False)
    certificate: int = 0

    # ------------------------------------------------------------------------------------------- tickets

    def open(self, lane: int = PUBLIC, entry: bytes | None = None) -> bytes:
        """Opens a ticket; its id."""
        entry = self.desk.entry() if entry is None else entry
        return self._act("open", lane, entry).ticket_id

    def take(self, ticket: bytes, certificate: int | None = None, entry: bytes | None = None) -> Act:
        """Takes a ticket, by his own certificate unless told otherwise."""
        certificate = self.certificate if certificate is None else certificate
        return self._act("take", ticket, certificate, self._entry(entry))

    def move(self, ticket: bytes, to: int, seen: int | None = None, entry: bytes | None = None) -> Act:
        """Moves a ticket, having seen all its acts unless told otherwise."""
        seen = self.desk.ticket(ticket).acts if seen is None else seen
        return self._act("move", ticket, to, self._entry(entry), seen)

    def rate(self, ticket: bytes, score: int = 5, entry: bytes | None = None) -> Act:
        """Rates a ticket."""
        return self._act("rate", ticket, score, self._entry(entry))

    def assign(self, ticket: bytes, agent: Person | int, entry: bytes | None = None) -> Act:
        """Assigns one ticket to an agent, or to a certificate."""
        certificate = agent if isinstance(agent, int) else agent.certificate
        return self._act("assign", [ticket], [certificate], [self._entry(entry)])

    def transfer(self, ticket: bytes, lane: int, entry: bytes | None = None) -> Act:
        """Hands a ticket to another lane."""
        return self._act("transfer", ticket, lane, self._entry(entry))

    def expire(self, *tickets: bytes) -> list[Act]:
        """Calls the clocks of tickets; what came of it."""
        return self._acts("expire", tickets)

    def open_as_module(self, customer: Person | str, lane: int = PUBLIC, entry: bytes | None = None) -> bytes:
        """Opens a ticket for a customer; its id."""
        address = customer if isinstance(customer, str) else customer.address
        return self._act("openAsModule", lane, address, self._entry(entry)).ticket_id

    def move_as_module(self, ticket: bytes, to: int, entry: bytes | None = None) -> Act:
        """Moves a ticket as a module."""
        return self._act("moveAsModule", ticket, to, self._entry(entry))

    def skip(self, lane: int, words: int) -> None:
        """Moves the head of a lane's line past tickets that left it."""
        self.desk.send(self.address, "skip", lane, words)

    # --------------------------------------------------------------------------------------- the desk itself

    def create_lane(self, lane: Lane) -> int:
        """Creates a lane; its number."""
        (created,) = self.desk.send(self.address, "createLane", lane.config)
        return int(created.arguments["lane"])

    def does(self, function: str, *args: Any) -> None:
        """Calls any other function of TicketDesk."""
        self.desk.send(self.address, function, *args)

    # ------------------------------------------------------------------------------------------ certification

    def certify(self, agent: Person, program: int = 1, level: int = 2) -> int:
        """Records a passed exam; the agent's certificate, which is his own from then on."""
        exam = (agent.address, program, level, 8000, self.desk.now, self.desk.entry())
        events = self.desk.certification.send(self.address, "recordExam", exam)
        recorded = next(event for event in events if event.name == "ExamRecorded")
        agent.certificate = recorded.arguments["certificateId"]
        return agent.certificate

    def suspend(self, agent: Person) -> None:
        """Suspends an agent's certificate."""
        self.desk.certification.send(self.address, "suspend", agent.certificate)

    def reinstate(self, agent: Person) -> None:
        """Lifts a suspension."""
        self.desk.certification.send(self.address, "reinstate", agent.certificate)

    def grant(self, role: int, person: Person, delay: int = 0) -> None:
        """Gives a role, with an execution delay in seconds."""
        self.desk.access.send(self.address, "grantRole", role, person.address, delay)

    def _entry(self, entry: bytes | None) -> bytes:
        return self.desk.entry() if entry is None else entry

    def _act(self, function: str, *args: Any) -> Act:
        (act,) = self._acts(function, *args)
        return act

    def _acts(self, function: str, *args: Any) -> list[Act]:
        count = len(self.desk.acts)
        self.desk.send(self.address, function, *args)
        return self.desk.acts[count:]


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Everybody, and the ways in which they bring a ticket into a state by real acts."""

    desk: Desk
    admin: Person
    supervisor: Person
    certifier: Person
    lane_editor: Person
    intake: Person
    module: Person
    guardian: Person
    unpauser: Person
    agent: Person
    second_agent: Person
    customer: Person
    other_customer: Person
    stranger: Person
    treasurer: Person
    claims_editor: Person

    @property
    def everybody(self) -> list[Person]:
        """Each of them once."""
        return [getattr(self, each.name) for each in fields(self) if each.name != "desk"]

    def opened(self, lane: int = PUBLIC, customer: Person | None = None) -> bytes:
        """A New ticket, opened by whoever may open in the lane."""
        customer = customer or self.customer
        terms = self.desk.lane(lane)
        if not (terms.gated or terms.claims):
            return customer.open(lane)
        return self.module.open_as_module(customer, lane)

    def taken(self, lane: int = PUBLIC) -> bytes:
        """An Open ticket with the agent in its seat. Nobody else may wait in the lane."""
        ticket = self.opened(lane)
        self.agent.take(ticket)
        return ticket

    def ticket_in(self, status: Status, lane: int = PUBLIC) -> bytes:
        """A ticket in a state by real acts, with the agent in its seat from Open on.

        None is an id that does not exist. In a claims lane the module resolves and rejects.
        """
        if status == Status.NONE:
            return ticket_id(self.customer.address, self.desk.entry())
        if status == Status.NEW:
            return self.opened(lane)
        ticket = self.taken(lane)
        if status == Status.DISPUTED:
            self._end(ticket, Status.REJECTED)
            self.module.move_as_module(ticket, Status.DISPUTED)
        elif status == Status.CLOSED:
            self._end(ticket, Status.RESOLVED)
            self.customer.move(ticket, Status.CLOSED)
        elif status in (Status.RESOLVED, Status.REJECTED):
            self._end(ticket, status)
        elif status != Status.OPEN:
            self.agent.move(ticket, status)
        return ticket

    def unseated_in(self, status: Status, lane: int = PUBLIC) -> bytes:
        """A ticket in a state without ever having had an agent: New, or what follows from Escalated."""
        ticket = self.opened(lane)
        if status == Status.NEW:
            return ticket
        self.supervisor.move(ticket, Status.ESCALATED)
        if status in (Status.RESOLVED, Status.REJECTED):
            self.supervisor.move(ticket, status)
        elif status == Status.DISPUTED:
            self.module.move_as_module(ticket, status)
        elif status == Status.CLOSED:
            self.customer.move(ticket, status)
        elif status != Status.ESCALATED:
            raise ValueError(f"no ticket without an agent is {status.name}")
        return ticket

    def _end(self, ticket: bytes, status: Status) -> None:
        if self.desk.lane(self.desk.ticket(ticket).lane).claims:
            self.module.move_as_module(ticket, status)
        else:
            self.agent.move(ticket, status)

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Everything done in the `with` block is undone after it."""
        certificates = [person.certificate for person in self.everybody]
        with self.desk.isolated():
            yield
        for person, certificate in zip(self.everybody, certificates, strict=True):
            person.certificate = certificate
