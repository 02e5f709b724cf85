"""A node that is made up: a tree of blocks with a desk's events, answered as the JSON-RPC documents say.

It is written from those documents and the contracts' interfaces, and imports nothing of what it tests. Which
leaf of the tree is the head is the test's to choose; so is how the node misbehaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any

from eth_utils.crypto import keccak

DESK = "0x" + 20 * "d1"
CERTIFICATION = "0x" + 20 * "c2"
STRANGER = "0x" + 20 * "ee"
ACT = "0x" + keccak(b"ActLogged(bytes32,uint256,address,uint8,uint256,bytes32,uint256,uint256)").hex()
LANE = "0x" + keccak(b"LaneCreated(uint256,(uint16,uint16,uint16,uint16,uint8,bool,bool))").hex()
ARTICLE = "0x" + keccak(b"LaneArticleSet(uint256,uint256)").hex()
CLOSED = "0x" + keccak(b"LaneClosedForever(uint256)").hex()
CERTIFICATE = "0x" + keccak(b"CertificateWritten(uint256,address,uint256)").hex()
START = 1_800_000_000
LANES = 5
LIMIT = "query returned more than it may"

Json = Any


@dataclass(frozen=True)
class Block:
    """A block and what the desk was after it: each lane's size, each ticket's acts."""

    number: int
    hash: str
    parent: str
    time: int
    logs: tuple[dict[str, Json], ...] = ()
    sizes: Mapping[int, int] = field(default_factory=dict)
    acts: Mapping[int, int] = field(default_factory=dict)
    certificates: int = 0

    @property
    def bloom(self) -> int:
        """The 2,048 bits of the yellow paper, from every log's address and topics."""
        bits = 0
        for log in self.logs:
            for item in (log["address"], *log["topics"]):
                bits |= _bloom_of(item)
        return bits

    @property
    def transactions(self) -> list[str]:
        """The hashes of its transactions; each made one log."""
        return [log["transactionHash"] for log in self.logs]

    @property
    def json(self) -> dict[str, Json]:
        """As eth_getBlockByNumber gives it."""
        return {
            "number": hex(self.number),
            "hash": self.hash,
            "parentHash": self.parent,
            "timestamp": hex(self.time),
            "logsBloom": f"0x{self.bloom:0512x}",
            "transactions": self.transactions,
        }


class Tree:
    """Blocks that grow from one genesis; the same seed grows the same tree."""

    def __init__(self, random: Random, *, events: int = 3, first: int = 0) -> None:
        self.random, self._events, self.first = random, events, first
        self.genesis = Block(0, self._hash("genesis", random.random()), "0x" + 64 * "0", START)
        self.blocks = {self.genesis.hash: self.genesis}

    def grow(self, parent: Block, count: int) -> Block:
        """So many blocks on top of one; the last of them."""
        for _ in range(count):
            parent = self._child(parent)
            self.blocks[parent.hash] = parent
        return parent

    def branch(self, head: Block) -> list[Block]:
        """The chain that ends in a block, from genesis on."""
        chain = [head]
        while chain[-1].number:
            chain.append(self.blocks[chain[-1].parent])
        return chain[::-1]

    def _child(self, parent: Block) -> Block:
        block_hash = self._hash(parent.hash, self.random.random())
        block = Block(parent.number + 1, block_hash, parent.hash, parent.time + 12)
        sizes, acts, certificates = dict(parent.sizes), dict(parent.acts), parent.certificates
        logs: list[dict[str, Json]] = []
        # The desk is deployed in block `first`.
        for _ in range(self.random.randrange(self._events + 1) if block.number >= self.first else 0):
            kind = self.random.random()
            if kind < 0.1:
                address, (topics, data) = STRANGER, ([ACT], "0x")
            elif kind < 0.2:
                # New ones, and old ones anew.
                number = self.random.randint(1, certificates + 1)
                certificates = max(certificates, number)
                address, (topics, data) = CERTIFICATION, self._certificate(number)
            elif not sizes or (kind < 0.25 and len(sizes) < LANES):
                sizes[len(sizes) + 1] = 0
                address, (topics, data) = DESK, self._lane(len(sizes))
            elif kind < 0.3:
                lane, article = self.random.choice(list(sizes)), self.random.randint(0, 9)
                address = DESK
                topics, data = (
                    ([ARTICLE, _word(lane)], _data(article)) if article else ([CLOSED, _word(lane)], "0x")
                )
            else:
                lane, ticket = self.random.choice(list(sizes)), self.random.randint(1, len(acts) + 1)
                acts[ticket] = acts.get(ticket, 0) + 1
                address, (topics, data) = DESK, self._act(ticket, lane, acts[ticket], sizes[lane], block)
                sizes[lane] += 1
            logs.append(
                {
                    "address": address,
                    "topics": topics,
                    "data": data,
                    "blockNumber": hex(block.number),
                    "blockHash": block_hash,
                    "transactionHash": self._hash(block_hash, len(logs)),
                    "transactionIndex": hex(len(logs)),
                    "logIndex": hex(len(logs)),
                    "removed": False,
                }
            )
        return replace(block, logs=tuple(logs), sizes=sizes, acts=acts, certificates=certificates)

    def _act(self, ticket: int, lane: int, number: int, position: int, block: Block) -> tuple[list[str], str]:
        status = 1 if number == 1 else self.random.randint(2, 9)
        # TicketWord: customer 160, status 4, rating 3, breached 1, lane 10, seat 26, due_at 26, acts 10 bits.
        word = 0xC0 + ticket | status << 160 | lane << 168 | number << 230
        words = (self.random.randint(1, 5), word, self.random.getrandbits(256), position, block.time)
        return [ACT, _word(1000 + ticket), _word(lane), _word(0xAC)], _data(*words)

    def _lane(self, number: int) -> tuple[list[str], str]:
        return [LANE, _word(number)], _data(60, 480, 1440, 1, self.random.randint(0, 9), 0, 0)

    def _certificate(self, number: int) -> tuple[list[str], str]:
        # CertificateWord: agent 160, program 16, level 8, standing 8, issued_at 32, expires_at 32 bits.
        standing = self.random.randint(1, 4)
        word = 0xA0 + number | 1 << 160 | standing << 184 | START << 192 | START + 99 << 224
        return [CERTIFICATE, _word(number), _word(0xA0 + number)], _data(word)

    @staticmethod
    def _hash(*seed: object) -> str:
        return "0x" + sha256(repr(seed).encode()).hexdigest()


