"""People who have keys and no gas, and what they sign."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from proofdesk import Status, Ticket
from proofdesk.ops.relay import Acknowledgement, Refusal
from proofdesk.signed import SignedAct
from proofdesk.signed.signing import sign_move, sign_open, sign_rate, sign_take
from tests.client.office import Office

DAY = timedelta(days=1)


def key(number: int) -> LocalAccount:
    """One of many keys without any ETH."""
    account: LocalAccount = Account.from_key(sha256(f"gasless {number}".encode()).digest())
    return account


def coming(opened: SignedAct, acts: int, status: Status = Status.NEW) -> Ticket:
    """A ticket that is not there yet, as it will be after so many acts."""
    return Ticket(
        id=opened.ticket_id,
        customer=opened.signer,
        status=status,
        rating=None,
        breached=False,
        lane=1,
        turn=None,
        certificate_id=None if status is Status.NEW else 1,
        due_at=None,
        acts=acts,
        budget=timedelta(),
    )


@dataclass
class Crowd:
    """Signs for customers by their numbers, and for the office's agent; entries are new each time."""

    office: Office
    count: int = field(default=0)

    def entry(self) -> bytes:
        """A new entry."""
        self.count += 1
        return sha256(f"entry {self.count}".encode()).digest()

    def open(self, customer: int = 0, *, lane: str | int | None = None, **options: Any) -> SignedAct:
        """An opening in the public lane."""
        entry = options.pop("entry", None) or self.entry()
        chosen = self.office.lane if lane is None else lane
        return sign_open(self.office.deployment, key(customer), lane=chosen, entry=entry, **options)

    def take(self, ticket: str, **options: Any) -> SignedAct:
        """The agent's taking of a ticket."""
        account = self.office.agent.sender.account
        certificate = self.office.desk.certification.of(account.address, self.office.program)
        assert certificate is not None
        return sign_take(
            self.office.deployment,
            account,
            ticket=ticket,
            certificate=certificate.id,
            entry=self.entry(),
            **options,
        )

    def move(self, who: int | None, opened: SignedAct, seen: int, from_: Status, to: Status) -> SignedAct:
        """A move of a ticket that is not there yet, by its customer, or, None, by the agent."""
        account = self.office.agent.sender.account if who is None else key(who)
        ticket = coming(opened, seen, from_)
        return sign_move(self.office.deployment, account, ticket=ticket, to=to, entry=self.entry())

    def rate(self, customer: int, ticket: str, score: int = 5) -> SignedAct:
        """A customer's rating."""
        return sign_rate(
            self.office.deployment, key(customer), ticket=ticket, score=score, entry=self.entry()
        )

    def life(self, customer: int = 0) -> list[SignedAct]:
        """A ticket's whole life, signed before any of it happened."""
        opened = self.open(customer)
        return [
            opened,
            self.take(opened.ticket_id),
            self.move(None, opened, 2, Status.OPEN, Status.WAITING),
            self.move(customer, opened, 3, Status.WAITING, Status.OPEN),
            self.move(None, opened, 4, Status.OPEN, Status.RESOLVED),
            self.rate(customer, opened.ticket_id),
            self.move(customer, opened, 6, Status.RESOLVED, Status.CLOSED),
        ]


def codes(answers: list[Any]) -> list[str]:
    """What answers say: "yes", or a refusal's code."""
    return [answer.code if isinstance(answer, Refusal) else "yes" for answer in answers]


def yes(answers: list[Any]) -> list[Acknowledgement]:
    """Acknowledgements, and nothing else."""
    assert codes(answers) == ["yes"] * len(answers)
    return answers
