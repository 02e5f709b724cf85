"""Signers that are contracts (ERC-1271): honest, broken, hostile; and accounts with both a key and code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address

from tests.helpers.contract import Contract, refused
from tests.helpers.deployment import deploy
from tests.helpers.desk import SUPERVISOR, Desk
from tests.helpers.node import OPTIONS, Node
from tests.helpers.people import People
from tests.helpers.signed import Pen, Signed, carry, mangled, pen
from tests.helpers.table import Kind, Status
from tools.chain import Chain

HONEST, REVERTS, EMPTY, SHORT, WRONG_MAGIC, DIRTY_MAGIC, TRUE, BURNS_GAS = range(8)
LONG_MAGIC, LONG_NONSENSE, LONG_REVERT, HEAVY = range(9, 13)
MEGABYTE = 2**20
# What an act of a batch may use, whoever signed it.
ACT_GAS = 500_000


def account_of(people: People, owner: str | None = None) -> Contract:
    """A smart account of the stranger's, or of another owner's."""
    owner = owner or people.stranger.address
    return Contract.deployed(people.desk.node, people.admin.address, "SmartAccount", owner)


@pytest.fixture
def wallet(people: People) -> Contract:
    """A smart account whose owner is the stranger."""
    return account_of(people)


@pytest.fixture
def owner(people: People, wallet: Contract) -> Pen:
    """Its owner's key, signing for it."""
    return pen(people.stranger, wallet.address)


def answers(wallet: Contract, answer: int, number: int = 0) -> None:
    wallet.send(wallet.node.accounts[0], "setAnswer", answer, number)


def spent(desk: Desk, signed: Signed) -> tuple[int, int]:
    """Gas of a whole call that carries it, and of that what the wallet used."""
    call = {"from": desk.node.accounts[0], "to": desk.tickets.address, "gas": hex(20_000_000)}
    trace = desk.node.rpc(
        "debug_traceCall", call | {"data": "0x" + signed.data.hex()}, "latest", {"tracer": "callTracer"}
    )
    inner = [each for each in trace["calls"] if each["to"] == signed.values[0]]
    return int(trace["gasUsed"], 16), sum(int(each["gasUsed"], 16) for each in inner)


# ----------------------------------------------------------------------------------------------- honest ones


def test_a_smart_account_lives_a_whole_life(people: People, owner: Pen, wallet: Contract) -> None:
    """It opens, answers, closes and rates; the leaves name it, not its owner."""
    opened = owner.open()
    opened.carried(people.customer)
    ticket = opened.ticket_id
    people.agent.take(ticket)
    people.agent.move(ticket, Status.WAITING)
    acts = [owner.move(ticket, Status.OPEN).carried(people.customer)]
    people.agent.move(ticket, Status.RESOLVED)
    acts.append(owner.rate(ticket).carried(people.customer))
    acts.append(owner.move(ticket, Status.CLOSED).carried(people.customer))
    assert {(act.actor, act.kind) for act in acts} == {(wallet.address, Kind.CUSTOMER)}


def test_a_smart_account_is_an_agent_and_a_supervisor(people: People, owner: Pen, wallet: Contract) -> None:
    desk = people.desk
    exam = (wallet.address, 1, 2, 8000, desk.now, desk.entry())
    desk.certification.send(people.certifier.address, "recordExam", exam)
    ticket = people.opened()
    assert owner.take(ticket, 3).carried(people.customer).kind == Kind.AGENT
    assert owner.move(ticket, Status.ESCALATED).carried(people.customer).kind == Kind.AGENT
    desk.access.send(people.admin.address, "grantRole", SUPERVISOR, wallet.address, 0)
    other = people.opened()
    assert owner.move(other, Status.REJECTED).carried(people.customer).kind == Kind.SUPERVISOR


@pytest.mark.parametrize("length", [0, 1, 64, 65, 66, 500, 5_000])
def test_a_signature_of_any_length_is_the_accounts_to_judge(
    people: People, wallet: Contract, owner: Pen, length: int
) -> None:
    """65 bytes that no key made reach it like any others."""
    answers(wallet, LONG_MAGIC, 32)
    assert owner.open().with_signature(bytes(length)).carried(people.customer)


# --------------------------------------------------------------------------------------- whose key is whose


def test_an_owner_signs_for_each_account_apart(people: People) -> None:
    """One key behind two accounts and behind its own: three signers, none good for another."""
    entry = people.desk.entry()
    accounts = [people.stranger.address, *(account_of(people).address for _ in range(2))]
    acts = [pen(people.stranger, account).open(entry=entry) for account in accounts]
    for signed in acts:
        for other in acts:
            if other is not signed:
                with refused("InvalidSignature", signed.values[0]):
                    signed.with_signature(other.signature).carried(people.customer)
    tickets = {signed.carried(people.customer).ticket_id for signed in acts}
    assert len(tickets) == 3
    moved = pen(people.stranger, accounts[1]).move(acts[1].ticket_id, Status.CLOSED)
    for ticket in (acts[0].ticket_id, acts[2].ticket_id):
        with refused("InvalidSignature", accounts[1]):
            moved.changed(ticketId=ticket).carried(people.customer)


