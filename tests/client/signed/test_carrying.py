"""Acts signed by accounts without any ether, carried by another, on the real contract."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import AsyncHTTPProvider, AsyncWeb3

from proofdesk import (
    AsyncDesk,
    ConfigurationError,
    ContentMissing,
    Desk,
    Event,
    IllegalMove,
    InvalidArgument,
    InvalidSignature,
    LaneGated,
    MemoryStore,
    NodeError,
    NotRateable,
    RpcWallet,
    SignatureExpired,
    SignedAct,
    Signer,
    SmartAccount,
    StaleTicket,
    Status,
    StatusChanged,
    TicketExists,
    keystore,
    refusals,
)
from tests.client.office import Office, account
from tests.client.signed.examples import DEADLINE
from tests.client.signed.wallets import Gives, InParts, Whole
from tests.client.wire import Wire
from tools.build import artifact

Maker = Callable[[Office, LocalAccount, Path], Signer]


def _wallet(office: Office, owner: LocalAccount, _: Path) -> Signer:
    office.chain.rpc("anvil_impersonateAccount", owner.address)
    return RpcWallet(office.chain.url, owner.address)


def smart_account(office: Office, owner: LocalAccount) -> str:
    """A contract that answers for its owner's signatures."""
    built = artifact("SmartAccount")
    made = office.w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"]).constructor(owner.address)
    tx_hash = made.transact({"from": account(19).address})
    return str(office.w3.eth.wait_for_transaction_receipt(tx_hash)["contractAddress"])


def _keystore(_: Office, owner: LocalAccount, folder: Path) -> Signer:
    path = folder / f"{owner.address}.json"
    path.write_text(json.dumps(Account.encrypt(owner.key, "secret", kdf="pbkdf2", iterations=2)))
    return keystore(path, "secret")


KINDS: dict[str, Maker] = {
    "key": lambda _office, owner, _folder: owner,
    "keystore": _keystore,
    "object, whole": lambda _office, owner, _folder: Whole(owner),
    "object, in parts": lambda _office, owner, _folder: InParts(owner),
    "smart account": lambda office, owner, _folder: SmartAccount(smart_account(office, owner), owner),
    "smart account that signs itself": lambda office, owner, _folder: SmartAccount(
        smart_account(office, owner), Whole(owner)
    ),
}


def certify(office: Office, agent: str) -> None:
    """Pass somebody without a desk of his own in the first program's exam."""
    office.certifier.certification.record_exam(
        agent,
        program=office.program,
        level=1,
        score=9000,
        taken_at=office.desk.now() - timedelta(seconds=1),
        evidence={"body": "passed"},
    )


def fresh() -> LocalAccount:
    """A new account, which has nothing."""
    made: LocalAccount = Account.create()
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_life_without_gas(office: Office, kind: str, tmp_path: Path) -> None:
    customer, agent = (KINDS[kind](office, fresh(), tmp_path) for _ in range(2))
    certify(office, agent.address)
    carrier = office.stranger.tickets
    tickets = office.desk.tickets
    (opened,) = carrier.carry(tickets.sign_open(lane=office.lane, content="Help!", signer=customer)).acts
    id_ = opened.ticket_id
    acts = [opened]
    steps: list[Callable[[], SignedAct]] = [
        lambda: tickets.sign_take(id_, "Mine.", signer=agent),
        lambda: tickets.sign_reply(id_, "Which card?", signer=agent),
        lambda: tickets.sign_reply(id_, "The blue one.", signer=customer),
        lambda: tickets.sign_move(id_, Status.ON_HOLD, "Asked the bank.", internal=True, signer=agent),
        lambda: tickets.sign_move(id_, Status.RESOLVED, signer=agent),
        lambda: tickets.sign_rate(id_, 5, "Thanks.", signer=customer),
    ]
    for step in steps:
        acts += carrier.carry(step()).acts
    assert [act.status.name for act in acts] == [
        "NEW",
        "OPEN",
        "WAITING",
        "OPEN",
        "ON_HOLD",
        "RESOLVED",
        "RESOLVED",
    ]
    people = [customer, agent, agent, customer, agent, agent, customer]
    assert [act.actor.lower() for act in acts] == [one.address.lower() for one in people]
    records = [entry.record for entry in tickets.history(id_)]
    kinds = ["open", "take", "reply", "reply", "note", "move", "rating"]
    assert [record.kind for record in records if record] == kinds
    assert [record.author for record in records if record] == [act.actor for act in acts]
    assert tickets.verify(id_).records == 7
    assert tickets.get(id_).rating == 5
    for one in (customer, agent):
        assert office.w3.eth.get_balance(office.w3.to_checksum_address(one.address)) == 0


