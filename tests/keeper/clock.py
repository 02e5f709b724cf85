"""A counter's clock: blocks at exact times, and when a ticket's own clock has run out."""

from __future__ import annotations

from proofdesk import Desk, Ticket
from tests.client.claims.counter import Counter

DAY = 86_400
WAIT = 48 * 3600
"""Seconds from a breach to its compensation."""


def at(counter: Counter, seconds: int) -> None:
    """The chain's last block has exactly this time."""
    counter.office.chain.rpc("evm_setNextBlockTimestamp", seconds)
    counter.office.chain.rpc("evm_mine")


def now(counter: Counter) -> int:
    """Seconds; the time of the last block."""
    return int(counter.office.desk.now().timestamp())


def due(desk: Desk, ticket: Ticket) -> int:
    """The first second in which its clock has run out."""
    ends = desk.tickets.get(ticket).due_at
    assert ends is not None
    return int(ends.timestamp()) + 1


def balance(counter: Counter, account: str) -> int:
    """What an account holds, wei."""
    return int(counter.office.chain.rpc("eth_getBalance", account, "latest"), 16)
