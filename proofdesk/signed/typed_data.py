"""The four acts as EIP-712 typed data: what a wallet shows, and the digest that is signed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from proofdesk import _fixed
from proofdesk._words import keccak, to_bytes

# Word for word as the contract hashes them.
TYPES: Final[Mapping[str, str]] = {
    "open": "OpenTicket(address customer,uint16 lane,bytes32 entry,uint64 deadline)",
    "take": "TakeTicket(address agent,bytes32 ticketId,uint32 certificateId,bytes32 entry,uint64 deadline)",
    "move": "MoveTicket(address actor,bytes32 ticketId,uint8 from,uint8 to,bytes32 entry,uint16 seen,"
    "uint64 deadline)",
    "rate": "RateTicket(address customer,bytes32 ticketId,uint8 score,bytes32 entry,uint64 deadline)",
}
NAME: Final = "proofdesk"
VERSION: Final = "1"

_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of act is typed: its struct's name, its fields, the type's hash, its call's selector."""

    name: str
    fields: tuple[Mapping[str, str], ...]
    type_hash: bytes
    selector: bytes

    def words(self, message: Mapping[str, int | str]) -> bytes:
        """The struct's fields, a word each: the same in what is signed and in what is called.

        Raises what Python raises for a value that does not fit.
        """
        return b"".join([_fixed.encode(field, message[field["name"]]) for field in self.fields])


@cache
def form(act: str) -> Form:
    """The form of "open", "take", "move" or "rate".

    >>> form("rate").name
    'RateTicket'
    """
    written = TYPES[act]
    fields = _fields(written)
    call = f"{act}For(({','.join(field['type'] for field in fields)}),bytes)"
    return Form(written.partition("(")[0], fields, keccak(written.encode()), keccak(call.encode())[:4])


def typed_data(act: str, chain_id: int, desk: str, message: Mapping[str, int | str]) -> dict[str, Any]:
    """An act as wallets take it for eth_signTypedData_v4; `desk` is TicketDesk's address.

    >>> message = {"customer": "0x" + 20 * "11", "lane": 1, "entry": "0x" + 32 * "22", "deadline": 2**31}
    >>> typed_data("open", 31337, "0x" + 20 * "33", message)["primaryType"]
    'OpenTicket'
    """
    kind = form(act)
    return {
        "types": {
            "EIP712Domain": list(map(dict, _fields(_DOMAIN))),
            kind.name: list(map(dict, kind.fields)),
        },
        "primaryType": kind.name,
        "domain": {"name": NAME, "version": VERSION, "chainId": chain_id, "verifyingContract": desk},
        "message": dict(message),
    }


def digest(act: str, chain_id: int, desk: str, message: Mapping[str, int | str]) -> bytes:
    """The 32 bytes that are signed: keccak256(0x1901 ‖ domain separator ‖ hash of the struct)."""
    kind = form(act)
    return keccak(b"\x19\x01" + _separator(chain_id, desk) + keccak(kind.type_hash + kind.words(message)))


@lru_cache(maxsize=64)
def _separator(chain_id: int, desk: str) -> bytes:
    words = [keccak(text.encode()) for text in (_DOMAIN, NAME, VERSION)]
    words += [chain_id.to_bytes(32, "big"), to_bytes(desk, 20, "desk").rjust(32, b"\0")]
    return keccak(b"".join(words))


def _fields(written: str) -> tuple[Mapping[str, str], ...]:
    pairs = re.findall(r"(\w+) (\w+)", written)
    return tuple({"name": name, "type": kind} for kind, name in pairs)
