"""Asking smart accounts for their word (ERC-1271) so that a hostile one costs a node nothing.

The question is asked by code that a call creates and forgets: it gives the account so much gas and no more,
and copies one word of its answer, however long that is.
"""

from __future__ import annotations

from collections.abc import Sequence

from proofdesk._rpc import Node
from proofdesk._words import keccak, to_hex
from proofdesk.ops.relay.chain import answers_of, making_sense

_MAGIC = keccak(b"isValidSignature(bytes32,bytes)")[:4]


def accepted(node: Node, questions: Sequence[tuple[str, bytes, bytes]], gas: int) -> list[bool]:
    """Whether accounts accept signatures; a question is (account, digest, signature).

    Raises ConnectionLost, and NodeError where the node makes no such calls.
    """
    calls = [
        ("eth_call", [{"data": to_hex(_code(*question, gas)), "gas": hex(2 * gas + 1_000_000)}, "latest"])
        for question in questions
    ]
    with making_sense():
        return [int(answer, 16) == 1 for answer in answers_of(node, calls)]


def _code(account: str, digest: bytes, signature: bytes, gas: int) -> bytes:
    question = _MAGIC + digest + (64).to_bytes(32, "big") + len(signature).to_bytes(32, "big")
    question += signature + bytes(-len(signature) % 32)
    size = len(question).to_bytes(3, "big")
    words = [
        b"\x62" + size,  # codecopy(0, where the question starts, its size)
        b"\x61" + _LENGTH.to_bytes(2, "big"),
        b"\x5f\x39",
        b"\x60\x20\x5f",  # staticcall(gas, account, 0, the question's size, 0, 32)
        b"\x62" + size,
        b"\x5f\x73" + bytes.fromhex(account[2:]),
        b"\x63" + gas.to_bytes(4, "big"),
        b"\xfa",
        b"\x60\x1f\x3d\x11",  # at least a word came
        b"\x16",
        b"\x63" + _MAGIC + b"\x60\xe0\x1b\x5f\x51\x14",  # and it is the magic one
        b"\x16",
        b"\x5f\x52\x60\x20\x5f\xf3",
    ]
    code = b"".join(words)
    assert len(code) == _LENGTH
    return code + question


# Of the code ahead of the question.
_LENGTH = 67
