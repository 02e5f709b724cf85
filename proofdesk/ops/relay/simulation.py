"""What the contract would say of signed acts, without paying: one eth_call of a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from proofdesk._abi import decode_error
from proofdesk._errors import ConnectionLost, ContractRevert, ProofdeskError
from proofdesk._rpc import Node, NodeError
from proofdesk._words import keccak, to_hex

# What the contract gives one act; while less is left, it reverts the whole batch.
ACT_GAS = 500_000
# A key's act uses less than half of this; a smart account's may use all that the contract gives.
_KEY_GAS, _ACCOUNT_GAS = 150_000, ACT_GAS + 5_000
_BYTE_GAS = 40  # calldata at its dearest, EIP-7623
# For the transaction itself, and so that 63/64 of what is left still cover the last act.
SPARE_GAS = 21_000 + ACT_GAS * 64 // 63 + 20_000
_CALL_GAS = 45_000_000  # public nodes give a call 50 million

# What may become legal by an act that is still to come.
_NOT_YET: Final = frozenset({"OutOfTurn", "SkipFirst", "UnknownTicket"})

_SELECTOR = keccak(b"batch(bytes[])")[:4]


class TooMuch(ProofdeskError):  # noqa: N818  what happened
    """So many acts do not fit one call."""


def gas_bound(call: bytes, *, by_key: bool) -> int:
    """What an act uses at the most, its calldata included."""
    return (_KEY_GAS if by_key else _ACCOUNT_GAS) + _BYTE_GAS * (len(call) + 96)


def encode_calls(calls: Sequence[bytes]) -> bytes:
    """The call of `batch` with these calls in it.

    >>> encode_calls([b"abc"]).hex()[-64:]
    '6162630000000000000000000000000000000000000000000000000000000000'
    """
    parts, offset = [], 32 * len(calls)
    heads = [_SELECTOR, _word(32), _word(len(calls))]
    for call in calls:
        heads.append(_word(offset))
        padding = -len(call) % 32
        parts += [_word(len(call)), call, bytes(padding)]
        offset += 32 + len(call) + padding
    return b"".join(heads + parts)


def simulate(
    node: Node,
    desk: str,
    sender: str,
    calls: Sequence[bytes],
    *,
    block: str = "latest",
    price: int = 0,
    funds: int = 0,
) -> list[ContractRevert | None]:
    """How each of the acts would end, done in this order after a block; None where it is done.

    With a `price`, wei for a unit of gas, the call looks to the contracts that it reaches like one that is
    paid for, by a sender who has `funds`, wei. Raises TooMuch, ConnectionLost, NodeError.
    """
    if not calls:
        return []
    data = to_hex(encode_calls(calls))
    call = {"from": sender, "to": desk, "data": data, "gas": hex(_CALL_GAS)}
    if price:
        # A node asks for all that a call may use; some may be spent by what is in flight.
        call |= {"gas": hex(min(_CALL_GAS, funds * 9 // 10 // price)), "gasPrice": hex(price)}
    try:
        answer = node.request("eth_call", call, block)
    except NodeError as error:
        if error.revert is None:
            raise
        raise TooMuch(f"{len(calls)} acts do not fit one call: {decode_error(error.revert)}") from None
    if not isinstance(answer, str):
        raise ConnectionLost("the node answered a call with nothing")
    reasons = decode_list(bytes.fromhex(answer[2:]))
    if len(reasons) != len(calls):
        raise TooMuch(f"the node answered for {len(reasons)} of {len(calls)} acts")
    return [decode_error(reason) if reason else None for reason in reasons]


def is_not_yet(error: ContractRevert) -> bool:
    """Whether what the contract refuses now may become legal by what others do first."""
    name = type(error).__name__
    if name == "StaleTicket":
        return bool(getattr(error, "seen", 0) > getattr(error, "acts", 0))
    return name in _NOT_YET


def decode_list(data: bytes) -> list[bytes]:
    """A `bytes[]`, as `batch` takes and returns one; empty for data that cannot be one."""
    count = int.from_bytes(data[32:64], "big")
    if 64 + 32 * count > len(data):
        return []
    items = []
    for index in range(count):
        start = 64 + int.from_bytes(data[64 + 32 * index : 96 + 32 * index], "big")
        size = int.from_bytes(data[start : start + 32], "big")
        items.append(data[start + 32 : start + 32 + size])
    return items


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")
