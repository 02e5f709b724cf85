"""What a reading command may load on the way: how long it takes, `make bench` measures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.counter import Counter

HEAVY = {"web3", "eth_account", "eth_abi", "rich", "asyncio", "sqlalchemy", "pydantic"}
LOADED = (
    "import sys; from proofdesk.cli import main; code = main();"
    "print(*sys.modules, file=sys.stderr); sys.exit(code)"
)


@pytest.fixture
def environment(counter: Counter, tmp_path: Path) -> dict[str, str]:
    """Compiled modules are kept, as they are where the package is installed."""
    counter.ticket("open")
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")}


READS = [
    "ticket show {ticket}",
    "ticket show {ticket} --json",
    "ticket list",
    "lane list",
    "lane show cards",
    "lane next cards",
    "program list",
    "program show cards",
    "agent list",
    "agent show 1",
]


@pytest.mark.parametrize("line", [*READS, "--help", "ticket --help", "--version", "completion fish"])
def test_it_loads_only_what_it_needs(counter: Counter, environment: dict[str, str], line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *line.format(**counter.names).split()],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "proofdesk" in loaded
    assert not HEAVY & loaded


def test_a_command_loads_no_others(counter: Counter, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "lane", "list"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = done.stderr.split()
    assert "proofdesk.cli.lane" in loaded
    assert not {"proofdesk.cli.ticket", "proofdesk.cli.agent", "proofdesk.ops.deploy"} & set(loaded)
