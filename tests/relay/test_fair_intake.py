"""Nobody is refused for what another one handed in: forged, illegal, too heavy, or at the same moment."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from eth_typing import HexStr

from proofdesk import Status
from proofdesk.ops.relay import Allowance, Limits, Relayer
from proofdesk.ops.relay.simulation import SPARE_GAS, gas_bound
from proofdesk.signed import SignedAct
from proofdesk.signed.signers import SmartAccount
from proofdesk.signed.signing import sign_open
from tests.client.office import Office, account
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, key, yes
from tests.relay.test_smart_accounts import Answer, Wallet

ROOM = Limits(allowance=Allowance(10_000, 10**12))


def forged(act: SignedAct) -> SignedAct:
    """An act that nobody signed."""
    return replace(act, signature="0x" + 65 * "11")


def deployed(office: Office, runtime: str) -> str:
    """A contract of this code; returns its address."""
    size = f"{len(runtime) // 2:02x}"
    code = f"0x60{size}600c60003960{size}6000f3{runtime}"
    sent = office.w3.eth.send_transaction({"from": account(19).address, "data": HexStr(code), "gas": 300_000})
    return str(office.w3.eth.wait_for_transaction_receipt(sent)["contractAddress"])


def test_forged_acts_use_up_nothing(crowd: Crowd, make_relayer: Make) -> None:
    acts = [forged(crowd.open(1)) for _ in range(60)]
    honest = crowd.open(1)
    assert codes(make_relayer().submit([*acts, honest])) == ["signature"] * 60 + ["yes"], "its own allowance"
    assert codes(make_relayer(limits=Limits(queue=2)).submit([*acts, crowd.open(2)]))[-1] == "yes"
    relayer = make_relayer(limits=ROOM)
    relayer.step(flush=True)
    gas = SPARE_GAS + 2 * gas_bound(honest.calldata, by_key=True)
    funds = gas * relayer._chain.gas_price() + relayer.control.spent() + 10**10
    poor = make_relayer(limits=replace(ROOM, wei_per_hour=funds))
    assert codes(poor.submit([*acts, crowd.open(3)]))[-1] == "yes"


def test_acts_that_are_not_legal_use_up_nothing(crowd: Crowd, make_relayer: Make) -> None:
    """Though they are signed: keys cost nothing."""
    relayer = make_relayer(limits=Limits(queue=2, allowance=Allowance(acts=2)))
    unknown = crowd.open(1)
    illegal = [crowd.move(1, unknown, seen, Status.NEW, Status.NEW) for seen in range(1, 6)]
    assert codes(relayer.submit([*illegal, crowd.open(1)])) == ["not-legal"] * 5 + ["yes"]


def test_what_needs_an_act_that_finds_no_room_finds_none(crowd: Crowd, make_relayer: Make) -> None:
    relayer = make_relayer(limits=Limits(allowance=Allowance(acts=1)))
    first, second = crowd.open(1, lane=3), crowd.open(1)
    answers = codes(relayer.submit([first, second, crowd.take(second.ticket_id), crowd.open(2)]))
    assert answers == ["yes", "allowance", "allowance", "yes"]


def test_one_act_with_two_signatures_is_judged_by_each(relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open(1)
    assert codes(relayer.submit([forged(act), act, forged(act)])) == ["signature", "yes", "signature"]
    assert relayer.counts()["queued"] == 1


def test_two_doors_of_one_queue_give_a_place_once(
    crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayers = [make_relayer(limits=Limits(allowance=Allowance(acts=3))) for _ in range(3)]
    together = Barrier(len(relayers))
    answers: dict[int, list[str]] = {}
    for relayer in relayers:
        checks = relayer._intake._checks
        legality = checks.legality

        def wait(*args: Any, legality: Any = legality) -> None:
            legality(*args)
            together.wait(20)

        monkeypatch.setattr(checks, "legality", wait)

    def submit(number: int, acts: list[SignedAct]) -> None:
        answers[number] = codes(relayers[number].submit(acts))

    threads = [Thread(target=submit, args=(n, [crowd.open(1) for _ in range(3)])) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.count("yes") for each in answers.values()) == 3
    assert relayers[0].counts()["queued"] == 3


def test_a_halt_while_acts_are_looked_at(
    crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledge = relayer._intake._acknowledge

    def halted(*args: Any) -> Any:
        relayer.halt("stop")
        return acknowledge(*args)

    monkeypatch.setattr(relayer._intake, "_acknowledge", halted)
    assert codes(relayer.submit([crowd.open(1)])) == ["halted"]
    assert relayer.counts()["queued"] == 0


def test_accounts_that_burn_gas_when_the_desk_asks_hurt_themselves(
    office: Office, crowd: Crowd, make_relayer: Make
) -> None:
    """So much that all together do not fit one call of the node."""
    desk = office.deployment.contract("TicketDesk").address[2:].lower()
    # Asked by the desk it uses up all its gas; anybody else is told the magic word.
    code = f"3373{desk}14602b57631626ba7e60e01b5f5260205ff3"
    address = deployed(office, code + "00" * (0x2B - len(code) // 2) + "5bfe")
    signer = SmartAccount(address, key(1))
    acts = [sign_open(office.deployment, signer, lane=office.lane, entry=crowd.entry()) for _ in range(99)]
    answers = codes(make_relayer(limits=ROOM).submit([crowd.open(2), *acts, crowd.open(3)]))
    assert answers[0] == answers[-1] == "yes" and "yes" not in answers[1:-1]


def test_a_smart_account_is_trusted_with_more_once_its_acts_are_done(
    office: Office, crowd: Crowd, make_relayer: Make
) -> None:
    relayer, wallet = make_relayer(limits=Limits(failures=1)), Wallet(office, 1)
    acts = [wallet.open(crowd) for _ in range(10)]
    assert codes(relayer.submit(acts[:5])) == ["yes"] * 2 + ["allowance"] * 3
    assert codes(relayer.submit(acts[2:3])) == ["allowance"]
    relayer.step(flush=True)
    assert codes(relayer.submit(acts[2:])) == ["yes"] * 4 + ["allowance"] * 4
    wallet.will(Answer.REVERTS)
    while relayer.step(flush=True).claimed:
        pass
    assert codes(relayer.submit([crowd.open(2)])) == ["yes"]


def test_an_account_that_knows_a_call_that_nobody_pays_for(
    office: Office, crowd: Crowd, relayer: Relayer
) -> None:
    """It accepts where gas costs nothing, and burns all of it on chain: the last look has a price, too."""
    code = "3a601257631626ba7e60e01b5f5260205ff3"
    address = deployed(office, code + "00" * (0x12 - len(code) // 2) + "5bfe")
    act = sign_open(office.deployment, SmartAccount(address, key(1)), lane=office.lane, entry=crowd.entry())
    assert codes(relayer.submit([act])) == ["signature"]


def test_a_long_line_delays_who_stands_in_it_alone(
    crowd: Crowd, make_relayer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Openings behind a ticket do not matter to it."""
    monkeypatch.setattr("proofdesk.ops.relay.checks._AHEAD", 3)
    relayer = make_relayer(limits=ROOM)
    first = crowd.open(1)
    yes(relayer.submit([first]))
    relayer.step(flush=True)
    opened = [crowd.open(number) for number in range(2, 7)]
    yes(relayer.submit(opened))
    takes = [crowd.take(first.ticket_id), crowd.take(opened[-1].ticket_id)]
    assert codes(relayer.submit([*takes, crowd.open(9)])) == ["yes", "busy", "yes"]
    # Behind its own taking, which was handed in after them.
    assert codes(relayer.submit([crowd.move(None, first, 2, Status.OPEN, Status.OPEN)])) == ["yes"]


