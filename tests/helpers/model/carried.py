"""Signed acts as the model has them: whoever carries one, it is its signer's, and exact.

The signatures themselves are for tests/unit; here everybody signs for himself.
"""

from __future__ import annotations

from tests.helpers.model.desk import Desk
from tests.helpers.model.table import Kind, Status
from tests.helpers.model.things import Address, Entry, Event, ForbiddenError, Refusal, Role, TicketId


class CarryingDesk(Desk):
    """A desk that takes signed acts; the first argument of each is who carries it."""

    def open_for(
        self, carrier: Address, now: int, customer: Address, lane: int, entry: Entry, deadline: int
    ) -> list[Event]:
        """A customer opens; the gate is his carrier's to pass."""
        reasons = self._late(now, deadline) + self._not_opening(lane, entry)
        known = self.lanes.get(lane)
        if known and (known.terms.claims or (known.terms.gated and not self.holds(Role.INTAKE, carrier))):
            reasons.append(Refusal("LaneGated", (lane,)))
        return self._open(now, lane, customer, entry, customer, Kind.CUSTOMER, reasons)

    def take_for(
        self,
        _carrier: Address,
        now: int,
        agent: Address,
        ticket_id: TicketId,
        certificate: int,
        entry: Entry,
        deadline: int,
    ) -> list[Event]:
        """An agent takes the next in line."""
        self._unless(self._late(now, deadline))
        return self.take(agent, now, ticket_id, certificate, entry)

    def move_for(
        self,
        _carrier: Address,
        now: int,
        actor: Address,
        ticket_id: TicketId,
        was: Status,
        to: Status,
        entry: Entry,
        seen: int,
        deadline: int,
    ) -> list[Event]:
        """Whoever may moves a ticket that is as he saw it; nobody signs for "whatever was added"."""
        self._unless(self._late(now, deadline))
        if was == Status.NONE:
            raise ForbiddenError(Refusal("IllegalMove", (was, to, Kind.ANYONE)))
        ticket, _ = self._known(ticket_id, entry)
        if seen != ticket.acts:
            raise ForbiddenError(Refusal("StaleTicket", (seen, ticket.acts)))
        if was != ticket.status:
            raise ForbiddenError(Refusal("StatusChanged", (was, ticket.status)))
        return self.move(actor, now, ticket_id, to, entry, seen)

    def rate_for(
        self,
        _carrier: Address,
        now: int,
        customer: Address,
        ticket_id: TicketId,
        score: int,
        entry: Entry,
        deadline: int,
    ) -> list[Event]:
        """The customer rates his ticket, once."""
        self._unless(self._late(now, deadline))
        return self.rate(customer, now, ticket_id, score, entry)

    def _late(self, now: int, deadline: int) -> list[Refusal]:
        return [Refusal("SignatureExpired", (deadline,))] if now > deadline else []
