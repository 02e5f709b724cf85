"""Writes proofdesk/proof/layout.json: which slots hold what is proven, where immutables stand in the code."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tools.artifacts import Artifact
from tools.compiler import BuildError
from tools.generate_moves import walk

# What proofs read, and as what: proofdesk/proof/slots.py derives the slots of these kinds.
PROVEN: Mapping[str, Mapping[str, str]] = {
    "TicketDesk": {
        "_lanes": "mapping(uint256 => LaneWord)",
        "_peaks": "mapping(uint256 => bytes32[40])",
        "_tickets": "mapping(bytes32 => TicketWord)",
    },
    "AgentCertification": {"_certificates": "mapping(uint256 => CertificateWord)"},
    "RecordAnchor": {"anchoredAt": "mapping(bytes32 => uint256)"},
}


def slots(contract: str, layout: Mapping[str, Any]) -> dict[str, int]:
    """The slot of each variable that is proven; raises BuildError where it is gone, or of another kind."""
    variables = {variable["label"]: variable for variable in layout["storage"]}
    found = {}
    for name, kind in PROVEN[contract].items():
        if name not in variables:
            raise BuildError(f"{contract} has no variable {name} any more, which proof files read")
        actual = layout["types"][variables[name]["type"]]["label"]
        if actual != kind:
            raise BuildError(f"{contract}: {name} is {actual}, proof files read it as {kind}")
        found[name] = int(variables[name]["slot"])
    return found


def immutables(output: Mapping[str, Any], references: Mapping[str, Any]) -> dict[str, list[int]]:
    """Where each immutable variable stands in the runtime code, 32 bytes each; raises BuildError."""
    names = {
        str(node["id"]): node["name"]
        for source in output["sources"].values()
        for node in walk(source["ast"])
        if node.get("nodeType") == "VariableDeclaration" and node["mutability"] == "immutable"
    }
    found: dict[str, list[int]] = defaultdict(list)
    for id_, places in references.items():
        if any(place["length"] != 32 for place in places) or names[id_] in found:
            raise BuildError(f"the immutable {names[id_]} is not as proof files read it")
        found[names[id_]] = sorted(place["start"] for place in places)
    return dict(found)


def render(deployable: Mapping[str, Artifact], output: Mapping[str, Any]) -> str:
    """The file's text."""
    layouts = {}
    for name in PROVEN:
        compiled = output["contracts"][deployable[name]["sourceName"]][name]
        references = compiled["evm"]["deployedBytecode"].get("immutableReferences", {})
        layouts[name] = {
            "slots": slots(name, compiled["storageLayout"]),
            "immutables": immutables(output, references),
        }
    return json.dumps(layouts, indent=1, sort_keys=True) + "\n"
