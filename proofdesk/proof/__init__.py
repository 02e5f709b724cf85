"""Proof: logs rebuilt and held against the chain, and files by which strangers verify a ticket.

It imports the core; the core only hands over to it. Names of files and their verification are found here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofdesk._shell import found_late

if TYPE_CHECKING:
    from proofdesk.proof.errors import MalformedProof, ProofFailed
    from proofdesk.proof.file import ProofFile
    from proofdesk.proof.proven import Proven
    from proofdesk.proof.verifying import verify_file

__all__ = ["MalformedProof", "ProofFailed", "ProofFile", "Proven", "verify_file"]

_HOMES = ("errors", "file", "proven", "verifying")

__getattr__, __dir__ = found_late(__name__, __all__, _HOMES)
