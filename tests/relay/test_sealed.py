"""Records that come with signed acts to a sealed desk: taken if they open there, and kept sealed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proofdesk._errors import ContentSealed
from proofdesk._records import Opening, commit, compose
from proofdesk._store import SEALED, ClearCodec
from proofdesk._words import to_hex
from proofdesk.ops.relay import Refusal, Relayer
from proofdesk.ops.relay.records import RefusedRecord
from proofdesk.ops.relay.submissions import answer
from proofdesk.privacy.erasing import bury
from proofdesk.privacy.keys import Scope
from proofdesk.privacy.sealed import seal
from proofdesk.signed import SignedAct
from proofdesk.signed.signing import sign_open
from tests.privacy.conftest import office, sealed_office
from tests.privacy.office import SealedOffice, keyring
from tests.relay.people import key

__all__ = ["office", "sealed_office"]

WORDS = "My card ends in 4711."


@contextmanager
def relaying(office: SealedOffice, folder: Path, who: str) -> Iterator[Relayer]:
    """A relayer of the intake's account, with somebody's keyring or none."""
    keys = keyring(who) if who else None
    desk = office.desk.using(office.intake.sender.account, keyring=keys)
    with Relayer(desk, folder / f"{who or 'nobody'}.db") as relayer:
        yield relayer


def written(office: SealedOffice) -> tuple[SignedAct, Opening]:
    """An opening that somebody without gas signed, and its record, which names his key."""
    account = key(7)
    reply_key = keyring("customer").reply_key
    opening = commit(compose(WORDS, kind="open", author=account.address, reply_key=reply_key))
    entry = bytes.fromhex(opening.entry[2:])
    return sign_open(office.deployment, account, lane=office.lane, entry=entry), opening


def sealed(office: SealedOffice, opening: Opening, who: str) -> bytes:
    """A record as somebody's store keeps it, sealed to himself alone."""
    (reader,) = [office.desk.keys.reader_of(office.address(who))]
    return seal(opening, Scope.of(office.deployment), [reader])


@pytest.mark.parametrize("who", ["agent", ""])
def test_what_comes_in_the_clear_is_sealed_when_it_is_kept(
    office: SealedOffice, tmp_path: Path, who: str
) -> None:
    act, opening = written(office)
    with relaying(office, tmp_path, who) as relayer:
        (given,) = relayer.submit([act], records=[ClearCodec().encode(opening)])
    assert not isinstance(given, Refusal)
    content = office.desk.archive.store.get(opening.entry)
    assert json.loads(content)["format"] == SEALED and WORDS.encode() not in content
    for reader in (office.agent, office.auditor, office.customer):
        assert reader.records.read(opening.entry).body == WORDS
    with pytest.raises(ContentSealed):
        office.stranger.records.read(opening.entry)


def test_a_sealed_record_is_opened_by_whom_it_is_sealed_to(office: SealedOffice, tmp_path: Path) -> None:
    act, opening = written(office)
    body = {"acts": [json.loads(act.to_json())]}
    body |= {"records": [json.loads(sealed(office, opening, "second_agent"))]}
    with relaying(office, tmp_path, "second_agent") as relayer:
        (reply,) = answer(relayer, [json.dumps(body).encode()])
    assert not reply.is_refused
    assert office.agent.records.read(opening.entry).body == WORDS


@pytest.mark.parametrize("who", ["agent", ""])
def test_what_nobody_here_opens_is_refused_before_anything_is_paid(
    office: SealedOffice, tmp_path: Path, who: str
) -> None:
    act, opening = written(office)
    content = sealed(office, opening, "auditor")
    with relaying(office, tmp_path, who) as relayer:
        with pytest.raises(RefusedRecord, match=f"record 0 of entry {opening.entry} is sealed, and no key"):
            relayer.submit([act], records=[content])
        (reply,) = answer(
            relayer,
            [json.dumps({"acts": [json.loads(act.to_json())], "records": [json.loads(content)]}).encode()],
        )
        assert reply.refusal is not None and reply.refusal.code == "record"
        assert sum(relayer.counts().values()) == 0
    assert opening.entry not in office.desk.archive.store


def test_what_was_changed_erased_or_is_another_desks_is_refused(office: SealedOffice, tmp_path: Path) -> None:
    act, opening = written(office)
    content = sealed(office, opening, "second_agent")
    (reader,) = [office.desk.keys.reader_of(office.address("second_agent"))]
    elsewhere = seal(opening, Scope(1, Scope.of(office.deployment).desk), [reader])
    value = json.loads(content)
    value["nonce"] = value["nonce"][:-2] + ("AA" if value["nonce"][-2:] != "AA" else "BB")
    changed = json.dumps(value, separators=(",", ":")).encode()
    store = office.desk.archive.store
    bury(store, opening.entry, to_hex(bytes(32)))
    tombstone = store.get(opening.entry)
    with relaying(office, tmp_path, "second_agent") as relayer:
        for bad in (elsewhere, changed, tombstone):
            with pytest.raises(RefusedRecord, match="record 0") as refused:
                relayer.submit([act], records=[bad])
            assert WORDS not in str(refused.value)
        assert sum(relayer.counts().values()) == 0
