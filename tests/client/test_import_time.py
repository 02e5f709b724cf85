"""What importing costs, and what the core may know."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import proofdesk

PACKAGE = Path(proofdesk.__file__).parent
GENERATED = {"_contract_errors.py", "_transitions.py"}
DOOR = {"__main__.py"}  # to the command
CORE = sorted(path for path in PACKAGE.glob("*.py") if path.name not in GENERATED | DOOR)
LATE_PACKAGES = ("anchors", "claims", "live", "privacy", "proof", "sending", "signed", "stores")
LATE = sorted(path for name in LATE_PACKAGES for path in PACKAGE.glob(f"{name}/*.py"))

MEASURE = """
import time
begun = time.process_time()
import web3
start = time.process_time()
import proofdesk
imported = time.process_time()
for name in proofdesk.__all__:
    getattr(proofdesk, name)
usual = start - begun
print((imported - start) / usual, (time.process_time() - imported) / usual)
"""
# Of pyproject.toml (coincurve of [fast], fsspec of [fsspec] and trie of [proof], where they are there), and
# what web3 cannot be without.
DEPENDENCIES = {"coincurve", "cryptography", "eth_account", "fsspec", "rfc8785", "rlp", "trie", "web3"}
DEPENDENCIES |= {"aiohttp", "requests", "websockets"}
DEPENDENCIES |= {"eth_abi", "eth_hash", "eth_keys", "eth_typing", "eth_utils", "typing_extensions"}
# Shares of what web3 takes, a second or more: a machine that is slow or busy is so for both.
LIMITS = (1 / 25, 1 / 5)
ATTEMPTS = 4


def shares() -> tuple[float, float]:
    """Processor time of importing the package after web3, and of then finding all public names, by web3's."""
    command = [sys.executable, "-c", MEASURE]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    imported, found = map(float, shown.split())
    return imported, found


def test_importing_costs_little_beside_web3() -> None:
    # Others work on this machine too: what was quick once is quick.
    measured = []
    for _ in range(ATTEMPTS):
        measured.append(shares())
        if all(spent <= limit for spent, limit in zip(measured[-1], LIMITS, strict=True)):
            return
    pytest.fail(f"{LIMITS} of web3's time are allowed, measured were {measured}")


def test_reading_needs_no_web3() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys; from proofdesk import Desk, Log, Record; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"web3", "eth_account", "eth_abi", "brownie"} & set(loaded)


def test_acting_loads_nothing_that_proves_watches_signs_or_keeps() -> None:
    program = "import sys; from proofdesk import Desk; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "proofdesk._tickets" in loaded
    late = tuple(f"proofdesk.{part}" for part in LATE_PACKAGES)
    assert not [name for name in loaded if name.startswith(late)]


@pytest.mark.parametrize("path", [*CORE, *LATE], ids=lambda path: path.name)
def test_the_core_knows_neither_operators_parts_nor_brownie(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            assert not name.startswith(("proofdesk.ops", "proofdesk.cli", "brownie")), name


@pytest.mark.parametrize("path", [*CORE, *LATE], ids=lambda path: path.name)
def test_the_core_needs_what_it_declares(path: Path) -> None:
    known = {"proofdesk", *sys.stdlib_module_names, *DEPENDENCIES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert {name.partition(".")[0] for name in names} <= known


def statements(path: Path) -> int:
    """Lines of code, however they are wrapped; what explains them is free."""
    source = path.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    explained = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, documented) and ast.get_docstring(node) is not None
    ]
    return sum(token.type == tokenize.NEWLINE for token in tokens) - len(explained)


def test_the_core_stays_thin() -> None:
    counted = {path.name: statements(path) for path in CORE}
    assert sum(counted.values()) <= 2500, counted


def test_files_stay_small() -> None:
    for path in [*CORE, *LATE]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 350, path.name
