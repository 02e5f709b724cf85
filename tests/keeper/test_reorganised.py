"""A chain that takes blocks back: what was learnt of them is asked anew, what was undone is done again."""

from __future__ import annotations

from proofdesk import Status
from proofdesk.ops.keeper import Duty, Keeper
from tests.client.claims.counter import ETHER, PRICE, Counter
from tests.keeper.clock import WAIT, at, due, now


def forget(counter: Counter, snapshot: str, blocks: int) -> None:
    """The chain goes back to where it was, and on with other blocks, more than there were."""
    counter.office.chain.rpc("evm_revert", snapshot)
    counter.office.chain.rpc("anvil_mine", hex(blocks))


def test_a_ticket_that_never_was_is_forgotten(counter: Counter, keeper: Keeper) -> None:
    desk = counter.office.desk
    kept = desk.tickets.open(lane="cards", content="kept")
    snapshot = counter.office.chain.rpc("evm_snapshot")
    desk.tickets.open(lane="cards", content="lost")
    keeper.step()
    assert len(keeper.agenda.coming(10)) == 2
    forget(counter, snapshot, 5)
    keeper.step()
    assert [item.subject for item in keeper.agenda.coming(10)] == [kept.id]


def test_what_was_called_noted_and_paid_is_done_again(counter: Counter, keeper: Keeper) -> None:
    office = counter.office
    plain = office.desk.tickets.open(lane="cards", content="Where is my card?")
    claimed = counter.filed(amount=PRICE).ticket
    at(counter, due(office.desk, claimed))
    for wanted in ({"expire": 1, "note": 1}, {"compensate": 1}):
        snapshot = office.chain.rpc("evm_snapshot")
        found = keeper.step().done
        assert {duty: count for duty, count in found.items() if count} == wanted
        keeper.step()
        forget(counter, snapshot, 6)
        found = keeper.step().done
        assert {duty: count for duty, count in found.items() if count} == wanted
        assert keeper.step().transactions == 0
        at(counter, now(counter) + WAIT + 60)
    assert office.desk.tickets.get(plain).status is Status.ESCALATED
    breach = office.desk.compensation.breach_of(claimed)
    assert breach is not None and breach.paid


def test_a_promise_a_release_and_a_queue_that_were_taken_back(counter: Counter, keeper: Keeper) -> None:
    office = counter.office
    ticket = counter.filed(amount=PRICE).ticket
    keeper.step()
    snapshot = office.chain.rpc("evm_snapshot")
    office.supervisor.compensation.offer("cards-fraud", amount=1, daily_cap=1)
    late = office.intake.tickets.open(lane="cards-fraud", content="lost")
    counter.customer.tickets.move(ticket, Status.CLOSED, content="Found it.")
    counter.treasurer.vault.withdraw_free(9 * ETHER + 9 * ETHER // 10)
    counter.filed(amount=PRICE // 2)
    # What is released pays what waits.
    assert keeper.step().done["release"] == 1
    assert keeper.step().done["settle"] == 1
    assert len(keeper.agenda.promising()) == 2
    forget(counter, snapshot, 20)
    keeper.step()
    assert len(keeper.agenda.promising()) == 1
    coming = keeper.agenda.coming(10)
    assert [(item.duty, item.subject) for item in coming] == [(Duty.NOTE, ticket.id)]
    assert late.id not in {item.subject for item in coming}
    assert office.desk.vault.books().reserved == PRICE
