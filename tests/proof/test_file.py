"""A proof file has one form: what is read is what is written, and everything else is refused by name."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
import rfc8785

from proofdesk import InvalidArgument
from proofdesk._records import commit, compose
from proofdesk.proof import fields
from proofdesk.proof.errors import MalformedProof, ProofFailed
from proofdesk.proof.fields import MAX_BYTES
from proofdesk.proof.file import ProofFile
from tests.proof.forging import honest

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "proofdesk" / "schemas" / "proof.schema.json").read_text("utf-8"))
schema = jsonschema.Draft202012Validator(SCHEMA)
HASH = "0x" + 64 * "a"


@pytest.fixture(scope="module")
def file() -> ProofFile:
    return honest()


@pytest.fixture
def value(file: ProofFile) -> Any:
    """The file's JSON, to be changed."""
    return json.loads(file.dump())


def test_what_is_written_is_read(file: ProofFile, tmp_path: Path) -> None:
    content = file.dump()
    path = tmp_path / "ticket.proof"
    path.write_bytes(content)
    assert ProofFile.load(content) == ProofFile.load(path) == ProofFile.load(str(path)) == file
    assert content == rfc8785.dumps(json.loads(content))
    with pytest.raises(FileNotFoundError):
        ProofFile.load(tmp_path / "another.proof")


def test_no_content_is_shown(file: ProofFile) -> None:
    assert "4711" in file.dump().decode() and "4711" not in repr(file)


