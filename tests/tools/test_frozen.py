"""What is frozen is seen to change, whatever of it changes, and nothing writes it anew."""

from __future__ import annotations

import doctest
import json
import sys
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.claim_items import (
    DECIDE_CLAIM,
    EVIDENCE,
    FILE_CLAIM,
    RECEIPT,
    ClaimState,
    Failed,
    Reason,
    Verdict,
)
from tests.helpers.desk import Act, ticket_id
from tests.helpers.signed import TYPES
from tests.helpers.table import Kind
from tools import frozen, snapshot
from tools.artifacts import Artifact, artifacts, shipped
from tools.build import compiled
from tools.compiler import Settings

RECORDED = json.loads(frozen.FROZEN.read_text(encoding="utf-8"))


@pytest.fixture
def built() -> dict[str, Artifact]:
    """A copy to change."""
    return deepcopy(shipped(artifacts(compiled(), Settings.load())))


def now(built: dict[str, Artifact], sources: dict[str, str]) -> dict[str, Any]:
    return frozen.frozen(built, sources)


def test_the_sources_are_what_is_frozen(built: dict[str, Artifact]) -> None:
    text = frozen.text(now(built, frozen.sources()))
    recorded = frozen.FROZEN.read_text(encoding="utf-8")
    assert frozen.differences(text, recorded) == [], frozen.REFUSAL


def test_it_holds_what_the_design_names() -> None:
    assert RECORDED["words"]["TicketWord"]["budget"] == "240-255"
    assert list(RECORDED["words"]) == ["CertificateWord", "LaneWord", "TicketWord"]
    assert sum(RECORDED["leaf"]["bytes"].values()) == 125
    assert set(TYPES.values()) < set(RECORDED["typed data"])
    assert {RECEIPT, EVIDENCE, FILE_CLAIM, DECIDE_CLAIM} < set(RECORDED["typed data"])
    domains = {"AgentCertification", "SignedActs", "Attestations", "KeyRegistry", "RefundVault"}
    assert set(RECORDED["domains"]) == domains
    bits = {name: bit.bit_length() - 1 for name, bit in vars(Failed).items() if name.isupper()}
    assert RECORDED["failed rules"] == bits
    for enum in (Reason, Verdict, ClaimState):
        names = [each.name.title().replace("_", "") for each in enum]
        assert RECORDED["enums"][enum.__name__] == names
    assert len(RECORDED["acts"]) == len(RECORDED["answers"]) == len(frozen.ACTS) + len(frozen.SIGNED)
    assert RECORDED["answers"]["batch"] == "(bytes[] reasons)"
    events = RECORDED["events"]["TicketDesk"]
    assert any(event.startswith("ActLogged(bytes32 indexed ticketId,") for event in events)


def test_its_examples_are_made_as_the_tests_of_the_contract_make_them() -> None:
    """Those hold every ticket's id and every leaf's hash against the contract."""
    one = RECORDED["ticket id"]
    assert one["ticketId"] == "0x" + ticket_id(one["customer"], bytes.fromhex(one["entry"][2:])).hex()
    leaf = RECORDED["leaf"]["example"]
    raw = {name: bytes.fromhex(text[2:]) for name, text in leaf.items()}
    numbers = {name: int(leaf[name], 16) for name in ("word", "kind", "time")}
    act = Act(
        ticket_id=raw["ticketId"],
        lane=1,
        actor=leaf["actor"],
        kind=Kind(numbers["kind"]),
        word=numbers["word"],
        entry=raw["entry"],
        position=0,
        time=numbers["time"],
    )
    assert raw["data"] == act.leaf_data
    assert raw["leaf"] == sha256(b"\x00" + act.leaf_data).digest()


SOURCE_CHANGES = {
    "a field's place": ("contracts/types/TicketWord.sol", "_LANE = 168", "_LANE = 169"),
    "a field's width": ("contracts/types/TicketWord.sol", "_get(word, _ACTS, 10)", "_get(word, _ACTS, 11)"),
    "a lane's field": ("contracts/types/LaneWord.sol", "_SIZE = 190", "_SIZE = 185"),
    "a certificate's field": (
        "contracts/types/CertificateWord.sol",
        "_EXPIRES_AT = 224",
        "_EXPIRES_AT = 225",
    ),
    "a status's number": (
        "contracts/types/DeskTypes.sol",
        "    OnHold,\n    Resolved,",
        "    Resolved,\n    OnHold,",
    ),
    "an actor's number": (
        "contracts/types/DeskTypes.sol",
        "    Module,\n    Anyone",
        "    Anyone,\n    Module",
    ),
    "a typed field": ("contracts/types/SignedTypes.sol", "uint16 seen", "uint8 seen"),
    "a typed name": ("contracts/types/SignedTypes.sol", '"RateTicket(', '"Rate('),
    "a reason's number": (
        "contracts/types/ClaimTypes.sol",
        "    Return,\n    Defect,",
        "    Defect,\n    Return,",
    ),
    "a verdict's number": (
        "contracts/types/ClaimTypes.sol",
        "    Denied,\n    Review\n",
        "    Review,\n    Denied\n",
    ),
    "a failed rule's bit": (
        "contracts/libraries/ClaimRules.sol",
        "OVER_PRICE = 1 << 6",
        "OVER_PRICE = 1 << 9",
    ),
    "a receipt's field": ("contracts/types/ClaimTypes.sol", "uint128 price,", "uint256 price,"),
    "the claims' version": ("contracts/claims/Attestations.sol", '"proofdesk", "1"', '"proofdesk", "2"'),
    "the domain's version": ("contracts/desk/SignedActs.sol", '"proofdesk", "1"', '"proofdesk", "2"'),
}


