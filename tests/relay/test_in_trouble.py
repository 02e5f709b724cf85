"""A relayer that lacks something leaves to others what it cannot carry, and carries what it can."""

from __future__ import annotations

import time

import pytest

from proofdesk import ConnectionLost, InsufficientFunds
from proofdesk.ops.relay import Allowance, Batching, Limits
from proofdesk.ops.relay._schema import ACTS
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, yes
from tests.relay.test_smart_accounts import Answer, Wallet
from tests.relay.test_waiting import be_patient, stage

ROOM = Allowance(acts=10_000, gas=10**12)


@pytest.mark.parametrize("trouble", ["no money", "no node", "no node when it sends"])
def test_who_cannot_send_lets_go(
    office: Office, crowd: Crowd, make_relayer: Make, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor, rich = make_relayer(desk=office.desk.using(office.newcomer)), make_relayer()
    poor.begin()
    act = crowd.open(1)
    yes(rich.submit([act]))

    def lose(*_: object, **__: object) -> None:
        raise ConnectionLost("the node is down")

    if trouble == "no money":
        office.chain.rpc("anvil_setBalance", poor.address, hex(10**12))
    else:
        there = (
            (poor._carrier, "_looked_at")
            if trouble == "no node"
            else (poor._carrier._flight._sender, "send_many")
        )
        monkeypatch.setattr(*there, lose)
    with pytest.raises((InsufficientFunds, ConnectionLost)):
        poor.step(flush=True)
    assert stage(rich, act) == "queued"
    rich.step(flush=True)
    assert stage(rich, act) == "done", "it did not wait until the other is gone"


def test_nothing_is_in_hand_while_the_node_is_asked_whether_it_is_there(
    crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer()
    act = crowd.open(1)
    yes(relayer.submit([act]))
    relayer.begin()

    def lose() -> None:
        with relayer._database.reading() as connection:
            assert connection.execute(ACTS.select()).one().owner is None
        raise ConnectionLost("the node is down")

    monkeypatch.setattr(relayer._chain, "now", lose)
    with pytest.raises(ConnectionLost):
        relayer.step(flush=True)


def dearer(office: Office) -> None:
    """Gas costs more from the next block on."""
    base = office.w3.eth.get_block("latest")["baseFeePerGas"]
    office.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(2 * base))
    office.chain.rpc("anvil_mine", "0x1")


def test_of_a_batch_that_is_too_dear_for_the_hour_a_part_goes_out(
    office: Office, crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer(limits=Limits(wei_per_hour=6 * 10**15, allowance=ROOM))
    acts = [crowd.open(number) for number in range(60)]
    taken = [act for act, code in zip(acts, codes(relayer.submit(acts)), strict=True) if code == "yes"]
    assert 10 < len(taken) < 60, "as many as the hour's limit pays for"
    dearer(office)
    assert relayer.step(flush=True).batches == 1
    stages = [stage(relayer, act) for act in taken]
    assert stages == sorted(stages) and set(stages) == {"done", "queued"}, (
        "the first, and none before another"
    )
    # What was paid is less than what was reserved, and leaves room for the rest.
    be_patient(relayer, monkeypatch)
    relayer.step(flush=True)
    assert {stage(relayer, act) for act in taken} == {"done"}


def test_an_account_carries_as_much_as_it_can_pay(office: Office, crowd: Crowd, make_relayer: Make) -> None:
    relayer, rich = make_relayer(desk=office.desk.using(office.newcomer)), make_relayer()
    acts = [crowd.open(number) for number in range(20)]
    yes(rich.submit(acts))
    price = relayer._chain.gas_price()
    office.chain.rpc("anvil_setBalance", relayer.address, hex(price * 2_500_000))
    assert relayer.step(flush=True).batches == 1
    stages = [stage(relayer, act) for act in acts]
    assert stages == sorted(stages) and set(stages) == {"done", "queued"}
    rich.step(flush=True)
    assert {stage(relayer, act) for act in acts} == {"done"}, "others need not wait for the rest"


def test_who_burns_gas_is_not_trusted_for_it_while_blocks_may_go(
    office: Office, crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer(batching=Batching(confirmations=12), limits=Limits(allowance=ROOM))
    wallet = Wallet(office, 1)
    relayer.begin()
    carrier = relayer._carrier
    reserve = carrier._reserved
    # It accepts whatever it is asked before the batch goes out, and then no more.
    monkeypatch.setattr(carrier, "_reserved", lambda b: (wallet.will(Answer.BURNS_GAS), reserve(b))[1])
    taken = []
    for count in (3, 10, 10):
        wallet.will(Answer.HONEST)
        answers = codes(relayer.submit([wallet.open(crowd) for _ in range(count)]))
        taken.append(answers.count("yes"))
        relayer.step(flush=True)
    # Those that failed are under way still, and failures already.
    assert taken == [3, relayer.limits.failures + 1 - 3, 0] and set(answers) == {"unreliable"}


def test_nobody_waits_for_a_clock_that_was_set_back(crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer()
    first, second = crowd.open(1), crowd.open(2)
    for act, ahead in ((first, {"queued_at": time.time() + 300}), (second, {"retry_at": time.time() + 300})):
        yes(relayer.submit([act]))
        with relayer._database.writing() as connection:
            connection.execute(ACTS.update().values(ahead))
        # Nothing is flushed: it is ripe by itself.
        relayer.step()
    assert [stage(relayer, act) for act in (first, second)] == ["done", "queued"]
    relayer.step(flush=True)
    assert stage(relayer, second) == "done"


def test_a_halt_holds_up_what_was_not_signed_yet(
    crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer()
    act = crowd.open(1)
    yes(relayer.submit([act]))
    relayer.begin()
    look = relayer._carrier._looked_at

    def halted(*asked: object) -> object:
        relayer.halt("something is wrong")
        return look(*asked)

    monkeypatch.setattr(relayer._carrier, "_looked_at", halted)
    assert relayer.step(flush=True).batches == 0 and stage(relayer, act) == "queued"
    relayer.resume()
    monkeypatch.undo()
    relayer.step(flush=True)
    assert stage(relayer, act) == "done"


@pytest.mark.parametrize("left", [2_500_000, 0])
def test_what_the_node_finds_too_dear_is_not_in_hand(
    office: Office, crowd: Crowd, make_relayer: Make, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is emptied between the last look at it and sending: what was signed nobody has."""
    poor, rich = make_relayer(desk=office.desk.using(office.newcomer)), make_relayer()
    acts = [crowd.open(number) for number in range(20)]
    yes(rich.submit(acts))
    poor.begin()
    flight = poor._carrier._flight
    send, price = flight.send, poor._chain.gas_price()

    def be_emptied(batches: list[object]) -> None:
        if batches:
            office.chain.rpc("anvil_setBalance", poor.address, hex(left * price))
        send(batches)

    with monkeypatch.context() as patch, pytest.raises(InsufficientFunds):
        patch.setattr(flight, "send", be_emptied)
        poor.step(flush=True)
    assert {stage(poor, act) for act in acts} == {"queued"} and not flight._journal.load()
    if left:
        assert poor.step(flush=True).batches == 1, "as many as it can pay for"
        stages = [stage(poor, act) for act in acts]
        assert stages == sorted(stages) and set(stages) == {"done", "queued"}
    rich.step(flush=True)
    assert {stage(rich, act) for act in acts} == {"done"}
    assert [len(office.desk.tickets.acts(act.ticket_id)) for act in acts] == [1] * 20
