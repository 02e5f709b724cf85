"""What is wrong with a proof file: with its form, or with what it says."""

# ruff: noqa: N818  these names are what happened, as all others'

from __future__ import annotations

from proofdesk._errors import IntegrityError, InvalidArgument


class MalformedProof(InvalidArgument):
    """What was handed in is no proof file in its one form: its `field` does not fit; `problem` says how.

    >>> MalformedProof("block.hash", "is missing").field
    'block.hash'
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"proof file: {field}: {problem}" if field else f"proof file: {problem}")
        self.field = field
        self.problem = problem


class ProofFailed(IntegrityError):
    """A proof does not hold: what `part` of it is wrong, and how, in `problem`. Trust nothing it says.

    >>> ProofFailed("act 3", "is not in its lane's log").part
    'act 3'
    """

    def __init__(self, part: str, problem: str) -> None:
        super().__init__(f"{part}: {problem}")
        self.part = part
        self.problem = problem
