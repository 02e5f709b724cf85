"""What cannot be done never keeps the rest from being done, nor does it make a keeper spin."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from proofdesk import Desk, InsufficientFunds, NodeError, Status
from proofdesk._abi import encode_call
from proofdesk._contract_errors import NotYetDue
from proofdesk._reader import NodeContradicts
from proofdesk.live.reader import ChainReplaced
from proofdesk.ops.keeper import Duty, Keeper, Terms
from proofdesk.ops.keeper import batches as packing
from proofdesk.ops.keeper.looking import Moment
from tests.client.claims.counter import ETHER, PRICE, Counter
from tests.client.office import account
from tests.helpers.money import TokenManner as Manner
from tests.keeper.clock import WAIT, at, balance, due, now
from tests.keeper.conftest import Make
from tools.build import artifact

PROMISED = 1_000


class Token:
    """An ERC-20 that does as it is told, listed by the vault."""

    def __init__(self, counter: Counter) -> None:
        w3, found = counter.office.w3, artifact("OddToken")
        creation = counter.treasurer.sender.send(None, bytes.fromhex(found["bytecode"][2:]))
        self.address: str = creation.contract
        # web3 wants an address of a type of its own.
        self._contract: Any = w3.eth.contract(address=self.address, abi=found["abi"])  # type: ignore[call-overload]
        self._sender = counter.treasurer.sender
        counter.treasurer.vault.list_token(self.address)

    def tell(self, function: str, *args: Any) -> None:
        data = self._contract.encode_abi(function, args)
        self._sender.send(self.address, bytes.fromhex(data[2:]))


@pytest.fixture
def token(counter: Counter) -> Token:
    return Token(counter)


def late(counter: Counter, keeper: Keeper, token: Token | None, count: int = 3) -> None:
    """Breaches in a lane that promises the token, and one in a lane that promises ether; 48 hours later."""
    office = counter.office
    if token is not None:
        office.supervisor.compensation.offer(
            "cards-fraud", amount=PROMISED, daily_cap=1000 * PROMISED, token=token.address
        )
        for number in range(count):
            office.intake.tickets.open(lane="cards-fraud", content=f"{number}")
    ticket = counter.filed(amount=PRICE).ticket
    at(counter, due(office.desk, ticket))
    assert keeper.step().done["note"] == 1 + (count if token else 0)
    at(counter, now(counter) + WAIT)


def test_a_token_that_burns_its_gas_keeps_nobody_elses_money_back(
    counter: Counter, keeper: Keeper, token: Token
) -> None:
    vault = counter.office.deployment.contract("RefundVault").address
    token.tell("rebase", vault, 10**9)
    token.tell("behave", Manner.BURNS_GAS)
    late(counter, keeper, token, count=20)
    found = keeper.step()
    assert (found.done["compensate"], keeper.tally.failed, keeper.tally.for_nothing) == (21, 0, 0)
    assert counter.office.desk.vault.books(token.address).owed == 20 * PROMISED


@pytest.mark.parametrize("manner", [Manner.BALANCE_REVERTS, Manner.BALANCE_BURNS_GAS, Manner.BALANCE_EMPTY])
def test_a_token_that_tells_no_balance_waits_alone(
    counter: Counter, keeper: Keeper, token: Token, manner: Manner
) -> None:
    vault = counter.office.deployment.contract("RefundVault").address
    token.tell("behave", manner)
    late(counter, keeper, token)
    assert keeper.step().done["compensate"] == 4
    assert keeper.step().transactions == 0
    (waiting,) = [item for item in keeper.agenda.coming(10) if item.duty is Duty.SETTLE]
    # The longer in vain, the rarer it is looked at.
    gaps = []
    for _ in range(5):
        at(counter, waiting.look)
        assert keeper.step().transactions == 0
        (after,) = [item for item in keeper.agenda.coming(10) if item.duty is Duty.SETTLE]
        gaps.append(after.look - waiting.look)
        waiting = after
    assert gaps == sorted(gaps) and gaps[-1] >= 2 * gaps[0]
    token.tell("behave", Manner.PROPER)
    token.tell("rebase", vault, 10**9)
    at(counter, waiting.look)
    assert keeper.step().done["settle"] == 1
    assert counter.office.desk.vault.books(token.address).pending == 0


def test_a_module_without_its_role_is_waited_for(counter: Counter, keeper: Keeper) -> None:
    office = counter.office
    compensation = office.deployment.contract("CompensationDesk").address
    late(counter, keeper, None)
    admin = office.desk.using(account(0))
    admin.send("DeskAccess", "revokeRole", 5, compensation)
    other = office.desk.tickets.open(lane="cards", content="Where is my card?")
    at(counter, due(office.desk, other))
    found = keeper.step()
    assert (found.done["expire"], found.done["compensate"], found.vain) == (1, 0, 1)
    admin.send("DeskAccess", "grantRole", 5, compensation, 0)
    at(counter, now(counter) + 60)
    assert keeper.step().done["compensate"] == 1


def test_what_ran_out_of_gas_together_is_done_alone(
    counter: Counter, make_keeper: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [counter.office.desk.tickets.open(lane="cards", content=f"{number}") for number in range(3)]
    keeper = make_keeper()
    at(counter, due(counter.office.desk, tickets[-1]))
    monkeypatch.setattr(packing, "COSTS", dict.fromkeys(Duty, 1_000))
    assert keeper.step().done["expire"] == 0
    for _ in range(3):
        at(counter, now(counter) + 10)
        keeper.step()
    assert {counter.office.desk.tickets.get(ticket).status for ticket in tickets} == {Status.ESCALATED}
    assert keeper.tally.done[Duty.EXPIRE] == 3


def test_without_money_nothing_is_sent_and_with_it_all_at_once(counter: Counter, make_keeper: Make) -> None:
    ticket = counter.office.desk.tickets.open(lane="cards", content="Where is my card?")
    keeper = make_keeper()
    counter.office.chain.rpc("anvil_setBalance", keeper.address, "0x0")
    at(counter, due(counter.office.desk, ticket))
    for _ in range(3):
        with pytest.raises(InsufficientFunds):
            keeper.step()
    counter.office.chain.rpc("anvil_setBalance", keeper.address, hex(ETHER))
    assert keeper.step().done["expire"] == 1


def test_many_at_once_are_done_in_transactions_of_bounded_size(counter: Counter, make_keeper: Make) -> None:
    desk = counter.office.desk
    calls = [desk.call("TicketDesk", "open", 1, number.to_bytes(32, "big")) for number in range(1, 131)]
    desk.sender.send_many(calls)
    keeper = make_keeper(terms=Terms(acts=50, at_once=2))
    at(counter, now(counter) + 5 * 3600)
    found = keeper.step()
    assert (found.done["expire"], found.transactions) == (130, 3)
    assert balance(counter, keeper.address) > 0


def test_no_transaction_takes_more_than_half_a_block(counter: Counter, make_keeper: Make) -> None:
    desk = counter.office.desk
    desk.sender.send_many(
        [desk.call("TicketDesk", "open", 1, number.to_bytes(32, "big")) for number in range(1, 61)]
    )
    counter.office.chain.rpc("evm_setBlockGasLimit", hex(4_000_000))
    try:
        at(counter, now(counter) + 5 * 3600)
        found = make_keeper().step()
    finally:
        counter.office.chain.rpc("evm_setBlockGasLimit", hex(30_000_000))
    assert found.done["expire"] == 60 and found.transactions == 3


def test_a_desk_without_claims_is_kept_through_its_ticketdesk(counter: Counter) -> None:
    office = counter.office
    names = ("DeskAccess", "AgentCertification", "TicketDesk", "RecordAnchor")
    few = {name: office.deployment.contract(name) for name in names}
    desk = Desk(office.desk.node, replace(office.deployment, contracts=few), sender=office.stranger.sender)
    plain = office.desk.tickets.open(lane="cards", content="Where is my card?")
    # What lane it is in makes no difference to who sees clocks only.
    claimed = counter.filed(amount=PRICE).ticket
    at(counter, due(office.desk, claimed))
    with Keeper(desk) as keeper:
        assert keeper.step().done == {"expire": 2, "note": 0, "compensate": 0, "release": 0, "settle": 0}
        assert keeper.step().transactions == 0
    assert office.desk.tickets.get(plain).breached and office.desk.tickets.get(claimed).breached


def test_a_node_that_judges_by_an_older_block_than_it_foresees_is_not_asked_in_haste(
    counter: Counter, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, ticket = counter.office, counter.filed(amount=PRICE).ticket
    at(counter, due(office.desk, ticket))
    keeper.step()
    keeper.step()
    foreseen = Moment("latest", now(counter) + WAIT, office.desk.node.height(), 30_000_000)
    monkeypatch.setattr(keeper._looking, "moment", lambda: foreseen)
    found = keeper.step()
    assert (found.transactions, found.vain) == (0, 1)
    assert found.next is not None and found.next > foreseen.time


def test_what_does_not_end_by_itself_ends_a_keeper(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    def replaced() -> None:
        raise ChainReplaced("0x01", "0x02")

    monkeypatch.setattr(keeper, "step", replaced)
    with pytest.raises(ChainReplaced):
        keeper.run(threading.Event(), poll=0.05)


def answered(keeper: Keeper, monkeypatch: pytest.MonkeyPatch, selector: bytes, answer: Any) -> None:
    """The node answers calls of this function so, whatever is true."""
    batch = keeper._looking._node.batch

    def lying(asked: Any) -> Any:
        return [
            answer if method == "eth_call" and params[0]["data"].startswith("0x" + selector.hex()) else true
            for (method, params), true in zip(asked, batch(asked), strict=True)
        ]

    monkeypatch.setattr(keeper._looking, "_node", SimpleNamespace(batch=lying))


def test_a_node_that_has_not_heard_of_a_promise_is_trouble_that_ends(
    counter: Counter, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    late(counter, keeper, None)
    selector = encode_call("CompensationDesk", "offerOf", 1)[:4]
    with monkeypatch.context() as patch:
        answered(keeper, patch, selector, "0x" + 96 * "00")
        with pytest.raises(NodeContradicts):
            keeper.step()
    assert keeper.step().done["compensate"] == 1


def test_moments_that_no_chain_has_are_not_believed(
    counter: Counter, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    late(counter, keeper, None)
    due_at = NotYetDue.selector + bytes(32) + b"\xff" * 32
    refusal = NodeError("eth_call", {"code": 3, "message": "reverted", "data": "0x" + due_at.hex()})
    with monkeypatch.context() as patch:
        answered(keeper, patch, encode_call("CompensationDesk", "compensate", bytes(32))[:4], refusal)
        assert keeper.step().vain == 1
    block = {"number": "0x1", "gasLimit": "0x1c9c380", "timestamp": hex(2**63)}
    with monkeypatch.context() as patch:
        patch.setattr(keeper._looking, "_node", SimpleNamespace(batch=lambda _asked: [block, block]))
        with pytest.raises(NodeContradicts):
            keeper.step()
    with pytest.raises(NodeContradicts), keeper.agenda.writing():
        keeper.agenda.promise(2**200, 1)
    at(counter, now(counter) + 10)
    assert keeper.step().done["compensate"] == 1
