"""What a desk owes at which second, in a test's own words: written from the documents, importing nothing.

A ticket's first response is due `respond_within` minutes after the minute in which it was opened; its clock
has run out in the first second after that minute began. What its lane promises for that is due 48 hours after
the clock's end.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Model:
    """Tickets by their ids, each with the second it was opened at and its lane's terms."""

    respond_within: int
    """Minutes."""
    opened: dict[str, int] = field(default_factory=dict)
    promised: set[str] = field(default_factory=set)

    def end(self, ticket: str) -> int:
        """The last second of its first-response clock."""
        return (self.opened[ticket] // 60 + self.respond_within) * 60

    def overdue(self, ticket: str) -> int:
        """The first second in which anyone may call it."""
        return self.end(ticket) + 1

    def payable(self, ticket: str) -> int:
        """The first second in which its compensation is paid."""
        return self.end(ticket) + 48 * 3600

    def due_by(self, time: int) -> tuple[set[str], set[str]]:
        """Tickets that are to be called, and those that are to be compensated, by a second."""
        called = {ticket for ticket in self.opened if self.overdue(ticket) <= time}
        return called, {ticket for ticket in self.promised if self.payable(ticket) <= time}

    def moments(self) -> list[int]:
        """Every second at which something falls due, in order."""
        called = {self.overdue(ticket) for ticket in self.opened}
        return sorted(called | {self.payable(ticket) for ticket in self.promised})
