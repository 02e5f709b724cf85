"""Each thing that anyone may do for a desk: done when it is due, not before, and once."""

from __future__ import annotations

from dataclasses import replace

from proofdesk import Actor, Status
from proofdesk._words import ticket_id, to_hex
from proofdesk.claims import ClaimState
from proofdesk.ops.keeper import Duty, Keeper
from tests.client.claims.counter import ETHER, PRICE, Counter
from tests.keeper.clock import DAY, WAIT, at, balance, due, now


def test_a_clock_is_called_in_the_first_second_in_which_it_has_run_out(
    counter: Counter, keeper: Keeper
) -> None:
    desk = counter.office.desk
    ticket = desk.tickets.open(lane="cards", content="Where is my card?")
    first = due(desk, ticket)
    at(counter, first - 30)
    found = keeper.step()
    assert (found.done["expire"], found.next) == (0, first)
    at(counter, first)
    assert keeper.step().done["expire"] == 1
    known = desk.tickets.get(ticket)
    assert (known.status, known.breached) == (Status.ESCALATED, True)
    last = desk.tickets.acts(ticket)[-1]
    assert last.kind is Actor.ANYONE and last.at.timestamp() >= first
    assert keeper.step().transactions == 0


def test_nothing_is_sent_before_a_clock_has_run_out(counter: Counter, keeper: Keeper) -> None:
    ticket = counter.office.desk.tickets.open(lane="cards", content="Where is my card?")
    at(counter, due(counter.office.desk, ticket) - 5)
    keeper.step()
    # As if it believed the clock to end a minute sooner.
    id_ = bytes.fromhex(ticket.id[2:])
    known = keeper.agenda.tickets([id_])[id_]
    with keeper.agenda.writing():
        keeper.agenda.keep({id_: (replace(known, word=known.word - (1 << 204)), 1)})
    sent = counter.office.chain.rpc("eth_getTransactionCount", keeper.address, "latest")
    found = keeper.step()
    assert (found.transactions, found.vain) == (0, 1)
    assert counter.office.chain.rpc("eth_getTransactionCount", keeper.address, "latest") == sent


def test_a_silent_customer_and_an_objection_window_end_too(counter: Counter, keeper: Keeper) -> None:
    office = counter.office
    ticket = office.desk.tickets.open(lane="cards", content="Where is my card?")
    office.agent.tickets.take(ticket)
    office.agent.tickets.move(office.desk.tickets.get(ticket), Status.WAITING, content="Which one?")
    for status in (Status.RESOLVED, Status.CLOSED):
        at(counter, due(office.desk, ticket))
        assert keeper.step().done["expire"] == 1
        assert office.desk.tickets.get(ticket).status is status
    assert not office.desk.tickets.get(ticket).breached
    assert keeper.step().next is None


def test_a_breach_is_noted_as_of_its_clocks_end_and_compensated_48_hours_later(
    counter: Counter, keeper: Keeper
) -> None:
    office, ticket = counter.office, counter.filed(amount=PRICE).ticket
    first = due(office.desk, ticket)
    at(counter, first + 1000)
    assert keeper.step().done == {"expire": 0, "note": 1, "compensate": 0, "release": 0, "settle": 0}
    breach = office.desk.compensation.breach_of(ticket)
    assert breach is not None and breach.at.timestamp() == first - 1
    assert office.desk.tickets.get(ticket).status is Status.ESCALATED
    before = balance(counter, ticket.customer)
    at(counter, first - 1 + WAIT - 30)
    found = keeper.step()
    assert (found.transactions, found.next) == (0, first - 1 + WAIT)
    at(counter, first - 1 + WAIT)
    assert keeper.step().done["compensate"] == 1
    assert balance(counter, ticket.customer) == before + ETHER // 100
    assert keeper.step().transactions == 0


def test_a_breach_that_another_act_recorded_is_noted_too(counter: Counter, keeper: Keeper) -> None:
    office, ticket = counter.office, counter.filed(amount=PRICE).ticket
    at(counter, due(office.desk, ticket))
    office.stranger.tickets.expire([ticket])
    called = now(counter)
    assert keeper.step().done["note"] == 1
    breach = office.desk.compensation.breach_of(ticket)
    assert breach is not None and breach.at.timestamp() >= called


