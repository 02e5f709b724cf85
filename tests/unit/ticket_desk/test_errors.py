"""Every error that TicketDesk can raise is raised by some test of this folder."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.helpers.desk import Desk
from tools.build import artifact

# The first is told to the manager alone, when it is given up for no contract; the second is never raised; the
# others are for longer names of EIP-712's domain than ours.
NOT_OURS = {
    "AccessManagedInvalidAuthority",
    "AccessManagedRequiredDelay",
    "InvalidShortString",
    "StringTooLong",
}


def expected_in(path: Path) -> set[str]:
    """The names of errors that a file's tests expect, in `refused("…")` and `RefusedError("…")`."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("refused", "RefusedError")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_every_error_is_raised_by_some_test(desk: Desk) -> None:
    expected = set().union(*(expected_in(path) for path in Path(__file__).parent.glob("test_*.py")))
    declared = {item["name"] for item in artifact("ITicketDesk")["abi"] if item["type"] == "error"}
    assert declared - expected == set()
    assert desk.tickets.errors - expected - NOT_OURS == set()
