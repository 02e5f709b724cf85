"""EIP-712 by the domain that all of a desk's contracts share: what a wallet shows, and the digest it signs.

Values are those of the package: hashes and addresses 0x-hex, numbers ints, structs mappings, lists sequences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from proofdesk import _fixed
from proofdesk._words import keccak, to_bytes

NAME: Final = "proofdesk"
VERSION: Final = "1"

_DOMAIN: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
# What is longer than any moment loses digits in wallets that count in floating point; texts lose none.
_SHORT: Final = 64


class Typed(Protocol):
    """What can be signed as typed data."""

    @property
    def signer(self) -> str:
        """The address that signs, or whose smart account answers for the signature."""

    @property
    def digest(self) -> str:
        """What is signed, 32 bytes in 0x-hex."""

    @property
    def typed_data(self) -> dict[str, Any]:
        """The whole object that a wallet shows and signs by eth_signTypedData_v4."""


@dataclass(frozen=True, slots=True)
class Struct:
    """A typed struct: its name, how it is written alone, its fields, the structs in it, its type's hash."""

    name: str
    written: str
    fields: tuple[Mapping[str, str], ...]
    inner: Mapping[str, Struct]
    type_hash: bytes

    @classmethod
    def of(cls, written: str, *inner: Struct) -> Struct:
        """A struct as Solidity writes it, word for word, and those that it names.

        >>> Struct.of("Rate(bytes32 ticket,uint8 score)").fields[1]
        {'name': 'score', 'type': 'uint8'}
        """
        known = {each.name: each for each in sorted(inner, key=lambda each: each.name)}
        whole = written + "".join(each.written for each in known.values())
        return cls(written.partition("(")[0], written, _fields(written), known, keccak(whole.encode()))

    @property
    def types(self) -> dict[str, list[dict[str, str]]]:
        """Its fields and those of the structs in it, by their names."""
        return {each.name: list(map(dict, each.fields)) for each in (self, *self.inner.values())}

    def words(self, message: Mapping[str, Any]) -> bytes:
        """The message's fields, a word each; raises what Python raises for a value that does not fit."""
        return b"".join([self._word(field, field["type"], message[field["name"]]) for field in self.fields])

    def hash(self, message: Mapping[str, Any]) -> bytes:
        """The hash of a message of this type."""
        return keccak(self.type_hash + self.words(message))

    def shown(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A message as a wallet takes it: long numbers as texts."""
        return {each["name"]: self._shown(each["type"], message[each["name"]]) for each in self.fields}

    def _word(self, field: Mapping[str, str], kind: str, value: Any) -> bytes:
        if kind.endswith("[]"):
            return keccak(b"".join([self._word(field, kind[:-2], each) for each in value]))
        return self.inner[kind].hash(value) if kind in self.inner else _fixed.encode(field, value)

    def _shown(self, kind: str, value: Any) -> Any:
        if kind.endswith("[]"):
            return [self._shown(kind[:-2], each) for each in value]
        if kind in self.inner:
            return self.inner[kind].shown(value)
        return str(value) if kind.startswith("uint") and int(kind[4:]) > _SHORT else value


def typed_data(struct: Struct, chain_id: int, contract: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as wallets take it for eth_signTypedData_v4; `contract` is the address that will check it.

    >>> rate = Struct.of("Rate(bytes32 ticket,uint8 score)")
    >>> typed_data(rate, 31337, "0x" + 20 * "33", {"ticket": "0x" + 32 * "22", "score": 5})["primaryType"]
    'Rate'
    """
    return {
        "types": {"EIP712Domain": list(map(dict, _fields(_DOMAIN))), **struct.types},
        "primaryType": struct.name,
        "domain": {"name": NAME, "version": VERSION, "chainId": chain_id, "verifyingContract": contract},
        "message": struct.shown(message),
    }


def digest(struct: Struct, chain_id: int, contract: str, message: Mapping[str, Any]) -> bytes:
    """The 32 bytes that are signed: keccak256(0x1901 ‖ domain separator ‖ hash of the struct)."""
    return keccak(b"\x19\x01" + separator(chain_id, contract) + struct.hash(message))


@lru_cache(maxsize=64)
def separator(chain_id: int, contract: str) -> bytes:
    """The hash of the domain: this chain, this contract."""
    words = [keccak(text.encode()) for text in (_DOMAIN, NAME, VERSION)]
    words += [chain_id.to_bytes(32, "big"), to_bytes(contract, 20, "contract").rjust(32, b"\0")]
    return keccak(b"".join(words))


def _fields(written: str) -> tuple[Mapping[str, str], ...]:
    pairs = re.findall(r"([\w\[\]]+) (\w+)", written)
    return tuple({"name": name, "type": kind} for kind, name in pairs)
