"""Signers of several kinds over one key, none of which signs in the way this package would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_account.signers.local import LocalAccount

from proofdesk.signed.signature import ORDER


@dataclass
class Whole:
    """Takes the whole object, gives bytes."""

    account: LocalAccount

    @property
    def address(self) -> str:
        return str(self.account.address)

    def sign_typed_data(self, full_message: dict[str, Any]) -> bytes:
        return bytes(self.account.sign_typed_data(full_message=full_message).signature)


@dataclass
class InParts:
    """Takes the object in parts, as eth-account does; gives 0x-hex, v from 0 and the higher s."""

    account: LocalAccount

    @property
    def address(self) -> str:
        return str(self.account.address).lower()

    def sign_typed_data(self, domain_data: Any, message_types: Any, message_data: Any) -> str:
        signed = self.account.sign_typed_data(domain_data, message_types, message_data)
        high = signed.r.to_bytes(32, "big") + (ORDER - signed.s).to_bytes(32, "big") + bytes([28 - signed.v])
        return "0x" + high.hex()


@dataclass
class Gives:
    """Gives whatever it was told to."""

    address: str
    given: Any
    shown: dict[str, Any] | None = None

    def sign_typed_data(self, full_message: dict[str, Any]) -> Any:
        self.shown = full_message
        return self.given
