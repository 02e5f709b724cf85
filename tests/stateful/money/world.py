"""Chain and ledger side by side: every step is made in both, and both must say the same after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from tests.helpers.claims import Office
from tests.helpers.contract import Contract, RefusedError
from tests.helpers.desk import NOBODY
from tests.helpers.money import ETHER, Payee, PayeeManner, Till, TokenManner
from tests.stateful.money import ledger as model
from tests.stateful.money.ledger import Ledger, Taken

_TAKING = {
    PayeeManner.ACCEPTS: Taken.KEPT,
    PayeeManner.LONG_ANSWER: Taken.KEPT,
    PayeeManner.REENTERS: Taken.KEPT,
    PayeeManner.SENDS_BACK: Taken.SENT_BACK,
}
_MOVING = (
    TokenManner.PROPER,
    TokenManner.RETURNS_NOTHING,
    TokenManner.LONG_ANSWER,
    TokenManner.TAKES_FEE,
    TokenManner.REENTERS,
    TokenManner.BALANCE_LONG,
)
_MUTE = (TokenManner.BALANCE_REVERTS, TokenManner.BALANCE_EMPTY, TokenManner.BALANCE_BURNS_GAS)
# One that tells more than it has cannot be kept books of; the unit tests say what comes of it.
TOKEN_MANNERS = tuple(each for each in TokenManner if each is not TokenManner.BALANCE_HUGE)
WEALTH = 10**30


class World:
    """The vault and its ledger, three tokens, payees and people; `repeat` is what to run again."""

    def __init__(self, office: Office, rng: Random, tally: Counter[str], repeat: str) -> None:
        self.office, self.rng, self.tally, self.repeat = office, rng, tally, repeat
        people = office.people
        ether = Till(office).emptied()
        self.tokens = [ether.odd_token(), ether.odd_token()]
        self.tills = [ether, *(ether.of(token) for token in self.tokens)]
        for token in self.tokens:
            token.send(people.stranger.address, "rebase", people.treasurer.address, WEALTH)
        self.payees = [ether.payee() for _ in range(5)]
        self.manners: dict[str, PayeeManner] = {each.address: PayeeManner.ACCEPTS for each in self.payees}
        self.token_manners = {token.address: TokenManner.PROPER for token in self.tokens}
        self.accounts = [people.customer.address, people.other_customer.address, *self.manners]
        self.ledger = Ledger([till.token for till in self.tills], self._takes)
        self.story: list[str] = []
        self._since = int(office.vault.node.rpc("eth_blockNumber"), 16) + 1

    # ---------------------------------------------------------------------------------------------- steps

    def step(self, name: str, in_ledger: Callable[[], object], on_chain: Callable[[], object]) -> bool:
        """One step in both; whether it was made. Fails if they differ."""
        self.story.append(name)
        expected: model.RefusedError | None = None
        try:
            in_ledger()
        except model.RefusedError as refusal:
            expected = refusal
        said: RefusedError | None = None
        try:
            on_chain()
        except RefusedError as refusal:
            said = refusal
        wanted = None if expected is None else (expected.name, expected.arguments)
        got = None if said is None else (said.name, said.arguments)
        self._assert(wanted == got, f"ledger says {wanted}, chain {got}")
        self.compare()
        label = name.partition(" ")[0] if not name.startswith("file") else " ".join(name.split(" ")[:2])
        self.tally[label + (f": {expected.name}" if expected else "")] += 1
        return expected is None

    def told(self, name: str, change: Callable[[], object]) -> None:
        """Something that is not the vault's business happens."""
        self.story.append(name)
        change()

    def misbehave(self, payee: Payee, manner: PayeeManner) -> None:
        """How a payee takes ETH from now on."""
        if manner is PayeeManner.REENTERS:
            payee.reenter(self.office.vault, "withdraw", ETHER, payee.address)
        else:
            payee.behave(manner)
        self.manners[payee.address] = manner
        self.tally[f"payee {manner}"] += 1

    def distort(self, token: Contract, manner: TokenManner) -> None:
        """How a token does everything from now on."""
        anybody = self.office.people.stranger.address
        if manner is TokenManner.REENTERS:
            call = self.office.vault.encoded("settle", token.address, 1)
            token.send(anybody, "reenter", self.office.vault.address, call)
        else:
            token.send(anybody, "behave", manner)
        self.token_manners[token.address] = manner
        self.tally[f"token {manner}"] += 1
        self.ledger.books[token.address].mute = manner in _MUTE

    def as_account(self, account: str, target: Contract, function: str, *args: Any) -> None:
        """Somebody calls a contract, himself or by his own contract. Raises RefusedError."""
        payee = next((each for each in self.payees if each.address == account), None)
        if payee is None:
            target.send(account, function, *args)
        else:
            payee.act(target, function, *args)

    def _takes(self, token: str, to: str) -> Taken:
        if token != ETHER:
            return Taken.KEPT if self.token_manners[token] in _MOVING else Taken.REFUSED
        return _TAKING.get(self.manners.get(to, PayeeManner.ACCEPTS), Taken.REFUSED)

    # ------------------------------------------------------------------------------------------- comparing

    def compare(self) -> None:
        """The books, and what is promised of them whatever the ledger says."""
        for till in self.tills:
            book, books = self.ledger.books[till.token], till.books
            self._assert(books == book.told, f"ledger has {book.told}, vault {books}")
            balance, reserved, owed, _, free = books
            if not book.mute:
                self._assert(reserved + owed <= balance, f"more promised than held: {books}")
                self._assert(balance == book.came - book.went, "what came is not what went and what is held")
                self._assert(free <= balance - reserved - owed, f"more free than there is: {books}")

    def compare_all(self) -> None:
        """Every account, reservation and waiting payment."""
        self.compare()
        for till in self.tills:
            book = self.ledger.books[till.token]
            owed = {each: till.owed_to(each) for each in self.accounts}
            self._assert({each: much for each, much in owed.items() if much} == book.owed, f"owed: {owed}")
            self._assert(till.queue() == [tuple(each) for each in book.queue], "the queues differ")
        for (module, id_), kept in self.ledger.reservations.items():
            told = self.office.vault.view("reservedFor", module, id_)
            self._assert(told == kept, f"kept: {told} instead of {kept}")

    def compare_log(self) -> None:
        """From the vault's events alone: whatever was decided is made once, and in order where it waited."""
        vault = self.office.vault
        where = {"fromBlock": hex(self._since), "toBlock": "latest", "address": vault.address}
        logs = vault.node.rpc("eth_getLogs", where)
        waiting: dict[str, list[bytes]] = {}
        made: Counter[bytes] = Counter()
        for event in vault.events({"logs": logs}):
            said = event.arguments
            line = waiting.setdefault(said.get("token", ""), [])
            if event.name == "Pending":
                line.append(said["id"])
            elif event.name in ("Paid", "Owed"):
                made[said["id"]] += 1
                self._assert(said["id"] not in line or line[0] == said["id"], "somebody was passed over")
                if said["id"] in line:
                    line.remove(said["id"])
        decided = Counter(payment.id for _, payment in self.ledger.decided)
        self._assert(made == decided, "decided, and not made once")

    def _assert(self, holds: bool, what: str) -> None:
        if not holds:
            last = "\n  ".join(self.story[-25:])
            raise AssertionError(f"{what}\nafter\n  {last}\nto repeat: {self.repeat}")

    # --------------------------------------------------------------------------------------------- the end

    @contextmanager
    def ended(self) -> Iterator[None]:
        """Everybody behaves from now on; after the block nothing may be stuck."""
        for payee in self.payees:
            self.misbehave(payee, PayeeManner.ACCEPTS)
        for token in self.tokens:
            self.distort(token, TokenManner.PROPER)
        yield
        for till in self.tills:
            self._drain(till)
        self.compare_all()
        for till in self.tills:
            self._assert(till.books == (0, 0, 0, 0, 0), f"stuck: {till.books}")
        self.compare_log()

    def _drain(self, till: Till) -> None:
        token, book, ledger = till.token, self.ledger.books[till.token], self.ledger
        for module, id_ in [key for key, kept in ledger.reservations.items() if kept[0] == token]:
            self._assert(module == till.module.address, "kept for a claim whose ticket has ended")
            self.release(till, id_)
        missing = max(0, book.pending + book.reserved + sum(book.owed.values()) - book.balance)
        if missing:
            self.step("deposit", lambda: ledger.deposit(token, missing), lambda: till.deposit(missing))
        while book.queue:
            self.step("settle", lambda: ledger.settle(token, 50), lambda: till.settle(50))
        for account in list(book.owed):
            self.withdraw(till, account, account)
        if book.free:
            free, to = book.free, NOBODY[:-4] + "5afe"
            self.step(
                "take_free", lambda: ledger.take_free(token, to, free), lambda: till.take_free(free, to)
            )

    def release(self, till: Till, id_: bytes) -> bool:
        """The test's module gives a reservation up."""
        module = till.module.address
        return self.step("release", lambda: self.ledger.release(module, id_), lambda: till.release(id_))

    def withdraw(self, till: Till, account: str, to: str) -> bool:
        """Somebody has what is owed to him sent somewhere."""
        return self.step(
            f"withdraw {till.token[-4:]} {account[-4:]} to {to[-4:]}",
            lambda: self.ledger.withdraw(account, till.token, to),
            lambda: self.as_account(account, till.vault, "withdraw", till.token, to),
        )
