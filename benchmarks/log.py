"""How many leaves a second a log of a million takes, and how many proofs a second it gives.

The baseline is pymerkle's own log in memory, for as long as ours took to get a million leaves.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from fractions import Fraction
from random import Random

from benchmarks.log_usual import append_until, prove
from benchmarks.timing import a_second
from proofdesk.proof.log import Log, verify_inclusion

WORDS = {
    "speed.log_append": "leaves appended, a second",
    "speed.log_append_usual": "pymerkle, as far as it gets in the same time",
    "ratio.log_append_vs_usual": "the one to the other",
    "speed.log_prove": "inclusion proofs at a million leaves, a second",
    "speed.log_prove_usual": "pymerkle, at as many leaves as it got",
    "ratio.log_prove_vs_usual": "the one to the other",
    "speed.log_consistency": "consistency proofs at a million leaves, a second",
    "speed.log_verify": "inclusion proofs verified, a second",
    "size.log_usual": "leaves that pymerkle got",
}
LEAVES = 1_000_000

_PROOFS = 10_000
_SECONDS = 3.0  # that the usual way may prove for


def measure(leaves: int = LEAVES, proofs: int = _PROOFS) -> Mapping[str, Fraction]:
    """By the names in WORDS; raises AssertionError where a proof does not verify."""
    log, random = Log(), Random(6)
    start = time.perf_counter()
    for number in range(leaves):
        log.append(number.to_bytes(32, "big"))
    taken = time.perf_counter() - start
    usual = append_until(time.perf_counter() + taken)
    size: int = usual.get_size()
    places = [random.randrange(leaves) for _ in range(proofs)]
    made: list[list[bytes]] = []
    proving = a_second(proofs, lambda: made.extend(map(log.inclusion_proof, places)))
    root, leaf = log.root(), log.leaf
    right: list[bool] = []
    verifying = a_second(
        proofs,
        lambda: right.extend(
            verify_inclusion(leaf(place), place, leaves, proof, root)
            for place, proof in zip(places, made, strict=True)
        ),
    )
    assert all(right)
    linking = a_second(proofs, lambda: [log.consistency_proof(place) for place in places])
    end = time.perf_counter() + _SECONDS
    asked, start = 0, time.perf_counter()
    while asked < proofs and time.perf_counter() < end:
        prove(usual, random.randrange(size) + 1)
        asked += 1
    proving_usual = asked / Fraction(time.perf_counter() - start)
    appended, appended_usual = leaves / Fraction(taken), size / Fraction(taken)
    return {
        "speed.log_append": appended,
        "speed.log_append_usual": appended_usual,
        "ratio.log_append_vs_usual": appended / appended_usual,
        "speed.log_prove": proving,
        "speed.log_prove_usual": proving_usual,
        "ratio.log_prove_vs_usual": proving / proving_usual,
        "speed.log_consistency": linking,
        "speed.log_verify": verifying,
        "size.log_usual": Fraction(size),
    }
