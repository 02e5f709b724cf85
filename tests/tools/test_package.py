"""The wheel holds what an integrator needs, and nothing that only this checkout does."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from configparser import ConfigParser

import pytest

from tools.build import PACKAGE
from tools.compiler import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_it_holds_every_file_of_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", PACKAGE.name],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    ours = {name for name in wheel.namelist() if ".dist-info/" not in name}
    # A catalogue is read compiled; its source is for translators.
    wanted = {name for name in tracked if name and not name.endswith(".po") and (ROOT / name).exists()}
    assert ours == wanted
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


@pytest.mark.parametrize(
    "name",
    [
        "abi/TicketDesk.json",
        "cli/locale/zh_CN/LC_MESSAGES/proofdesk.mo",
        "hints.json",
        "ops/gas.json",
        "ops/sources.json.gz",
        "proof/layout.json",
        "py.typed",
        "schemas/access-entry.schema.json",
        "schemas/audit.schema.json",
        "schemas/proof.schema.json",
        "schemas/record.v1.json",
        "schemas/sealed-record.schema.json",
        "schemas/signed-act.schema.json",
        "testing/desk.toml",
        "testing/syllabus.md",
    ],
)
def test_data_is_there_beside_the_code(wheel: zipfile.ZipFile, name: str) -> None:
    assert f"proofdesk/{name}" in wheel.namelist()


def test_the_command_and_the_fixtures_are_found(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    points = ConfigParser()
    points.read_string(wheel.read(name).decode())
    assert dict(points["console_scripts"]) == {"proofdesk": "proofdesk.cli:main"}
    assert dict(points["pytest11"]) == {"proofdesk": "proofdesk.testing.plugin"}
    for module in ("proofdesk/cli/__init__.py", "proofdesk/testing/plugin.py"):
        assert module in wheel.namelist()
