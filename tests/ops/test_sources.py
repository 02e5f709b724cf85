"""The exported input gives the deployed code, byte for byte, and is written for those who verify."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofdesk._abi import artifact, encode_constructor
from proofdesk._errors import ConfigurationError
from proofdesk.ops._code import code_at
from proofdesk.ops.network import Network
from proofdesk.ops.sources import shown, standard_input, write_sources
from tests.ops.conftest import Deployed
from tools import build
from tools.compiler import Settings
from tools.install_solc import SOLC_FOLDER

EXPLORER = Network("mine", 31337, explorer="https://explorer.example")


def compiled(standard: dict[str, Any]) -> dict[str, Any]:
    """By the project's compiler, from nothing but the exported input."""
    import os

    import solcx

    os.environ.setdefault("SOLCX_BINARY_PATH", str(SOLC_FOLDER))
    output: dict[str, Any] = solcx.compile_standard(standard, solc_version=Settings.load().version)
    return output


@pytest.mark.parametrize("name", ["AgentCertification", "DeskAccess", "TicketDesk"])
def test_the_exported_input_gives_the_deployed_code(desk: Deployed, name: str) -> None:
    from proofdesk._rpc import Node

    (source,) = (item for item in write_sources(desk.deployment, path=desk.folder) if item.name == name)
    standard = json.loads(source.input.read_text(encoding="utf-8"))
    path, _, contract = source.identifier.partition(":")
    evm = compiled(standard)["contracts"][path][contract]["evm"]
    # What was created is what the input gives, and the arguments that were written beside it.
    creation = bytes.fromhex(evm["bytecode"]["object"]) + bytes.fromhex(source.arguments)
    assert creation == encode_constructor(name, *desk.deployment.contract(name).arguments)
    runtime, deployed = (
        bytearray.fromhex(evm["deployedBytecode"]["object"]),
        code_at(Node(desk.w3), source.address),
    )
    for places in evm["deployedBytecode"].get("immutableReferences", {}).values():
        for place in places:
            start, end = place["start"], place["start"] + place["length"]
            runtime[start:end] = deployed[start:end]
    # The code ends in the metadata's hash, so that this is a match of that too.
    assert bytes(runtime) == deployed
    assert deployed[-53:].startswith(bytes.fromhex("a264697066735822"))


def test_an_input_holds_only_the_contracts_own_sources() -> None:
    sources = {name: set(standard_input(name)["sources"]) for name in ("DeskAccess", "TicketDesk")}
    assert "contracts/TicketDesk.sol" in sources["TicketDesk"] - sources["DeskAccess"]
    assert not any(path.startswith("contracts/test/") for path in sources["TicketDesk"])


def test_says_where_each_file_goes(desk: Deployed) -> None:
    sources = write_sources(desk.deployment, EXPLORER, path=desk.folder)
    folder = desk.folder / "31337" / "development"
    for source in sources:
        assert source.explorer_url == f"https://explorer.example/verifyContract?a={source.address}"
        assert source.sourcify_url == f"https://sourcify.dev/server/v2/verify/31337/{source.address}"
        assert (folder / f"{source.name}.arguments.txt").read_text(
            encoding="utf-8"
        ).strip() == source.arguments
        request = json.loads(source.request.read_text(encoding="utf-8"))
        assert request["stdJsonInput"] == standard_input(source.name)
        assert request["contractIdentifier"] == source.identifier
        assert request["creationTransactionHash"] == desk.deployment.contract(source.name).transaction
        assert source.compiler == f"v{request['compilerVersion']}"
        assert source.compiler.startswith(f"v{artifact(source.name)['compiler']['version']}+commit.")
    text = shown(sources)
    assert text.count("\n  compiler ") == len(sources)
    assert f"-d @{folder / 'TicketDesk.sourcify.json'} https://sourcify.dev/" in text
    assert "its own form" in shown(write_sources(desk.deployment, path=desk.folder))


def test_refuses_a_desk_of_other_sources(desk: Deployed) -> None:
    contract = replace(desk.deployment.contract("TicketDesk"), bytecode_hash="0x" + 64 * "1")
    other = replace(
        desk.deployment, contracts={**desk.deployment.contracts, "TicketDesk": contract}, version="0.0.7"
    )
    with pytest.raises(ConfigurationError, match=r'TicketDesk .* pip install "proofdesk==0\.0\.7"'):
        write_sources(other, path=desk.folder / "other")
    assert not (desk.folder / "other").exists()


def test_refuses_a_contract_that_is_not_shipped() -> None:
    with pytest.raises(ConfigurationError, match="ships no contract 'ActLogHarness'"):
        standard_input("ActLogHarness")


def test_the_committed_sources_are_compared_as_texts(tmp_path: Path) -> None:
    path = tmp_path / "sources.json.gz"
    path.write_bytes(gzip.compress(b"sources", compresslevel=1))
    assert build._holds(path, "sources")
    assert not build._holds(path, "other sources")
