"""The ERC-7730 descriptors beside the types, enums and domains of what is signed, and bound to desks."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proofdesk import Status
from proofdesk._deployments import Contract, Deployment
from proofdesk.claims.enums import EvidenceKind, Reason
from proofdesk.claims.signable import DECIDE_CLAIM, EVIDENCE, FILE_CLAIM, RECEIPT, WITHDRAW
from proofdesk.claims.words import kind_in_words, reason_in_words
from proofdesk.ops.clear_signing import NAMES, descriptor, main
from proofdesk.ops.relay import acknowledgement
from proofdesk.privacy.linking import SAME_PERSON
from proofdesk.privacy.publishing import SignedKey
from proofdesk.privacy.shares import SHARE
from proofdesk.signed import eip712
from proofdesk.signed.exam import _EXAM_RESULT
from tests.helpers import claim_items, signed
from tests.ops.test_clear_signing_form import FILES, STRUCT
from tools.compiler import ROOT

FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    key: (name, form) for name, file in FILES.items() for key, form in file["display"]["formats"].items()
}
# Where each contract writes what it hashes; what no contract reads stands in Python alone.
SOURCES = {
    "AgentCertification": "AgentCertification.sol",
    "ClaimDesk": "types/ClaimTypes.sol",
    "KeyRegistry": "KeyRegistry.sol",
    "RefundVault": "RefundVault.sol",
    "TicketDesk": "types/SignedTypes.sol",
}
OFF_CHAIN = {
    "TicketDesk": {
        "SamePerson(address[] addresses,string purpose)",
        "AccessEntry(uint64 number,bytes32 entry,bytes32 previous)",
    },
    "KeyRegistry": {"ShareRole(bytes32 role,bytes32 key,address member,bytes32 reader)"},
    "Relayer": {acknowledgement.TYPE},
}
# Hashes and counts that say nothing to people: a small screen may leave them out.
FOR_MACHINES = {
    "entry",
    "seen",
    "nonce",
    "evidence",
    "productId",
    "receipt.productId",
    "contentHash",
    "evidence.[].orderId",
    "evidence.[].contentHash",
}
# What is shown otherwise than its type says: numbers that stand for words or parts, a time that is none.
BY_NAME = {
    "from": "enum",
    "to": "enum",
    "reason": "enum",
    "kind": "enum",
    "evidence.[].kind": "enum",
    "token": "tokenTicker",
    "number": "raw",
}


def typed_in(source: str) -> set[str]:
    """The types that a contract's source hashes."""
    return set(re.findall(r'keccak256\(\s*"([A-Z]\w*\([^"]*\))"', source))


def typed_in_package() -> Iterator[str]:
    """Whatever in the package is written as a struct of typed data."""
    for path in (ROOT / "proofdesk").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(STRUCT, text):
                yield text


def leaves(key: str) -> dict[str, str]:
    """The type of whatever a message of this type has, by its path."""
    structs = dict(re.findall(r"(\w+)\(([^)]*)\)", key))

    def walk(name: str, before: str) -> Iterator[tuple[str, str]]:
        for kind, field in (each.split() for each in structs[name].split(",")):
            base, is_list = kind.removesuffix("[]"), kind.endswith("[]")
            path = f"{before}{field}{'.[]' if is_list else ''}"
            yield from walk(base, f"{path}.") if base in structs else [(path, base)]

    return dict(walk(key.partition("(")[0], ""))


@pytest.mark.parametrize("name", NAMES)
def test_it_describes_its_contracts_types_and_no_other(name: str) -> None:
    hashed = typed_in((ROOT / "contracts" / SOURCES[name]).read_text()) if name in SOURCES else set()
    assert set(FILES[name]["display"]["formats"]) == hashed | OFF_CHAIN.get(name, set())


def test_whatever_is_signed_is_described() -> None:
    """In every contract, and in the package: who adds a type is told here to write its words."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "contracts").rglob("*.sol"))
    assert set().union(*map(typed_in, sources)) <= set(FORMATS)
    whole = {key[: key.index(")") + 1] for key in FORMATS}
    assert {each for each in typed_in_package() if not each.startswith("EIP712Domain(")} <= whole


def test_the_package_signs_what_is_described() -> None:
    """As the package has it, and as the tests write it a second time."""
    structs = [RECEIPT, EVIDENCE, FILE_CLAIM, DECIDE_CLAIM, WITHDRAW, SAME_PERSON, SHARE, SignedKey.STRUCT]
    assert {each.written + "".join(one.written for one in each.inner.values()) for each in structs} <= set(
        FORMATS
    )
    assert {*signed.TYPES.values(), claim_items.FILE_CLAIM, claim_items.DECIDE_CLAIM} <= set(FORMATS)
    exam = ",".join(f"{field['type']} {field['name']}" for field in _EXAM_RESULT)
    assert f"ExamResult({exam})" in FORMATS


@pytest.mark.parametrize("key", FORMATS, ids=lambda key: key.partition("(")[0])
def test_every_field_is_shown_as_what_it_is(key: str) -> None:
    """Each once; what gives way on a small screen is for machines, unless it is all that there is."""
    name, form = FORMATS[key]
    typed, is_entry = leaves(key), key.startswith("AccessEntry(")
    assert sorted(field["path"] for field in form["fields"]) == sorted(typed)
    for field in form["fields"]:
        path, kind = field["path"], typed[field["path"]]
        expected = {"address": "addressName", "uint64": "date"}.get(kind, "raw")
        if kind != "address" or path == "token":
            expected = BY_NAME.get(path, expected)
        if key.startswith("ExamResult(") and path == "score":
            expected = "unit"
        assert field["format"] == expected, path
        optional = path in FOR_MACHINES and not is_entry
        assert field.get("visible", "always") == ("optional" if optional else "always"), path
    assert FILES[name]["metadata"]["contractName"] in SOURCES


def members(source: str, name: str) -> list[str]:
    """An enum's members as a contract has them."""
    text = (ROOT / "contracts" / "types" / source).read_text(encoding="utf-8")
    (found,) = re.findall(rf"enum {name} \{{([^}}]*)\}}", text)
    return [each.strip() for each in found.split(",")]


