"""Calls that should be accepted: for each act somebody who may, a ticket that can, a time that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from tests.helpers.model import Address, Kind, Role, Status, Ticket, TicketId
from tests.helpers.model.clocks import WHATEVER_WAS_ADDED
from tests.helpers.model.table import ASSIGNABLE, LEGAL, TRANSFERABLE
from tests.stateful.office import HOUR, Cast
from tests.stateful.world import Call, World

# In one order: a set's own differs from process to process, and a seed must repeat a run.
CELLS = sorted(LEGAL)
# Times move on by so much at most, but for the few jumps to the end of a dispute.
HORIZON = 30 * HOUR


class Proposals:
    """Proposes calls; None where nobody can make one now."""

    def __init__(self, world: World, cast: Cast, rng: Random) -> None:
        self._world, self._model, self._cast, self._rng = world, world.model, cast, rng
        self.opened: list[Call] = []

    # ---------------------------------------------------------------------------------------------- opening

    def open(self) -> Call | None:
        """A customer opens where he may."""
        lanes = [each for each in self._open_lanes() if not self._model.lanes[each].terms.claims]
        if not lanes:
            return None
        lane = self._lively(lanes)
        gated = self._model.lanes[lane].terms.gated
        caller = self._rng.choice(self._cast.intakes if gated else self._cast.customers)
        call = Call(caller, "open", {"lane": lane, "entry": self.entry()}, self.when())
        self.opened.append(call)
        return call

    def open_as_module(self) -> Call | None:
        """A module opens for a customer, claims lanes first."""
        lanes = self._open_lanes()
        claims = [each for each in lanes if self._model.lanes[each].terms.claims]
        if not lanes:
            return None
        lane = self._rng.choice(claims if claims and self._rng.random() < 0.7 else lanes)
        customer = self._rng.choice(self._cast.customers)
        args = {"lane": lane, "customer": customer, "entry": self.entry()}
        return Call(self._rng.choice(self._cast.modules), "openAsModule", args, self.when())

    def _lively(self, lanes: list[int]) -> int:
        """Rather a lane with short windows: there more happens in a time."""
        some = self._rng.choices(lanes, k=2)
        return min(some, key=lambda each: self._model.lanes[each].terms.resolve)

    def _open_lanes(self) -> list[int]:
        return [number for number, each in self._model.lanes.items() if not each.closed]

    # ------------------------------------------------------------------------------------------- on tickets

    def take(self) -> Call | None:
        """The next in some lane's line is taken."""
        lines = [each for each in self._model.lanes.values() if each.waiting]
        if not lines:
            return None
        lane = self._rng.choice(lines)
        turn = lane.next_in_line()
        waiting = self.tickets(
            [Status.NEW], lambda each: each.seat == turn and self._model.lanes[each.lane] is lane
        )
        return self._take(waiting[0])

    def _take(self, ticket_id: TicketId) -> Call | None:
        certificate = self.certificate(self._model.tickets[ticket_id])
        if certificate is None:
            return None
        args = {"ticketId": ticket_id, "certificateId": certificate, "entry": self.entry()}
        return Call(self._model.certificates.by_id[certificate].agent, "take", args, self.when())

    def cell(self, kind: Kind, before: Status, to: Status) -> Call | None:
        """A move by some person of this kind."""
        candidates = self.tickets([before], lambda each: self._fits(each, kind, to))
        return self.move(self._rng.choice(candidates), kind, to) if candidates else None

    def _fits(self, ticket: Ticket, kind: Kind, to: Status) -> bool:
        claims = self._model.lanes[ticket.lane].terms.claims
        if claims and kind != Kind.MODULE and to in (Status.RESOLVED, Status.REJECTED):
            return False
        objects = ticket.status in (Status.RESOLVED, Status.REJECTED) and to != Status.CLOSED
        if objects and ticket.overdue(self._world.now):
            return False
        return any(self._actors(ticket, kind))

    def _actors(self, ticket: Ticket, kind: Kind) -> list[Address]:
        if kind == Kind.CUSTOMER:
            return [ticket.customer]
        if kind == Kind.MODULE:
            return [each for each in self._cast.modules if each != ticket.customer]
        held = self._model.certificates.by_id.get(ticket.agent_seat())
        pool = [held.agent] if held else []
        if kind == Kind.SUPERVISOR:
            pool = self._cast.supervisors
        elif kind == Kind.ANYONE:
            pool = [each for each in self._cast.everybody if each not in pool]
        return [each for each in pool if self._model.kind_of(each, ticket, self._world.now) == kind]

    def move(self, ticket_id: TicketId, kind: Kind, to: Status) -> Call | None:
        """A given ticket is moved by some person of this kind."""
        ticket = self._model.tickets[ticket_id]
        actors = self._actors(ticket, kind)
        if not actors:
            return None
        at = self.when(ticket)
        if ticket.status in (Status.RESOLVED, Status.REJECTED) and to != Status.CLOSED:
            at = max(self._world.now, min(at, 60 * ticket.due_at))
        args = {"ticketId": ticket_id, "to": to, "entry": self.entry()}
        if kind == Kind.MODULE:
            return Call(self._rng.choice(actors), "moveAsModule", args, at)
        blind = kind == Kind.AGENT and self._rng.random() < 0.1
        seen = WHATEVER_WAS_ADDED if blind else ticket.acts
        return Call(self._rng.choice(actors), "move", args | {"seen": seen}, at)

    def assign(self, before: Status) -> Call | None:
        """A supervisor assigns one ticket of this state, sometimes with others, sometimes twice."""
        caller = self._rng.choice(self._cast.supervisors)
        if not self._model.holds(Role.SUPERVISOR, caller):
            return None
        first = self.tickets([before], lambda each: each.customer != caller)
        if not first:
            return None
        chosen = [self._rng.choice(first)]
        if self._rng.random() < 0.3:
            chosen += self._sample(self.tickets(ASSIGNABLE, lambda each: each.customer != caller), 2) + chosen
        return self._assignment(caller, chosen)

    def _assignment(self, caller: Address, chosen: list[TicketId]) -> Call | None:
        pairs = [(each, self.certificate(self._model.tickets[each])) for each in chosen]
        steps = [(each, certificate) for each, certificate in pairs if certificate]
        args = {
            "ticketIds": [each for each, _ in steps],
            "certificateIds": [certificate for _, certificate in steps],
            "entries": [self.entry() for _ in steps],
        }
        return Call(caller, "assign", args, self.when()) if steps else None

    def transfer(self, kind: Kind, before: Status) -> Call | None:
        """A ticket is handed to another lane with the same gate."""
        candidates = self.tickets(
            [before], lambda each: bool(self._targets(each) and self._actors(each, kind))
        )
        if not candidates:
            return None
        return self._handover(self._rng.choice(candidates), kind)

    def _handover(self, ticket_id: TicketId, kind: Kind) -> Call:
        ticket = self._model.tickets[ticket_id]
        args = {"ticketId": ticket_id, "lane": self._rng.choice(self._targets(ticket)), "entry": self.entry()}
        return Call(self._rng.choice(self._actors(ticket, kind)), "transfer", args, self.when(ticket))

    def _targets(self, ticket: Ticket) -> list[int]:
        old = self._model.lanes[ticket.lane].terms
        return [
            number
            for number, each in self._model.lanes.items()
            if number != ticket.lane
            and each.terms.gated == old.gated
            and each.terms.confirm >= old.confirm
            and not (old.claims or each.terms.claims)
        ]

    def rate(self, status: Status) -> Call | None:
        """A customer rates."""
        candidates = self.tickets([status], lambda each: bool(each.seat and not each.rating))
        if not candidates:
            return None
        return self._rating(self._rng.choice(candidates))

    def _rating(self, ticket_id: TicketId) -> Call:
        args = {"ticketId": ticket_id, "score": self._rng.randint(1, 5), "entry": self.entry()}
        return Call(self._model.tickets[ticket_id].customer, "rate", args, self.when())

    def expire(self, before: Status, horizon: int = HORIZON) -> Call | None:
        """Anyone expires the next ticket of this state to be overdue, with others that may not be."""
        limit = self._world.now + horizon
        candidates = self.tickets([before], lambda each: 0 < 60 * each.due_at < limit)
        if not candidates:
            return None
        soonest = min(self._sample(candidates, 4), key=lambda each: self._model.tickets[each].due_at)
        at = max(
            self._world.now, 60 * self._model.tickets[soonest].due_at + self._rng.choice((1, 1, 2, 60, 90))
        )
        others = self._sample(list(self._model.tickets), self._rng.choice((0, 0, 1, 3)))
        ids = [soonest, *others, *self._sample([soonest, self.entry()], self._rng.choice((0, 0, 1, 2)))]
        self._rng.shuffle(ids)
        return Call(self._rng.choice(self._cast.everybody), "expire", {"ticketIds": ids}, at)

    def on(self, ticket_id: TicketId) -> list[Call]:
        """Whatever the table lets happen to this ticket now; their times are the caller's to choose."""
        ticket = self._model.tickets[ticket_id]
        calls = [
            self.move(ticket_id, kind, to)
            for kind, before, to in CELLS
            if before == ticket.status and kind != Kind.ANYONE and self._fits(ticket, kind, to)
        ]
        if ticket.status in (Status.RESOLVED, Status.CLOSED) and ticket.seat and not ticket.rating:
            calls.append(self._rating(ticket_id))
        if ticket.due_at:
            calls.append(
                Call(
                    self._rng.choice(self._cast.everybody), "expire", {"ticketIds": [ticket_id]}, self.when()
                )
            )
        for kind, states in TRANSFERABLE.items():
            if ticket.status in states and self._targets(ticket) and self._actors(ticket, kind):
                calls.append(self._handover(ticket_id, kind))
        supervisors = self._actors(ticket, Kind.SUPERVISOR)
        if ticket.status in ASSIGNABLE and supervisors:
            calls.append(self._assignment(self._rng.choice(supervisors), [ticket_id]))
        return [each for each in calls if each]

    # ------------------------------------------------------------------------------------------------ choices

    def tickets(
        self, statuses: Iterable[Status], fits: Callable[[Ticket], bool] = lambda _: True
    ) -> list[TicketId]:
        """Tickets in one of these states that fit."""
        wanted = set(statuses)
        return [
            number for number, each in self._model.tickets.items() if each.status in wanted and fits(each)
        ]

    def certificate(self, ticket: Ticket) -> int | None:
        """One that admits its holder to the ticket."""
        terms = self._model.lanes[ticket.lane].terms
        fit = [
            number
            for number, each in self._model.certificates.by_id.items()
            if each.valid(self._world.now)
            and each.program == terms.program
            and each.level >= terms.level
            and each.agent != ticket.customer
        ]
        return self._rng.choice(fit) if fit else None

    def entry(self) -> bytes:
        """A new entry."""
        return self._rng.randbytes(32)

    def when(self, ticket: Ticket | None = None) -> int:
        """Soon; now and then at a minute's edge, or at the end of the ticket's clock."""
        now, chance = self._world.now, self._rng.random()
        if chance < 0.8:
            return now + self._rng.randint(0, 12)
        edge = self._rng.choice((-1, 0, 1))
        if chance < 0.95 or ticket is None:
            return now + 60 - now % 60 + edge
        return max(now, min(60 * ticket.due_at + edge, now + HOUR))

    def _sample(self, items: list[TicketId], number: int) -> list[TicketId]:
        return self._rng.sample(items, min(number, len(items)))
