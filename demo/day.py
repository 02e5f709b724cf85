"""A day at the desk: two hundred tickets, served first come, first served, in every way there is.

Agents and supervisors send their acts themselves. Customers have no ether: they sign, and the desk's relayer
carries what many of them signed at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle
from typing import TypeAlias

from demo.gasless import CUSTOMERS, Gasless
from demo.show import bar, held, say
from demo.stage import Conversation, Stage, conversations
from proofdesk import Desk, Result, SignedAct, Status, Ticket
from proofdesk.ops.roles import Role

# Two departments, a gated lane and a complaints lane: how many tickets come to each.
OPENED = {"payments": 72, "orders": 72, "vip": 24, "public": 32}
# The last of each line are left alone, so that breaches can be called.
LEFT_WAITING = 3
SERVED_BY = {
    "payments": ("Ada", "Bo", "Chen"),
    "orders": ("Chen", "Dana"),
    "vip": ("Ada",),
    "public": ("Dana", "Chen"),
}
OTHER_DEPARTMENT = {"payments": "orders", "orders": "payments"}
# So many tickets are in hand at a time, and what their customers sign goes out together.
IN_HAND = 50

# What happens with one ticket; it stops at what its customer signs, until that is carried.
Way: TypeAlias = Callable[[str, str, Conversation], Iterator[SignedAct]]


class Day:
    """What happened to which ticket, and whose it is."""

    def __init__(self, stage: Stage, gasless: Gasless) -> None:
        self.stage = stage
        self.gasless = gasless
        self.talks: dict[str, Conversation] = {}
        self.numbers: dict[str, int] = {}
        self.customers: dict[str, str] = {}

    # ------------------------------------------------------------------------------------------------ opening

    def open_all(self) -> list[Ticket]:
        """Open every ticket, the lanes in turns."""
        talks = {lane: cycle(some) for lane, some in conversations().items()}
        left = Counter(OPENED)
        order = [lane for _ in range(max(OPENED.values())) for lane in OPENED if _takes(left, lane)]
        signed = [
            self._opening(lane, number, next(talks[lane])) for number, lane in enumerate(bar(order, "signed"))
        ]
        self.gasless.carry(signed)
        self.gasless.show_one(signed[0])
        return [self.stage.desk.tickets.get(act.ticket_id) for act in signed]

    def _opening(self, lane: str, number: int, talk: Conversation) -> SignedAct:
        customer = f"newcomer {number % CUSTOMERS}"
        act = self.stage[customer].tickets.sign_open(lane=lane, content=talk.words("customer", number))
        id_ = act.ticket_id
        self.talks[id_], self.numbers[id_], self.customers[id_] = talk, number, customer
        return act

    def leave_the_line(self, tickets: list[Ticket]) -> None:
        """Some customers close while they wait, one adds, and a supervisor rejects what is no question."""
        words = "It has solved itself."
        signed = [
            self.customer(each).tickets.sign_move(each, Status.CLOSED, words) for each in tickets[20:29:4]
        ]
        added = self.customer(tickets[21]).tickets.sign_reply(tickets[21], "I forgot: it was on Monday.")
        self.gasless.carry([*signed, added])
        self.stage["supervisor"].tickets.move(tickets[33], Status.REJECTED, "This is an advertisement.")
        say("3 customers closed while they waited, 1 added, a supervisor rejected 1: the line closes up")

    # ------------------------------------------------------------------------------------------------ serving

    def serve_all(self) -> None:
        """Serve every line but its last tickets."""
        lines = [lane for lane, many in OPENED.items() for _ in range(many)]
        agents = {lane: cycle(names) for lane, names in SERVED_BY.items()}
        ways = cycle(self._ways())
        in_hand: list[Iterator[SignedAct]] = []
        for lane in bar(lines, "served"):
            state = self.stage.desk.lanes.get(lane)
            ticket = self.stage.desk.lanes.next_in_line(lane) if state.waiting > LEFT_WAITING else None
            if ticket is None:
                continue
            agent = next(agents[lane])
            self.stage[agent].tickets.take(ticket, "I am reading it.")
            in_hand.append(next(ways)(ticket.id, agent, self.talks[ticket.id]))
            if len(in_hand) == IN_HAND:
                self._go_on(in_hand)
        self._go_on(in_hand)

    def _go_on(self, in_hand: list[Iterator[SignedAct]]) -> None:
        """Bring tickets to their ends; what their customers sign on the way is carried together."""
        while in_hand:
            signed = [(one, act) for one in in_hand if (act := next(one, None)) is not None]
            self.gasless.carry([act for _one, act in signed])
            in_hand[:] = [one for one, _act in signed]

    def _ways(self) -> tuple[Way, ...]:
        return (
            self._answered, self._answered, self._reopened, self._answered, self._on_hold, self._objected,
            self._answered, self._transferred, self._escalated, self._answered, self._silent, self._late,
        )  # fmt: skip

    def _answered(self, id_: str, agent: str, talk: Conversation) -> Iterator[SignedAct]:
        """Asked back, replied, resolved, rated."""
        self.stage[agent].tickets.reply(id_, talk.words("agent", self.numbers[id_]))
        yield self.customer(id_).tickets.sign_reply(id_, talk.words("reply", self.numbers[id_]))
        self._resolve(id_, agent)
        yield self._rating(id_, 5 if self.numbers[id_] % 3 else 4)

    def _reopened(self, id_: str, agent: str, _talk: Conversation) -> Iterator[SignedAct]:
        """Resolved too early: the customer comes back inside the window."""
        self._resolve(id_, agent)
        yield self.customer(id_).tickets.sign_reply(id_, "No, it is still the same.")
        self.stage[agent].tickets.note(id_, "Looked at it again with the bank.")
        self._resolve(id_, agent)
        yield self._rating(id_, 3)
        yield self.customer(id_).tickets.sign_move(id_, Status.CLOSED)

    def _on_hold(self, id_: str, agent: str, talk: Conversation) -> Iterator[SignedAct]:
        """A third party is waited for; the desk's clock runs on."""
        self.stage[agent].tickets.move(id_, Status.ON_HOLD, "The carrier is looking for it.")
        self.stage[agent].tickets.reply(id_, talk.words("agent", self.numbers[id_]))
        self._resolve(id_, agent)
        yield self._rating(id_, 4)

    def _objected(self, id_: str, agent: str, _talk: Conversation) -> Iterator[SignedAct]:
        """Rejected, objected to, assigned anew by a supervisor."""
        self.stage[agent].tickets.move(id_, Status.REJECTED, "The seal was broken.")
        yield self.customer(id_).tickets.sign_reply(id_, "It was not: here is a picture.")
        self._assign(id_, agent)
        self._resolve(id_, agent)
        yield self._rating(id_, 2)

    def _transferred(self, id_: str, agent: str, talk: Conversation) -> Iterator[SignedAct]:
        """Handed to the other department, which does not start the clock anew."""
        lane = self.lane_of(id_)
        if lane not in OTHER_DEPARTMENT:
            yield from self._answered(id_, agent, talk)
            return
        other = OTHER_DEPARTMENT[lane]
        self.stage[agent].tickets.transfer(id_, other, "This one is yours.")
        colleague = SERVED_BY[other][-1]
        self._assign(id_, colleague)
        self._resolve(id_, colleague)
        yield self._rating(id_, 5)

    def _escalated(self, id_: str, agent: str, talk: Conversation) -> Iterator[SignedAct]:
        """Too hard for the agent: a supervisor answers."""
        self.stage[agent].tickets.move(id_, Status.ESCALATED, "I may not decide this.")
        supervisor = self.stage["supervisor"].tickets
        supervisor.move(id_, Status.RESOLVED, talk.words("agent", self.numbers[id_]))
        yield self._rating(id_, 4)

    def _silent(self, id_: str, agent: str, talk: Conversation) -> Iterator[SignedAct]:
        """Asked back, and the customer never replies."""
        self.stage[agent].tickets.reply(id_, talk.words("agent", self.numbers[id_]))
        yield from ()

    def _late(self, _id: str, _agent: str, _talk: Conversation) -> Iterator[SignedAct]:
        """Taken, and then forgotten."""
        yield from ()

    def dispute(self, ticket: Ticket) -> None:
        """A dispute over a rejected ticket. A module rules; here an account plays it, for this one case."""
        deployer, arbitrator = self.stage["deployer"], self.stage["owner"]
        deployer.send("DeskAccess", "grantRole", Role.MODULE, arbitrator.sender.address, 0)
        for to, words in (
            (Status.DISPUTED, "The customer disputes the rejection."),
            (Status.OPEN, "Ruling 1: for the customer."),
        ):
            opening = arbitrator.prepare(words, kind="move", ticket=ticket.id)
            arbitrator.send("TicketDesk", "moveAsModule", ticket.id, to, opening.entry)
        deployer.send("DeskAccess", "revokeRole", Role.MODULE, arbitrator.sender.address)
        held("a rejected ticket was disputed and ruled upon (an account played the arbitration module)")

    # -------------------------------------------------------------------------------------------- time passes

    def let_clocks_run_out(self, tickets: list[Ticket], before_calls: Callable[[], None]) -> dict[str, int]:
        """Anyone calls what is overdue, three times; returns how many were called from which state.

        `before_calls` happens when the first clocks have run out and nobody has called them yet.
        """
        called: Counter[str] = Counter()
        for days in (4, 4, 4):
            self.stage.pass_time(timedelta(days=days))
            if not called:
                before_calls()
            now = self.stage.desk.now()
            current = [self.stage.desk.tickets.get(ticket) for ticket in tickets]
            overdue = [ticket for ticket in current if ticket.is_overdue(now)]
            called.update(ticket.status.name for ticket in overdue)
            for start in range(0, len(overdue), 50):
                self.stage["customer 19"].tickets.expire(overdue[start : start + 50])
        return dict(called)

    # ------------------------------------------------------------------------------------------------- people

    def customer(self, ticket: Ticket | str) -> Desk:
        """The desk as this ticket's customer sees it."""
        return self.stage[self.customers[ticket if isinstance(ticket, str) else ticket.id]]

    def lane_of(self, id_: str) -> str:
        """The name of a ticket's lane now."""
        number = self.stage.desk.tickets.get(id_).lane
        return next(name for name, known in self.stage.deployment.lanes.items() if known == number)

    def _resolve(self, id_: str, agent: str) -> Result:
        return self.stage[agent].tickets.move(id_, Status.RESOLVED, "This should settle it.")

    def _rating(self, id_: str, score: int) -> SignedAct:
        return self.customer(id_).tickets.sign_rate(id_, score)

    def _assign(self, id_: str, agent: str) -> None:
        program = "order-support" if self.lane_of(id_) in ("orders", "public") else "payments-support"
        self.stage["supervisor"].tickets.assign([id_], [self.stage.certificate(agent, program)])


def _takes(left: Counter[str], lane: str) -> bool:
    if not left[lane]:
        return False
    left[lane] -= 1
    return True