def test_an_account_is_not_signed_for_by_others(people: People, wallet: Contract) -> None:
    for person in (people.customer, people.admin, people.agent):
        with refused("InvalidSignature", wallet.address):
            pen(person, wallet.address).open().carried(people.customer)


def test_the_form_of_a_signature_is_the_accounts_own(people: People, owner: Pen) -> None:
    """Whether it takes another form is its own matter; an act is done once whatever the form."""
    signed = owner.open()
    for how in ("high-s", "other-v", "compact", "empty", "66-bytes"):
        with refused("InvalidSignature", owner.account):
            signed.with_signature(mangled(signed.signature)[how]).carried(people.customer)
    assert signed.carried(people.customer)


# ------------------------------------------------------------------------------------------- broken, hostile


@pytest.mark.parametrize(
    "answer",
    [REVERTS, EMPTY, SHORT, WRONG_MAGIC, DIRTY_MAGIC, TRUE, BURNS_GAS, LONG_REVERT],
    ids=["reverts", "empty", "short", "wrong-magic", "dirty-magic", "true", "burns-gas", "reverts-magic"],
)
@pytest.mark.parametrize("signature", [None, b""], ids=["of-a-key", "of-nobody"])
def test_an_account_that_answers_anything_else(
    people: People, wallet: Contract, owner: Pen, answer: int, signature: bytes | None
) -> None:
    """Also where no key was looked for before, and so nothing lies where its answer is read."""
    signed = owner.open() if signature is None else owner.open().with_signature(signature)
    answers(wallet, answer, 32)
    with refused("InvalidSignature", wallet.address):
        signed.carried(people.customer)
    found = carry(
        people.desk, people.customer, [pen(people.customer).open(), signed, pen(people.agent).open()]
    )
    assert [each and each.name for each in found] == [None, "InvalidSignature", None]


def test_an_account_that_changes_its_mind(people: People, wallet: Contract, owner: Pen) -> None:
    """It is asked when the act is carried, and at no other time."""
    signed = owner.open()
    assert signed.attempt(people.customer) is None
    answers(wallet, WRONG_MAGIC)
    with refused("InvalidSignature", wallet.address):
        signed.carried(people.customer)
    answers(wallet, HONEST)
    assert signed.carried(people.customer)
    answers(wallet, WRONG_MAGIC)
    assert people.desk.ticket(signed.ticket_id).status == Status.NEW
    answers(wallet, HONEST)
    with refused("TicketExists", signed.ticket_id):
        signed.carried(people.customer)


def test_a_long_answer_begins_with_what_is_asked_for(people: People, wallet: Contract, owner: Pen) -> None:
    answers(wallet, LONG_MAGIC, MEGABYTE)
    assert owner.open().carried(people.customer)


@pytest.mark.parametrize(
    "answer", [LONG_MAGIC, LONG_NONSENSE, LONG_REVERT], ids=["magic", "nonsense", "revert"]
)
def test_a_megabyte_costs_its_carrier_what_a_word_costs(
    people: People, wallet: Contract, owner: Pen, answer: int
) -> None:
    """The account pays for its memory out of the act's bound; nothing of it is copied."""
    signed = owner.open()
    own = []
    for length in (32, MEGABYTE):
        answers(wallet, answer, length)
        whole, account = spent(people.desk, signed)
        own.append(whole - account)
    assert own[1] - own[0] < 1_000, own


@pytest.mark.parametrize(
    "answer", [LONG_NONSENSE, LONG_REVERT, BURNS_GAS], ids=["nonsense", "revert", "burns"]
)
def test_in_a_batch_no_account_costs_more_than_the_bound(
    people: People, wallet: Contract, owner: Pen, answer: int
) -> None:
    """And the acts beside it are done."""
    desk, signed = people.desk, owner.open()
    others = [pen(person).open() for person in (people.customer, people.agent)]
    used = {}
    for how, number in ((WRONG_MAGIC, 0), (answer, MEGABYTE)):
        answers(wallet, how, number)
        with people.isolated():
            found = carry(desk, people.customer, [others[0], signed, others[1]])
            assert [each and each.name for each in found] == [None, "InvalidSignature", None]
            receipt = desk.node.rpc("eth_getBlockReceipts", "latest")[0]
            used[how] = int(receipt["gasUsed"], 16)
    assert used[answer] - used[WRONG_MAGIC] < ACT_GAS


REENTRIES: dict[str, tuple[Any, ...]] = {
    "open": (1, b"\x01" * 32),
    "take": (b"\x02" * 32, 1, b"\x01" * 32),
    "move": (b"\x02" * 32, 9, b"\x01" * 32, 2),
    "rate": (b"\x02" * 32, 5, b"\x01" * 32),
    "assign": ([b"\x02" * 32], [1], [b"\x01" * 32]),
    "transfer": (b"\x02" * 32, 2, b"\x01" * 32),
    "expire": ([b"\x02" * 32],),
    "skip": (1, 1),
    "openAsModule": (1, "0x" + "11" * 20, b"\x01" * 32),
    "moveAsModule": (b"\x02" * 32, 9, b"\x01" * 32),
}