class SimulatedNode:
    """Answers for one branch of a tree, in the manner of web3's providers."""

    def __init__(self, tree: Tree, head: Block, *, finality: int | None = None) -> None:
        self.tree = tree
        self.chain: list[Block] = []
        self.finality = finality
        self.gives_whole_blocks = True
        self.most_blocks: int | None = None
        self.most_logs: int | None = None
        self.asked: list[str] = []
        # Methods, codes and texts of the next refusals, each once; who is told of the methods of a batch.
        self.busy: list[tuple[str, int, str]] = []
        self.told: Callable[[list[str]], object] = lambda _methods: None
        # What a test does to an answer: it gets method, parameters and the right result.
        self.spoil: Callable[[str, list[Json], Json], Json] = lambda _method, _params, result: result
        self.before: Callable[[str], object] = lambda _method: None
        self.show(head)

    def show(self, head: Block) -> None:
        """From now on the chain ends in this block."""
        self.chain = self.tree.branch(head)

    @contextmanager
    def spoiling(self, spoil: Callable[[str, list[Json], Json], Json]) -> Iterator[None]:
        """The node misbehaves in the `with` block."""
        right, self.spoil = self.spoil, spoil
        try:
            yield
        finally:
            self.spoil = right

    def make_request(self, method: str, params: Json) -> dict[str, Json]:
        """One request's response."""
        self.before(method)
        self.asked.append(method)
        if self.busy and self.busy[0][0] == method:
            _, code, text = self.busy.pop(0)
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": text}}
        try:
            result = self.spoil(method, params, self._answer(method, params))
        except RefusedError as error:
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": str(error)}}
        return {"jsonrpc": "2.0", "id": 1, "result": result}

    def make_batch_request(self, requests: list[tuple[str, list[Json]]]) -> list[dict[str, Json]]:
        """A batch's responses."""
        self.told([method for method, _ in requests])
        return [self.make_request(method, params) for method, params in requests]

    def _answer(self, method: str, params: list[Json]) -> Json:
        if method == "eth_getBlockByNumber":
            number = self._number(params[0])
            return self.chain[number].json if 0 <= number < len(self.chain) else None
        if method == "eth_getLogs":
            return self._logs(params[0])
        if method == "eth_getBlockReceipts" and self.gives_whole_blocks:
            block = self.tree.blocks.get(params[0])
            return None if block is None else list(map(self._receipt, block.logs))
        if method == "eth_getTransactionReceipt":
            logs = (log for block in self.chain for log in block.logs if log["transactionHash"] == params[0])
            return next(map(self._receipt, logs), None)
        if method == "eth_chainId":
            return "0x7a69"
        raise RefusedError(f"the method {method} does not exist")

    def _number(self, tag: str) -> int:
        head = self.chain[-1].number
        if tag == "latest":
            return head
        if tag == "finalized":
            if self.finality is None:
                raise RefusedError("finalized block not found")
            return max(0, head - self.finality)
        return int(tag, 16)

    def _logs(self, query: dict[str, Json]) -> list[dict[str, Json]]:
        if "blockHash" in query:
            blocks = [self.tree.blocks[query["blockHash"]]] if query["blockHash"] in self.tree.blocks else []
            if not blocks:
                raise RefusedError("unknown block")
        else:
            first, last = (self._number(query[name]) for name in ("fromBlock", "toBlock"))
            if self.most_blocks is not None and last - first >= self.most_blocks:
                raise RefusedError(LIMIT)
            blocks = self.chain[first : last + 1]
        wanted = query["address"] if isinstance(query["address"], list) else [query["address"]]
        addresses = {address.lower() for address in wanted}
        logs = [dict(log) for block in blocks for log in block.logs if log["address"] in addresses]
        if self.most_logs is not None and len(logs) > self.most_logs and len(blocks) > 1:
            raise RefusedError(LIMIT)
        return logs

    @staticmethod
    def _receipt(log: dict[str, Json]) -> dict[str, Json]:
        return {"transactionHash": log["transactionHash"], "blockHash": log["blockHash"], "logs": [log]}


class RefusedError(Exception):
    """The node answers with an error."""


@cache
def _bloom_of(item: str) -> int:
    digest, bits = keccak(hexstr=item), 0
    for pair in (digest[0:2], digest[2:4], digest[4:6]):
        bits |= 1 << (int.from_bytes(pair, "big") % 2048)
    return bits


def _word(value: int) -> str:
    return f"0x{value:064x}"


def _data(*words: int) -> str:
    return "0x" + "".join(f"{word:064x}" for word in words)
