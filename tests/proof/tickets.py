"""Tickets to prove."""

from __future__ import annotations

from proofdesk import Ticket
from tests.client.office import Office


def asked(office: Office, content: str = "Where is it?") -> Ticket:
    """A new ticket in a lane where nobody is kept waiting by it."""
    return office.customer.tickets.open(lane="orders", content=content)
