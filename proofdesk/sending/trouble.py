"""What helps a transaction that a node refuses, forgets, or leaves where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from proofdesk._abi import decode_error
from proofdesk._errors import ConfigurationError, ContractRevert, InsufficientFunds, TransactionError
from proofdesk._fees import price
from proofdesk._models import Result
from proofdesk._outbox import BATCH, MAX_IN_FLIGHT, MOST_GAS, Call, Confirmations, Job
from proofdesk._rpc import NodeError
from proofdesk.sending.nonces import is_anothers

if TYPE_CHECKING:
    from proofdesk._outbox import Outbox

_LOST = 3
_TRANSFER_GAS = 21_000
_NO_CAP = 1 << 256
_NONE = ("0x0", "0")
# By these codes a node says that a transaction is bad (EIP-1474; Nethermind has its own). By others it,
# or what stands before it, may say that it went wrong on the way.
_REFUSED = (-32000, -32003, -32010, -32602)
_RISE = 5 / 4
_LEAST_RISE = 11 / 10  # nodes ask for a tenth more, in each of its fees, to replace a transaction


async def is_there_all_the_same(outbox: Outbox, job: Job, refusal: NodeError) -> bool:
    """Whether the node has what it refused, or may have it; False if it is to be signed anew. Under the lock.

    Raises InsufficientFunds, ConfigurationError or TransactionError, which say why it never will be taken.
    """
    # What nodes say differs, what they know does not. Counted first: what has the nonce is known by then.
    is_used = await outbox.count("pending") > job.nonce
    if await _is_known(outbox, job):
        return True
    if is_used:
        return not await _is_recalled(outbox, job)
    needed = job.gas * price(job.fees) + job.call.value
    balance = await outbox.node.quantity("eth_getBalance", outbox.address, "latest")
    if balance >= needed:
        await outbox.fees.current()
        if price(job.fees) < outbox.fees.least <= _most(outbox, job):
            return False
    # What was out before may be mined already, and what others passed on may arrive, whatever is said now.
    if not job.is_taken_up and (refusal.code in _REFUSED or balance < needed or not job.raws):
        await _recall(outbox, job)
    if balance < needed:
        raise InsufficientFunds(outbox.address, balance=balance, needed=needed)
    if not outbox.post.is_signed_here and outbox.address.lower() not in await outbox.node.request(
        "eth_accounts"
    ):
        raise ConfigurationError(f"the node does not sign for {outbox.address}: pass an account with its key")
    done = "" if job.is_out else ": nothing was done"
    if job.gas > min(outbox.fees.room, MOST_GAS):
        done += (
            f". It was given {job.gas:,} gas: many chains take no more than {MOST_GAS:,} (EIP-7825), "
            f"and a block has {outbox.fees.room:,}; make several calls of it"
        )
    raise TransactionError(f"{refusal}{done}")


async def look_after(outbox: Outbox, job: Job, later: Sequence[Job], *, replace: bool) -> None:
    """See what became of the next transaction, and bring back what the node has lost. Under the lock.

    `later` are those behind it: a node that has lost the one has hardly kept the others.
    """
    pending = await outbox.count("pending")
    is_known = await _is_known(outbox, job)
    if is_known and pending >= job.nonce:
        job.lost, job.trouble = 0, ""
        is_held_back = pending == job.nonce and await _is_held_back(outbox)
        if replace or is_held_back:
            await _replace(outbox, job, is_held_back=is_held_back)
        return
    # Unknown more than once: a node that is mining it knows it neither as pending nor as mined, and
    # nodes behind one address may be of different age.
    job.lost += 1
    if job.lost < _LOST:
        return
    job.lost, job.trouble, job.is_taken_up = 0, "", True
    if pending < job.nonce:
        await _fill(outbox, job, range(pending, job.nonce))
    if is_known:
        return
    if await outbox.count("latest") > job.nonce:
        # Mined since it was looked for, it is known now.
        if not await _is_known(outbox, job):
            if await _is_recalled(outbox, job):
                await outbox.launch([job])
            else:
                job.trouble = (
                    f"nonce {job.nonce} is used, and the node does not show by which transaction, as deep as "
                    f"is waited for ({outbox.confirmations}): wait, ask another node, or see on chain what "
                    "has it and, if that is not this call's, `forget` the call's transaction"
                )
    elif await outbox.count("pending") <= job.nonce:
        if not await outbox.accepted(job, (await outbox.node.batch([job.request]))[0]):
            await outbox.launch([job])
        signed = [each for each in later if each.raws]
        for start in range(0, len(signed), BATCH):
            await outbox.post.submit_again(signed[start : start + BATCH])


def overdue(job: Job, timeout: float, confirmations: Confirmations) -> TransactionError:
    """What to tell who waited in vain; it names the transaction if that alone is what he waits for."""
    if job.trouble:
        return TransactionError(f"{job.trouble}; or call again to go on waiting")
    problem = f"not mined within {timeout:g} s, it may still be"
    if job.block is not None:
        problem = (
            f"mined in block {job.block} and waiting for confirmations ({confirmations}), but no further "
            f"block came within {timeout:g} s, as on a chain that mines only what is sent"
        )
    return TransactionError(f"{problem}: call again to go on waiting", tx_hash=next(iter(job.hashes), None))


async def reason(outbox: Outbox, job: Job, result: Result) -> ContractRevert:
    """Why a transaction that was mined changed nothing."""
    # Receipts hold no reasons: the call is made again on the state before its block, and after it.
    for number in (result.block - 1, result.block):
        answer = (await outbox.node.batch([("eth_call", [job.call.fields(outbox.address), hex(number)])]))[0]
        if isinstance(answer, NodeError) and answer.revert is not None:
            return decode_error(answer.revert, tx_hash=result.tx_hash)
    problem = "ran out of gas" if result.gas_used >= job.gas else "reverted, and would not now"
    message = f"transaction {result.tx_hash} {problem}: look at it, then call again"
    return ContractRevert(message, tx_hash=result.tx_hash)


async def _is_known(outbox: Outbox, job: Job) -> bool:
    """Whether the node knows a form of it, as mined or as pending."""
    answers = await outbox.node.batch([("eth_getTransactionByHash", [tx_hash]) for tx_hash in job.hashes])
    return any(isinstance(answer, dict) for answer in answers)


async def _recall(outbox: Outbox, job: Job) -> None:
    """Forget what was sent: the chain cannot have it."""
    await outbox.post.forget([job])
    job.is_out = job.is_taken_up = False
    job.hashes, job.raws, job.lost = [], [], 0


async def _is_recalled(outbox: Outbox, job: Job) -> bool:
    """Give its nonce up if the chain shows that somebody else's transaction has it."""
    if not await is_anothers(outbox, job):
        return False
    await _recall(outbox, job)
    return True


