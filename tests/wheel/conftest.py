"""A desk that runs, for integrators' programs in environments of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.stage import ACCOUNTS, Stage
from demo.up import seed
from tests.wheel.machine import PYTHONS, python
from tools.chain import Chain


def pytest_report_header() -> list[str]:
    """Which Pythons the wheel is tried with, and which it is not, when these tests are run by themselves."""
    return [f"wheel: Python {version}: {python(version) or 'NOT found, not tried'}" for version in PYTHONS]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A desk as `make up` leaves it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("integrator")
    with Chain.anvil(accounts=ACCOUNTS) as chain:
        stage = Stage(chain, folder / "records" / str(chain.chain_id) / "demo")
        stage.deploy(folder=folder / "deployments")
        seed(stage)
        yield stage


@pytest.fixture
def folder(stage: Stage) -> Path:
    """The working folder of the programs: there the client finds manifest and records by itself."""
    return stage.folder.parents[2]
