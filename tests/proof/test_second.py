"""docs/proof-format.md: its tables are the package's, its vectors are judged alike by both verifiers."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import Any

import pytest
import rfc8785

from proofdesk._abi import artifact
from proofdesk._models import Actor, Status
from proofdesk._transitions import TABLE
from proofdesk.proof.errors import MalformedProof, ProofFailed
from proofdesk.proof.slots import immutable_places
from proofdesk.proof.verifying import verify_file
from tests.proof import second
from tests.proof.make_vectors import FOLDER, PAGE, page, told, vectors
from tests.proof.second_parts import Refused

TEXT = PAGE.read_text(encoding="utf-8")
ABOUT: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_bytes())
TRUE = (FOLDER / "ticket.proof.json").read_bytes()
NAMES = {"chain": "_cachedChainId", "separator": "_cachedDomainSeparator", "this": "_cachedThis"}
NAMES |= {
    "hashed name": "_hashedName",
    "hashed version": "_hashedVersion",
    "name": "_name",
    "version": "_version",
}


def rows(mark: str) -> list[list[str]]:
    """The rows of the table behind a mark."""
    table = TEXT.partition(f"<!-- {mark} -->\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def numbers(cell: str) -> list[int]:
    return list(map(int, re.findall("[0-9]+", cell)))


def test_the_vectors_are_those_of_this_build() -> None:
    """After a change of the contracts: python -m tests.proof.make_vectors."""
    made = vectors()
    assert {path.name for path in FOLDER.iterdir()} == set(made)
    for name, content in made.items():
        assert (FOLDER / name).read_bytes() == content, name
    assert page() == TEXT


def test_both_verify_the_true_one_and_read_the_same_of_it() -> None:
    ours, theirs = verify_file(TRUE, block_hash=ABOUT["block_hash"]), second.verify(TRUE, ABOUT["block_hash"])
    assert theirs["ticket"] == ours.ticket.id and theirs["word"] == ours.acts[-1].word
    assert theirs["block"] == (ours.block.number, ours.block.hash, ours.block.at.timestamp())
    assert theirs["lanes"] == {lane.id: (lane.size, lane.root[2:]) for lane in ours.lanes}
    shown = {act.entry: act.record.to_json() for act in ours.acts if act.record is not None}
    shown |= {message.entry: message.record.to_json() for message in ours.messages}
    assert theirs["records"] == shown
    assert theirs["messages"] == [
        (each.entry, each.root, each.anchored_at.timestamp()) for each in ours.messages
    ]
    assert theirs["earlier"] == [(each.id, each.size, each.root) for each in ours.earlier]
    assert [act["actor"] for act in theirs["acts"]] == [act.actor.lower() for act in ours.acts]
    for lang, statements in ABOUT["statements"].items():
        assert list(map(told, ours.statements(lang))) == statements


@pytest.mark.parametrize("change", ABOUT["changes"], ids=lambda each: f"{each['check']}-{each['path'][0]}")
def test_both_refuse_each_change(change: dict[str, Any]) -> None:
    value = json.loads(TRUE)
    *way, last = change["path"]
    holder = value
    for name in way:
        holder = holder[name]
    assert holder[last] != change["value"]
    holder[last] = change["value"]
    both_refuse(rfc8785.dumps(value))


@pytest.mark.parametrize("name", ABOUT["refused"])
def test_both_refuse_what_holds_in_every_hash(name: str) -> None:
    both_refuse((FOLDER / name).read_bytes())


def both_refuse(content: bytes) -> None:
    with pytest.raises((ProofFailed, MalformedProof)):
        verify_file(content)
    with pytest.raises(Refused):
        second.verify(content)


def test_the_pages_immutables_are_the_builds() -> None:
    places = {name.strip("`"): list(map(numbers, cells)) for name, _value, *cells in rows("immutables")}
    for contract, column in (("TicketDesk", 0), ("AgentCertification", 1)):
        known = {name: found[column] for name, found in places.items() if found[column]}
        assert known == {name: immutable_places(contract, name) for name in known}
        starts = sorted(place["start"] for place in artifact(contract)["immutableReferences"])
        assert sorted(chain.from_iterable(known.values())) == starts
        immutables = second.IMMUTABLES[contract].items()
        of_second = {NAMES.get(name, name): list(found) for name, found in immutables}
        assert of_second == known
    assert not artifact("RecordAnchor")["immutableReferences"] and not second.IMMUTABLES["RecordAnchor"]


def test_the_pages_moves_are_the_contracts() -> None:
    def status(name: str) -> Status:
        return Status[re.sub("(?<=[a-z])(?=[A-Z])", "_", name.strip()).upper()]

    found = {
        Actor[kind.upper()]: {
            status(move.partition(":")[0]): frozenset(map(status, move.partition(":")[2].split(",")))
            for move in moves.split("·")
        }
        for kind, moves in rows("moves")
    }
    assert found == TABLE
    assert {
        kind: {old: frozenset(new) for old, new in moves.items()} for kind, moves in second.TABLE.items()
    } == {int(kind): {int(old): new for old, new in moves.items()} for kind, moves in TABLE.items()}


def test_the_second_imports_nothing_of_the_package() -> None:
    for name in ("second.py", "second_parts.py"):
        text = (FOLDER.parent / name).read_text(encoding="utf-8")
        assert set(re.findall(r"^(?:from|import) (\w+)", text, re.M)) <= {
            *(
                "__future__",
                "collections",
                "eth_hash",
                "hashlib",
                "itertools",
                "json",
                "pathlib",
                "re",
                "rlp",
            ),
            *("tests", "typing"),
        }
