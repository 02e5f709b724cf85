"""What a relayer reads of the chain beside what its sender does: time, depth, price, acts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from proofdesk._abi import decode_event, topic
from proofdesk._deployments import Deployment
from proofdesk._errors import ConnectionLost, ProofdeskError
from proofdesk._fees import Fees, price
from proofdesk._history import read_acts
from proofdesk._models import Act
from proofdesk._rpc import Node, NodeError
from proofdesk._shell import drive
from proofdesk._transport import Requests
from proofdesk._words import to_hex
from proofdesk.ops.relay._queue import Held, groups
from proofdesk.signed.onchain import is_done_by

_FRESH = 2.0  # seconds for which the latest block is taken for the latest
_BEHIND = 100  # blocks by which nodes behind one address may differ, or a chain be reorganised
_TICKETS = 100  # in one request for logs
_LATELY = 5_000  # blocks: so many most nodes look through at once


class Carried(Protocol):
    """An act that may be on chain; each of its bytes is as the contract has it."""

    @property
    def ticket(self) -> bytes: ...
    @property
    def entry(self) -> bytes: ...
    @property
    def signer(self) -> bytes: ...
    @property
    def call(self) -> bytes: ...


Asked = TypeVar("Asked", bound=Carried)


class Chain:
    """The chain of one desk, for an account; `max_fee_per_gas` is its sender's, wei.

    `head` is the number of the latest block that was seen.
    """

    def __init__(self, node: Node, deployment: Deployment, account: str, max_fee_per_gas: int | None) -> None:
        self.node = node
        self._account = account
        self._contract = deployment.contract("TicketDesk")
        self.desk = self._contract.address
        self._fees = Fees(node._core, max_fee_per_gas)
        self.head = self._time = self._balance = 0
        self._until = 0.0

    def now(self) -> int:
        """The chain's time, seconds: at least the latest block's, and as much later as this machine thinks.

        Raises ConnectionLost.
        """
        if time.monotonic() > self._until:
            self.look()
        return max(int(time.time()), self._time)

    def look(self) -> None:
        """Read the latest block and the account's balance anew."""
        latest: Requests = [
            ("eth_getBlockByNumber", ["latest", False]),
            ("eth_getBalance", [self._account, "latest"]),
        ]
        with making_sense():
            block, balance = answers_of(self.node, latest)
            self.head, self._time = int(block["number"], 16), int(block["timestamp"], 16)
            self._balance = int(balance, 16)
        self._until = time.monotonic() + _FRESH

    def is_deep(self, block: int, confirmations: int) -> bool:
        """Whether so many blocks stand on each other from a block on; the block itself is the first."""
        if confirmations > 1 and self.head < block + confirmations - 1:
            self.look()
        return confirmations == 1 or self.head >= block + confirmations - 1

    def balance(self) -> int:
        """What the account holds, or held a moment ago, wei."""
        self.now()
        return self._balance

    def gas_price(self) -> int:
        """The most that a unit of gas costs now, wei; raises TransactionError above the sender's cap."""
        with making_sense():
            return price(drive(self._fees.current()))

    def landed(self, acts: Sequence[Held]) -> dict[int, tuple[bytes, int]]:
        """Those of the acts that are on chain, by their numbers in the queue: transaction and block."""
        found: dict[int, tuple[bytes, int]] = {}
        for group in groups(acts, _TICKETS):
            tickets = sorted({to_hex(act.ticket) for act in group})
            until = self.node.height()
            # It was looked at then, by a node that may have been behind, and was not on chain.
            since = max(0, min(until, *(act.head or 0 for act in group)) - _BEHIND)
            logged = drive(read_acts(self.node._core, self._contract, until, since=since, tickets=tickets))
            for act, each in _done(group, logged):
                found[act.seq] = bytes.fromhex(each.tx_hash[2:]), each.block
        return found

    def done_lately(self, acts: Sequence[Asked]) -> Iterator[tuple[Asked, Act]]:
        """Those of acts, of a round at the most, that came on chain in the last 5,000 blocks, as logged.

        One question to the node, whatever is handed in: where it does not answer, or only for less, nothing.
        """
        if not acts:
            return iter(())
        query = {
            "address": self.desk,
            "topics": [topic("TicketDesk", "ActLogged"), sorted({to_hex(act.ticket) for act in acts})],
            "fromBlock": hex(max(self._contract.block, self.head - _LATELY)),
            "toBlock": "latest",
        }
        with suppress(ConnectionLost, NodeError), making_sense():
            events = map(decode_event, self.node.request("eth_getLogs", query))
            return iter(list(_done(acts, [each for each in events if isinstance(each, Act)])))
        return iter(())


def _done(acts: Sequence[Asked], logged: Sequence[Act]) -> Iterator[tuple[Asked, Act]]:
    """Acts that were asked for, each with what was logged of it."""
    places: dict[tuple[str, str, int], list[Act]] = {}
    for each in logged:
        places.setdefault((each.ticket_id, each.entry, int(each.actor, 16)), []).append(each)
    for act in acts:
        key = to_hex(act.ticket), to_hex(act.entry), int.from_bytes(act.signer, "big")
        for each in places.get(key, ()):
            if is_done_by(act.call, each):
                yield act, each


def answers_of(node: Node, requests: Requests) -> list[Any]:
    """As `Node.batch`; raises the NodeError of the first that failed."""
    answers = node.batch(requests)
    for answer in answers:
        if isinstance(answer, NodeError):
            raise answer
    return answers


@contextmanager
def making_sense() -> Iterator[None]:
    """Read what a node says; raises ConnectionLost for what cannot be read."""
    try:
        yield
    except ProofdeskError:
        raise
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ConnectionLost(
            f"the node's answer cannot be read ({type(error).__name__}): ask another one"
        ) from error
