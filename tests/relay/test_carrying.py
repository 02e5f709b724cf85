"""What becomes of acts that were acknowledged, on either database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from proofdesk import InsufficientFunds, Status
from proofdesk.ops.relay import Batching, Limits, Relayer, Stage
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, key, yes


def done(relayer: Relayer, *acts: object) -> list[str]:
    """Step until nothing waits; how each act ended."""
    while relayer.step(flush=True).claimed:
        pass
    fates = [relayer.fate(act.digest) for act in acts]
    assert None not in fates
    return [fate.stage.value for fate in fates if fate is not None]


def test_a_whole_life_without_gas_in_one_batch(
    office: Office, crowd: Crowd, make_relayer: Make, place: str
) -> None:
    relayer = make_relayer(place)
    life = crowd.life()
    yes(relayer.submit(life))
    assert relayer.step(flush=True).batches == 1
    assert done(relayer, *life) == ["done"] * 7
    ticket = office.desk.tickets.get(life[0].ticket_id)
    assert (ticket.status, ticket.acts, ticket.rating) == (Status.CLOSED, 7, 5)
    fates = [relayer.fate(act.digest) for act in life]
    assert len({fate.tx_hash for fate in fates if fate}) == 1
    entries = [act.entry for act in office.desk.tickets.acts(ticket)]
    assert entries == [act.entry for act in life]
    assert office.w3.eth.get_balance(key(0).address) == 0


def test_acts_handed_in_one_by_one_are_checked_behind_those_before(
    crowd: Crowd, make_relayer: Make, place: str
) -> None:
    relayer = make_relayer(place)
    life = crowd.life()
    for act in life:
        yes(relayer.submit([act]))
    assert done(relayer, *life) == ["done"] * 7


def test_the_line_is_served_in_order(crowd: Crowd, make_relayer: Make, place: str) -> None:
    relayer = make_relayer(place)
    first, second = crowd.open(1), crowd.open(2)
    yes(relayer.submit([first, second]))
    assert codes(relayer.submit([crowd.take(second.ticket_id)])) == ["not-legal"]
    takes = [crowd.take(first.ticket_id), crowd.take(second.ticket_id)]
    yes(relayer.submit(takes))
    assert done(relayer, first, second, *takes) == ["done"] * 4


def test_batches_are_filled_by_count_and_gas(crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(batching=Batching(acts=4, at_once=3))
    yes(relayer.submit([crowd.open(number) for number in range(14)]))
    rounds = [relayer.step(flush=True) for _ in range(3)]
    assert [(each.claimed, each.batches) for each in rounds] == [(12, 3), (2, 1), (0, 0)]
    relayer.close()
    small = make_relayer(batching=Batching(acts=4, gas=1_200_000))
    yes(small.submit([crowd.open(number) for number in range(6)]))
    found = small.step(flush=True)
    assert (found.claimed, found.batches) == (6, 2), "three at their bounds, and what is to spare"


def test_a_batch_waits_to_be_filled_but_not_for_long(crowd: Crowd, make_relayer: Make) -> None:
    slowly = Batching(acts=3, after=timedelta(hours=1))
    patient = make_relayer(batching=slowly, include_within=timedelta(hours=2))
    yes(patient.submit([crowd.open(1)]))
    assert patient.step().claimed == 0
    yes(patient.submit([crowd.open(2), crowd.open(3)]))
    assert patient.step().claimed == 3
    hurried = make_relayer(batching=Batching(after=timedelta()))
    patient.close()
    yes(hurried.submit([crowd.open(4)]))
    assert hurried.step().claimed == 1


def test_what_became_illegal_is_dropped_before_it_costs(
    office: Office, crowd: Crowd, relayer: Relayer
) -> None:
    opened = crowd.open(1)
    yes(relayer.submit([opened]))
    done(relayer, opened)
    note = crowd.move(1, opened, 1, Status.NEW, Status.NEW)
    yes(relayer.submit([note]))
    office.supervisor.tickets.move(opened.ticket_id, Status.REJECTED, "No such order.")
    before = office.w3.eth.get_transaction_count(relayer.address)
    assert done(relayer, note) == ["refused"]
    fate = relayer.fate(note.digest)
    assert fate and fate.refusal and (fate.refusal.code, fate.refusal.error) == ("not-legal", "StaleTicket")
    assert office.w3.eth.get_transaction_count(relayer.address) == before


def test_what_somebody_else_carried_is_done(office: Office, crowd: Crowd, relayer: Relayer) -> None:
    acts = [crowd.open(1), crowd.open(2)]
    yes(relayer.submit(acts))
    result = office.stranger.tickets.carry(acts[0])
    assert done(relayer, *acts) == ["done", "done"]
    fates = [relayer.fate(act.digest) for act in acts]
    assert [fate.tx_hash == result.tx_hash for fate in fates if fate] == [True, False]


@pytest.mark.parametrize("missing", ["the ticket", "an act"])
def test_what_comes_too_early_waits_for_what_it_needs(
    office: Office, crowd: Crowd, relayer: Relayer, missing: str
) -> None:
    """A note that saw three acts, while a reorganisation has left one of them, or none."""
    opened = crowd.open(1)
    notes = [crowd.move(1, opened, seen, Status.NEW, Status.NEW) for seen in (1, 2)]
    last = crowd.move(1, opened, 3, Status.NEW, Status.NEW)
    first, lost = ([opened], notes) if missing == "an act" else ([], [opened, *notes])
    yes(relayer.submit(first))
    done(relayer)
    snapshot = office.chain.rpc("evm_snapshot")
    yes(relayer.submit(lost))
    done(relayer)
    yes(relayer.submit([last]))
    office.chain.rpc("evm_revert", snapshot)
    assert done(relayer, last) == ["queued"]
    for act in lost:
        office.stranger.tickets.carry(act)
    _forget_waits(relayer)
    assert done(relayer, last) == ["done"]


def _forget_waits(relayer: Relayer) -> None:
    from proofdesk.ops.relay._schema import ACTS

    with relayer._database.writing() as connection:
        connection.execute(ACTS.update().values(retry_at=0.0))


def test_a_batch_in_which_all_fail(
    office: Office, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were legal until the very block in which they were mined."""
    acts = [crowd.open(number) for number in range(3)]
    yes(relayer.submit(acts))
    assert not relayer.step().claimed
    carrier = relayer._carrier
    assert carrier is not None
    reserve = carrier._reserved
    monkeypatch.setattr(
        carrier,
        "_reserved",
        lambda batches: (office.guardian.send("TicketDesk", "pauseOpening"), reserve(batches))[1],
    )
    assert done(relayer, *acts) == ["refused"] * 3
    fate = relayer.fate(acts[0].digest)
    assert fate and fate.refusal and fate.refusal.error == "OpeningPaused"


