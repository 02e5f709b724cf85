"""What a block's state was, proven by Merkle-Patricia nodes: accounts and storage slots.

py-trie walks; nodes are held against the shape that a state's can have before it sees them, for what it
raises at others has many names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import rlp
from rlp.codec import encode_raw

from proofdesk._errors import ConfigurationError
from proofdesk._words import keccak, to_bytes, to_hex
from proofdesk.proof.errors import ProofFailed

HASH: Final = 32  # bytes; what is shorter stands in its parent itself
_BRANCH: Final = 17
_PAIR: Final = 2  # a leaf or an extension
_LEAF: Final = 2  # this bit of a path's first nibble
_ODD: Final = 1


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the state; `balance` is wei, `code_hash` its code's Keccak-256."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


class StateProof:
    """Reads accounts and slots of the state with this root, by a pool of nodes; it keeps count of those used.

    All that does not follow from the root raises ProofFailed. Raises ConfigurationError without py-trie.

    >>> from proofdesk.proof.header import Header
    >>> file = desk.proofs.make(ticket)
    >>> state = StateProof(file.nodes, Header.decode(file.block.header).state_root)
    >>> state.account(file.contracts["TicketDesk"].address).nonce
    1
    """

    def __init__(self, nodes: Iterable[bytes], state_root: bytes) -> None:
        self._nodes = _Nodes({keccak(node): node for node in nodes})
        self._root = state_root
        self._accounts: dict[bytes, Account] = {}

    def account(self, address: str | bytes) -> Account:
        """The account at an address; raises ProofFailed where it is not proven, or proven not to be there."""
        raw = to_bytes(address, 20, "address")
        if raw not in self._accounts:
            self._accounts[raw] = _account(self._get(self._root, raw, f"account {to_hex(raw)}"), to_hex(raw))
        return self._accounts[raw]

    def storage(self, address: str | bytes, slot: int) -> int:
        """The word in a contract's slot, 0 where it is proven to be empty; raises ProofFailed."""
        account = self.account(address)
        part = f"slot {slot:#x} of {to_hex(to_bytes(address, 20, 'address'))}"
        value = self._get(account.storage_root, slot.to_bytes(32, "big"), part)
        return _number(_decoded(value, part), HASH, part) if value else 0

    def unused(self) -> list[bytes]:
        """The nodes that nothing read so far needed."""
        return [node for hash_, node in self._nodes.known.items() if hash_ not in self._nodes.used]

    def used(self) -> list[bytes]:
        """The nodes that what was read so far needed."""
        return [self._nodes.known[hash_] for hash_ in sorted(self._nodes.used)]

    def _get(self, root: bytes, key: bytes, part: str) -> bytes:
        try:
            # Late: it is an extra, and slow to import.
            from trie import HexaryTrie
            from trie.exceptions import MissingTrieNode
        except ImportError:
            raise ConfigurationError(
                'proof files need py-trie, which is not installed: pip install "proofdesk[proof]"'
            ) from None
        try:
            found: bytes = HexaryTrie(self._nodes, root).get(keccak(key))
        except MissingTrieNode as error:
            raise ProofFailed(part, f"node 0x{error.missing_node_hash.hex()} is not in the file") from None
        except _MalformedNodeError as error:
            raise ProofFailed(part, str(error)) from None
        return found


class _MalformedNodeError(Exception):
    """A node has a shape that no node of a state has."""


class _Nodes(dict[bytes, bytes]):
    """Nodes by their hashes, as py-trie asks for them."""

    def __init__(self, known: Mapping[bytes, bytes]) -> None:
        super().__init__()
        self.known = known
        self.used: set[bytes] = set()

    def __getitem__(self, hash_: bytes) -> bytes:
        node = self.known[hash_]
        if hash_ not in self.used:
            _check(node, hash_)
            self.used.add(hash_)
        return node


def _check(node: bytes, hash_: bytes) -> None:
    try:
        value = rlp.decode(node)
        sound = encode_raw(value) == node and _is_node(value)
    except (rlp.DecodingError, RecursionError):
        sound = False
    if not sound:
        raise _MalformedNodeError(f"node {to_hex(hash_)} has not the shape of one")


def _is_node(value: Any) -> bool:
    """Whether this is a node, in a trie whose keys are all hashes: only leaves have values."""
    if not isinstance(value, list):
        return False
    if len(value) == _BRANCH:
        return value[-1] == b"" and all(child == b"" or _is_child(child) for child in value[:-1])
    if len(value) != _PAIR or not isinstance(value[0], bytes) or not 0 < len(value[0]) <= HASH + 1:
        return False
    path, end = value
    flag = path[0] >> 4
    if flag > _LEAF + _ODD or (not flag & _ODD and path[0] & 15):
        return False
    if flag & _LEAF:
        return isinstance(end, bytes) and end != b""
    return (flag & _ODD or len(path) > 1) and _is_child(end)


def _is_child(value: Any) -> bool:
    if isinstance(value, bytes):
        return len(value) == HASH
    return isinstance(value, list) and len(encode_raw(value)) < HASH and _is_node(value)


def _account(value: bytes, address: str) -> Account:
    part = f"account {address}"
    if not value:
        raise ProofFailed(part, "is not in the state: this chain had no such contract at this block")
    fields = _decoded(value, part)
    if not isinstance(fields, list) or len(fields) != 4:
        raise ProofFailed(part, "is no account")
    nonce, balance, storage_root, code_hash = fields
    if not all(isinstance(each, bytes) and len(each) == HASH for each in (storage_root, code_hash)):
        raise ProofFailed(part, "is no account")
    return Account(_number(nonce, 8, part), _number(balance, HASH, part), storage_root, code_hash)


def _decoded(value: bytes, part: str) -> Any:
    try:
        return rlp.decode(value)
    except (rlp.DecodingError, RecursionError):
        raise ProofFailed(part, "has a value that is none") from None


def _number(value: Any, size: int, part: str) -> int:
    """A number as states have it, without zeros before it."""
    if not isinstance(value, bytes) or len(value) > size or value[:1] == b"\0":
        raise ProofFailed(part, "has a value that is none")
    return int.from_bytes(value, "big")
