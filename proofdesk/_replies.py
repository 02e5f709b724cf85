"""Where a reply leads: whose turn it is then follows from who writes, and in which state."""

from __future__ import annotations

from collections.abc import Mapping

from proofdesk._models import Actor, Status

# The customer's reopens and objects, the agent's waits for the customer; elsewhere the state stays.
REPLIES: Mapping[Actor, Mapping[Status, Status]] = {
    Actor.CUSTOMER: {
        Status.WAITING: Status.OPEN,
        Status.RESOLVED: Status.OPEN,
        Status.REJECTED: Status.ESCALATED,
    },
    Actor.AGENT: {
        Status.OPEN: Status.WAITING,
        Status.WAITING: Status.OPEN,
        Status.ON_HOLD: Status.OPEN,
        Status.RESOLVED: Status.OPEN,
        Status.REJECTED: Status.OPEN,
    },
    Actor.SUPERVISOR: {
        Status.WAITING: Status.ESCALATED,
        Status.ON_HOLD: Status.ESCALATED,
        Status.REJECTED: Status.OPEN,
    },
}
