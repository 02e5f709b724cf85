"""What helps a transaction that a node refuses, forgets, or leaves where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from proofdesk._errors import ConfigurationError, InsufficientFunds, TransactionError
from proofdesk._fees import price
from proofdesk._outbox import Call, Job
from proofdesk._rpc import NodeError

if TYPE_CHECKING:
    from proofdesk._outbox import Outbox

_LOST, _BATCH = 3, 50
_TRANSFER_GAS = 21_000


async def is_there_all_the_same(outbox: Outbox, job: Job, refusal: NodeError) -> bool:
    """Whether the node has what it refused; False if it is to be signed anew. Under the outbox's lock.

    Raises InsufficientFunds, ConfigurationError or TransactionError, which say why it never will be taken.
    """
    # What nodes say differs, what they know does not. Counted first: what has the nonce is known by then.
    is_used = await outbox.count("pending") > job.nonce
    if await outbox.known(job):
        return True
    if is_used:
        await outbox.recall(job)  # somebody else's transaction has it
        return False
    needed = job.gas * price(job.fees) + job.call.value
    balance = await outbox.node.quantity("eth_getBalance", outbox.address, "latest")
    if balance >= needed:
        await outbox.fees.current()
        if outbox.fees.least > price(job.fees):
            return False
    await outbox.recall(job)
    if balance < needed:
        raise InsufficientFunds(outbox.address, balance=balance, needed=needed)
    if not outbox.post.is_signed_here and outbox.address.lower() not in await outbox.node.request(
        "eth_accounts"
    ):
        raise ConfigurationError(f"the node does not sign for {outbox.address}: pass an account with its key")
    raise TransactionError(f"{refusal}: nothing was done")


async def look_after(outbox: Outbox, job: Job, later: Sequence[Job], *, replace: bool) -> None:
    """See what became of the next transaction, and bring back what the node has lost. Under the lock.

    `later` are those behind it: a node that has lost the one has hardly kept the others.
    """
    pending = await outbox.count("pending")
    is_known = await outbox.known(job)
    if is_known and pending >= job.nonce:
        job.lost = 0
        if replace:
            await _replace(outbox, job)
        return
    # Unknown more than once: a node that is mining it knows it neither as pending nor as mined, and
    # nodes behind one address may be of different age.
    job.lost += 1
    if job.lost < _LOST:
        return
    job.lost = 0
    if pending < job.nonce:
        await _fill(outbox, range(pending, job.nonce), job.fees)
    if is_known:
        return
    if await outbox.count("latest") > job.nonce:
        # Mined since it was looked for, it is known now.
        if not await outbox.known(job):
            await outbox.recall(job)
            await outbox.launch([job])
    elif await outbox.count("pending") <= job.nonce:
        if not await outbox.accepted(job, (await outbox.node.batch([job.request]))[0]):
            await outbox.launch([job])
        signed = [each for each in later if each.raws]
        for start in range(0, len(signed), _BATCH):
            await outbox.post.submit_again(signed[start : start + _BATCH])


async def _replace(outbox: Outbox, job: Job) -> None:
    """Offer more for a transaction that is stuck; all its forms have one nonce, so one of them lands."""
    raised = await outbox.fees.raised(job.fees)
    if raised is not None:
        answer = (await outbox.post.submit([job], raised, at_once=False))[0]
        if isinstance(answer, str) and answer not in job.hashes:
            job.hashes.append(answer)


async def _fill(outbox: Outbox, gap: range, fees: Mapping[str, int]) -> None:
    """Send again what the chain lacks before a transaction: a reorganisation, or a lost mempool, took it.

    What was sent long ago, or by a process that is no more, is not known here: in its place goes a transfer
    of nothing to the account itself, which any transaction that is on its way after all outbids or precedes.
    """
    for nonce in gap:
        request = outbox.post.sent.get(nonce)
        if request is not None:
            await outbox.node.batch([request])
            continue
        filler = Job(Call(outbox.address, b""), _TRANSFER_GAS, nonce)
        await outbox.post.sign(filler, fees)
        await outbox.node.batch([filler.request])
