"""A record goes with an act of its kind and its ticket; one that cannot be kept stops no other act."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from proofdesk import Desk, Status, Ticket
from proofdesk._records import Opening, commit, compose
from proofdesk._store import ClearCodec
from proofdesk.ops.relay import Refusal, RefusedRecord, Relayer
from proofdesk.ops.relay.folder import take_folder
from proofdesk.ops.relay.submissions import answer
from proofdesk.privacy.keyring import SealedCodec
from proofdesk.signed import SignedAct
from proofdesk.signed.signing import sign_move, sign_open, sign_rate, sign_take
from proofdesk.stores import StoreUnavailable
from tests.privacy.conftest import office, sealed_office
from tests.privacy.office import SealedOffice
from tests.relay.people import codes, coming, key
from tests.relay.test_sealed import relaying, written

__all__ = ["office", "sealed_office"]

ELSEWHERE = "0x" + 32 * "12"


@pytest.fixture
def relayer(office: SealedOffice, tmp_path: Path) -> Iterator[Relayer]:
    """A relayer that reads what agents read."""
    with relaying(office, tmp_path, "agent") as relayer:
        yield relayer


def account_of(desk: Desk) -> LocalAccount:
    """Whose key signs for a desk."""
    account = desk.sender.account
    assert not isinstance(account, str)
    return account


def record(kind: str, author: str, ticket: str | None = None) -> Opening:
    """Words of a kind."""
    return commit(compose("words", kind=kind, author=author, ticket=ticket))


def opening(office: SealedOffice, who: LocalAccount, given: Opening, lane: str = "") -> SignedAct:
    """An opening that names a record."""
    return sign_open(office.deployment, who, lane=lane or office.lane, entry=bytes.fromhex(given.entry[2:]))


def moving(
    office: SealedOffice, who: LocalAccount, ticket: Ticket, given: Opening, to: Status | None = None
) -> SignedAct:
    """A move that names a record; words that change nothing by default."""
    entry = bytes.fromhex(given.entry[2:])
    return sign_move(office.deployment, who, ticket=ticket, to=to or ticket.status, entry=entry)


def body(*given: tuple[SignedAct, Opening | None]) -> bytes:
    """What is handed in."""
    records = [json.loads(ClearCodec().encode(each)) for _, each in given if each is not None]
    return json.dumps({"acts": [json.loads(act.to_json()) for act, _ in given], "records": records}).encode()


def submitted(relayer: Relayer, act: SignedAct, given: Opening) -> Any:
    """The answer to one act with its record."""
    return relayer.submit([act], records=[ClearCodec().encode(given)])[0]


@pytest.mark.parametrize("kind", ["exam", "revocation", "access", "note", "reply", "erasure", "message"])
def test_an_opening_comes_with_words_that_agents_read(
    office: SealedOffice, relayer: Relayer, kind: str
) -> None:
    """Sealed as another kind is, whoever has to answer could not read to whom."""
    ticket = None if kind in ("exam", "revocation", "access") else ELSEWHERE
    after = ELSEWHERE if kind == "erasure" else None
    given = commit(compose("words", kind=kind, author="Ann", ticket=ticket, after=after))
    act = opening(office, key(1), given, office.gated_lane)
    with pytest.raises(RefusedRecord, match=f"record 0 is of kind {kind}, .* needs one of kind open"):
        submitted(relayer, act, given)
    (reply,) = answer(relayer, [body((act, given))])
    assert reply.refusal is not None and reply.refusal.code == "record"
    assert given.entry not in office.desk.archive.store and relayer.fate(act.digest) is None


def test_a_move_comes_with_a_record_of_its_ticket(office: SealedOffice, relayer: Relayer) -> None:
    ticket, other = office.taken(), office.opened("Another matter.")
    customer = account_of(office.customer)
    for given, told in (
        (record("reply", "Ann", other.id), f"is of ticket {other.id}, .* of ticket {ticket.id}"),
        (record("open", "Ann"), "is of kind open"),
        (record("rating", "Ann", ticket.id), "is of kind rating"),
        (record("message", "Ann", ticket.id), "is of kind message"),
        (record("assign", "Ann", ticket.id), "is of kind assign"),
    ):
        with pytest.raises(RefusedRecord, match=f"record 0 {told}"):
            submitted(relayer, moving(office, customer, ticket, given), given)
        assert given.entry not in office.desk.archive.store
    given = record("reply", customer.address, ticket.id)
    assert codes([submitted(relayer, moving(office, customer, ticket, given), given)]) == ["yes"]
    assert office.agent.records.read(given.entry).body == "words"


def test_nobody_plants_an_erasure(office: SealedOffice, relayer: Relayer) -> None:
    """Who erases after it would take it for one that was begun."""
    ticket = office.taken()
    customer = account_of(office.customer)
    first = office.customer.tickets.acts(ticket)[0].entry
    data = {"ground": "none", "scope": "ticket", "acts": 1000}
    given = commit(
        compose({"data": data}, kind="erasure", author=customer.address, ticket=ticket.id, after=first)
    )
    with pytest.raises(RefusedRecord, match="is of kind erasure"):
        submitted(relayer, moving(office, customer, ticket, given), given)
    assert given.entry not in office.desk.archive.store


def test_every_act_comes_with_its_own_kind(office: SealedOffice, relayer: Relayer) -> None:
    ticket, agent, customer = office.opened(), account_of(office.agent), account_of(office.customer)
    certificate = office.desk.certification.of(agent.address, office.program)
    assert certificate is not None

    def taking(given: Opening) -> SignedAct:
        entry = bytes.fromhex(given.entry[2:])
        return sign_take(office.deployment, agent, ticket=ticket, certificate=certificate.id, entry=entry)

    def rating(given: Opening) -> SignedAct:
        entry = bytes.fromhex(given.entry[2:])
        return sign_rate(office.deployment, customer, ticket=ticket.id, score=5, entry=entry)

    for sign, kind in ((taking, "take"), (rating, "rating")):
        wrong = record("note", "Ann", ticket.id)
        with pytest.raises(RefusedRecord, match=f"needs one of kind {kind}"):
            submitted(relayer, sign(wrong), wrong)
        own = record(kind, "Ann", ticket.id)
        assert relayer.read_records([ClearCodec().encode(own)], [sign(own)])
    for kind in ("note", "move", "reply"):
        own = record(kind, "Ann", ticket.id)
        assert relayer.read_records([ClearCodec().encode(own)], [moving(office, agent, ticket, own)])


def test_who_names_anothers_entry_takes_no_record_from_him(office: SealedOffice, relayer: Relayer) -> None:
    act, given = written(office)
    ticket = office.taken()
    thief = moving(office, account_of(office.customer), ticket, given)
    answers = relayer.submit([thief, act], records=[ClearCodec().encode(given)])
    assert codes(answers) == ["yes", "yes"], "an act may name what it likes"
    found = relayer.read_records([ClearCodec().encode(given)], [thief, act])
    assert list(found) == [act.digest]


def troubled(
    office: SealedOffice, monkeypatch: pytest.MonkeyPatch, entry: str, problem: Exception
) -> list[str]:
    """Have the keeping of a record fail; the entries of those that were tried are collected."""
    from proofdesk.privacy import writing

    tried: list[str] = []
    right = writing.keep

    async def keep(desk: Any, given: Opening) -> None:
        tried.append(given.entry)
        if given.entry == entry:
            raise problem
        await right(desk, given)

    monkeypatch.setattr(writing, "keep", keep)
    return tried


def test_an_agents_reply_at_a_relayer_without_keys_stops_nobody(
    office: SealedOffice, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ticket, agent = office.taken(), account_of(office.agent)
    given = record("reply", agent.address, ticket.id)
    with relaying(office, tmp_path, "") as relayer:
        act = moving(office, agent, ticket, given, Status.WAITING)
        bad, good = answer(relayer, [body((act, given)), body(written(office))])
        assert [each.code for each in bad.refusals] == ["record"] and not good.is_refused
        assert relayer.fate(act.digest) is None and given.entry not in office.desk.archive.store
        said = bad.refusals[0].words
    assert "connect with keyring=" in caplog.text and "keyring" not in said
    # Nothing is lost by it: the same is taken where the keys are.
    with relaying(office, tmp_path, "agent") as relayer:
        assert codes([submitted(relayer, act, given)]) == ["yes"]
    assert office.customer.records.read(given.entry).body == "words"


def test_one_file_does_not_stop_a_folder(office: SealedOffice, tmp_path: Path) -> None:
    ticket, agent = office.taken(), account_of(office.agent)
    given = record("reply", agent.address, ticket.id)
    place = tmp_path / "acts"
    place.mkdir()
    (place / "a.json").write_bytes(body((moving(office, agent, ticket, given, Status.WAITING), given)))
    (place / "b.json").write_bytes(body(written(office)))
    with relaying(office, tmp_path, "") as relayer:
        assert take_folder(relayer, place) == 2
        assert relayer.counts()["queued"] == 1


def test_words_of_a_ticket_that_is_queued_wait_until_it_is_on_chain(
    office: SealedOffice, relayer: Relayer
) -> None:
    act, words = written(office)
    ticket = coming(act, 1)
    given = record("reply", act.signer, act.ticket_id)
    more = moving(office, key(7), ticket, given)
    (reply,) = answer(relayer, [body((act, words), (more, given))])
    assert [isinstance(each, Refusal) for each in reply.answers] == [False, True]
    (refusal,) = reply.refusals
    assert (refusal.code, refusal.retry_after) == ("busy", 10)
    relayer.step(flush=True)
    assert codes([submitted(relayer, more, given)]) == ["yes"]
    assert office.customer.records.read(given.entry).body == "words"


def test_what_follows_an_act_without_its_record_is_looked_at_again(
    office: SealedOffice, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A promise that only the act before it makes legal is not given."""
    ticket, customer = office.opened(), account_of(office.customer)
    first, second = (record("reply", customer.address, ticket.id) for _ in range(2))
    acts = [
        moving(office, customer, ticket, first),
        moving(office, customer, replace(ticket, acts=ticket.acts + 1), second),
    ]
    other, words = written(office)
    troubled(office, monkeypatch, first.entry, RuntimeError("of a kind that nobody thought of"))
    records = [ClearCodec().encode(each) for each in (first, second, words)]
    assert codes(relayer.submit([*acts, other], records=records)) == ["record", "not-legal", "yes"]
    monkeypatch.undo()
    assert codes(relayer.submit(acts, records=records[:2])) == ["yes", "yes"]


