"""The vault's books a second time, written from the design: what is kept, owed, waiting, free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, NamedTuple

MOST = 2**128 - 1


class Taken(Enum):
    """What becomes of money that is sent to somebody."""

    KEPT = auto()
    SENT_BACK = auto()
    REFUSED = auto()


class RefusedError(Exception):
    """What the vault should refuse, and how."""

    def __init__(self, name: str, *args: Any) -> None:
        super().__init__(name, *args)
        self.name, self.arguments = name, args


class Payment(NamedTuple):
    """Somebody is to be paid."""

    id: bytes
    to: str
    amount: int


@dataclass
class Book:
    """One token's: `balance` is the vault's, `came` and `went` all that ever did."""

    balance: int = 0
    reserved: int = 0
    queue: list[Payment] = field(default_factory=list)
    owed: dict[str, int] = field(default_factory=dict)
    came: int = 0
    went: int = 0
    mute: bool = False
    """It tells no balance."""

    @property
    def visible(self) -> int:
        """The balance as the vault learns it."""
        return 0 if self.mute else self.balance

    @property
    def pending(self) -> int:
        """What waits for money."""
        return sum(payment.amount for payment in self.queue)

    @property
    def uncommitted(self) -> int:
        """What is promised to nobody."""
        return max(0, self.visible - self.reserved - sum(self.owed.values()))

    @property
    def free(self) -> int:
        """Nothing while somebody waits."""
        return 0 if self.queue else self.uncommitted

    @property
    def told(self) -> tuple[int, int, int, int, int]:
        """As the vault's `books` tells it."""
        return self.visible, self.reserved, sum(self.owed.values()), self.pending, self.free


class Ledger:
    """All books; `takes(token, to)` says how money is taken just now."""

    def __init__(self, tokens: list[str], takes: Callable[[str, str], Taken]) -> None:
        self.books = {token: Book() for token in tokens}
        self.reservations: dict[tuple[str, bytes], tuple[str, int]] = {}
        self.decided: list[tuple[str, Payment]] = []
        self._takes = takes

    def deposit(self, token: str, amount: int) -> None:
        """Money comes in."""
        book = self.books[token]
        book.balance += amount
        book.came += amount

    def reserve(self, module: str, id_: bytes, token: str, amount: int) -> bool:
        """All of it or nothing."""
        if (module, id_) in self.reservations:
            raise RefusedError("AlreadyReserved", id_)
        book = self.books[token]
        if not 0 < amount <= book.free:
            return False
        self.reservations[module, id_] = token, amount
        book.reserved += amount
        return True

    def release(self, module: str, id_: bytes) -> tuple[str, int]:
        """Gives a reservation up; what it was."""
        token, amount = self.reservations.pop((module, id_), ("", 0))
        if amount:
            self.books[token].reserved -= amount
        return token, amount

    def pay(self, id_: bytes, token: str, to: str, amount: int) -> None:
        """At once if it is free, otherwise in its turn."""
        self._pay(token, Payment(id_, to, amount), self.books[token].free)

    def pay_reserved(self, module: str, id_: bytes, token: str, to: str, amount: int) -> None:
        """From what is kept for it."""
        kept_in, kept = self.release(module, id_)
        book = self.books[token]
        available = book.uncommitted if kept_in == token and kept >= amount else book.free
        self._pay(token, Payment(id_, to, amount), available)

    def settle(self, token: str, most: int) -> int:
        """In their order, as far as there is money; how many."""
        book, count = self.books[token], 0
        while book.queue and count < most and book.queue[0].amount <= book.uncommitted:
            self._attempt(token, book.queue.pop(0))
            count += 1
        if not count:
            raise RefusedError("NothingToSettle", token)
        return count

    def withdraw(self, account: str, token: str, to: str) -> int:
        """All that is owed to somebody goes where he says."""
        book = self.books[token]
        amount = book.owed.get(account, 0)
        if not amount:
            raise RefusedError("NothingOwed", token, account)
        self._send(token, to, amount)
        del book.owed[account]
        return amount

    def take_free(self, token: str, to: str, amount: int) -> None:
        """The treasurer takes out what is free."""
        free = self.books[token].free
        if amount > free:
            raise RefusedError("NotFree", token, amount, free)
        self._send(token, to, amount)

    def _pay(self, token: str, payment: Payment, available: int) -> None:
        self.decided.append((token, payment))
        if payment.amount <= available:
            self._attempt(token, payment)
        else:
            self.books[token].queue.append(payment)

    def _attempt(self, token: str, payment: Payment) -> None:
        if not self._moved(token, payment.to, payment.amount):
            owed = self.books[token].owed
            owed[payment.to] = owed.get(payment.to, 0) + payment.amount

    def _send(self, token: str, to: str, amount: int) -> None:
        if not self._moved(token, to, amount):
            raise RefusedError("PaymentRefused", token, to, amount)

    def _moved(self, token: str, to: str, amount: int) -> bool:
        book, taken = self.books[token], self._takes(token, to)
        if taken is Taken.REFUSED or book.mute:
            return False
        book.balance -= amount
        book.went += amount
        if taken is Taken.SENT_BACK:
            self.deposit(token, amount)
        return True
