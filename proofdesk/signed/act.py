"""A signed act: a small JSON value that travels by any channel, and that anyone may carry to its desk."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from proofdesk._checks import MAX_INTEGER, integer, shown
from proofdesk._checks import form as text_form
from proofdesk._errors import InvalidArgument
from proofdesk._words import address_of, keccak, ticket_id, to_hex
from proofdesk.signed.signature import recovered
from proofdesk.signed.typed_data import TYPES, digest, form

FORMAT: Final = 1
MAX_BYTES: Final = 16 * 1024

_SIGNERS: Final = {"open": "customer", "take": "agent", "move": "actor", "rate": "customer"}
_MEMBERS = ("v", "act", "chain_id", "desk", "message", "signature")


class MalformedSignedAct(InvalidArgument):
    """What was handed in is no signed act; `field` does not fit, `problem` says how."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"signed act, field {field!r}: {problem}" if field else f"signed act: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True, repr=False)
class SignedAct:
    """One act with its signer's signature, for anyone to carry until the deadline.

    `act` is "open", "take", "move" or "rate", `desk` TicketDesk's address, `message` the typed struct's
    fields as the contract names them, `signature` 0x-hex; `digest` is what was signed, and the act's id.

    Raises MalformedSignedAct naming the field that cannot be meant.

    >>> signed = desk.tickets.sign_rate(ticket, 5)
    >>> SignedAct.from_json(signed.to_json()) == signed
    True
    """

    act: str
    chain_id: int
    desk: str
    message: Mapping[str, int | str] = field(hash=False)
    signature: str
    digest: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not (isinstance(self.act, str) and self.act in TYPES):
            raise MalformedSignedAct("act", f"{shown(self.act)} must be one of {', '.join(TYPES)}")
        if not isinstance(self.message, Mapping):
            raise MalformedSignedAct("message", "must be an object")
        names = [field["name"] for field in form(self.act).fields]
        _names("message.", self.message, names)
        message = {name: _read(f"message.{name}", self.message[name]) for name in names}
        values = {
            "chain_id": _read("chain_id", self.chain_id),
            "desk": _read("desk", self.desk),
            "message": MappingProxyType(message),
            "signature": _read("signature", self.signature),
        }
        values["digest"] = to_hex(digest(self.act, values["chain_id"], values["desk"], message))
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_json(cls, content: str | bytes) -> SignedAct:
        """Read a signed act of at most 16 KiB; raises MalformedSignedAct, nothing else.

        >>> SignedAct.from_json('{"v": 2}')
        Traceback (most recent call last):
        proofdesk.signed.act.MalformedSignedAct: signed act, field 'act': is missing
        """
        value = _parsed(content)
        _names("", value, _MEMBERS)
        if type(value["v"]) is not int or value["v"] != FORMAT:
            raise MalformedSignedAct("v", f"{shown(value['v'])} must be {FORMAT}, the only one there is")
        return cls(**{name: value[name] for name in _MEMBERS[1:]})

    def to_json(self) -> str:
        """Its JSON, on one line."""
        value = {"v": FORMAT, **{name: getattr(self, name) for name in _MEMBERS[1:]}}
        return json.dumps(value | {"message": dict(self.message)}, separators=(",", ":"))

    @property
    def signer(self) -> str:
        """Whose act it is: the address that signed, or whose smart account answers for the signature."""
        return str(self.message[_SIGNERS[self.act]])

    @property
    def ticket_id(self) -> str:
        """The ticket it is an act on; an opening's comes from its customer and its entry."""
        if self.act == "open":
            return to_hex(ticket_id(self.signer, bytes.fromhex(self.entry[2:])))
        return str(self.message["ticketId"])

    @property
    def entry(self) -> str:
        """The entry of the act's record."""
        return str(self.message["entry"])

    @property
    def deadline(self) -> int:
        """The last second, since 1970 by the chain's clock, in which it may be carried."""
        return int(self.message["deadline"])

    @property
    def calldata(self) -> bytes:
        """The call that carries it alone."""
        kind = form(self.act)
        words = kind.words(self.message)
        offset = (len(words) + 32).to_bytes(32, "big")
        return kind.selector + words + offset + _tail(bytes.fromhex(self.signature[2:]))

    def is_signed_by_key(self) -> bool:
        """Tell whether the signer's own key signed; otherwise a smart account of that address may answer.

        >>> desk.tickets.sign_rate(ticket, 5).is_signed_by_key()
        True
        """
        found = recovered(bytes.fromhex(self.signature[2:]), bytes.fromhex(self.digest[2:]))
        return found == self.signer

    def __repr__(self) -> str:
        return f"<SignedAct {self.act} {self.digest} by {self.signer}>"

    def __reduce__(self) -> tuple[Callable[..., SignedAct], tuple[object, ...]]:
        # A read-only mapping cannot be pickled.
        return SignedAct, (self.act, self.chain_id, self.desk, dict(self.message), self.signature)


