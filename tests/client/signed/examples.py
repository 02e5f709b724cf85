"""One valid signed act of each kind, of which a test changes one field."""

from __future__ import annotations

from typing import Any

from eth_account import Account

KEY = Account.from_key(bytes(31) + b"\x2a")
STRANGER = Account.from_key(bytes(31) + b"\x2b")
CHAIN, DESK = 31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3"
TICKET, ENTRY, DEADLINE = "0x" + 32 * "7a", "0x" + 32 * "e1", 2_000_000_000

_ACCOUNTS = {"open": "customer", "take": "agent", "move": "actor", "rate": "customer"}
_OWN: dict[str, dict[str, Any]] = {
    "open": {"lane": 3},
    "take": {"ticketId": TICKET, "certificateId": 9},
    "move": {"ticketId": TICKET, "from": 2, "to": 5, "seen": 4},
    "rate": {"ticketId": TICKET, "score": 5},
}
ACTS = tuple(_OWN)


def message(act: str, /, **changes: Any) -> dict[str, Any]:
    """The typed struct's fields."""
    fields = {_ACCOUNTS[act]: KEY.address, **_OWN[act], "entry": ENTRY, "deadline": DEADLINE}
    return fields | changes


def signed(act: str = "move", /, **changes: Any) -> dict[str, Any]:
    """A signed act as JSON has it; its signature has the right form, and is nobody's."""
    signature = "0x" + 32 * "11" + 32 * "22" + "1b"
    whole = {"v": 1, "act": act, "chain_id": CHAIN, "desk": DESK, "message": message(act)}
    return whole | {"signature": signature} | changes
