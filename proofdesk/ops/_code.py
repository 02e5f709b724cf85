"""Which code a chain has, and whether it is a shipped contract's."""

from __future__ import annotations

import subprocess
from pathlib import Path

from proofdesk._abi import artifact
from proofdesk._deployments import VERSION, Deployment
from proofdesk._rpc import Node
from proofdesk._words import keccak, to_hex

_PACKAGE = Path(__file__).resolve().parent.parent
_ROOT = _PACKAGE.parent


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


def shipped_contract(code: bytes) -> str | None:
    """The name of the shipped contract that runtime code is; None if it is none of them."""
    names = sorted(path.stem for path in (_PACKAGE / "abi").glob("*.json"))
    return next((name for name in names if is_code_of(name, code)), None)


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
