"""Promises checked on what the chain said alone: on its events, without the model's judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.helpers.model import Event, Kind, Lane, Status, Ticket, TicketId
from tests.helpers.model.table import WORKING
from tests.helpers.model.tree import Log


@dataclass
class _Life:
    """What was seen of one ticket; times in seconds."""

    ticket: Ticket
    time: int
    leaves: int = 1
    planted: int = 0
    allowed: int = 0
    worked: int = 0


class Watch:
    """Sees every act of a desk as its event tells it."""

    def __init__(self, lanes: Mapping[int, Lane]) -> None:
        # Only their terms, which never change, are read.
        self._lanes = lanes
        self._lives: dict[TicketId, _Life] = {}
        self._logs: dict[int, Log] = {}
        self._waiting: dict[int, dict[int, TicketId]] = {}

    def log(self, lane: int) -> Log:
        """The lane's log as its events rebuild it."""
        return self._logs.setdefault(lane, Log())

    def planted(self, ticket_id: TicketId, acts: int) -> None:
        """Allows for acts that a test wrote past the contract."""
        self._lives[ticket_id].planted += acts

    def see(self, act: Event) -> None:
        """Checks one act. Raises AssertionError when a promise is broken."""
        log = self.log(act.lane)
        assert act.position == len(log), f"leaf {act.position} after {len(log)} leaves"
        log.append(act.leaf())
        after = Ticket.read(act.word)
        line = self._waiting.setdefault(act.lane, {})
        life = self._lives.get(act.ticket_id)
        if life is None:
            assert after.status == Status.NEW and after.acts == 1, "a ticket's first act is not its opening"
            line[after.seat] = act.ticket_id
            self._lives[act.ticket_id] = _Life(after, act.time)
            return
        before = life.ticket
        if before.status == Status.NEW and after.status != Status.NEW:
            if act.kind == Kind.AGENT:
                assert before.seat == min(line), f"turn {before.seat} was taken before turn {min(line)}"
            del line[before.seat]
        life.leaves += 1
        self._check_time(life, after, act)
        life.ticket, life.time = after, act.time

    def check(self, tickets: Mapping[TicketId, Ticket]) -> None:
        """Every ticket has as many leaves as it counts acts."""
        assert self._lives.keys() == tickets.keys()
        for ticket_id, life in self._lives.items():
            assert tickets[ticket_id].acts == life.leaves + life.planted, ticket_id.hex()

    def _check_time(self, life: _Life, after: Ticket, act: Event) -> None:
        """The desk's time until the breach is what was promised, plus what customers and disputes granted."""
        before = life.ticket
        assert after.breached or not before.breached, "a breach was erased"
        if before.breached:
            return
        terms = self._lanes[after.lane].terms
        if before.status == Status.NEW and after.status != Status.NEW:
            life.allowed = 60 * terms.resolve
        if before.status in WORKING:
            # A breach ends the count at the clock's end, from which on anybody could have called it.
            until = 60 * before.due_at if after.breached else act.time
            life.worked += max(0, until - life.time)
            assert life.worked <= life.allowed, f"{life.worked} s of work in {life.allowed} s, unbreached"
        elif after.status in WORKING:
            objected = act.kind == Kind.CUSTOMER and before.status in (Status.RESOLVED, Status.REJECTED)
            if objected or before.status == Status.DISPUTED:
                life.allowed += 60 * max(0, terms.respond - before.budget)
