"""States proven by nodes: against tries of py-trie's making, and against whatever else may be handed in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import rlp
from trie import HexaryTrie

from proofdesk._errors import ConfigurationError
from proofdesk._words import keccak
from proofdesk.proof.errors import ProofFailed
from proofdesk.proof.state import StateProof

ACCOUNTS = 60
NO_CODE = keccak(b"")
EMPTY = HexaryTrie({}).root_hash
ADDRESS = "0x" + 20 * "11"


def word(number: int) -> bytes:
    return bytes(rlp.encode(number.to_bytes((number.bit_length() + 7) // 8, "big")))


def storage(nodes: dict[bytes, bytes], slots: dict[int, int]) -> bytes:
    """The root of a contract's storage, whose nodes are added."""
    trie = HexaryTrie(nodes)
    for slot, value in slots.items():
        trie[keccak(slot.to_bytes(32, "big"))] = word(value)
    return bytes(trie.root_hash)


def state(contents: dict[bytes, dict[int, int]]) -> tuple[dict[bytes, bytes], bytes]:
    """All nodes of a state of these contracts and slots, and its root."""
    nodes: dict[bytes, bytes] = {}
    trie = HexaryTrie(nodes)
    for number, (address, slots) in enumerate(contents.items()):
        fields = [word(number), word(1000 * number), storage(nodes, slots), NO_CODE]
        trie[keccak(address)] = rlp.encode([rlp.decode(field) for field in fields[:2]] + fields[2:])
    return nodes, bytes(trie.root_hash)


def of_storage(root_node: Any) -> StateProof:
    """A state of one contract whose storage has this root."""
    nodes: dict[bytes, bytes] = {}
    raw = root_node if isinstance(root_node, bytes) else rlp.encode(root_node)
    trie = HexaryTrie(nodes)
    trie[keccak(bytes.fromhex(ADDRESS[2:]))] = rlp.encode([b"\1", b"", keccak(raw), NO_CODE])
    return StateProof([*nodes.values(), raw], trie.root_hash)


@pytest.fixture(scope="module")
def world() -> tuple[dict[bytes, dict[int, int]], dict[bytes, bytes], bytes]:
    random = Random(7)
    contents = {
        random.randbytes(20): {
            random.choice((place, random.getrandbits(256))): random.getrandbits(random.choice((1, 8, 256)))
            or 1
            for place in range(random.choice((0, 1, 2, 40)))
        }
        for _ in range(ACCOUNTS)
    }
    return contents, *state(contents)


def test_every_slot_is_read_and_every_other_is_empty(world: Any) -> None:
    contents, nodes, root = world
    proof = StateProof(nodes.values(), root)
    for number, (address, slots) in enumerate(contents.items()):
        account = proof.account(address)
        assert (account.nonce, account.balance, account.code_hash) == (number, 1000 * number, NO_CODE)
        assert account.storage_root == storage({}, slots)
        for slot, value in slots.items():
            assert proof.storage(address, slot) == value
        assert all(proof.storage("0x" + address.hex(), slot) == 0 for slot in (2**200, 2**256 - 1))
    with pytest.raises(ProofFailed, match="no such contract"):
        proof.account(ADDRESS)


def test_what_was_used_is_what_is_needed(world: Any) -> None:
    contents, nodes, root = world
    address, slots = next((address, slots) for address, slots in contents.items() if len(slots) > 30)
    proof = StateProof(nodes.values(), root)
    read = [proof.storage(address, slot) for slot in [*slots][:3]]
    used = proof.used()
    assert len(used) + len(proof.unused()) == len(set(nodes.values()))
    assert used == sorted(used, key=keccak) and len(used) < 20
    alone = StateProof(used, root)
    assert [alone.storage(address, slot) for slot in [*slots][:3]] == read
    assert not alone.unused()
    for node in used:
        lacking = StateProof([each for each in used if each != node], root)
        with pytest.raises(ProofFailed, match=f"node 0x{keccak(node).hex()} is not in the file"):
            for slot in [*slots][:3]:
                lacking.storage(address, slot)


