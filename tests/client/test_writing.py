"""Acts and their records after failures: each call's own act, once, and no record lost that may be needed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from proofdesk import AsyncDesk, ConnectionLost, Desk, MemoryStore, StaleTicket, Status, TransactionInDoubt
from proofdesk._store import ERASED
from tests.client.office import Office, account
from tests.client.wire import Wire


def desk_over(office: Office, wire: Wire, index: int = 10) -> Desk:
    return Desk.connect(
        wire.w3, account=account(index), deployment=office.deployment, store=office.desk.archive.store
    )


def cut_after_sending(wire: Wire) -> None:
    """The line breaks for good once a transaction went out; `wire.before = None` mends it."""

    def cut(methods: list[str], params: Any) -> None:
        if sent and "eth_sendRawTransaction" not in methods:
            raise ConnectionError("the line was cut")
        sent.extend(method for method in methods if method == "eth_sendRawTransaction")

    sent: list[str] = []
    wire.before = cut


def test_the_same_words_in_another_act_are_another_act(office: Office) -> None:
    wire = Wire(office.chain.url)
    agent, ticket = desk_over(office, wire, 12), office.taken()
    cut_after_sending(wire)
    with pytest.raises(TransactionInDoubt):
        agent.tickets.move(ticket, Status.ON_HOLD, "So it is.")
    wire.before = None
    # The first has landed, so that the second names acts that are no longer all: it is not taken for it.
    with pytest.raises(StaleTicket):
        agent.tickets.move(ticket, Status.RESOLVED, "So it is.")
    assert agent.tickets.move(ticket, Status.ON_HOLD, "So it is.").acts[0].status is Status.ON_HOLD
    assert office.desk.tickets.get(ticket).acts == 3


def test_the_same_words_in_another_lane_are_another_ticket(office: Office) -> None:
    wire = Wire(office.chain.url)
    customer = desk_over(office, wire)
    cut_after_sending(wire)
    with pytest.raises(TransactionInDoubt):
        customer.tickets.open(lane="cards", content="Help?")
    wire.before = None
    assert customer.tickets.open(lane="orders", content="Help?").lane == 3
    assert customer.tickets.open(lane="cards", content="Help?").lane == 1
    assert len(office.desk.tickets.acts()) == 2


def test_several_at_a_time_with_the_same_words_are_as_many_acts(office: Office) -> None:
    async def program() -> set[str]:
        store = MemoryStore()
        async with await AsyncDesk.connect(
            office.chain.url, account=account(10), deployment=office.deployment, store=store
        ) as desk:
            calls = (desk.tickets.open(lane="cards", content="Help?") for _ in range(5))
            opened = await asyncio.gather(*calls)
            assert len(list(store)) == 5
            return {ticket.id for ticket in opened}

    assert len(asyncio.run(program())) == 5


def test_a_look_that_is_lost_leaves_the_doubt(office: Office) -> None:
    wire = Wire(office.chain.url)
    customer = desk_over(office, wire)
    cut_after_sending(wire)
    with pytest.raises(TransactionInDoubt):
        customer.tickets.open(lane="cards", content="Once?")
    wire.before = None
    wire.cut(0, heard=False)
    with pytest.raises(ConnectionLost):
        customer.tickets.open(lane="cards", content="Once?")
    customer.tickets.open(lane="cards", content="Once?")
    assert len(office.desk.tickets.acts()) == 1


def test_a_record_is_kept_while_its_act_may_land(office: Office) -> None:
    office.chain.rpc("evm_setAutomine", False)
    wire = Wire(office.chain.url)
    try:
        customer = desk_over(office, wire)
        customer = customer.using(account(10), timeout=0.2)
        with pytest.raises(Exception, match="not mined within"):
            customer.tickets.open(lane="cards", content="Later?")
        office.chain.rpc("evm_mine")
    finally:
        office.chain.rpc("evm_setAutomine", True)
    (act,) = office.desk.tickets.acts()
    entry = office.desk.tickets.history(act.ticket_id)[0]
    assert entry.record is not None and entry.record.body == "Later?"


def test_an_erased_record_does_not_come_back_by_the_call_that_wrote_it(office: Office) -> None:
    desk = office.customer
    opening = desk.prepare("Where is my card?", kind="open")
    ticket = desk.tickets.open(lane="cards", content=opening)
    tombstone = f'{{"format":"{ERASED}","entry":"{opening.entry}","erasure":"{opening.entry}"}}'.encode()
    desk.archive.store.put(opening.entry, tombstone)
    assert desk.tickets.open(lane="cards", content=opening) == ticket
    assert desk.archive.store.get(opening.entry) == tombstone
