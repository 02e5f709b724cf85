"""The desk's acts on tickets: each is refused with every reason that holds, or done and logged.

`now` is seconds. Numbers in comments are those of docs/adr/0004.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from tests.helpers.model import clocks
from tests.helpers.model.certificates import Certificates
from tests.helpers.model.lanes import Lanes
from tests.helpers.model.table import ASSIGNABLE, LEGAL, TRANSFERABLE, Kind, Status
from tests.helpers.model.things import (
    NO_ENTRY,
    NOBODY,
    Address,
    Entry,
    Event,
    ForbiddenError,
    LaneTerms,
    Refusal,
    Role,
    Ticket,
    TicketId,
    ticket_id_of,
)

_OVERDUE_BECOMES = {
    Status.NEW: Status.ESCALATED,
    Status.OPEN: Status.ESCALATED,
    Status.ON_HOLD: Status.ESCALATED,
    Status.ESCALATED: Status.ESCALATED,
    Status.WAITING: Status.RESOLVED,
    Status.RESOLVED: Status.CLOSED,
    Status.REJECTED: Status.CLOSED,
    Status.DISPUTED: Status.ESCALATED,
}
_OBJECTIONS = frozenset({Status.OPEN, Status.ESCALATED, Status.DISPUTED})


class Desk(Lanes):
    """One desk: its lanes and tickets, and who may act."""

    def __init__(self, certificates: Certificates) -> None:
        super().__init__(certificates)
        self.tickets: dict[TicketId, Ticket] = {}
        self.scores: dict[int, tuple[int, int]] = {}

    # ------------------------------------------------------------------------------------------------ acts

    def open(self, caller: Address, now: int, lane: int, entry: Entry) -> list[Event]:
        """A customer opens a ticket."""
        reasons = self._not_opening(lane, entry)
        known = self.lanes.get(lane)
        if known and (known.terms.claims or (known.terms.gated and not self.holds(Role.INTAKE, caller))):
            reasons.append(Refusal("LaneGated", (lane,)))
        return self._open(now, lane, caller, entry, caller, Kind.CUSTOMER, reasons)

    def open_as_module(
        self, caller: Address, now: int, lane: int, customer: Address, entry: Entry
    ) -> list[Event]:
        """A module opens a ticket for a customer, whatever the lane's gate."""
        reasons = self._not_opening(lane, entry) + self._without(Role.MODULE, caller)
        if customer == NOBODY:
            reasons.append(Refusal("EmptyCustomer"))
        return self._open(now, lane, customer, entry, caller, Kind.MODULE, reasons)

    def take(
        self, caller: Address, now: int, ticket_id: TicketId, certificate: int, entry: Entry
    ) -> list[Event]:
        """An agent takes the next in line."""
        ticket, reasons = self._known(ticket_id, entry)
        if ticket.status != Status.NEW:
            reasons.append(Refusal("IllegalMove", (ticket.status, Status.OPEN, Kind.AGENT)))
        else:
            lane = self.lanes[ticket.lane]
            if ticket.seat != lane.next_in_line():
                reasons.append(Refusal("OutOfTurn", (ticket.seat, lane.next_in_line())))
            if self.words_before_next(ticket.lane) > clocks.WORDS_READ_BY_TAKE:
                reasons.append(Refusal("SkipFirst", (ticket.lane,)))
        reasons += self._unfit(certificate, ticket_id, ticket, now, caller)
        if clocks.too_many(ticket, Status.OPEN, Kind.AGENT):
            reasons.append(Refusal("TooManyActs", (ticket.acts,)))
        self._unless(reasons)
        self.lanes[ticket.lane].served = ticket.seat
        return [self._act(now, ticket_id, Status.OPEN, caller, Kind.AGENT, entry, certificate=certificate)]

    def move(
        self, caller: Address, now: int, ticket_id: TicketId, to: Status, entry: Entry, seen: int
    ) -> list[Event]:
        """The customer, the agent or a supervisor moves a ticket or adds to it."""
        ticket, reasons = self._known(ticket_id, entry)
        kind = self.kind_of(caller, ticket, now)
        if seen != ticket.acts and not (kind == Kind.AGENT and seen == clocks.WHATEVER_WAS_ADDED):
            reasons.append(Refusal("StaleTicket", (seen, ticket.acts)))
        if kind == Kind.ANYONE and self._holds_seat(caller, ticket):
            reasons.append(Refusal("CertificateNotValid", (ticket.seat,)))
        else:
            reasons += self._illegal(ticket, to, kind, now)
        if to in (Status.RESOLVED, Status.REJECTED) and self.lanes[ticket.lane].terms.claims:
            reasons.append(Refusal("ClaimsLane", (ticket.lane,)))
        self._unless(reasons)
        return [self._act(now, ticket_id, self._outcome(ticket, to, kind), caller, kind, entry)]

    def move_as_module(
        self, caller: Address, now: int, ticket_id: TicketId, to: Status, entry: Entry
    ) -> list[Event]:
        """A module moves a ticket."""
        ticket, reasons = self._known(ticket_id, entry, *self._without(Role.MODULE, caller))
        if caller == ticket.customer:
            reasons.append(Refusal("IllegalMove", (ticket.status, to, Kind.CUSTOMER)))
        reasons += self._illegal(ticket, to, Kind.MODULE, now)
        self._unless(reasons)
        after = self._outcome(ticket, to, Kind.MODULE)
        return [self._act(now, ticket_id, after, caller, Kind.MODULE, entry)]

    def rate(self, caller: Address, now: int, ticket_id: TicketId, score: int, entry: Entry) -> list[Event]:
        """The customer rates his ticket, once."""
        early = [] if 1 <= score <= 5 else [Refusal("InvalidScore", (score,))]
        ticket, reasons = self._known(ticket_id, entry, *early)
        if caller != ticket.customer:
            reasons.append(Refusal("NotCustomer", (ticket_id, caller)))
        over = ticket.status in (Status.RESOLVED, Status.CLOSED)
        if not over or ticket.rating or not ticket.seat:
            reasons.append(Refusal("NotRateable", (ticket_id,)))
        self._unless(reasons)
        ticket.rating = score
        if self.lanes[ticket.lane].terms.gated:
            total, count = self.scores.get(ticket.seat, (0, 0))
            self.scores[ticket.seat] = total + score, count + 1
        ticket.acts += 1
        return [self._log(now, ticket_id, ticket.lane, caller, Kind.CUSTOMER, entry)]

    def assign(
        self,
        caller: Address,
        now: int,
        ticket_ids: Sequence[TicketId],
        certificates: Sequence[int],
        entries: Sequence[Entry],
    ) -> list[Event]:
        """A supervisor gives tickets to agents; all or nothing (18)."""
        reasons = self._without(Role.SUPERVISOR, caller)
        if not len(ticket_ids) == len(certificates) == len(entries):
            reasons.append(Refusal("LengthMismatch"))
        self._unless(reasons)
        steps = list(zip(ticket_ids, certificates, entries, strict=True))
        # Judged on copies first: what is refused must leave nothing behind.
        trial = {each: copy(self.tickets[each]) for each in ticket_ids if each in self.tickets}
        for ticket_id, certificate, entry in steps:
            ticket, reasons = self._known(ticket_id, entry, among=trial)
            if ticket.status not in ASSIGNABLE:
                reasons.append(Refusal("IllegalMove", (ticket.status, Status.OPEN, Kind.SUPERVISOR)))
            if caller == ticket.customer:
                reasons.append(Refusal("IllegalMove", (ticket.status, Status.OPEN, Kind.CUSTOMER)))
            reasons += self._unfit(certificate, ticket_id, ticket, now)
            if clocks.too_many(ticket, Status.OPEN, Kind.SUPERVISOR):
                reasons.append(Refusal("TooManyActs", (ticket.acts,)))
            self._unless(reasons)
            ticket.status, ticket.acts = Status.OPEN, ticket.acts + 1
        return [
            self._act(now, ticket_id, Status.OPEN, caller, Kind.SUPERVISOR, entry, certificate=certificate)
            for ticket_id, certificate, entry in steps
        ]

    def transfer(
        self, caller: Address, now: int, ticket_id: TicketId, lane: int, entry: Entry
    ) -> list[Event]:
        """The agent or a supervisor hands a ticket to another lane, where it is Escalated (3, 21)."""
        early = [] if lane in self.lanes else [Refusal("UnknownLane", (lane,))]
        ticket, reasons = self._known(ticket_id, entry, *early)
        kinds = [self.kind_of(caller, ticket, now)]
        if kinds == [Kind.AGENT] and self.holds(Role.SUPERVISOR, caller):
            kinds.append(Kind.SUPERVISOR)
        able = [each for each in kinds if ticket.status in TRANSFERABLE.get(each, ())]
        kind = (able or kinds)[0]
        if kind == Kind.ANYONE and self._holds_seat(caller, ticket):
            reasons.append(Refusal("CertificateNotValid", (ticket.seat,)))
        elif not able:
            reasons += [Refusal("IllegalMove", (ticket.status, Status.ESCALATED, each)) for each in kinds]
        old, new = self.lanes[ticket.lane].terms, self.lanes.get(lane)
        if old.claims:
            reasons.append(Refusal("ClaimsLane", (ticket.lane,)))
        if new and new.terms.claims:
            reasons.append(Refusal("ClaimsLane", (lane,)))
        shorter = new and new.terms.confirm < old.confirm
        if new and (new.terms.gated != old.gated or lane == ticket.lane or shorter):
            reasons.append(Refusal("NoTransfer", (ticket.lane, lane)))
        if clocks.too_many(ticket, Status.ESCALATED, kind):
            reasons.append(Refusal("TooManyActs", (ticket.acts,)))
        self._unless(reasons)
        return [self._act(now, ticket_id, Status.ESCALATED, caller, kind, entry, lane=lane)]

    def expire(self, caller: Address, now: int, ticket_ids: Sequence[TicketId]) -> list[Event]:
        """Anyone does with overdue tickets what their clocks say; others are skipped (17)."""
        done = []
        for ticket_id in ticket_ids:
            ticket = self.tickets.get(ticket_id)
            if ticket and ticket.overdue(now):
                ended = ticket.acts >= clocks.MOST_ACTS
                after = Status.CLOSED if ended else _OVERDUE_BECOMES[ticket.status]
                done.append(self._act(now, ticket_id, after, caller, Kind.ANYONE, NO_ENTRY))
        if not done:
            raise ForbiddenError(Refusal("NothingOverdue"))
        return done

    # --------------------------------------------------------------------------------------------- judging

    def kind_of(self, caller: Address, ticket: Ticket, now: int) -> Kind:
        """As whom somebody acts on a ticket: the first that fits (1)."""
        if caller == ticket.customer:
            return Kind.CUSTOMER
        if self._holds_seat(caller, ticket) and self.certificates.valid(ticket.seat, now):
            return Kind.AGENT
        if self.holds(Role.SUPERVISOR, caller):
            return Kind.SUPERVISOR
        return Kind.ANYONE

    def _holds_seat(self, caller: Address, ticket: Ticket) -> bool:
        held = self.certificates.by_id.get(ticket.agent_seat())
        return held is not None and held.agent == caller

    def _known(
        self,
        ticket_id: TicketId,
        entry: Entry,
        *early: Refusal,
        among: dict[TicketId, Ticket] | None = None,
    ) -> tuple[Ticket, list[Refusal]]:
        """The ticket and the reasons found so far; refuses at once where there is no ticket to judge by."""
        reasons = [*early, *self._empty(entry)]
        ticket = (self.tickets if among is None else among).get(ticket_id)
        if ticket is None:
            raise ForbiddenError(*reasons, Refusal("UnknownTicket", (ticket_id,)))
        return ticket, reasons

    def _illegal(self, ticket: Ticket, to: Status, kind: Kind, now: int) -> list[Refusal]:
        """Why the table, the objection window (13) or the limits forbid a move."""
        reasons = []
        if (kind, ticket.status, to) not in LEGAL or kind == Kind.ANYONE:
            reasons.append(Refusal("IllegalMove", (ticket.status, to, kind)))
        objects = ticket.status in (Status.RESOLVED, Status.REJECTED) and to in _OBJECTIONS
        if objects and ticket.overdue(now):
            reasons.append(Refusal("ObjectionWindowOver", (ticket.due_at,)))
        if clocks.too_many(ticket, self._outcome(ticket, to, kind), kind):
            reasons.append(Refusal("TooManyActs", (ticket.acts,)))
        return reasons

    def _unfit(
        self, certificate: int, ticket_id: TicketId, ticket: Ticket, now: int, holder: Address | None = None
    ) -> list[Refusal]:
        """Why a certificate does not admit to a ticket; `holder` must have it, None for anybody."""
        known, terms = self.certificates.by_id.get(certificate), self.lanes[ticket.lane].terms
        reasons = []
        if known is None or not known.valid(now) or holder not in (None, known.agent):
            reasons.append(Refusal("CertificateNotValid", (certificate,)))
        if known and (known.program != terms.program or known.level < terms.level):
            reasons.append(Refusal("NotQualified", (certificate, known.program, known.level)))
        if ticket.customer in (holder, known and known.agent):
            reasons.append(Refusal("OwnTicket", (ticket_id,)))
        return reasons

    def _outcome(self, ticket: Ticket, to: Status, kind: Kind) -> Status:
        """Where asking for `to` leads: (11), and a ruling on a padded ticket closes it (16)."""
        reopens = kind == Kind.MODULE and ticket.status == Status.DISPUTED and to == Status.OPEN
        if reopens and ticket.acts >= clocks.MOST_ACTS:
            return Status.CLOSED
        return Status.ESCALATED if to == Status.OPEN and not ticket.agent_seat() else to

    # ---------------------------------------------------------------------------------------------- doing

    def _open(
        self,
        now: int,
        lane: int,
        customer: Address,
        entry: Entry,
        actor: Address,
        kind: Kind,
        reasons: list[Refusal],
    ) -> list[Event]:
        ticket_id = ticket_id_of(customer, entry)
        if ticket_id in self.tickets:
            reasons.append(Refusal("TicketExists", (ticket_id,)))
        self._unless(reasons)
        due_at = clocks.floor_minute(now) + self.lanes[lane].terms.respond
        self.tickets[ticket_id] = Ticket(customer, Status.NEW, lane, self.queue_up(lane), due_at)
        return [self._log(now, ticket_id, lane, actor, kind, entry)]

    def _act(
        self,
        now: int,
        ticket_id: TicketId,
        after: Status,
        actor: Address,
        kind: Kind,
        entry: Entry,
        *,
        certificate: int = 0,
        lane: int = 0,
    ) -> Event:
        """One judged act, in the order of (5); `certificate` seats an agent, `lane` transfers."""
        ticket = self.tickets[ticket_id]
        logged_in = ticket.lane
        ticket.breached |= clocks.breaches(ticket, now)
        terms: LaneTerms = self.lanes[lane or ticket.lane].terms
        clock = clocks.clock_after(ticket, after, terms, now, kind, seated=bool(certificate))
        if ticket.status == Status.NEW and after != Status.NEW:
            self.lanes[ticket.lane].waiting.remove(ticket.seat)
            ticket.seat = 0
        if certificate or lane:
            ticket.seat = certificate
        ticket.status, (ticket.due_at, ticket.budget) = after, clock
        ticket.lane = lane or ticket.lane
        ticket.acts += 1
        return self._log(now, ticket_id, logged_in, actor, kind, entry)

    def _log(
        self, now: int, ticket_id: TicketId, lane: int, actor: Address, kind: Kind, entry: Entry
    ) -> Event:
        log = self.lanes[lane].log
        event = Event(ticket_id, lane, actor, kind, self.tickets[ticket_id].word(), entry, len(log), now)
        log.append(event.leaf())
        return event
