"""Shares: a role's private key, sealed to each of its members, in the store beside the records.

Whoever is shared a role opens with his own reading key what all of the role may read; the key itself stands
nowhere in the clear. A share is HPKE as wraps are, its info

    "proofdesk.share.v1" ‖ chain id (32 bytes) ‖ TicketDesk's address (20) ‖ role (32) ‖ role's public key
    (32) ‖ member's public key (32)

and lies on the shelf "shares" under keccak256("proofdesk.share.v1" ‖ role ‖ role's key ‖ member's key): by
the role's key and not by its version, so that of two who make a new one at once neither overwrites the
other's. Who shared it signed so (EIP-712): a store's host could otherwise name himself a member, and be given
the next key. The shelf "roles" lists which keys there are, so that a share is found without a chain.
"""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from proofdesk._errors import ContentMissing
from proofdesk._json import parse
from proofdesk._store import Store
from proofdesk._words import address_of, keccak, to_bytes, to_hex
from proofdesk.privacy.errors import InvalidKey
from proofdesk.privacy.keys import SIZE, Reader, ReadingKey, Scope
from proofdesk.privacy.roles import role_word
from proofdesk.privacy.wraps import open_with, seal_to
from proofdesk.signed import eip712
from proofdesk.signed.eip712 import Struct
from proofdesk.signed.signature import recovered

SHARES: Final = "shares"
ROLES: Final = "roles"
SHARE: Final = Struct.of("ShareRole(bytes32 role,bytes32 key,address member,bytes32 reader)")

_FORMAT: Final = "proofdesk-share/1"
_LISTED: Final = "proofdesk-role/1"
_DOMAIN: Final = b"proofdesk.share.v1"
_LIST_DOMAIN: Final = b"proofdesk.role.v1"
_MOST: Final = 4096  # keys of roles: a store's host who lists more only hides what he could delete


@dataclass(frozen=True, slots=True)
class Membership:
    """Who is shared which key of which role: what the sharer signs, for the registry of a desk.

    `key` is the role's public key, `reader` the member's, 32 bytes each; `by` is the sharer's address.
    """

    role: str
    key: bytes
    member: str
    reader: bytes
    by: str
    chain_id: int
    registry: str

    @property
    def signer(self) -> str:
        """The sharer."""
        return self.by

    @property
    def message(self) -> dict[str, str]:
        """The typed struct's fields."""
        words = {"role": role_word(self.role), "key": self.key, "reader": self.reader}
        return {"member": self.member} | {name: to_hex(word) for name, word in words.items()}

    @property
    def digest(self) -> str:
        """What is signed, 32 bytes in 0x-hex."""
        return to_hex(eip712.digest(SHARE, self.chain_id, self.registry, self.message))

    @property
    def typed_data(self) -> dict[str, Any]:
        """The whole object that a wallet shows and signs by eth_signTypedData_v4."""
        return eip712.typed_data(SHARE, self.chain_id, self.registry, self.message)


