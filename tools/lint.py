"""Everything a machine can say about the sources: `python -m tools.lint [name …]`.

All checks run, also after one has failed; the exit code is 1 when any did.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tools.compiler import ROOT, SOLC_FOLDER

# Slither's detectors that are off, each for a reason; a single place is excused beside the code instead.
SILENCED = {
    "timestamp": "clocks of minutes and days are the product; a proposer can shift a block by seconds",
    "incorrect-equality": "fields of a packed word are compared as what they are; no balance is among them",
    "shadowing-local": "solc warns of it wherever there is a body, and its warnings fail the build's check",
}

_TYPED = ("proofdesk", "tools", "scripts", "demo", "benchmarks")
_SOLIDITY = ("contracts/**/*.sol", "interfaces/**/*.sol")
_NODE = "node_modules/.bin"


def checks() -> dict[str, list[str]]:
    """Each check's name and command."""
    python = [sys.executable, "-m"]
    typed = [folder for folder in _TYPED if any((ROOT / folder).glob("*.py"))]
    return {
        "ruff": [*python, "ruff", "check", "."],
        "format": [*python, "ruff", "format", "--check", "."],
        "mypy": [*python, "mypy", *typed],
        "prettier": [f"{_NODE}/prettier", "--check", *_SOLIDITY],
        "solhint": [f"{_NODE}/solhint", "--noPoster", "--disc", "--max-warnings", "0", *_SOLIDITY],
        "generated": [*python, "tools.build", "--check"],
        "messages": [*python, "tools.messages", "--check"],
        "snapshots": [*python, "tools.snapshot", "--check"],
        "slither": [*python, "slither", "contracts/", "--fail-low", "--exclude", ",".join(SILENCED)],
    }


def _run(name: str, command: list[str]) -> bool:
    started = time.monotonic()
    # Slither looks for compilers in the home folder, and makes a place for them there.
    environment = os.environ | {"HOME": str(ROOT / ".home"), "SOLCX_BINARY_PATH": str(SOLC_FOLDER)}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(
        f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - started:.1f} s)",
        flush=True,
    )
    if done.returncode != 0:
        print(done.stdout.strip(), flush=True)
    return done.returncode == 0


def main(names: list[str]) -> int:
    """Runs the named checks, all when none is named."""
    known = checks()
    if unknown := [name for name in names if name not in known]:
        print(f"no check is named {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    results = [_run(name, known[name]) for name in names or known]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