@pytest.mark.parametrize("change", SOURCE_CHANGES)
def test_a_change_of_the_sources_is_seen(built: dict[str, Artifact], change: str) -> None:
    path, before, after = SOURCE_CHANGES[change]
    sources = frozen.sources()
    assert before in sources[path]
    sources[path] = sources[path].replace(before, after)
    assert now(built, sources) != RECORDED


def _named(kind: str, name: str) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    return lambda abi: next(item for item in abi if item["type"] == kind and item["name"] == name)


ABI_CHANGES: dict[str, Callable[[list[dict[str, Any]]], object]] = {
    "an event's name": lambda abi: _named("event", "ActLogged")(abi).update(name="Logged"),
    "an event's index": lambda abi: _named("event", "ActLogged")(abi)["inputs"][3].update(indexed=True),
    "an event's argument": lambda abi: _named("event", "ActRefused")(abi)["inputs"][1].update(name="why"),
    "an event's topic": lambda abi: _named("event", "ActLogged")(abi).update(anonymous=True),
    "an error's type": lambda abi: _named("error", "StaleTicket")(abi)["inputs"][0].update(type="uint16"),
    "an error left out": lambda abi: abi.remove(_named("error", "NotEnoughGas")(abi)),
    "an error more": lambda abi: abi.append({"type": "error", "name": "Another", "inputs": []}),
    "an act's argument": lambda abi: _named("function", "moveFor")(abi)["inputs"].pop(),
    "an act's answer": lambda abi: _named("function", "batch")(abi)["outputs"][0].update(type="bool[]"),
    "an act's answer's name": lambda abi: _named("function", "batch")(abi)["outputs"][0].update(name="done"),
    "an act left out": lambda abi: abi.remove(_named("function", "rateFor")(abi)),
}


@pytest.mark.parametrize(("contract", "functions"), frozen.CLAIMS.items(), ids=list(frozen.CLAIMS))
def test_a_change_of_what_is_called_about_claims_is_seen(
    built: dict[str, Artifact], contract: str, functions: tuple[str, ...]
) -> None:
    for function in functions:
        for part in ("inputs", "outputs"):
            changed = deepcopy(built)
            item = _named("function", function)(changed[contract]["abi"])
            item[part] = [*item[part], {"name": "more", "type": "bool"}]
            assert now(changed, frozen.sources()) != RECORDED, (function, part)


@pytest.mark.parametrize("change", ABI_CHANGES)
def test_a_change_of_the_interface_is_seen(built: dict[str, Artifact], change: str) -> None:
    ABI_CHANGES[change](built["TicketDesk"]["abi"])
    assert now(built, frozen.sources()) != RECORDED


@pytest.mark.parametrize("arguments", [[], ["--check"]], ids=["written", "checked"])
def test_a_difference_stops_the_snapshot_and_is_not_written_away(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = tmp_path / "frozen.json"
    other.write_text(frozen.FROZEN.read_text(encoding="utf-8").replace("230-239", "230-240"))
    before = other.read_text()
    monkeypatch.setattr(frozen, "FROZEN", other)
    monkeypatch.setattr(sys, "argv", ["snapshot", *arguments])
    assert snapshot.main() == 1
    told = capsys.readouterr()
    assert "A new version is a new deployment" in told.err
    assert '+      "acts": "230-239"' in told.out
    assert other.read_text() == before


def test_where_nothing_is_recorded_it_fails_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen, "FROZEN", tmp_path / "frozen.json")
    monkeypatch.setattr(sys, "argv", ["snapshot", "--check"])
    assert snapshot.main() == 1
    assert not frozen.FROZEN.exists()


def test_examples_run() -> None:
    assert doctest.testmod(frozen).failed == 0
