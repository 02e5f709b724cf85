"""Where a node contradicts itself about its chain: of such a one no client could say what is true.

anvil does, where it is asked for a snapshot, or to go back to one, while it mines by itself. A snapshot then
has the number of one block and the state of the next; and what is mined upon a block that is gone leaves a
gap, and receipts of which the state knows nothing.

Only the node is asked, by JSON-RPC, block by block, while nobody else asks for anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from proofdesk._abi import encode_call, topic

Rpc: TypeAlias = "Callable[..., Any]"

DESK = "TicketDesk"


def contradictions(rpc: Rpc, desk: str) -> list[str]:
    """What cannot all be true of what a node says, in words; nothing where its chain is sound.

    Blocks stand on each other. Each transaction is in one place, by its receipt too; logs are its receipt's.
    An account's transactions count from 0, and its nonce is their number. Of each ticket the state has what
    its latest act logged, and each lane's log is as long as there are acts: after each block, and at the end.

    >>> contradictions(office.chain.rpc, office.deployment.contract("TicketDesk").address)
    []
    """
    return list(dict.fromkeys(_Reading(rpc, desk).contradictions()))


@dataclass
class _Reading:
    """A look at a chain, with what its state must be after the blocks that were read."""

    rpc: Rpc
    desk: str
    nonces: Counter[str] = field(default_factory=Counter)
    words: dict[str, str] = field(default_factory=dict)
    sizes: Counter[int] = field(default_factory=Counter)

    def contradictions(self) -> Iterator[str]:
        head = int(self.rpc("eth_blockNumber"), 16)
        before = None
        for number in range(head + 1):
            block = self.rpc("eth_getBlockByNumber", hex(number), True)
            if block is None:
                yield f"block {number} is missing, and the latest is {head}"
            else:
                if before is not None and block["parentHash"] != before["hash"]:
                    yield f"block {number} does not stand on block {number - 1}"
                yield from self._block(number, block)
            before = block
        if self.rpc("eth_getBlockByNumber", "latest", True) != before:
            yield f"the latest block is not block {head}"
        lanes = range(1, (_number(self._read("laneCount", at="latest")) or 0) + 1)
        # All that an account sent may be gone from the blocks.
        people = sorted({*self.nonces, *self.rpc("eth_accounts")})
        yield from self._state("latest", people, list(self.words), lanes)

    def _block(self, number: int, block: Any) -> Iterator[str]:
        logs: list[Any] = []
        for place, sent in enumerate(block["transactions"]):
            name = f"transaction {sent['hash']} of block {number}"
            receipt = self.rpc("eth_getTransactionReceipt", sent["hash"])
            if receipt is None:
                yield f"{name} has no receipt"
            else:
                logs += receipt["logs"]
                where = [receipt[each] for each in ("blockHash", "blockNumber", "transactionIndex")]
                if where != [block["hash"], hex(number), hex(place)]:
                    yield f"{name} is in block {int(where[1], 16)} by its receipt"
            if int(sent["nonce"], 16) != self.nonces[sent["from"]]:
                yield f"{name} has a nonce that was not next, {int(sent['nonce'], 16)} of {sent['from']}"
            self.nonces[sent["from"]] += 1
        if self.rpc("eth_getLogs", {"blockHash": block["hash"]}) != logs:
            yield f"the logs of block {number} are not those of its receipts"
        acts = [log for log in logs if log["topics"][0] == topic(DESK, "ActLogged")]
        for act in acts:
            # After the kind as whom he acted stands the ticket's word.
            self.words[act["topics"][1]] = "0x" + act["data"][66:130]
            self.sizes[int(act["topics"][2], 16)] += 1
        yield from self._state(
            hex(number),
            sorted({sent["from"] for sent in block["transactions"]}),
            sorted({act["topics"][1] for act in acts}),
            sorted({int(act["topics"][2], 16) for act in acts}),
        )

    def _state(
        self, at: str, people: Iterable[str], tickets: Iterable[str], lanes: Iterable[int]
    ) -> Iterator[str]:
        """What the state after a block has otherwise than the blocks up to it."""
        name = at if at == "latest" else f"block {int(at, 16)}"
        for account in people:
            nonce = int(self.rpc("eth_getTransactionCount", account, at), 16)
            if nonce != self.nonces[account]:
                yield f"{name}: {account} has nonce {nonce} and {self.nonces[account]} transactions"
        for ticket in tickets:
            word = self._read("wordOf", bytes.fromhex(ticket[2:]), at=at)
            if word != self.words[ticket]:
                yield f"{name}: ticket {ticket} is {word} and was logged as {self.words[ticket]}"
        for lane in lanes:
            size = _number(self._read("lane", lane, at=at))
            if size != self.sizes[lane]:
                yield f"{name}: the log of lane {lane} has {size} acts and {self.sizes[lane]} events"

    def _read(self, function: str, *arguments: object, at: str) -> str:
        """What the desk answers, in hex: nothing where it is no contract."""
        data = "0x" + encode_call(DESK, function, *arguments).hex()
        return str(self.rpc("eth_call", {"to": self.desk, "data": data}, at))


def _number(answer: str) -> int | None:
    """The last number of an answer; a lane's is the size of its log."""
    return int(answer[-64:], 16) if len(answer) > 2 else None
