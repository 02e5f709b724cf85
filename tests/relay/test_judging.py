"""What the chain says of a relayer's word: kept or not, and whether anything but the relayer is to blame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proofdesk import InvalidArgument, Status
from proofdesk.ops.relay import Acknowledgement, Promise, Relayer, judge
from proofdesk.ops.relay._signing import signing
from proofdesk.ops.relay.judging import UNDECIDABLE
from proofdesk.signed import SignedAct
from proofdesk.signed.signing import sign_move
from tests.client.office import Office
from tests.relay.people import Crowd, key, yes
from tests.relay.test_smart_accounts import Wallet


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
    office.pass_time(timedelta(minutes=20))
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


@pytest.mark.parametrize("other", [{"chain_id": 1}, {"desk": "0x" + 20 * "77"}], ids=str)
def test_a_word_for_another_desk_though_its_relayer_gave_it(
    office: Office, crowd: Crowd, promise: Promising, other: dict[str, Any]
) -> None:
    act = crowd.open()
    given_ = signing(office.intake)(replace(promise(act), **other))
    assert given_.is_signed()
    with pytest.raises(InvalidArgument, match="is of desk"):
        judge(given_, act, office.desk)


@pytest.fixture
def promise(office: Office) -> Callable[..., Acknowledgement]:
    """A word of the intake's, given now for any act, to be kept within so many seconds."""

    def give(act: SignedAct, within: int = 300, **changes: int) -> Acknowledgement:
        now = int(office.desk.now().timestamp())
        moments = {"received_at": now, "include_by": now + within, **changes}
        relayer = office.intake.sender.address
        given = Acknowledgement(act.digest, relayer, act.chain_id, act.desk, **moments, signature="")
        return signing(office.intake)(given)

    return give


def later(office: Office, seconds: int) -> None:
    office.pass_time(timedelta(seconds=seconds))


def on_chain(office: Office, *acts: SignedAct) -> None:
    """Somebody else carries."""
    office.stranger.tickets.carry(acts)


Promising = Callable[..., Acknowledgement]


def test_an_act_is_due_at_its_deadline_whatever_was_promised(
    office: Office, crowd: Crowd, promise: Promising
) -> None:
    act = crowd.open(deadline=timedelta(minutes=5))
    never = promise(act, include_by=2**53 - 1)
    assert judge(never, act, office.desk).promise is Promise.OPEN
    later(office, 400)
    found = judge(never, act, office.desk)
    assert (found.promise, found.excuse) == (Promise.BROKEN, None)


@pytest.mark.parametrize(
    ("carried_after", "blocks"), [(5, 0), (280, 0), (200, 1), (200, 10)], ids=["at once", "late", "1", "10"]
)
def test_who_makes_his_own_act_impossible(
    office: Office, crowd: Crowd, promise: Promising, carried_after: int, blocks: int
) -> None:
    """However late, and whatever blocks follow: the relayer might have been about to carry it."""
    opened = crowd.open(1)
    on_chain(office, opened)
    reply = crowd.move(1, opened, 1, Status.NEW, Status.NEW)
    given = promise(reply)
    later(office, carried_after)
    on_chain(office, crowd.move(1, opened, 1, Status.NEW, Status.CLOSED))
    for _ in range(blocks):
        later(office, 9)
    later(office, 400)
    assert judge(given, reply, office.desk).excuse == "StaleTicket"


@pytest.mark.parametrize("overtakes", [True, False])
def test_who_carries_the_later_act_first(
    office: Office, crowd: Crowd, promise: Promising, overtakes: bool
) -> None:
    """It made the earlier one impossible itself; somebody else who carries it does so for its signer."""
    life = crowd.life(1)
    on_chain(office, *life[:5])
    closing, rating = (
        crowd.move(1, life[0], 5, Status.RESOLVED, Status.CLOSED),
        crowd.rate(1, life[0].ticket_id),
    )
    given = promise(closing)
    later(office, 280)
    (office.intake if overtakes else office.stranger).tickets.carry([rating])
    later(office, 400)
    assert judge(given, closing, office.desk).excuse == (None if overtakes else "StaleTicket")