def test_the_schema_is_one_and_admits_it(file: ProofFile, value: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    schema.validate(value)
    assert SCHEMA["properties"].keys() == fields.FIELDS.keys()
    assert SCHEMA["required"] == [name for name in fields.FIELDS if name not in fields.OPTIONAL]


def set_at(path: str, item: Any) -> Callable[[Any], object]:
    """Sets what is at a path."""
    *names, last = path.split(".")

    def change(value: Any) -> None:
        for name in names:
            value = value[int(name) if name.isdecimal() else name]
        value[int(last) if last.isdecimal() else last] = item

    return change


def take(path: str) -> Callable[[Any], object]:
    """Takes away what is at a path."""
    *names, last = path.split(".")

    def change(value: Any) -> None:
        for name in names:
            value = value[int(name) if name.isdecimal() else name]
        del value[int(last) if last.isdecimal() else last]

    return change


# What is wrong, the field that is named, and what is said of it. The schema says the same.
WRONG = {
    "a field too many": (set_at("more", 1), "more", "is not known here"),
    "a later format": (set_at("format", "proofdesk-proof/2"), "format", "must be proofdesk-proof/1"),
    "no acts": (set_at("acts", []), "acts", "must be a list of 1 to 1,023"),
    "too many acts": (set_at("acts", 1024 * [{}]), "acts", "must be a list of 1 to 1,023"),
    "acts in an object": (set_at("acts", {"0": {}}), "acts", "must be a list"),
    "an act without a path": (take("acts.2.path"), "acts", "2: path: is missing"),
    "an act with more": (set_at("acts.2.more", 1), "acts", "2: more: is not known"),
    "a lane that there cannot be": (set_at("acts.0.lane", 1024), "acts", "0: lane: 1024 must be"),
    "a lane that is true": (set_at("acts.0.lane", True), "acts", "0: lane: True must be"),
    "a place before the first": (set_at("acts.0.position", -1), "acts", "0: position: -1 must be"),
    "a word in capitals": (set_at("acts.0.word", HASH.upper()), "acts", "0: word:"),
    "a word of a number": (set_at("acts.0.word", 7), "acts", "0: word: 7 must be"),
    "an actor of nobody": (set_at("acts.0.actor", HASH), "acts", "0: actor:"),
    "a kind that is none": (set_at("acts.0.kind", 6), "acts", "0: kind: 6 must be"),
    "a time after all": (set_at("acts.0.at", 253402300800), "acts", "0: at: 253402300800 must be"),
    "a fraction of a second": (set_at("acts.0.at", 1.5), "acts", "0: at: a value of type float"),
    "too long a path": (set_at("acts.0.path", 41 * [HASH]), "acts", "0: path: must be a list"),
    "a short hash": (set_at("acts.0.path", [HASH[:-1]]), "acts", "0: path: 0:"),
    "a hash and a line": (set_at("ticket", HASH + "\n"), "ticket", "must be 0x and 64"),
    "no desk": (set_at("desk", None), "desk", "must be an object"),
    "a desk with a title": (set_at("desk.name", "ACME"), "desk", "name: 'ACME' must be"),
    "no chain": (set_at("desk.chain_id", 0), "desk", "chain_id: 0 must be"),
    "a contract that is not proven": (
        set_at("desk.contracts.RefundVault", {"address": HASH[:42], "code": "0x00"}),
        "desk",
        "contracts: RefundVault: is not known",
    ),
    "no certification": (
        take("desk.contracts.AgentCertification"),
        "desk",
        "contracts: AgentCertification: is missing",
    ),
    "no code": (set_at("desk.contracts.TicketDesk.code", "0x"), "desk", "code:"),
    "too much code": (set_at("desk.contracts.TicketDesk.code", "0x" + 24577 * "00"), "desk", "code:"),
    "half a byte": (set_at("block.header", "0xabc"), "block", "header: '0xabc' must be"),
    "a block before the first": (set_at("block.number", -1), "block", "number: -1 must be"),
    "no nodes": (set_at("nodes", []), "nodes", "must be a list of 1 to"),
    "too long a node": (set_at("nodes.0", "0x" + 1025 * "00"), "nodes", "0: a text of"),
    "a salt that is none": (set_at("openings.0.salt", None), "openings", "0: salt:"),
    "no record": (set_at("openings.0.record", []), "openings", "0: a record is a JSON object"),
    "messages in a text": (set_at("messages", "none"), "messages", "must be a list"),
    "no earlier roots": (set_at("consistency", []), "consistency", "must be a list of 1 to"),
    "an empty log": (set_at("consistency.0.size", 0), "consistency", "0: size: 0 must be"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_named(value: Any, case: str) -> None:
    change, field, problem = WRONG[case]
    change(value)
    assert not schema.is_valid(value)
    with pytest.raises(MalformedProof) as caught:
        ProofFile.load(rfc8785.dumps(value))
    assert caught.value.field == field
    assert problem in caught.value.problem
    assert str(caught.value) == f"proof file: {field}: {caught.value.problem}"


@pytest.mark.parametrize("field", SCHEMA["required"])
def test_what_is_missing_is_named(value: Any, field: str) -> None:
    del value[field]
    assert not schema.is_valid(value)
    with pytest.raises(MalformedProof, match="is missing") as caught:
        ProofFile.load(rfc8785.dumps(value))
    assert caught.value.field == field


def test_what_is_not_a_record_is_named(value: Any) -> None:
    value["openings"][1]["record"]["secret\n"] = "My number is 4711 4711 4711"
    with pytest.raises(MalformedProof, match="1: record field 'secret") as caught:
        ProofFile.load(rfc8785.dumps(value))
    assert "4711" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["nodes", "openings", "messages", "consistency"])
def test_what_has_an_order_has_no_other_and_no_twins(value: Any, field: str) -> None:
    first, second, *rest = value[field]
    for wrong in ([second, first, *rest], [first, first, *rest]):
        with pytest.raises(MalformedProof, match="1: must stand once, in the order") as caught:
            ProofFile.load(rfc8785.dumps(value | {field: wrong}))
        assert caught.value.field == field


def test_the_anchor_is_named_where_there_are_messages(value: Any) -> None:
    with pytest.raises(MalformedProof, match="RecordAnchor is named where") as caught:
        ProofFile.load(rfc8785.dumps(value | {"messages": []}))
    assert caught.value.field == "desk"
    del value["desk"]["contracts"]["RecordAnchor"]
    with pytest.raises(MalformedProof, match="RecordAnchor is named where"):
        ProofFile.load(rfc8785.dumps(value))
    assert ProofFile.load(rfc8785.dumps(value | {"messages": []})).messages == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + b"\n",
        lambda text: b" " + text,
        lambda text: json.dumps(json.loads(text), indent=1).encode(),
        lambda text: json.dumps(json.loads(text)).encode(),
        lambda text: b'{"format":"proofdesk-proof/1",' + text[1:],
        lambda text: text.replace(b'"number":77', b'"number":77,"number":77'),
        lambda text: text.replace(b'"position":5,', b'"position":5.0,'),
        lambda text: text.replace(b'"position":5,', b'"position":5e0,'),
        lambda text: text.replace("谢谢".encode(), rb"\u8c22\u8c22"),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text[:-1],
        lambda text: text + text,
        lambda text: text.replace(b'"position":5,', b'"position":NaN,'),
        lambda text: text.replace(b'"position":5,', b'"position":' + 5000 * b"5" + b","),
    ],
)
def test_there_is_no_other_form(file: ProofFile, change: Callable[[bytes], bytes]) -> None:
    text = file.dump()
    changed = change(text)
    assert changed != text
    with pytest.raises(MalformedProof):
        ProofFile.load(changed)


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"\xff\xfe", 100_000 * b"[", 100_000 * b'{"a":' + b"1" + 100_000 * b"}"],
    ids=lambda content: repr(content[:8]),
)
def test_what_is_no_object(content: bytes) -> None:
    with pytest.raises(MalformedProof):
        ProofFile.load(content)


