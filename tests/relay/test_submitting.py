"""What is refused before it costs anything, with the reason; and what an allowance is."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proofdesk import ConnectionLost, Status
from proofdesk.ops.relay import Allowance, Limits, Refusal, RefusedRecord, Relayer
from proofdesk.ops.relay.answers import CODES
from proofdesk.ops.relay.submissions import answer
from proofdesk.signed import SignedAct
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, key, yes


def refusal(relayer: Relayer, act: SignedAct) -> Refusal:
    """Why an act is not taken; it cost nothing."""
    before = relayer.desk.node.request("eth_getTransactionCount", relayer.address, "latest")
    (answer,) = relayer.submit([act])
    assert isinstance(answer, Refusal) and answer.code in CODES and answer.words
    assert not relayer.step(flush=True).claimed
    assert relayer.desk.node.request("eth_getTransactionCount", relayer.address, "latest") == before
    return answer


def changed(act: SignedAct, **message: Any) -> SignedAct:
    """An act whose signature is of something else."""
    return replace(act, message={**act.message, **message})


def test_for_another_chain_or_desk(relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open()
    assert refusal(relayer, replace(act, chain_id=1)).code == "other-chain"
    assert refusal(relayer, replace(act, desk="0x" + 20 * "11")).code == "other-desk"


@pytest.mark.parametrize("field", ["customer", "lane", "entry", "deadline"])
def test_tampered_with(relayer: Relayer, crowd: Crowd, field: str) -> None:
    act = crowd.open()
    changes: dict[str, Any] = {"customer": key(9).address, "lane": 2, "entry": "0x" + 32 * "77"}
    value = changes.get(field, act.deadline + 1)
    assert refusal(relayer, changed(act, **{field: value})).code == "signature"


def test_a_deadline_that_leaves_no_time(office: Office, crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(limits=Limits(margin=timedelta(minutes=2)))
    assert refusal(relayer, crowd.open(deadline=timedelta(minutes=1))).code == "deadline"
    late = crowd.open(deadline=timedelta(minutes=3))
    (acknowledgement,) = yes(relayer.submit([late]))
    assert acknowledgement.include_by == late.deadline, "no promise beyond the deadline"
    act = crowd.open(deadline=timedelta(hours=1))
    office.pass_time(timedelta(hours=2))
    # The chain's clock is what counts, however wrong this machine's may be.
    (answer,) = make_relayer().submit([act])
    assert isinstance(answer, Refusal) and answer.code == "deadline" and "less than 60 s" in answer.words


def test_a_deadline_that_leaves_just_the_time(
    relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = crowd.open()
    relayer._chain.look()
    monkeypatch.setattr(relayer._chain, "now", lambda: act.deadline - 60)
    late = changed(act, deadline=act.deadline - 1)
    assert codes(relayer.submit([late, act])) == ["deadline", "yes"]


def test_what_the_contract_would_refuse(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    unknown = refusal(relayer, crowd.move(1, crowd.open(1), 1, Status.NEW, Status.CLOSED))
    assert (unknown.code, unknown.error) == ("not-legal", "UnknownTicket") and unknown.retry_after
    ticket = office.opened()
    foreign = refusal(relayer, crowd.rate(1, ticket.id))
    assert (foreign.code, foreign.error, foreign.retry_after) == ("not-legal", "NotCustomer", None)
    second = office.opened("And mine?")
    early = refusal(relayer, crowd.take(second.id))
    assert early.error == "OutOfTurn" and early.retry_after


def test_a_submission_holds_acts_and_records_and_nothing_else(relayer: Relayer, crowd: Crowd) -> None:
    act = json.loads(crowd.open().to_json())
    odd = [{"more": 1}, {"records": {}}, {"records": [{}, {}]}]
    for reply in answer(relayer, [json.dumps({"acts": [act], **more}).encode() for more in odd]):
        assert reply.refusal and reply.refusal.code == "malformed"
    assert sum(relayer.counts().values()) == 0
    (reply,) = answer(relayer, [json.dumps({"acts": [act], "records": []}).encode()])
    assert not reply.is_refused


def test_acts_that_are_valid_singly_but_conflict(relayer: Relayer, crowd: Crowd) -> None:
    opened = crowd.open(1)
    yes(relayer.submit([opened]))
    close, note = (crowd.move(1, opened, 1, Status.NEW, to) for to in (Status.CLOSED, Status.NEW))
    first, second = relayer.submit([close, note])
    assert codes([first, second]) == ["yes", "not-legal"]
    assert isinstance(second, Refusal) and second.error == "StaleTicket"
    assert codes(relayer.submit([note])) == ["not-legal"], "also behind what is queued"
    relayer.step(flush=True)
    assert relayer.counts()["done"] == 2


def test_an_act_handed_in_again_is_acknowledged_as_before(relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open()
    (first,) = yes(relayer.submit([act]))
    assert relayer.submit([act, act]) == [first, first]
    relayer.step(flush=True)
    assert relayer.submit([act]) == [first]
    assert sum(relayer.counts().values()) == 1


def test_what_was_refused_after_all_may_be_tried_anew(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open()
    yes(relayer.submit([act]))
    office.guardian.send("TicketDesk", "pauseOpening")
    relayer.step(flush=True)
    assert relayer.counts()["refused"] == 1
    assert codes(relayer.submit([act])) == ["not-legal"]
    office.supervisor.send("TicketDesk", "unpauseOpening")
    yes(relayer.submit([act]))
    relayer.step(flush=True)
    assert relayer.counts()["done"] == sum(relayer.counts().values()) == 1


def test_an_allowance_is_each_signers_own(crowd: Crowd, make_relayer: Make) -> None:
    patron = key(3).address
    relayer = make_relayer(limits=Limits(allowance=Allowance(acts=2), allowances={patron: None}))
    flood = relayer.submit([crowd.open(1) for _ in range(5)])
    assert codes(flood) == ["yes", "yes", *["allowance"] * 3]
    assert codes(relayer.submit([crowd.open(1)])) == ["allowance"]
    assert codes(relayer.submit([crowd.open(2), *(crowd.open(3) for _ in range(9))])) == ["yes"] * 10
    last = flood[-1]
    assert isinstance(last, Refusal) and last.retry_after and 3500 < last.retry_after <= 3600


def test_an_allowance_of_gas(crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(limits=Limits(allowance=Allowance(acts=100, gas=400_000)))
    assert codes(relayer.submit([crowd.open(1) for _ in range(3)])) == ["yes", "yes", "allowance"]


def test_a_full_queue_says_so_and_loses_nothing(crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(limits=Limits(queue=3))
    acts = [crowd.open(number) for number in range(5)]
    assert codes(relayer.submit(acts)) == ["yes"] * 3 + ["queue-full"] * 2
    assert codes(relayer.submit(acts)) == ["yes"] * 3 + ["queue-full"] * 2
    relayer.step(flush=True)
    assert codes(relayer.submit(acts)) == ["yes"] * 5
    relayer.step(flush=True)
    assert relayer.counts()["done"] == 5


def test_a_gated_lane_through_the_intake_alone(office: Office, crowd: Crowd, make_relayer: Make) -> None:
    act = crowd.open(lane=office.gated_lane)
    stranger = make_relayer(desk=office.desk.using(office.newcomer))
    assert refusal(stranger, act).error == "LaneGated"
    intake = make_relayer()
    yes(intake.submit([act]))
    intake.step(flush=True)
    assert office.desk.tickets.get(act.ticket_id).status is Status.NEW


def test_a_record_that_is_another_acts(office: Office, relayer: Relayer, crowd: Crowd) -> None:
    opening = office.customer.prepare("Secret words.", kind="open")
    content = office.desk.archive.store.get(opening.entry)
    act = crowd.open()
    with pytest.raises(RefusedRecord) as problem:
        relayer.submit([act], records=[content])
    assert "Secret" not in str(problem.value) and relayer.fate(act.digest) is None
    value = json.loads(content)
    value["record"]["kind"] = {"Secret": "words"}
    with pytest.raises(RefusedRecord) as problem:
        relayer.submit([crowd.open(entry=bytes.fromhex(opening.entry[2:]))], records=[json.dumps(value)])
    assert "words" not in str(problem.value)


def test_a_silent_node_is_no_reason_to_lose_or_to_promise(
    crowd: Crowd, relayer: Relayer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proofdesk import ConnectionLost

    act = crowd.open()

    def silent(*_: object, **__: object) -> None:
        raise ConnectionLost("the node did not answer")

    monkeypatch.setattr("proofdesk.ops.relay.checks.simulate", silent)
    assert codes(relayer.submit([act])) == ["no-answer"] and relayer.fate(act.digest) is None
    monkeypatch.undo()
    yes(relayer.submit([act]))


def test_nothing_of_key_or_contents_is_logged_or_shown(
    office: Office, relayer: Relayer, crowd: Crowd, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = office.intake.sender.account.key
    customer = office.desk.using(key(1))
    opening = customer.prepare("A very private matter.", kind="open")
    act = crowd.open(1, entry=bytes.fromhex(opening.entry[2:]))
    yes(relayer.submit([act], records=[office.desk.archive.store.get(opening.entry)]))
    relayer.submit([changed(crowd.open(1), lane=2)])
    relayer.step(flush=True)
    relayer.halt("test")
    relayer.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    shown = (caplog.text + repr(relayer) + repr(relayer.__dict__)).encode() + kept
    for word in (secret.hex().removeprefix("0x").encode(), bytes(secret), b"private matter"):
        assert word not in shown


def test_a_chain_that_asks_more_than_the_relayer_may_pay(crowd: Crowd, make_relayer: Make) -> None:
    assert codes(make_relayer(max_fee_per_gas=1).submit([crowd.open()])) == ["spending"]


def test_too_much_ahead_is_too_much_to_tell(
    crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A take can only be judged behind all of its lane's line ahead of it; an opening needs none of it."""
    monkeypatch.setattr("proofdesk.ops.relay.checks._AHEAD", 3)
    opened = [crowd.open(number) for number in range(4)]
    yes(relayer.submit(opened))
    (answer, other) = relayer.submit([crowd.take(opened[3].ticket_id), crowd.open(9)])
    assert codes([answer, other]) == ["busy", "yes"]
    assert isinstance(answer, Refusal) and answer.retry_after
    relayer.step(flush=True)
    yes(relayer.submit([crowd.take(opened[0].ticket_id)]))


