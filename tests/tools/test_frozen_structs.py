"""What snapshots/frozen.json leaves open: the fields of structs in their order, and what provers read.

Two fields of one type may change places without a change of any selector, topic or type: what was signed as
`from, to` would be read as `to, from`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from proofdesk.claims.signable import DECIDE_CLAIM, EVIDENCE, FILE_CLAIM, RECEIPT
from proofdesk.signed.typed_data import TYPES, form
from tools.artifacts import Artifact, artifacts, shipped
from tools.build import compiled
from tools.compiler import Settings

# By their names in the sources.
STRUCTS = {
    "Attestation": "signer signature root path",
    "Candidate": "certificateId lastExamAt retakeFrom suspended",
    "Certificate": "agent program level standing issuedAt expiresAt valid",
    "Claim": "remaining reason state order",
    "DecideClaim": "actor ticketId amount entry seen deadline",
    "Evidence": "orderId kind contentHash issuedAt",
    "Exam": "agent program level score takenAt evidence",
    "FileClaim": "customer receipt reason amount evidence entry deadline",
    "IDeskUpkeep.Work": "expire note compensate release settle",
    "IKeyRegistry.RoleKey": "role key reads version since",
    "Lane": "config closed article turns served departed size",
    "LaneConfig": "respondWithin resolveWithin confirmWithin program level gated claims",
    "MoveTicket": "actor ticketId from to entry seen deadline",
    "OpenTicket": "customer lane entry deadline",
    "Order": "paid paidReason claims live receipt",
    "Program": "syllabus passMark validity retakeDelay active",
    "RateTicket": "customer ticketId score entry deadline",
    "Receipt": "merchant orderId customer productId price purchasedAt policyId",
    "Rule": "reason window refund evidence automaticLimit lane review",
    "TakeTicket": "agent ticketId certificateId entry deadline",
    "Term": "since until",
    "Ticket": "customer status rating breached lane seat dueAt acts budget overdue",
}
VIEWS = {
    "wordOf": "(bytes32 ticketId) -> (uint256)",
    "lane": "(uint256 number) -> (tuple)",
    "peaks": "(uint256 number) -> (bytes32[])",
    "root": "(uint256 number) -> (bytes32)",
    "scoreOf": "(uint256 certificateId) -> (uint256 sum, uint256 count)",
    "verifyInclusion": "(uint256 number, uint256 position, bytes32 leaf, bytes32[] proof) -> (bool)",
    "verifyConsistency": "(uint256 number, uint256 oldSize, bytes32 oldRoot, bytes32[] proof) -> (bool)",
}


@pytest.fixture(scope="module")
def built() -> dict[str, Artifact]:
    return shipped(artifacts(compiled(), Settings.load()))


def structs(built: Mapping[str, Artifact]) -> dict[str, set[str]]:
    """The fields' names of every struct that goes in or out of a contract, as each function has them."""
    found: dict[str, set[str]] = {}
    for artifact in built.values():
        for item in artifact["abi"]:
            for value in (*item.get("inputs", ()), *item.get("outputs", ())):
                for name, fields in _structs(value):
                    found.setdefault(name, set()).add(fields)
    return found


def _structs(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if value["type"].startswith("tuple"):
        name = value["internalType"].removeprefix("struct ").split("[")[0]
        yield name, " ".join(each["name"] for each in value["components"])
        for each in value["components"]:
            yield from _structs(each)


def views(built: Mapping[str, Artifact]) -> dict[str, str]:
    """What is asked and answered by each of the desk's functions by which its log is read and proven."""

    def declared(values: list[dict[str, Any]]) -> str:
        return f"({', '.join(' '.join(filter(None, (each['type'], each['name']))) for each in values)})"

    return {
        item["name"]: f"{declared(item['inputs'])} -> {declared(item['outputs'])}"
        for item in built["TicketDesk"]["abi"]
        if item["type"] == "function" and item["name"] in VIEWS
    }


def test_the_fields_stand_in_the_order_in_which_they_were_deployed(built: dict[str, Artifact]) -> None:
    assert structs(built) == {name: {fields} for name, fields in STRUCTS.items()}


def test_what_provers_ask_is_answered_as_ever(built: dict[str, Artifact]) -> None:
    assert views(built) == VIEWS


def test_calls_have_the_fields_that_are_signed() -> None:
    """The struct that is called with is the struct that is hashed: field by field, in one order."""
    signed = [form(act).struct for act in TYPES] + [RECEIPT, EVIDENCE, FILE_CLAIM, DECIDE_CLAIM]
    for struct in signed:
        assert STRUCTS[struct.name] == " ".join(field["name"] for field in struct.fields)


@pytest.mark.parametrize(
    ("kind", "name", "place", "one", "other"),
    [
        ("function", "moveFor", 0, "from", "to"),
        ("event", "LaneCreated", 1, "respondWithin", "resolveWithin"),
    ],
)
def test_fields_that_change_places_are_seen(
    built: dict[str, Artifact], kind: str, name: str, place: int, one: str, other: str
) -> None:
    changed = deepcopy(built)
    abi = changed["TicketDesk"]["abi"]
    item = next(each for each in abi if (each["type"], each.get("name")) == (kind, name))
    fields = item["inputs"][place]["components"]
    first, second = (
        next(n for n, each in enumerate(fields) if each["name"] == which) for which in (one, other)
    )
    fields[first], fields[second] = fields[second], fields[first]
    assert structs(changed) != structs(built)
