"""Proves what tests/proofs says of the contracts' real bytecode: `python -m tools.prove [halmos' options]`.

    build/proofs/out/<File>.sol/<Contract>.json   the proofs and what they are about, as the prover reads them

The prover is halmos with z3, in an environment of its own, .prove (`make prove` makes it). It would
have `forge` build what it reads; here our own compiler does, and a `forge` that does nothing is first
on its PATH.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.compiler import _IMPORT as IMPORT
from tools.compiler import ROOT, BuildError, Settings, compile_standard

PROOFS = ROOT / "tests" / "proofs"
PROVER = ROOT / ".prove" / "bin"
FOLDER = ROOT / "build" / "proofs"
OPTIONS = ("--no-status", "--solver", "z3", "--solver-timeout-assertion", "300s")
OUTPUTS = {
    "*": [
        "abi",
        "metadata",
        "storageLayout",
        "evm.bytecode",
        "evm.deployedBytecode",
        "evm.methodIdentifiers",
    ],
    "": ["ast"],
}


def artifact(contract: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    """A contract as forge would write it, of the compiler's output for it and for its file."""
    evm = contract["evm"]
    codes = {
        name: evm[name] | {"object": f"0x{evm[name]['object']}"} for name in ("bytecode", "deployedBytecode")
    }
    return {
        "id": source["id"],
        "ast": source["ast"],
        "abi": contract["abi"],
        "metadata": json.loads(contract["metadata"] or '{"compiler": {"version": ""}}'),
        "methodIdentifiers": evm["methodIdentifiers"],
    } | codes


def write(folder: Path = FOLDER) -> None:
    """Compiles the proofs with the contracts that they are about. Raises BuildError."""
    settings = Settings.load()
    output = compile_standard(_sources(settings), settings, OUTPUTS)
    shutil.rmtree(folder, ignore_errors=True)
    for path, contracts in output["contracts"].items():
        place = folder / "out" / Path(path).name
        place.mkdir(parents=True, exist_ok=True)
        for name, contract in contracts.items():
            text = json.dumps(artifact(contract, output["sources"][path]))
            (place / f"{name}.json").write_text(text, encoding="utf-8")
    stand_in = folder / "bin" / "forge"
    stand_in.parent.mkdir()
    stand_in.write_text("#!/bin/sh\n", encoding="utf-8")
    stand_in.chmod(0o755)


def _sources(settings: Settings) -> dict[str, str]:
    """The proofs and what they import: all the rest would take a minute to compile."""
    paths = [path.relative_to(ROOT).as_posix() for path in PROOFS.glob("*.sol")]
    sources: dict[str, str] = {}
    while paths:
        path = paths.pop()
        if path not in sources:
            sources[path] = (ROOT / path).read_text(encoding="utf-8")
            for name in IMPORT.findall(sources[path]):
                relative = name.startswith(".")
                paths.append(os.path.normpath(f"{path}/../{name}") if relative else settings.resolve(name))
    return sources


def main(arguments: Sequence[str]) -> int:
    """Runs the prover; the exit code is not 0 when something is not proved."""
    if not (PROVER / "halmos").is_file():
        print("the prover is not installed: run make prove", file=sys.stderr)
        return 2
    try:
        write()
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    # The prover makes itself a folder in the home folder.
    path = os.pathsep.join((str(FOLDER / "bin"), str(PROVER), os.environ["PATH"]))
    environment = os.environ | {"PATH": path, "HOME": str(FOLDER), "TMPDIR": str(FOLDER)}
    chosen = arguments or ("--match-contract", "^(ClaimRules|Ether|Token)Proof$")
    command = [str(PROVER / "halmos"), "--root", str(FOLDER), *OPTIONS, *chosen]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