@pytest.mark.parametrize("unlocked", ["wallet", "desk's account"])
def test_a_node_signs_for_whose_keys_it_keeps(office: Office, unlocked: str) -> None:
    who = account(16).address
    signer = RpcWallet(office.chain.url, who.lower()) if unlocked == "wallet" else None
    tickets = (office.desk if signer else office.desk.using(who)).tickets
    signed = tickets.sign_open(lane=office.lane, content="Help!", signer=signer)
    assert signed.is_signed_by_key() and signed.signer == who
    assert office.stranger.tickets.carry(signed).acts[0].actor == who


def test_a_wallet_that_refuses_leaves_nothing_behind(office: Office) -> None:
    store = MemoryStore()
    desk = Desk.connect(office.w3, account=account(10), deployment=office.deployment, store=store)
    nobody = fresh().address
    for signer, error in ((RpcWallet(office.w3, nobody), NodeError), (Gives(nobody, b""), InvalidArgument)):
        with pytest.raises(error):
            desk.tickets.sign_open(lane=office.lane, content="Help!", signer=signer)
    with pytest.raises(InvalidArgument, match="over"):
        desk.tickets.sign_open(lane=office.lane, content="Help!", deadline=timedelta(seconds=-2))
    assert not list(store)


def test_signing_needs_no_account_on_the_desk(office: Office) -> None:
    desk = Desk.connect(office.w3, deployment=office.deployment, store=MemoryStore())
    who = fresh()
    signed = desk.tickets.sign_open(lane=office.lane, content="Help!", signer=who)
    assert signed.signer == who.address
    with pytest.raises(ConfigurationError, match="without an account"):
        desk.tickets.sign_open(lane=office.lane, content="Help!")
    with pytest.raises(ConfigurationError, match="without an account"):
        desk.tickets.carry(signed)


def test_a_record_made_beforehand_is_the_acts(office: Office) -> None:
    tickets = office.desk.tickets
    opening = office.desk.prepare("Help!", kind="open")
    signed = [tickets.sign_open(lane=office.lane, content=opening, deadline=DEADLINE) for _ in range(2)]
    assert signed[0] == signed[1] and signed[0].entry == opening.entry
    with pytest.raises(InvalidArgument, match="kind open"):
        tickets.sign_rate(office.opened(), 5, opening, signer=Gives(fresh().address, None))


# ------------------------------------------------------------------------------------------ what it holds for


def test_a_signature_holds_for_one_state_and_count(office: Office) -> None:
    ticket = office.opened()
    tickets = office.customer.tickets
    closing = tickets.sign_move(ticket, Status.CLOSED)
    adding = tickets.sign_reply(ticket, "And another thing.")
    office.agent.tickets.take(ticket)
    for signed in (closing, adding):
        with pytest.raises(StaleTicket) as stale:
            office.stranger.tickets.carry(signed)
        assert (stale.value.seen, stale.value.acts) == (1, 2)
    # As many acts, but other ones: so it is after a reorganisation.
    elsewhere = tickets.sign_move(replace(tickets.get(ticket), status=Status.NEW), Status.CLOSED)
    with pytest.raises(StatusChanged) as changed:
        office.stranger.tickets.carry(elsewhere)
    assert (changed.value.signed, changed.value.current) == (Status.NEW, Status.OPEN)


def test_who_was_never_certified_cannot_sign_a_take(office: Office) -> None:
    ticket, nobody = office.opened(), fresh()
    with pytest.raises(InvalidArgument, match=f"{nobody.address} has no certificate for lane 1"):
        office.desk.tickets.sign_take(ticket, signer=nobody)
    with pytest.raises(InvalidArgument, match="certificateId"):
        office.desk.tickets.sign_take(ticket, signer=nobody, certificate=0)


