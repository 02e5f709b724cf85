"""Who has a nonce, by what the chain itself shows: its blocks, and an account's count after each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from proofdesk._rpc import AsyncNode, NodeError

if TYPE_CHECKING:
    from proofdesk._outbox import Job, Outbox


async def is_anothers(outbox: Outbox, job: Job) -> bool:
    """Whether a block, as deep as is waited for, shows another transaction with the job's nonce.

    Where none is shown, somebody else's has not the nonce for sure: nodes behind one address may be of
    different age, so that one counts a transaction that the next has not heard of; and of a block that is
    replaced the job's own may be mined after all. Raises ConnectionLost.
    """
    try:
        found, block = await _taker(outbox.node, outbox.address, job.nonce)
        return found is not None and found not in job.hashes and await _is_deep(outbox, block)
    except NodeError:
        return False  # it keeps no state that old, or has no such block yet


async def _is_deep(outbox: Outbox, block: int) -> bool:
    wanted = outbox.confirmations
    if wanted == "finalized":
        last = await outbox.node.request("eth_getBlockByNumber", wanted, False)
        return isinstance(last, Mapping) and int(last["number"], 16) >= block
    return wanted == 1 or await outbox.node.height() >= block + wanted - 1


async def _taker(node: AsyncNode, address: str, nonce: int) -> tuple[str | None, int]:
    """The hash of the transaction that used a nonce, and its block; None where the chain does not show it."""

    async def is_used(block: int) -> bool:
        return block >= 0 and await node.quantity("eth_getTransactionCount", address, hex(block)) > nonce

    used, step = await node.height(), 2
    # Most are of the last blocks, and many nodes keep the state of no others: in strides that double, to one
    # block less than powers of two, since one may come meanwhile.
    free = used - step
    while await is_used(free):
        used, free, step = free, free - 2 * step, 2 * step
    while used - free > 1:
        middle = (used + free) // 2
        used, free = (middle, free) if await is_used(middle) else (used, middle)
    block = await node.request("eth_getBlockByNumber", hex(used), True)
    for each in block.get("transactions", ()) if isinstance(block, Mapping) else ():
        if each["from"].lower() == address.lower() and int(each["nonce"], 16) == nonce:
            return str(each["hash"]).lower(), used
    return None, used
