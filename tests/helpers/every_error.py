"""Which errors of an interface no test expects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.build import artifact


def never_expected(interface: str, folder: Path) -> set[str]:
    """Errors that an interface declares and no `with refused("Name", …)` of a folder's tests names.

    >>> never_expected("IRecordAnchor", Path("tests/unit/record_anchor"))
    set()
    """
    declared = {item["name"] for item in artifact(interface)["abi"] if item["type"] == "error"}
    assert declared, f"{interface} declares no error"
    return declared - {name for path in folder.glob("test_*.py") for name in _expected(path)}


def _expected(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refused":
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
