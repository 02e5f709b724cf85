"""Showing that several pseudonyms are one person's: each of them signs for all, for one purpose.

The EIP-712 struct is `SamePerson(address[] addresses,string purpose)`, the domain that of the desk's tickets.
Nobody else can link them. Whoever is shown it can show it on, so the purpose says to whom and for what.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from eth_account.messages import encode_typed_data

from proofdesk._checks import MAX_INTEGER, Check, form, integer, many, text
from proofdesk._words import keccak, to_hex
from proofdesk.privacy.errors import MalformedLink
from proofdesk.privacy.keys import Scope
from proofdesk.privacy.seed import Pseudonym
from proofdesk.signed import eip712
from proofdesk.signed.eip712 import Struct
from proofdesk.signed.reading import FORMAT, loaded, named, raw_of
from proofdesk.signed.signature import recovered
from proofdesk.signed.signers import signature_by

SAME_PERSON: Final = Struct.of("SamePerson(address[] addresses,string purpose)")
MOST: Final = 100
MAX_BYTES: Final = 32 * 1024

_address = form("0x[0-9a-fA-F]{40}", "an address of 0x and 40 hex digits")
_FIELDS: Final[dict[str, Check]] = {
    "v": integer(FORMAT, FORMAT, f"{FORMAT}, the only version there is"),
    "chain_id": integer(1, MAX_INTEGER, "a chain's id"),
    "desk": _address,
    "purpose": text(1000),
    "addresses": many(_address, 2, MOST),
    "signatures": many(form("0x[0-9a-f]{130}", "0x and 130 lower-case hex digits"), 2, MOST),
}


@dataclass(frozen=True, slots=True)
class Linked:
    """Addresses of one person at a desk, each with its signature in 0x-hex; `verify_link` checks one."""

    scope: Scope
    purpose: str
    addresses: tuple[str, ...]
    signatures: tuple[str, ...]

    @classmethod
    def from_json(cls, content: str | bytes) -> Linked:
        """Read one of at most 32 KiB, whose signatures are still to be checked; raises MalformedLink.

        >>> linked = link([seed.pseudonym(0), seed.pseudonym(1)], scope, "for the ombudsman")
        >>> Linked.from_json(linked.to_json()) == linked
        True
        """
        value = loaded(raw_of(content, MalformedLink, MAX_BYTES), MalformedLink)
        value = named("", value, list(_FIELDS), MalformedLink)
        for name, check in _FIELDS.items():
            if problem := check(value[name]):
                raise MalformedLink(name, problem)
        scope = Scope(value["chain_id"], value["desk"])
        return cls(scope, value["purpose"], tuple(value["addresses"]), tuple(value["signatures"]))

    def to_json(self) -> str:
        """Its JSON, on one line."""
        value = {
            "v": FORMAT,
            "chain_id": self.scope.chain_id,
            "desk": self.scope.desk,
            "purpose": self.purpose,
            "addresses": self.addresses,
            "signatures": self.signatures,
        }
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def link(pseudonyms: Iterable[Pseudonym], scope: Scope, purpose: str) -> Linked:
    """Have two to a hundred pseudonyms say that they are one person, to a desk, for a purpose.

    Raises MalformedLink for fewer or more, or for a purpose of more than 1,000 characters or of none.

    >>> link([seed.pseudonym(0), seed.pseudonym(1)], scope, "for the ombudsman").purpose
    'for the ombudsman'
    """
    # In one order, and each once: so it tells nothing of which came first.
    accounts = {each.address: each.account for each in pseudonyms}
    addresses = tuple(sorted(accounts, key=str.lower))
    for name, value in (("addresses", list(addresses)), ("purpose", purpose)):
        if problem := _FIELDS[name](value):
            raise MalformedLink(name, problem)
    statements = (_Statement(address, scope, addresses, purpose) for address in addresses)
    signatures = tuple(to_hex(signature_by(accounts[each.signer], each)) for each in statements)
    return Linked(scope, purpose, addresses, signatures)


def verify_link(linked: Linked | str | bytes, scope: Scope, purpose: str) -> tuple[str, ...]:
    """The addresses that are shown to be one person's, to this desk and for this purpose.

    Whoever checks names both himself: what was said elsewhere says nothing here. Raises MalformedLink.

    >>> linked = link([seed.pseudonym(0), seed.pseudonym(1)], scope, "for the ombudsman")
    >>> verify_link(linked.to_json(), scope, "for the ombudsman") == linked.addresses
    True
    >>> verify_link(linked, scope, "for the marketing department")
    Traceback (most recent call last):
    proofdesk.privacy.errors.MalformedLink: linked pseudonyms, field 'purpose': was said for another one
    """
    given = linked if isinstance(linked, Linked) else Linked.from_json(linked)
    # By its JSON once more: a Linked may have been put together by hand.
    found = Linked.from_json(given.to_json())
    if found.scope != scope:
        raise MalformedLink("desk", f"was said to {found.scope.desk} on chain {found.scope.chain_id}")
    if found.purpose != purpose:
        raise MalformedLink("purpose", "was said for another one")
    if len(set(found.addresses)) < len(found.addresses) or len(found.addresses) != len(found.signatures):
        raise MalformedLink("signatures", "are not one for each of different addresses")
    for address, signature in zip(found.addresses, found.signatures, strict=True):
        digest = _Statement(address, scope, found.addresses, purpose).digest
        if recovered(bytes.fromhex(signature[2:]), bytes.fromhex(digest[2:])) != address:
            raise MalformedLink("signatures", f"{address} did not sign this")
    return found.addresses


@dataclass(frozen=True, slots=True)
class _Statement:
    """What one of the addresses signs."""

    signer: str
    scope: Scope
    addresses: tuple[str, ...]
    purpose: str

    @property
    def digest(self) -> str:
        return to_hex(keccak(b"\x19" + b"".join(encode_typed_data(full_message=self.typed_data))))

    @property
    def typed_data(self) -> dict[str, Any]:
        message = {"addresses": self.addresses, "purpose": self.purpose}
        return eip712.typed_data(SAME_PERSON, self.scope.chain_id, self.scope.desk, message)
