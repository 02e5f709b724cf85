"""Trees too large to build, up to the 2^40 leaves a lane can count, by the RFC's recursive definitions."""

from __future__ import annotations

import os
import random
from hashlib import sha256

from proofdesk.proof.log import node_hash, peaks_root
from tests.helpers.contract import Contract, refused
from tests.unit.act_log.claims import Claim, Consistency, Inclusion, verdicts

LEVELS = 40
CLAIMS = 1_000 if os.environ.get("PROFILE") == "long" else 100
SEED = 2**40
ASSERTION_FAILED = 0x01
SIZE_SLOT, PEAKS_SLOT = 0, 1


def split(width: int) -> int:
    """The largest power of two below a width."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion(source: random.Random, position: int, size: int) -> Inclusion:
    """A leaf's path (2.1.3.1) through a tree whose other nodes are random."""
    if size == 1:
        leaf = source.randbytes(32)
        return Inclusion(position, size, leaf, [], leaf)
    middle, other = split(size), source.randbytes(32)
    if position < middle:
        below = inclusion(source, position, middle)
        root = node_hash(below.root, other)
    else:
        below = inclusion(source, position - middle, size - middle)
        root = node_hash(other, below.root)
    return Inclusion(position, size, below.leaf, [*below.proof, other], root)


def consistency(source: random.Random, first: int, second: int, known: bool = True) -> Consistency:
    """A proof (2.1.4.1) between trees of random nodes; `known` where the old root is the node itself."""
    if first == second:
        node = source.randbytes(32)
        return Consistency(first, second, node, node, [] if known else [node])
    middle, other = split(second), source.randbytes(32)
    if first <= middle:
        below = consistency(source, first, middle, known)
        roots = below.first_root, node_hash(below.second_root, other)
    else:
        below = consistency(source, first - middle, second - middle, False)
        roots = node_hash(other, below.first_root), node_hash(other, below.second_root)
    return Consistency(first, second, *roots, [*below.proof, other])


def size_of(source: random.Random) -> int:
    return source.randint(1, 2 ** source.randint(1, LEVELS) - 1)


def test_proofs_in_large_trees(harness: Contract) -> None:
    print(f"seed {SEED}")
    source = random.Random(SEED)
    claims: list[Claim] = []
    for _ in range(CLAIMS):
        size = size_of(source)
        near = [0, 1, size // 2, size - 1, source.randrange(size)]
        claims.append(inclusion(source, min(source.choice(near), size - 1), size))
        near = [1, size, split(size + 1), source.randint(1, size)]
        claims.append(consistency(source, source.choice(near), size))
    assert all(verdicts(harness, claims))
    assert max(len(claim.proof) for claim in claims) >= LEVELS
    extended = [claim.changed(proof=[*claim.proof, source.randbytes(32)]) for claim in claims]
    cut = [claim.changed(proof=claim.proof[1:]) for claim in claims if claim.proof]
    assert not any(verdicts(harness, extended + cut))


def test_a_log_holds_one_leaf_less_than_2_to_the_40(harness: Contract) -> None:
    source, node = random.Random(SEED), harness.node
    peaks = [source.randbytes(32) for _ in range(LEVELS)]
    node.write(harness.address, SIZE_SLOT, 2**LEVELS - 2)
    for level, peak in enumerate(peaks):
        node.write(harness.address, PEAKS_SLOT + level, int.from_bytes(peak, "big"))
    assert harness.view("size") == 2**LEVELS - 2
    assert list(harness.view("peaks")) == peaks[:0:-1]
    assert harness.view("root") == peaks_root(peaks[:0:-1])

    leaf = sha256(b"\x00the last").digest()
    harness.send(node.accounts[0], "append", [leaf])
    assert list(harness.view("peaks")) == [*peaks[:0:-1], leaf]
    assert harness.view("root") == peaks_root([*peaks[:0:-1], leaf])
    with refused("Panic", ASSERTION_FAILED):
        harness.send(node.accounts[0], "append", [leaf])


def test_an_append_folds_every_complete_subtree(harness: Contract) -> None:
    """From 2^39 - 1 leaves on, all the 39 peaks become one."""
    source, node = random.Random(SEED), harness.node
    peaks = [source.randbytes(32) for _ in range(LEVELS - 1)]
    node.write(harness.address, SIZE_SLOT, 2 ** (LEVELS - 1) - 1)
    for level, peak in enumerate(peaks):
        node.write(harness.address, PEAKS_SLOT + level, int.from_bytes(peak, "big"))
    leaf = folded = sha256(b"\x00one more").digest()
    for peak in peaks:
        folded = node_hash(peak, folded)
    harness.send(node.accounts[0], "append", [leaf])
    assert harness.view("peaks") == (folded,)
    assert harness.view("root") == folded
