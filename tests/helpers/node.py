"""A quick line to a local anvil: JSON-RPC over one connection, exact times, snapshots, storage.

Web3's usual way makes nine requests for one transaction; `send` makes three, and hundreds of acts a second.
It mines its blocks itself, each one second after the last unless `at` sets the next one's time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tools.chain import Chain

# A multiple of 60, so that a test's minutes are easy to read.
GENESIS = 1_800_000_000
# No fees: an actor needs no money to act, and gas is measured elsewhere.
OPTIONS = f"--hardfork shanghai --timestamp {GENESIS} --base-fee 0 --gas-price 0 --no-mining".split()
# No act comes near it; a call with many entries does.
GAS = 20_000_000


class NodeError(Exception):
    """The node refused a request, other than by a contract's revert."""


class RevertedError(Exception):
    """A contract refused; `data` is what it said, still encoded."""

    def __init__(self, data: bytes) -> None:
        super().__init__(f"0x{data.hex()}")
        self.data = data


class Node:
    """A connection to one anvil, started with OPTIONS."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._line = HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.accounts: list[str] = [account.lower() for account in self.rpc("eth_accounts")]
        self.now = GENESIS
        """Seconds; the time of the last block."""
        self._next: int | None = None

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Node]:
        """A node of its own, for as long as the `with` block lasts."""
        with Chain.anvil(extra=OPTIONS) as chain:
            yield cls(chain.url)

    def rpc(self, method: str, *params: Any) -> Any:
        """One request; raises RevertedError with a revert's data, NodeError with any other refusal."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self._line.request("POST", "/", body.encode(), {"Content-Type": "application/json"})
        answer = json.load(self._line.getresponse())
        if "error" not in answer:
            return answer["result"]
        error = answer["error"]
        if error.get("code") == 3:
            raise RevertedError(_bytes(error.get("data") or "0x"))
        raise NodeError(f"{method}: {error.get('message', error)}")

    @property
    def next(self) -> int:
        """Seconds; the time of the next block."""
        return self.now + 1 if self._next is None else self._next

    def at(self, seconds: int) -> None:
        """The next block has exactly this time."""
        self._next = seconds

    def send(
        self, sender: str, to: str | None, data: bytes, *, value: int = 0, gas: int = GAS
    ) -> dict[str, Any]:
        """One transaction in a block of its own, with `value` wei; its receipt. Raises RevertedError."""
        transaction = {"from": sender, "data": _hex(data), "gas": hex(gas), "gasPrice": "0x0"}
        if to is not None:
            transaction["to"] = to
        if value:
            transaction["value"] = hex(value)
        # eth_sendTransactionSync is one request, but loses a race with the miner now and then and waits 30 s.
        sent = self.rpc("eth_sendTransaction", transaction)
        time, self._next = self.next, None
        self.rpc("evm_mine", time)
        receipt: dict[str, Any] = self.rpc("eth_getTransactionReceipt", sent)
        self.now = receipt["blockTimestamp"]
        if int(receipt["status"], 16) == 0:
            trace = self.rpc("debug_traceTransaction", sent, {"tracer": "callTracer"})
            raise RevertedError(_bytes(trace.get("output", "0x")))
        return receipt

    def call(self, sender: str, to: str, data: bytes, at: int | None = None) -> bytes:
        """What a call answers at a time (default: the last block's). Raises RevertedError."""
        call = {"from": sender, "to": to, "data": _hex(data), "gas": hex(GAS)}
        return _bytes(self.rpc("eth_call", call, "latest", {}, {"time": hex(at or self.now)}))

    def deploy(self, sender: str, code: bytes) -> str:
        """The address of a new contract. Raises RevertedError."""
        return str(self.send(sender, None, code)["contractAddress"])

    def read(self, address: str, slot: int) -> int:
        """One storage word."""
        return int(self.rpc("eth_getStorageAt", address, _word(slot), "latest"), 16)

    def write(self, address: str, slot: int, value: int) -> None:
        """Writes one storage word past the contract."""
        self.rpc("anvil_setStorageAt", address, _word(slot), _word(value))

    def impersonate(self, address: str) -> None:
        """Lets `send` send for an address whose key nobody has."""
        self.rpc("anvil_impersonateAccount", address)

    @contextmanager
    def automined(self) -> Iterator[None]:
        """The node mines by itself what others send in the `with` block."""
        self.rpc("evm_setAutomine", True)
        yield
        self.rpc("evm_setAutomine", False)
        self.now = int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Everything done in the `with` block is undone after it, time included."""
        snapshot, now = self.rpc("evm_snapshot"), self.now
        try:
            yield
        finally:
            self.rpc("evm_revert", snapshot)
            self.now, self._next = now, None


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _word(value: int) -> str:
    return f"0x{value:064x}"
