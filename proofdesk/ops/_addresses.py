"""Where contracts come to be: by an account's nonce, or by the factory that most chains have.

The factory is Arachnid's deterministic deployment proxy: whoever sends it a salt and a contract's creation
code gets the contract at an address that follows from these two alone (EIP-1014), so that the same desk of
the same deployer has the same addresses on every chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proofdesk._abi import encode_constructor
from proofdesk._deployments import Deployment
from proofdesk._errors import InvalidArgument, ProofdeskError
from proofdesk._rpc import Node, NodeError
from proofdesk._words import address_of, keccak
from proofdesk.proof.creation import FACTORY, create2, creation_in, salt

__all__ = [
    "FACTORY",
    "created_by",
    "created_by_factory",
    "creation_of",
    "has_factory",
    "is_made_by_its_code",
    "salt",
]

# All of its runtime code. Where this is not, what is sent there may "succeed" and create nothing.
_CODE = (
    "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)


def created_by(account: str, nonce: int) -> str:
    """The address of the contract that an account creates by its transaction of a nonce.

    >>> created_by("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", 0)
    '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    """
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    # RLP of the two: a small number is its own encoding.
    item = number if 0 < nonce < 0x80 else bytes([0x80 + len(number)]) + number
    body = b"\x94" + bytes.fromhex(account[2:]) + item
    return address_of(int.from_bytes(keccak(bytes([0xC0 + len(body)]) + body)[12:], "big"))


def created_by_factory(data: bytes) -> str:
    """The address of the contract that the factory makes of a transaction's data: a salt, then creation code.

    >>> created_by_factory(salt("demo") + b"code") == created_by_factory(salt("demo") + b"code")
    True
    """
    return create2(FACTORY, data[:32], data[32:])


def has_factory(node: Node) -> bool:
    """Tell whether the chain has the factory. Raises ConnectionLost, NodeError."""
    return bool(node.request("eth_getCode", FACTORY, "latest") == _CODE)


def creation_of(node: Node, address: str, since: int = 0) -> str:
    """The hash of the transaction that created a contract, whoever sent it, in a block from `since` on.

    Raises ConnectionLost, NodeError, ProofdeskError where the node keeps nothing of that time, or something
    that logs nothing was created by way of another contract.
    """
    first, last = since, node.height()
    try:
        while first < last:
            middle = (first + last) // 2
            if len(node.request("eth_getCode", address, hex(middle))) > 2:
                last = middle
            else:
                first = middle + 1
    except NodeError:
        # A node without old states: its logs say it too, in more requests.
        first, last = since, node.height()
    if logs := node.logs(address, [], first, last):
        return str(logs[0]["transactionHash"])
    # Not every constructor logs something: the block's own transactions tell, if the block is known.
    block = node.request("eth_getBlockByNumber", hex(first), True) if first == last else None
    for sent in block["transactions"] if block else ():
        if _creates(sent).lower() == address.lower():
            return str(sent["hash"])
    raise ProofdeskError(
        f"{address} is there, and the node has nothing of its creation from block {since} on: "
        "ask a node that keeps all logs and states, or deploy with desk.deterministic = false"
    )


def is_made_by_its_code(node: Node, deployment: Deployment, name: str) -> bool | None:
    """Whether a contract's transaction ran this package's creation code, and no other; None where it is gone.

    Code of somebody's own could have written into the storage before it left this package's behind. Raises
    ConnectionLost, NodeError.
    """
    known = deployment.contracts[name]
    sent = node.request("eth_getTransactionByHash", known.transaction)
    if sent is None:
        return None
    try:
        code = encode_constructor(name, *known.arguments)
    except InvalidArgument:
        return False  # a manifest's arguments may be anything
    data = bytes.fromhex(sent["input"][2:])
    # Whatever went between: where the address follows from the code, nothing else made it.
    follows = creation_in(deployment, name) is not None
    return follows or code == (data if sent["to"] is None else data[32:] if _is_factory(sent["to"]) else b"")


def _is_factory(address: str) -> bool:
    return address.lower() == FACTORY.lower()


def _creates(sent: Mapping[str, Any]) -> str:
    """The contract that a transaction of a block creates, itself or by the factory; empty if none."""
    if sent["to"] is None:
        return created_by(sent["from"], int(sent["nonce"], 16))
    data = bytes.fromhex(sent["input"][2:])
    return created_by_factory(data) if _is_factory(sent["to"]) else ""