@dataclass(frozen=True, slots=True)
class Share:
    """A role's private key, sealed to one member, and who says that he is one."""

    role: str
    key: bytes
    member: str
    reader: bytes
    by: str
    signature: bytes = field(repr=False)
    sealed: bytes = field(repr=False)

    @property
    def place(self) -> str:
        """Where it lies on its shelf."""
        return place_of(self.role, self.key, self.reader)

    def is_signed(self, chain_id: int, registry: str) -> bool:
        """Tell whether the key of `by` signed it for a desk's registry.

        >>> Share("agents", role.public, address, key.public, address, b"", b"").is_signed(1, address)
        False
        """
        said = Membership(self.role, self.key, self.member, self.reader, self.by, chain_id, registry)
        return recovered(self.signature, to_bytes(said.digest, 32, "digest")) == self.by

    def dump(self) -> bytes:
        """Its JSON, as it is stored."""
        value = {
            "format": _FORMAT,
            "role": self.role,
            "key": to_hex(self.key),
            "member": self.member,
            "reader": to_hex(self.reader),
            "by": self.by,
            "signature": to_hex(self.signature),
            "sealed": b64encode(self.sealed).decode(),
        }
        return json.dumps(value, separators=(",", ":")).encode()

    @classmethod
    def load(cls, content: bytes) -> Share | None:
        """Read one; None for what is none: whoever keeps the store may have put it there."""
        try:
            value = parse(content)
            if value.pop("format") != _FORMAT or not isinstance(value["role"], str):
                return None
            role_word(value["role"])
            return cls(
                role=value["role"],
                key=to_bytes(value["key"], SIZE, "key"),
                member=address_of(int.from_bytes(to_bytes(value["member"], 20, "member"), "big")),
                reader=to_bytes(value["reader"], SIZE, "reader"),
                by=address_of(int.from_bytes(to_bytes(value["by"], 20, "by"), "big")),
                signature=bytes.fromhex(value["signature"][2:]),
                sealed=b64decode(value["sealed"], validate=True),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


@dataclass(frozen=True, slots=True)
class Listed:
    """A key of a role, as the store lists it; `at` is seconds since 1970, when it was made."""

    role: str
    key: bytes
    at: int


def seal_share(scope: Scope, role: str, key: ReadingKey, member: Reader) -> bytes:
    """Seal a role's private key to a member's reading key.

    >>> sealed = seal_share(scope, "agents", role, Reader("Ann", key.public))
    >>> open_share(scope, "agents", role.public, sealed, key) == role
    True
    """
    return seal_to(member, key.private_bytes(), _info(scope, role, key.public, member.key))


def open_share(scope: Scope, role: str, public: bytes, sealed: bytes, key: ReadingKey) -> ReadingKey | None:
    """A role's key out of a share; None where the share is another's, or holds another key than it says."""
    private = open_with(key, sealed, _info(scope, role, public, key.public))
    try:
        found = None if private is None else ReadingKey.from_bytes(private)
    except InvalidKey:
        return None
    return found if found is not None and found.public == public else None


def place_of(role: str, key: bytes, reader: bytes) -> str:
    """Where the share of a member lies, by the role's public key and his own."""
    return to_hex(keccak(_DOMAIN + role_word(role) + key + reader))


def put_shares(store: Store, shares: list[Share]) -> None:
    """Store shares of one role and key, and list that key."""
    role, key = shares[0].role, shares[0].key
    shelf = store.shelf(SHARES)
    for share in shares:
        shelf.put(share.place, share.dump())
    listed = {"format": _LISTED, "role": role, "key": to_hex(key), "at": int(time.time())}
    # After its shares: whoever finds it listed finds them.
    store.shelf(ROLES).create(_listing(role, key), json.dumps(listed, separators=(",", ":")).encode())


def shares_in(store: Store) -> Iterator[Share]:
    """Every share in a store that has the form of one and lies where it belongs."""
    shelf = store.shelf(SHARES)
    for place in shelf:
        share = share_at(store, place)
        if share is not None and share.place == place:
            yield share


def share_at(store: Store, place: str) -> Share | None:
    """The share at a place of its shelf; None where there is none, or what is no share."""
    try:
        return Share.load(store.shelf(SHARES).get(place))
    except ContentMissing:
        return None


def listed_in(store: Store) -> Iterator[Listed]:
    """The keys of roles that a store lists; raises what the store raises."""
    shelf = store.shelf(ROLES)
    for number, place in enumerate(shelf):
        if number == _MOST:
            return
        try:
            value = parse(shelf.get(place))
            listed = Listed(value["role"], to_bytes(value["key"], SIZE, "key"), int(value["at"]))
            if value["format"] == _LISTED and _listing(listed.role, listed.key) == place:
                yield listed
        except (ContentMissing, ValueError, OverflowError, TypeError, KeyError, AttributeError):
            continue  # taken away meanwhile, or put there by whoever keeps the store


def drop_key(store: Store, role: str, key: bytes) -> int:
    """Delete every share of a role's key, then its listing; returns how many shares there were."""
    gone = [share.place for share in shares_in(store) if (share.role, share.key) == (role, key)]
    for place in gone:
        store.shelf(SHARES).delete(place)
    store.shelf(ROLES).delete(_listing(role, key))
    return len(gone)


def _listing(role: str, key: bytes) -> str:
    return to_hex(keccak(_LIST_DOMAIN + role_word(role) + key))


def _info(scope: Scope, role: str, key: bytes, reader: bytes) -> bytes:
    return _DOMAIN + scope.packed + role_word(role) + key + reader
