"""A vault for tests: one token, a module that pays, payees and tokens that misbehave as they are told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_abi.abi import encode
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from tests.helpers.claims import Office
from tests.helpers.contract import Contract, Event
from tests.helpers.desk import NOBODY
from tests.helpers.node import RevertedError
from tests.helpers.people import Person
from tests.helpers.signed import chain_id, node_key, seal, separator

ETHER = NOBODY
FOREVER = 2**64 - 1
TREASURER = 8
"""A role's id."""
WITHDRAW = "Withdraw(address account,address token,address to,uint256 nonce,uint64 deadline)"


class PayeeManner(IntEnum):
    """How a Payee takes ETH."""

    ACCEPTS = 0
    REVERTS = 1
    BURNS_GAS = 2
    LONG_ANSWER = 3
    LONG_REVERT = 4
    HEAVY = 5
    REENTERS = 6
    SENDS_BACK = 7


class TokenManner(IntEnum):
    """How an OddToken does everything."""

    PROPER = 0
    RETURNS_NOTHING = 1
    RETURNS_FALSE = 2
    RETURNS_TWO = 3
    RETURNS_BYTE = 4
    REVERTS = 5
    BURNS_GAS = 6
    LONG_ANSWER = 7
    LONG_REVERT = 8
    MOVES_NOTHING = 9
    TAKES_FEE = 10
    TAKES_SENDER_FEE = 11
    REENTERS = 12
    BALANCE_REVERTS = 13
    BALANCE_EMPTY = 14
    BALANCE_BURNS_GAS = 15
    BALANCE_LONG = 16
    BALANCE_HUGE = 17
    BALANCE_HEAVY = 18


@dataclass(frozen=True, slots=True, repr=False)
class Till:
    """The vault in one token; `module` holds MODULE, and everything is done at once."""

    office: Office
    token: str = ETHER

    @property
    def vault(self) -> Contract:
        """The vault."""
        return self.office.vault

    @property
    def module(self) -> Person:
        """Who says who is paid."""
        return self.office.people.module

    def of(self, token: Contract) -> Till:
        """The same vault in another token."""
        return Till(self.office, token.address)

    # --------------------------------------------------------------------------------------------- acting

    def deposit(self, amount: int, by: Person | None = None) -> list[Event]:
        """Puts money in; ETH as the transaction's value."""
        sender = (by or self.office.people.treasurer).address
        value = amount if self.token == ETHER else 0
        return self.vault.send(sender, "deposit", self.token, amount, value=value)

    def reserve(self, id_: bytes, amount: int) -> bool:
        """Keeps money for something; whether it is kept."""
        events = self._module("reserve", id_, self.token, amount)
        return [event.name for event in events] == ["Reserved"]

    def release(self, id_: bytes) -> list[Event]:
        """Gives a reservation up."""
        return self._module("release", id_)

    def pay(self, to: str, amount: int, id_: bytes | None = None, gas: int | None = None) -> str:
        """Pays somebody; what came of it: Paid, Owed or Pending."""
        return self._outcome("pay", id_ or self.id(), to, amount, gas)

    def pay_reserved(self, id_: bytes, to: str, amount: int) -> str:
        """Pays from a reservation; what came of it."""
        return self._outcome("payReserved", id_, to, amount, None)

    def settle(self, most: int = 100) -> list[str]:
        """Anybody makes pending payments; what came of each."""
        stranger = self.office.people.stranger.address
        return [event.name for event in self.vault.send(stranger, "settle", self.token, most)]

    def take_free(self, amount: int, to: str | None = None) -> list[Event]:
        """The treasurer takes out what is free."""
        treasurer = self.office.people.treasurer.address
        return self.vault.send(treasurer, "withdrawFree", self.token, to or treasurer, amount)

    def emptied(self) -> Till:
        """The treasurer took out all that is free."""
        if self.free:
            self.take_free(self.free)
        return self

    # -------------------------------------------------------------------------------------------- reading

    @property
    def books(self) -> tuple[int, int, int, int, int]:
        """Balance, reserved, owed, pending, free."""
        found: tuple[int, int, int, int, int] = self.vault.view("books", self.token)
        return found

    @property
    def free(self) -> int:
        """What is promised to nobody."""
        return self.books[4]

    def owed_to(self, account: str) -> int:
        """What waits for somebody."""
        return int(self.vault.view("owedTo", self.token, account))

    def queue(self) -> list[tuple[bytes, str, int]]:
        """What waits for money, in its order."""
        head, tail = self.vault.view("queue", self.token)
        return [self.vault.view("pendingAt", self.token, position) for position in range(head, tail)]

    def held_by(self, account: str) -> int:
        """What an account has of the token."""
        node = self.vault.node
        if self.token == ETHER:
            return int(node.rpc("eth_getBalance", account, "latest"), 16)
        return int(Contract(node, "OddToken", self.token).view("balanceOf", account))

    # -------------------------------------------------------------------------------------------- things

    def id(self) -> bytes:
        """A name for a payment or a reservation."""
        return self.office.desk.entry()

    def payee(self, manner: PayeeManner = PayeeManner.ACCEPTS) -> Payee:
        """Somebody who is a contract."""
        payee = Payee(Contract.deployed(self.vault.node, self._anybody, "Payee"), self)
        payee.behave(manner)
        return payee

    def odd_token(self, manner: TokenManner = TokenManner.PROPER, *, listed: bool = True) -> Contract:
        """A token of which the treasurer has a million; listed while it was proper."""
        token = Contract.deployed(self.vault.node, self._anybody, "OddToken")
        treasurer = self.office.people.treasurer.address
        token.send(self._anybody, "rebase", treasurer, 1_000_000)
        if listed:
            self.vault.send(treasurer, "listToken", token.address)
        token.send(self._anybody, "behave", manner)
        return token

    def _module(self, function: str, *args: Any) -> list[Event]:
        return self.vault.send(self.module.address, function, *args)

    def _outcome(self, function: str, id_: bytes, to: str, amount: int, gas: int | None) -> str:
        limit = {} if gas is None else {"gas": gas}
        events = self.vault.send(self.module.address, function, id_, self.token, to, amount, **limit)
        (outcome,) = [event for event in events if event.name in ("Paid", "Owed", "Pending")]
        said = outcome.arguments
        assert (said["id"], said["token"], said["to"], said["amount"]) == (id_, self.token, to, amount)
        return outcome.name

    @property
    def _anybody(self) -> str:
        return self.office.people.stranger.address


