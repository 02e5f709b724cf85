"""Every error of the interface is raised by a test of this folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.build import artifact


def names_refused(path: Path) -> Iterator[str]:
    """The errors that a file's `with refused("Name", …)` blocks expect."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refused":
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_every_error_is_raised() -> None:
    abi = artifact("IAgentCertification")["abi"]
    declared = {item["name"] for item in abi if item["type"] == "error"}
    raised = {name for path in Path(__file__).parent.glob("test_*.py") for name in names_refused(path)}
    assert declared
    assert declared - raised == set()
