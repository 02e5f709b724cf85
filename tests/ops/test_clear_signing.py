"""The ERC-7730 descriptor beside the types that are signed, and what a wallet shows by it."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from proofdesk import Status
from proofdesk._deployments import Contract, Deployment
from proofdesk.ops.clear_signing import TEMPLATE, descriptor, main
from tests.helpers.signed import TYPES
from tools.compiler import ROOT

DESCRIPTOR: dict[str, Any] = json.loads(TEMPLATE.read_text(encoding="utf-8"))
FORMATS: dict[str, dict[str, Any]] = DESCRIPTOR["display"]["formats"]
TICKET, SOMEBODY = "0x" + "12" * 32, "0x" + "ab" * 20


def fields_of(form: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["path"]: field for field in form["fields"]}


def shown(field: dict[str, Any], value: Any) -> str:
    """A value as a wallet shows it."""
    if field["format"] == "enum":
        name = field["params"]["$ref"].removeprefix("$.metadata.enums.")
        return str(DESCRIPTOR["metadata"]["enums"][name][str(int(value))])
    if field["format"] == "date":
        return datetime.fromtimestamp(value, timezone.utc).isoformat()
    return str(value)


def sentence(act: str, message: dict[str, Any]) -> str:
    """The intent, with the values in it."""
    form = FORMATS[TYPES[act]]
    fields = fields_of(form)
    return re.sub(
        r"\{(\w+)\}", lambda found: shown(fields[found[1]], message[found[1]]), form["interpolatedIntent"]
    )


def test_it_describes_the_contracts_types_and_no_other() -> None:
    source = (ROOT / "contracts" / "types" / "SignedTypes.sol").read_text(encoding="utf-8")
    assert set(FORMATS) == set(re.findall(r'"(\w+\([^"]*\))"', source)) == set(TYPES.values())


@pytest.mark.parametrize("type_", FORMATS, ids=lambda type_: type_.partition("(")[0])
def test_every_field_is_shown_as_what_it_is(type_: str) -> None:
    """Each once, each by name; two may give way on a small screen, as the comment says."""
    form = FORMATS[type_]
    typed = [each.split() for each in type_.partition("(")[2][:-1].split(",")]
    assert sorted(field["path"] for field in form["fields"]) == sorted(name for _, name in typed)
    for kind, name in typed:
        field = fields_of(form)[name]
        expected = {"address": "addressName", "uint64": "date"}.get(kind, "raw")
        assert field["format"] == ("enum" if name in ("from", "to") else expected), name
        assert field["label"]
        assert field.get("visible", "always") == ("optional" if name in ("entry", "seen") else "always")
    assert form["intent"]
    assert set(re.findall(r"\{(\w+)\}", form["interpolatedIntent"])) <= {name for _, name in typed}
    assert "entry and seen are for machines" in DESCRIPTOR["$comment"]


def test_every_status_has_words() -> None:
    """None has not: no wallet should show an act with it, which no desk would do."""
    for words in DESCRIPTOR["metadata"]["enums"].values():
        assert {int(number) for number in words} == set(Status) - {Status.NONE}
        assert len(set(words.values())) == len(words)


def test_a_wallet_shows_a_sentence() -> None:
    assert sentence("open", {"customer": SOMEBODY, "lane": 2}) == "Open a ticket in lane 2"
    assert sentence("take", {"ticketId": TICKET}) == f"Take ticket {TICKET}"
    assert sentence("rate", {"ticketId": TICKET, "score": 5}) == f"Rate ticket {TICKET} with 5 of 5"
    deadline = fields_of(FORMATS[TYPES["move"]])["deadline"]
    assert shown(deadline, 1_800_000_000) == "2027-01-15T08:00:00+00:00"


@pytest.mark.parametrize(
    ("step", "before", "after", "words"),
    [
        ("ends", 5, 9, "Close ticket T, now Resolved"),
        ("resolves", 2, 5, "Resolve ticket T, now Open"),
        ("rejects", 1, 6, "Reject ticket T, now New"),
        ("escalates", 2, 7, "Escalate, or keep escalated, ticket T, now Open"),
        ("asks", 2, 3, "Ask the customer of ticket T, now Open"),
        ("replies", 3, 2, "Open, or keep open, ticket T, now Waiting for the customer"),
        ("objects", 5, 2, "Open, or keep open, ticket T, now Resolved"),
        ("waits", 2, 4, "Put or keep on hold ticket T, now Open"),
        ("adds before it is taken", 1, 1, "Add to new ticket T, now New"),
        ("adds", 2, 2, "Open, or keep open, ticket T, now Open"),
        ("adds while it is on hold", 4, 4, "Put or keep on hold ticket T, now On hold"),
        ("adds for the supervisor", 7, 7, "Escalate, or keep escalated, ticket T, now Escalated"),
        ("adds to a dispute", 8, 8, "Add to disputed ticket T, now Disputed"),
        ("adds to what is over", 9, 9, "Close ticket T, now Closed"),
    ],
)
def test_the_sentence_of_a_move_names_no_step_that_is_not_made(
    step: str, before: int, after: int, words: str
) -> None:
    """Whoever adds opens and escalates nothing: the words hold for him too, and say what it is now."""
    move = {"ticketId": TICKET, "from": before, "to": after}
    assert sentence("move", move) == words.replace(" T,", f" {TICKET},"), step
    assert FORMATS[TYPES["move"]]["intent"] == "Move a ticket"


def desk_at(chain_id: int, address: str) -> Deployment:
    hash_ = "0x" + "00" * 32
    contract = Contract(address, (), hash_, 1, hash_, hash_)
    return Deployment("desk", chain_id, hash_, "2026-01-01T00:00:00Z", contracts={"TicketDesk": contract})


def test_it_binds_to_the_domain_and_to_the_named_desks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert DESCRIPTOR["context"]["eip712"]["domain"] == {"name": "proofdesk", "version": "1"}
    assert descriptor()["context"]["eip712"]["deployments"] == []
    desks = [(1, "0x" + "11" * 20), (31337, "0x" + "22" * 20)]
    manifests = [str(desk_at(chain, address).save(tmp_path)) for chain, address in desks]
    assert main(manifests) == 0
    filled = json.loads(capsys.readouterr().out)
    bound = filled["context"]["eip712"].pop("deployments")
    assert bound == [{"chainId": chain, "address": address} for chain, address in desks]
    assert filled["context"]["eip712"] == {"domain": DESCRIPTOR["context"]["eip712"]["domain"]}
    assert (filled["display"], filled["metadata"]) == (DESCRIPTOR["display"], DESCRIPTOR["metadata"])


def test_what_is_no_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none.json"
    assert main([str(missing)]) == 1
    assert "none.json" in capsys.readouterr().err
