"""The model and the real contracts side by side: every call goes to both, and both must answer the same."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.helpers.contract import Event as Emitted
from tests.helpers.contract import RefusedError
from tests.helpers.desk import ticket_slot
from tests.helpers.model import (
    Address,
    CarryingDesk,
    Certificate,
    Certificates,
    Event,
    ForbiddenError,
    Kind,
    Lane,
    LaneTerms,
    Refusal,
    Role,
    Skipped,
    Standing,
    Status,
    Ticket,
    TicketId,
)
from tests.helpers.people import People
from tests.helpers.signed import Signed, chain_id, digest, node_key, seal, separator
from tests.helpers.words import LaneWord
from tests.stateful.tally import Tally
from tests.stateful.watch import Watch

# Of the acts that must be refused so many are sent as transactions; the others are only asked about.
ONE_IN = 8
REMEMBERED = 25
_TIMELESS = {"setArticle", "createLane", "closeLane", "retire", "pauseOpening", "unpauseOpening", "skip"}


@dataclass(frozen=True)
class Call:
    """One call of TicketDesk: `args` by name, in order; `at` in seconds."""

    caller: Address
    function: str
    args: dict[str, Any]
    at: int

    @property
    def act(self) -> str:
        """The function without the "For" of its signed twin."""
        return self.function.removesuffix("For")

    def changed(self, **changes: Any) -> Call:
        """The same with other arguments."""
        return replace(self, args=self.args | changes)

    def tickets(self) -> list[TicketId]:
        """The tickets it names."""
        one = self.args.get("ticketId")
        return list(self.args.get("ticketIds", [])) if one is None else [one]

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in self.args.items())
        return f"{self.at}: {self.caller[:6]} {self.function}({shown})"


class World:
    """A real desk, its model, and what was seen of both."""

    def __init__(self, people: People, rng: Random, tally: Tally, repeat: str) -> None:
        self.people, self.tally, self._repeat = people, tally, repeat
        self.tickets = people.desk.tickets
        self.now = people.desk.now
        self.model = _modelled(people)
        self.watch = Watch(self.model.lanes)
        self.steps = 0
        self.glancing = False
        """Whether lanes are compared only when everything is: for stories of thousands of calls."""
        self._rng = rng
        self._calls: deque[tuple[Call, str]] = deque(maxlen=REMEMBERED)
        self._domain = separator(chain_id(people.desk), self.tickets.address)

    # ---------------------------------------------------------------------------------------------- calls

    def call(self, call: Call) -> bool:
        """Makes a call in both worlds and compares; whether it was accepted."""
        assert call.at >= self.now, "time does not run backwards"
        self.now, self.steps = call.at, self.steps + 1
        before = self._before(call)
        try:
            expected = self._in_model(call)
        except ForbiddenError as forbidden:
            refusal = self._refused(call, forbidden)
            self._calls.append((call, str(refusal)))
            self.tally.refused(call.act, refusal, forbidden.reasons, before, call, self.model)
            return False
        self._calls.append((call, "done"))
        self._accepted(call, expected)
        if isinstance(expected, list):
            self.tally.accepted(call.act, expected, before, call)
        return True

    def batch(self, calls: Sequence[Call]) -> None:
        """Carries signed acts of one carrier and one time in one transaction, and compares."""
        carrier, at = calls[0].caller, calls[0].at
        assert at >= self.now, "time does not run backwards"
        self.now, self.steps = at, self.steps + len(calls)
        expected: list[Event] = []
        refusals: dict[int, ForbiddenError] = {}
        whole = Call(carrier, "batch", {"ticketIds": [each for call in calls for each in call.tickets()]}, at)
        for index, call in enumerate(calls):
            before = self._before(call)
            try:
                acts = self._in_model(call)
            except ForbiddenError as forbidden:
                refusals[index] = forbidden
                continue
            assert isinstance(acts, list)
            expected += acts
            self._calls.append((call, "done in a batch"))
            self.tally.accepted(call.act, acts, before, call)
            self.tally.count("signed", f"{call.function} in a batch")
        self._at(at)
        emitted = self.tickets.send(carrier, "batch", [self._signed(call).data for call in calls])
        told = {
            event.arguments["index"]: self.tickets.refusal(event.arguments["reason"])
            for event in emitted
            if event.name == "ActRefused"
        }
        self._check(told.keys() == refusals.keys(), whole, f"refused: {told}, in the model {refusals}")
        for index, found in told.items():
            refusal = Refusal(found.name, found.arguments)
            self._check(refusal in refusals[index].reasons, whole, f"{calls[index]}: {refusal}")
            self.tally.count("signed", f"{calls[index].function} refused in a batch")
        self._compare_acts(whole, [event for event in emitted if event.name == "ActLogged"], expected)

    def _before(self, call: Call) -> dict[TicketId, Ticket]:
        return {each: replace(known) for each in call.tickets() if (known := self.model.tickets.get(each))}

    def plant(self, ticket_id: TicketId, acts: int) -> None:
        """Sets a ticket's count of acts in both worlds, as though it had seen so many."""
        ticket = self.model.tickets[ticket_id]
        self.watch.planted(ticket_id, acts - ticket.acts)
        ticket.acts = acts
        self.people.desk.node.write(self.tickets.address, ticket_slot(ticket_id), ticket.word())
        self._calls.append(
            (Call(ticket.customer, "(planted)", {"ticketId": ticket_id, "acts": acts}, self.now), "")
        )

    def _in_model(self, call: Call) -> list[Event] | Skipped | None:
        name = re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", call.function)
        times = [] if call.function in _TIMELESS else [call.at]
        callers = [] if call.function == "skip" else [call.caller]
        outcome: list[Event] | Skipped | None = getattr(self.model, name)(
            *callers, *times, *call.args.values()
        )
        return outcome

    def _refused(self, call: Call, forbidden: ForbiddenError) -> Refusal:
        args = self._encodable(call)
        found = self.tickets.attempt(call.caller, call.function, *args, at=call.at)
        self._check(found is not None, call, f"accepted, though the model refuses: {forbidden}")
        assert found is not None
        refusal = Refusal(found.name, found.arguments)
        self._check(refusal in forbidden.reasons, call, f"refused by {refusal}, by the model: {forbidden}")
        if self._rng.randrange(ONE_IN) == 0:
            self._at(call.at)
            try:
                self.tickets.send(call.caller, call.function, *args)
            except RefusedError as sent:
                self._check(
                    (sent.name, sent.arguments) == (found.name, found.arguments), call, f"sent: {sent}"
                )
            else:
                self._check(False, call, f"refused when asked ({refusal}), accepted when sent")
            for each in call.tickets():
                self._compare_ticket(each, call)
        return refusal

    def _accepted(self, call: Call, expected: list[Event] | Skipped | None) -> None:
        self._at(call.at)
        try:
            emitted = self.tickets.send(call.caller, call.function, *self._encodable(call))
        except RefusedError as refusal:
            self._check(False, call, f"refused by {refusal}, though the model accepts")
            return
        if isinstance(expected, Skipped):
            self._skipped(call, expected, emitted)
        elif expected is None:
            self._check(len(emitted) == 1, call, f"events: {emitted}")
        else:
            self._compare_acts(call, emitted, expected)
            if call.function != call.act:
                self.tally.count("signed", call.function)

    def _compare_acts(self, call: Call, emitted: list[Emitted], expected: list[Event]) -> None:
        acts = [_act(event) for event in emitted]
        self._check(acts == expected, call, f"events differ:\n  real  {acts}\n  model {expected}")
        for act in acts:
            self.watch.see(act)
        for each in call.tickets():
            self._compare_ticket(each, call)
        if self.glancing:
            return
        for lane in {act.lane for act in acts} | {self.model.tickets[act.ticket_id].lane for act in acts}:
            self._compare_lane(lane, call)

    def _skipped(self, call: Call, allowed: Skipped, emitted: list[Emitted]) -> None:
        self._compare_lane(allowed.lane, call)
        lane = self.model.lanes[allowed.lane]
        self._check(lane.served >= allowed.least, call, f"head at {lane.served}, not {allowed}")
        told = [(event.name, *event.arguments.values()) for event in emitted]
        expected = ("LineSkipped", allowed.lane, lane.served, lane.departed())
        self._check(told in ([], [expected]), call, f"{told}, not {expected}")

    def _encodable(self, call: Call) -> list[Any]:
        if call.function != call.act:
            signed = self._signed(call)
            return [signed.values, signed.signature]
        return [value.as_tuple() if isinstance(value, LaneTerms) else value for value in call.args.values()]

    def _signed(self, call: Call) -> Signed:
        """By the key of the account that the act names."""
        values = tuple(call.args.values())
        key = node_key(self.people.desk.node.accounts.index(values[0]))
        signature = seal(key, digest(call.act, values, self._domain))
        return Signed(self.people.desk, call.act, values, signature)

    def _at(self, seconds: int) -> None:
        self.people.desk.at(seconds)

    # ------------------------------------------------------------------------------------------- comparing

    def compare_all(self) -> None:
        """Compares whatever the contracts let see, and rebuilds every log from its events alone."""
        check = Call(self.people.admin.address, "(compare all)", {}, self.now)
        for ticket_id in self.model.tickets:
            self._compare_ticket(ticket_id, check)
            self._compare_view(ticket_id, check)
        for number, lane in self.model.lanes.items():
            self._compare_lane(number, check)
            terms, article = lane.terms.as_tuple(), lane.article
            expected = (terms, lane.closed, article, lane.turns, lane.served, lane.departed(), len(lane.log))
            self._same("lane", expected, check, number)
            self._check(
                self.watch.log(number).root() == lane.log.root(),
                check,
                f"lane {number}: events do not rebuild it",
            )
        for certificate in self.model.certificates.by_id:
            self._same("scoreOf", self.model.scores.get(certificate, (0, 0)), check, certificate)
        self._same("laneCount", len(self.model.lanes), check)
        self.watch.check(self.model.tickets)

    def _compare_ticket(self, ticket_id: TicketId, call: Call) -> None:
        known = self.model.tickets.get(ticket_id)
        real = self.people.desk.node.read(self.tickets.address, ticket_slot(ticket_id))
        self._check(real == (known.word() if known else 0), call, f"word {real:#x}, not of {known}")

    def _compare_view(self, ticket_id: TicketId, call: Call) -> None:
        known = self.model.tickets[ticket_id]
        clock = known.due_at, known.acts, known.budget, known.overdue(self.now)
        fields = known.customer, known.status, known.rating, known.breached, known.lane, known.seat, *clock
        self._same("ticket", fields, call, ticket_id)

    def _compare_lane(self, number: int, call: Call) -> None:
        lane = self.model.lanes[number]
        self._compare_line(lane, self.people.desk.lane(number), call)
        self._same("root", lane.log.root(), call, number)
        self._same("peaks", tuple(lane.log.peaks()), call, number)
        self._same("nextInLine", lane.next_in_line(), call, number)

    def _compare_line(self, lane: Lane, real: LaneWord, call: Call) -> None:
        """Where a line's head stands between the last served and the next is the contract's choice."""
        last = (lane.next_in_line() or lane.turns + 1) - 1
        self._check(lane.served <= real.served <= last, call, f"head at {real.served}, not with {lane}")
        lane.served = real.served
        self._check((real.turns, real.departed) == (lane.turns, lane.departed()), call, f"{real}, not {lane}")

    def _same(self, view: str, expected: Any, call: Call, *args: Any) -> None:
        real = self.tickets.view(view, *args, at=self.now)
        self._check(real == expected, call, f"{view}{args}: {real}, in the model {expected}")

    def _check(self, holds: bool, call: Call, message: str) -> None:
        if holds:
            return
        named = set(call.tickets())
        tickets = [f"  {_shown(each)}: {self.model.tickets.get(each)}" for each in named]
        trail = [f"  {past} -> {outcome}" for past, outcome in self._calls if named & set(past.tickets())]
        what = [f"step {self.steps}: {call}", message, *tickets, "before:", *trail]
        raise AssertionError("\n".join([*what, f"repeat by: {self._repeat}"]))


def _modelled(people: People) -> CarryingDesk:
    """The model of a desk on which no ticket was opened yet, its lanes and certificates as deployed."""
    tickets, certification = people.desk.tickets, people.desk.certification
    certificates = Certificates()
    for number in range(1, certification.view("programCount") + 1):
        certificates.create_program(certification.view("program", number)[2])
    for number in range(1, certification.view("certificateCount") + 1):
        agent, program, level, standing, *term, _ = certification.view("certificate", number)
        certificates.by_id[number] = Certificate(agent, program, level, Standing(standing), *term)
        certificates.exams[agent, program] = term[0]
    model = CarryingDesk(certificates)
    for role in Role:
        person = getattr(people, role.name.lower())
        model.members[role].add(person.address)
    for number in range(1, tickets.view("laneCount") + 1):
        model.create_lane(people.lane_editor.address, LaneTerms(*tickets.view("lane", number)[0]))
    return model


def _act(event: Emitted) -> Event:
    assert event.name == "ActLogged", event
    ticket_id, lane, actor, kind, *rest = event.arguments.values()
    return Event(ticket_id, lane, actor, Kind(kind), *rest)


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()[:8]
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return value.name if isinstance(value, Status) else str(value)
