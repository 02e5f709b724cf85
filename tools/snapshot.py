"""Storage layouts and contract sizes, written down so that changes are seen: `python -m tools.snapshot`.

With --check nothing is written: it fails, showing the difference, when snapshots/ is out of date. A contract
over the size limit, and a change of what is frozen (tools/frozen.py), fail either way.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools import frozen
from tools.artifacts import Artifact, artifacts, shipped
from tools.build import compiled, replace
from tools.compiler import ROOT, BuildError, Settings

SNAPSHOTS = ROOT / "snapshots"
SIZE_LIMIT = 20_000  # bytes of runtime code; the chain's own limit is 24,576


def size(artifact: Artifact) -> int:
    """A contract's runtime code in bytes."""
    return len(artifact["deployedBytecode"]) // 2 - 1


def sizes(deployable: Mapping[str, Artifact]) -> str:
    """The table of sizes; raises BuildError when a contract is over the limit."""
    for name, artifact in deployable.items():
        if size(artifact) > SIZE_LIMIT:
            raise BuildError(f"{name} has {size(artifact):,} bytes of code, {SIZE_LIMIT:,} are allowed")
    lines = [f"{name:<24}{size(artifact):>8,}" for name, artifact in deployable.items()]
    return f"{'bytes of runtime code':<24}{f'<= {SIZE_LIMIT:,}':>8}\n" + "\n".join(lines) + "\n"


def _rows(variables: list[dict[str, Any]], types: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for variable in variables:
        kind = types[variable["type"]]
        yield (
            f"{indent}{variable['slot']:>4}{variable['offset']:>8}{kind['numberOfBytes']:>8}"
            f"  {variable['label']}: {kind['label']}"
        )


def storage_layout(layout: Mapping[str, Any]) -> str:
    """A contract's slots, then the members of every struct it stores."""
    types = layout["types"] or {}
    lines = ["slot  offset   bytes  variable", *_rows(layout["storage"], types)]
    for kind in sorted(types.values(), key=lambda kind: str(kind["label"])):
        if "members" in kind:
            lines += ["", kind["label"], *_rows(kind["members"], types)]
    return "\n".join(lines) + "\n"


def snapshots(output: Mapping[str, Any]) -> dict[Path, str]:
    """Every snapshot with its content; raises BuildError when a contract is over the size limit."""
    deployable = shipped(artifacts(dict(output), Settings.load()))
    files = {SNAPSHOTS / "sizes.txt": sizes(deployable)}
    for name, artifact in deployable.items():
        layout = output["contracts"][artifact["sourceName"]][name]["storageLayout"]
        files[SNAPSHOTS / "storage-layout" / f"{name}.txt"] = storage_layout(layout)
    return files


def frozen_text(output: Mapping[str, Any]) -> str:
    """What is frozen, as the sources and the compiler have it now."""
    deployable = shipped(artifacts(dict(output), Settings.load()))
    return frozen.text(frozen.frozen(deployable, frozen.sources()))


def compare(recorded: Mapping[str, int], measured: Mapping[str, int]) -> list[str]:
    """The differences of two sets of figures, one readable line each, none when they are equal.

    >>> compare({"open": 63_700, "move": 50_000}, {"open": 63_950, "rate": 1})
    ['move: 50,000 is no longer measured', 'open: 63,700 -> 63,950 (+250)', 'rate: 1 is new']
    """
    lines = []
    for name in sorted(recorded.keys() | measured.keys()):
        before, after = recorded.get(name), measured.get(name)
        if before is None:
            lines.append(f"{name}: {after:,} is new")
        elif after is None:
            lines.append(f"{name}: {before:,} is no longer measured")
        elif before != after:
            lines.append(f"{name}: {before:,} -> {after:,} ({after - before:+,})")
    return lines


def _difference(path: Path, text: str) -> str:
    before = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    name = str(path.relative_to(ROOT))
    return "\n".join(difflib.unified_diff(before, text.splitlines(), name, "now", n=0, lineterm=""))


def main() -> int:
    """Runs the command line; the exit code is 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.snapshot", description="Write snapshots/.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if out of date")
    check = parser.parse_args().check
    try:
        output = compiled()
        files = snapshots(output)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    now = frozen_text(output)
    recorded = frozen.FROZEN.read_text(encoding="utf-8") if frozen.FROZEN.is_file() else ""
    if not recorded and not check:
        replace(frozen.FROZEN, now)
    elif changed := frozen.differences(now, recorded):
        # It is written once: whoever means to change it has to take it away first, for all to see.
        print("\n".join(changed))
        print(frozen.REFUSAL, file=sys.stderr)
        return 1
    stale = [path for path in (SNAPSHOTS / "storage-layout").glob("*.txt") if path not in files]
    differences = [difference for path, text in files.items() if (difference := _difference(path, text))]
    differences += [f"{path.relative_to(ROOT)}: there is no such contract any more" for path in stale]
    if differences:
        print("\n".join(differences))
    if check:
        if differences:
            print(
                "snapshots/ differs: if the change is meant, run make snapshot and commit it", file=sys.stderr
            )
        return 1 if differences else 0
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, text)
    for path in stale:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
