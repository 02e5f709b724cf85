"""Who signs: a key, a keystore, a wallet behind an address, a smart account, or any object that can.

A signer needs no gas and no funds, only an `address` and a way to sign typed data:

- eth-account's LocalAccount, or the one that `keystore` opens;
- `RpcWallet`, an address for which a node or a wallet signs;
- `SmartAccount`, a contract that answers for its owner's signature (ERC-1271);
- any object with `address` and a `sign_typed_data` that takes `full_message`, or `domain_data`,
  `message_types` and `message_data`, as eth-account's does, and returns a signature or what has one.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature as parameters_of
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from proofdesk._errors import ConfigurationError, InvalidArgument
from proofdesk._json import parse
from proofdesk._rpc import Node, Source
from proofdesk._words import address_of, to_hex
from proofdesk.signed.act import SignedAct, TypedAct
from proofdesk.signed.eip712 import Typed
from proofdesk.signed.reading import misspelt
from proofdesk.signed.signature import SIZE, canonical, signature_of

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")


class Signer(Protocol):
    """Whoever signs typed data, as this module says."""

    @property
    def address(self) -> str:
        """The account whose acts it signs."""

    @property
    def sign_typed_data(self) -> Callable[..., Any]:
        """What signs."""


class RpcWallet:
    """An address whose key a node or a wallet keeps, which signs by eth_signTypedData_v4.

    Who is asked there has five minutes; over a provider that was passed in place of an address, as long as
    that one waits.

    Raises InvalidArgument for what is no address, ConfigurationError for a node's address that is none.

    >>> wallet = RpcWallet(url, account.address)
    >>> desk.tickets.sign_open(lane="cards", content="Where is my card?", signer=wallet).is_signed_by_key()
    True
    """

    def __init__(self, node: Source, address: str) -> None:
        self.address = account_address(address)
        self._node = Node(node)

    def sign_typed_data(self, *, full_message: dict[str, Any]) -> str:
        """Have typed data signed; raises NodeError where the wallet or its owner refuses, ConnectionLost."""
        signed: str = self._node.request("eth_signTypedData_v4", self.address, full_message)
        return signed


@dataclass(frozen=True, slots=True)
class SmartAccount:
    """A contract's account, by ERC-1271; `owner` signs for it, and what he gives is its signature.

    Where the account asks for more than its owner's signature, pass as owner an object whose
    `sign_typed_data` gives all of it.

    >>> signer = SmartAccount("0x" + 20 * "11", account)
    >>> desk.tickets.sign_open(lane="cards", content="Where is my card?", signer=signer).signer
    '0x1111111111111111111111111111111111111111'
    """

    address: str
    owner: Signer

    def sign_typed_data(self, *, full_message: dict[str, Any]) -> Any:
        """Have typed data signed by the owner."""
        return _asked(self.owner, full_message)


def keystore(path: str | os.PathLike[str], password: str) -> LocalAccount:
    """The account of an encrypted keystore file of version 3, opened.

    Raises ConfigurationError where there is none, it is none, or the password does not open it.

    >>> import json
    >>> content = Account.encrypt(account.key, "secret", kdf="pbkdf2", iterations=1)
    >>> Path("keystore.json").write_text(json.dumps(content)) > 0
    True
    >>> keystore("keystore.json", "secret").address == account.address
    True
    """
    from eth_account import Account

    try:
        content = parse(Path(path).read_bytes())
    except OSError as error:
        raise ConfigurationError(f"keystore {path} cannot be read: {error.strerror}") from None
    except ValueError:
        content = None
    if isinstance(content, dict) and "proofdesk" in content:
        # What it holds would pass for a private key, of an account that nobody is to use.
        raise ConfigurationError(f"{path} is the keystore of a seed, not of an account: open it by Seed.load")
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(content, password))
    except Exception as error:  # eth-account does not say what it raises for a file that is wrong
        # Only a password that is wrong gives another checksum; the rest is the file.
        problem = "is no keystore: that is JSON of version 3, as wallets export it"
        problem = "is not opened by this password" if "MAC" in str(error) else problem
        raise ConfigurationError(f"{path} {problem}") from None
    return account


def sign(act: TypedAct, signer: Signer) -> SignedAct:
    """Have an act signed by its signer.

    Raises InvalidArgument for another's act, and where what was given is not the signature of that account's
    key (only a smart account itself can tell of its own); and what the signer raises.

    >>> signed = desk.tickets.sign_rate(ticket, 5)
    >>> sign(signed, desk.sender.account) == signed
    True
    """
    return _with(act, signature_by(signer, act))


def accepted(act: TypedAct, given: object, *, owner: str) -> SignedAct:
    """An act with what the wallet of `owner` gave, a signature or what has one; raises InvalidArgument.

    >>> signed = desk.tickets.sign_rate(ticket, 5)
    >>> accepted(signed, signed.signature, owner=signed.signer) == signed
    True
    """
    return _with(act, checked_signature(act, given, owner=owner))


def signature_by(signer: Signer, typed: Typed) -> bytes:
    """What a signer gives for typed data of his; raises as `sign` does.

    >>> signed = desk.tickets.sign_rate(ticket, 5)
    >>> signature_by(desk.sender.account, signed).hex() == signed.signature[2:]
    True
    """
    # Read once: what is checked is then what is signed for, whatever a signer says at another look.
    address = address_in(signer)
    if address != typed.signer:
        raise InvalidArgument(f"this is an act of {typed.signer}, and {address} was to sign it")
    owner: Any = signer.owner if isinstance(signer, SmartAccount) else signer
    # Whoever is one has loaded its class; nobody else is made to. A subclass may sign in a way of its own.
    local = sys.modules.get("eth_account.signers.local")
    if local is not None and type(owner) is local.LocalAccount:
        # Its address is made of its key, so what it signs needs no second look.
        return signature_of(bytes.fromhex(typed.digest[2:]), owner)
    is_key = owner is signer
    given = _asked(owner, typed.typed_data)
    return checked_signature(typed, given, owner=address if is_key else address_in(owner), is_key=is_key)


def checked_signature(typed: Typed, given: object, *, owner: str, is_key: bool = True) -> bytes:
    """What the wallet of `owner` gave for typed data, a signature or what has one; raises InvalidArgument."""
    found: Any = getattr(given, "signature", given)
    try:
        # Not of anything: of a number bytes() makes so many.
        signature = bytes(found) if isinstance(found, bytes) else bytes.fromhex(found.removeprefix("0x"))
    except (AttributeError, TypeError, ValueError):
        raise InvalidArgument(
            f"the signer of {owner} gave no signature, but a {type(found).__name__}"
        ) from None
    own = canonical(signature, bytes.fromhex(typed.digest[2:]), owner)
    if own is None and is_key:
        problem = f"has {len(signature)} bytes, not {SIZE}" if len(signature) != SIZE else "is another key's"
        raise InvalidArgument(
            f"what was signed for {owner} {problem}: see which account the wallet signs with, "
            "or pass a smart account as SmartAccount(address, owner)"
        )
    return own or signature


def address_in(signer: object) -> str:
    """A signer's address; raises InvalidArgument for what is no signer."""
    address = getattr(signer, "address", None)
    if address is None or not hasattr(signer, "sign_typed_data"):
        raise InvalidArgument(
            "a signer is an account object, or another with address and sign_typed_data; "
            "for an address whose key a node or a wallet keeps pass RpcWallet(node, address)"
        )
    return account_address(address)


def account_address(address: object) -> str:
    """An address with its checksum; raises InvalidArgument."""
    # Not shown: who passes a key by mistake must not find it in an error.
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise InvalidArgument("a signer's address is no address of 0x and 40 hex digits")
    if problem := misspelt(address):
        raise InvalidArgument(problem)
    return address_of(int(address, 16))


def _asked(signer: Signer, message: dict[str, Any]) -> Any:
    if "full_message" in parameters_of(signer.sign_typed_data).parameters:
        return signer.sign_typed_data(full_message=message)
    return signer.sign_typed_data(
        domain_data=message["domain"],
        message_types={name: each for name, each in message["types"].items() if name != "EIP712Domain"},
        message_data=message["message"],
    )


def _with(act: TypedAct, signature: bytes) -> SignedAct:
    return SignedAct(act.act, act.chain_id, act.desk, act.message, to_hex(signature))