def test_a_changed_node_proves_nothing_else(world: Any, seed: int) -> None:
    contents, nodes, root = world
    address, slots = next((address, slots) for address, slots in contents.items() if len(slots) > 30)
    wanted, random = next(iter(slots)), Random(seed)
    honest = StateProof(nodes.values(), root)
    honest.storage(address, wanted)
    for _ in range(500):
        pool = honest.used()
        place = random.randrange(len(pool))
        node = bytearray(pool[place])
        node[random.randrange(len(node))] ^= 1 << random.randrange(8)
        pool[place] = bytes(node)
        with pytest.raises(ProofFailed):
            StateProof(pool, root).storage(address, wanted)


def test_nodes_inside_their_parents() -> None:
    """Keys of which 63 nibbles agree make the only nodes of a state that are short enough."""
    key = keccak(bytes(32))
    other = key[:-1] + bytes([key[-1] ^ 1])
    nodes: dict[bytes, bytes] = {}
    trie = HexaryTrie(nodes)
    trie[key], trie[other] = word(5), word(6)
    root = nodes[trie.root_hash]
    assert isinstance(rlp.decode(root)[1], list)
    assert of_storage(root).storage(ADDRESS, 0) == 5


HASH = 32 * b"\x22"
KEY = keccak(bytes(32))
LEAF = b"\x20" + KEY
BRANCH = 17 * [b""]


def branch(place: int, child: Any) -> list[Any]:
    return [*BRANCH[:place], child, *BRANCH[place + 1 :]]


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x05", id="a byte"),
        pytest.param(rlp.encode(HASH), id="a text"),
        pytest.param([], id="an empty list"),
        pytest.param([LEAF], id="one item"),
        pytest.param([LEAF, b"\5", b""], id="three items"),
        pytest.param(BRANCH[:-1], id="sixteen items"),
        pytest.param([*BRANCH, b""], id="eighteen items"),
        pytest.param([b"", b"\5"], id="a leaf without a path"),
        pytest.param([[b"\x20"], b"\5"], id="a leaf whose path is a list"),
        pytest.param([LEAF, [b"\5"]], id="a leaf whose value is a list"),
        pytest.param([LEAF, b""], id="a leaf without a value"),
        pytest.param([LEAF + b"\0", b"\5"], id="too long a path"),
        pytest.param([b"\x2f" + KEY, b"\5"], id="a nibble that is none"),
        pytest.param([b"\x40" + KEY, b"\5"], id="a flag that is none"),
        pytest.param([b"\0", HASH], id="an extension without a path"),
        pytest.param([b"\0" + KEY[:2], 31 * b"\1"], id="an extension to no hash"),
        pytest.param([b"\0" + KEY[:2], [b"\x20", 40 * b"\1"]], id="too long a node inside another"),
        pytest.param(branch(KEY[0] >> 4, 31 * b"\1"), id="a branch to no hash"),
        pytest.param(branch(KEY[0] >> 4, [b"\1"]), id="a branch to no node"),
        pytest.param(branch(16, b"\5"), id="a branch with a value"),
        pytest.param(300 * b"\xc1" + b"\xc0", id="a deep list"),
        pytest.param(1000 * b"\xc1" + b"\xc0", id="a very deep list"),
        pytest.param(rlp.encode([LEAF, b"\5"]) + b"\0", id="a node and more"),
        pytest.param(rlp.encode([LEAF, b"\5"])[:-1], id="half a node"),
        pytest.param(b"\xf8" + rlp.encode([LEAF, b"\5"]), id="a length written long"),
        pytest.param(b"\xbf" + 8 * b"\xff", id="a length beyond everything"),
    ],
)
def test_what_no_state_has_is_no_proof(node: Any) -> None:
    with pytest.raises(ProofFailed):
        of_storage(node).storage(ADDRESS, 0)


