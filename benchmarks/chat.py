"""How many messages a minute are said on tickets, sealed, kept in a durable folder and anchored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction

from benchmarks.sealed import LANE, SealedDesk, started
from benchmarks.timing import a_second
from proofdesk._models import Ticket
from proofdesk.anchors.queue import proof_of
from proofdesk.ops.anchoring import Anchorer

WORDS = {
    "speed.messages": "messages said and anchored by one process, a minute",
    "speed.messages_said": "saying them alone, a minute",
    "speed.messages_anchored": "anchoring them alone, a minute",
}
MESSAGES = 2_000
TICKETS = 20


def measure(messages: int = MESSAGES, tickets: int = TICKETS) -> Mapping[str, Fraction]:
    """By the names in WORDS; on a chain of its own.

    Raises ChainError, AssertionError where a message is not anchored.
    """
    with started() as desk:
        opened = [desk.customer.tickets.open(lane=LANE, content="Where is my card?") for _ in range(tickets)]
        entries: list[str] = []
        said = a_second(messages, lambda: entries.extend(_said(desk, opened, messages)))
        anchorer = Anchorer(desk.agent, age=timedelta(0))
        anchored = a_second(messages, anchorer.step)
        # That it was quick is worth nothing unless each can be proven.
        assert all(proof_of(desk.store, entry) is not None for entry in entries)
    together = 1 / (1 / said + 1 / anchored)
    return {
        "speed.messages": 60 * together,
        "speed.messages_said": 60 * said,
        "speed.messages_anchored": 60 * anchored,
    }


def _said(desk: SealedDesk, tickets: list[Ticket], count: int) -> list[str]:
    """Customer and agent in turn, on one ticket after another; the messages' entries."""
    entries = []
    for number in range(count):
        person = (desk.customer, desk.agent)[number // len(tickets) % 2]
        message = person.records.message(tickets[number % len(tickets)], f"Message {number}: are you there?")
        entries.append(message.entry)
    return entries
