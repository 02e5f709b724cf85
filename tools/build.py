"""Compiles the contracts and writes what is generated from them: `python -m tools.build [--check]`.

    build/solc.json                  the compiler's output, kept until a source or a setting changes
    build/artifacts/<Contract>.json  every contract, interface and harness, for tests and benchmarks
    proofdesk/abi/<Contract>.json    the deployable contracts, committed and shipped
    proofdesk/_contract_errors.py    their errors as classes, committed
    proofdesk/_transitions.py        the table of moves, committed
    proofdesk/proof/layout.json      where they keep what is proven of them, committed
    proofdesk/ops/sources.json.gz    their sources and settings, to have them verified, committed

With --check nothing under proofdesk/ is written: it fails when the committed files differ from the sources.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from tools import generate_errors, generate_layout, generate_moves, generate_sources
from tools.artifacts import artifacts, shipped
from tools.compiler import ROOT, BuildError, Settings, collect, compile_standard, source_hash

CACHE = ROOT / "build" / "solc.json"
ARTIFACTS = ROOT / "build" / "artifacts"
_KEY = "sources.sha256"
PACKAGE = ROOT / "proofdesk"
OUTPUTS = {
    "*": [
        "abi",
        "metadata",
        "storageLayout",
        "evm.bytecode.object",
        "evm.deployedBytecode.object",
        "evm.deployedBytecode.immutableReferences",
    ],
    "": ["ast"],
}


def compiled() -> dict[str, Any]:
    """The compiler's output for the sources as they are, from the cache when they have not changed.

    Raises BuildError with the compiler's message.
    """
    settings = Settings.load()
    sources = collect(settings)
    key = source_hash(sources, settings)
    if CACHE.is_file():
        cached: dict[str, Any] = json.loads(CACHE.read_text())
        if cached["key"] == key:
            return cached
    output = compile_standard(sources, settings, OUTPUTS) | {"key": key}
    CACHE.parent.mkdir(exist_ok=True)
    replace(CACHE, json.dumps(output))
    return output


def replace(path: Path, text: str) -> None:
    """Writes a file in one step, so that whoever reads it beside us never sees half of it."""
    temporary = path.with_name(f".{path.name}.new")
    data = text.encode()
    temporary.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    temporary.replace(path)


def _formatted(source: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "generated.py", "-"]
    return subprocess.run(command, input=source, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def generated(output: dict[str, Any]) -> dict[Path, str]:
    """Every committed file that follows from the sources, with its content."""
    settings = Settings.load()
    deployable = shipped(artifacts(output, settings))
    files = {
        PACKAGE / "abi" / f"{name}.json": json.dumps(artifact, indent=1, sort_keys=True) + "\n"
        for name, artifact in deployable.items()
    }
    files[PACKAGE / "_contract_errors.py"] = _formatted(generate_errors.render(deployable.values()))
    files[PACKAGE / "_transitions.py"] = _formatted(generate_moves.render(output))
    files[PACKAGE / "proof" / "layout.json"] = generate_layout.render(deployable, output)
    sources = generate_sources.render(deployable, output, collect(settings), settings)
    files[PACKAGE / "ops" / "sources.json.gz"] = sources
    return files


def _stale(files: dict[Path, str]) -> list[Path]:
    """Generated files of contracts that are no more."""
    return [path for path in sorted((PACKAGE / "abi").glob("*.json")) if path not in files]


def _holds(path: Path, text: str) -> bool:
    if not path.is_file():
        return False
    data = path.read_bytes()
    # What is compared is what was compressed: libraries compress it each in their own way.
    return (gzip.decompress(data) if path.suffix == ".gz" else data) == text.encode()


def check(output: dict[str, Any]) -> None:
    """Raises BuildError naming each committed file that differs from what the sources give."""
    files = generated(output)
    wrong = [path for path, text in files.items() if not _holds(path, text)] + _stale(files)
    if wrong:
        names = ", ".join(str(path.relative_to(PACKAGE.parent)) for path in wrong)
        raise BuildError(f"out of date: {names}. Run make compile and commit what it writes")


def write(output: dict[str, Any]) -> None:
    """Writes the artifacts for tests and the committed files."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    current = artifacts(output, Settings.load())
    for path in ARTIFACTS.glob("*.json"):
        if path.stem not in current:
            path.unlink()
    for name, artifact in current.items():
        replace(ARTIFACTS / f"{name}.json", json.dumps(artifact))
    # Last: what is half written is of no sources.
    replace(ARTIFACTS / _KEY, output["key"])
    files = generated(output)
    for path in _stale(files):
        path.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _holds(path, text):
            replace(path, text)
            print(f"wrote {path.relative_to(PACKAGE.parent)}")


def artifact(name: str) -> dict[str, Any]:
    """A contract's artifact from build/, harnesses included.

    Raises BuildError when there is none, and when the sources have changed since.

    >>> artifact("TicketDesk")["contractName"]
    'TicketDesk'
    """
    _check_fresh(ARTIFACTS)
    path = ARTIFACTS / f"{name}.json"
    if not path.is_file():
        raise BuildError(f"there is no artifact of {name}: run make compile, or check the name")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _check_fresh(folder: Path) -> None:
    # Once a process: tests of a build that is not that of the sources would pass or fail for nothing.
    settings = Settings.load()
    path = folder / _KEY
    if not path.is_file() or path.read_text() != source_hash(collect(settings), settings):
        raise BuildError("build/artifacts is not made of these sources: run make compile")


def main() -> int:
    """Runs the command line; the exit code is 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.build", description="Compile the contracts.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if out of date")
    arguments = parser.parse_args()
    try:
        output = compiled()
        if arguments.check:
            if output["warnings"]:
                raise BuildError("the compiler warns:\n" + "\n".join(output["warnings"]))
            check(output)
        else:
            for warning in output["warnings"]:
                print(warning, file=sys.stderr)
            write(output)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