@pytest.mark.parametrize("value", [b"\x80\x80", b"\xc0", b"\x82\0\1", rlp.encode(33 * b"\1"), b"\xb8"])
def test_a_value_that_is_no_word(value: bytes) -> None:
    with pytest.raises(ProofFailed):
        of_storage([LEAF, value]).storage(ADDRESS, 0)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"\5", id="a byte"),
        pytest.param(rlp.encode([]), id="an empty list"),
        pytest.param(rlp.encode([b"\1", b"", EMPTY]), id="three fields"),
        pytest.param(rlp.encode([b"\1", b"", EMPTY, NO_CODE, b""]), id="five fields"),
        pytest.param(rlp.encode([b"\1", b"", EMPTY[1:], NO_CODE]), id="a short root"),
        pytest.param(rlp.encode([b"\1", b"", EMPTY, [NO_CODE]]), id="a hash in a list"),
        pytest.param(rlp.encode([[], b"", EMPTY, NO_CODE]), id="no nonce"),
        pytest.param(rlp.encode([b"\0\1", b"", EMPTY, NO_CODE]), id="zeros before a nonce"),
        pytest.param(rlp.encode([b"\1", 33 * b"\1", EMPTY, NO_CODE]), id="too much money"),
    ],
)
def test_a_value_that_is_no_account(value: bytes) -> None:
    trie = HexaryTrie({})
    trie[keccak(bytes.fromhex(ADDRESS[2:]))] = value
    with pytest.raises(ProofFailed):
        StateProof(trie.db.values(), trie.root_hash).account(ADDRESS)


def test_an_account_without_storage() -> None:
    trie = HexaryTrie({})
    trie[keccak(bytes.fromhex(ADDRESS[2:]))] = rlp.encode([b"\1", b"", EMPTY, NO_CODE])
    assert StateProof(trie.db.values(), trie.root_hash).storage(ADDRESS, 0) == 0
    with pytest.raises(ProofFailed, match="no such contract"):
        StateProof([], EMPTY).account(ADDRESS)


def _nonsense(random: Random, known: list[bytes], depth: int = 0) -> Any:
    """Something that RLP can write, near to a node, which may lead to others."""

    def item() -> Any:
        makers: list[Callable[[], Any]] = [
            lambda: b"",
            lambda: random.choice(known),
            lambda: random.randbytes(random.choice((1, 2, 31, 32, 33))),
            lambda: bytes([random.randrange(64)]) + KEY[: random.randrange(33)],
            lambda: _nonsense(random, known, depth + 1) if depth < 4 else b"",
        ]
        return random.choice(makers)()

    return [item() for _ in range(random.choice((2, 2, 2, 17, 17, random.randrange(20))))]


def test_nonsense_is_no_proof(seed: int, long_profile: bool) -> None:
    random, found = Random(seed), 0
    for _ in range(20_000 if long_profile else 1500):
        pool, known = [], [HASH]
        for _ in range(random.randrange(1, 6)):
            raw = rlp.encode(_nonsense(random, known))
            pool.append(raw)
            known.append(keccak(raw))
        try:
            found += StateProof(pool, known[-1]).storage(random.choice((ADDRESS, 20 * b"\3")), 0) == 0
        except ProofFailed:
            continue
    assert not found


def test_many_nodes_on_a_long_way_end_soon() -> None:
    """Extensions without a path would lead on without end; so they lead nowhere."""
    raw = rlp.encode([LEAF, b"\5"])
    pool = [raw]
    for _ in range(2000):
        raw = rlp.encode([b"\0", keccak(raw)])
        pool.append(raw)
    with pytest.raises(ProofFailed, match="not the shape"):
        StateProof(pool, keccak(raw)).account(ADDRESS)


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trie", None)
    with pytest.raises(ConfigurationError, match=r'pip install "proofdesk\[proof\]"'):
        StateProof([], EMPTY).account(ADDRESS)
