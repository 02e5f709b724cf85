"""Puts the compiler where Brownie, slither and tools.build find it: `python -m tools.install_solc`.

The native build comes through py-solc-x where its host answers, and the locked npm build stands in where
it does not. Both give the same bytecode, which `python -m tools.build --check` holds against the ABIs in
the package, whichever of the two is at work.

`SOLC=npm` asks for the npm build without trying the other; CI does the same.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tools.compiler import ROOT, SOLC_FOLDER, STAND_IN, Settings

# py-solc-x sets no time limit of its own, and some networks drop packets instead of refusing them.
PROBE_SECONDS = 5
DOWNLOAD_SECONDS = 180


def _solcx(code: str, seconds: int) -> bool:
    """Runs one line of py-solc-x in a process that can be ended when the network hangs."""
    environment = os.environ | {"SOLCX_BINARY_PATH": str(SOLC_FOLDER)}
    command = [sys.executable, "-c", f"import solcx; {code}"]
    try:
        return subprocess.run(command, env=environment, capture_output=True, timeout=seconds).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def install(version: str, *, native: bool) -> str:
    """Installs solc and tells which build it is, "native" or "npm".

    >>> install("0.8.37", native=False)
    'npm'
    """
    SOLC_FOLDER.mkdir(exist_ok=True)
    target = SOLC_FOLDER / f"solc-v{version}"
    if target.is_file() and not target.is_symlink():
        return "native"
    target.unlink(missing_ok=True)
    if (
        native
        and _solcx("solcx.get_installable_solc_versions()", PROBE_SECONDS)
        and _solcx(f"solcx.install_solc('{version}')", DOWNLOAD_SECONDS)
    ):
        return "native"
    target.unlink(missing_ok=True)
    target.symlink_to(os.path.relpath(STAND_IN, SOLC_FOLDER))
    return "npm"


def main() -> None:
    """Installs the compiler that brownie-config.yaml names."""
    version = Settings.load().version
    native = os.environ.get("SOLC") != "npm" and not os.environ.get("CI")
    build = install(version, native=native)
    print(f"solc {version}, {build} build, in {SOLC_FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
