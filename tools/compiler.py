"""How the contracts are compiled: one compiler, one set of settings, those of brownie-config.yaml."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOLC_FOLDER = ROOT / ".solc"
STAND_IN = ROOT / "tools" / "solc" / "solc-v0.8.37"
SOURCE_FOLDERS = ("contracts", "interfaces")

# Any import form ends in a quoted path before its semicolon.
_IMPORT = re.compile(r"""^\s*import\b[^;'"]*?["']([^"']+)["']\s*;""", re.MULTILINE)


class BuildError(Exception):
    """The contracts cannot be compiled, or what is generated from them is out of date."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The compiler's version and settings."""

    version: str
    evm_version: str
    optimizer: dict[str, Any]
    via_ir: bool
    remappings: tuple[str, ...]

    @classmethod
    def load(cls, root: Path = ROOT) -> Settings:
        """Reads brownie-config.yaml.

        >>> Settings.load().evm_version
        'shanghai'
        """
        solc = yaml.safe_load((root / "brownie-config.yaml").read_text())["compiler"]["solc"]
        return cls(
            version=str(solc["version"]),
            evm_version=solc["evm_version"],
            optimizer=solc["optimizer"],
            via_ir=bool(solc.get("viaIR", False)),
            remappings=tuple(solc["remappings"]),
        )

    def for_solc(self, outputs: dict[str, list[str]]) -> dict[str, Any]:
        """The `settings` of solc's standard JSON; `outputs` maps "*" and "" to what is wanted of them."""
        return {
            "evmVersion": self.evm_version,
            "optimizer": self.optimizer,
            "viaIR": self.via_ir,
            "remappings": list(self.remappings),
            "outputSelection": {"*": outputs},
        }

    def resolve(self, name: str) -> str:
        """An import's path after remapping, relative to the project."""
        for remapping in self.remappings:
            prefix, _, target = remapping.partition("=")
            if name.startswith(prefix):
                return target + name.removeprefix(prefix)
        return name


def collect(settings: Settings, root: Path = ROOT) -> dict[str, str]:
    """Every source the project compiles, its imports included, by path relative to the project.

    Raises BuildError, naming the importing file, when an import is not there.
    """
    own = (path for folder in SOURCE_FOLDERS for path in (root / folder).rglob("*.sol"))
    paths = [path.relative_to(root).as_posix() for path in own]
    sources: dict[str, str] = {}
    while paths:
        path = paths.pop()
        if path in sources:
            continue
        sources[path] = (root / path).read_text(encoding="utf-8")
        for name in _IMPORT.findall(sources[path]):
            relative = name.startswith(".")
            # Paths of standard JSON are plain text: made shorter without a look at the disk.
            target = os.path.normpath(f"{path}/../{name}") if relative else settings.resolve(name)
            if not (root / target).is_file():
                hint = " (run make setup)" if target.startswith("node_modules/") else ""
                raise BuildError(f"{path} imports {name}: there is no {target}{hint}")
            paths.append(target)
    return dict(sorted(sources.items()))


def source_hash(sources: dict[str, str], settings: Settings) -> str:
    """A hash of everything the compiler's output depends on, hexadecimal."""
    digest = sha256(repr(settings).encode())
    for path, text in sources.items():
        digest.update(f"{path}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()


def compile_standard(
    sources: dict[str, str], settings: Settings, outputs: dict[str, list[str]]
) -> dict[str, Any]:
    """Compiles by standard JSON through py-solc-x; "warnings" of the output are those of our own sources.

    Raises BuildError with the compiler's own words.
    """
    import solcx

    if not os.environ.get("SOLCX_BINARY_PATH"):
        os.environ["SOLCX_BINARY_PATH"] = str(SOLC_FOLDER)
    request = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sources.items()},
        "settings": settings.for_solc(outputs),
    }
    try:
        output: dict[str, Any] = solcx.compile_standard(request, solc_version=settings.version)
    except solcx.exceptions.SolcNotInstalled as error:
        raise BuildError(f"solc {settings.version} is not installed: run make setup") from error
    except solcx.exceptions.SolcError as error:
        raise BuildError(error.message) from error
    output["warnings"] = [
        error["formattedMessage"]
        for error in output.pop("errors", ())
        if error["severity"] == "warning"
        and not error.get("sourceLocation", {}).get("file", "").startswith("node_modules/")
    ]
    return output
