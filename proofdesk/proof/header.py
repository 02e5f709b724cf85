"""A block's header: the RLP whose Keccak-256 is the block's hash, and what is read out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import rlp
from rlp.codec import encode_raw

from proofdesk._reader import sound
from proofdesk._words import keccak, to_hex
from proofdesk.proof.errors import ProofFailed

# In the order of the RLP, as nodes name them; whether a field is a number.
_FIELDS: Final[Mapping[str, bool]] = {
    "parentHash": False,
    "sha3Uncles": False,
    "miner": False,
    "stateRoot": False,
    "transactionsRoot": False,
    "receiptsRoot": False,
    "logsBloom": False,
    "difficulty": True,
    "number": True,
    "gasLimit": True,
    "gasUsed": True,
    "timestamp": True,
    "extraData": False,
    "mixHash": False,
    "nonce": False,
}
# What forks added, each behind those before it: London, Shanghai, three of Cancun, Prague, two of Amsterdam.
_LATER: Final[Mapping[str, bool]] = {
    "baseFeePerGas": True,
    "withdrawalsRoot": False,
    "blobGasUsed": True,
    "excessBlobGas": True,
    "parentBeaconBlockRoot": False,
    "requestsHash": False,
    "blockAccessListHash": False,
    "slotNumber": True,
}
_PLACES: Final = {name: place for place, name in enumerate(_FIELDS)}
_MAX_FIELDS: Final = 32  # forks to come add some
_WORD: Final = 32
_NUMBER: Final = 8


@dataclass(frozen=True, slots=True)
class Header:
    """What is read out of a block's header; `time` is seconds since 1970."""

    hash: bytes
    number: int
    time: int
    state_root: bytes

    @classmethod
    def decode(cls, raw: bytes) -> Header:
        """Read a header's RLP, of whatever fork; raises ProofFailed.

        >>> file = desk.proofs.make(ticket)
        >>> Header.decode(file.block.header).number == file.block.number
        True
        """
        try:
            fields = rlp.decode(raw)
            is_header = isinstance(fields, list) and encode_raw(fields) == raw
        except (rlp.DecodingError, RecursionError):
            is_header = False
        if not is_header or not len(_FIELDS) <= len(fields) <= _MAX_FIELDS:
            raise ProofFailed("block", "its header is none")
        number, time, state_root = (fields[_PLACES[name]] for name in ("number", "timestamp", "stateRoot"))
        if not isinstance(state_root, bytes) or len(state_root) != _WORD:
            raise ProofFailed("block", "its header has no state root")
        return cls(keccak(raw), _number(number, "number"), _number(time, "time"), state_root)


def encode_header(block: Mapping[str, Any]) -> bytes:
    """The RLP of a block's header, from the JSON that a node has of it.

    Raises ProofFailed where no fork's header hashes to the block's hash, NodeContradicts for no block.
    """
    with sound("a block"):
        values = [_raw(block[name], is_number) for name, is_number in _FIELDS.items()]
        later = [
            _raw(block[name], is_number) for name, is_number in _LATER.items() if block.get(name) is not None
        ]
        hash_ = bytes.fromhex(block["hash"][2:])
    # The longest first; a node may also name what its chain does not hash.
    for count in reversed(range(len(later) + 1)):
        header: bytes = encode_raw(values + later[:count])
        if keccak(header) == hash_:
            return header
    raise ProofFailed(
        f"block {to_hex(hash_)}",
        "its header does not hash to its hash as Ethereum's do: proof files need a chain whose headers do",
    )


def _raw(value: str, is_number: bool) -> bytes:
    if not is_number:
        return bytes.fromhex(value[2:])
    number = int(value, 16)
    if number < 0:
        raise ValueError("no number of a chain's")
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _number(value: Any, what: str) -> int:
    if not isinstance(value, bytes) or len(value) > _NUMBER or value[:1] == b"\0":
        raise ProofFailed("block", f"its header has no {what}")
    return int.from_bytes(value, "big")
