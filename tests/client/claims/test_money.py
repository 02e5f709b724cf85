"""The vault over real JSON-RPC: deposits, what is owed, what waits, the treasurer and his delay, the runway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from proofdesk import (
    AccessManagedUnauthorized,
    AccessManagerNotReady,
    AccessManagerNotScheduled,
    AccessManagerUnauthorizedCall,
    Creation,
    InvalidArgument,
    InvalidSignature,
    NotAToken,
    NotFree,
    NothingOwed,
    NothingToSettle,
    SignatureExpired,
    TokenNotListed,
)
from proofdesk.claims import ETH, SignedWithdrawal
from tests.client.claims.counter import DAY, ETHER, PRICE, Counter
from tests.client.office import account
from tools.build import artifact


@contextmanager
def refusing(counter: Counter) -> Iterator[None]:
    """The customer's account is a contract that takes no ether, as long as the `with` block lasts."""
    chain, address = counter.office.chain, counter.customer.sender.address
    chain.rpc("anvil_setCode", address, "0x5f5ffd")
    yield
    chain.rpc("anvil_setCode", address, "0x")


def token_of(counter: Counter) -> str:
    """An ERC-20 whose million is the treasurer's."""
    code = bytes.fromhex(artifact("PlainToken")["bytecode"][2:])
    made = counter.treasurer.sender.send(None, code)
    assert isinstance(made, Creation)
    return made.contract


def test_the_books(counter: Counter) -> None:
    vault = counter.office.desk.vault
    books = vault.books()
    assert (books.token, books.balance, books.free) == (ETH, 10 * ETHER, 10 * ETHER)
    counter.for_review()
    books = vault.books("ETH")
    assert (books.reserved, books.free) == (PRICE, 10 * ETHER - PRICE)
    assert vault.books(ETH) == books
    with pytest.raises(InvalidArgument):
        vault.books("EUR")


def test_a_token_is_listed_deposited_and_taken_out(counter: Counter) -> None:
    treasurer, token = counter.treasurer.vault, token_of(counter)
    with pytest.raises(TokenNotListed):
        treasurer.deposit(1_000, token)
    treasurer.list_token(token)
    assert treasurer.is_listed(token)
    result = treasurer.deposit(1_000, token)
    assert "Deposited" in [event.name for event in result.events if hasattr(event, "name")]
    assert treasurer.books(token).balance == 1_000
    # What is left of an allowance is taken away first, for tokens that want it so.
    vault = counter.office.deployment.contract("RefundVault").address
    approve = bytes.fromhex("095ea7b3") + bytes(12) + bytes.fromhex(vault[2:]) + (5).to_bytes(32, "big")
    counter.treasurer.sender.send(token, approve)
    treasurer.deposit(7, token)
    assert treasurer.books(token).balance == 1_007
    treasurer.withdraw_free(1_007, token, to=account(9).address)
    assert treasurer.books(token).balance == 0
    treasurer.delist_token(token)
    assert not treasurer.is_listed(token)
    with pytest.raises(NotAToken):
        treasurer.list_token(account(9).address)


def test_what_a_receiver_refused_is_owed_and_withdrawn(counter: Counter) -> None:
    office, vault = counter.office, counter.customer.vault
    with pytest.raises(NothingOwed):
        vault.withdraw()
    signed_claim = counter.customer.claims.sign(counter.receipt(), reason=1, amount=5)  # type: ignore[arg-type]
    with refusing(counter):
        # By a key's signature it would not be his any more: he signed before.
        pass
    with refused_payment(counter):
        office.stranger.claims.carry(signed_claim)
    assert vault.owed() == 5 == office.desk.vault.owed(counter.customer.sender.address)
    assert office.desk.vault.books().owed == 5
    other = account(9).address
    before = office.w3.eth.get_balance(office.w3.to_checksum_address(other))
    result = vault.withdraw(to=other)
    assert "Withdrawn" in [event.name for event in result.events if hasattr(event, "name")]
    assert office.w3.eth.get_balance(office.w3.to_checksum_address(other)) == before + 5
    assert vault.owed() == 0


@contextmanager
def refused_payment(counter: Counter) -> Iterator[None]:
    """The customer's account answers for signatures, and takes no ether, as long as the block lasts."""
    chain, address = counter.office.chain, counter.customer.sender.address
    # With data it answers ERC-1271's magic value; plain ether it refuses.
    code = "0x36600457005b631626ba7e60e01b5f5260205ff3"
    code = "0x3615600d57631626ba7e60e01b5f5260205ff35b5f5ffd"
    chain.rpc("anvil_setCode", address, code)
    yield
    chain.rpc("anvil_setCode", address, "0x")
