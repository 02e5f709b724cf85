"""What tests, benchmarks and the package read of the compiler's output: one JSON object a contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from tools.compiler import BuildError, Settings

# Under contracts/, these hold what is never deployed by itself.
NOT_SHIPPED = ("contracts/test/", "contracts/types/", "contracts/libraries/")

Artifact = dict[str, Any]


def _sources_hash(metadata: str) -> str:
    """One hash of the sources a contract is made of, so that others' changes leave its artifact as it is."""
    sources = json.loads(metadata)["sources"]
    hashes = {path: sources[path]["keccak256"] for path in sorted(sources)}
    return sha256(json.dumps(hashes).encode()).hexdigest()


def _definitions(output: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every contract's AST node with its file, libraries and interfaces included."""
    for path, source in output["sources"].items():
        for node in source["ast"]["nodes"]:
            if node["nodeType"] == "ContractDefinition":
                yield path, node


def artifacts(output: dict[str, Any], settings: Settings) -> dict[str, Artifact]:
    """The project's own contracts, interfaces and harnesses, by name.

    Raises BuildError when two of them share a name: Brownie and the package tell contracts apart by name.
    """
    found: dict[str, Artifact] = {}
    for path, node in _definitions(output):
        if path.startswith("node_modules/"):
            continue
        name = node["name"]
        if name in found:
            raise BuildError(f"{path} and {found[name]['sourceName']} both define {name}: rename one of them")
        compiled = output["contracts"][path][name]
        runtime = compiled["evm"]["deployedBytecode"]
        found[name] = {
            "contractName": name,
            "sourceName": path,
            "kind": "abstract" if node["abstract"] else node["contractKind"],
            "compiler": {
                "version": settings.version,
                "evmVersion": settings.evm_version,
                "optimizer": settings.optimizer,
                "viaIR": settings.via_ir,
            },
            "sourceHash": _sources_hash(compiled["metadata"]) if compiled["metadata"] else "",
            "abi": compiled["abi"],
            "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
            "deployedBytecode": "0x" + runtime["object"],
            # Where the constructor writes: these bytes differ from one deployment to the next.
            "immutableReferences": sorted(
                (place for places in runtime.get("immutableReferences", {}).values() for place in places),
                key=lambda place: int(place["start"]),
            ),
        }
    return found


def is_shipped(artifact: Artifact) -> bool:
    """Whether the contract is deployable and so belongs into the package."""
    ours = artifact["sourceName"].startswith("contracts/")
    return artifact["kind"] == "contract" and ours and not artifact["sourceName"].startswith(NOT_SHIPPED)


def shipped(all_artifacts: dict[str, Artifact]) -> dict[str, Artifact]:
    """The deployable contracts, by name."""
    return {name: artifact for name, artifact in sorted(all_artifacts.items()) if is_shipped(artifact)}