@dataclass(frozen=True, slots=True, repr=False)
class Payee:
    """A contract that is paid."""

    contract: Contract
    till: Till

    @property
    def address(self) -> str:
        """Where it is."""
        return self.contract.address

    def behave(self, manner: PayeeManner) -> None:
        """How it takes ETH from now on."""
        self._send("behave", manner)

    def reenter(self, target: Contract, function: str, *args: Any) -> None:
        """What it does while it is paid."""
        self._send("reenter", target.address, target.encoded(function, *args))

    def act(self, target: Contract, function: str, *args: Any) -> None:
        """Calls anything in its own name. Raises RefusedError, as its target names it."""
        call = self.contract.encoded("act", target.address, target.encoded(function, *args))
        try:
            self.contract.node.send(self._sender, self.address, call)
        except RevertedError as reverted:
            raise target.refusal(reverted.data) from None

    @property
    def refusal(self) -> str:
        """How it was refused the one time it called while it was paid."""
        return refusal_of(self.contract, self.till.vault)

    def _send(self, function: str, *args: Any) -> None:
        self.contract.send(self._sender, function, *args)

    @property
    def _sender(self) -> str:
        return self.till.office.people.stranger.address


def refusal_of(called: Contract, target: Contract) -> str:
    """How a target refused the one call that a Payee or an OddToken made while it moved money."""
    lets, refusals, selector = called.view("reentries")
    assert (lets, refusals) == (0, 1)
    # Arguments were not kept; their place is.
    return target.refusal(selector + bytes(320)).name


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What somebody signs to have what he is owed sent somewhere."""

    account: str
    token: str
    to: str
    nonce: int = 0
    deadline: int = FOREVER

    def digest(self, vault: Contract, office: Office) -> bytes:
        """What is signed."""
        kinds = ["bytes32", "address", "address", "address", "uint256", "uint64"]
        values = [self.account, self.token, self.to, self.nonce, self.deadline]
        struct = keccak(encode(kinds, [keccak(WITHDRAW.encode()), *values]))
        return keccak(b"\x19\x01" + separator(chain_id(office.desk), vault.address) + struct)

    def sealed(self, office: Office, key: PrivateKey | None = None) -> bytes:
        """Its signature; by the account's own key, if it is one of the node's."""
        key = key or node_key(office.desk.node.accounts.index(self.account))
        return seal(key, self.digest(office.vault, office))
