"""Which address tells that a contract began empty: one that follows from the code that made it.

A contract's code alone does not tell. Whoever makes one may write a history into its storage by code of his
own, and leave this package's behind. An address by CREATE2 (EIP-1014) commits to what made the contract.
"""

from __future__ import annotations

from typing import Final

from proofdesk._abi import encode_constructor
from proofdesk._deployments import Deployment
from proofdesk._errors import InvalidArgument
from proofdesk._words import address_of, keccak, to_bytes, to_hex
from proofdesk.proof.file import ShownCreation

# Arachnid's deterministic deployment proxy, which most chains have.
FACTORY: Final = "0x4e59b44847b379578588920cA78FbF26c0B4956C"

_MANAGER: Final = "DeskAccess"
_SALT: Final = b"proofdesk.desk.v1"


def salt(desk: str, manager: str = "") -> bytes:
    """What tells a deployer's desks apart, by their names.

    A contract that is made with nothing would be every deployer's: its desk's `manager` makes it one's own.
    """
    return keccak(_SALT + desk.encode() + bytes.fromhex(manager[2:]))


def create2(factory: str, salt: bytes, code: bytes) -> str:
    """The address of the contract that a factory makes by CREATE2, of a salt and creation code.

    >>> create2("0x" + 40 * "0", bytes(32), b"\\0")
    '0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38'
    """
    preimage = b"\xff" + to_bytes(factory, 20, "factory") + salt + keccak(code)
    return address_of(int.from_bytes(keccak(preimage)[12:], "big"))


def address_by(contract: str, created: ShownCreation) -> str:
    """Where this package's code makes a contract in this way; raises InvalidArgument for wrong arguments.

    >>> creation = ShownCreation(FACTORY, salt("demo"), ())
    >>> address_by("RecordAnchor", creation) == address_by("RecordAnchor", creation)
    True
    """
    return create2(created.factory, created.salt, encode_constructor(contract, *created.arguments))


def creation_in(deployment: Deployment, contract: str) -> ShownCreation | None:
    """How `deploy` made a contract, where its address follows from that; None on a local chain, for one.

    >>> creation_in(desk.deployment, "TicketDesk") is None
    True
    """
    known, manager = deployment.contract(contract), deployment.contracts.get(_MANAGER)
    try:
        arguments = tuple(to_hex(to_bytes(each, 20, "argument")) for each in map(str, known.arguments))
        by = "" if arguments or manager is None else manager.address
        created = ShownCreation(FACTORY.lower(), salt(deployment.desk, by), arguments)
        return created if address_by(contract, created).lower() == known.address.lower() else None
    except InvalidArgument:
        return None  # a manifest's arguments may be anything