def test_a_node_that_gives_a_call_little_gas(
    crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proofdesk.ops.relay.simulation._CALL_GAS", 1_000_000)
    yes(relayer.submit([crowd.open(number) for number in range(30)]))
    while relayer.step(flush=True).claimed:
        pass
    assert relayer.counts()["done"] == 30


def test_a_record_that_is_too_large(relayer: Relayer, crowd: Crowd) -> None:
    with pytest.raises(RefusedRecord, match="at most 400,000 are taken"):
        relayer.submit([crowd.open()], records=[b" " * 400_001])


def test_an_act_that_is_known_is_not_acknowledged_to_who_forges_it(relayer: Relayer, crowd: Crowd) -> None:
    act, other = crowd.open(1), crowd.open(2)
    (word,) = yes(relayer.submit([act]))
    forged = replace(act, signature=other.signature)
    assert forged.digest == act.digest
    assert codes(relayer.submit([forged])) == ["signature"]
    assert codes(relayer.submit([forged, act])) == ["signature", "yes"]
    relayer.step(flush=True)
    assert codes(relayer.submit([forged])) == ["signature"] and relayer.submit([act]) == [word]


def test_a_wallet_that_does_not_sign_harms_no_others(
    relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, fresh = crowd.open(1), crowd.open(2)
    (word,) = yes(relayer.submit([known]))

    def lose(_word: object) -> object:
        raise ConnectionLost("the wallet is locked")

    with monkeypatch.context() as patch:
        patch.setattr(relayer._intake, "_sign", lose)
        first, second = relayer.submit([known, fresh])
    assert first == word and codes([second]) == ["no-answer"] and second.retry_after
    assert relayer.fate(fresh.digest) is None
    yes(relayer.submit([fresh]))
