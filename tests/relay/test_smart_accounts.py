"""Signers that are contracts, some of which mean harm."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum

import pytest

from proofdesk.ops.relay import Limits, Refusal, Relayer
from proofdesk.signed import SignedAct
from proofdesk.signed.signers import SmartAccount
from proofdesk.signed.signing import sign_open
from tests.client.office import Office, account
from tests.relay.conftest import Make
from tests.relay.people import Crowd, codes, key, yes
from tools.build import artifact


class Answer(IntEnum):
    """What the tests' contract can be told to answer."""

    HONEST = 0
    REVERTS = 1
    EMPTY = 2
    SHORT = 3
    WRONG_MAGIC = 4
    DIRTY_MAGIC = 5
    TRUE = 6
    BURNS_GAS = 7
    REENTERS = 8
    LONG_MAGIC = 9
    LONG_NONSENSE = 10
    LONG_REVERT = 11
    HEAVY = 12


class Wallet:
    """A smart account of one owner."""

    def __init__(self, office: Office, owner: int) -> None:
        self.owner = key(owner)
        self._office = office
        built = artifact("SmartAccount")
        factory = office.w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
        self._payer = {"from": account(19).address}
        sent = factory.constructor(self.owner.address).transact(self._payer)
        self.address = str(office.w3.eth.wait_for_transaction_receipt(sent)["contractAddress"])
        self._contract = office.w3.eth.contract(self.address, abi=built["abi"])

    def will(self, answer: Answer, number: int = 0) -> Wallet:
        """It answers so from now on."""
        sent = self._contract.functions.setAnswer(answer, number).transact(self._payer)
        self._office.w3.eth.wait_for_transaction_receipt(sent)
        return self

    def open(self, crowd: Crowd) -> SignedAct:
        """An opening of the account, by its owner's key."""
        signer = SmartAccount(self.address, self.owner)
        return sign_open(self._office.deployment, signer, lane=self._office.lane, entry=crowd.entry())


@pytest.fixture
def wallet(office: Office) -> Wallet:
    return Wallet(office, 1)


def test_a_smart_account_has_no_gas_either(
    office: Office, crowd: Crowd, relayer: Relayer, wallet: Wallet
) -> None:
    act = wallet.open(crowd)
    yes(relayer.submit([act, crowd.open(2)]))
    relayer.step(flush=True)
    assert relayer.counts()["done"] == 2
    assert office.desk.tickets.get(act.ticket_id).customer == wallet.address


REFUSED = [
    Answer.REVERTS,
    Answer.EMPTY,
    Answer.SHORT,
    Answer.WRONG_MAGIC,
    Answer.DIRTY_MAGIC,
    Answer.TRUE,
    Answer.BURNS_GAS,
    Answer.LONG_NONSENSE,
    Answer.LONG_REVERT,
]


@pytest.mark.parametrize("answer", REFUSED, ids=lambda answer: answer.name)
def test_what_it_does_not_accept(crowd: Crowd, relayer: Relayer, wallet: Wallet, answer: Answer) -> None:
    act = wallet.will(answer, 50_000).open(crowd)
    assert codes(relayer.submit([act, crowd.open(2)])) == ["signature", "yes"]


def test_a_key_without_a_contract_is_no_smart_account(crowd: Crowd, relayer: Relayer) -> None:
    act = crowd.open(1)
    other = replace(act, message={**act.message, "customer": key(2).address})
    assert codes(relayer.submit([other])) == ["signature"]


def test_one_owners_signature_is_good_for_one_account(
    office: Office, crowd: Crowd, relayer: Relayer, wallet: Wallet
) -> None:
    act = wallet.open(crowd)
    # The account of this contract checks what it is asked for, so the digest, which names the account.
    other = replace(act, message={**act.message, "customer": Wallet(office, 1).address})
    assert codes(relayer.submit([other, act])) == ["signature", "yes"]


def test_what_a_check_may_cost(crowd: Crowd, make_relayer: Make, wallet: Wallet) -> None:
    relayer = make_relayer(limits=Limits(smart_account_gas=100_000))
    assert codes(relayer.submit([wallet.will(Answer.HEAVY, 50_000).open(crowd)])) == ["yes"]
    (answer,) = relayer.submit([wallet.will(Answer.HEAVY, 110_000).open(crowd)])
    assert isinstance(answer, Refusal) and answer.code == "signature" and "100,000 gas" in answer.words


def test_an_account_that_burns_gas_once_it_is_in_does_not_starve_others(
    office: Office, crowd: Crowd, relayer: Relayer, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It changes its mind after the last look: its act is refused on chain, and all others are done."""
    acts = [crowd.open(2), *(wallet.open(crowd) for _ in range(4)), *(crowd.open(3) for _ in range(3))]
    yes(relayer.submit(acts))
    relayer.step()
    carrier = relayer._carrier
    assert carrier is not None
    reserve = carrier._reserved
    monkeypatch.setattr(
        carrier, "_reserved", lambda batches: (wallet.will(Answer.BURNS_GAS), reserve(batches))[1]
    )
    while relayer.step(flush=True).claimed:
        pass
    stages = [fate.stage.value for fate in map(relayer.fate, [act.digest for act in acts]) if fate]
    assert stages == ["done", *["refused"] * 4, *["done"] * 3]
    monkeypatch.undo()
    wallet.will(Answer.HONEST)
    assert codes(relayer.submit([wallet.open(crowd)])) == ["unreliable"], "it has been paid for often enough"
    assert codes(relayer.submit([crowd.open(2)])) == ["yes"]


def test_an_account_that_changes_its_mind_before_the_last_look_costs_nothing(
    office: Office, crowd: Crowd, relayer: Relayer, wallet: Wallet
) -> None:
    act = wallet.open(crowd)
    yes(relayer.submit([act]))
    wallet.will(Answer.REVERTS)
    before = office.w3.eth.get_transaction_count(relayer.address)
    relayer.step(flush=True)
    fate = relayer.fate(act.digest)
    assert fate and fate.refusal and fate.refusal.code == "signature"
    assert office.w3.eth.get_transaction_count(relayer.address) == before


def test_what_was_paid_for_an_act_is_not_forgotten_when_it_is_tried_anew(
    crowd: Crowd, make_relayer: Make, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayer = make_relayer(limits=Limits(failures=1))
    act = wallet.open(crowd)
    relayer.begin()
    carrier = relayer._carrier
    assert carrier is not None
    reserve = carrier._reserved
    monkeypatch.setattr(
        carrier, "_reserved", lambda batches: (wallet.will(Answer.REVERTS), reserve(batches))[1]
    )
    for _ in range(2):
        yes(relayer.submit([act]))
        relayer.step(flush=True)
        wallet.will(Answer.HONEST)
    assert codes(relayer.submit([act])) == ["unreliable"]
