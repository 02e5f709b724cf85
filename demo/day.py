"""A day at the desk: two hundred tickets, served first come, first served, in every way there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle

from demo.show import bar, held, say
from demo.stage import Conversation, Stage, conversations
from proofdesk import Desk, Result, Status, Ticket
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
CUSTOMERS = 18
FRONT_OFFICE = "front office"


class Day:
    """What happened to which ticket; `results` are all its acts' transactions."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.talks: dict[str, Conversation] = {}
        self.numbers: dict[str, int] = {}
        self.customers: dict[str, str] = {}
        self.gas: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()

    # ------------------------------------------------------------------------------------------------ opening

    def open_all(self) -> list[Ticket]:
        """Open every ticket, the lanes in turns."""
        talks = {lane: cycle(some) for lane, some in conversations().items()}
        left = Counter(OPENED)
        order = [lane for _ in range(max(OPENED.values())) for lane in OPENED if _takes(left, lane)]
        return [
            self._open(lane, number, next(talks[lane])) for number, lane in enumerate(bar(order, "opened"))
        ]

    def _open(self, lane: str, number: int, talk: Conversation) -> Ticket:
        # Who comes to the front office is seen there; it opens for him, and its ratings count for agents.
        customer = FRONT_OFFICE if lane == "vip" else f"customer {number % CUSTOMERS}"
        ticket = self.stage[customer].tickets.open(lane=lane, content=talk.words("customer", number))
        self.talks[ticket.id], self.numbers[ticket.id], self.customers[ticket.id] = talk, number, customer
        return ticket

    def leave_the_line(self, tickets: list[Ticket]) -> None:
        """Some customers close while they wait, one adds, and a supervisor rejects what is no question."""
        for ticket in tickets[20:29:4]:
            self.customer(ticket).tickets.move(ticket, Status.CLOSED, "It has solved itself.")
        self.customer(tickets[21]).tickets.reply(tickets[21], "I forgot: it was on Monday.")
        self.stage["supervisor"].tickets.move(tickets[33], Status.REJECTED, "This is an advertisement.")
        say("3 customers closed while they waited, 1 added, a supervisor rejected 1: the line closes up")

    # ------------------------------------------------------------------------------------------------ serving

    def serve_all(self) -> None:
        """Serve every line but its last tickets."""
        lines = [lane for lane, many in OPENED.items() for _ in range(many)]
        agents = {lane: cycle(names) for lane, names in SERVED_BY.items()}
        ways = cycle(self._ways())
        for lane in bar(lines, "served"):
            state = self.stage.desk.lanes.get(lane)
            ticket = self.stage.desk.lanes.next_in_line(lane) if state.waiting > LEFT_WAITING else None
            if ticket is None:
                continue
            agent = next(agents[lane])
            self.stage[agent].tickets.take(ticket, "I am reading it.")
            way = next(ways)
            way(ticket.id, agent, self.talks[ticket.id])

    def _ways(self) -> tuple[Callable[[str, str, Conversation], None], ...]:
        return (
            self._answered, self._answered, self._reopened, self._answered, self._on_hold, self._objected,
            self._answered, self._transferred, self._escalated, self._answered, self._silent, self._late,
        )  # fmt: skip

    def _answered(self, id_: str, agent: str, talk: Conversation) -> None:
        """Asked back, replied, resolved, rated."""
        self.stage[agent].tickets.reply(id_, talk.words("agent", self.numbers[id_]))
        self.customer(id_).tickets.reply(id_, talk.words("reply", self.numbers[id_]))
        self._resolve(id_, agent)
        self._rate(id_, 5 if self.numbers[id_] % 3 else 4)

    def _reopened(self, id_: str, agent: str, _talk: Conversation) -> None:
        """Resolved too early: the customer comes back inside the window."""
        self._resolve(id_, agent)
        self.customer(id_).tickets.reply(id_, "No, it is still the same.")
        self.stage[agent].tickets.note(id_, "Looked at it again with the bank.")
        self._resolve(id_, agent)
        self._rate(id_, 3)
        self.customer(id_).tickets.move(id_, Status.CLOSED)

    def _on_hold(self, id_: str, agent: str, talk: Conversation) -> None:
        """A third party is waited for; the desk's clock runs on."""
        self.stage[agent].tickets.move(id_, Status.ON_HOLD, "The carrier is looking for it.")
        self.stage[agent].tickets.reply(id_, talk.words("agent", self.numbers[id_]))
        self._resolve(id_, agent)
        self._rate(id_, 4)

    def _objected(self, id_: str, agent: str, _talk: Conversation) -> None:
        """Rejected, objected to, assigned anew by a supervisor."""
        self.stage[agent].tickets.move(id_, Status.REJECTED, "The seal was broken.")
        self.customer(id_).tickets.reply(id_, "It was not: here is a picture.")
        self._assign(id_, agent)
        self._resolve(id_, agent)
        self._rate(id_, 2)

    def _transferred(self, id_: str, agent: str, talk: Conversation) -> None:
        """Handed to the other department, which does not start the clock anew."""
        lane = self.lane_of(id_)
        if lane not in OTHER_DEPARTMENT:
            return self._answered(id_, agent, talk)
        other = OTHER_DEPARTMENT[lane]
        self.stage[agent].tickets.transfer(id_, other, "This one is yours.")
        colleague = SERVED_BY[other][-1]
        self._assign(id_, colleague)
        self._resolve(id_, colleague)
        return self._rate(id_, 5)

    def _escalated(self, id_: str, agent: str, talk: Conversation) -> None:
        """Too hard for the agent: a supervisor answers."""
        self.stage[agent].tickets.move(id_, Status.ESCALATED, "I may not decide this.")
        supervisor = self.stage["supervisor"].tickets
        supervisor.move(id_, Status.RESOLVED, talk.words("agent", self.numbers[id_]))
        self._rate(id_, 4)

    def _silent(self, id_: str, agent: str, talk: Conversation) -> None:
        """Asked back, and the customer never replies."""
        self.stage[agent].tickets.reply(id_, talk.words("agent", self.numbers[id_]))

    def _late(self, _id: str, _agent: str, _talk: Conversation) -> None:
        """Taken, and then forgotten."""

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

    def _rate(self, id_: str, score: int) -> None:
        self.customer(id_).tickets.rate(id_, score)

    def _assign(self, id_: str, agent: str) -> None:
        program = "order-support" if self.lane_of(id_) in ("orders", "public") else "payments-support"
        self.stage["supervisor"].tickets.assign([id_], [self.stage.certificate(agent, program)])


def _takes(left: Counter[str], lane: str) -> bool:
    if not left[lane]:
        return False
    left[lane] -= 1
    return True
