"""What chance does not reach: a ticket padded act by act, a line that many left, every lane, the end."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from tests.helpers.model import Address, Kind, LaneTerms, Role, Standing, Status, TicketId
from tests.helpers.model.clocks import MOST_ACTS, MOST_ACTS_IN_NEW, MOST_ACTS_STAYING
from tests.helpers.model.lanes import MOST_LANES
from tests.helpers.model.table import WORKING
from tests.stateful.office import TOP_LEVEL, Office
from tests.stateful.tally import ILLEGAL
from tests.stateful.world import Call, World

BATCH = 40
MOST_ROUNDS = 8
# How a ticket that was taken comes into each state.
_PATHS: dict[Status, list[tuple[Kind, Status]]] = {
    Status.OPEN: [],
    Status.WAITING: [(Kind.AGENT, Status.WAITING)],
    Status.ON_HOLD: [(Kind.AGENT, Status.ON_HOLD)],
    Status.RESOLVED: [(Kind.AGENT, Status.RESOLVED)],
    Status.REJECTED: [(Kind.AGENT, Status.REJECTED)],
    Status.ESCALATED: [(Kind.AGENT, Status.ESCALATED)],
    Status.DISPUTED: [(Kind.AGENT, Status.RESOLVED), (Kind.MODULE, Status.DISPUTED)],
    Status.CLOSED: [(Kind.CUSTOMER, Status.CLOSED)],
    Status.NEW: [],
}


class Stories:
    """Plays them, each call in both worlds."""

    def __init__(self, world: World, office: Office, rng: Random) -> None:
        self._world, self._model, self._office, self._rng = world, world.model, office, rng
        people = world.people
        self._customer, self._agent = people.customer.address, people.agent.address
        self._supervisor = people.supervisor.address
        self._who = {
            Kind.CUSTOMER: self._customer,
            Kind.AGENT: self._agent,
            Kind.SUPERVISOR: self._supervisor,
            Kind.MODULE: people.module.address,
            Kind.ANYONE: people.stranger.address,
        }

    def try_what_nobody_may(self) -> None:
        """In every state everybody tries every move that the table does not have."""
        lane = self._quiet_lane()
        for state in _PATHS:
            ticket_id = self._in(state, lane)
            for kind, before, to in ILLEGAL:
                if before == state:
                    assert not self._move(self._who[kind], ticket_id, to, as_module=kind == Kind.MODULE)

    def miss_every_clock(self) -> None:
        """In every state with a clock of the desk's every function that can records the breach."""
        lane, other = self._quiet_lane(), self._quiet_lane()
        for state in (Status.NEW, *sorted(WORKING)):
            for function in ("expire", "move", "moveAsModule", "assign", "transfer", "take"):
                if function == "take" and state != Status.NEW:
                    continue
                ticket_id = self._in(state, lane)
                ticket = self._model.tickets[ticket_id]
                self._world.now = 60 * ticket.due_at + 1
                assert self._record(function, ticket_id, other) and ticket.breached
                if ticket.status == Status.NEW:
                    assert self._move(self._customer, ticket_id, Status.CLOSED)

    def _record(self, function: str, ticket_id: TicketId, other: int) -> bool:
        one, entry = {"ticketId": ticket_id}, {"entry": self._entry()}
        certificate = self._certificate()
        match function:
            case "expire":
                return self._call(self._customer, function, ticketIds=[ticket_id])
            case "move":
                return self._move(self._customer, ticket_id, self._model.tickets[ticket_id].status)
            case "moveAsModule":
                return self._move(self._who[Kind.MODULE], ticket_id, Status.REJECTED, as_module=True)
            case "transfer":
                return self._call(self._supervisor, function, **one, lane=other, **entry)
            case "take":
                return self._take(ticket_id, certificate)
        lists = {"ticketIds": [ticket_id], "certificateIds": [certificate], "entries": [entry["entry"]]}
        return self._call(self._supervisor, function, **lists)

    def _in(self, state: Status, lane: int) -> TicketId:
        """A new ticket, taken and brought into a state."""
        ticket_id = self._open(lane)
        if state != Status.NEW:
            assert self._take(ticket_id, self._certificate())
        for kind, to in _PATHS[state]:
            assert self._move(self._who[kind], ticket_id, to, as_module=kind == Kind.MODULE)
        return ticket_id

    def pad(self) -> None:
        """One ticket padded for real to every limit, by whoever may, and ended all the same."""
        lane, certificate = self._quiet_lane(), self._certificate()
        ticket_id = self._open(lane)
        ticket = self._model.tickets[ticket_id]
        while ticket.acts < MOST_ACTS_IN_NEW:
            assert self._move(self._customer, ticket_id, Status.NEW)
        assert not self._move(self._customer, ticket_id, Status.NEW)
        self._count("padded by real acts to 50")
        assert self._take(ticket_id, certificate)
        while ticket.acts < MOST_ACTS_STAYING:
            who = self._rng.choice((self._customer, self._agent, self._supervisor))
            assert self._move(who, ticket_id, Status.OPEN)
        for who in (self._customer, self._agent, self._supervisor):
            assert not self._move(who, ticket_id, Status.OPEN)
        self._count("padded by real acts to 900")
        while ticket.acts < MOST_ACTS:
            waits = ticket.status == Status.OPEN
            to = Status.WAITING if waits else Status.OPEN
            assert self._move(self._agent if waits else self._customer, ticket_id, to)
        for kind, who in ((Kind.CUSTOMER, self._customer), (Kind.SUPERVISOR, self._supervisor)):
            assert self._model.kind_of(who, ticket, self._world.now) == kind
            assert not self._move(who, ticket_id, Status.OPEN)
        self._count("padded by real acts to 1000")
        self._expire([ticket_id], 60 * ticket.due_at + 1)
        assert ticket.status == Status.CLOSED

    def leave_the_line(self, departures: int) -> None:
        """Between one waiting ticket and the next many leave the line, more than one `take` reads past."""
        lane, certificate = self._quiet_lane(), self._certificate()
        first = self._open(lane)
        self._world.glancing = True
        for _ in range(departures):
            self._move(self._customer, self._open(lane), Status.CLOSED)
        self._world.glancing = False
        last = self._open(lane)
        line = self._model.lanes[lane]
        assert not self._take(last, certificate)
        assert self._take(first, certificate)
        assert line.next_in_line() == departures + 2
        while not self._take(last, certificate):
            served = line.served
            self._call(self._customer, "skip", lane=lane, words=self._rng.choice((1, 2, 16)))
            assert line.served > served
        self._world.compare_all()

    def fill_the_desk(self) -> None:
        """Every lane a desk can have, and one more."""
        terms = LaneTerms(1, 1, 1, 1, 0, False, False)
        while len(self._model.lanes) < MOST_LANES:
            assert self._office.edit("createLane", config=terms)
        assert not self._office.edit("createLane", config=terms)
        assert self._open(MOST_LANES)
        self._world.compare_all()

    def end_everything(self) -> None:
        """Everybody in office is gone; strangers, customers and successors end every ticket there is."""
        self._dismiss_everybody()
        for _ in range(MOST_ROUNDS):
            alive = [each for each, ticket in self._model.tickets.items() if ticket.status != Status.CLOSED]
            if not alive:
                break
            self._let_clocks_end(alive)
            for ticket_id in alive:
                if self._model.tickets[ticket_id].status == Status.ESCALATED:
                    self._end_escalated(ticket_id)
        left = [ticket for ticket in self._model.tickets.values() if ticket.status != Status.CLOSED]
        assert not left, f"{len(left)} tickets that nothing ends: {left[:3]}"

    def _dismiss_everybody(self) -> None:
        for role in (Role.SUPERVISOR, Role.MODULE):
            for address in sorted(self._model.members[role]):
                self._office.revoke(role, address)
        for number, each in self._model.certificates.by_id.items():
            if each.standing == Standing.ACTIVE:
                self._office.suspend(number)
        # Whoever the organisation is by then appoints somebody who was nobody before.
        self._new_supervisor = self._world.people.stranger.address
        self._new_module = self._world.people.certifier.address
        self._office.grant(Role.SUPERVISOR, self._new_supervisor)
        self._office.grant(Role.MODULE, self._new_module)

    def _let_clocks_end(self, alive: Sequence[TicketId]) -> None:
        due = {each: self._model.tickets[each].due_at for each in alive if self._model.tickets[each].due_at}
        if due:
            self._expire(list(due), 60 * max(due.values()) + 1)

    def _end_escalated(self, ticket_id: TicketId) -> None:
        """Breached, so that no clock runs: a customer, a supervisor or a module can always end it."""
        ticket = self._model.tickets[ticket_id]
        ways = [(ticket.customer, Kind.CUSTOMER, Status.CLOSED)]
        if self._new_module != ticket.customer:
            ways.append((self._new_module, Kind.MODULE, Status.REJECTED))
        if not self._model.lanes[ticket.lane].terms.claims and self._new_supervisor != ticket.customer:
            ways.append((self._new_supervisor, Kind.SUPERVISOR, Status.REJECTED))
        who, kind, to = self._rng.choice(ways)
        assert self._move(who, ticket_id, to, as_module=kind == Kind.MODULE)
        self._world.tally.count("end", f"{kind.name} ESCALATED -> {to.name}")

    # -------------------------------------------------------------------------------------------- single acts

    def _call(self, caller: Address, function: str, **args: Any) -> bool:
        return self._world.call(Call(caller, function, args, self._world.now))

    def _open(self, lane: int) -> TicketId:
        assert self._call(self._customer, "open", lane=lane, entry=self._entry())
        return next(reversed(self._model.tickets))

    def _take(self, ticket_id: TicketId, certificate: int) -> bool:
        return self._call(
            self._agent, "take", ticketId=ticket_id, certificateId=certificate, entry=self._entry()
        )

    def _move(self, caller: Address, ticket_id: TicketId, to: Status, *, as_module: bool = False) -> bool:
        seen = {} if as_module else {"seen": self._model.tickets[ticket_id].acts}
        function = "moveAsModule" if as_module else "move"
        return self._call(caller, function, ticketId=ticket_id, to=to, entry=self._entry(), **seen)

    def _expire(self, ticket_ids: Sequence[TicketId], at: int) -> None:
        for start in range(0, len(ticket_ids), BATCH):
            batch = list(ticket_ids[start : start + BATCH])
            caller = self._rng.choice(self._office.cast.everybody)
            assert self._world.call(Call(caller, "expire", {"ticketIds": batch}, max(at, self._world.now)))
            self._world.tally.count("end", "expired", len(batch))

    def _entry(self) -> bytes:
        return self._rng.randbytes(32)

    def _count(self, label: str) -> None:
        self._world.tally.count("limit", label)

    def _quiet_lane(self) -> int:
        assert self._office.edit("createLane", config=LaneTerms(60, 600, 60, 1, 0, False, False))
        return len(self._model.lanes)

    def _certificate(self) -> int:
        self._office.examine(self._agent, 1, TOP_LEVEL)
        return self._model.certificates.live(self._agent, 1)
