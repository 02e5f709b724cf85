"""Slots are where the contracts keep things: by the compiler's layout, and by what a chain has there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from proofdesk._abi import artifact
from proofdesk._words import CERTIFICATE, LANE, TICKET, pack, to_bytes, unpack
from proofdesk.anchors.tree import MerkleTree
from proofdesk.proof import slots
from proofdesk.proof.log import peaks_root
from tests.client.office import Office
from tools import generate_layout
from tools.compiler import BuildError

ROOT = Path(__file__).parents[2]
LAYOUT = json.loads((ROOT / "proofdesk" / "proof" / "layout.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with Office.started("anvil") as office:
        yield office


def kept(office: Office, contract: str, slot: int) -> int:
    """What the chain has in a slot."""
    address = office.deployment.contract(contract).address
    return int(office.chain.rpc("eth_getStorageAt", address, f"0x{slot:064x}", "latest"), 16)


def test_a_chain_keeps_things_there(office: Office) -> None:
    desk = office.desk
    tickets = [desk.tickets.open(lane=office.lane, content=f"Hello {number}?") for number in range(5)]
    number = desk.deployment.lanes[office.lane]
    for ticket in tickets:
        word = kept(office, "TicketDesk", slots.ticket_slot(ticket.id))
        assert word == desk.read("TicketDesk", "wordOf", ticket.id) != 0
    lane = kept(office, "TicketDesk", slots.lane_slot(number))
    assert unpack(LANE, lane)["size"] == 5
    peaks = [kept(office, "TicketDesk", slot) for slot in slots.peak_slots(number, lane)]
    assert [f"0x{peak:064x}" for peak in peaks] == list(desk.read("TicketDesk", "peaks", number))
    root = peaks_root([peak.to_bytes(32, "big") for peak in peaks])
    assert "0x" + root.hex() == desk.read("TicketDesk", "root", number)
    certificate = unpack(CERTIFICATE, kept(office, "AgentCertification", slots.certificate_slot(2)))
    assert f"0x{certificate['agent']:040x}" == office.second_agent.sender.address.lower()
    tree = MerkleTree.of_entries([tickets[0].id])
    desk.anchors.anchor(tree)
    dated = desk.anchors.anchored_at(tree)
    assert dated is not None
    assert kept(office, "RecordAnchor", slots.anchor_slot(tree.root)) == dated.timestamp()


def test_immutables_stand_in_the_code(office: Office) -> None:
    desk = office.deployment.contract("TicketDesk")
    code = bytes.fromhex(office.chain.rpc("eth_getCode", desk.address, "latest")[2:])
    for name, value in {
        "certification": office.deployment.contract("AgentCertification").address,
        "_cachedThis": desk.address,
        "_cachedChainId": f"0x{office.deployment.chain_id:040x}",
    }.items():
        places = slots.immutable_places("TicketDesk", name)
        assert places
        for start in places:
            assert code[start : start + 32] == bytes(12) + to_bytes(value, 20, name)


@pytest.mark.parametrize("contract", LAYOUT)
def test_the_layout_names_all_that_a_constructor_writes(contract: str) -> None:
    named = sorted(place for places in LAYOUT[contract]["immutables"].values() for place in places)
    assert named == [place["start"] for place in artifact(contract)["immutableReferences"]]


@pytest.mark.parametrize("contract", LAYOUT)
def test_the_layout_is_that_of_the_snapshot(contract: str) -> None:
    text = (ROOT / "snapshots" / "storage-layout" / f"{contract}.txt").read_text("utf-8")
    for name, slot in LAYOUT[contract]["slots"].items():
        kind = re.escape(generate_layout.PROVEN[contract][name])
        assert re.search(rf"(?m)^ *{slot} +0 +32  {name}: {kind}$", text)


def test_peaks_of_a_size_are_those_of_its_bits() -> None:
    first = slots.peak_slots(7, pack(LANE, size=1))[0]
    assert slots.peak_slots(7, pack(LANE, size=0b1011, turns=5)) == [first + 3, first + 1, first]
    assert slots.peak_slots(7, 0) == []
    assert slots.peak_slots(8, pack(LANE, size=1)) != [first]


def test_certificates_are_those_that_were_seated() -> None:
    words = [
        pack(TICKET, status=status, seat=seat) for status, seat in [(1, 9), (2, 5), (7, 0), (2, 3), (3, 5)]
    ]
    assert slots.certificates_in(words) == [3, 5]


def test_a_layout_that_proofs_do_not_read() -> None:
    types = {"a": {"label": "mapping(bytes32 => uint256)"}, "b": {"label": "mapping(uint256 => uint256)"}}
    for variable, problem in [
        ({"label": "anchoredAt", "type": "b", "slot": "0"}, "anchoredAt is mapping.uint256"),
        ({"label": "anchored", "type": "a", "slot": "0"}, "has no variable anchoredAt"),
    ]:
        with pytest.raises(BuildError, match=problem):
            generate_layout.slots("RecordAnchor", {"storage": [variable], "types": types})
    declared = [
        {"nodeType": "VariableDeclaration", "mutability": "immutable", "id": id_, "name": name}
        for id_, name in [(1, "one"), (2, "two"), (3, "two")]
    ]
    output = {"sources": {"A.sol": {"ast": {"nodes": declared}}}}
    found = generate_layout.immutables(
        output, {"1": [{"start": 9, "length": 32}, {"start": 4, "length": 32}]}
    )
    assert found == {"one": [4, 9]}
    for references in (
        {"1": [{"start": 4, "length": 20}]},
        {"2": [{"start": 4, "length": 32}], "3": [{"start": 44, "length": 32}]},
    ):
        with pytest.raises(BuildError, match="not as proof files read it"):
            generate_layout.immutables(output, references)
