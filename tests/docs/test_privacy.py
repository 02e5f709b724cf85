"""docs/privacy.md: its blocks run one after the other and print what they say; its tables are the code's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.stage import ACCOUNTS, Stage
from demo.up import USUAL_PORT, leave_keys, seed
from proofdesk.privacy.roles import USUAL
from proofdesk.privacy.writing import INTERNAL
from tests.docs.test_examples import BLOCK
from tools.chain import Chain

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "privacy.md").read_text("utf-8")
BLOCKS = BLOCK.findall(PAGE)
SAID = "# > "
SECONDS = 120


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The desk of `make up` in this folder."""
    monkeypatch.chdir(tmp_path)
    with Chain.anvil(accounts=ACCOUNTS) as chain:
        stage = Stage(chain, Path("records") / str(chain.chain_id) / "demo")
        stage.deploy(folder=Path("deployments"))
        seed(stage)
        leave_keys()
        yield chain.url


def test_the_blocks_print_what_they_say(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for block in BLOCKS:
        capsys.readouterr()
        here = block.replace(f"127.0.0.1:{USUAL_PORT}", url.removeprefix("http://"))
        exec(compile(here, "example", "exec"), names)
        said = [line.removeprefix(SAID) for line in block.splitlines() if line.startswith(SAID)]
        assert capsys.readouterr().out.splitlines() == said, block
    assert len(BLOCKS) >= 6


def test_the_commands_run_as_printed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE, re.M | re.S)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(lines) > 10
    for name in [name for name in os.environ if name.startswith("PROOFDESK_")]:
        monkeypatch.delenv(name)
    script = 'proofdesk() { "$PYTHON" -m proofdesk.cli "$@"; }\nset -eux\n' + "\n".join(lines)
    environment = {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "PROOFDESK_NODE": url}
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "no difference" in done.stdout


def test_the_table_of_readers_is_the_codes() -> None:
    for row in re.findall(r"^\| (`.+`.*?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| no \|", PAGE, re.M):
        kinds = set(re.findall(r"`(\w+)`", row[0]))
        assert kinds
        for kind in kinds:
            assert (row[1] == "no") == (kind in INTERNAL)
            for role, told in zip(("agents", "supervisors", "auditors"), row[2:], strict=True):
                assert (told == "yes") == (kind in USUAL[role]), (kind, role)
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+`.*?) \|", PAGE, re.M))))
    assert told >= USUAL["auditors"]
