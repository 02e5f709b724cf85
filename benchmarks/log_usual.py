"""pymerkle's usual way, as its documentation has it: a log in memory, its caches on."""

from __future__ import annotations

import time

from pymerkle import InmemoryTree  # type: ignore[import-untyped]  # it ships no types


def append_until(end: float) -> InmemoryTree:
    """A log that gets as many leaves as it can until a moment of `time.perf_counter`."""
    tree, number = InmemoryTree(algorithm="sha256"), 0
    while time.perf_counter() < end:
        tree.append_entry(number.to_bytes(32, "big"))
        number += 1
    return tree


def prove(tree: InmemoryTree, index: int) -> object:
    """Prove that a leaf is in the log, by its index from 1."""
    return tree.prove_inclusion(index)
