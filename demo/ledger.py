"""The demonstration's own books of the vault: written from what the play means to do, never from the chain.

In the end they are compared with the vault's, and with what each customer has, to the last unit.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from proofdesk.claims.vault import Books


@dataclass(slots=True)
class Ledger:
    """One token's books; amounts are its smallest units, `refusing` are receivers that take nothing.

    >>> ledger = Ledger("0x" + 40 * "0")
    >>> ledger.deposit(10)
    >>> ledger.pay("A", 4), ledger.pay("B", 7)
    ('paid', 'pending')
    >>> ledger.books().free, ledger.books().pending
    (0, 7)
    """

    token: str
    refusing: set[str] = field(default_factory=set)
    deposited: int = 0
    taken: int = 0
    got: Counter[str] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)
    reserved: dict[str, int] = field(default_factory=dict)
    queue: deque[tuple[str, int]] = field(default_factory=deque)

    def deposit(self, amount: int) -> None:
        """Somebody puts money in."""
        self.deposited += amount

    def take_out(self, amount: int) -> None:
        """The treasurer takes money out."""
        assert amount <= self.books().free, f"{amount} is not free"
        self.taken += amount

    def reserve(self, id_: str, amount: int) -> bool:
        """Keep money for what is not decided, all of it or none; tells which."""
        if not 0 < amount <= self.books().free:
            return False
        self.reserved[id_] = amount
        return True

    def release(self, id_: str) -> int:
        """Give a reservation up; returns what it was."""
        return self.reserved.pop(id_, 0)

    def pay(self, to: str, amount: int, *, kept_for: str | None = None) -> str:
        """What was decided: "paid", "owed" or "pending"; `kept_for` is what money was reserved for."""
        kept = self.release(kept_for) if kept_for is not None else 0
        if amount > (self._left() if kept >= amount else self.books().free):
            self.queue.append((to, amount))
            return "pending"
        return self._pay(to, amount)

    def settle(self) -> int:
        """Pay those who wait, in their order, as far as the money goes; returns how many."""
        count = 0
        while self.queue and self.queue[0][1] <= self._left():
            self._pay(*self.queue.popleft())
            count += 1
        return count

    def withdraw(self, account: str, to: str) -> int:
        """What is owed to an account goes to another address; returns how much."""
        amount = self.owed.pop(account)
        self.got[to] += amount
        return amount

    def books(self) -> Books:
        """The books as the vault should show them."""
        paid, owed = self.got.total(), self.owed.total()
        balance, reserved = self.deposited - self.taken - paid, sum(self.reserved.values())
        pending = sum(amount for _to, amount in self.queue)
        free = 0 if pending else balance - reserved - owed
        return Books(self.token, balance, reserved, owed, pending, free)

    def _pay(self, to: str, amount: int) -> str:
        is_refused = to in self.refusing
        (self.owed if is_refused else self.got)[to] += amount
        return "owed" if is_refused else "paid"

    def _left(self) -> int:
        return (
            self.deposited - self.taken - self.got.total() - sum(self.reserved.values()) - self.owed.total()
        )
