"""A relayer's word: typed data, its JSON and schema, and when nobody could be held to it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from proofdesk.ops.relay import Acknowledgement, Relayer, acknowledgement
from proofdesk.ops.relay._signing import signing
from proofdesk.ops.relay.acknowledgement import MalformedAcknowledgement, typed_data
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, yes

SCHEMA = json.loads(
    (Path(acknowledgement.__file__).parents[2] / "schemas" / "acknowledgement.schema.json").read_text("utf-8")
)
VALID: dict[str, Any] = {
    "v": 1,
    "act": "0x" + 32 * "ab",
    "relayer": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
    "chain_id": 31337,
    "desk": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
    "received_at": 1_800_000_000,
    "include_by": 1_800_000_300,
    "signature": "0x" + 65 * "1b",
}


def test_it_is_typed_data_of_the_relayers_key(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open()
    (given_,) = yes(relayer.submit([act]))
    message = encode_typed_data(full_message=typed_data(given_))
    assert Account.recover_message(message, signature=given_.signature) == office.intake.sender.address
    assert given_.is_signed() and given_.relayer == relayer.address and given_.act == act.digest
    assert given_.include_by - given_.received_at == 300
    for name in ("act", "received_at", "include_by", "chain_id"):
        value = getattr(given_, name)
        other = "0x" + 32 * "00" if name == "act" else value + 1
        assert not replace(given_, **{name: other}).is_signed(), name


def test_the_key_may_be_the_nodes(office: Office, crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(desk=office.desk.using(office.newcomer.address))
    act = crowd.open()
    (given_,) = yes(relayer.submit([act]))
    assert given_.is_signed() and given_.relayer == office.newcomer.address
    relayer.step(flush=True)
    assert relayer.counts()["done"] == 1


def test_its_json_and_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(VALID, SCHEMA)
    read = Acknowledgement.from_json(json.dumps(VALID))
    assert read.to_json() == VALID and Acknowledgement.from_json(read.to_json()) == read


WRONG: list[tuple[str, Any]] = [
    ("v", 2),
    ("act", "0x12"),
    ("act", 5),
    ("act", "0x" + 32 * "ab" + "\n"),
    ("desk", "0x5FbDB2315678afecb367f032d93F642f64180aa3\n"),
    ("relayer", "0x5fbDB2315678afecb367f032d93F642f64180aa"),
    ("chain_id", 0),
    ("received_at", -1),
    ("include_by", "soon"),
    ("include_by", True),
    ("signature", "0x" + 64 * "1b"),
    ("signature", "0x" + 65 * "1b" + "\n"),
    ("more", 1),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda value: str(value)[:12])
def test_what_does_not_fit_is_named_by_both(name: str, value: Any) -> None:
    changed = {**VALID, name: value}
    with pytest.raises(MalformedAcknowledgement, match=name):
        Acknowledgement.from_json(changed)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(changed)


@pytest.mark.parametrize("name", list(VALID))
def test_what_is_missing_is_named_by_both(name: str) -> None:
    changed = {key: value for key, value in VALID.items() if key != name}
    with pytest.raises(MalformedAcknowledgement, match=name):
        Acknowledgement.from_json(changed)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(changed)


@given(st.one_of(st.text(), st.binary(), st.recursive(st.none() | st.text() | st.integers(), st.lists)))
def test_anything_else_is_malformed(value: Any) -> None:
    with pytest.raises(MalformedAcknowledgement):
        Acknowledgement.from_json(value)


def test_a_word_that_nobody_could_be_held_to(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open()
    (good,) = yes(relayer.submit([act]))
    now = good.received_at
    assert good.flaw(act, now) is good.flaw(act, now + 90) is None
    sign = signing(office.intake)
    for wrong, at, said in (
        (good, now + 91, "it says that the act came at"),
        (good, now - 91, "it says that the act came at"),
        (sign(replace(good, received_at=now - 3600)), now, "it says that the act came at"),
        (sign(replace(good, include_by=now - 1)), now, "it promises"),
        (sign(replace(good, include_by=act.deadline + 1)), now, "not within the act's deadline"),
        (replace(good, include_by=now + 1), now, "did not sign it"),
        (sign(replace(good, act="0x" + 32 * "00")), now, "of another act"),
        (sign(replace(good, chain_id=1)), now, " on chain 1"),
    ):
        assert said in (wrong.flaw(act, at) or ""), said
    assert sign(replace(good, include_by=act.deadline)).flaw(act, now) is None
    # Who asked long ago, or was answered late, may be given a word of any moment in between.
    assert good.flaw(act) is good.flaw(act, now - 500, now + 500) is None
    assert good.flaw(act, now - 500) is not None and good.flaw(act, now + 91, now + 500) is not None