async def _is_held_back(outbox: Outbox) -> bool:
    """Whether the node has transactions and finds none that it could mine.

    anvil never looks again at what came while the transaction before it was being mined, but does at another
    form of it. Many nodes tell nobody what they have; those mine what is next.
    """
    status = (await outbox.node.batch([("txpool_status", [])]))[0]
    if not isinstance(status, Mapping):
        return False
    ready, held = (str(status.get(name, "")) for name in ("pending", "queued"))
    return ready in _NONE and held not in ("", *_NONE)


async def _replace(outbox: Outbox, job: Job, *, is_held_back: bool) -> None:
    """Offer more for a transaction that is stuck; all its forms have one nonce, so one of them lands."""
    raised = await _raised(outbox, job, is_held_back=is_held_back)
    if raised is not None:
        job.fees, job.offered = raised, outbox.fees.head
        await outbox.post.sign(job)
        answer = (await outbox.post.submit([job], at_once=False))[0]
        if not outbox.post.is_signed_here and isinstance(answer, str):
            job.hashes.append(answer)


async def _raised(outbox: Outbox, job: Job, *, is_held_back: bool) -> Mapping[str, int] | None:
    """Fees that replace a stuck transaction's; None where the caps do not admit them, or they help nothing.

    A tip is paid in full, so it stays within what is ever offered at first; and no block was too dear for an
    offer while none has come since, so that it is held back for another reason or none.
    """
    fees = outbox.fees
    try:
        now = await fees.current()
    except TransactionError:
        return None
    if job.offered == fees.head and price(job.fees) >= fees.least and not is_held_back:
        return None
    highest = min(2 * fees.least + fees.tip, _most(outbox, job))
    bounds = {"maxPriorityFeePerGas": min(fees.tip, highest)}
    raised = {
        name: min(max(now.get(name, 0), int(fee * _RISE) + 1), bounds.get(name, highest))
        for name, fee in job.fees.items()
    }
    return raised if all(raised[name] >= fee * _LEAST_RISE for name, fee in job.fees.items()) else None


def _most(outbox: Outbox, job: Job) -> int:
    """The most that may be offered for a unit of a job's gas, wei."""
    return min((cap for cap in (outbox.fees.cap, job.call.most) if cap is not None), default=_NO_CAP)


async def _fill(outbox: Outbox, job: Job, gap: range) -> None:
    """Send again what the chain lacks before a transaction: a reorganisation, or a lost mempool, took it.

    What was sent long ago, or by a process that is no more, is not known here: in its place goes a transfer
    of nothing to the account itself, which any transaction that is on its way after all outbids or precedes.
    Not of more than are ever in flight: so many were not lost, the journal or the chain is another one.
    """
    if len(gap) > MAX_IN_FLIGHT:
        job.trouble = (
            f"the chain is at nonce {gap.start} and lacks {len(gap)} transactions before this one, more than "
            f"the {MAX_IN_FLIGHT} that are ever sent ahead: see that the node and the journal are of the "
            "same chain; if they are, send those first, or `forget` this one"
        )
        return
    for nonce in gap:
        request = outbox.post.sent.get(nonce)
        if request is not None:
            await outbox.node.batch([request])
            continue
        filler = Job(Call(outbox.address, b""), _TRANSFER_GAS, nonce, job.fees)
        await outbox.post.sign(filler)
        await outbox.node.batch([filler.draft[0]])
