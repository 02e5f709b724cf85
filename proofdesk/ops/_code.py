"""Which code a chain has, and whether it is a shipped contract's."""

from __future__ import annotations

import subprocess
from pathlib import Path

from proofdesk._abi import artifact
from proofdesk._deployments import VERSION, Deployment
from proofdesk._rpc import Node
from proofdesk._words import keccak, to_hex

_ROOT = Path(__file__).resolve().parents[2]


def code_at(node: Node, address: str) -> bytes:
    """The runtime code at an address; empty where there is none. Raises ConnectionLost."""
    return bytes.fromhex(node.request("eth_getCode", address, "latest")[2:])


def code_hash(code: bytes) -> str:
    """Keccak-256 of a contract's runtime code."""
    return to_hex(keccak(code))


def bytecode_hash(contract: str) -> str:
    """Keccak-256 of the bytecode that makes a shipped contract, without its constructor's arguments."""
    return to_hex(keccak(bytes.fromhex(artifact(contract)["bytecode"][2:])))


def is_code_of(contract: str, code: bytes) -> bool:
    """Tell whether runtime code is that of a shipped contract, whatever its constructor wrote into it.

    >>> is_code_of("DeskAccess", bytes.fromhex(artifact("DeskAccess")["deployedBytecode"][2:]))
    True
    """
    masked = bytearray(code)
    for place in artifact(contract)["immutableReferences"]:
        start, end = place["start"], place["start"] + place["length"]
        masked[start:end] = bytes(len(masked[start:end]))
    return bytes(masked) == bytes.fromhex(artifact(contract)["deployedBytecode"][2:])


def origin(deployment: Deployment) -> str:
    """The package that a desk was deployed by, and how to have it."""
    if deployment.version in ("", VERSION):
        return f"the proofdesk it was deployed by (commit {deployment.commit or 'unknown'})"
    place = f", commit {deployment.commit}" if deployment.commit else ""
    return (
        f"the proofdesk it was deployed by ({deployment.version}{place}; this is {VERSION}): "
        f'pip install "proofdesk=={deployment.version}"'
    )


def commit() -> str:
    """The sources' git commit, with "-dirty" where they differ from it; empty where this is no checkout."""
    if not (_ROOT / ".git").exists():
        return ""
    try:
        head = _git("rev-parse", "HEAD")
        return f"{head}-dirty" if _git("status", "--porcelain", "contracts", "interfaces") else head
    except (OSError, subprocess.CalledProcessError):
        return ""  # no git here: a manifest without a commit is a manifest


def _git(*args: str) -> str:
    return subprocess.run(
        ["git", *args], cwd=_ROOT, capture_output=True, check=True, text=True
    ).stdout.strip()