def test_a_signature_holds_until_its_deadline(office: Office) -> None:
    first, second = (office.customer.tickets.sign_open(lane=office.lane, content=text) for text in "ab")
    office.pass_time(timedelta(hours=23))
    office.stranger.tickets.carry(first)
    office.pass_time(timedelta(hours=2))
    with pytest.raises(SignatureExpired) as caught:
        office.stranger.tickets.carry(second)
    assert caught.value.deadline == second.deadline
    # By now this machine's clock is a day behind the chain's, by which the deadline counts.
    third = office.customer.tickets.sign_open(lane=office.lane, content="c", deadline=timedelta(minutes=5))
    office.stranger.tickets.carry(third)
    with pytest.raises(InvalidArgument, match="over"):
        office.customer.tickets.sign_open(lane=office.lane, content="d", deadline=second.deadline)


def test_a_deadline_counts_from_the_later_of_two_clocks(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain on which nothing happens stands still: for everybody else what it says is over."""
    later = time.time() + 7 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    signed = office.customer.tickets.sign_open(lane=office.lane, content="Help!")
    assert signed.deadline == int(later) + 86_400
    monkeypatch.undo()
    office.chain.rpc("evm_increaseTime", 3 * 86_400)
    office.chain.rpc("evm_mine")
    signed = office.customer.tickets.sign_open(lane=office.lane, content="Help!")
    assert signed.deadline == int(office.desk.now().timestamp()) + 86_400


def test_what_was_tampered_with_is_refused(office: Office) -> None:
    signed = office.customer.tickets.sign_open(lane=office.lane, content="Help!")
    other = SignedAct("open", signed.chain_id, signed.desk, {**signed.message, "lane": 2}, signed.signature)
    with pytest.raises(InvalidSignature) as caught:
        office.stranger.tickets.carry(other)
    assert caught.value.signer == office.customer.sender.address
    assert "sign it for this desk" in str(caught.value)


def test_acts_of_another_desk_are_not_sent(office: Office) -> None:
    signed = office.customer.tickets.sign_open(lane=office.lane, content="Help!")
    for chain, desk in ((signed.chain_id + 1, signed.desk), (signed.chain_id, account(1).address)):
        other = SignedAct("open", chain, desk, signed.message, signed.signature)
        with pytest.raises(InvalidArgument, match="is for the desk at"):
            office.stranger.tickets.carry([signed, other])
    with pytest.raises(InvalidArgument, match="nothing to carry"):
        office.stranger.tickets.carry([])


def test_a_gated_lane_is_opened_through_intake(office: Office) -> None:
    signed = [office.customer.tickets.sign_open(lane=office.gated_lane, content=text) for text in "ab"]
    with pytest.raises(LaneGated):
        office.stranger.tickets.carry(signed[0])
    result = office.stranger.tickets.carry(signed)
    assert [type(error) for error in refusals(result).values()] == [LaneGated, LaneGated]
    (act,) = office.intake.tickets.carry(signed[0]).acts
    assert act.actor == office.customer.sender.address
    both = office.intake.tickets.carry(signed)
    assert [each.entry for each in both.acts] == [each.entry for each in signed]
    assert refusals(both) == {}


# ---------------------------------------------------------------------------------------------------- batches


def test_a_batch_does_what_it_can(office: Office) -> None:
    ticket = office.opened()
    tickets = office.customer.tickets
    good = [tickets.sign_open(lane=office.lane, content=text) for text in "ab"]
    acts = [
        good[0],
        tickets.sign_rate(ticket, 5),
        office.agent.tickets.sign_take(ticket),
        tickets.sign_move(ticket, Status.CLOSED),
        good[1],
        tickets.sign_open(lane=3, content=office.desk.archive.read(good[1].entry)),
    ]
    result = office.stranger.tickets.carry(acts)
    assert [act.entry for act in result.acts] == [good[0].entry, acts[2].entry, good[1].entry]
    refused = refusals(result)
    assert {index: type(error) for index, error in refused.items()} == {
        1: NotRateable,
        3: StaleTicket,
        5: TicketExists,
    }
    assert refused[3].tx_hash == result.tx_hash
    names = [event.name for event in result.events if isinstance(event, Event)]
    assert names.count("ActRefused") == 3
    assert office.desk.tickets.verify_lane(office.lane).acts == 4


# ----------------------------------------------------------------------------------------------- exactly once


def test_carried_again_it_is_what_it_was(office: Office) -> None:
    ticket = office.taken()
    tickets, carrier = office.customer.tickets, office.stranger.tickets
    acts = [
        tickets.sign_open(lane=office.lane, content="Help!"),
        office.agent.tickets.sign_move(ticket, Status.RESOLVED),
    ]
    results = [carrier.carry(act) for act in acts]
    rating = tickets.sign_rate(ticket, 4)
    results.append(carrier.carry(rating))
    before = office.desk.node.height()
    for act, result in zip([*acts, rating], results, strict=True):
        assert carrier.carry(act) == office.intake.tickets.carry(act) == result
    # Of several each as it was, in the last one's transaction, wherever that one stands among them.
    several = carrier.carry([rating, *acts])
    assert several.acts == (*results[2].acts, *results[0].acts, *results[1].acts)
    assert several.tx_hash == results[2].tx_hash
    assert office.desk.node.height() == before
    # Of which one is new, that one is sent: their places stay theirs.
    more = tickets.sign_open(lane=office.lane, content="Again!")
    result = carrier.carry([acts[0], more])
    assert [act.entry for act in result.acts] == [acts[0].entry, more.entry]
    assert refusals(result) == {}


def test_anothers_act_with_the_same_entry_is_not_taken_for_it(office: Office) -> None:
    ticket = office.opened()
    opening = office.desk.prepare(None, kind="take", ticket=ticket.id)
    office.agent.tickets.take(ticket, opening)
    signed = office.desk.tickets.sign_take(ticket, opening, signer=account(13))
    with pytest.raises((IllegalMove, StatusChanged)):
        office.stranger.tickets.carry(signed)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("heard", [False, True])
def test_a_line_that_breaks_anywhere_leaves_each_act_once(office: Office, count: int, heard: bool) -> None:
    acts = [office.customer.tickets.sign_open(lane=office.lane, content=f"{i}") for i in range(count)]
    request = 0
    while True:
        with office.isolated():
            wire = Wire(office.chain.url)
            desk = Desk.connect(
                wire.w3, account=account(15), deployment=office.deployment, store=MemoryStore()
            )
            wire.cut(request, heard=heard)
            try:
                desk.tickets.carry(acts)
            except Exception:  # whichever it was
                result = desk.tickets.carry(acts)
                assert [act.entry for act in result.acts] == [act.entry for act in acts]
            is_over = wire.cut_at is not None
            logged = office.desk.tickets.acts(lane=office.lane)
            assert [act.entry for act in logged] == [act.entry for act in acts]
        if is_over:
            break
        request += 1
    assert request >= 2


# ---------------------------------------------------------------------------------------------------- awaited


def test_it_is_awaited_too(office: Office) -> None:
    async def program() -> None:
        desk = await AsyncDesk.connect(
            AsyncWeb3(AsyncHTTPProvider(office.chain.url)),
            deployment=office.deployment,
            store=MemoryStore(),
            account=account(15),
        )
        try:
            made = await asyncio.gather(
                *(
                    desk.tickets.sign_open(lane=office.lane, content="Help!", signer=signer)
                    for signer in (fresh(), RpcWallet(office.chain.url, account(16).address), Whole(fresh()))
                )
            )
            unlocked = desk.using(account(17).address)
            made.append(await unlocked.tickets.sign_open(lane=office.lane, content="Help!"))
            result = await desk.tickets.carry(made)
            assert [act.actor for act in result.acts] == [act.signer for act in made]
            with pytest.raises(ContentMissing):
                office.desk.archive.read(made[0].entry)
        finally:
            await desk.node.transport.provider.disconnect()

    asyncio.run(program())
