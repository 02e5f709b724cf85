"""The wheel in empty environments: no compiler, no node, no Brownie, nothing of this checkout."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from demo.stage import Stage
from demo.up import USUAL_PORT
from tests.conftest import PROFILE
from tests.wheel.machine import PYTHONS, WEB3, Environment, python, run, running
from tools.compiler import ROOT

HERE = Path(__file__).parent
(FIRST_PROGRAM,) = re.findall(
    r"^<!-- example: first program -->\n```python\n(.*?)^```",
    (ROOT / "README.md").read_text("utf-8"),
    re.M | re.S,
)
FIRST_TESTS = dict(
    re.findall(
        r"^<!-- example: (test_\w+\.py) -->\n```py\n(.*?)^```",
        (ROOT / "docs" / "testing.md").read_text("utf-8"),
        re.M | re.S,
    )
)
# Every extra's packages, and what the contracts are built with.
FOREIGN = (
    "brownie click coincurve eth eth_tester fsspec psycopg pytest rich slither solcx sqlalchemy trie uvicorn"
)
PROGRAMS = "anvil brownie cc gcc ganache git node npm solc"
LOOK_ROUND = """
import importlib.util, shutil, sys
import proofdesk
print([name for name in sys.argv[1].split() if importlib.util.find_spec(name)])
print([name for name in sys.argv[2].split() if shutil.which(name)])
print([name for name in proofdesk.__all__ if getattr(proofdesk, name) is None])
"""
# What the extras of stores and proofs are asked for.
WITH_EXTRAS = """
from proofdesk.proof import verify_file
from proofdesk.stores import FsspecStore
print(FsspecStore("memory://office/records", chain_id=1, desk="0x" + 40 * "1"))
print(verify_file.__name__)
"""


def needs(version: str) -> None:
    """Skip, and say so, where this machine does not have a Python."""
    if python(version) is None:
        pytest.skip(f"this machine has no Python {version}: the wheel was NOT tried with it")


def is_due(version: str) -> bool:
    """The quick profile tries the running Python, the long one all."""
    return PROFILE == "long" or version == running()


CASES = [(version, web3) for version in PYTHONS if is_due(version) for web3 in WEB3]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"python{case[0]}-web3-{case[1]}")
def environment(request: pytest.FixtureRequest) -> Environment:
    """The wheel alone."""
    version, web3 = request.param
    needs(version)
    made = Environment.made(version, web3)
    assert made.run("python", "-c", "import web3; print(web3.__version__)", folder=HERE).startswith(
        f"{web3}."
    )
    return made


def test_it_needs_nothing_else(environment: Environment, folder: Path) -> None:
    assert "No broken requirements" in environment.check()
    shown = environment.run("python", "-c", LOOK_ROUND, FOREIGN, PROGRAMS, folder=folder)
    assert shown.splitlines() == ["[]", "[]", "[]"]


def test_the_first_program_of_the_readme(environment: Environment, stage: Stage, folder: Path) -> None:
    program = FIRST_PROGRAM.replace(f"http://127.0.0.1:{USUAL_PORT}", stage.chain.url)
    lines = environment.run("python", "-c", program, folder=folder).splitlines()
    assert re.fullmatch(r"NEW 20\d\d-\d\d-\d\d \d\d:\d\d:00\+00:00", lines[0])
    assert lines[1:3] == ["1 NEW Order 4711 was charged twice.", "2 NEW I paid on Monday."]
    assert lines[3].startswith("Verified(block=") and len(lines) == 4


def test_it_feels_as_it_was_designed(environment: Environment, stage: Stage, folder: Path) -> None:
    key = "0x" + bytes(stage.account("customer 7").key).hex()
    program = HERE / "how_it_feels.py"
    shown = environment.run("python", program, stage.chain.url, stage.address("Ada"), folder=folder, KEY=key)
    assert shown.splitlines() == [
        "NEW True True",
        "True",
        "stale: 1 seen, 2 there",
        "1 Where is my refund?",
        "2 I paid on Monday.",
        "2",
        "False",
        "True",
    ]


long_only = pytest.mark.skipif(PROFILE != "long", reason="tried in the long profile only: make wheels")


@long_only
@pytest.mark.parametrize(("version", "web3"), CASES)
def test_the_extras_are_there_when_they_are_asked_for(version: str, web3: str, tmp_path: Path) -> None:
    needs(version)
    environment = Environment.made(version, web3, "cli", "fsspec", "index", "proof", "testing")
    assert "No broken requirements" in environment.check()
    assert "Usage" in environment.run("proofdesk", "--help", folder=tmp_path)
    for name, text in FIRST_TESTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert "4 passed" in environment.run("pytest", "-q", folder=tmp_path)
    shown = environment.run("python", "-c", WITH_EXTRAS, folder=tmp_path)
    assert shown.splitlines() == ["memory://office/records", "verify_file"]


@long_only
@pytest.mark.parametrize("web3", WEB3)
def test_the_clients_own_tests_with_the_newest_packages(web3: str) -> None:
    environment = Environment.made(
        running(), web3, "fast", "fsspec", "index", "ops", "proof", "testing", groups=["client-tests"]
    )
    # Unlike an integrator's programs these start chains; of the run around them they are to know nothing.
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [environment.folder / "bin" / "python", "-m", "pytest", "-q", "tests/client"]
    run(*command, folder=ROOT, environment={**mine, "PROFILE": "quick"})
