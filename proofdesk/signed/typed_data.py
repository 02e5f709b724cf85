"""The four acts as EIP-712 typed data: what a wallet shows, and the digest that is signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from proofdesk._words import keccak
from proofdesk.signed import eip712
from proofdesk.signed.eip712 import Struct

# Word for word as the contract hashes them.
TYPES: Final[Mapping[str, str]] = {
    "open": "OpenTicket(address customer,uint16 lane,bytes32 entry,uint64 deadline)",
    "take": "TakeTicket(address agent,bytes32 ticketId,uint32 certificateId,bytes32 entry,uint64 deadline)",
    "move": "MoveTicket(address actor,bytes32 ticketId,uint8 from,uint8 to,bytes32 entry,uint16 seen,"
    "uint64 deadline)",
    "rate": "RateTicket(address customer,bytes32 ticketId,uint8 score,bytes32 entry,uint64 deadline)",
}


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of act is typed: its struct, and the selector of the call that carries it."""

    struct: Struct
    selector: bytes

    @property
    def fields(self) -> tuple[Mapping[str, str], ...]:
        """The struct's fields."""
        return self.struct.fields

    def words(self, message: Mapping[str, int | str]) -> bytes:
        """The struct's fields, a word each: the same in what is signed and in what is called.

        Raises what Python raises for a value that does not fit.
        """
        return self.struct.words(message)


@cache
def form(act: str) -> Form:
    """The form of "open", "take", "move" or "rate".

    >>> form("rate").struct.name
    'RateTicket'
    """
    struct = Struct.of(TYPES[act])
    call = f"{act}For(({','.join(field['type'] for field in struct.fields)}),bytes)"
    return Form(struct, keccak(call.encode())[:4])


def typed_data(act: str, chain_id: int, desk: str, message: Mapping[str, int | str]) -> dict[str, Any]:
    """An act as wallets take it for eth_signTypedData_v4; `desk` is TicketDesk's address.

    >>> message = {"customer": "0x" + 20 * "11", "lane": 1, "entry": "0x" + 32 * "22", "deadline": 2**31}
    >>> typed_data("open", 31337, "0x" + 20 * "33", message)["primaryType"]
    'OpenTicket'
    """
    return eip712.typed_data(form(act).struct, chain_id, desk, message)


def digest(act: str, chain_id: int, desk: str, message: Mapping[str, int | str]) -> bytes:
    """The 32 bytes that are signed: keccak256(0x1901 ‖ domain separator ‖ hash of the struct)."""
    return eip712.digest(form(act).struct, chain_id, desk, message)
