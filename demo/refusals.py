"""What the contract refuses, and what it says then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from demo.gasless import Gasless
from demo.show import refused, say
from demo.stage import Stage
from proofdesk import ContractRevert, Status, Ticket


class Refusals:
    """Tries what must not be possible; `count` is how many attempts the contract refused, as expected."""

    def __init__(self, stage: Stage, gasless: Gasless) -> None:
        self.stage = stage
        self.gasless = gasless
        self.count = 0

    def expect(
        self, error: str, attempt: str, act: Callable[[], object], told: Callable[[Any], str] = str
    ) -> None:
        """Make an attempt, which must be refused with this error, and is then told; raises AssertionError."""
        try:
            act()
        except ContractRevert as refusal:
            if type(refusal).__name__ != error:
                raise AssertionError(f"{attempt}: expected {error}, was refused with {refusal}") from refusal
            refused(attempt, told(refusal))
            self.count += 1
        else:
            raise AssertionError(f"{attempt}: was not refused")

    def while_waiting(self, tickets: list[Ticket]) -> None:
        """With everybody still in line."""
        stage, desk = self.stage, self.stage.desk
        orders = [ticket for ticket in tickets if ticket.lane == desk.lanes.number("orders")]
        self.expect(
            "OutOfTurn", "Chen takes the second ticket of the line first",
            lambda: stage["Chen"].tickets.take(orders[1], "This one is easier."),
        )  # fmt: skip
        self.expect(
            "NotQualified", "Bo, certified for payments, takes an order's ticket",
            lambda: stage["Bo"].tickets.take(
                orders[0], certificate=stage.certificate("Bo", "payments-support")
            ),
        )  # fmt: skip
        self.expect(
            "LaneGated", "a stranger opens a ticket in the gated lane",
            lambda: stage["customer 19"].tickets.open(lane="vip", content="Let me in."),
        )  # fmt: skip
        stage.pass_time(timedelta(hours=1))
        self.expect(
            "CertificateNotValid", "Emil takes the next ticket an hour later: his certificate has expired",
            lambda: stage["Emil"].tickets.take(orders[0]),
        )  # fmt: skip

    def while_serving(self, ticket: Ticket, customer: str) -> None:
        """With a ticket in Bo's hands: his to answer, and nobody else's."""
        stage = self.stage
        bo, certifier = stage["Bo"].tickets, stage["certifier"].certification
        bo.take(ticket, "I am reading it.")
        seen = stage.desk.tickets.get(ticket)
        self.expect("IllegalMove", "Bo closes it himself", lambda: bo.move(seen, Status.CLOSED))
        self.expect(
            "IllegalMove", "Ada answers Bo's ticket", lambda: stage["Ada"].tickets.reply(seen, "Hello.")
        )
        self.gasless.carry([stage[customer].tickets.sign_reply(seen, "One more thing: it is urgent.")])
        self.expect(
            "StaleTicket",
            "Bo answers what has changed under him",
            lambda: bo.reply(seen, "It is on its way."),
        )
        certificate = stage.certificate("Bo", "payments-support")
        certifier.suspend(certificate)
        self.expect(
            "CertificateNotValid", "Bo, suspended a moment ago, goes on", lambda: bo.reply(ticket.id, "Wait.")
        )
        certifier.reinstate(certificate)
        bo.move(ticket.id, Status.RESOLVED, "Reinstated: it is on its way.")
        say("Bo is reinstated and resolves it")

    def after_the_window(self, ticket: Ticket, customer: str) -> None:
        """With a ticket that was resolved days ago."""
        self.gasless.expect(
            "ObjectionWindowOver", "a customer reopens after the objection window",
            lambda: self.stage[customer].tickets.sign_move(
                ticket.id, Status.OPEN, "I have thought about it."
            ),
        )  # fmt: skip
