"""What a desk has done before it is audited: a little of everything that there is to check."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from web3 import HTTPProvider, Web3

from proofdesk import Desk, Status, Ticket
from proofdesk._records import commit, compose
from proofdesk._store import Store
from proofdesk.ops.anchoring import Anchorer
from proofdesk.ops.audit import Audit, Kind, audit
from proofdesk.privacy.erasing import Ground
from proofdesk.privacy.keys import Reader, Scope
from proofdesk.privacy.sealed import rewrap
from tests.privacy.office import SealedOffice

LONG_AGO = "2026-01-31T12:00:00Z"
# What is in the records of this desk, and in no report.
WORDS = ("Where is my card?", "for the desk alone", "It is in the post.", "Are you there?")

Twist = Callable[[str, Any, Any], Any]


class Lying(HTTPProvider):
    """A node's line on which `twist` changes answers: it is given method, parameters and result."""

    def __init__(self, url: str, twist: Twist) -> None:
        super().__init__(url)
        self._twist = twist

    def make_request(self, method: Any, params: Any) -> Any:
        answer: Any = super().make_request(method, params)
        return {**answer, "result": self._twist(method, params, answer.get("result"))}

    def make_batch_request(self, batch_requests: Any) -> Any:
        answers: Any = super().make_batch_request(batch_requests)
        return [
            {**answer, "result": self._twist(method, params, answer.get("result"))}
            for (method, params), answer in zip(batch_requests, answers, strict=True)
        ]


@dataclass
class Business:
    """An office that has worked: tickets in talk, open to a stranger, erased, and moved to an end."""

    office: SealedOffice
    talk: Ticket
    granted: Ticket
    erased: Ticket
    moved: Ticket

    @classmethod
    def done(cls, office: SealedOffice) -> Business:
        """Work, and let some time pass."""
        # Roles have had their keys for a while, so that everybody seals to them.
        office.pass_time(timedelta(minutes=5))
        office.stranger.keys.publish()
        talk = office.taken()
        office.agent.tickets.reply(talk, WORDS[2])
        office.customer.tickets.reply(talk.id, "Which post?")
        office.agent.tickets.note(talk.id, WORDS[1])
        office.customer.records.message(talk.id, WORDS[3])
        office.agent.records.message(talk.id, "Yes.")
        Anchorer(office.supervisor).step(everything=True)
        granted = office.taken()
        office.supervisor.records.grant(granted, office.address("stranger"))
        office.agent.tickets.note(granted.id, "for the court")
        erased = office.taken()
        office.customer.records.message(erased.id, "never mind")
        office.supervisor.records.erase(erased.id, ground=Ground.CONSENT_WITHDRAWN)
        moved = office.opened()
        office.supervisor.tickets.assign([moved], [1])
        office.agent.tickets.move(office.desk.tickets.get(moved.id), Status.RESOLVED, "Done.")
        office.customer.tickets.rate(moved.id, 5)
        other = office.opened()
        office.supervisor.tickets.transfer(other, "orders")
        office.pass_time(timedelta(minutes=5))
        return cls(office, talk, granted, erased, moved)

    @property
    def store(self) -> Store:
        """Where all of it is kept."""
        return self.office.desk.archive.store

    @property
    def scope(self) -> Scope:
        """The desk that its records are sealed for."""
        return Scope.of(self.office.deployment)

    def audit(self, name: str = "auditor", **options: Any) -> Audit:
        """What somebody finds who audits it."""
        return audit(self.office.of(name), **options)

    def kinds(self, name: str = "auditor", **options: Any) -> dict[Kind, int]:
        """What he finds, by its kind; every difference says what, where, what was expected and found."""
        found = self.audit(name, **options)
        assert all(each.where and each.expected and each.found for each in found.listed)
        assert found.differences == len(found.listed)
        assert not any(word in f"{found}{found.to_json()}" for word in WORDS)
        return {Kind(kind): count for kind, count in found.kinds.items()}

    def lied_to(self, twist: Twist) -> Audit:
        """What the auditor finds whose node changes answers."""
        desk = self.office.auditor
        w3 = Web3(Lying(self.office.chain.url, twist))
        return audit(Desk(w3, desk.deployment, store=desk.archive.store, keyring=desk.keyring))

    def entry(self, ticket: Ticket, number: int) -> str:
        """The entry of an act of a ticket, from 1."""
        return self.office.desk.tickets.acts(ticket.id)[number - 1].entry

    def rewrapped(self, entry: str, *, add: Any = (), remove: Any = (), by: str = "agent") -> None:
        """Have somebody change who reads a record."""
        codec: Any = self.office.of(by).archive.codec
        content = rewrap(self.store.get(entry), self.scope, codec.held(), add=add, remove=remove)
        self.store.put(entry, content)

    def role(self, name: str) -> Reader:
        """A role as records are sealed to it."""
        return next(role.reader for role in self.office.desk.keys.roles() if role.name == name)

    def kept(self, kind: str, ticket: str | None, **content: Any) -> str:
        """A record that was kept long ago, and never used."""
        made = compose(
            {"body": "lost", **content, "created_at": LONG_AGO}, kind=kind, author="Ann", ticket=ticket
        )
        opening = commit(made)
        self.office.agent.keep(opening)
        return opening.entry


def as_json(value: object) -> bytes:
    """A content of a shelf."""
    return json.dumps(value, separators=(",", ":")).encode()
