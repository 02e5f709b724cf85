"""docs/command.md: its lines run as printed, every command is named, exit codes are the code's."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import proofdesk.cli
from proofdesk.cli._failures import CODES
from proofdesk.privacy.roles import USUAL
from proofdesk.privacy.seed import Seed
from tests.cli.counter import SECONDS, Counter
from tests.cli.test_commands import ALL, LEAVES
from tools.chain import ROOT

PAGE = (ROOT / "docs" / "command.md").read_text(encoding="utf-8")
LINES = [
    line.removeprefix("$ ")
    for block in re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def with_readers(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    """Give the desk roles that read, as `make up` does."""
    patch.setenv("PROOFDESK_KEYS_PASSWORD", "correct horse battery")
    Seed.new().save("team.keys", "correct horse battery", rounds=2)
    assert counter.run("key publish --keys team.keys --account {supervisor}").code == 0
    for role in USUAL:
        assert counter.run(f"key role {role} --member {{supervisor}} --account {{supervisor}}").code == 0
    patch.delenv("PROOFDESK_KEYS_PASSWORD")


def test_the_pages_lines_run_as_printed(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The desk of `make up`, as the page says.
    made = counter.run(f"deploy --config {ROOT / 'config' / 'demo.toml'} --account {{deployer}} --yes")
    assert made.code == 0, made
    Path("deployments/31337/development.json").unlink()
    with_readers(counter, monkeypatch)
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "proofdesk").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m proofdesk.cli "$@"\n', encoding="utf-8"
    )
    (folder / "proofdesk").chmod(0o755)
    script = "set -eu\n" + "\n".join(LINES).replace("http://127.0.0.1:8545", counter.chain.url)
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        # Each line that opens a seed does the work that keeps its password from being guessed.
        timeout=3 * SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert len(LINES) > 12


def test_every_command_is_named_and_no_other() -> None:
    table = PAGE[PAGE.index("## Commands") : PAGE.index("A ticket is named")]
    named, groups = set(), {name for name in ALL if name not in LEAVES}
    for row in table.splitlines():
        group = ""
        # `lane list` · `show`: a group is said once.
        for quoted in re.findall("`([^`]+)`", row.removeprefix("|").partition(" | ")[0]):
            word, _space, rest = quoted.partition(" ")
            if word in groups:
                group, word = f"{word} ", rest.partition(" ")[0]
            named.add(f"{group}{word}")
    # Options and shells that a row shows beside a command.
    assert {name for name in named if not re.search("--|zsh|fish", name)} == set(LEAVES)


def test_the_exit_codes_are_the_codes() -> None:
    shown = PAGE.split("<!-- exit codes -->\n")[1].split("<!-- /exit codes -->")[0]
    rows = "".join(f"| {code} | {meaning} |\n" for code, meaning in CODES.items())
    assert shown == f"| code | meaning |\n|---|---|\n{rows}"


@pytest.mark.parametrize("module", [module.name for module in iter_modules(proofdesk.cli.__path__)])
def test_examples_in_docstrings(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = doctest.testmod(import_module(f"proofdesk.cli.{module}")) if module != "__main__" else None
    assert found is None or found.failed == 0, capsys.readouterr().out


def test_the_example_of_main(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctest.testmod(proofdesk.cli).failed == 0, capsys.readouterr().out