def test_the_kill_switch(office: Office, crowd: Crowd, make_relayer: Make, place: str) -> None:
    relayer, other = make_relayer(place), make_relayer(place, office.desk.using(office.newcomer))
    waiting = crowd.open(1)
    yes(relayer.submit([waiting]))
    other.halt("the node is being moved")
    (refusal,) = relayer.submit([crowd.open(2)])
    assert codes([refusal]) == ["halted"] and "the node is being moved" in refusal.words
    assert codes(relayer.submit([waiting])) == ["yes"], "what was acknowledged stays so"
    assert relayer.step(flush=True).halted == "the node is being moved" == other.halted
    assert relayer.fate(waiting.digest).stage is Stage.QUEUED
    relayer.resume()
    assert done(relayer, waiting) == ["done"]


def test_depth_is_waited_for_and_a_reorganisation_puts_acts_back(
    office: Office, crowd: Crowd, make_relayer: Make, place: str
) -> None:
    relayer = make_relayer(place, batching=Batching(confirmations=3))
    act = crowd.open(1)
    yes(relayer.submit([act]))
    assert done(relayer, act) == ["mined"]
    office.chain.rpc("anvil_reorg", 1, [])
    assert office.w3.eth.get_transaction_count(relayer.address) in (0, 1)
    assert done(relayer, act) == ["mined"]
    office.chain.rpc("anvil_mine", "0x2")
    assert done(relayer, act) == ["done"]
    assert len(office.desk.tickets.acts(act.ticket_id)) == 1


