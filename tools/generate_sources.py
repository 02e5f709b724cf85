"""The sources that the package ships, so that whoever deploys a contract can have it verified.

Paths and settings are those of the build: a contract's metadata names both, and its hash ends the bytecode.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tools.artifacts import Artifact
from tools.compiler import Settings


def render(
    deployable: Mapping[str, Artifact], output: dict[str, Any], sources: Mapping[str, str], settings: Settings
) -> str:
    """The compiler's version and settings, each deployable contract's path and sources, and the texts."""
    contracts, needed = {}, set()
    version = ""
    for name, artifact in sorted(deployable.items()):
        path = artifact["sourceName"]
        metadata = json.loads(output["contracts"][path][name]["metadata"])
        version = metadata["compiler"]["version"]
        contracts[name] = {"path": path, "sources": sorted(metadata["sources"])}
        needed |= set(metadata["sources"])
    asked = settings.for_solc({"*": ["abi", "metadata", "evm.bytecode", "evm.deployedBytecode"]})
    value = {
        "compiler": version,
        "settings": asked,
        "contracts": contracts,
        "sources": {path: sources[path] for path in sorted(needed)},
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
