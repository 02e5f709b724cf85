"""Chooses what happens next: what was reached least is tried first, good calls beside spoilt ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

from tests.helpers.model import Kind, Role, Status, TicketId
from tests.helpers.model.table import ASSIGNABLE, ENDING, STOPPED, TRANSFERABLE, WORKING
from tests.stateful.carrying import Carrying
from tests.stateful.faults import Faults
from tests.stateful.office import HOUR, TOP_LEVEL, Office
from tests.stateful.proposals import CELLS, Proposals
from tests.stateful.tally import EDGES, label
from tests.stateful.world import Call, World

MOST_ALIVE = 60
COMPARED_EVERY = 250
# For a dispute to end.
DAY = 24 * HOUR
HALF_A_YEAR = 185 * DAY

Proposal = Callable[[], Call | None]
_STAYING = (Status.OPEN, Status.ON_HOLD, Status.ESCALATED, Status.DISPUTED)
# Which acts a ticket is made to have seen, in which states, to meet which limit.
_PLANTED: dict[str, tuple[int, tuple[Status, ...]]] = {
    "added in NEW at 49": (49, (Status.NEW,)),
    "refused at 50": (50, (Status.NEW,)),
    "added at 899": (899, _STAYING),
    "refused at 900": (900, _STAYING),
    "moved on at 999": (999, (*_STAYING, Status.WAITING, Status.RESOLVED)),
    "refused at 1000": (1000, (*_STAYING, Status.WAITING, Status.RESOLVED, Status.REJECTED)),
    "expired into CLOSED from 1000 on": (1000, (*_STAYING, Status.WAITING)),
    "ruling closed from 1000 on": (1003, (Status.DISPUTED,)),
    "noted in CLOSED at 1021": (1021, (Status.CLOSED,)),
    "refused at 1022": (1022, (Status.CLOSED,)),
    "rated at 1022": (1022, (Status.CLOSED,)),
}


class Player:
    """Plays one run."""

    def __init__(self, world: World, office: Office, rng: Random) -> None:
        self._world, self._model, self._tally, self._rng = world, world.model, world.tally, rng
        self._office = office
        self._proposals = Proposals(world, office.cast, rng)
        self._faults = Faults(world, office.cast, self._proposals, rng)
        self._carrying = Carrying(world, office.cast, rng)
        self._goals = self._all_goals()
        self._mistakes: tuple[Proposal, ...] = (
            self._faults.late,
            self._faults.by_ended_certificate,
            self._faults.by_ended_certificate,
            self._faults.out_of_turn,
            self._faults.unrateable,
            self._faults.again,
            self._faults.serves_himself,
            self._faults.unqualified,
            self._faults.uninvited,
        )
        self._waits = 0

    def play(self, steps: int) -> None:
        """Takes so many steps; opening ends for ever shortly before the last."""
        start, compared = self._world.steps, 0
        # What changes everything comes late: half a year passes, opening ends.
        waiting, retiring = [steps * 7 // 10, steps * 8 // 10], steps * 14 // 15
        while (done := self._world.steps - start) < steps:
            if done // COMPARED_EVERY > compared:
                compared = done // COMPARED_EVERY
                self._office.keep_staffed()
                self._world.compare_all()
            if waiting and done >= waiting[0]:
                self._waits, waiting = 1, waiting[1:]
            if done >= retiring and self._model.successor is None:
                admin = self._world.people.admin.address
                self._office.edit("retire", admin, successor=self._rng.choice(self._office.cast.everybody))
            self._step()

    def _step(self) -> None:
        alive = sum(each.status != Status.CLOSED for each in self._model.tickets.values())
        chance = self._rng.random()
        if chance < 0.1 and alive < MOST_ALIVE:
            self._do(self._proposals.open())
        elif chance < 0.6:
            self._do(self._goal())
        elif chance < 0.78:
            call = self._goal()
            self._do(call and self._faults.spoil(call))
        elif chance < 0.87:
            self._do(self._rng.choice(self._mistakes)())
        elif chance < 0.88:
            self._do(self._faults.anything())
        elif chance < 0.895:
            self._batch()
        elif chance < 0.92:
            self._edges()
        elif chance < 0.93:
            self._last_second()
        elif chance < 0.96:
            self._plant()
        else:
            self._administer()

    def _do(self, call: Call | None) -> bool:
        if call is None:
            return False
        done = self._world.call(self._carrying.sometimes(call))
        ticket = self._model.tickets.get(call.args.get("ticketId", b""))
        if done and ticket and call.function == "move" and ticket.agent_seat():
            self._office.acted(ticket.seat, call.caller)
        return done

    def _batch(self) -> None:
        """Several acts in one transaction, each as though it were alone: some come too late."""
        calls = [self._goal() if self._rng.random() < 0.8 else self._proposals.open() for _ in range(8)]
        calls += [each and self._faults.spoil(each) for each in self._rng.sample(calls, 2)]
        some = self._rng.sample([each for each in calls if each], sum(each is not None for each in calls))
        if signed := self._carrying.batch(some):
            self._world.batch(signed)

    # ------------------------------------------------------------------------------------------------- goals

    def _goal(self) -> Call | None:
        labels = list(self._goals)
        weights = [(1 + self._tally.of("act", each)) ** -2 for each in labels]
        for chosen in self._rng.choices(labels, weights, k=4):
            # What nobody can do now for want of a ticket, somebody can prepare.
            if call := self._goals[chosen]() or self._feed(chosen):
                return call
        return None

    def _feed(self, wanted: str) -> Call | None:
        """An act that leads to the state from which the wanted one starts."""
        state = wanted.split(" -> ")[0].split()[-1]
        leads = [each for each in self._goals if each.endswith(f"-> {state}") and f" {state} ->" not in each]
        return self._goals[self._rng.choice(leads)]() if leads else None

    def _all_goals(self) -> dict[str, Proposal]:
        does = self._proposals
        goals: dict[str, Proposal] = {
            label("openAsModule", Kind.MODULE, Status.NONE, Status.NEW): does.open_as_module,
            label("take", Kind.AGENT, Status.NEW, Status.OPEN): does.take,
        }
        for kind, before, to in CELLS:
            if kind == Kind.ANYONE:
                goals[label("expire", kind, before, to)] = partial(does.expire, before)
            else:
                function = "moveAsModule" if kind == Kind.MODULE else "move"
                goals[label(function, kind, before, to)] = partial(does.cell, kind, before, to)
        for before in sorted(ASSIGNABLE):
            goals[label("assign", Kind.SUPERVISOR, before, Status.OPEN)] = partial(does.assign, before)
        for kind, states in TRANSFERABLE.items():
            for before in sorted(states):
                goals[label("transfer", kind, before, Status.ESCALATED)] = partial(
                    does.transfer, kind, before
                )
        for status in (Status.RESOLVED, Status.CLOSED):
            goals[label("rate", Kind.CUSTOMER, status, status)] = partial(does.rate, status)
        return goals

    # ------------------------------------------------------------------------------------- clocks and limits

    def _edges(self) -> None:
        """One ticket a second before its clock's end, at it, and a second after."""
        clocked = sorted(WORKING | STOPPED | {Status.NEW})
        weights = [1 / (1 + self._tally.of("clock", f"{each.name} +1 s")) for each in clocked]
        (status,) = self._rng.choices(clocked, weights)
        waits = status == Status.DISPUTED and self._waits > 0
        limit = self._world.now + (HALF_A_YEAR if waits else HOUR)
        due = self._proposals.tickets(
            [status], lambda each: self._world.now < 60 * each.due_at <= limit and each.acts < 1000
        )
        if not due:
            return
        self._waits -= waits
        chosen = min(
            self._rng.sample(due, min(3, len(due))), key=lambda each: self._model.tickets[each].due_at
        )
        end = 60 * self._model.tickets[chosen].due_at
        for edge in EDGES:
            if self._model.tickets[chosen].status == status:
                self._any_of(chosen, max(self._world.now, end + edge))
        self._office.keep_staffed()

    def _last_second(self) -> None:
        """An agent acts in the last second of his certificate, and a second later."""
        now, known = self._world.now, self._model.certificates.by_id
        ending = [
            number for number, each in known.items() if each.valid(now + 1) and each.expires_at < now + DAY
        ]
        held = self._proposals.tickets(
            (Status.OPEN, Status.WAITING, Status.ON_HOLD),
            lambda each: each.seat in ending and each.acts < 800,
        )
        if not held:
            return
        chosen = self._rng.choice(held)
        end = known[self._model.tickets[chosen].seat].expires_at
        for at, note in ((end - 1, "acts in its last second"), (end, "refused a second later")):
            call = self._proposals.move(chosen, Kind.AGENT, Status.OPEN)
            if call and self._do(replace(call, at=at)) == (at < end):
                self._tally.count("certificate", note)
        self._office.keep_staffed()

    def _any_of(self, ticket_id: TicketId, at: int) -> bool:
        calls = self._proposals.on(ticket_id)
        return bool(calls) and self._do(replace(self._rng.choice(calls), at=at))

    def _plant(self) -> None:
        limits = list(_PLANTED)
        weights = [1 / (1 + self._tally.of("limit", each)) for each in limits]
        (limit,) = self._rng.choices(limits, weights)
        acts, statuses = _PLANTED[limit]
        candidates = self._proposals.tickets(statuses, lambda each: each.acts < acts)
        if not candidates:
            return
        chosen = self._rng.choice(candidates)
        self._world.plant(chosen, acts)
        ticket = self._model.tickets[chosen]
        if limit.startswith("expired"):
            end = 60 * ticket.due_at + 1
            if ticket.due_at and end < self._world.now + HOUR:
                args = {"ticketIds": [chosen]}
                caller = self._rng.choice(self._office.cast.everybody)
                self._do(Call(caller, "expire", args, max(self._world.now, end)))
            return
        for _ in range(3):
            calls = [each for each in self._proposals.on(chosen) if _meets(limit, each, ticket.status)]
            if calls:
                self._do(self._rng.choice(calls))

    # ---------------------------------------------------------------------------------------- administration

    def _administer(self) -> None:
        office, rng, model = self._office, self._rng, self._model
        chance = rng.random()
        if chance < 0.45:
            office.change_standing()
        elif chance < 0.60:
            office.examine(rng.choice(office.cast.agents), office.any_program(), rng.randint(1, TOP_LEVEL))
        elif chance < 0.65:
            office.edit("setArticle", lane=rng.randint(0, len(model.lanes) + 1), article=rng.randrange(2**32))
        elif chance < 0.72:
            office.create_lane()
        elif chance < 0.78:
            office.create_faulty_lane()
        elif chance < 0.83:
            self._close_a_lane()
        elif chance < 0.90:
            self._pause()
        elif chance < 0.95:
            who = rng.choice(office.cast.supervisors[1:])
            change = office.revoke if model.holds(Role.SUPERVISOR, who) else office.grant
            change(Role.SUPERVISOR, who)
        else:
            lane = rng.choice(list(model.lanes))
            caller = rng.choice(office.cast.everybody)
            self._do(Call(caller, "skip", {"lane": lane, "words": rng.choice((0, 1, 16))}, self._world.now))

    def _close_a_lane(self) -> None:
        closed = [number for number, each in self._model.lanes.items() if each.closed]
        # The lanes of the deployment stay open.
        if len(closed) < 3 and len(self._model.lanes) > 8:
            self._office.edit("closeLane", lane=self._rng.randint(7, len(self._model.lanes)))
            closed = [number for number, each in self._model.lanes.items() if each.closed]
        call = self._proposals.open()
        self._do(call.changed(lane=self._rng.choice(closed)) if call and closed else None)

    def _pause(self) -> None:
        people = self._world.people
        self._office.edit("pauseOpening", people.guardian.address)
        for _ in range(2):
            self._do(self._proposals.open())
        self._office.edit("unpauseOpening", people.unpauser.address)


def _meets(limit: str, call: Call, status: Status) -> bool:
    """Whether a call on a planted ticket shows what the limit is about."""
    to = call.args.get("to", status)
    if limit == "rated at 1022":
        return call.function == "rate"
    if limit == "ruling closed from 1000 on":
        return call.function == "moveAsModule" and to == Status.OPEN
    if limit in ("moved on at 999", "refused at 1000"):
        return call.function != "rate" and to not in ENDING
    return call.function == "move" and to == status
