"""Contracts of this package's code that did not begin empty, as somebody of ill will makes them."""

from __future__ import annotations

from collections.abc import Mapping


def creation_that_writes(slots: Mapping[int, int], code: bytes) -> bytes:
    """Creation code that writes into the storage, and then leaves this code behind."""
    # PUSH32 value, PUSH32 slot, SSTORE
    writes = b"".join(
        b"\x7f" + value.to_bytes(32, "big") + b"\x7f" + slot.to_bytes(32, "big") + b"\x55"
        for slot, value in slots.items()
    )
    size = len(code).to_bytes(2, "big")
    start = (len(writes) + 15).to_bytes(2, "big")
    # PUSH2 size, PUSH2 start, PUSH1 0, CODECOPY, PUSH2 size, PUSH1 0, RETURN
    return writes + b"\x61" + size + b"\x61" + start + b"\x60\x00\x39\x61" + size + b"\x60\x00\xf3" + code
