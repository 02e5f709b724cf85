"""An act as typed data and, once signed, as a small JSON value that anyone may carry to its desk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from proofdesk._words import keccak, ticket_id, to_hex
from proofdesk.signed.reading import FORMAT, MEMBERS, checked, fields_of, parsed
from proofdesk.signed.signature import in_form, recovered
from proofdesk.signed.typed_data import digest, form, typed_data

_SIGNERS: Final = {"open": "customer", "take": "agent", "move": "actor", "rate": "customer"}
_BATCH: Final = keccak(b"batch(bytes[])")[:4]


class _Fields(Mapping[str, "int | str"]):
    """An act's fields, which nobody changes; a deep copy is a dict of the copier's own."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, int | str]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> int | str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)

    def __deepcopy__(self, _: dict[int, Any]) -> dict[str, int | str]:
        return dict(self._values)


@dataclass(frozen=True, slots=True)
class TypedAct:
    """One act as EIP-712 typed data: what its signer signs.

    `act` is "open", "take", "move" or "rate", `desk` TicketDesk's address, `message` the typed struct's
    fields as the contract names them; `digest` is what is signed, and the act's id.

    Raises MalformedSignedAct naming the field that cannot be meant.

    >>> desk.tickets.sign_rate(ticket, 5).act
    'rate'
    """

    act: str
    chain_id: int
    desk: str
    message: Mapping[str, int | str] = field(hash=False)
    digest: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        message = fields_of(self.act, self.message)
        chain_id, desk = checked("chain_id", self.chain_id), checked("desk", self.desk)
        self._set("chain_id", chain_id)
        self._set("desk", desk)
        self._set("message", _Fields(message))
        self._set("digest", to_hex(digest(self.act, chain_id, desk, message)))

    def __reduce__(self) -> tuple[Callable[..., TypedAct], tuple[object, ...]]:
        # Made anew of plain values, so that a copy is checked as its original was.
        given = {each.name: getattr(self, each.name) for each in fields(self) if each.init}
        return type(self), tuple((given | {"message": dict(self.message)}).values())

    def _set(self, name: str, value: object) -> None:
        # Frozen for others; here it takes the one form in which it is kept.
        object.__setattr__(self, name, value)

    @property
    def typed_data(self) -> dict[str, Any]:
        """The whole object that a wallet shows and signs by eth_signTypedData_v4."""
        return typed_data(self.act, self.chain_id, self.desk, self.message)

    @property
    def signer(self) -> str:
        """Whose act it is: the address that signs, or whose smart account answers for the signature."""
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


@dataclass(frozen=True, slots=True, repr=False)
class SignedAct(TypedAct):
    """One act with its signer's signature in 0x-hex, for anyone to carry until the deadline; as TypedAct.

    What a wallet gave may be passed as it is: by its signer's key, it takes the form that the contract takes.

    >>> signed = desk.tickets.sign_rate(ticket, 5)
    >>> SignedAct.from_json(signed.to_json()) == signed
    True
    """

    signature: str

    def __post_init__(self) -> None:
        TypedAct.__post_init__(self)
        given = bytes.fromhex(checked("signature", self.signature)[2:])
        self._set("signature", to_hex(in_form(given, bytes.fromhex(self.digest[2:]), self.signer)))

    @classmethod
    def from_json(cls, content: str | bytes) -> SignedAct:
        """Read a signed act of at most 16 KiB; raises MalformedSignedAct, nothing else.

        >>> SignedAct.from_json('{"v": 1, "act": "open"}')
        Traceback (most recent call last):
        proofdesk.signed.reading.MalformedSignedAct: signed act, field 'chain_id': is missing
        """
        value = parsed(content)
        return cls(**{name: value[name] for name in MEMBERS[1:]})

    def to_json(self) -> str:
        """Its JSON, on one line of at most 16 KiB."""
        value = {"v": FORMAT, **{name: getattr(self, name) for name in MEMBERS[1:]}}
        return json.dumps(value | {"message": dict(self.message)}, separators=(",", ":"))

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


def _tail(content: bytes) -> bytes:
    return len(content).to_bytes(32, "big") + content + bytes(-len(content) % 32)