@pytest.mark.parametrize("answer", [None, {}, 1])
def test_calls_that_a_node_answers_with_nonsense(
    office: Office, crowd: Crowd, relayer: Relayer, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    """An opening, a smart account's and a take, whose lane is asked for."""
    opened = crowd.open(1)
    yes(relayer.submit([opened]))
    relayer.step(flush=True)
    acts = [crowd.open(2), Wallet(office, 3).open(crowd), crowd.take(opened.ticket_id)]
    other = make_other(office, crowd)
    transport = relayer.desk.node._core.transport
    ask, ask_all = transport.ask, transport.ask_all

    async def odd(method: str, params: Any) -> Any:
        return {"result": answer} if method == "eth_call" else await ask(method, params)

    async def all_odd(requests: Any) -> Any:
        found = await ask_all(requests)
        return [
            {"result": answer} if method == "eth_call" else each
            for (method, _), each in zip(requests, found, strict=True)
        ]

    monkeypatch.setattr(transport, "ask", odd)
    monkeypatch.setattr(transport, "ask_all", all_odd)
    for act in (*acts, other):
        assert codes(relayer.submit([act])) == ["no-answer"]


def make_other(office: Office, crowd: Crowd) -> SignedAct:
    """The taking of a ticket of which the queue knows nothing."""
    opened = crowd.open(5)
    office.stranger.tickets.carry([opened])
    return crowd.take(opened.ticket_id)
