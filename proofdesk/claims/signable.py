"""What is signed about claims: the typed structs, and what all that carries a signature has in common."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, TypeVar

from proofdesk._checks import shown
from proofdesk._errors import InvalidArgument
from proofdesk._words import keccak, to_bytes, to_hex
from proofdesk.claims.forms import Formed
from proofdesk.signed import eip712
from proofdesk.signed.eip712 import Struct
from proofdesk.signed.reading import FORMAT, check_version, loaded, raw_of
from proofdesk.signed.signature import recovered
from proofdesk.signed.signers import Signer, signature_by

# Word for word as the contracts hash them.
RECEIPT: Final = Struct.of(
    "Receipt(address merchant,bytes32 orderId,address customer,bytes32 productId,uint128 price,"
    "uint64 purchasedAt,bytes32 policyId)"
)
EVIDENCE: Final = Struct.of("Evidence(bytes32 orderId,uint8 kind,bytes32 contentHash,uint64 issuedAt)")
FILE_CLAIM: Final = Struct.of(
    "FileClaim(address customer,Receipt receipt,uint8 reason,uint128 amount,Evidence[] evidence,"
    "bytes32 entry,uint64 deadline)",
    EVIDENCE,
    RECEIPT,
)
DECIDE_CLAIM: Final = Struct.of(
    "DecideClaim(address actor,bytes32 ticketId,uint128 amount,bytes32 entry,uint16 seen,uint64 deadline)"
)
WITHDRAW: Final = Struct.of(
    "Withdraw(address account,address token,address to,uint256 nonce,uint64 deadline)"
)

# Sixteen attested pieces of evidence fit, each proven in a tree of four thousand million.
MAX_BYTES: Final = 128 * 1024

S = TypeVar("S", bound="Signable")
W = TypeVar("W", bound="Signed")


@dataclass(frozen=True, slots=True, repr=False)
class Signable(Formed):
    """Typed data for a contract on a chain, and its JSON: an object of version 1 on one line."""

    chain_id: int

    STRUCT: ClassVar[Struct]
    # The fields that hold them; `desk` is ClaimDesk's address.
    SIGNER: ClassVar[str]
    CONTRACT: ClassVar[str] = "desk"

    @property
    def contract(self) -> str:
        """The address of the contract that checks the signature."""
        return str(getattr(self, self.CONTRACT))

    @property
    def signer(self) -> str:
        """The address that signs, or whose smart account answers for the signature."""
        return str(getattr(self, self.SIGNER))

    @property
    def message(self) -> Mapping[str, Any]:
        """The typed struct's fields as the contract names them; amounts are numbers."""
        signed = {each["name"] for each in self.STRUCT.fields}
        return {name: value for name, value in self.abi.items() if name in signed}

    @property
    def digest(self) -> str:
        """What is signed, 32 bytes in 0x-hex."""
        return to_hex(eip712.digest(self.STRUCT, self.chain_id, self.contract, self.message))

    @property
    def typed_data(self) -> dict[str, Any]:
        """The whole object that a wallet shows and signs by eth_signTypedData_v4."""
        return eip712.typed_data(self.STRUCT, self.chain_id, self.contract, self.message)

    @classmethod
    def named(cls, name: str) -> str:
        """A field's name in JSON: as Python has it."""
        return name

    @classmethod
    def from_json(cls: type[S], content: str | bytes) -> S:
        """Read one of at most 128 KiB; raises the class's Malformed error, nothing else."""
        value = loaded(raw_of(content, cls.ERROR, MAX_BYTES), cls.ERROR)
        if not isinstance(value, dict):
            raise cls.ERROR("", f"must be an object, not {shown(value)}")
        check_version(value, cls.ERROR)
        del value["v"]
        return cls(**cls.read(value, "", cls.ERROR))

    def to_json(self) -> str:
        """Its JSON, on one line."""
        return json.dumps({"v": FORMAT} | self.plain(), ensure_ascii=False, separators=(",", ":"))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.digest} by {self.signer}>"


@dataclass(frozen=True, slots=True, repr=False)
class Signed(Signable):
    """Typed data with its signer's signature in 0x-hex."""

    signature: str

    def is_signed_by_key(self) -> bool:
        """Tell whether the signer's own key signed; otherwise a smart account of that address may answer."""
        return is_by_key(self, self.signature)


def is_by_key(item: Signable, signature: str) -> bool:
    """Tell whether a signature is that of the key of an item's signer."""
    return recovered(bytes.fromhex(signature[2:]), bytes.fromhex(item.digest[2:])) == item.signer


def signed_by(signer: Signer, item: W) -> W:
    """An item with its signer's signature; raises InvalidArgument, and what the signer raises."""
    return replace(item, signature=to_hex(signature_by(signer, item)))


def salted(purpose: str, salt: str, content: str) -> str:
    """What stands for a text where everybody reads: keccak256(purpose ‖ salt ‖ the text in UTF-8).

    >>> salted("proofdesk.order.v1", "0x" + 32 * "11", "A-1001")[:10]
    '0x22775bd1'
    """
    return to_hex(keccak(purpose.encode() + bytes.fromhex(salt[2:]) + content.encode()))


def new_salt(salt: bytes | str | None) -> str:
    """A random salt, unless one is given: 32 bytes."""
    return to_hex(secrets.token_bytes(32) if salt is None else to_bytes(salt, 32, "salt"))


def refuse_other_desk(claim: Signable, item: Signable) -> None:
    """Raise InvalidArgument for an item that was signed for another desk than the claim is for."""
    if (item.chain_id, item.contract) != (claim.chain_id, claim.contract):
        raise InvalidArgument(
            f"{item!r} is for the desk at {item.contract} on chain {item.chain_id}, the claim for the one at "
            f"{claim.contract} on chain {claim.chain_id}: claim where it was signed for"
        )