def test_an_early_end_or_a_changed_byte(file: ProofFile, seed: int) -> None:
    """It is another file then, or none."""
    text, random = file.dump(), Random(seed)
    for _ in range(400):
        changed = bytearray(text)
        if random.random() < 0.2:
            del changed[random.randrange(len(text)) :]
        else:
            changed[random.randrange(len(text))] ^= 1 << random.randrange(8)
        try:
            assert ProofFile.load(bytes(changed)) != file
        except MalformedProof:
            continue


def test_what_is_too_large(file: ProofFile) -> None:
    large = commit(compose({"body": 60_000 * "x"}, kind="open", author="Ann"))
    openings = tuple(replace(large, entry=f"0x{number:064x}") for number in range(300))
    with pytest.raises(MalformedProof, match="disclose less"):
        replace(file, openings=openings).dump()
    with pytest.raises(MalformedProof, match="is larger than 16,777,216 bytes"):
        ProofFile.load(b" " * (MAX_BYTES + 1))
    nested = rfc8785.dumps({"data": 500_001 * [[]], "n": 500_000 * [{}]})
    with pytest.raises(MalformedProof, match="too many parts"):
        ProofFile.load(nested)


HOSTILE = """
import resource, sys
from proofdesk.proof.fields import MAX_BYTES
from proofdesk.proof.file import ProofFile
from proofdesk.proof.errors import MalformedProof

resource.setrlimit(resource.RLIMIT_AS, (500 << 20, 500 << 20))
for item in (b"[]", b"{}", b"1000", b'"ab"', b'"0xaa"', b'"' + 90 * b"b" + b'"', b'"0x' + 64 * b"a" + b'"'):
    most = (MAX_BYTES - 200) // (len(item) + 1)
    for name in (b"nodes", b"acts"):
        items = (most * (item + b","))[:-1]
        try:
            ProofFile.load(b'{"format":"proofdesk-proof/1","' + name + b'":[' + items + b"]}")
        except MalformedProof:
            continue
        sys.exit("it was taken")
"""


def test_whatever_is_handed_in_needs_little_memory_and_time() -> None:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert after.ru_utime - used.ru_utime < 15


def test_errors_are_what_callers_catch() -> None:
    malformed, failed = MalformedProof("", "is no JSON"), ProofFailed("act 3", "is wrong")
    assert isinstance(malformed, InvalidArgument) and str(malformed) == "proof file: is no JSON"
    assert (failed.part, failed.problem, str(failed)) == ("act 3", "is wrong", "act 3: is wrong")