def encode_batch(acts: Sequence[SignedAct]) -> bytes:
    """The call that carries several acts in one transaction, done one by one in their order.

    >>> encode_batch([desk.tickets.sign_rate(ticket, 5)])[:4].hex()
    '1e897afb'
    """
    tails = [_tail(act.calldata) for act in acts]
    offsets, offset = [], 32 * len(tails)
    for tail in tails:
        offsets.append(offset.to_bytes(32, "big"))
        offset += len(tail)
    head = (32).to_bytes(32, "big") + len(tails).to_bytes(32, "big")
    return _BATCH + head + b"".join(offsets) + b"".join(tails)


_BATCH = keccak(b"batch(bytes[])")[:4]


def _tail(content: bytes) -> bytes:
    return len(content).to_bytes(32, "big") + content + bytes(-len(content) % 32)


# ---------------------------------------------------------------------------------------------------- reading


def _parsed(content: object) -> Mapping[str, Any]:
    if not isinstance(content, (str, bytes)):
        raise MalformedSignedAct("", f"must be JSON, not {shown(content)}")
    if len(content) > MAX_BYTES:
        raise MalformedSignedAct("", _too_large(len(content)))
    try:
        text = content if isinstance(content, str) else content.decode()
        if len(text.encode()) > MAX_BYTES:
            raise MalformedSignedAct("", _too_large(len(text.encode())))
        # It is two objects, one in the other, and no text in them has a bracket: so none is ever deep.
        if "[" in text or text.count("{") > 2:
            raise MalformedSignedAct("", "is nested too deeply")
        value = json.loads(text, object_pairs_hook=_unique)
    except MalformedSignedAct:
        raise
    except ValueError:
        raise MalformedSignedAct("", "is no JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise MalformedSignedAct("", f"must be an object, not {shown(value)}")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise MalformedSignedAct("", "names a field twice: nobody could tell which one was signed")
    return value


def _names(where: str, value: Mapping[str, Any], wanted: Sequence[str]) -> None:
    for name in value:
        if name not in wanted:
            raise MalformedSignedAct("", f"{where}{shown(name)} is not known here; {', '.join(wanted)} are")
    for name in wanted:
        if name not in value:
            raise MalformedSignedAct(f"{where}{name}", "is missing")


def _read(where: str, value: Any) -> Any:
    """A field's value, in the one form in which it is kept."""
    name = where.rpartition(".")[2]
    if problem := _CHECKS[name](value):
        raise MalformedSignedAct(where, problem)
    if name not in _ADDRESSES:
        return value.lower() if isinstance(value, str) else value
    address = address_of(int(value, 16))
    if value not in (address, value.lower(), "0x" + value[2:].upper()):
        raise MalformedSignedAct(where, f"{value} has not its checksum's capitals: see that it is right")
    return address


def _too_large(size: int) -> str:
    return f"has {size:,} bytes, at most {MAX_BYTES:,} are taken"


_ADDRESSES = frozenset({"desk", "customer", "agent", "actor"})
_HASH = "0x and 64 hex digits, not all zeros"
_address = text_form("0x(?!0{40}$)[0-9a-fA-F]{40}", "an address of 0x and 40 hex digits, not all zeros")
_hash = text_form("0x(?!0{64}$)[0-9a-fA-F]{64}", _HASH)
_status = integer(1, 9, "a status's number from 1 to 9")
_CHECKS = {
    "chain_id": integer(1, MAX_INTEGER, "a chain's id"),
    **dict.fromkeys(_ADDRESSES, _address),
    "signature": text_form("0x([0-9a-fA-F]{2}){0,7680}", "0x and hex digits of at most 7,680 bytes"),
    "lane": integer(1, 1023, "a lane's number from 1 to 1,023"),
    "ticketId": _hash,
    "entry": _hash,
    "certificateId": integer(1, 2**26 - 1, "a certificate's number from 1"),
    "from": _status,
    "to": _status,
    "score": integer(1, 5, "a score from 1 to 5"),
    # 1,023 would mean "whatever was added since", which nobody signs.
    "seen": integer(1, 1022, "a number of acts from 1 to 1,022"),
    "deadline": integer(1, MAX_INTEGER, "seconds since 1970"),
}
