"""The contract's tree: the RFC's shapes, and the roots, peaks and proofs of the client's log and a peer's."""

from __future__ import annotations

import os
import random
from hashlib import sha256

import pymerkle
import pytest

from proofdesk.proof.log import Log
from tests.helpers.contract import Contract
from tests.unit.act_log.claims import Claim, Consistency, Inclusion, verdicts

LONG = os.environ.get("PROFILE") == "long"
LEAVES = 10_000 if LONG else 500
EVERY = 48 if LONG else 20
SAMPLES = 300 if LONG else 40
AT_ONCE = 500
SEED = 9162


def data(index: int) -> bytes:
    return f"act {index}".encode()


def leaf(index: int) -> bytes:
    return sha256(b"\x00" + data(index)).digest()


def n(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


a, b, c, d, e, f, g, h = map(leaf, range(8))
abcd = n(n(a, b), n(c, d))

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
PEAKS = [
    (),
    (a,),
    (n(a, b),),
    (n(a, b), c),
    (abcd,),
    (abcd, e),
    (abcd, n(e, f)),
    (abcd, n(e, f), g),
    (n(abcd, n(n(e, f), n(g, h))),),
]


def test_roots_and_peaks_of_sizes_0_to_8_have_the_rfc_shape(harness: Contract) -> None:
    for size, (root, peaks) in enumerate(zip(ROOTS, PEAKS, strict=True)):
        assert harness.view("size") == size
        assert harness.view("root") == root
        assert harness.view("peaks") == peaks
        harness.send(harness.node.accounts[0], "append", [leaf(size)])


# The RFC's own examples (2.1.5), over its tree of seven leaves.
RFC_INCLUSIONS = {
    0: [b, n(c, d), n(n(e, f), g)],
    3: [c, n(a, b), n(n(e, f), g)],
    4: [f, g, abcd],
    6: [n(e, f), abcd],
}
RFC_CONSISTENCIES = {
    3: [c, d, n(a, b), n(n(e, f), g)],
    4: [n(n(e, f), g)],
    6: [n(e, f), g, abcd],
    7: [],
}


def test_the_rfcs_own_proofs_hold(harness: Contract) -> None:
    claims: list[Claim] = [
        Inclusion(index, 7, leaf(index), proof, ROOTS[7]) for index, proof in RFC_INCLUSIONS.items()
    ]
    claims += [
        Consistency(first, 7, ROOTS[first], ROOTS[7], proof) for first, proof in RFC_CONSISTENCIES.items()
    ]
    assert all(verdicts(harness, claims))


def test_every_log_continues_itself_and_the_empty_one(harness: Contract) -> None:
    claims = [
        Consistency(first, size, ROOTS[first], ROOTS[size], []) for size in range(9) for first in {0, size}
    ]
    assert all(verdicts(harness, claims))
    for size in range(1, 9):
        wrong = [
            Consistency(0, size, ROOTS[1], ROOTS[size], []),
            Consistency(0, size, ROOTS[0], ROOTS[size], [ROOTS[size]]),
            Consistency(size, size, ROOTS[size - 1], ROOTS[size], []),
            Consistency(size, size, ROOTS[size], ROOTS[size], [ROOTS[size]]),
        ]
        assert not any(verdicts(harness, wrong))


def test_every_proof_of_small_trees_holds_for_its_place_alone(harness: Contract) -> None:
    log = Log(leaf(index) for index in range(EVERY))
    for size in range(1, EVERY + 1):
        root = log.root(size)
        inclusions = [
            Inclusion(index, size, leaf(index), log.inclusion_proof(index, size), root)
            for index in range(size)
        ]
        assert all(verdicts(harness, inclusions))
        # A path says where it leads: it puts its leaf at no other position, nor beyond the tree's end.
        moved = [
            claim.changed(position=position)
            for claim in inclusions
            for position in range(2 * size + 2)
            if position != claim.position
        ]
        assert not any(verdicts(harness, moved))
        consistencies = [
            Consistency(first, size, log.root(first), root, log.consistency_proof(first, size))
            for first in range(size + 1)
        ]
        assert all(verdicts(harness, consistencies))
        older = [
            claim.changed(first_root=log.root(first))
            for claim in consistencies
            for first in range(size + 1)
            if first != claim.first
        ]
        assert not any(verdicts(harness, older))


@pytest.fixture(scope="module")
def log() -> Log:
    return Log(leaf(index) for index in range(LEAVES))


@pytest.fixture(scope="module")
def peer() -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for index in range(LEAVES):
        tree.append_entry(data(index))
    return tree


def sizes() -> list[int]:
    print(f"seed {SEED}")
    source = random.Random(SEED)
    edges = [size for size in (1, 2, 3, 127, 128, 129, 4095, 4096, 4097, 8192, LEAVES) if size <= LEAVES]
    return edges + [source.randint(1, LEAVES) for _ in range(SAMPLES)]


def test_the_contracts_log_is_pythons_and_the_peers(
    harness: Contract, log: Log, peer: pymerkle.InmemoryTree
) -> None:
    for start in range(0, LEAVES, AT_ONCE):
        leaves = [log.leaf(index) for index in range(start, min(start + AT_ONCE, LEAVES))]
        roots = harness.view("rootsAfter", leaves)
        assert list(roots) == [log.root(start + more) for more in range(1, len(leaves) + 1)]
        harness.send(harness.node.accounts[0], "append", leaves)
        size = harness.view("size")
        assert size == start + len(leaves)
        assert list(harness.view("peaks")) == log.peaks(size)
        assert harness.view("root") == peer.get_root(size)


def test_proofs_of_the_log_and_of_the_peer_hold_in_the_contract(
    harness: Contract, log: Log, peer: pymerkle.InmemoryTree
) -> None:
    source = random.Random(SEED)
    for size in sizes():
        root = peer.get_root(size)
        index = source.randrange(size)
        theirs = peer.prove_inclusion(index + 1, size).path
        assert theirs == [log.leaf(index), *log.inclusion_proof(index, size)]
        first = source.randint(1, size)
        claims: list[Claim] = [
            Inclusion(index, size, theirs[0], theirs[1:], root),
            Consistency(first, size, peer.get_root(first), root, log.consistency_proof(first, size)),
        ]
        assert verdicts(harness, claims) == [True, True]
