"""Sending: own nonces, own gas and fees, fast receipts; every call lands at most once, whatever breaks.

How that holds:
- A transaction is sent again only as it was signed or, when it is stuck, with the same nonce and higher fees:
  of all its forms the chain takes one.
- It gets another nonce only when its own was used by somebody else's, as the chain itself says.
- What was sent and not seen to its end stays in doubt: the same call made again takes that transaction up.
  A process that died has left such memory only in a journal; without one the contracts' own rule holds, that
  no act applies twice.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias, TypedDict, overload

from proofdesk._errors import (
    ConnectionLost,
    ContractRevert,
    InvalidArgument,
    ProofdeskError,
    TransactionError,
)
from proofdesk._fees import Fees
from proofdesk._models import Result
from proofdesk._outbox import ADDRESS, Call, Confirmations, Creation, Job, Outbox
from proofdesk._rpc import AsyncNode, Node, Source
from proofdesk._shell import blocking, drive

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from typing_extensions import Unpack

    from proofdesk._deployments import Deployment
    from proofdesk.sending.journal import Journal, JournalFile

_Key: TypeAlias = "tuple[str | None, bytes, int]"


class SenderOptions(TypedDict, total=False):
    """What a sender may be told beside its account, as `AsyncSender` says."""

    confirmations: Confirmations
    timeout: float
    max_fee_per_gas: int | None
    gas_margin: float
    chain_id: int | None
    journal: Journal | str | os.PathLike[str] | None
    contracts: Container[str] | None


def of_desk(deployment: Deployment, options: SenderOptions) -> SenderOptions:
    """Options for a desk's sender: what it signs is good on that chain, what it reads is that desk's."""
    return {**options, "chain_id": deployment.chain_id, "contracts": deployment.addresses}


class TransactionInDoubt(ConnectionLost):
    """The node was lost when transactions may have gone out; `tx_hashes` are theirs, as far as known."""

    def __init__(self, message: str, *, tx_hashes: tuple[str, ...]) -> None:
        known = f": {', '.join(tx_hashes[:3])}{' …' if len(tx_hashes) > 3 else ''}" if tx_hashes else ""
        super().__init__(f"{message}. A transaction may have gone out{known}")
        self.tx_hashes = tx_hashes


class BatchFailed(TransactionError):  # noqa: N818  what happened
    """Some of many calls failed; `outcomes` has each one's result or error, in their order."""

    def __init__(self, outcomes: tuple[Result | ContractRevert, ...]) -> None:
        failed = [(index, item) for index, item in enumerate(outcomes) if isinstance(item, ContractRevert)]
        index, first = failed[0]
        super().__init__(
            f"{len(failed)} of {len(outcomes)} calls failed, first call {index}: {first}",
            tx_hash=first.tx_hash,
        )
        self.outcomes = outcomes


