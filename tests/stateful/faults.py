"""What can be wrong with a call: one thing of an otherwise good one, or everything."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from tests.helpers.model import Kind, Status, Ticket, TicketId
from tests.helpers.model.clocks import WHATEVER_WAS_ADDED
from tests.helpers.model.table import ASSIGNABLE
from tests.helpers.model.things import NO_ENTRY, NOBODY
from tests.stateful.office import Cast
from tests.stateful.proposals import Proposals
from tests.stateful.world import Call, World

_STATUSES = list(Status)
_LISTS = ("ticketIds", "certificateIds", "entries")


class Faults:
    """Spoils calls."""

    def __init__(self, world: World, cast: Cast, proposals: Proposals, rng: Random) -> None:
        self._world, self._model = world, world.model
        self._cast, self._proposals, self._rng = cast, proposals, rng

    def spoil(self, call: Call) -> Call:
        """The call with one thing changed, so that one reason refuses it, if any does."""
        name = self._rng.choice(["caller", *call.args])
        if name == "caller":
            return replace(call, caller=self._rng.choice(self._cast.everybody))
        value = call.args[name]
        if isinstance(value, list):
            if self._rng.random() < 0.3 and call.function == "assign":
                return call.changed(**{name: value[:-1]})
            spoilt = [*value[:-1], self._value(name, call)]
            return call.changed(**{name: spoilt})
        return call.changed(**{name: self._value(name, call)})

    def serves_himself(self) -> Call | None:
        """An agent takes his own ticket, or a supervisor gives it to him."""
        own = {
            ticket_id: fit
            for ticket_id in self._proposals.tickets(ASSIGNABLE)
            if (fit := self._fit(self._model.tickets[ticket_id], own=True))
        }
        if not own:
            return None
        ticket_id = self._rng.choice(list(own))
        ticket, certificate = self._model.tickets[ticket_id], self._rng.choice(own[ticket_id])
        args = {"ticketId": ticket_id, "certificateId": certificate, "entry": self._proposals.entry()}
        if ticket.status == Status.NEW and ticket.seat == self._model.lanes[ticket.lane].next_in_line():
            return Call(ticket.customer, "take", args, self._world.now)
        many = {name: [value] for name, value in zip(_LISTS, args.values(), strict=True)}
        return Call(self._rng.choice(self._cast.supervisors), "assign", many, self._world.now)

    def unqualified(self) -> Call | None:
        """An agent takes what he is not certified for."""
        call = self._proposals.take()
        if call is None:
            return None
        unfit = self._fit(self._model.tickets[call.args["ticketId"]], own=False, qualified=False)
        if not unfit:
            return None
        certificate = self._rng.choice(unfit)
        agent = self._model.certificates.by_id[certificate].agent
        return replace(call.changed(certificateId=certificate), caller=agent)

    def uninvited(self) -> Call | None:
        """A customer opens in a lane that is not open to him."""
        lanes = [
            number
            for number, each in self._model.lanes.items()
            if (each.terms.gated or each.terms.claims) and not each.closed
        ]
        args = {"lane": self._rng.choice(lanes), "entry": self._proposals.entry()}
        return Call(self._rng.choice(self._cast.everybody), "open", args, self._world.now)

    def _fit(self, ticket: Ticket, *, own: bool, qualified: bool = True) -> list[int]:
        """Valid certificates, qualified for a ticket or not, of its customer or not."""
        terms = self._model.lanes[ticket.lane].terms
        return [
            number
            for number, each in self._model.certificates.by_id.items()
            if each.valid(self._world.now)
            and (each.agent == ticket.customer) == own
            and (each.program == terms.program and each.level >= terms.level) == qualified
        ]

    def out_of_turn(self) -> Call | None:
        """An agent takes a ticket that is not the next."""
        call = self._proposals.take()
        if call is None:
            return None
        lane = self._model.tickets[call.args["ticketId"]].lane
        others = self._proposals.tickets([Status.NEW], lambda each: each.lane == lane)
        return call.changed(ticketId=self._rng.choice(others))

    def unrateable(self) -> Call | None:
        """A customer rates a ticket of his, ended or not, rated or not."""
        call = self._proposals.rate(self._rng.choice((Status.RESOLVED, Status.CLOSED)))
        if call is None:
            return None
        own = self._proposals.tickets(Status, lambda each: each.customer == call.caller)
        return call.changed(ticketId=self._rng.choice(own))

    def late(self) -> Call | None:
        """An objection after its window, a customer's or a module's dispute."""
        ended = (Status.RESOLVED, Status.REJECTED)
        late = self._proposals.tickets(ended, lambda each: each.overdue(self._world.now))
        if not late:
            return None
        ticket_id = self._rng.choice(late)
        ticket = self._model.tickets[ticket_id]
        args: dict[str, Any] = {"ticketId": ticket_id, "entry": self._proposals.entry()}
        if self._rng.random() < 0.3:
            to = {"ticketId": ticket_id, "to": Status.DISPUTED, "entry": args["entry"]}
            return Call(self._rng.choice(self._cast.modules), "moveAsModule", to, self._world.now)
        to_status = Status.OPEN if ticket.status == Status.RESOLVED else Status.ESCALATED
        args = {"ticketId": ticket_id, "to": to_status, "entry": args["entry"], "seen": ticket.acts}
        return Call(ticket.customer, "move", args, self._world.now)

    def again(self) -> Call | None:
        """An opening that was made already."""
        done = self._proposals.opened
        return replace(self._rng.choice(done), at=self._world.now) if done else None

    def by_ended_certificate(self) -> Call | None:
        """A seat's holder acts, or a ticket is taken or given, by a certificate that is valid no more."""
        now, known = self._world.now, self._model.certificates.by_id
        ended = [number for number, each in known.items() if not each.valid(now)]
        if not ended:
            return None
        number = self._rng.choice(ended)
        choice = self._rng.random()
        if choice < 0.4:
            call = self._proposals.take()
            return call and replace(call.changed(certificateId=number), caller=known[number].agent)
        if choice < 0.6:
            call = self._proposals.assign(self._rng.choice((Status.NEW, Status.OPEN, Status.ESCALATED)))
            return call and call.changed(certificateIds=[*call.args["certificateIds"][:-1], number])
        held = self._proposals.tickets(
            Status, lambda each: not each.overdue(now) and each.agent_seat() in ended
        )
        held = [
            each
            for each in held
            if self._model.kind_of(
                known[self._model.tickets[each].seat].agent, self._model.tickets[each], now
            )
            == Kind.ANYONE
        ]
        if not held:
            return None
        ticket = self._model.tickets[ticket_id := self._rng.choice(held)]
        args = {
            "ticketId": ticket_id,
            "to": Status.OPEN,
            "entry": self._proposals.entry(),
            "seen": ticket.acts,
        }
        return Call(known[ticket.seat].agent, "move", args, now)

    def anything(self) -> Call:
        """Any function with any arguments by anybody."""
        function, names = self._rng.choice(
            (
                ("open", "lane entry"),
                ("openAsModule", "lane customer entry"),
                ("take", "ticketId certificateId entry"),
                ("move", "ticketId to entry seen"),
                ("moveAsModule", "ticketId to entry"),
                ("rate", "ticketId score entry"),
                ("transfer", "ticketId lane entry"),
                ("setArticle", "lane article"),
                ("closeLane", "lane"),
            )
        )
        call = Call(self._rng.choice(self._cast.everybody), function, {}, self._proposals.when())
        ticket_id = self._ticket()
        call = call.changed(ticketId=ticket_id) if "ticketId" in names else call
        args = {name: ticket_id if name == "ticketId" else self._value(name, call) for name in names.split()}
        # Nobody but the editor may do these, and he does them on purpose only.
        if function in ("setArticle", "closeLane"):
            others = [each for each in self._cast.everybody if each != self._world.people.lane_editor.address]
            call = replace(call, caller=self._rng.choice(others))
        return replace(call, args=args)

    def _value(self, name: str, call: Call) -> Any:
        rng = self._rng
        if name in ("ticketId", "ticketIds"):
            return self._ticket()
        if name in ("entry", "entries"):
            return NO_ENTRY if rng.random() < 0.7 else self._proposals.entry()
        if name == "customer":
            return NOBODY if rng.random() < 0.7 else rng.choice(self._cast.everybody)
        if name in ("certificateId", "certificateIds"):
            return rng.randint(0, len(self._model.certificates.by_id) + 1)
        if name == "lane":
            return rng.randint(0, len(self._model.lanes) + 1)
        if name == "to":
            return rng.choice(_STATUSES)
        if name == "score":
            return rng.choice((0, 1, 3, 5, 6, 255))
        if name == "article":
            return rng.randint(0, 2**32 - 1)
        assert name == "seen", name
        known = self._model.tickets.get(call.args["ticketId"]) if "ticketId" in call.args else None
        acts = known.acts if known else 1
        return rng.choice((0, acts - 1, acts, acts, acts + 1, WHATEVER_WAS_ADDED))

    def _ticket(self) -> TicketId:
        known = list(self._model.tickets)
        return self._rng.choice(known) if known and self._rng.random() < 0.8 else self._proposals.entry()