@pytest.mark.parametrize(("answered_after", "excuse"), [(30, "StaleTicket"), (200, None)])
def test_what_others_make_impossible_excuses_who_had_no_time(
    office: Office, crowd: Crowd, promise: Promising, answered_after: int, excuse: str | None
) -> None:
    """Who sits on a customer's act until the agent's makes it impossible is not excused."""
    life = crowd.life(1)
    on_chain(office, *life[:2])
    closing = crowd.move(1, life[0], 2, Status.OPEN, Status.CLOSED)
    given = promise(closing)
    # No block in between: what holds until an act is what held right before it.
    office.chain.rpc("evm_increaseTime", answered_after)
    on_chain(office, life[2])
    later(office, 400)
    assert judge(given, closing, office.desk).excuse == excuse


@pytest.mark.parametrize(("opened_after", "excuse"), [(60, None), (250, "UnknownTicket")])
def test_what_became_legal_in_time_to_be_carried(
    office: Office, crowd: Crowd, promise: Promising, opened_after: int, excuse: str | None
) -> None:
    opened = crowd.open(1)
    closing = crowd.move(1, opened, 1, Status.NEW, Status.CLOSED)
    given = promise(closing)
    later(office, opened_after)
    on_chain(office, opened)
    later(office, 400)
    assert judge(given, closing, office.desk).excuse == excuse


def test_what_came_late_since_it_was_not_legal_before(
    office: Office, crowd: Crowd, promise: Promising
) -> None:
    opened = crowd.open(1)
    closing = crowd.move(1, opened, 1, Status.NEW, Status.CLOSED)
    given = promise(closing)
    later(office, 400)
    on_chain(office, opened)
    on_chain(office, closing)
    found = judge(given, closing, office.desk)
    assert (found.promise, found.excuse) == (Promise.LATE, "UnknownTicket") and found.tx_hash


@pytest.mark.parametrize(("left", "excuse"), [(600, "ObjectionWindowOver"), (2700, None)])
def test_a_window_that_closes_while_the_relayer_sits(
    office: Office, crowd: Crowd, promise: Promising, left: int, excuse: str | None
) -> None:
    """No act ends the time to object: only looks in between show whether there was enough of it."""
    life = crowd.life(1)
    on_chain(office, *life[:5])
    number = office.desk.lanes.number(office.lane)
    (window,) = [lane.confirm_within for lane in office.desk.lanes.all() if lane.id == number]
    office.pass_time(window - timedelta(seconds=left))
    ticket, deadline = office.desk.tickets.get(life[0].ticket_id), office.desk.now() + timedelta(days=1)
    reopening = sign_move(
        office.deployment, key(1), ticket=ticket, to=Status.OPEN, entry=crowd.entry(), deadline=deadline
    )
    given = promise(reopening, 3600)
    for _ in range(20):
        later(office, 200)
    assert judge(given, reopening, office.desk).excuse == excuse


def test_no_role_to_carry_is_no_excuse(office: Office, crowd: Crowd) -> None:
    act = crowd.open(1, lane=office.gated_lane)
    now = int(office.desk.now().timestamp())
    word = Acknowledgement(act.digest, office.newcomer.address, act.chain_id, act.desk, now, now + 60, "")
    given = signing(office.desk.using(office.newcomer))(word)
    later(office, 100)
    found = judge(given, act, office.desk)
    assert (found.promise, found.excuse) == (Promise.BROKEN, None)


def test_of_a_smart_account_nobody_can_tell(office: Office, crowd: Crowd, promise: Promising) -> None:
    """It may have refused who carried, and accept when it is asked again."""
    wallet = Wallet(office, 1)
    act = wallet.open(crowd)
    given = promise(act)
    later(office, 400)
    assert judge(given, act, office.desk).excuse == UNDECIDABLE


def test_a_node_that_remembers_nothing_blames_nobody(
    office: Office, crowd: Crowd, promise: Promising, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = crowd.open(1)
    given = promise(act)
    later(office, 400)
    transport = office.desk.node._core.transport
    ask_all = transport.ask_all

    async def forgetful(requests: Any) -> Any:
        gone = {"error": {"code": -32000, "message": "missing trie node"}}
        return [gone if requests[0][0] == "eth_call" else each for each in await ask_all(requests)]

    monkeypatch.setattr(transport, "ask_all", forgetful)
    assert judge(given, act, office.desk).excuse == UNDECIDABLE
