"""A chain on which every run gives the same figures: fixed accounts, entries, times and blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any, NoReturn, TypeAlias

from eth_abi.abi import encode
from eth_abi.grammar import parse
from web3 import HTTPProvider, Web3

from proofdesk._abi import decode_error
from proofdesk._rpc import Node
from proofdesk._words import keccak
from tools.chain import Chain

START = 1_767_225_600  # seconds: the first minute of 2026
HARDFORK = "osaka"
REPEATS = 64
NOBODY = "0x" + 20 * "00"

_ACCOUNTS = 80
# Well above any act, and 64 of them fit into a block.
_GAS = 400_000
_DEPLOYMENT_GAS = 8_000_000
_LARGE_GAS = 15_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction to send, with `value` wei; `to` None creates a contract."""

    sender: str
    to: str | None
    data: bytes
    value: int = 0


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction that succeeded."""

    hash: str
    gas: int
    logs: Sequence[dict[str, Any]]


Row: TypeAlias = "tuple[Transaction, ...]"


def mean(row: Row) -> Fraction:
    """The gas of a row's transactions, on the average; exact."""
    return Fraction(sum(transaction.gas for transaction in row), len(row))


def function_data(signature: str, *values: object) -> bytes:
    """A call's data, for a function of which no ABI is at hand.

    >>> function_data("transfer(address,uint256)", NOBODY, 1).hex()[:8]
    'a9059cbb'
    """
    kinds = parse(signature[signature.index("(") :]).components
    return keccak(signature.encode())[:4] + encode([kind.to_type_str() for kind in kinds], values)


class Bench:
    """The chain, the accounts that act on it, and the entries they act with."""

    def __init__(self, node: Node, url: str) -> None:
        self.node, self.url = node, url
        self.deployer, self.customer, self.intake, self.agent, *others = map(str, node.w3.eth.accounts)
        self.newcomers = tuple(others[:REPEATS])
        self._entries = count()

    @classmethod
    @contextmanager
    def started(cls, *options: str) -> Iterator[Bench]:
        """A chain of its own that ends with the `with` block; `options` are anvil's; raises ChainError."""
        usual = ["--timestamp", str(START), "--hardfork", HARDFORK, "--order", "fifo", "--no-mining"]
        with Chain.anvil(accounts=_ACCOUNTS, extra=[*usual, *options]) as chain:
            bench = cls(Node(Web3(HTTPProvider(chain.url))), chain.url)
            bench.node.request("anvil_setBlockTimestampInterval", 1)
            yield bench

    @contextmanager
    def mining(self) -> Iterator[None]:
        """A `with` block in which every transaction is mined at once, for what waits for it."""
        self.node.request("evm_setAutomine", True)
        yield
        self.node.request("evm_setAutomine", False)

    def version(self) -> str:
        """The node's name and version."""
        return str(self.node.request("web3_clientVersion"))

    def now(self) -> int:
        """Seconds since 1970, by the last block."""
        return int(self.node.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def wait(self, seconds: int) -> None:
        """The next block is so much later."""
        self.node.request("evm_setNextBlockTimestamp", self.now() + seconds)

    def entry(self) -> bytes:
        """A hash that no act had before; the same ones in every run."""
        return keccak(b"proofdesk.benchmark" + next(self._entries).to_bytes(8, "big"))

    def create(self, data: bytes) -> str:
        """The address of a new contract."""
        sent = [self._sent(Call(self.deployer, None, data), _DEPLOYMENT_GAS)]
        self._mine()
        return str(self._receipts(sent)[0]["contractAddress"])

    def row(self, calls: Iterable[Call]) -> Row:
        """A block for each call, so that traces of them are quick.

        Raises the ContractRevert of the first that was refused.
        """
        sent = []
        for call in calls:
            sent.append(self._sent(call, _GAS))
            self._mine()
        return self._transactions(sent)

    def block(self, calls: Iterable[Call]) -> Row:
        """As `row`, all in one block: their gas is the same."""
        sent = [self._sent(call, _GAS) for call in calls]
        self._mine()
        return self._transactions(sent)

    def large(self, call: Call) -> Row:
        """One transaction that may need half of a block."""
        sent = [self._sent(call, _LARGE_GAS)]
        self._mine()
        return self._transactions(sent)

    def flood(self, calls: Iterable[Call]) -> Row:
        """All in one block and unseen: of what was refused one learns by counting."""
        self.node.batch([("eth_sendTransaction", [_fields(call, _GAS)]) for call in calls])
        self._mine()
        return ()

    def _sent(self, call: Call, gas: int) -> str:
        return str(self.node.request("eth_sendTransaction", _fields(call, gas)))

    def _mine(self) -> None:
        self.node.request("evm_mine")

    def _transactions(self, sent: Sequence[str]) -> Row:
        return tuple(
            Transaction(receipt["transactionHash"], int(receipt["gasUsed"], 16), receipt["logs"])
            for receipt in self._receipts(sent)
        )

    def _receipts(self, sent: Sequence[str]) -> list[dict[str, Any]]:
        receipts = self.node.batch([("eth_getTransactionReceipt", [tx_hash]) for tx_hash in sent])
        for receipt in receipts:
            if receipt["status"] != "0x1":
                self._refuse(receipt["transactionHash"])
        return receipts

    def _refuse(self, tx_hash: str) -> NoReturn:
        trace = self.node.request("debug_traceTransaction", tx_hash, {"tracer": "callTracer"})
        raise decode_error(bytes.fromhex(trace.get("output", "0x")[2:]), tx_hash=tx_hash)


def _fields(call: Call, gas: int) -> dict[str, str]:
    fields = {
        "from": call.sender,
        "data": "0x" + call.data.hex(),
        "gas": hex(gas),
        "value": hex(call.value),
    }
    return fields if call.to is None else fields | {"to": call.to}
