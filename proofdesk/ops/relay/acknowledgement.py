"""A relayer's word that it has an act, and by when it will be on chain; judging.py says whether it was kept.

    Acknowledgement(bytes32 act,address relayer,uint64 receivedAt,uint64 includeBy)

It is EIP-712 typed data of domain "proofdesk relayer" under the desk's chain and address, signed by the
relayer's key: who holds it can show to anyone that the relayer had the act, and the chain shows the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from proofdesk._checks import MAX_INTEGER, form, integer, members
from proofdesk._errors import InvalidArgument
from proofdesk._json import parse
from proofdesk._words import address_of, keccak

if TYPE_CHECKING:
    from proofdesk.signed import SignedAct

FORMAT: Final = 1
NAME, VERSION = "proofdesk relayer", "1"
TYPE: Final = "Acknowledgement(bytes32 act,address relayer,uint64 receivedAt,uint64 includeBy)"
_DOMAIN: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_MAX_BYTES = 4_096
_ASTRAY: Final = 90  # seconds that two clocks and an answer's way may differ by


class MalformedAcknowledgement(InvalidArgument):
    """What was handed in is no acknowledgement."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A relayer's promise to have an act on chain by a moment of the chain's time.

    `act` is the signed act's digest; `received_at` and `include_by` are seconds since 1970.
    """

    act: str
    relayer: str
    chain_id: int
    desk: str
    received_at: int
    include_by: int
    signature: str

    @property
    def digest(self) -> bytes:
        """What the relayer signed."""
        return digest(self.chain_id, self.desk, self.act, self.relayer, self.received_at, self.include_by)

    def to_json(self) -> dict[str, object]:
        """As JSON has it; schemas/acknowledgement.schema.json describes it."""
        return {"v": FORMAT, **{name: getattr(self, name) for name in _FIELDS}}

    @classmethod
    def from_json(cls, content: str | bytes | Mapping[str, Any]) -> Acknowledgement:
        """Read one; raises MalformedAcknowledgement naming what does not fit.

        >>> Acknowledgement.from_json('{"v": 2}')
        Traceback (most recent call last):
        proofdesk.ops.relay.acknowledgement.MalformedAcknowledgement: acknowledgement: act: is missing
        """
        value: Any = content
        if isinstance(content, (str, bytes)):
            raw = content.encode() if isinstance(content, str) else content
            try:
                value = parse(raw) if len(raw) <= _MAX_BYTES else None
            except ValueError:
                value = None
        if not isinstance(value, Mapping):
            raise MalformedAcknowledgement("acknowledgement: is no JSON object of a relayer's")
        if problem := _CHECK(dict(value)):
            raise MalformedAcknowledgement(f"acknowledgement: {problem}")
        return cls(**{name: value[name] for name in _FIELDS})

    def is_signed(self) -> bool:
        """Tell whether the relayer's key made the signature.

        It says nothing of who that relayer is: compare `relayer` with the address that the desk names. The
        key may have been given up since; the promise was made all the same.
        """
        # Late: it loads cryptography.
        from proofdesk.signed.signature import recovered

        return recovered(bytes.fromhex(self.signature[2:]), self.digest) == self.relayer

    def flaw(self, signed: SignedAct, since: float | None = None, until: float | None = None) -> str | None:
        """Why nobody could be held to it by who handed the act in; None for a word that is good.

        `since` and `until` are seconds of the clock of who was answered: when the act was handed in first,
        and when this was answered, the same by default. Without both its moment is not looked at.

        >>> relayer.submit([signed])[0].flaw(signed, desk.now().timestamp())
        """
        if self.act != signed.digest:
            return f"it is of another act, {self.act}"
        if (self.chain_id, self.desk) != (signed.chain_id, signed.desk):
            return f"it is of desk {self.desk} on chain {self.chain_id}"
        if not self.is_signed():
            return f"{self.relayer} did not sign it"
        # With these three moments wrong a promise is never due, was due before, or could not be kept.
        if since is not None:
            until = since if until is None else until
            if not since - _ASTRAY <= self.received_at <= until + _ASTRAY:
                return f"it says that the act came at {self.received_at}, and it is {int(until)}"
        if not self.received_at <= self.include_by <= signed.deadline:
            return f"it promises {self.include_by}, not within the act's deadline {signed.deadline}"
        return None


def digest(chain_id: int, desk: str, act: str, relayer: str, received_at: int, include_by: int) -> bytes:
    """The 32 bytes that a relayer signs."""
    words = _TYPE_HASH + bytes.fromhex(act[2:]) + bytes(12) + bytes.fromhex(relayer[2:])
    words += received_at.to_bytes(32, "big") + include_by.to_bytes(32, "big")
    return keccak(b"\x19\x01" + _separator(chain_id, desk) + keccak(words))


def typed_data(ack: Acknowledgement) -> dict[str, Any]:
    """An acknowledgement as eth_signTypedData_v4 takes it."""
    domain = {"name": NAME, "version": VERSION, "chainId": ack.chain_id, "verifyingContract": ack.desk}
    message = {
        "act": ack.act,
        "relayer": ack.relayer,
        "receivedAt": ack.received_at,
        "includeBy": ack.include_by,
    }
    types = {"EIP712Domain": _named(_DOMAIN), "Acknowledgement": _named(TYPE)}
    return {"types": types, "primaryType": "Acknowledgement", "domain": domain, "message": message}


def _named(written: str) -> list[dict[str, str]]:
    fields = written[written.index("(") + 1 : -1].split(",")
    return [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in fields]


@lru_cache(maxsize=64)
def _separator(chain_id: int, desk: str) -> bytes:
    words = [keccak(_DOMAIN.encode()), keccak(NAME.encode()), keccak(VERSION.encode())]
    words += [chain_id.to_bytes(32, "big"), bytes(12) + bytes.fromhex(desk[2:])]
    return keccak(b"".join(words))


_TYPE_HASH = keccak(TYPE.encode())
_FIELDS = ("act", "relayer", "chain_id", "desk", "received_at", "include_by", "signature")
_ADDRESS = form("0x[0-9a-fA-F]{40}", "an address of 0x and 40 hex digits")


def _checksummed(value: Any) -> str | None:
    problem = _ADDRESS(value)
    return problem or (None if address_of(int(value, 16)) == value else "has not its checksum's capitals")


_MOMENT = integer(0, MAX_INTEGER, "seconds since 1970")
_CHECK = members(
    {
        "v": integer(FORMAT, FORMAT, str(FORMAT)),
        "act": form("0x[0-9a-f]{64}", "0x and 64 lower-case hex digits"),
        "relayer": _checksummed,
        "chain_id": integer(1, MAX_INTEGER, "a chain's id"),
        "desk": _checksummed,
        "received_at": _MOMENT,
        "include_by": _MOMENT,
        "signature": form("0x[0-9a-f]{130}", "0x and 130 lower-case hex digits"),
    },
    required=(*_FIELDS, "v"),
)
