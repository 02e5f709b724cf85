"""The fixtures as an integrator meets them: a project of its own, where pytest finds them by itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
EXAMPLE = "\n\n".join(
    re.findall(r"^<!-- example: test_\w+\.py -->\n```py\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
)

ISOLATED = """
import asyncio
import sys
import time
from datetime import timedelta

import eth_account
import pytest

from proofdesk import AsyncDesk, Desk

RECURSION = sys.getrecursionlimit()


def test_py_evm_leaves_the_recursion_limit_alone(desk):
    assert sys.getrecursionlimit() == RECURSION


@pytest.mark.parametrize("run", range(3))
def test_a_test_leaves_no_trace(desk, desk_people, desk_clock, run):
    assert desk.node.height() == HEIGHT.setdefault("height", desk.node.height())
    assert len(list(desk.archive.store)) == HEIGHT.setdefault("records", len(list(desk.archive.store)))
    assert desk_clock.now < HEIGHT.setdefault("time", desk_clock.now) + timedelta(hours=1)
    assert [lane.waiting for lane in map(desk.lanes.get, desk.deployment.lanes)] == [0, 2, 0, 0]
    ticket = desk.tickets.open(lane="payments", content="Hello?")
    assert desk.lanes.next_in_line("payments") == ticket
    desk_clock.advance(timedelta(days=3))


HEIGHT = {}


def test_three_acts_do_not_take_seconds(desk, desk_people):
    started = time.process_time()
    ticket = desk.tickets.open(lane="payments", content="Hello?")
    desk_people.agent.tickets.take(ticket)
    desk_people.agent.tickets.reply(ticket.id, "Yes?")
    assert time.process_time() - started < 10


def test_code_that_connects_by_itself(desk, desk_url):
    assert Desk.connect(desk_url, deployment=desk.deployment).lanes.get("orders").waiting == 2


def test_code_that_is_awaited(desk, desk_url):
    async def waiting():
        seen = await AsyncDesk.connect(desk_url, deployment=desk.deployment)
        return (await seen.lanes.get("orders")).waiting

    assert asyncio.run(waiting()) == 2
"""

# Hides a distribution's modules, as if it had not been installed.
WITHOUT_PY_EVM = """
import sys

sys.modules["eth"] = None
"""


def run(folder: Path, test: str, *, conftest: str = "") -> subprocess.CompletedProcess[str]:
    """pytest in a folder of its own, with the plugins that are installed; Brownie's would start a chain."""
    (folder / "test_desk.py").write_text(test, encoding="utf-8")
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:pytest-brownie", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_the_example_of_the_documentation_runs_as_printed(tmp_path: Path) -> None:
    done = run(tmp_path, EXAMPLE)
    assert "4 passed" in done.stdout, done.stdout + done.stderr


def test_tests_are_isolated_quick_and_may_connect_by_address(tmp_path: Path) -> None:
    done = run(tmp_path, ISOLATED)
    assert "7 passed" in done.stdout, done.stdout + done.stderr


def test_without_the_extra_the_fixture_says_what_to_install(tmp_path: Path) -> None:
    done = run(tmp_path, "def test_one(desk): pass\n\ndef test_other(): pass\n", conftest=WITHOUT_PY_EVM)
    assert re.search("1 passed.*1 error", done.stdout), done.stdout + done.stderr
    assert "needs eth, which is not installed: pip install 'proofdesk[testing]'" in done.stdout
    assert "Traceback" not in done.stdout


def test_who_uses_no_fixture_pays_nothing_for_the_plugin(tmp_path: Path) -> None:
    heavy = (
        "def test_one():\n    import sys\n    assert not {'web3', 'eth', 'eth_account'} & set(sys.modules)\n"
    )
    done = run(tmp_path, heavy)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_projects_own_fixture_of_the_same_name_goes_first(tmp_path: Path) -> None:
    own = "import pytest\n\n@pytest.fixture\ndef desk(): return 'own'\n"
    done = run(tmp_path, "def test_one(desk): assert desk == 'own'\n", conftest=own)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "name", ["desk", "desk_people", "sealed_desk", "sealed_desk_people", "desk_clock", "desk_url"]
)
def test_fixtures_are_documented(name: str) -> None:
    assert re.search(rf"^\| .*`{name}`.* \|", PAGE.read_text("utf-8"), re.M)
