"""Reading claims and money loads as little as reading tickets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from proofdesk import Deployment
from tests.cli.counter import Counter, at_work
from tests.cli.test_start import HEAVY, LOADED
from tools.chain import Chain

# Previews are encoded, and signatures looked at, by libraries that take longer to load.
READS = [
    "claim show {claim}",
    "claim list --json",
    "policy show standard",
    "policy list",
    "policy check summer.toml --network development",
    "party list",
    "vault show",
    "vault pending",
    "vault owed {customer}",
    "compensation show",
    "compensation show {claim}",
]


@contextmanager
def _environment(counter: Counter, folder: Path) -> Iterator[dict[str, str]]:
    # Compiled modules are kept, as they are where the package is installed.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    yield kept | {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PROOFDESK_NODE": counter.chain.url}


@pytest.fixture(scope="module")
def office(opened: tuple[Chain, Deployment]) -> Iterator[tuple[Counter, dict[str, str]]]:
    """One folder and one claim for all: nothing here changes anything."""
    with (
        pytest.MonkeyPatch.context() as patch,
        TemporaryDirectory() as name,
        at_work(*opened, Path(name), patch) as counter,
        _environment(counter, Path(name)) as environment,
    ):
        counter.given("review")
        yield counter, environment


@pytest.mark.parametrize("line", READS)
def test_it_loads_only_what_it_needs(office: tuple[Counter, dict[str, str]], line: str) -> None:
    counter, environment = office
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *line.format(**counter.names).split()],
        env=environment,
        cwd=counter.folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "proofdesk" in loaded
    assert not HEAVY & loaded
