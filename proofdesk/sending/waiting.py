"""Seeing transactions to their end: polled for, looked after, given up when nothing happens for too long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from proofdesk._errors import ConfigurationError, TransactionError
from proofdesk._outbox import BATCH, Job, is_receipt
from proofdesk._rpc import NodeError

if TYPE_CHECKING:
    from proofdesk._outbox import Outbox

_FIRST_PAUSE, _LAST_PAUSE, _NUDGE_PAUSE = 0.001, 0.5, 0.05
_FOR_OTHERS = 0.02  # seconds between looks whether other callers' are at their end


class Wait:
    """One caller's wait for his jobs."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._head = self._mined = 0

    async def settle(self, jobs: Iterable[Job], until: Callable[[], bool] | None = None) -> list[Job]:
        """Poll until all have an outcome; with `until` until that is so. Returns those that have none.

        Raises TransactionError when nothing happens for the outbox's `timeout`.
        """
        waiting = _unsettled(jobs)
        while not (until() if until else not waiting):
            if waiting:
                await self._watch(waiting, until)
                waiting = _unsettled(waiting)
            else:
                await self._outbox.node.transport.sleep(_FOR_OTHERS)
        return waiting

    async def _watch(self, waiting: Sequence[Job], until: Callable[[], bool] | None) -> None:
        """Until one of them is at its end: then the patience with the next one begins anew."""
        started, timeout = time.monotonic(), self._outbox.timeout
        # Many take a while, and each look at them takes the node's time from mining them.
        pause, nudge = _FIRST_PAUSE * min(len(waiting), 10), _NUDGE_PAUSE
        nudge_at, replace_at = started + nudge, started + timeout / 4
        await self._poll(waiting)
        while all(job.outcome is None for job in waiting) and not (until and until()):
            now, head = time.monotonic(), self._head
            if now > started + timeout:
                # Late: most never need what helps in trouble.
                from proofdesk.sending.trouble import overdue

                raise overdue(waiting[0], timeout, self._outbox.confirmations)
            if now > nudge_at and waiting[0].block is None:
                await self._nudge(waiting, replace=now > replace_at)
                nudge = min(2 * nudge, timeout / 20)
                nudge_at = now + nudge
                replace_at += timeout / 4 if now > replace_at else 0
            await self._outbox.node.transport.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE)
            await self._poll(waiting)
            # What is mined has time to become deep, for as long as the chain goes on.
            if self._head > head and waiting[0].block is not None:
                started = time.monotonic()

    async def _poll(self, waiting: Sequence[Job]) -> None:
        outbox = self._outbox
        for job in waiting:
            job.block = None
        if len(waiting) > 1:
            # The chain takes an account's transactions by their nonces: behind one it lacks there is none.
            before, self._mined = self._mined, await outbox.count("latest")
            least = min(BATCH, len(waiting))
            waiting = [job for job in waiting if job.nonce < self._mined]
            # While more are coming, a few are not worth a request, which takes the node from mining them.
            if len(waiting) < least and self._mined != before:
                return
        for start in range(0, len(waiting), BATCH):
            group = waiting[start : start + BATCH]
            asked = [(job, tx_hash) for job in group for tx_hash in job.hashes]
            requests: list[tuple[str, list[Any]]] = [
                ("eth_getTransactionReceipt", [tx_hash]) for _, tx_hash in asked
            ]
            if outbox.confirmations != 1:
                requests += [("eth_getBlockByNumber", [tag, False]) for tag in ("latest", "finalized")]
            answers = await outbox.node.batch(requests)
            for (job, _), receipt in zip(asked, answers, strict=False):
                if is_receipt(job, receipt):
                    job.block, job.trouble = int(receipt["blockNumber"], 16), ""
                    if self._is_deep(job, *answers[len(asked) :]):
                        job.outcome = await outbox.outcome(job, receipt)
            if any(job.outcome is None for job in group):
                return

    def _is_deep(self, job: Job, latest: Any = None, finalized: Any = None) -> bool:
        wanted, block = self._outbox.confirmations, job.block or 0
        if wanted == 1:
            return True
        if wanted == "finalized" and not isinstance(finalized, Mapping):
            # The chain may go on for ever without it: that is nothing to be patient for.
            job.trouble = (
                f"mined in block {block}, but the node does not say which block is final "
                f"({finalized or 'no answer'}): ask another one, or choose a number of confirmations"
            )
            return False
        if isinstance(latest, Mapping):
            self._head = int(latest["number"], 16)
        if wanted == "finalized":
            return int(finalized["number"], 16) >= block
        return isinstance(latest, Mapping) and self._head >= block + wanted - 1

    async def _nudge(self, waiting: Sequence[Job], *, replace: bool) -> None:
        """See what became of the transaction that is next; send it again if the node does not know it."""
        from proofdesk.sending.trouble import look_after

        job, outbox = waiting[0], self._outbox
        async with outbox.lock:
            try:
                await look_after(outbox, job, waiting[1:], replace=replace)
            except (NodeError, TransactionError, ConfigurationError) as error:
                if outbox.post.is_signed_here and isinstance(error, ConfigurationError):
                    raise  # the journal's: nothing more can be sent
                if not job.is_out:
                    raise  # another's transaction has its nonce, and the next one's was refused: it ends here
                # It is out, and only its end decides, whatever the node refuses meanwhile.


def _unsettled(jobs: Iterable[Job]) -> list[Job]:
    return sorted((job for job in jobs if job.outcome is None), key=lambda job: job.nonce)
