"""People without gas some of whose acts have words."""

from __future__ import annotations

from proofdesk import Status
from proofdesk._records import Opening, commit, compose
from proofdesk.signed import SignedAct
from tests.client.office import Office
from tests.relay.people import Crowd, key


class Writers(Crowd):
    """A crowd some of whose acts have a record."""

    def __init__(self, office: Office, first: int) -> None:
        super().__init__(office, first)
        self.said: list[Opening] = []
        self._next: Opening | None = None

    def entry(self) -> bytes:
        """The entry of what was said last, if no act has it yet."""
        opening, self._next = self._next, None
        return super().entry() if opening is None else bytes.fromhex(opening.entry[2:])

    def say(self, kind: str, author: str, ticket: str | None = None) -> None:
        """Words that the next act is of."""
        self._next = commit(compose(f"Words {len(self.said)}", kind=kind, author=author, ticket=ticket))
        self.said.append(self._next)

    def spoken(self, customer: int) -> list[SignedAct]:
        """A ticket's life with words."""
        self.say("open", key(customer).address)
        opened = self.open(customer)
        take = self.take(opened.ticket_id)
        self.say("reply", self.office.agent.sender.address, opened.ticket_id)
        asked = self.move(None, opened, 2, Status.OPEN, Status.WAITING)
        self.say("reply", key(customer).address, opened.ticket_id)
        told = self.move(customer, opened, 3, Status.WAITING, Status.OPEN)
        return [opened, take, asked, told, self.move(None, opened, 4, Status.OPEN, Status.RESOLVED)]
