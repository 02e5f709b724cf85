"""The log against RFC 9162: its shapes for small trees, its definitions, and pymerkle on 10,000 leaves."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from hashlib import sha256

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofdesk.proof.log import (
    EMPTY_ROOT,
    Log,
    leaf_hash,
    node_hash,
    peaks_root,
    verify_consistency,
    verify_inclusion,
)

LEAVES = 10_000
SEED = 9162


def data(index: int) -> bytes:
    return f"act {index}".encode()


def log_of(size: int) -> Log:
    return Log(leaf_hash(data(index)) for index in range(size))


# ----------------------------------------------------------------------------------------- the RFC's shapes


def n(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


a, b, c, d, e, f, g, h = (sha256(b"\x00" + data(index)).digest() for index in range(8))

ROOTS = [
    sha256(b"").digest(),
    a,
    n(a, b),
    n(n(a, b), c),
    n(n(a, b), n(c, d)),
    n(n(n(a, b), n(c, d)), e),
    n(n(n(a, b), n(c, d)), n(e, f)),
    n(n(n(a, b), n(c, d)), n(n(e, f), g)),
    n(n(n(a, b), n(c, d)), n(n(e, f), n(g, h))),
]


def test_roots_of_sizes_0_to_8_have_the_rfc_shape() -> None:
    log = log_of(8)
    assert [log.root(size) for size in range(9)] == ROOTS
    assert [log_of(size).root() for size in range(9)] == ROOTS


def test_the_eight_leaf_tree_of_certificate_transparency() -> None:
    # The inputs and roots that CT's implementations have tested each other with since RFC 6962.
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", bytes(range(96, 112)).hex()]
    log = Log(leaf_hash(bytes.fromhex(text)) for text in inputs)
    assert log.root(1).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert log.root(3).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert log.root(8).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_inclusion_proofs_of_the_seven_leaf_tree() -> None:
    log = log_of(7)
    left, right = n(n(a, b), n(c, d)), n(n(e, f), g)
    assert log.inclusion_proof(0) == [b, n(c, d), right]
    assert log.inclusion_proof(3) == [c, n(a, b), right]
    assert log.inclusion_proof(4) == [f, g, left]
    assert log.inclusion_proof(6) == [n(e, f), left]
    assert log.inclusion_proof(0, 1) == []


def test_consistency_proofs_to_the_seven_leaf_tree() -> None:
    log = log_of(7)
    left = n(n(a, b), n(c, d))
    assert log.consistency_proof(3) == [c, d, n(a, b), n(n(e, f), g)]
    assert log.consistency_proof(4) == [n(n(e, f), g)]
    assert log.consistency_proof(6) == [n(e, f), g, left]
    assert log.consistency_proof(7) == log.consistency_proof(0) == []


def test_appending_tells_the_index() -> None:
    log = Log()
    assert [log.append(data(index)) for index in range(8)] == list(range(8))
    assert len(log) == 8
    assert log.root() == ROOTS[8]


def test_peaks_are_complete_subtrees_largest_first() -> None:
    assert log_of(7).peaks() == [n(n(a, b), n(c, d)), n(e, f), g]
    assert log_of(0).peaks() == []
    assert peaks_root(log_of(7).peaks()) == ROOTS[7]
    assert peaks_root([]) == EMPTY_ROOT == ROOTS[0]


# -------------------------------------------------------------------------- the RFC's recursive definitions


def split(width: int) -> int:
    return max(2**power for power in range(64) if 2**power < width)


@cache
def mth(start: int, end: int) -> bytes:
    if end - start == 1:
        return leaf_hash(data(start))
    middle = start + split(end - start)
    return node_hash(mth(start, middle), mth(middle, end))


def path(index: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + split(end - start)
    if index < middle:
        return [*path(index, start, middle), mth(middle, end)]
    return [*path(index, middle, end), mth(start, middle)]


def subproof(first: int, start: int, end: int, known: bool) -> list[bytes]:
    if first == end:
        return [] if known else [mth(start, end)]
    middle = start + split(end - start)
    if first <= middle:
        return [*subproof(first, start, middle, known), mth(middle, end)]
    return [*subproof(first, middle, end, False), mth(start, middle)]


def test_every_proof_up_to_40_leaves_is_the_definition() -> None:
    log = log_of(40)
    for size in range(1, 41):
        root = mth(0, size)
        assert log.root(size) == root
        for index in range(size):
            proof = log.inclusion_proof(index, size)
            assert proof == path(index, 0, size)
            assert verify_inclusion(log.leaf(index), index, size, proof, root)
        for first in range(1, size + 1):
            proof = log.consistency_proof(first, size)
            assert proof == subproof(first, 0, size, True)
            assert verify_consistency(first, size, log.root(first), root, proof)


# ------------------------------------------------------------------------------------ a peer, 10,000 leaves


@pytest.fixture(scope="module")
def log() -> Log:
    return log_of(LEAVES)


@pytest.fixture(scope="module")
def peer() -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for index in range(LEAVES):
        tree.append_entry(data(index))
    return tree


def sample(count: int) -> tuple[random.Random, list[int]]:
    print(f"seed {SEED}")
    source = random.Random(SEED)
    edges = [1, 2, 3, 4095, 4096, 4097, 8191, 8192, 8193, LEAVES - 1, LEAVES]
    return source, edges + [source.randint(1, LEAVES) for _ in range(count)]


def peer_root(peer: pymerkle.InmemoryTree, size: int) -> bytes:
    root: Callable[[int], bytes] = (
        getattr(peer, "get_root", None) or peer.get_state
    )  # named get_state before 7.0
    return root(size)


def rfc_consistency(proof: pymerkle.ConsistencyProof) -> list[bytes]:
    """Turn pymerkle's form of a consistency proof into the RFC's.

    Where the two trees part, pymerkle goes on down the left edge of what is new and lists its nodes; the RFC
    names that part by its one root. The RFC also leaves out a node that is the old root itself.
    """
    parts = list(zip(proof.path, proof.subset, proof.rule, strict=True))
    base, old, _ = parts[0]
    nodes: list[bytes] = []
    if old:
        nodes.append(base)
        rest = parts[1:]
    else:
        # All nodes before the first of the old tree are new ones, hashed left to right.
        rest, new = parts[1:], base
        while not rest[0][1]:
            new, rest = node_hash(new, rest[0][0]), rest[1:]
        nodes += [rest[0][0], new]
        rest = rest[1:]
    if not any(shared for _, shared, _ in rest):
        nodes = nodes[1:]
    return nodes + [node for node, _, _ in rest]


def test_roots_agree_with_pymerkle(log: Log, peer: pymerkle.InmemoryTree) -> None:
    _, sizes = sample(100)
    for size in sizes:
        assert log.root(size) == peer_root(peer, size)


def test_inclusion_proofs_agree_with_pymerkle(log: Log, peer: pymerkle.InmemoryTree) -> None:
    source, sizes = sample(400)
    for size in sizes:
        index = source.randrange(size)
        proof = log.inclusion_proof(index, size)
        theirs = peer.prove_inclusion(index + 1, size)
        assert theirs.path == [log.leaf(index), *proof]
        assert verify_inclusion(leaf_hash(data(index)), index, size, theirs.path[1:], peer_root(peer, size))


def test_consistency_proofs_agree_with_pymerkle(log: Log, peer: pymerkle.InmemoryTree) -> None:
    source, sizes = sample(400)
    for second in sizes[1:]:
        first = source.randint(1, second - 1) if second > 1 else 1
        proof = log.consistency_proof(first, second)
        if first < second:
            assert rfc_consistency(peer.prove_consistency(first, second)) == proof
        roots = peer_root(peer, first), peer_root(peer, second)
        assert verify_consistency(first, second, *roots, proof)


# ------------------------------------------------------------------------------------------ what is refused


def flip(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(32, "big")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_tampered_inclusion_proofs_are_refused(draw: st.DataObject) -> None:
    size = draw.draw(st.integers(1, 300), "size")
    index = draw.draw(st.integers(0, size - 1), "index")
    log = log_of(size)
    leaf, root, proof = log.leaf(index), log.root(), log.inclusion_proof(index)
    assert verify_inclusion(leaf, index, size, proof, root)

    bit = draw.draw(st.integers(0, 255), "bit")
    assert not verify_inclusion(flip(leaf, bit), index, size, proof, root)
    assert not verify_inclusion(leaf, index, size, proof, flip(root, bit))
    assert not verify_inclusion(leaf, index, size, [*proof, root], root)
    assert not verify_inclusion(leaf, size, size, proof, root)
    other = draw.draw(st.integers(0, size - 1).filter(lambda other: other != index) | st.just(size), "other")
    assert not verify_inclusion(leaf, other, size, proof, root)
    if proof:
        at = draw.draw(st.integers(0, len(proof) - 1), "at")
        assert not verify_inclusion(leaf, index, size, [*proof[:at], *proof[at + 1 :]], root)
        assert not verify_inclusion(
            leaf, index, size, [*proof[:at], flip(proof[at], bit), *proof[at + 1 :]], root
        )
        assert not verify_inclusion(leaf, index, size, [*proof[:at], proof[at][:31], *proof[at + 1 :]], root)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_tampered_consistency_proofs_are_refused(draw: st.DataObject) -> None:
    second = draw.draw(st.integers(2, 300), "second")
    first = draw.draw(st.integers(1, second - 1), "first")
    log = log_of(second)
    old, new, proof = log.root(first), log.root(), log.consistency_proof(first)
    assert verify_consistency(first, second, old, new, proof)

    bit = draw.draw(st.integers(0, 255), "bit")
    assert not verify_consistency(first, second, flip(old, bit), new, proof)
    assert not verify_consistency(first, second, old, flip(new, bit), proof)
    assert not verify_consistency(first, second, old, new, [])
    assert not verify_consistency(first, second, old, new, [*proof, new])
    assert not verify_consistency(second, first, new, old, proof)
    at = draw.draw(st.integers(0, len(proof) - 1), "at")
    assert not verify_consistency(first, second, old, new, [*proof[:at], *proof[at + 1 :]])
    assert not verify_consistency(
        first, second, old, new, [*proof[:at], flip(proof[at], bit), *proof[at + 1 :]]
    )


def test_a_log_with_one_act_changed_left_out_or_swapped_is_no_continuation() -> None:
    honest = [data(index) for index in range(20)]
    old, size = log_of(12).root(), 20
    changed = [*honest[:7], b"another act", *honest[8:]]
    left_out = [*honest[:7], *honest[8:], b"filler"]
    swapped = [*honest[:7], honest[8], honest[7], *honest[9:]]
    for acts in (changed, left_out, swapped):
        log = Log(map(leaf_hash, acts))
        assert not verify_consistency(12, size, old, log.root(), log.consistency_proof(12))


def test_a_proof_does_not_hold_for_smaller_sizes() -> None:
    # Leaves 8 to 11 stand to each other as 0 to 3 do; only the proof's last node tells them apart.
    log = log_of(12)
    inclusion, consistency = log.inclusion_proof(11), log.consistency_proof(11)
    assert verify_inclusion(log.leaf(11), 11, 12, inclusion, log.root())
    assert not verify_inclusion(log.leaf(11), 3, 4, inclusion, log.root())
    assert verify_consistency(11, 12, log.root(11), log.root(), consistency)
    assert not verify_consistency(3, 4, log.root(11), log.root(), consistency)


def test_malformed_sizes_are_answered_not_raised() -> None:
    root = log_of(1).root()
    for index, size in [(-1, 1), (0, 0), (1, 1), (0, -1)]:
        assert not verify_inclusion(root, index, size, [], root)
    for first, second in [(-1, 1), (2, 1), (1, -1)]:
        assert not verify_consistency(first, second, root, root, [])
    assert not verify_inclusion(root[:31], 0, 1, [], root[:31])
    assert not verify_consistency(1, 1, root[:31], root[:31], [])
    assert not verify_consistency(-1, -1, root, root, [])


def test_every_log_continues_the_empty_one_and_itself() -> None:
    root = log_of(5).root()
    assert verify_consistency(0, 5, EMPTY_ROOT, root, [])
    assert verify_consistency(5, 5, root, root, [])
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    assert not verify_consistency(0, 5, root, root, [])
    assert not verify_consistency(0, 5, EMPTY_ROOT, root, [root])
    assert not verify_consistency(5, 5, root, root, [root])


def test_asking_for_what_the_log_never_had_names_it() -> None:
    log = log_of(3)
    with pytest.raises(IndexError, match="no leaf 3 in a log of 3"):
        log.inclusion_proof(3)
    with pytest.raises(IndexError, match="no leaf 3 in a log of 3"):
        log.leaf(3)
    with pytest.raises(IndexError, match="no leaf -1"):
        log.leaf(-1)
    with pytest.raises(ValueError, match="has 3 leaves and never had 4"):
        log.root(4)
    with pytest.raises(ValueError, match="2 does not continue one of 3"):
        log.consistency_proof(3, 2)
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        log.append_hash(bytes(31))
