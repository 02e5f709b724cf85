"""The client's life on the chain in this process, and that it costs there what it costs on anvil."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from proofdesk import (
    CertificateNotValid,
    Desk,
    IllegalMove,
    InsufficientFunds,
    LaneGated,
    LogMismatch,
    NothingOverdue,
    OutOfTurn,
    RetakeTooEarly,
    StaleTicket,
    Status,
    UnknownTicket,
)
from proofdesk._rpc import Node
from proofdesk.ops.check import check_deployment
from proofdesk.ops.config import load
from proofdesk.testing._office import CONFIG, NAMES, Clock, Office, People, account
from tests.client.wire import Wire
from tools.chain import Chain


def test_a_ticket_from_its_opening_to_its_rating(desk_people: People) -> None:
    customer, agent = desk_people.customer, desk_people.agent
    ticket = customer.tickets.open(lane="payments", content={"channel": "chat", "body": "Charged twice."})
    assert ticket.status is Status.NEW and ticket.customer == customer.sender.address
    agent.tickets.take(ticket, "I am reading it.")
    agent.tickets.reply(ticket.id, "Which order?")
    customer.tickets.reply(ticket.id, "4711.")
    agent.tickets.move(ticket.id, Status.RESOLVED, "It is on its way back.")
    customer.tickets.rate(ticket, 5)
    bodies = [entry.record.body for entry in customer.tickets.history(ticket) if entry.record]
    assert bodies[:4] == ["Charged twice.", "I am reading it.", "Which order?", "4711."]
    verified = customer.tickets.verify_all()
    assert verified.tickets == 5 and verified.acts == verified.records == 15
    acts = customer.tickets.acts()
    with pytest.raises(LogMismatch):
        customer.tickets.verify_all(acts=acts[:3] + acts[4:])


def test_what_is_refused_has_its_class_and_its_arguments(desk_people: People) -> None:
    customer, agent = desk_people.customer, desk_people.agent
    first, second = (customer.tickets.open(lane="payments", content=each) for each in ("first", "second"))
    with pytest.raises(OutOfTurn) as out_of_turn:
        agent.tickets.take(second)
    assert out_of_turn.value.turn == out_of_turn.value.next + 1 and out_of_turn.value.tx_hash is None
    agent.tickets.take(first)
    with pytest.raises(StaleTicket):
        agent.tickets.reply(first, "Which one?")
    with pytest.raises(IllegalMove):
        agent.tickets.move(first.id, Status.NEW)
    with pytest.raises(LaneGated):
        customer.tickets.open(lane="vip", content="Let me in.")
    with pytest.raises(CertificateNotValid):
        desk_people.newcomer.tickets.take(second)
    with pytest.raises(NothingOverdue):
        desk_people.stranger.tickets.expire([second])
    with pytest.raises(UnknownTicket):
        customer.tickets.get("0x" + 32 * "11")
    penniless = customer.using(account("somebody without ether"))
    with pytest.raises(InsufficientFunds):
        penniless.tickets.open(lane="payments", content="Hello?")


def test_a_refusal_that_only_the_block_shows(desk_people: People) -> None:
    customer = desk_people.customer
    call = customer.call("TicketDesk", "setArticle", 99, 1)
    assert call.to is not None
    with pytest.raises(Exception, match="UnknownLane") as caught:
        desk_people.lane_editor.sender.send(call.to, call.data, gas=200_000)
    assert caught.value.lane == 99 and caught.value.tx_hash  # type: ignore[attr-defined]  # of UnknownLane


def test_deadlines_pass_when_the_clock_is_advanced(desk_people: People, desk_clock: Clock) -> None:
    ticket = desk_people.customer.tickets.open(lane="payments", content="Hello?")
    assert ticket.due_at is not None
    desk_clock.advance(ticket.due_at - desk_clock.now + timedelta(minutes=1))
    desk_people.stranger.tickets.expire([ticket])
    late = desk_people.customer.tickets.get(ticket)
    assert late.breached and late.status is Status.ESCALATED
    desk_people.supervisor.tickets.assign([late], [1], "Yours, at once.")
    desk_people.agent.tickets.transfer(ticket.id, "orders")
    assert desk_people.customer.tickets.get(ticket).lane == 2
    with pytest.raises(ValueError, match="only goes on"):
        desk_clock.advance(timedelta(seconds=-1))


def test_an_exam_failed_and_passed(desk_people: People, desk_clock: Clock) -> None:
    newcomer, exams = desk_people.newcomer.sender.address, desk_people.certifier.certification

    def sit(score: int) -> None:
        exams.record_exam(newcomer, program="payments-support", level=1, score=score, taken_at=desk_clock.now)

    sit(5_000)
    desk_clock.advance(timedelta(minutes=1))
    with pytest.raises(RetakeTooEarly):
        sit(9_000)
    before = desk_people.admin.node.height()
    desk_clock.advance(timedelta(days=1))
    sit(9_000)
    certified = desk_people.stranger.certification.is_certified
    assert certified(newcomer, program="payments-support")
    assert not certified(newcomer, program="payments-support", at_block=before)


def test_many_calls_at_once(desk_people: People) -> None:
    desk = desk_people.customer
    calls = [desk.call("TicketDesk", "open", 1, "0x" + f"{number:064x}") for number in range(1, 61)]
    results = desk.sender.send_many(calls)
    assert [result.block for result in results] == list(range(results[0].block, results[0].block + 60))


def test_threads_share_the_chain(desk_people: People) -> None:
    people = [desk_people.customer, desk_people.other_customer, desk_people.stranger, desk_people.newcomer]

    def open_some(desk: Desk) -> list[int]:
        results = (desk.send("TicketDesk", "open", 1, f"0x{number:064x}") for number in range(1, 9))
        return [result.block for result in results]

    with ThreadPoolExecutor(len(people)) as pool:
        blocks = sorted(block for some in pool.map(open_some, people) for block in some)
    assert blocks == list(range(blocks[0], blocks[0] + 32))


def test_the_operators_check_finds_nothing(desk_people: People) -> None:
    environment = {name.upper(): account(name).address for name in NAMES}
    desk = desk_people.admin
    assert not check_deployment(desk.w3, desk.deployment, load(CONFIG, environment)).failures


def test_an_address_serves_the_same_chain(desk_people: People, desk_url: str) -> None:
    seen = Desk.connect(
        desk_url, deployment=desk_people.admin.deployment, store=desk_people.admin.archive.store
    )
    ticket = desk_people.customer.tickets.open(lane="payments", content="Hello?")
    assert seen.tickets.get(ticket.id) == ticket
    assert seen.tickets.verify_lane("payments").acts == 8


# ----------------------------------------------------------------------------------------------- beside anvil


@pytest.fixture(scope="module")
def anvil_office() -> Iterator[Office]:
    """The same desk, deployed and seeded by the same accounts, on anvil."""
    with Chain.anvil(extra=["--hardfork", "shanghai"]) as chain:
        for name in NAMES:
            chain.rpc("anvil_setBalance", account(name).address, hex(10**22))
        yield Office(Wire(chain.url))


def test_a_desk_is_the_same_on_both_chains(desk_office: Office, anvil_office: Office) -> None:
    ours, theirs = (office.deployment for office in (desk_office, anvil_office))
    for name, contract in ours.contracts.items():
        assert contract.address == theirs.contract(name).address
        assert contract.code_hash == theirs.contract(name).code_hash
    assert _deployed(desk_office) == _deployed(anvil_office)


def _deployed(office: Office) -> list[tuple[str, int]]:
    """What each transaction of the deployment used and logged; they are all the deployer ever sent."""
    node, admin = Node(office.provider), account("admin").address
    sent = int(node.request("eth_getTransactionCount", admin, "latest"), 16)
    receipts = [node.request("eth_getBlockReceipts", hex(number))[0] for number in range(1, sent + 1)]
    return [
        (each["gasUsed"], len(each["logs"])) for each in receipts if int(each["from"], 16) == int(admin, 16)
    ]


def test_acts_cost_the_same_on_both_chains(desk_office: Office, anvil_office: Office) -> None:
    with desk_office.isolated() as here, anvil_office.isolated() as there:
        assert _acts(here) == _acts(there)
        call = here.customer.call("TicketDesk", "open", 1, "0x" + 32 * "cd").fields(
            here.customer.sender.address
        )
        mine, yours = (
            int(people.admin.node.request("eth_estimateGas", call), 16) for people in (here, there)
        )
        assert abs(mine - yours) / yours < 0.016


def _acts(people: People) -> list[int]:
    """The gas of a life's acts, whose entries are fixed: their zero bytes are cheaper than others."""
    entry = "0x" + 32 * "ab"
    customer, agent = people.customer, people.agent
    opened = customer.send("TicketDesk", "open", 1, entry)
    id_ = opened.acts[0].ticket_id
    certificate = agent.certification.of(agent.sender.address, "payments-support")
    assert certificate is not None
    return [
        opened.gas_used,
        agent.send("TicketDesk", "take", id_, certificate.id, entry).gas_used,
        agent.send("TicketDesk", "move", id_, Status.RESOLVED, entry, 2).gas_used,
        customer.send("TicketDesk", "rate", id_, 5, entry).gas_used,
    ]
