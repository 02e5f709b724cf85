"""What a transaction paid, as the vault's events say: at once, into its queue, or owed to who refused it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proofdesk._models import Event
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._money import unit_of

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Result


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment: `told` for people, `plain` for JSON."""

    told: str
    plain: dict[str, Any]


def payments(here: Here, desk: Desk, result: Result) -> list[Payment]:
    """Every payment of a transaction, in order."""
    words = {
        "Paid": _("{amount} is paid to {to}"),
        "Pending": _("{amount} to {to} waits: the vault has too little; it is paid in its turn"),
        "Owed": _("{amount} was refused by {to}, and is owed: proofdesk vault withdraw takes it"),
    }
    found = []
    for event in result.events:
        if isinstance(event, Event) and event.name in words:
            said = event.arguments
            unit, amount, to = unit_of(here, desk, str(said["token"])), int(str(said["amount"])), said["to"]
            plain = {"state": event.name.lower(), "to": to, "amount": str(amount), **unit.plain()}
            found.append(Payment(words[event.name].format(amount=unit.shown(amount), to=to), plain))
    return found
