"""Empty virtual environments as an integrator makes them, for every Python that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.compiler import ROOT

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
WEB3 = ("7", "8")
FOLDER = ROOT / "build" / "wheel"
_UV = Path(sys.executable).with_name("uv")
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"


class MachineError(Exception):
    """A command of an environment failed; the message is its output."""


def run(*command: object, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """A command's output; raises MachineError with it when the command fails."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MachineError(f"{' '.join(map(str, command))}: {done.stdout.strip()}")
    return done.stdout


def running() -> str:
    """The version of the Python that runs this."""
    return "{}.{}".format(*sys.version_info)


@cache
def python(version: str) -> Path | None:
    """The Python of a version: the running one, one on the path, or one installed beside the running one."""
    for candidate in _candidates(version):
        # A version manager's shim may answer to a name and still run nothing.
        try:
            found, executable = run(candidate, "-c", _VERSION).split(maxsplit=1)
        except (OSError, MachineError, ValueError):
            continue
        if found == version:
            return Path(executable.strip())
    return None


def _candidates(version: str) -> Iterator[str]:
    if version == running():
        yield sys.executable
    if on_path := shutil.which(f"python{version}"):
        yield on_path
    for beside in sorted(Path(sys.base_prefix).parent.glob(f"*{version}*/bin/python{version}")):
        yield str(beside)


@cache
def wheel() -> Path:
    """The wheel, built from this checkout."""
    folder = FOLDER / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, folder=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment with the wheel and nothing but what the wheel asks for."""

    folder: Path

    @classmethod
    def made(cls, version: str, web3: str, *extras: str, groups: Sequence[str] = ()) -> Environment:
        """Made anew, with extras of the wheel and dependency groups of this checkout; raises MachineError.

        Versions and hashes are those of requirements-web3-*.lock.
        """
        base = python(version)
        assert base is not None, f"there is no Python {version}"
        folder = FOLDER / "-".join((f"python{version}", f"web3-{web3}", *extras, *groups))
        locked = ROOT / f"requirements-web3-{web3}.lock"
        uv = {"UV_CACHE_DIR": str(ROOT / ".cache" / "uv"), **os.environ}
        run(_UV, "venv", "-q", "--clear", "--python", base, folder, environment=uv)
        # Binary packages only: this is how it is without a compiler.
        options = ["--only-binary", ":all:", "--constraint", locked, "--python", folder / "bin" / "python"]
        wanted = [f"--group={name}" for name in groups]
        wanted.append(f"proofdesk[{','.join(extras)}] @ {wheel().as_uri()}")
        run(_UV, "pip", "install", "-q", *options, *wanted, folder=ROOT, environment=uv)
        return cls(folder)

    def check(self) -> str:
        """What pip finds of packages that do not fit each other; raises MachineError if it finds any."""
        return run(sys.executable, "-m", "pip", "--python", self.folder / "bin" / "python", "check")

    def run(self, command: str, *arguments: object, folder: Path, **variables: str) -> str:
        """The output of one of the environment's commands, which finds nothing else of this machine's."""
        path = self.folder / "bin"
        environment = {"PATH": str(path), "HOME": str(folder), **variables}
        return run(path / command, *arguments, folder=folder, environment=environment)
