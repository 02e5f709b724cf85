"""A relayer's word: typed data, its JSON and schema, and what the chain says of whether it was kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from proofdesk import InvalidArgument, Status
from proofdesk.ops.relay import Acknowledgement, Promise, Relayer, acknowledgement, judge
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


def test_a_promise_that_was_kept(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open()
    (given_,) = yes(relayer.submit([act]))
    assert judge(given_, act, office.desk).promise is Promise.OPEN
    relayer.step(flush=True)
    found = judge(given_, act, office.desk)
    assert (found.promise, found.is_broken) == (Promise.KEPT, False) and found.tx_hash


def test_a_relayer_that_sits_on_a_reopening(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    """Until the objection window is over: the act was legal when it was received, and nothing excuses it."""
    life = crowd.life(1)[:5]
    yes(relayer.submit(life))
    relayer.step(flush=True)
    reopening = crowd.move(1, life[0], 5, Status.RESOLVED, Status.OPEN)
    (given_,) = yes(relayer.submit([reopening]))
    office.pass_time(timedelta(days=40))
    found = judge(given_, reopening, office.desk)
    assert (found.promise, found.is_broken, found.excuse) == (Promise.BROKEN, True, None)


def test_a_promise_that_only_other_acts_would_have_made_possible(
    office: Office, relayer: Relayer, crowd: Crowd
) -> None:
    """What is missing is named: here the opening, for which the relayer gave its word, too."""
    opened = crowd.open(1)
    close = crowd.move(1, opened, 1, Status.NEW, Status.CLOSED)
    first, second = yes(relayer.submit([opened, close]))
    office.pass_time(timedelta(hours=1))
    assert judge(first, opened, office.desk).excuse is None
    found = judge(second, close, office.desk)
    assert (found.promise, found.excuse) == (Promise.BROKEN, "UnknownTicket")


def test_a_promise_that_was_kept_late(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open()
    (given_,) = yes(relayer.submit([act]))
    office.pass_time(timedelta(minutes=6))
    relayer.step(flush=True)
    found = judge(given_, act, office.desk)
    assert (found.promise, found.is_broken) == (Promise.LATE, True) and found.tx_hash


def test_what_does_not_belong_together(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open()
    (given_,) = yes(relayer.submit([act]))
    for wrong, signed in (
        (given_, crowd.open()),
        (replace(given_, chain_id=1), act),
        (replace(given_, include_by=given_.include_by + 1), act),
    ):
        with pytest.raises(InvalidArgument):
            judge(wrong, signed, office.desk)
