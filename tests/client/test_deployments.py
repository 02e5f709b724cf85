"""Manifests: written the same each time, read back equal, found in the stated order, refused by field."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofdesk import _deployments as deployments
from proofdesk._abi import artifact
from proofdesk._deployments import Contract, Deployment, find, load
from proofdesk._errors import ConfigurationError, DeploymentMismatch, DeploymentNotFound
from proofdesk._words import keccak, to_hex

HASH = "0x" + 64 * "a"
ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
DESK = Deployment(
    desk="demo",
    chain_id=31337,
    genesis_hash=HASH,
    created="2026-01-31T12:00:00Z",
    commit="0123456789abcdef",
    compiler={"version": "0.8.37", "settings": {"evmVersion": "shanghai"}},
    contracts={"TicketDesk": Contract(ADDRESS, (ADDRESS, "退款", 7), HASH, 3, HASH, HASH)},
    roles={"SUPERVISOR": (ADDRESS,)},
    lanes={"refunds": 1, "security": 2},
    programs={"crypto-payments": 1},
)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, a package and an environment without deployments."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.delenv(deployments.ENVIRONMENT, raising=False)
    monkeypatch.setattr(deployments, "PACKAGED", tmp_path / "packaged")
    return work


# -------------------------------------------------------------------------------------- writing and reading


def test_a_manifest_reads_back_equal(tmp_path: Path) -> None:
    path = DESK.save(tmp_path)
    assert path == tmp_path / "31337" / "demo.json"
    assert load(path) == DESK


def test_a_chain_may_be_the_first_and_a_block_its_genesis(tmp_path: Path) -> None:
    first = replace(DESK, chain_id=1, contracts={"TicketDesk": replace(DESK.contract("TicketDesk"), block=0)})
    assert load(first.save(tmp_path)) == first


def test_equal_deployments_give_equal_bytes(tmp_path: Path) -> None:
    first = DESK.save(tmp_path / "a").read_bytes()
    other = replace(DESK, lanes=dict(reversed(DESK.lanes.items())), contracts=dict(DESK.contracts))
    assert other.save(tmp_path / "b").read_bytes() == first
    assert first.endswith(b"}\n")
    assert json.loads(first)["format"] == "proofdesk-deployment/1"


def test_a_manifest_is_replaced_in_one_step_and_public(tmp_path: Path) -> None:
    begun = replace(DESK, contracts={}, roles={}, lanes={}, programs={})
    path = begun.save(tmp_path)
    assert load(path) == begun
    assert DESK.save(tmp_path) == path
    assert load(path) == DESK
    assert [item.name for item in path.parent.iterdir()] == ["demo.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("name", ["../demo", "Demo Desk", "", "x" * 64])
def test_a_desks_name_is_a_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"the desk's name: .* lower-case letters, digits and hyphens"
    ):
        replace(DESK, desk=name).save(tmp_path)
    assert not list(tmp_path.rglob("*.json"))


def test_names_of_lanes_programs_and_contracts_lead_to_numbers_and_addresses() -> None:
    assert (DESK.lane("security"), DESK.lane(2), DESK.program("crypto-payments")) == (2, 2, 1)
    assert DESK.contract("TicketDesk").address == ADDRESS
    with pytest.raises(ConfigurationError, match="desk demo has no lane 'refund'; it has refunds, security"):
        DESK.lane("refund")
    with pytest.raises(ConfigurationError, match="has no program 'x'; it has crypto-payments"):
        DESK.program("x")
    with pytest.raises(ConfigurationError, match="has no ClaimDesk; it has TicketDesk"):
        DESK.contract("ClaimDesk")


# -------------------------------------------------------------------------------------------- bad manifests


def manifest(tmp_path: Path, changes: Mapping[str, Any]) -> Path:
    path = DESK.save(tmp_path)
    value = json.loads(path.read_bytes()) | changes
    path.write_text(
        json.dumps({name: item for name, item in value.items() if item is not None}), encoding="utf-8"
    )
    return path


def contract(**changes: Any) -> dict[str, Any]:
    fields = {"address": ADDRESS, "arguments": [], "transaction": HASH, "block": 1}
    fields |= {"code_hash": HASH, "bytecode_hash": HASH}
    return {"contracts": {"TicketDesk": fields | changes}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "proofdesk-ticket/1"}, "is no manifest of format proofdesk-deployment/1"),
        (
            {"format": "proofdesk-deployment/2"},
            r"a newer proofdesk \(.*\), this is .*: pip install --upgrade",
        ),
        ({"version": "100.1", "colour": 1}, r"written by a newer proofdesk \('100\.1'\), this is "),
        ({"version": "0.0.1", "colour": 1}, "colour: is not known here"),
        ({"version": "latest"}, "version: 'latest' must be a package's version"),
        ({"desk": "My Desk"}, "desk: 'My Desk' must be lower-case"),
        ({"chain_id": "31337"}, "chain_id: '31337' must be a chain's id"),
        ({"chain_id": True}, "chain_id: True must be a chain's id"),
        ({"genesis_hash": None}, "genesis_hash: is missing"),
        ({"genesis_hash": "0x12"}, "genesis_hash: '0x12' must be 0x and 64 lower-case hex"),
        ({"created": "yesterday"}, "created: 'yesterday' must be like 2026-01-31T12:00:00Z"),
        ({"commit": "main"}, "commit: 'main' must be a git commit"),
        ({"compiler": "0.8.37"}, "compiler: must be an object"),
        ({"roles": {"SUPERVISOR": ADDRESS}}, "roles: SUPERVISOR: must be a list"),
        ({"roles": {"SUPERVISOR": [ADDRESS, "me"]}}, "roles: SUPERVISOR: 1: 'me' must be an address"),
        ({"lanes": {"refunds": 0}}, "lanes: refunds: 0 must be a number from 1 up"),
        ({"lanes": {"re\x1b[2Jfunds": 1}}, r"lanes: a name: 're\\x1b\[2Jfunds' must be lower-case letters"),
        ({"programs": {"Cards & more": 1}}, "programs: a name: 'Cards & more' must be lower-case letters"),
        (
            {"contracts": {"Ticket\nDesk": {}}},
            r"contracts: a name: 'Ticket\\nDesk' must be letters and digits",
        ),
        ({"roles": {"\u202eadmin": []}}, r"roles: a name: '\\u202eadmin' must be letters and digits"),
        ({"col\x1b[2Jour": "red"}, r"col\?\[2Jour: is not known here"),
        ({"colour": "red"}, "colour: is not known here"),
        (contract(address="0x1"), "contracts: TicketDesk: address: '0x1' must be an address"),
        ({"contracts": {"TicketDesk": 5}}, "contracts: TicketDesk: must be an object"),
        (contract(block=-1), "contracts: TicketDesk: block: -1 must be a block's number"),
        (contract(owner=ADDRESS), "contracts: TicketDesk: owner: is not known here"),
    ],
)
def test_a_malformed_manifest_is_refused_by_field(
    tmp_path: Path, changes: Mapping[str, Any], message: str
) -> None:
    path = manifest(tmp_path, changes)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_a_manifest_that_is_not_there_or_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no deployment manifest .*none\.json"):
        load(tmp_path / "none.json")
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load(tmp_path)
    (tmp_path / "half.json").write_text('{"format": "proof', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"half\.json is no JSON; restore it, or deploy again"):
        load(tmp_path / "half.json")


# -------------------------------------------------------------------------------------------------- finding


def test_the_order_is_argument_environment_working_folder_package(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged, worked, told, passed = (
        replace(DESK, desk=name) for name in ("packaged", "worked", "told", "passed")
    )

    packaged.save(deployments.PACKAGED)
    assert find(31337) == packaged
    worked.save(alone / "deployments")
    assert find(31337) == worked
    assert find(31337, "packaged") == packaged
    path = told.save(tmp_path / "told")
    monkeypatch.setenv(deployments.ENVIRONMENT, str(path))
    assert find(31337) == told
    monkeypatch.setenv(deployments.ENVIRONMENT, str(tmp_path / "told"))
    assert find(31337) == told
    path = passed.save(tmp_path / "passed")
    assert find(31337, path=path) == passed
    assert find(31337, path=str(tmp_path / "passed")) == passed


def test_none_says_where_it_looked_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        DeploymentNotFound, match=r"no deployment of a desk on chain 5 in deployments, .*packaged"
    ) as caught:
        find(5)
    assert "set PROOFDESK_DEPLOYMENT" in str(caught.value)
    assert (caught.value.chain_id, caught.value.candidates) == (5, ())
    with pytest.raises(DeploymentNotFound, match="no deployment of desk demo on chain 5"):
        find(5, "demo")
    with pytest.raises(DeploymentNotFound, match=r"no deployment of a desk on chain 5 in .*nowhere"):
        find(5, path=tmp_path / "nowhere")


def test_several_are_listed_and_a_name_decides(alone: Path) -> None:
    other = replace(DESK, desk="other")
    paths = [desk.save(alone / "deployments") for desk in (DESK, other)]
    with pytest.raises(
        DeploymentNotFound, match="several desks in deployments: demo, other; name the one"
    ) as caught:
        find(31337)
    assert [Path(path).resolve() for path in caught.value.candidates] == paths
    assert find(31337, "other") == other


def test_a_path_to_another_chains_manifest_is_a_mismatch(tmp_path: Path) -> None:
    path = DESK.save(tmp_path)
    with pytest.raises(
        DeploymentMismatch, match="the chain id is 1, but the deployment says 31337"
    ) as caught:
        find(1, path=path)
    assert (caught.value.expected, caught.value.found) == (31337, 1)


# ----------------------------------------------------------------------------------------------- its version


def test_the_version_is_the_packages() -> None:
    package = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{deployments.VERSION}"\n' in package


def test_a_manifest_older_than_versions_is_read(tmp_path: Path) -> None:
    assert load(manifest(tmp_path, {"version": None})).version == ""


def test_a_newer_manifest_that_can_be_read_is_read(tmp_path: Path) -> None:
    assert load(manifest(tmp_path, {"version": "100.1"})).version == "100.1"


@pytest.mark.parametrize(
    ("version", "newer"), [("0.0.99", False), (deployments.VERSION, False), ("0.10.0", True), ("", False)]
)
def test_versions_are_compared_by_numbers(version: str, newer: bool) -> None:
    assert deployments.is_newer(version) is newer


def test_a_newer_desk_of_other_contracts_is_refused(tmp_path: Path) -> None:
    newer = replace(DESK, version="100.1")
    with pytest.raises(
        ConfigurationError,
        match=r'TicketDesk of desk demo .* by proofdesk 100\.1, this is .*"proofdesk>=100\.1"',
    ):
        deployments.refuse_newer(newer)
    # An older one, and one whose contracts did not change, are read.
    deployments.refuse_newer(replace(DESK, version="0.0.1"))
    code = keccak(bytes.fromhex(artifact("TicketDesk")["bytecode"][2:]))
    contract = replace(DESK.contract("TicketDesk"), bytecode_hash=to_hex(code))
    deployments.refuse_newer(replace(newer, contracts={"TicketDesk": contract}))
    # Nor does one that has more of them than this package knows.
    more = {"TicketDesk": contract, "KnowledgeBase": DESK.contract("TicketDesk")}
    deployments.refuse_newer(replace(newer, contracts=more))
