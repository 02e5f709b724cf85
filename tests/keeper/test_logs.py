"""What those who are paid log does not stop a keeper, nor tell it what it did."""

from __future__ import annotations

from proofdesk._abi import topic
from tests.client.claims.counter import PRICE, Counter
from tests.keeper.clock import WAIT, at, balance, due, now
from tests.keeper.conftest import Make


def test_a_payee_that_logs_what_is_no_act_is_paid_like_any_other(counter: Counter, make_keeper: Make) -> None:
    keeper, office, customer = make_keeper(), counter.office, counter.customer.sender.address
    ticket = counter.filed(amount=PRICE).ticket
    at(counter, due(office.desk, ticket))
    assert keeper.step().done["note"] == 1
    at(counter, now(counter) + WAIT)
    log = f"0x7f{topic('TicketDesk', 'ActLogged')[2:]}60006000a1"
    office.chain.rpc("anvil_setCode", customer, log)
    had = balance(counter, customer)
    assert keeper.step().done["compensate"] == 1 and balance(counter, customer) > had
    assert not any(keeper.step().done.values())


def test_a_keeper_reads_its_own_desks_logs(counter: Counter, make_keeper: Make) -> None:
    payee = "0x" + 20 * "77"
    noted = topic("CompensationDesk", "BreachNoted")
    counter.office.chain.rpc("anvil_setCode", payee, f"0x{2 * ('7f' + 64 * '1')}7f{noted[2:]}60205fa3")
    (event,) = make_keeper()._sender.send(payee, b"").events
    assert getattr(event, "name", "") == noted
