"""Sending: own nonces, own gas and fees, fast receipts; every call lands at most once, whatever breaks.

How that holds:
- A transaction is sent again only as it was signed or, when it is stuck, with the same nonce and higher fees:
  of all its forms the chain takes one.
- It gets another nonce only when its own was used by somebody else's, as the chain itself says.
- What was sent and not seen to its end stays in doubt: the same call made again takes that transaction up.
  A process that died has no such memory; there the contracts' own rule holds, that no act applies twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias, TypedDict, overload

from proofdesk._abi import decode_error
from proofdesk._errors import (
    ConnectionLost,
    ContractRevert,
    InvalidArgument,
    ProofdeskError,
    TransactionError,
)
from proofdesk._fees import Fees
from proofdesk._models import Result
from proofdesk._outbox import Call, Confirmations, Creation, Job, Outbox
from proofdesk._rpc import AsyncNode, Node, NodeError, Source
from proofdesk._shell import blocking, drive

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from typing_extensions import Unpack

MAX_IN_FLIGHT = 500  # anvil stalls with some 3,000 pending, public nodes drop what an account queues
# A log's append hashes a node more for every doubling, so an act may cost more than when it was estimated.
_HEADROOM = 60_000
_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")


_Key: TypeAlias = "tuple[str | None, bytes, int]"


class SenderOptions(TypedDict, total=False):
    """What a sender may be told beside its account, as `AsyncSender` says."""

    confirmations: Confirmations
    timeout: float
    max_fee_per_gas: int | None
    gas_margin: float
    chain_id: int | None


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
    estimates; what is signed is good on chain `chain_id` alone, the node's by default. Tasks may share one.

    Raises InvalidArgument for options that cannot be meant.
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
    ) -> None:
        if confirmations != "finalized" and (not isinstance(confirmations, int) or confirmations < 1):
            raise InvalidArgument(f"confirmations {confirmations!r}: pass a number from 1, or 'finalized'")
        if timeout <= 0 or gas_margin < 1:
            raise InvalidArgument(
                f"timeout {timeout} and gas margin {gas_margin}: pass above 0, and 1 or more"
            )
        # Not shown: who passes a key by mistake must not find it in an error, nor may the node.
        if isinstance(account, str) and not _ADDRESS.fullmatch(account):
            raise InvalidArgument(
                "account is no address of 0x and 40 hex digits: pass one, or an account object"
            )
        self._node = node
        self._gas_margin = gas_margin
        fees = Fees(self._node, max_fee_per_gas)
        self._outbox = Outbox(self._node, account, fees, confirmations, timeout, chain_id)
        self.account = account
        self.address = self._outbox.address
        self._lock = Lock()
        self._broken: tuple[tuple[_Key, ...], list[Job]] = ((), [])
        self._doubt: dict[int, Job] = {}

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
        """Send many calls, at most 500 at a time in flight, and wait for all; results are in order.

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

    async def _send(self, calls: list[Call]) -> list[Result | ContractRevert]:
        key = tuple(_key(call) for call in calls)
        jobs = self._taken_up(key, calls)
        try:
            await self._estimate([job for job in jobs if not job.gas])
            for start in range(0, len(jobs), MAX_IN_FLIGHT):
                await self._outbox.deliver(jobs[start : start + MAX_IN_FLIGHT])
        except BaseException as error:
            out = self._remember(key, jobs)
            if out and isinstance(error, ProofdeskError) and not getattr(error, "tx_hash", None):
                hashes = tuple(tx_hash for job in out for tx_hash in job.hashes)
                raise TransactionInDoubt(str(error), tx_hashes=hashes) from error
            raise
        return [job.outcome for job in jobs if job.outcome is not None]

    def _taken_up(self, key: tuple[_Key, ...], calls: list[Call]) -> list[Job]:
        """Jobs for calls; the same that failed before go on where they stopped, single ones in doubt too."""
        with self._lock:
            if self._broken[0] == key:
                (_, jobs), self._broken = self._broken, ((), [])
                for job in jobs:
                    self._doubt.pop(id(job), None)
                return jobs
            jobs = []
            for call in calls:
                doubted = (job for job in self._doubt.values() if _key(job.call) == _key(call))
                job = next(doubted, None) or Job(call, call.gas or 0)
                self._doubt.pop(id(job), None)
                jobs.append(job)
            return jobs

    def _remember(self, key: tuple[_Key, ...], jobs: list[Job]) -> list[Job]:
        """Keep what the same calls go on with; returns the jobs that may be out."""
        out = [job for job in jobs if job.is_out and job.outcome is None]
        for job in out:
            if not job.hashes:
                # The node signs and has not answered: nothing can be found again.
                job.recall()
        with self._lock:
            self._broken = (key, jobs)
            self._doubt |= {id(job): job for job in out if job.is_out}
        return out

    async def _estimate(self, jobs: Iterable[Job]) -> None:
        kinds: dict[tuple[str | None, bytes, int], list[Job]] = {}
        for job in jobs:
            kinds.setdefault((job.call.to, job.call.data[:4], len(job.call.data)), []).append(job)
        requests = [("eth_estimateGas", [alike[0].call.fields(self.address)]) for alike in kinds.values()]
        for alike, answer in zip(kinds.values(), await self._node.batch(requests), strict=True):
            if isinstance(answer, NodeError):
                raise TransactionError(str(answer)) if answer.revert is None else decode_error(answer.revert)
            for job in alike:
                job.gas = int(int(answer, 16) * self._gas_margin) + _HEADROOM


class Sender:
    """AsyncSender's blocking twin, for a node as `Node` takes it. Threads may share it.

    >>> Sender(w3, w3.eth.accounts[0]).send("0x" + 20 * "11", b"").gas_used
    21000
    """

    def __init__(self, node: Source, account: LocalAccount | str, **options: Unpack[SenderOptions]) -> None:
        self.node = Node(node)
        self._core = AsyncSender(self.node._core, account, **options)
        self.account, self.address = self._core.account, self._core.address

    @overload
    def send(self, to: None, data: bytes, *, value: int = ..., gas: int | None = ...) -> Creation: ...
    @overload
    def send(self, to: str, data: bytes, *, value: int = ..., gas: int | None = ...) -> Result: ...
    def send(self, to: str | None, data: bytes, *, value: int = 0, gas: int | None = None) -> Result:
        """Send one call and wait for its receipt, as `AsyncSender.send`."""
        return drive(self._core.send(to, data, value=value, gas=gas))

    send_many = blocking(AsyncSender.send_many)


def _key(call: Call) -> _Key:
    return call.to, call.data, call.value
