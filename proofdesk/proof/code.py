"""Which runtime code a contract of this package has: to the byte, where it stands and whom it names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from proofdesk._abi import artifact
from proofdesk._words import keccak, to_bytes
from proofdesk.proof.fields import CERTIFICATION, DESK
from proofdesk.proof.slots import immutable_places
from proofdesk.signed.eip712 import NAME, VERSION, separator

_WORD: Final = 32


@lru_cache(maxsize=64)
def runtime_code(contract: str, *, chain_id: int, address: str, certification: str) -> bytes:
    """The code that a contract's constructor leaves at an address of a chain.

    Every immutable is known: TicketDesk's certification, and what OpenZeppelin's EIP712 keeps of its domain,
    which binds the code to its chain and its address.

    >>> one, other = "0x" + 40 * "1", "0x" + 40 * "2"
    >>> code = runtime_code("RecordAnchor", chain_id=1, address=one, certification=other)
    >>> code == bytes.fromhex(artifact("RecordAnchor")["deployedBytecode"][2:])
    True
    """
    code = bytearray.fromhex(artifact(contract)["deployedBytecode"][2:])
    for name, value in _immutables(contract, chain_id, address, certification).items():
        for start in immutable_places(contract, name):
            code[start : start + _WORD] = value
    return bytes(code)


def _immutables(contract: str, chain_id: int, address: str, certification: str) -> Mapping[str, bytes]:
    if contract not in (DESK, CERTIFICATION):
        return {}
    domain = {
        "_cachedDomainSeparator": separator(chain_id, address),
        "_cachedChainId": chain_id.to_bytes(_WORD, "big"),
        "_cachedThis": _word(address),
        "_hashedName": keccak(NAME.encode()),
        "_hashedVersion": keccak(VERSION.encode()),
        "_name": _short(NAME),
        "_version": _short(VERSION),
    }
    return domain | ({"certification": _word(certification)} if contract == DESK else {})


def _word(address: str) -> bytes:
    return to_bytes(address, 20, "address").rjust(_WORD, b"\0")


def _short(text: str) -> bytes:
    """OpenZeppelin's ShortString: the text, and in the last byte its length."""
    return text.encode().ljust(_WORD - 1, b"\0") + bytes([len(text)])