def test_what_a_lanes_day_cannot_pay_is_paid_on_the_next_day(counter: Counter, keeper: Keeper) -> None:
    office = counter.office
    office.supervisor.compensation.offer("cards-fraud", amount=ETHER // 100, daily_cap=ETHER // 40)
    tickets = [office.intake.tickets.open(lane="cards-fraud", content=f"{n}") for n in range(5)]
    at(counter, due(office.desk, tickets[-1]))
    assert keeper.step().done["note"] == 5
    # So that the first three days are whole ones.
    begins = (now(counter) + WAIT) // DAY * DAY + DAY
    for day, paid in enumerate((2, 2, 1)):
        at(counter, begins + day * DAY + 100)
        found = keeper.step()
        assert (found.done["compensate"], found.transactions) == (paid, 1)
        assert keeper.step().transactions == 0
        assert day == 2 or keeper.step().next == begins + (day + 1) * DAY
    assert keeper.tally.failed == keeper.tally.for_nothing == 0


def test_who_has_waited_longest_is_paid_first(counter: Counter, keeper: Keeper) -> None:
    office = counter.office
    office.supervisor.compensation.offer("cards-fraud", amount=1, daily_cap=1)
    # Far from midnight, so that all four are due on the same day.
    at(counter, (now(counter) // DAY + 1) * DAY + DAY // 2)
    # The highest id first, so that ids would give another order.
    customer, lane = office.intake.sender.address, office.deployment.lane("cards-fraud")
    entries = [number.to_bytes(32, "big") for number in range(1, 5)]
    tickets = []
    for entry in sorted(entries, key=lambda entry: ticket_id(customer, entry), reverse=True):
        office.intake.send("TicketDesk", "open", lane, entry)
        tickets.append(to_hex(ticket_id(customer, entry)))
        at(counter, now(counter) + 600)
    at(counter, due(office.desk, office.desk.tickets.get(tickets[-1])))
    keeper.step()
    begins = (now(counter) + WAIT) // DAY * DAY + DAY
    for day, ticket in enumerate(tickets):
        at(counter, begins + day * DAY + 100)
        assert keeper.step().done["compensate"] == 1
        breach = office.desk.compensation.breach_of(ticket)
        assert breach is not None and breach.paid
    # What the day before could not pay is late from its own day on.
    assert keeper.tally.delays is not None and keeper.tally.delays.max < DAY


def test_an_excluded_outage_is_not_paid_and_not_asked_for_again(counter: Counter, keeper: Keeper) -> None:
    office, ticket = counter.office, counter.filed(amount=PRICE).ticket
    at(counter, due(office.desk, ticket))
    keeper.step()
    breach = office.desk.compensation.breach_of(ticket)
    assert breach is not None
    office.guardian.compensation.exclude_outage(breach.at, office.desk.now())
    at(counter, int(breach.at.timestamp()) + WAIT)
    assert keeper.step().transactions == 0
    assert Duty.COMPENSATE not in {item.duty for item in keeper.agenda.coming(10)}


def test_a_claim_under_review_is_released_when_its_ticket_is_closed(counter: Counter, keeper: Keeper) -> None:
    office = counter.office
    ticket = counter.filed(amount=PRICE).ticket
    assert office.desk.vault.books().reserved == PRICE
    keeper.step()
    office.customer.tickets.move(ticket, Status.CLOSED, content="Found it.")
    assert keeper.step().done["release"] == 1
    assert office.desk.vault.books().reserved == 0
    assert office.desk.claims.get(ticket).state is ClaimState.REFUSED
    assert keeper.step().transactions == 0


def test_payments_that_waited_for_money_are_made_when_it_is_there(counter: Counter, keeper: Keeper) -> None:
    office = counter.office
    counter.treasurer.vault.withdraw_free(10 * ETHER)
    for _ in range(3):
        counter.filed(amount=PRICE // 2)
    found = keeper.step()
    assert (found.transactions, found.vain) == (0, 1)
    assert found.next is not None and found.next > found.now
    # The vault's money is the desk's affair: nothing is asked in haste, and nothing is sent.
    assert keeper.step().transactions == 0
    counter.treasurer.vault.deposit(PRICE)
    assert keeper.step().done["settle"] == 1
    assert len(office.desk.vault.pending()) == 1
    assert keeper.step().transactions == 0
    # Money that comes without a call is told of by the vault, too.
    vault = office.deployment.contract("RefundVault").address
    counter.treasurer.sender.send(vault, b"", value=PRICE)
    assert keeper.step().done["settle"] == 1
    assert office.desk.vault.pending() == []
    keeper.step()
    assert Duty.SETTLE not in {item.duty for item in keeper.agenda.coming(10)}