def test_what_may_be_spent_in_an_hour(office: Office, crowd: Crowd, make_relayer: Make, place: str) -> None:
    free = make_relayer(place)
    yes(free.submit([crowd.open(1)]))
    free.step(flush=True)
    free.close()
    poor = make_relayer(place, limits=Limits(wei_per_hour=10**15))
    answers = poor.submit([crowd.open(number) for number in range(20)])
    assert set(codes(answers)) == {"yes", "spending"}
    taken = codes(answers).count("yes")
    while poor.step(flush=True).batches:
        pass
    counts = poor.counts()
    assert counts["done"] + counts["queued"] == taken + 1 and counts["refused"] == 0
    spent = 0
    for block in range(office.desk.node.height() + 1):
        for tx in office.w3.eth.get_block(block, True)["transactions"]:
            if tx["from"] == poor.address:
                receipt = office.w3.eth.get_transaction_receipt(tx["hash"])
                spent += receipt["gasUsed"] * receipt["effectiveGasPrice"]
    assert 0 < spent <= 10**15


def test_what_is_in_flight_is_watched_to_its_end_though_halted(
    office: Office, crowd: Crowd, make_relayer: Make
) -> None:
    relayer = make_relayer(batching=Batching(confirmations=2))
    act = crowd.open(1)
    yes(relayer.submit([act]))
    assert done(relayer, act) == ["mined"]
    relayer.halt("the day is over")
    office.chain.rpc("anvil_mine", "0x1")
    assert relayer.step().halted and done(relayer, act) == ["done"]


def test_an_account_that_cannot_pay_takes_nothing(office: Office, crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(desk=office.desk.using(office.newcomer))
    balance = office.w3.eth.get_balance(relayer.address)
    office.chain.rpc("anvil_setBalance", relayer.address, hex(10**12))
    assert codes(relayer.submit([crowd.open(1)])) == ["funds"]
    office.chain.rpc("anvil_setBalance", relayer.address, hex(balance))
    relayer._chain.look()
    act = crowd.open(1)
    yes(relayer.submit([act]))
    # It was spent elsewhere meanwhile: what was acknowledged waits until there is money again.
    office.chain.rpc("anvil_setBalance", relayer.address, hex(10**12))
    with pytest.raises(InsufficientFunds):
        relayer.step(flush=True)
    office.chain.rpc("anvil_setBalance", relayer.address, hex(balance))
    assert done(relayer, act) == ["done"]


def test_a_batch_that_reverts_as_a_whole(
    office: Office, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by gas that was counted too low: its acts go again with all the gas there is."""
    acts = [crowd.open(1), crowd.open(2)]
    yes(relayer.submit(acts))
    monkeypatch.setattr("proofdesk.ops.relay.carrier.SPARE_GAS", 250_000)
    assert relayer.step(flush=True).batches == 1
    assert relayer.counts()["queued"] == 2
    monkeypatch.undo()
    assert done(relayer, *acts) == ["done", "done"]


def test_what_costs_more_than_may_be_spent_now_waits(crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(limits=Limits(wei_per_hour=10**18), batching=Batching(acts=2))
    acts = [crowd.open(number) for number in range(4)]
    yes(relayer.submit(acts))
    relayer.begin()
    carrier = relayer._carrier
    assert carrier is not None
    # As if others had spent it meanwhile.
    carrier._purse.limit = 1
    assert relayer.step(flush=True).batches == 0
    carrier._purse.limit = 10**9
    _forget_waits(relayer)
    assert done(relayer, *acts) == ["done"] * 4


def test_a_batch_that_a_reorganisation_put_into_another_block(
    office: Office, crowd: Crowd, make_relayer: Make
) -> None:
    """There its act came too late."""
    opened = crowd.open(1)
    office.stranger.tickets.carry(opened)
    relayer = make_relayer(batching=Batching(confirmations=3))
    note = crowd.move(1, opened, 1, Status.NEW, Status.NEW)
    yes(relayer.submit([note]))
    snapshot = office.chain.rpc("evm_snapshot")
    assert done(relayer, note) == ["mined"]
    fate = relayer.fate(note.digest)
    assert fate is not None
    raw = office.chain.rpc("eth_getRawTransactionByHash", fate.tx_hash)
    office.chain.rpc("evm_revert", snapshot)
    office.supervisor.tickets.move(opened.ticket_id, Status.REJECTED, "No such order.")
    assert office.chain.rpc("eth_sendRawTransaction", raw) == fate.tx_hash
    office.chain.rpc("anvil_mine", "0x5")
    assert done(relayer, note) == ["mined"], "seen in its new block, which may go as well"
    assert done(relayer, note) == ["refused"]
    fate = relayer.fate(note.digest)
    assert fate and fate.refusal and fate.refusal.error == "StaleTicket"
