"""Batches of signed acts that are too large for a transaction: it is said how many fit."""

from __future__ import annotations

import doctest
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from proofdesk import (
    BatchTooLarge,
    ContractRevert,
    Desk,
    InsufficientFunds,
    InvalidArgument,
    MemoryStore,
    SignedAct,
)
from proofdesk.signed import fitting
from tests.client.office import Office, account
from tests.client.wire import Altered
from tools.chain import GAS_LIMIT

SMALL = 1_500_000  # gas: what a block has


@pytest.fixture
def acts(office: Office) -> list[SignedAct]:
    """Openings, more than a small block holds."""
    tickets = office.customer.tickets
    return [tickets.sign_open(lane=office.lane, content=f"Help {number}!") for number in range(60)]


@pytest.fixture
def small(office: Office) -> Iterator[None]:
    """A chain whose blocks have little room."""
    office.chain.rpc("evm_setBlockGasLimit", hex(SMALL))
    office.chain.rpc("evm_mine")
    yield
    office.chain.rpc("evm_setBlockGasLimit", hex(GAS_LIMIT))
    office.chain.rpc("evm_mine")


def over(office: Office, **answers: Any) -> Desk:
    """The carrier's desk over a line that alters answers; his sender has seen no other blocks than these."""
    line = Altered(office.chain.url, **answers).w3
    return Desk.connect(line, account=account(15), deployment=office.deployment, store=MemoryStore())


@pytest.mark.usefixtures("small")
def test_it_is_said_how_many_fit_a_block(office: Office, acts: list[SignedAct]) -> None:
    carry = over(office).tickets.carry
    with pytest.raises(BatchTooLarge, match=r"60 acts .* at most \d+ at a time .NotEnoughGas") as caught:
        carry(acts)
    fits = caught.value.fits
    assert caught.value.acts == 60 and not office.desk.tickets.acts(lane=office.lane)
    with pytest.raises(BatchTooLarge):
        carry(acts[: fits + 1])
    assert len(carry(acts[:fits]).acts) == fits


def test_what_was_done_before_is_not_counted(office: Office, acts: list[SignedAct]) -> None:
    def roomy(_: Any, answer: Mapping[str, Any]) -> Any:
        return {**answer, "result": {**answer["result"], "gasLimit": hex(SMALL)}}

    office.stranger.tickets.carry(acts[:3])
    with pytest.raises(BatchTooLarge, match=r"takes [0-9,]+ gas, .* has 1,500,000") as caught:
        over(office, eth_getBlockByNumber=roomy).tickets.carry(acts)
    assert caught.value.acts == 57
    assert len(over(office, eth_getBlockByNumber=roomy).tickets.carry(acts[: 3 + caught.value.fits]).acts) > 3


def test_what_fails_for_another_reason_is_told_as_it_is(office: Office, acts: list[SignedAct]) -> None:
    office.chain.rpc("anvil_setBalance", account(15).address, hex(10**12))
    with pytest.raises(InsufficientFunds):
        over(office).tickets.carry(acts)


@pytest.mark.usefixtures("small")
def test_a_node_that_does_not_tell_leaves_it_at_its_own_words(office: Office, acts: list[SignedAct]) -> None:
    asked = []

    def once(_: Any, answer: Any) -> Any:
        asked.append(answer)
        return answer if len(asked) == 1 else {"jsonrpc": "2.0", "id": answer["id"], "result": None}

    with pytest.raises(ContractRevert, match="NotEnoughGas") as caught:
        over(office, eth_estimateGas=once).tickets.carry(acts)
    assert not isinstance(caught.value, InvalidArgument) and len(asked) > 1


def test_its_example() -> None:
    assert doctest.testmod(fitting).failed == 0
