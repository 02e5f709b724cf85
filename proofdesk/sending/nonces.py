"""Who has a nonce, by what the chain itself shows: its blocks, and an account's count after each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from proofdesk._rpc import AsyncNode, NodeError

if TYPE_CHECKING:
    from proofdesk._outbox import Job, Outbox


async def is_anothers(outbox: Outbox, job: Job) -> bool:
    """Whether a block shows another transaction of the account with the job's nonce.

    Where none is shown, somebody else's has not the nonce for sure: nodes behind one address may be of
    different age, so that one counts a transaction that the next has not heard of. Raises ConnectionLost.
    """
    try:
        found = await _taker(outbox.node, outbox.address, job.nonce)
    except NodeError:
        return False  # it keeps no state that old, or has no such block yet
    return found is not None and found not in job.hashes


async def _taker(node: AsyncNode, address: str, nonce: int) -> str | None:
    """The hash of the transaction that used a nonce; None where the chain does not show it."""

    async def is_used(block: int) -> bool:
        return block >= 0 and await node.quantity("eth_getTransactionCount", address, hex(block)) > nonce

    used, step = await node.height(), 1
    # Most are of the last blocks, and many nodes keep the state of no others: in strides that double.
    free = used - 1
    while await is_used(free):
        used, free, step = free, free - 2 * step, 2 * step
    while used - free > 1:
        middle = (used + free) // 2
        used, free = (middle, free) if await is_used(middle) else (used, middle)
    block = await node.request("eth_getBlockByNumber", hex(used), True)
    for each in block.get("transactions", ()) if isinstance(block, Mapping) else ():
        if each["from"].lower() == address.lower() and int(each["nonce"], 16) == nonce:
            return str(each["hash"]).lower()
    return None
