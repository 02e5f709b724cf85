"""How many proof files a second are made and verified, and how large they are.

The ticket has a life of seven acts, among those of many other tickets, and two messages; its records are
sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction

from benchmarks.sealed import LANE, TEXT, SealedDesk, started
from benchmarks.timing import a_second, medians
from proofdesk._models import Status
from proofdesk._words import keccak
from proofdesk.ops.anchoring import Anchorer
from proofdesk.proof.verifying import verify_file

WORDS = {
    "speed.proof_made": "proof files made of what an anvil answers, a second",
    "speed.proof_verified": "proof files verified from their bytes, a second",
    "size.proof": "a file that shows all records, bytes",
    "size.proof_closed": "one that shows none, bytes",
}
TICKETS = 1_000
"""Others, in the same lane."""
ROUNDS = 5

_FILES = 20  # in a round


def measure(rounds: int = ROUNDS, tickets: int = TICKETS) -> Mapping[str, Fraction]:
    """By the names in WORDS; on a chain of its own.

    Raises ChainError, AssertionError where a file does not show what it is to show.
    """
    with started() as desk:
        ticket = _lived(desk, tickets)
        proofs = desk.agent.proofs
        content, closed = (proofs.make(ticket, disclose=which).dump() for which in ("all", "none"))
        proven = verify_file(content)
        assert len(proven.acts) == proven.ticket.acts and len(proven.messages) == 2, proven
        figures = medians(
            {
                "speed.proof_made": lambda: a_second(
                    _FILES, lambda: [proofs.make(ticket).dump() for _ in range(_FILES)]
                ),
                "speed.proof_verified": lambda: a_second(
                    _FILES, lambda: [verify_file(content) for _ in range(_FILES)]
                ),
            },
            rounds,
        )
    return figures | {"size.proof": Fraction(len(content)), "size.proof_closed": Fraction(len(closed))}


def _lived(desk: SealedDesk, others: int) -> str:
    """The id of a ticket that was opened, taken, answered, resolved and rated, others' acts in between."""
    customer, agent = desk.customer.tickets, desk.agent.tickets
    ticket = customer.open(lane=LANE, content="Where is my card?").id
    agent.take(ticket, TEXT)
    _crowd(desk, others)
    agent.reply(ticket, TEXT)
    customer.reply(ticket, TEXT)
    agent.note(ticket, TEXT)
    agent.move(ticket, Status.RESOLVED, TEXT)
    customer.rate(ticket, 5, "Thank you.")
    for person in (desk.customer, desk.agent):
        person.records.message(ticket, "Are you there?")
    Anchorer(desk.agent, age=timedelta(0)).step()
    return ticket


def _crowd(desk: SealedDesk, tickets: int) -> None:
    lane = desk.customer.lanes.get(LANE).id
    entries = (keccak(b"proofdesk.benchmark" + number.to_bytes(8, "big")) for number in range(tickets))
    desk.customer.sender.send_many([desk.customer.call("TicketDesk", "open", lane, each) for each in entries])