def test_a_full_store_refuses_words_and_nothing_else(
    office: SealedOffice, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would wait for a store that does not answer: it is asked once a round."""
    act, given = written(office)
    silent = sign_open(office.deployment, key(9), lane=office.lane, entry=bytes(31) + b"\7")
    ticket, customer = office.opened(), account_of(office.customer)
    more = record("reply", customer.address, ticket.id)
    problem = StoreUnavailable("s3://records", "keep a content", "no space left")
    tried = troubled(office, monkeypatch, given.entry, problem)
    bodies = [body((moving(office, customer, ticket, more), more)), body((act, given)), body((silent, None))]
    replies = answer(relayer, bodies)
    assert [[each.code for each in reply.refusals] for reply in replies] == [["no-answer"], ["no-answer"], []]
    assert tried == [given.entry], "what opens a ticket comes first"
    assert not any("s3:" in each.words for reply in replies for each in reply.refusals)
    monkeypatch.undo()
    assert [reply.is_refused for reply in answer(relayer, bodies)] == [False] * 3
    assert office.agent.records.read(given.entry).body and office.agent.records.read(more.entry).body


def test_words_that_come_after_their_act_and_are_not_kept_are_said_to_be_missing(
    office: SealedOffice, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, given = written(office)
    assert codes(relayer.submit([act])) == ["yes"]
    troubled(office, monkeypatch, given.entry, StoreUnavailable("s3://records", "keep a content", "down"))
    assert codes([submitted(relayer, act, given)]) == ["no-answer"]
    monkeypatch.undo()
    assert codes([submitted(relayer, act, given)]) == ["yes"]
    assert office.agent.records.read(given.entry).body and relayer.counts()["queued"] == 1


def test_a_store_that_is_gone_while_keys_are_looked_for(
    office: SealedOffice,
    relayer: Relayer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)

    def gone(*_: object) -> None:
        raise StoreUnavailable("s3://records", "list shares", "down")

    act, given = written(office)
    office.customer.keep(given)
    sealed = json.loads(office.desk.archive.store.get(given.entry))
    monkeypatch.setattr(SealedCodec, "held", gone)
    bad = json.dumps({"acts": [json.loads(act.to_json())], "records": [sealed]}).encode()
    silent = sign_open(office.deployment, key(9), lane=office.lane, entry=bytes(31) + b"\7")
    first, second = answer(relayer, [bad, body((silent, None))])
    assert first.refusal is not None and first.refusal.code == "no-answer" and not second.is_refused
    assert "s3:" in caplog.text and "s3:" not in first.refusal.words
