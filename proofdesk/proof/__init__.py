"""Proof: logs rebuilt and held against the chain, and files by which strangers verify a ticket.

It imports the core; the core only hands over to it. Names of files and their verification are found here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofdesk.proof.errors import MalformedProof, ProofFailed
    from proofdesk.proof.file import ProofFile
    from proofdesk.proof.proven import Proven
    from proofdesk.proof.verifying import verify_file

__all__ = ["MalformedProof", "ProofFailed", "ProofFile", "Proven", "verify_file"]

_HOMES = ("errors", "file", "proven", "verifying")


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"{__name__}.{home}")
            if name in vars(module):
                globals()[name] = vars(module)[name]
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
