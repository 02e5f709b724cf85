"""Headers of every fork hash to their blocks' hashes, and what is no header is said to be none."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import rlp

from proofdesk._reader import NodeContradicts
from proofdesk._words import keccak
from proofdesk.proof.errors import ProofFailed
from proofdesk.proof.header import Header, encode_header
from tools.chain import Chain

# Each adds fields to the one before it.
FORKS = {"berlin": 15, "london": 16, "shanghai": 17, "cancun": 20, "prague": 21}
EMPTY_TRIE = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"

# Ethereum's first block, as every node has it.
FIRST = {
    "hash": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
    "parentHash": "0x" + 64 * "0",
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x" + 40 * "0",
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": EMPTY_TRIE,
    "receiptsRoot": EMPTY_TRIE,
    "logsBloom": "0x" + 512 * "0",
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": "0x" + 64 * "0",
    "nonce": "0x0000000000000042",
}


@pytest.fixture(scope="module")
def blocks() -> dict[str, dict[str, Any]]:
    """A block of each fork, as anvil has it."""
    found = {}
    for fork in FORKS:
        with Chain.anvil(extra=["--hardfork", fork]) as chain:
            chain.rpc("evm_mine")
            found[fork] = chain.rpc("eth_getBlockByNumber", "latest", False)
    return found


def test_the_first_block_of_all() -> None:
    header = Header.decode(encode_header(FIRST))
    assert (header.number, header.time) == (0, 0)
    assert header.state_root.hex() == FIRST["stateRoot"][2:]
    assert header.hash.hex() == FIRST["hash"][2:]


@pytest.mark.parametrize("fork", FORKS)
def test_a_header_of_each_fork(blocks: dict[str, dict[str, Any]], fork: str) -> None:
    block = blocks[fork]
    raw = encode_header(block)
    assert len(rlp.decode(raw)) == FORKS[fork]
    header = Header.decode(raw)
    assert header.hash.hex() == block["hash"][2:]
    assert (header.number, header.time) == (int(block["number"], 16), int(block["timestamp"], 16))
    assert header.state_root.hex() == block["stateRoot"][2:]


def test_fields_that_a_chain_names_but_does_not_hash(blocks: dict[str, dict[str, Any]]) -> None:
    named = {"withdrawalsRoot": EMPTY_TRIE, "requestsHash": None, "l1BlockNumber": "0x5"}
    assert encode_header(blocks["london"] | named) == encode_header(blocks["london"])


def test_fields_of_the_fork_to_come() -> None:
    """Amsterdam's stand behind Prague's, in this order (EIP-7928, EIP-7843)."""
    later = {
        "baseFeePerGas": "0x7",
        "withdrawalsRoot": EMPTY_TRIE,
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x20000",
        "parentBeaconBlockRoot": "0x" + 64 * "1",
        "requestsHash": "0x" + 64 * "2",
        "blockAccessListHash": "0x" + 64 * "3",
        "slotNumber": "0x100",
    }
    fields = [
        *rlp.decode(encode_header(FIRST)),
        *(b"\x07", bytes.fromhex(EMPTY_TRIE[2:]), b"", b"\x02\x00\x00"),
        *(32 * b"\x11", 32 * b"\x22", 32 * b"\x33", b"\x01\x00"),
    ]
    raw = rlp.encode(fields)
    assert encode_header(FIRST | later | {"hash": "0x" + keccak(raw).hex()}) == raw


def test_what_does_not_hash_to_its_hash() -> None:
    with pytest.raises(ProofFailed, match="as Ethereum's do") as caught:
        encode_header(FIRST | {"gasUsed": "0x1"})
    assert caught.value.part == f"block {FIRST['hash']}"
    for broken in ({}, {"hash": FIRST["hash"]}, FIRST | {"number": None}, FIRST | {"hash": "0xzz"}):
        with pytest.raises(NodeContradicts):
            encode_header(broken)


def _with(place: int, value: Any) -> bytes:
    fields = rlp.decode(encode_header(FIRST))
    fields[place] = value
    return bytes(rlp.encode(fields))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "is none"),
        (b"\x80", "is none"),
        (b"\xc0", "is none"),
        (600 * b"\xc1", "is none"),
        (b"\xf8\x37" + 55 * b"\xc0", "is none"),
        (encode_header(FIRST) + b"\0", "is none"),
        (encode_header(FIRST)[:-1], "is none"),
        (rlp.encode(rlp.decode(encode_header(FIRST))[:-1]), "is none"),
        (rlp.encode([b""] * 33), "is none"),
        (_with(3, 31 * b"\1"), "no state root"),
        (_with(3, [32 * b"\1"]), "no state root"),
        (_with(8, [b"\1"]), "no number"),
        (_with(8, b"\0\1"), "no number"),
        (_with(8, 9 * b"\1"), "no number"),
        (_with(11, [[]]), "no time"),
    ],
)
def test_what_is_no_header(raw: bytes, problem: str) -> None:
    with pytest.raises(ProofFailed, match=problem) as caught:
        Header.decode(raw)
    assert caught.value.part == "block"


def test_a_nodes_negative_number_is_none() -> None:
    with pytest.raises(NodeContradicts):
        encode_header({**FIRST, "gasUsed": "-0x1"})


def test_random_bytes_are_no_header(seed: int) -> None:
    random, good = Random(seed), encode_header(FIRST)
    for _ in range(2000):
        raw = bytearray(good)
        raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
        try:
            assert Header.decode(bytes(raw)).hash != keccak(good)
        except ProofFailed:
            continue
