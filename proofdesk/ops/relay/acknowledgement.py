"""A relayer's word that it has an act, and by when it will be on chain; and whether that word was kept.

    Acknowledgement(bytes32 act,address relayer,uint64 receivedAt,uint64 includeBy)

It is EIP-712 typed data of domain "proofdesk relayer" under the desk's chain and address, signed by the
relayer's key: who holds it can show to anyone that the relayer had the act, and the chain shows the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from proofdesk._abi import decode_error
from proofdesk._checks import MAX_INTEGER, form, integer, members
from proofdesk._errors import InvalidArgument
from proofdesk._json import parse
from proofdesk._rpc import NodeError
from proofdesk._words import address_of, keccak, to_hex
from proofdesk.signed.onchain import is_carried

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk.signed import SignedAct

FORMAT: Final = 1
NAME, VERSION = "proofdesk relayer", "1"
TYPE: Final = "Acknowledgement(bytes32 act,address relayer,uint64 receivedAt,uint64 includeBy)"
_DOMAIN: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_MAX_BYTES = 4_096


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


class Promise(str, Enum):
    """What the chain says of a promise: the act came in time, may still come, came late, or did not come."""

    KEPT = "kept"
    OPEN = "open"
    LATE = "late"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a promise, as of a block.

    `tx_hash` is the transaction with the act. Of a promise not kept, `excuse` is the error with which the
    contract would have refused the act both when it was received and when the time was up: None where it was
    legal and nothing but the relayer stood in its way, or where the node keeps no state of so long ago.
    """

    promise: Promise
    block: int
    tx_hash: str | None = None
    excuse: str | None = None

    @property
    def is_broken(self) -> bool:
        """Whether the act was not on chain when it should have been."""
        return self.promise in (Promise.LATE, Promise.BROKEN)


def judge(ack: Acknowledgement, signed: SignedAct, desk: Desk) -> Judgement:
    """Judge an acknowledgement of a signed act by nothing but the chain.

    Raises InvalidArgument where the two do not belong together or to this desk, or the signature is not the
    relayer's; ConnectionLost.
    """
    contract = desk.deployment.contract("TicketDesk").address
    if (ack.chain_id, ack.desk) != (desk.deployment.chain_id, contract):
        raise InvalidArgument(f"the acknowledgement is of desk {ack.desk} on chain {ack.chain_id}")
    if ack.act != signed.digest:
        raise InvalidArgument(f"the acknowledgement is of act {ack.act}, not of {signed.digest}")
    if not ack.is_signed():
        raise InvalidArgument(f"{ack.relayer} did not sign this acknowledgement")
    head = desk.node.request("eth_getBlockByNumber", "latest", False)
    block, now = int(head["number"], 16), int(head["timestamp"], 16)
    for act in desk.tickets.acts(signed.ticket_id):
        if is_carried(signed, act):
            in_time = act.at.timestamp() <= ack.include_by
            return Judgement(Promise.KEPT if in_time else Promise.LATE, block, act.tx_hash)
    if now <= ack.include_by:
        return Judgement(Promise.OPEN, block)
    return Judgement(Promise.BROKEN, block, excuse=_refusal(desk, signed, ack, block))


def _refusal(desk: Desk, signed: SignedAct, ack: Acknowledgement, head: int) -> str | None:
    """How the contract would have refused the act, when it was received and when the time was up."""
    call = {"from": ack.relayer, "to": ack.desk, "data": to_hex(signed.calldata)}
    found = None
    for moment in (ack.include_by, ack.received_at):
        try:
            desk.node.request("eth_call", call, hex(_block_at(desk, moment, head)))
        except NodeError as error:
            found = None if error.revert is None else type(decode_error(error.revert)).__name__
        else:
            return None
    return found


def _block_at(desk: Desk, moment: int, head: int) -> int:
    """The last block that is not later than a moment."""
    low, high = 0, head
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if desk.now(middle).timestamp() <= moment else (low, middle - 1)
    return low


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