class AsyncSender:
    """Sends from one account: an eth-account account, or the address of one the node itself signs for.

    `confirmations` is a number of blocks or "finalized"; `timeout` is seconds until it is mined, then until
    another block comes; `max_fee_per_gas` is wei, at most so much is ever offered; `gas_margin` multiplies
    estimates; what is signed is good on chain `chain_id` alone, the node's by default; `journal` is a file,
    or a Journal, that keeps what is signed until its caller has an answer; `contracts` are the addresses,
    EIP-55, whose logs are acts and events of results, None all. Tasks may share one.

    Raises InvalidArgument for options that cannot be meant, ConfigurationError for a journal that another
    sender has, or that is none.
    """

    def __init__(
        self,
        node: AsyncNode,
        account: LocalAccount | str,
        *,
        confirmations: Confirmations = 1,
        timeout: float = 120.0,
        max_fee_per_gas: int | None = None,
        gas_margin: float = 1.2,
        chain_id: int | None = None,
        journal: Journal | str | os.PathLike[str] | None = None,
        contracts: Container[str] | None = None,
    ) -> None:
        if confirmations != "finalized" and (not isinstance(confirmations, int) or confirmations < 1):
            raise InvalidArgument(f"confirmations {confirmations!r}: pass a number from 1, or 'finalized'")
        if timeout <= 0 or gas_margin < 1:
            raise InvalidArgument(
                f"timeout {timeout} and gas margin {gas_margin}: pass above 0, and 1 or more"
            )
        # Not shown: who passes a key by mistake must not find it in an error, nor may the node.
        if isinstance(account, str) and not ADDRESS.fullmatch(account):
            raise InvalidArgument(
                "account is no address of 0x and 40 hex digits: pass one, or an account object"
            )
        self._own: JournalFile | None = None
        if journal is not None and isinstance(account, str):
            raise InvalidArgument("a journal keeps what is signed here: pass an account with its key")
        if isinstance(journal, (str, os.PathLike)):
            # Late: it loads a database.
            from proofdesk.sending.journal import JournalFile

            journal = self._own = JournalFile(journal)
        fees = Fees(node, max_fee_per_gas)
        self._outbox = Outbox(
            node, account, fees, confirmations, timeout, gas_margin, chain_id, journal, contracts
        )
        self.account = account
        self.address = self._outbox.address
        self._lock = Lock()
        self._found = [entry for entry in journal.load() if entry.sender == self.address] if journal else []
        self._doubt: dict[_Key, list[Job]] = {}

    def close(self) -> None:
        """Let others have the journal that was named by its path; the next call opens it anew."""
        if self._own is not None:
            self._own.close()

    async def send(self, to: str | None, data: bytes, *, value: int = 0, gas: int | None = None) -> Result:
        """Send one call and wait for its receipt; `to` None creates a contract, `value` is wei.

        Raises the ContractRevert that it would or did end in, InsufficientFunds, TransactionError when it was
        not mined in time, TransactionInDoubt and ConnectionLost. After each the same call may be made again.
        """
        outcome = (await self._send([Call(to, data, value, gas)]))[0]
        if isinstance(outcome, ContractRevert):
            raise outcome
        return outcome

    async def send_many(self, calls: Iterable[Call]) -> list[Result]:
        """Send many calls, at most 500 of all callers in flight, and wait for all; results are in order.

        One call of each kind (receiver, function, length) is estimated for all of the kind: give `gas` where
        a kind's first call cannot succeed before the calls ahead of it.
        Raises BatchFailed, with every outcome, when some reverted on chain; the ContractRevert of an estimate
        before anything is sent; otherwise as `send`.
        """
        outcomes = await self._send(list(calls))
        results = [outcome for outcome in outcomes if isinstance(outcome, Result)]
        if len(results) < len(outcomes):
            raise BatchFailed(tuple(outcomes))
        return results

    async def forget(self, tx_hash: str) -> None:
        """Forget a transaction in doubt whose end was learnt otherwise than by making its call again.

        Of a `send_many` that broke, those that are done are in doubt, too: only the same calls again end it.
        Raises ConnectionLost, and what the journal raises.
        """
        await self._find()
        with self._lock:
            seen = [job for jobs in self._doubt.values() for job in jobs if tx_hash in job.hashes]
            for job in seen:
                self._doubt[_key(job.call)].remove(job)
        await self._outbox.post.forget(seen)

    async def _send(self, calls: list[Call]) -> list[Result | ContractRevert]:
        await self._find()
        jobs: list[Job] = []
        try:
            self._take_up(calls, jobs)
            await self._outbox.deliver(jobs)
            await self._outbox.post.forget(jobs)
            return [job.outcome for job in jobs if job.outcome is not None]
        except BaseException as error:
            out = self._remember(jobs)
            if out and isinstance(error, ProofdeskError) and not getattr(error, "tx_hash", None):
                hashes = tuple(tx_hash for job in out for tx_hash in job.hashes)
                raise TransactionInDoubt(str(error), tx_hashes=hashes) from error
            raise

    async def _find(self) -> None:
        """Doubt what a process that died left in the journal."""
        if self._found:
            chain_id = await self._outbox.post.chain_id()
            with self._lock:
                doubt = {key: list(jobs) for key, jobs in self._doubt.items()}
                for job in (entry.job() for entry in self._found if entry.chain_id == chain_id):
                    doubt.setdefault(_key(job.call), []).append(job)
                    self._outbox.post.sent[job.nonce] = job.request
                # At one stroke: Ctrl-C in between would have them twice, or not at all.
                self._doubt, self._found = doubt, []

    def _take_up(self, calls: list[Call], jobs: list[Job]) -> None:
        """Add jobs for calls; those that broke before, here or in a process that died, go on where they were.

        Whatever interrupts, each job in doubt is at every moment in `jobs`, or still in doubt, or both.
        """
        with self._lock:
            for call in calls:
                doubted = self._doubt.get(_key(call), ())
                jobs.append(doubted[0] if doubted else Job(call, call.gas or 0))
                self._doubt[_key(call)] = [*doubted[1:]]
                jobs[-1].call = call  # whose cap may be another now
                jobs[-1].is_taken_up = jobs[-1].is_out
                if not doubted[1:]:
                    del self._doubt[_key(call)]

    def _remember(self, jobs: list[Job]) -> list[Job]:
        """Keep what the same calls go on with; returns the jobs that may be out."""
        out = [job for job in jobs if job.is_out and not isinstance(job.outcome, ContractRevert)]
        with self._lock:
            # A node that signs and has not answered leaves no hash: nothing can be found again.
            for job in (each for each in out if each.hashes):
                doubted = self._doubt.setdefault(_key(job.call), [])
                doubted += [job] if job not in doubted else []
        # What is done and stands in the journal all the same could not be crossed out there.
        return [job for job in out if job.outcome is None or job.kept]


class Sender:
    """AsyncSender's blocking twin, for a node as `Node` takes it. Threads may share it.

    >>> Sender(w3, w3.eth.accounts[0]).send("0x" + 20 * "11", b"").gas_used
    21000
    """

    def __init__(self, node: Source, account: LocalAccount | str, **options: Unpack[SenderOptions]) -> None:
        self.node = Node(node)
        self._core = AsyncSender(self.node._core, account, **options)
        self.account, self.address = self._core.account, self._core.address

    def close(self) -> None:
        """Let others have the journal, as `AsyncSender.close`."""
        self._core.close()

    @overload
    def send(self, to: None, data: bytes, *, value: int = ..., gas: int | None = ...) -> Creation: ...
    @overload
    def send(self, to: str, data: bytes, *, value: int = ..., gas: int | None = ...) -> Result: ...
    def send(self, to: str | None, data: bytes, *, value: int = 0, gas: int | None = None) -> Result:
        """Send one call and wait for its receipt, as `AsyncSender.send`."""
        return drive(self._core.send(to, data, value=value, gas=gas))

    send_many = blocking(AsyncSender.send_many)
    forget = blocking(AsyncSender.forget)


def _key(call: Call) -> _Key:
    return call.to and call.to.lower(), call.data, call.value  # an address's case is only its checksum
