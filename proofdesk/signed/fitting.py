"""How many signed acts fit one transaction, as the node itself says of what it would take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from proofdesk._errors import ConnectionLost, InvalidArgument
from proofdesk._outbox import MOST_GAS
from proofdesk._rpc import NodeError
from proofdesk._words import to_hex
from proofdesk.signed.act import SignedAct, encode_batch

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk


class BatchTooLarge(InvalidArgument):
    """So many acts do not fit one transaction, and nothing was sent; the first `fits` of the `acts` do.

    >>> str(BatchTooLarge(100, 40, "the call takes too much"))
    '100 acts do not fit one transaction: carry at most 40 at a time (the call takes too much)'
    """

    def __init__(self, acts: int, fits: int, problem: str) -> None:
        super().__init__(
            f"{acts} acts do not fit one transaction: carry at most {fits} at a time ({problem})"
        )
        self.acts = acts
        self.fits = fits


async def fitting(desk: AsyncDesk, address: str, acts: Sequence[SignedAct]) -> int:
    """How many of the acts fit one transaction of the desk's account, from the first on.

    0 where not one does, or the node does not say.
    """
    fits, too_many = 0, len(acts) + 1
    try:
        block = await desk.node.request("eth_getBlockByNumber", "latest", False)
        room = min(int(block["gasLimit"], 16), MOST_GAS)
        while too_many - fits > 1:
            count = (fits + too_many) // 2
            data = to_hex(encode_batch(acts[:count]))
            call = {"from": desk.sender.address, "to": address, "data": data}
            try:
                is_room = await desk.node.quantity("eth_estimateGas", call) <= room
            except NodeError:
                is_room = False
            fits, too_many = (count, too_many) if is_room else (fits, count)
    except (ConnectionLost, KeyError, NodeError, TypeError, ValueError):
        return 0
    return fits
