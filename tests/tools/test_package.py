"""The wheel holds what an integrator needs, and nothing that only this checkout does."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from tools.build import PACKAGE
from tools.compiler import ROOT


def test_the_wheel_holds_the_package_with_its_data_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    ours = [name for name in names if ".dist-info/" not in name]
    assert all(name.startswith("proofdesk/") for name in ours)
    assert "proofdesk/py.typed" in ours
    for path in [*PACKAGE.glob("abi/*.json"), *PACKAGE.glob("schemas/*.json"), *PACKAGE.rglob("*.py")]:
        assert path.relative_to(ROOT).as_posix() in ours
    assert any(name.endswith("licenses/LICENSE") for name in names)
