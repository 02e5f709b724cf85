"""A batch short of gas: every act is judged with all the gas an act may use, or the whole is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.helpers.contract import Contract, RefusedError, same
from tests.helpers.node import NodeError, RevertedError
from tests.helpers.people import People
from tests.helpers.signed import Signed, carry, pen
from tests.helpers.table import Status
from tests.unit.ticket_desk.test_queue import WORDS_A_TAKE, depart
from tests.unit.ticket_desk.test_signed_accounts import BURNS_GAS, HEAVY, account_of, answers

ACT_GAS = 500_000
PLENTY = 20_000_000
REFUSED = "whole"

Outcome = list[bytes] | str
"""What each act was told, or that the whole was refused."""


def outcome(people: People, acts: Sequence[Signed], gas: int) -> Outcome:
    """What comes of a batch with so much gas; the whole is refused for want of it alone."""
    desk = people.desk
    call = {
        "from": people.stranger.address,
        "to": desk.tickets.address,
        "data": "0x" + desk.tickets.encoded("batch", [act.data for act in acts]).hex(),
        "gas": hex(gas),
    }
    try:
        answer = desk.node.rpc("eth_call", call, "latest", {}, {"time": hex(desk.now + 1)})
    except RevertedError as reverted:
        # Out of gas says nothing.
        found = desk.tickets.refusal(reverted.data)
        assert not reverted.data or same(found, RefusedError("NotEnoughGas", ACT_GAS)), found
        return REFUSED
    except NodeError as error:
        assert "gas" in str(error).lower(), error
        return REFUSED
    return list(desk.tickets.answer("batch", bytes.fromhex(answer[2:])))


def least(people: People, acts: Sequence[Signed]) -> int:
    """The least gas with which a batch is carried."""
    low, high = 0, PLENTY
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if outcome(people, acts, middle) == REFUSED else (low, middle)
    return high


def smart(people: People, answer: int, number: int) -> Signed:
    wallet: Contract = account_of(people)
    answers(wallet, answer, number)
    return pen(people.stranger, wallet.address).open()


def plain(people: People) -> list[Signed]:
    """Three that are done and one that is refused."""
    return [
        pen(people.customer).open(),
        pen(people.agent).open(),
        pen(people.other_customer).open().with_signature(b""),
        pen(people.stranger).open(),
    ]


MIXTURES: dict[str, Callable[[People], list[Signed]]] = {
    "plain": plain,
    "heavy-account-first": lambda people: [smart(people, HEAVY, 420_000), *plain(people)],
    "heavy-account-last": lambda people: [*plain(people), smart(people, HEAVY, 420_000)],
    "burning-account-last": lambda people: [*plain(people), smart(people, BURNS_GAS, 0)],
    "too-heavy-account-last": lambda people: [*plain(people), smart(people, HEAVY, 600_000)],
    "heavy-accounts-alone": lambda people: [smart(people, HEAVY, 420_000) for _ in range(3)],
}


@pytest.mark.parametrize("mixture", MIXTURES)
def test_no_act_is_refused_for_want_of_gas(people: People, mixture: str) -> None:
    """Whatever its gas, a batch says what it says with plenty, or it is refused as a whole."""
    acts = MIXTURES[mixture](people)
    for count in range(1, len(acts) + 1):
        some = acts[:count]
        judged = outcome(people, some, PLENTY)
        enough = least(people, some)
        # Around the edge by one gas, below it by much, above it by much.
        around = {enough + step for step in range(-40, 41)} | {
            enough + step for step in range(-2_000, 2_000, 97)
        }
        afar = {enough * part // 16 for part in range(1, 16)} | {enough + 2**power for power in range(8, 22)}
        for gas in sorted(around | afar):
            expected = judged if gas >= enough else REFUSED
            assert outcome(people, some, gas) == expected, f"{count} acts with {gas:,} gas, {enough:,} needed"


def heaviest(people: People) -> int:
    """The most work of an account with which its act is still done: the act then uses all that it may."""
    low, high = 300_000, ACT_GAS
    while high - low > 1:
        middle = (low + high) // 2
        with people.isolated():
            is_done = outcome(people, [smart(people, HEAVY, middle)], PLENTY) == [b""]
        low, high = (middle, high) if is_done else (low, middle)
    return low


@pytest.mark.parametrize("before", [0, 1])
def test_an_act_that_needs_all_it_may_use_has_it_or_nothing_is_done(people: People, before: int) -> None:
    """Here alone what the call itself takes counts: the act needs the last gas that the guard asks for."""
    acts = [*plain(people)[:before], smart(people, HEAVY, heaviest(people))]
    done: Outcome = [b""] * len(acts)
    enough = least(people, acts)
    # A 64th of an act's gas is 7,937; near the edge each gas is tried.
    for gas in sorted({*range(enough - 9_000, enough + 400, 37), *range(enough - 300, enough + 60)}):
        assert outcome(people, acts, gas) == (done if gas >= enough else REFUSED), gas - enough


def test_the_bound_is_what_an_act_may_use_beside_the_rest(people: People) -> None:
    """An account that works hard is served as long as the whole act stays below the bound."""
    told = []
    for gas in range(380_000, 500_000, 4_000):
        with people.isolated():
            (reason,) = carry(people.desk, people.customer, [smart(people, HEAVY, gas)])
            told.append(reason.name if reason else None)
    # Done; then the account answers, but leaves too little for its act; then it cannot even answer.
    order = [None, "ActFailed", "InvalidSignature"]
    assert told == sorted(told, key=order.index)
    assert set(told) == set(order)


def test_sent_with_a_gas_too_little_and_with_enough(people: People) -> None:
    desk = people.desk
    acts = [*plain(people), smart(people, HEAVY, 420_000)]
    enough = least(people, acts)
    data = desk.tickets.encoded("batch", [act.data for act in acts])
    told = desk.tickets.refusal(_revert_of(people, data, enough - 1))
    assert same(told, RefusedError("NotEnoughGas", ACT_GAS))
    for gas, status, count in ((enough - 1, "0x0", 0), (enough, "0x1", 4)):
        before = desk.lane(1).size
        sent = desk.node.rpc(
            "eth_sendTransaction",
            {
                "from": people.stranger.address,
                "to": desk.tickets.address,
                "data": "0x" + data.hex(),
                "gas": hex(gas),
                "gasPrice": "0x0",
            },
        )
        desk.node.rpc("evm_mine", desk.now + 1)
        desk.node.now += 1
        receipt = desk.node.rpc("eth_getTransactionReceipt", sent)
        assert receipt["status"] == status
        assert desk.lane(1).size == before + count


def _revert_of(people: People, data: bytes, gas: int) -> bytes:
    call = {"from": people.customer.address, "to": people.desk.tickets.address, "gas": hex(gas)}
    try:
        people.desk.node.rpc("eth_call", call | {"data": "0x" + data.hex()}, "latest")
    except RevertedError as reverted:
        return reverted.data
    raise AssertionError("carried")


def test_every_honest_act_of_a_key_stays_far_below_the_bound(people: People) -> None:
    """The dearest: the first ticket of an empty lane, a take past 16 words of departures, a breach."""
    desk = people.desk
    depart(desk, 1, 256 * WORDS_A_TAKE - 1)
    opened = pen(people.customer).open()
    acts = [opened.carried(people.stranger)]
    used = [_used(people)]
    acts.append(pen(people.agent).take(opened.ticket_id, people.agent.certificate).carried(people.stranger))
    used.append(_used(people))
    desk.overdue(opened.ticket_id)
    late = pen(people.agent).move(opened.ticket_id, Status.RESOLVED, deadline=2**63)
    acts.append(late.carried(people.stranger))
    used.append(_used(people))
    assert acts[-1].after.breached
    assert max(used) < ACT_GAS // 4, used


def _used(people: People) -> int:
    return int(people.desk.node.rpc("eth_getBlockReceipts", "latest")[0]["gasUsed"], 16)
