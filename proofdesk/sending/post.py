"""How jobs get to a node: signed, kept in the journal, handed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from proofdesk._errors import ConnectionLost
from proofdesk._outbox import is_receipt
from proofdesk._rpc import AsyncNode, NodeError
from proofdesk._words import address_of
from proofdesk.sending.signing import signing

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from proofdesk._outbox import Job
    from proofdesk.sending.journal import Journal

_REMEMBERED = 1000
_WITHOUT_SYNC: WeakSet[AsyncNode] = WeakSet()  # nodes that do not know EIP-7966


class Post:
    """Signs an account's jobs, or has the node sign, and sends them; nothing goes out before it is kept.

    `sent` are the latest requests, by nonce.
    """

    def __init__(
        self,
        node: AsyncNode,
        account: LocalAccount | str,
        chain_id: int | None,
        journal: Journal | None,
    ) -> None:
        self.address = address_of(int(account if isinstance(account, str) else account.address, 16))
        self.sent: dict[int, tuple[str, list[Any]]] = {}
        self._sign = None if isinstance(account, str) else signing(account)
        self._node = node
        self._chain_id = chain_id or 0
        self._journal = journal

    @property
    def is_signed_here(self) -> bool:
        """Whether the key is here, and not the node's."""
        return self._sign is not None

    async def chain_id(self) -> int:
        """The chain that is signed for."""
        if not self._chain_id:
            self._chain_id = await self._node.quantity("eth_chainId")
        return self._chain_id

    async def sign(self, job: Job) -> None:
        """Draft a job's next form, which offers its fees; raises ConnectionLost."""
        call = job.call
        numbers = {"nonce": job.nonce, "gas": job.gas, **job.fees}
        if self._sign is None:
            if self._chain_id:
                numbers["chainId"] = self._chain_id
            fields = call.fields(self.address) | {name: hex(number) for name, number in numbers.items()}
            job.draft = (("eth_sendTransaction", [fields]), job.hashes, job.raws)
            return
        content = {"chainId": await self.chain_id(), "value": call.value, "data": call.data}
        to = {} if call.to is None else {"to": call.to}
        raw, tx_hash = self._sign({**content, **numbers, **to})
        job.draft = (("eth_sendRawTransaction", [raw]), [*job.hashes, tx_hash], [*job.raws, raw])

    async def submit(self, jobs: Sequence[Job], *, at_once: bool) -> list[Any]:
        """Keep jobs' drafts, and send them; the node's answers, in order.

        `at_once`: the node may wait until a single one is mined, and answer with its receipt. Raises what the
        journal raises, when nothing was sent, and ConnectionLost.
        """
        before = [(job.request, job.hashes, job.raws) for job in jobs]
        for job in jobs:
            job.request, job.hashes, job.raws = job.draft
        if self._journal is not None:
            from proofdesk.sending.journal import Entry

            entries = [Entry.of(job, self.address, await self.chain_id()) for job in jobs]
            try:
                await self._node.transport.run(self._journal.save, entries)
            except BaseException:
                # What is not kept must never go out.
                for job, form in zip(jobs, before, strict=True):
                    job.request, job.hashes, job.raws = form
                raise
            for job, entry in zip(jobs, entries, strict=True):
                job.kept = entry.id
        for job in jobs:
            job.is_out = True
            self.sent[job.nonce] = job.request
        while len(self.sent) > _REMEMBERED:
            del self.sent[next(iter(self.sent))]
        waited = await self._sync(jobs[0]) if at_once and self._sign and len(jobs) == 1 else None
        if is_receipt(jobs[0], waited):
            return [waited]
        answers = await self._node.batch([job.request for job in jobs])
        # What takes it for new has not looked at it before, whatever it was asked.
        if isinstance(waited, NodeError) and isinstance(answers[0], str):
            _WITHOUT_SYNC.add(self._node)
        return answers

    async def submit_again(self, jobs: Sequence[Job]) -> None:
        """Send what was sent before, or was about to be by a process that died; whatever the node says."""
        for job in jobs:
            self.sent[job.nonce] = job.request
        await self._node.batch([job.request for job in jobs])

    async def forget(self, jobs: Iterable[Job]) -> None:
        """Drop jobs from the journal: their caller has his answer, or the chain cannot have them."""
        jobs = list(jobs)
        for job in jobs:
            # What was done may have to be sent again; what was given up must not be.
            if job.outcome is None and self.sent.get(job.nonce) is job.request:
                del self.sent[job.nonce]
        kept = [job for job in jobs if job.kept]
        if kept and self._journal is not None:
            await self._node.transport.run(self._journal.drop, [job.kept for job in kept])
            for job in kept:
                job.kept = ""

    async def _sync(self, job: Job) -> Any:
        """Send a job and have the node wait for its receipt (EIP-7966), if it can."""
        if self._node in _WITHOUT_SYNC:
            return None
        try:
            return (await self._node.batch([("eth_sendRawTransactionSync", job.request[1])]))[0]
        except ConnectionLost:
            return None  # the line's patience was shorter than the node's; it is sent again, and looked for