def reentry(people: People, function: str) -> bytes:
    """A call that would be accepted, were it not for where it comes from."""
    people.admin.grant(SUPERVISOR, people.customer)
    encoded = people.desk.tickets.encoded
    if function == "openFor":
        return pen(people.customer).open().data
    if function == "batch":
        return encoded("batch", [pen(people.customer).open().data])
    if function in ("takeFor", "moveFor", "rateFor"):
        waiting = people.opened()
        if function == "takeFor":
            return pen(people.agent).take(waiting, people.agent.certificate).data
        people.agent.take(waiting)
        if function == "moveFor":
            return pen(people.customer).move(waiting, Status.CLOSED).data
        people.agent.move(waiting, Status.RESOLVED)
        return pen(people.customer).rate(waiting).data
    return encoded(function, *REENTRIES[function])


@pytest.mark.parametrize("function", ["openFor", "takeFor", "moveFor", "rateFor", "batch", *REENTRIES])
def test_an_account_that_calls_back_writes_nothing(
    people: People, wallet: Contract, owner: Pen, function: str
) -> None:
    """It is asked by a call that cannot write; its own act is judged as though it had not tried."""
    desk = people.desk
    call = reentry(people, function)
    wallet.send(people.customer.address, "setReentry", desk.tickets.address, call)
    acts = len(desk.acts)
    assert owner.open().carried(people.customer).actor == wallet.address
    own, other = carry(desk, people.customer, [owner.open(), pen(people.agent).open()])
    # A write inside of a call that cannot write burns the gas it was given: in a batch the account's own.
    assert own is None or own.name == "ActFailed"
    assert other is None
    assert {act.actor for act in desk.acts[acts:]} == {wallet.address, people.agent.address}
    assert len(desk.acts) == acts + 2 + (own is None)
    if function.endswith("For") or function == "batch":
        # What it tried holds outside of a signature's check.
        desk.node.send(people.customer.address, desk.tickets.address, call)


def test_an_account_without_code_yet_signs_nothing(people: People) -> None:
    """A counterfactual account (ERC-6492) is not asked before it stands."""
    nobody = "0x" + "77" * 20
    with refused("InvalidSignature", nobody):
        pen(people.customer, nobody).open().carried(people.customer)


# ---------------------------------------------------------------------------------- a key and code (EIP-7702)


@pytest.fixture(scope="module")
def prague() -> Iterator[People]:
    """A desk on a chain with EIP-7702."""
    options = [{"shanghai": "prague"}.get(each, each) for each in OPTIONS]
    with Chain.anvil(extra=options) as chain:
        yield deploy(Node(chain.url))


def delegated(people: People, to: Contract) -> None:
    """The customer's account runs another's code from now on, by his own authorization."""
    node, customer = people.desk.node, people.customer
    key = pen(customer).key.to_bytes()
    count = int(node.rpc("eth_getTransactionCount", customer.address, "latest"), 16)
    chain_id = int(node.rpc("eth_chainId"), 16)
    authorization = Account.sign_authorization(
        {"chainId": chain_id, "address": bytes.fromhex(to.address[2:]), "nonce": count + 1}, key
    )
    transaction = {
        "type": 4,
        "chainId": chain_id,
        "nonce": count,
        "to": to_checksum_address(customer.address),
        "gas": 200_000,
        "maxFeePerGas": 0,
        "maxPriorityFeePerGas": 0,
        "authorizationList": [authorization],
    }
    signed = Account.sign_transaction(transaction, key)
    node.rpc("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())
    node.rpc("evm_mine", node.now + 1)
    node.now += 1
    code = node.rpc("eth_getCode", customer.address, "latest")
    assert code == "0xef0100" + to.address[2:]


def test_an_account_with_a_delegation_signs_by_its_key_and_by_its_code(prague: People) -> None:
    with prague.isolated():
        desk, customer = prague.desk, prague.customer
        wallet = account_of(prague)
        delegated(prague, wallet)
        by_key = pen(customer).open()
        assert by_key.carried(prague.agent).actor == customer.address
        # The code's owner is the stranger: what he signs for this account its code accepts.
        by_code = pen(prague.stranger, customer.address).open()
        assert carry(desk, prague.agent, [by_code]) == [None]
        with refused("InvalidSignature", customer.address):
            pen(prague.other_customer, customer.address).open().carried(prague.agent)


def test_a_delegation_takes_nothing_from_the_key(prague: People) -> None:
    """Code that refuses, or burns all gas, is not asked where the key has signed."""
    with prague.isolated():
        wallet = account_of(prague)
        delegated(prague, wallet)
        for answer in (WRONG_MAGIC, BURNS_GAS, REVERTS):
            # The delegated code reads the customer's own storage.
            prague.desk.node.write(prague.customer.address, 0, answer)
            assert pen(prague.customer).open().carried(prague.agent)
            with refused("InvalidSignature", prague.customer.address):
                pen(prague.stranger, prague.customer.address).open().carried(prague.agent)
