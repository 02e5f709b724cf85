"""What a batch's receipt says of each of its acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from proofdesk._abi import decode_error, topic
from proofdesk._errors import ConnectionLost, ContractRevert
from proofdesk.ops.relay.limits import GWEI
from proofdesk.ops.relay.simulation import decode_list
from proofdesk.signed.typed_data import TYPES, form


@dataclass(frozen=True, slots=True)
class Mined:
    """A batch's transaction on chain; `refused` are acts by their places in it, all others were done.

    `calls` are what the batch held, `cost` is gwei, rounded up; `reverted` says that the whole transaction
    did nothing.
    """

    calls: Sequence[bytes]
    tx_hash: bytes
    block: int
    block_hash: bytes
    cost: int
    reverted: bool
    refused: Mapping[int, ContractRevert]


def read(receipt: Mapping[str, Any], desk: str, data: bytes) -> Mined:
    """Read the receipt of a batch with this call data; raises ConnectionLost where it cannot be theirs.

    Each act either logged itself or was refused, and both stand in the order of the batch.
    """
    logged, refused_topic = topic("TicketDesk", "ActLogged"), topic("TicketDesk", "ActRefused")
    reverted = int(receipt["status"], 16) == 0
    refused: dict[int, ContractRevert] = {}
    done: list[str] = []
    calls = decode_list(data[4:])
    for log in receipt["logs"]:
        if log["address"].lower() != desk.lower():
            continue
        kind = log["topics"][0]
        if kind == logged:
            done.append(log["data"][130:194])
        elif kind == refused_topic:
            size = int(log["data"][66:130], 16)
            reason = bytes.fromhex(log["data"][130 : 130 + 2 * size])
            refused[int(log["topics"][1], 16)] = decode_error(reason)
    if not reverted:
        expected = [entry_of(call).hex() for place, call in enumerate(calls) if place not in refused]
        if expected != done:
            raise ConnectionLost(
                f"the receipt of {receipt['transactionHash']} does not fit the acts that were sent: ask "
                "another node"
            )
    wei = int(receipt["gasUsed"], 16) * int(receipt.get("effectiveGasPrice", "0x0"), 16)
    # A layer 2 takes a fee for publishing beside it.
    wei += int(receipt.get("l1Fee") or "0x0", 16)
    return Mined(
        calls=calls,
        tx_hash=bytes.fromhex(receipt["transactionHash"][2:]),
        block=int(receipt["blockNumber"], 16),
        block_hash=bytes.fromhex(receipt["blockHash"][2:]),
        cost=-(-wei // GWEI),
        reverted=reverted,
        refused=refused,
    )


def entry_of(call: bytes) -> bytes:
    """The entry that an act's call names."""
    start = _places()[call[:4]]
    return call[start : start + 32]


@cache
def _places() -> Mapping[bytes, int]:
    """Where the calls of each kind of act, by their selectors, have the entry."""
    kinds = map(form, TYPES)
    return {kind.selector: 4 + 32 * [field["name"] for field in kind.fields].index("entry") for kind in kinds}
