"""What a relayer's word is worth for an act behind others: its own delay with these is no excuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from proofdesk import InvalidArgument, Status
from proofdesk.ops.relay import Acknowledgement, Promise, Relayer, judge
from proofdesk.ops.relay._signing import signing
from proofdesk.signed import SignedAct
from tests.client.office import Office
from tests.relay.people import Crowd, yes
from tests.relay.test_judging import later, on_chain, promise
from tests.relay.test_smart_accounts import Wallet

__all__ = ["promise"]

Promising = Callable[..., Acknowledgement]
WITHIN = 300  # seconds, as a relayer promises by default


def pair(crowd: Crowd) -> tuple[SignedAct, SignedAct]:
    """An opening, and a note of its customer's behind it."""
    opened = crowd.open(1)
    return opened, crowd.move(1, opened, 1, Status.NEW, Status.NEW)


@pytest.mark.parametrize("opened_after", [0, WITHIN - 60, None])
def test_its_own_delay_is_no_excuse(
    office: Office, relayer: Relayer, crowd: Crowd, opened_after: int | None
) -> None:
    opened, note = pair(crowd)
    first, second = yes(relayer.submit([opened, note]))
    if opened_after is not None:
        office.chain.rpc("evm_increaseTime", opened_after)
        on_chain(office, opened)
    # The chain's clock is behind by as much as the office is old.
    later(office, 3 * WITHIN)
    found = judge(second, note, office.desk, behind=[(first, opened)])
    assert (found.promise, found.excuse) == (Promise.BROKEN, None)
    alone = judge(second, note, office.desk)
    assert alone.excuse == ("UnknownTicket" if opened_after != 0 else None), "by one word nobody can tell"


def test_what_was_in_time_is_kept_whatever_it_waited_for(
    office: Office, relayer: Relayer, crowd: Crowd
) -> None:
    opened, note = pair(crowd)
    first, second = yes(relayer.submit([opened, note]))
    relayer.step(flush=True)
    found = judge(second, note, office.desk, behind=[(first, opened)])
    assert found.promise is Promise.KEPT


@pytest.mark.parametrize("after", [5, 200, 280])
def test_who_makes_impossible_what_comes_first_excuses_what_stands_behind(
    office: Office, crowd: Crowd, promise: Promising, after: int
) -> None:
    """Both are the relayer's; the signer of the one carries another act in its place, however late."""
    life = crowd.life(1)
    on_chain(office, *life[:2])
    answer, closing = life[2], crowd.move(1, life[0], 3, Status.WAITING, Status.CLOSED)
    words = promise(answer), promise(closing)
    # No block in between: the relayer may have been about to carry both.
    office.chain.rpc("evm_increaseTime", after)
    on_chain(office, crowd.move(None, life[0], 2, Status.OPEN, Status.RESOLVED))
    later(office, WITHIN + 100)
    found = judge(words[1], closing, office.desk, behind=[(words[0], answer)])
    assert found.promise is Promise.BROKEN and found.excuse is not None


def test_a_smart_accounts_act_may_have_been_refused_meanwhile(
    office: Office, crowd: Crowd, promise: Promising
) -> None:
    """Nobody sees what it answered to who carried: it accepts whenever it is asked by who judges."""
    wallet = Wallet(office, 1)
    opened = wallet.open(crowd)
    taking = crowd.take(opened.ticket_id)
    words = promise(opened), promise(taking)
    later(office, WITHIN - 10)
    on_chain(office, opened)
    later(office, 100)
    found = judge(words[1], taking, office.desk, behind=[(words[0], opened)])
    assert (found.promise, found.excuse) == (Promise.BROKEN, "UnknownTicket")


def test_words_of_another_relayer_and_of_later_do_not_count(
    office: Office, crowd: Crowd, promise: Promising
) -> None:
    opened, note = pair(crowd)
    word, first = promise(note), promise(opened)
    other = replace(first, relayer=office.newcomer.address, signature="")
    strangers = signing(office.desk.using(office.newcomer))(other)
    late = promise(opened, received_at=word.received_at + 1)
    later(office, WITHIN + 100)
    for given in (strangers, late):
        assert judge(word, note, office.desk, behind=[(given, opened)]).excuse == "UnknownTicket"
    assert judge(word, note, office.desk, behind=[(first, opened), (word, note)]).excuse is None


def test_a_word_binds_until_it_was_due(office: Office, crowd: Crowd, promise: Promising) -> None:
    opened, note = pair(crowd)
    brief, word = promise(opened, 60), promise(note)
    later(office, 100)
    later(office, WITHIN)
    assert judge(word, note, office.desk, behind=[(brief, opened)]).excuse == "UnknownTicket"


def test_a_word_that_is_none_is_refused(office: Office, crowd: Crowd, promise: Promising) -> None:
    opened, note = pair(crowd)
    word, first = promise(note), promise(opened)
    later(office, timedelta(minutes=10).seconds)
    for wrong in (
        (first, note),
        (replace(first, include_by=1), opened),
        (replace(first, chain_id=1), opened),
    ):
        with pytest.raises(InvalidArgument):
            judge(word, note, office.desk, behind=[wrong])
