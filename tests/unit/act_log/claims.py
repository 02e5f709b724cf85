"""Claims about a log, as the harness judges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from itertools import groupby, islice
from typing import Any

from proofdesk.proof.log import verify_consistency, verify_inclusion
from tests.helpers.contract import Contract


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That a leaf stands at a position of the log with this size and root."""

    position: int
    size: int
    leaf: bytes
    proof: list[bytes]
    root: bytes

    def changed(self, **changes: Any) -> Inclusion:
        """The same claim but for some fields."""
        return replace(self, **changes)

    @property
    def python(self) -> bool:
        """What the client says of it."""
        return verify_inclusion(self.leaf, self.position, self.size, self.proof, self.root)


@dataclass(frozen=True, slots=True)
class Consistency:
    """That the log with the second size and root continues the one with the first."""

    first: int
    second: int
    first_root: bytes
    second_root: bytes
    proof: list[bytes]

    def changed(self, **changes: Any) -> Consistency:
        """The same claim but for some fields."""
        return replace(self, **changes)

    @property
    def python(self) -> bool:
        """What the client says of it."""
        return verify_consistency(self.first, self.second, self.first_root, self.second_root, self.proof)


Claim = Inclusion | Consistency

_FUNCTIONS = {Inclusion: "verifyInclusions", Consistency: "verifyConsistencies"}
# As many as fit into the gas of one call.
_AT_ONCE = 200


def verdicts(harness: Contract, claims: Sequence[Claim]) -> list[bool]:
    """What the contract says of each claim; asserts that the client says the same."""
    answers = []
    for function, together in groupby(claims, lambda claim: _FUNCTIONS[type(claim)]):
        while chunk := list(islice(together, _AT_ONCE)):
            answers += harness.view(function, [astuple(claim) for claim in chunk])
    for claim, answer in zip(claims, answers, strict=True):
        assert claim.python == answer, f"the client says {claim.python} of {claim}, the contract {answer}"
    return answers
