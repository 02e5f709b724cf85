"""Amounts of tokens as people write them, and how many decimals a token has."""

from __future__ import annotations

import re

from proofdesk._rpc import Node, NodeError

ETHER_DECIMALS = 18
_MOST = 2**128 - 1
_DECIMALS = "0x313ce567"  # decimals()


def units(text: str, decimals: int) -> int | None:
    """An amount in a token's smallest units; None for what is none, or has more decimals than the token.

    >>> units("0.01", 18), units("1.005", 2), units("12", 0)
    (10000000000000000, None, 12)
    """
    if not re.fullmatch(r"[0-9]{1,39}(\.[0-9]{1,36})?", text):
        return None
    whole, _, part = text.partition(".")
    digits = part.rstrip("0")
    found = int(whole + digits.ljust(decimals, "0"))
    return found if len(digits) <= decimals and found <= _MOST else None


def decimals_of(node: Node, token: str) -> int | None:
    """How many decimals a token says that it has, 18 for ETH's zero address; None where it says nothing.

    Raises ConnectionLost.

    >>> decimals_of(Node(w3), "0x0000000000000000000000000000000000000000")
    18
    """
    if not int(token, 16):
        return ETHER_DECIMALS
    try:
        found = str(node.request("eth_call", {"to": token, "data": _DECIMALS}, "latest"))
    except NodeError:
        return None
    return int(found, 16) if len(found) == 66 and int(found, 16) < 256 else None
