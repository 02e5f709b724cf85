"""What a transaction must cost whoever writes the contract: the price of what it touches, computation free.

Prices are those of the EIPs named beside them. What a transaction touches is read from its traces: the calls
it made, the slots it looked at with their values before, the slots it changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from benchmarks.bench import Row
from proofdesk._rpc import Node

BASE = 21_000
ZERO_BYTE, OTHER_BYTE = 4, 16  # EIP-2028
COLD_SLOT, COLD_ACCOUNT, WARM = 2_100, 2_600, 100  # EIP-2929
NEW_SLOT, CHANGED_SLOT = 20_000, 2_900  # above the cold access; EIP-2929, whose refunds EIP-3529 bounds
# The 9,000 of the yellow paper, less the 2,300 that an account without code leaves of it.
VALUE = 6_700
LOG, LOG_TOPIC, LOG_BYTE = 375, 375, 8
SHA256, SHA256_WORD, WORD = 60, 12, 32
RECOVERY = 3_000

_RECOVERY_ADDRESS, _SHA256_ADDRESS = 1, 2
_LAST_PRECOMPILE = 0x11
_CALLS = {"tracer": "callTracer"}
_BEFORE = {"tracer": "prestateTracer", "tracerConfig": {"disableCode": True}}
_CHANGES = {"tracer": "prestateTracer", "tracerConfig": {"disableCode": True, "diffMode": True}}


@dataclass(frozen=True, slots=True)
class Floor:
    """Gas by what it pays for: `calls` of contracts, `hashes` SHA-256 and `signatures`, with their calls."""

    base: Fraction
    calldata: Fraction
    slots: Fraction
    calls: Fraction
    hashes: Fraction
    signatures: Fraction
    logs: Fraction

    @property
    def total(self) -> Fraction:
        """All of it."""
        return sum((getattr(self, item) for item in ITEMS), Fraction())

    def each(self, acts: int) -> Floor:
        """An act's part of it, of so many in one transaction."""
        return Floor(*(getattr(self, item) / acts for item in ITEMS))

    def rounded(self) -> Floor:
        """The same in whole gas, item by item."""
        return Floor(*(Fraction(round(getattr(self, item))) for item in ITEMS))


ITEMS = tuple(field.name for field in fields(Floor))


def floor_of(node: Node, row: Row) -> Floor:
    """The floor of a row's transactions, on the average; exact."""
    tracers = (_CALLS, _BEFORE, _CHANGES)
    traces = node.batch(
        [("debug_traceTransaction", [each.hash, tracer]) for each in row for tracer in tracers]
    )
    triples = zip(row, traces[::3], traces[1::3], traces[2::3], strict=True)
    floors = [_floor(calls, before, changes, each.logs) for each, calls, before, changes in triples]
    return Floor(*(sum((getattr(each, item) for each in floors), Fraction()) / len(row) for item in ITEMS))


def _floor(
    top: Mapping[str, Any],
    before: Mapping[str, Any],
    changes: Mapping[str, Any],
    logs: Sequence[Mapping[str, Any]],
) -> Floor:
    calls = list(_below(top))
    hashed = [_bytes(call["input"]) for call in calls if int(call["to"], 16) == _SHA256_ADDRESS]
    recovered = sum(int(call["to"], 16) == _RECOVERY_ADDRESS for call in calls)
    items = (
        BASE,
        calldata_gas(_bytes(top["input"])),
        sum(slot_gas(value, changed) for value, changed in _slots(before, changes)),
        sum(_call_gas(top, calls)),
        sum(WARM + sha256_gas(data) for data in hashed),
        recovered * (WARM + RECOVERY),
        sum(log_gas(len(log["topics"]), _bytes(log["data"])) for log in logs),
    )
    return Floor(*map(Fraction, items))


def calldata_gas(data: bytes) -> int:
    """What a transaction pays for its data.

    >>> calldata_gas(bytes(31) + b"\\1")
    140
    """
    zeros = data.count(0)
    return ZERO_BYTE * zeros + OTHER_BYTE * (len(data) - zeros)


def slot_gas(value: int, changed: bool) -> int:
    """What the first look at a slot of this value costs, and its change.

    >>> slot_gas(7, False), slot_gas(7, True), slot_gas(0, True)
    (2100, 5000, 22100)
    """
    return COLD_SLOT + ((CHANGED_SLOT if value else NEW_SLOT) if changed else 0)


def sha256_gas(data: bytes) -> int:
    """The precompiled contract's price.

    >>> sha256_gas(bytes(65))
    96
    """
    return SHA256 + SHA256_WORD * -(-len(data) // WORD)


def log_gas(topics: int, data: bytes) -> int:
    """A log's price.

    >>> log_gas(4, bytes(160))
    3155
    """
    return LOG + LOG_TOPIC * topics + LOG_BYTE * len(data)


def _below(call: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for inner in call.get("calls", ()):
        yield inner
        yield from _below(inner)


def _call_gas(top: Mapping[str, Any], calls: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """The price of each call of a contract: the first of an account is cold."""
    warm = {top["from"], top["to"]}
    for call in calls:
        if int(call["to"], 16) > _LAST_PRECOMPILE:
            yield WARM if call["to"] in warm else COLD_ACCOUNT
            yield VALUE if int(call.get("value", "0x0"), 16) else 0
            warm.add(call["to"])


def _slots(before: Mapping[str, Any], changes: Mapping[str, Any]) -> Iterator[tuple[int, bool]]:
    """Each slot's value before, and whether it changed."""
    for address, account in before.items():
        # What became zero stands in neither place alone.
        sides = (changes[side].get(address, {}).get("storage", {}) for side in ("pre", "post"))
        changed = {slot for side in sides for slot in side}
        for slot, value in account.get("storage", {}).items():
            yield int(value, 16), slot in changed


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value[2:])
