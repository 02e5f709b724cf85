"""Proofs that prove something else: tampered with, cut, extended, or made for another tree."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from hashlib import sha256

from proofdesk.proof.log import Log, node_hash
from tests.helpers.contract import Contract
from tests.unit.act_log.claims import Claim, Consistency, Inclusion, verdicts

TREES = 200 if os.environ.get("PROFILE") == "long" else 25
SEED = 6962
HUGE = 2**256 - 1


def log_of(acts: list[bytes]) -> Log:
    return Log(sha256(b"\x00" + act).digest() for act in acts)


def acts(count: int) -> list[bytes]:
    return [f"act {index}".encode() for index in range(count)]


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(32, "big")


def tampered(proof: list[bytes], source: random.Random) -> Iterator[list[bytes]]:
    """Every proof that differs in one node: changed, left out, doubled, added at either end, swapped."""
    extra = source.randbytes(32)
    yield [*proof, extra]
    yield [extra, *proof]
    for at, node in enumerate(proof):
        head, tail = proof[:at], proof[at + 1 :]
        yield [*head, flipped(node, source.randrange(256)), *tail]
        yield [*head, *tail]
        yield [*head, node, node, *tail]
        if tail:
            yield [*head, tail[0], node, *tail[1:]]


def trees() -> Iterator[tuple[random.Random, int, Log]]:
    print(f"seed {SEED}")
    source = random.Random(SEED)
    for _ in range(TREES):
        size = source.randint(2, 300)
        yield source, size, log_of(acts(size))


def test_tampered_inclusion_proofs_are_refused(harness: Contract) -> None:
    for source, size, log in trees():
        index = source.randrange(size)
        claim = Inclusion(index, size, log.leaf(index), log.inclusion_proof(index), log.root())
        assert verdicts(harness, [claim]) == [True]
        wrong = [claim.changed(proof=proof) for proof in tampered(claim.proof, source)]
        wrong += [
            claim.changed(proof=[]),
            claim.changed(leaf=flipped(claim.leaf, source.randrange(256))),
            claim.changed(root=flipped(claim.root, source.randrange(256))),
            claim.changed(position=size),
            claim.changed(position=HUGE),
            claim.changed(size=0),
        ]
        assert not any(verdicts(harness, wrong))


def test_tampered_consistency_proofs_are_refused(harness: Contract) -> None:
    for source, size, log in trees():
        first = source.randint(1, size - 1)
        claim = Consistency(first, size, log.root(first), log.root(), log.consistency_proof(first))
        assert verdicts(harness, [claim]) == [True]
        wrong = [claim.changed(proof=proof) for proof in tampered(claim.proof, source)]
        wrong += [
            claim.changed(proof=[]),
            claim.changed(first_root=flipped(claim.first_root, source.randrange(256))),
            claim.changed(second_root=flipped(claim.second_root, source.randrange(256))),
            claim.changed(first=size, second=first),
            claim.changed(first=HUGE),
            claim.changed(second=0),
        ]
        assert not any(verdicts(harness, wrong))


def test_proofs_longer_than_the_tree_is_high_are_refused(harness: Contract) -> None:
    """Even where they lead to a root: that root is of a larger tree than the claim says."""
    log, more = log_of(acts(20)), b"\x0e" * 32
    claims: list[Claim] = []
    for size in range(1, 21):
        root = log.root(size)
        for index in range(size):
            proof = [*log.inclusion_proof(index, size), more]
            for above in (node_hash(more, root), node_hash(root, more)):
                claims.append(Inclusion(index, size, log.leaf(index), proof, above))
        for first in range(1, size):
            proof = [*log.consistency_proof(first, size), more]
            old = log.root(first)
            claims.append(Consistency(first, size, node_hash(more, old), node_hash(more, root), proof))
            claims.append(Consistency(first, size, old, node_hash(root, more), proof))
    assert not any(verdicts(harness, claims))


def test_any_size_and_position_is_judged_as_the_client_judges_it(harness: Contract) -> None:
    for source, size, log in trees():
        index, first = source.randrange(size), source.randint(1, size)
        inclusion = Inclusion(index, size, log.leaf(index), log.inclusion_proof(index), log.root())
        consistency = Consistency(first, size, log.root(first), log.root(), log.consistency_proof(first))
        numbers = [0, 1, size - 1, size + 1, 2 * size, 2**255, HUGE, source.randint(0, 2 * size)]
        # `verdicts` compares the two.
        verdicts(harness, [inclusion.changed(size=number) for number in numbers])
        verdicts(harness, [inclusion.changed(position=number) for number in numbers])
        verdicts(harness, [consistency.changed(first=number) for number in numbers])
        verdicts(harness, [consistency.changed(second=number) for number in numbers])


def test_a_log_with_one_act_changed_left_out_or_swapped_continues_no_honest_one(harness: Contract) -> None:
    honest = acts(20)
    changed = [*honest[:7], b"another act", *honest[8:]]
    left_out = [*honest[:7], *honest[8:], b"one more"]
    swapped = [*honest[:7], honest[8], honest[7], *honest[9:]]
    for forged in map(log_of, (changed, left_out, swapped)):
        claims = [
            Consistency(first, 20, log_of(honest).root(first), forged.root(), forged.consistency_proof(first))
            for first in range(9, 21)
        ]
        assert not any(verdicts(harness, claims))


def test_an_inner_node_is_no_leaf(harness: Contract) -> None:
    """Leaves and nodes are hashed apart, so that a subtree cannot pass for an act."""
    log = log_of(acts(4))
    left, right = log.peaks(2)[0], log.inclusion_proof(0)[1]
    assert verdicts(harness, [Inclusion(0, 2, left, [right], log.root())]) == [True]
    data = log.leaf(0) + log.leaf(1)
    assert sha256(b"\x00" + data).digest() != left
    assert verdicts(harness, [Inclusion(0, 2, sha256(b"\x00" + data).digest(), [right], log.root())]) == [
        False
    ]