def test_every_status_has_words() -> None:
    """None has not: no wallet should show an act with it, which no desk would do."""
    numbers = set(range(len(members("DeskTypes.sol", "Status")))) - {0}
    assert numbers == set(Status) - {Status.NONE}
    for words in FILES["TicketDesk"]["metadata"]["enums"].values():
        assert {int(number) for number in words} == numbers
        assert len(set(words.values())) == len(words)


def test_every_reason_has_the_contracts_word() -> None:
    """None too: it can be filed, and is denied."""
    spaced = [re.sub(r"(?<!^)(?=[A-Z])", " ", each).lower() for each in members("ClaimTypes.sol", "Reason")]
    words = FILES["ClaimDesk"]["metadata"]["enums"]["reason"]
    assert words == {str(number): word for number, word in enumerate(spaced)}
    assert words == {str(int(reason)): reason_in_words(reason) for reason in Reason}


def test_every_kind_of_evidence_has_the_word_that_claims_have() -> None:
    """The desk's own are numbers, and a small screen has no room for whose they are."""
    (most,) = re.findall(r"_KINDS = (\d+);", (ROOT / "contracts/claims/Attestations.sol").read_text())
    words = FILES["ClaimDesk"]["metadata"]["enums"]["kind"]
    assert list(words) == [str(number) for number in range(int(most))]
    assert words == {str(int(kind)): kind_in_words(kind).removeprefix("the desk's ") for kind in EvidenceKind}


def test_a_score_is_of_ten_thousand() -> None:
    """As the contract bounds it, so that a hundred percent is all of it."""
    assert "_FULL_SCORE = 10_000;" in (ROOT / "contracts/AgentCertification.sol").read_text()
    (form,) = FILES["AgentCertification"]["display"]["formats"].values()
    (score,) = (field for field in form["fields"] if field["path"] == "score")
    assert score["params"] == {"base": "%", "decimals": 2}


def desk_at(chain_id: int, *contracts: str) -> Deployment:
    hash_ = "0x" + "00" * 32
    found = {
        name: Contract(f"0x{chain_id + place:040x}", (), hash_, 1, hash_, hash_)
        for place, name in enumerate(contracts)
    }
    return Deployment("desk", chain_id, hash_, "2026-01-01T00:00:00Z", contracts=found)


@pytest.mark.parametrize("name", NAMES)
def test_it_binds_to_the_domain_and_to_the_named_desks(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    domain = {"name": "proofdesk relayer" if name == "Relayer" else "proofdesk", "version": "1"}
    assert FILES[name]["context"]["eip712"] == {"domain": domain, "deployments": []}
    desks = [desk_at(1, *SOURCES), desk_at(31337, *SOURCES)]
    manifests = [str(desk.save(tmp_path)) for desk in desks]
    assert main([*manifests, name]) == 0
    filled = json.loads(capsys.readouterr().out)
    contract = "TicketDesk" if name == "Relayer" else name
    assert filled["context"]["eip712"].pop("deployments") == [
        {"chainId": desk.chain_id, "address": desk.contract(contract).address} for desk in desks
    ]
    assert filled["context"]["eip712"] == {"domain": domain}
    assert (filled["display"], filled["metadata"]) == (FILES[name]["display"], FILES[name]["metadata"])


def test_what_is_written_holds_for_the_contracts_domain_and_the_packages() -> None:
    for source in ("claims/Attestations.sol", "desk/SignedActs.sol", *SOURCES.values()):
        for domain in re.findall(r"EIP712\((.*?)\)", (ROOT / "contracts" / source).read_text()):
            assert domain == f'"{eip712.NAME}", "{eip712.VERSION}"'
    assert (eip712.NAME, eip712.VERSION) == ("proofdesk", "1")
    assert (acknowledgement.NAME, acknowledgement.VERSION) == ("proofdesk relayer", "1")


def test_without_a_name_it_is_ticketdesks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = desk_at(1, "TicketDesk")
    assert main([str(desk.save(tmp_path))]) == 0
    assert json.loads(capsys.readouterr().out) == descriptor(desk)
    assert descriptor()["metadata"]["contractName"] == "TicketDesk"


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        (["none.json"], "none.json"),
        (["desk.json", "ClaimDesk"], "has no ClaimDesk"),
        (["desk.json", "Claimdesk"], "no descriptor 'Claimdesk': ask for one of AgentCertification, "),
    ],
)
def test_what_cannot_be_bound(
    named: list[str], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = desk_at(1, "TicketDesk").save(tmp_path)
    assert main([str(saved) if each == "desk.json" else each for each in named]) == 1
    told = capsys.readouterr()
    assert problem in told.err and not told.out
