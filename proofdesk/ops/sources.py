"""What explorers and Sourcify need to verify a desk's contracts: files to upload, nothing is sent from here.

The compiler's input has the paths and settings of the build that this package ships, so that the match is
exact, metadata included. Explorers are given it as "standard JSON input"; Sourcify takes it as one request.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from proofdesk._abi import artifact, encode_constructor
from proofdesk._deployments import Contract, Deployment
from proofdesk._errors import ConfigurationError
from proofdesk.ops._code import bytecode_hash, origin
from proofdesk.ops.network import Network

FOLDER = "sources"
_SOURCIFY = "https://sourcify.dev/server/v2/verify"


@dataclass(frozen=True, slots=True)
class Source:
    """What verifies one contract; `compiler` and `identifier` are as explorers' forms ask for them.

    `arguments` is the constructor's, ABI-encoded, hex without 0x. `input` and `request` are files, for an
    explorer and for Sourcify; the URLs say where they go, `explorer_url` is empty where none is known.
    """

    name: str
    address: str
    compiler: str
    identifier: str
    arguments: str
    input: Path
    request: Path
    explorer_url: str
    sourcify_url: str

    def __str__(self) -> str:
        lines = [
            f"{self.name} at {self.address}",
            f"compiler     {self.compiler}, standard JSON input: {self.input}",
            f"contract     {self.identifier}",
            f"arguments    {self.arguments}",
            f"explorer     {self.explorer_url or 'its own form, with the four above'}",
            f"sourcify     curl -H 'Content-Type: application/json' -d @{self.request} {self.sourcify_url}",
        ]
        return "\n  ".join(lines)


def standard_input(contract: str) -> dict[str, Any]:
    """The compiler's standard JSON input that gives a shipped contract, byte for byte.

    Raises ConfigurationError for a contract that this package does not ship.

    >>> standard_input("TicketDesk")["settings"]["evmVersion"]
    'shanghai'
    """
    artifact(contract)
    known = _shipped()
    return {
        "language": "Solidity",
        "sources": {
            path: {"content": known["sources"][path]} for path in known["contracts"][contract]["sources"]
        },
        "settings": known["settings"],
    }


def write_sources(
    deployment: Deployment, network: Network | None = None, *, path: str | Path | None = None
) -> tuple[Source, ...]:
    """Write what verifies a desk's contracts to <path>/<chainId>/<desk>/, sources/ by default.

    Raises ConfigurationError where the desk was deployed by another version of this package: its sources are
    others.

    >>> [source.name for source in write_sources(deployment, path=folder)][:3]
    ['AgentCertification', 'ClaimDesk', 'CompensationDesk']
    """
    for name, contract in deployment.contracts.items():
        if contract.bytecode_hash != bytecode_hash(name):
            raise ConfigurationError(
                f"{name} of desk {deployment.desk} was not made of the sources of this package: write them "
                f"with {origin(deployment)}"
            )
    folder = Path(path or FOLDER) / str(deployment.chain_id) / deployment.desk
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(
        _write(deployment, name, contract, network, folder)
        for name, contract in sorted(deployment.contracts.items())
    )


def _write(
    deployment: Deployment, name: str, contract: Contract, network: Network | None, folder: Path
) -> Source:
    compiled = standard_input(name)
    version, identifier = _shipped()["compiler"], f"{_shipped()['contracts'][name]['path']}:{name}"
    code = encode_constructor(name, *contract.arguments)
    explorer = network.explorer if network else ""
    source = Source(
        name=name,
        address=contract.address,
        compiler=f"v{version}",
        identifier=identifier,
        arguments=code[len(bytes.fromhex(artifact(name)["bytecode"][2:])) :].hex(),
        input=folder / f"{name}.json",
        request=folder / f"{name}.sourcify.json",
        explorer_url=explorer and f"{explorer}/verifyContract?a={contract.address}",
        sourcify_url=f"{_SOURCIFY}/{deployment.chain_id}/{contract.address}",
    )
    _dump(source.input, compiled)
    _dump(
        source.request,
        {
            "stdJsonInput": compiled,
            "compilerVersion": version,
            "contractIdentifier": identifier,
            "creationTransactionHash": contract.transaction,
        },
    )
    (folder / f"{name}.arguments.txt").write_text(source.arguments + "\n", encoding="utf-8")
    return source


def shown(sources: Iterable[Source]) -> str:
    """What to do with each contract's files, for a terminal."""
    return "\n".join(map(str, sources))


def _dump(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@cache
def _shipped() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(
        gzip.decompress((Path(__file__).parent / "sources.json.gz").read_bytes())
    )
    return found
