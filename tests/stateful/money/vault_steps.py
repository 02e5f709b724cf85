"""Steps at the vault itself, by a module of the test's, by payees, by anybody."""

from __future__ import annotations

from collections.abc import Callable

from tests.helpers.money import PayeeManner, Till
from tests.stateful.money.world import TOKEN_MANNERS, World


class VaultSteps:
    """Makes one at a time, chosen by chance."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, world.rng
        self.office, self.desk, self.ledger = world.office, world.office.desk, world.ledger
        self.module = self.office.people.module.address
        self.kept: list[bytes] = []

    def _deposit(self) -> None:
        till, amount = self._till(), self._amount(60_000)
        if self.ledger.books[till.token].mute or not self._is_proper(till):
            return
        self._step("deposit", till, amount, lambda: self.ledger.deposit(till.token, amount), till.deposit)

    def _reserve(self) -> None:
        till, amount, name = self._till(), self._amount(20_000), self._name()
        kept: list[bool] = []

        def both() -> None:
            kept.append(self.ledger.reserve(self.module, name, till.token, amount))

        self.world.step(f"reserve {amount}", both, lambda: kept.append(till.reserve(name, amount)))
        assert len(set(kept)) <= 1, kept
        self.kept.append(name)

    def _release(self) -> None:
        self.world.release(self._till(), self._name())

    def _pay(self) -> None:
        till, amount, to, name = self._till(), self._amount(30_000), self._account(), self.desk.entry()
        self._step(
            "pay",
            till,
            amount,
            lambda: self.ledger.pay(name, till.token, to, amount),
            lambda _: till.pay(to, amount, name),
        )

    def _pay_reserved(self) -> None:
        name, to = self._name(), self._account()
        token, most = self.ledger.reservations.get((self.module, name), (self._till().token, 10_000))
        till = next(each for each in self.world.tills if each.token == token)
        amount = self.rng.choice((most, self._amount(most), most + 1))
        # Each payment has a name of its own here, so that the log tells them apart.
        self.kept = [each for each in self.kept if each != name]
        self._step(
            "payReserved",
            till,
            amount,
            lambda: self.ledger.pay_reserved(self.module, name, token, to, amount),
            lambda _: till.pay_reserved(name, to, amount),
        )

    def _settle(self) -> None:
        till, most = self._till(), self.rng.choice((0, 1, 2, 50))
        self._step(
            "settle",
            till,
            most,
            lambda: self.ledger.settle(till.token, most),
            lambda _: till.settle(most),
        )

    def _withdraw(self) -> None:
        till = self._till()
        owed = list(self.ledger.books[till.token].owed)
        account = self.rng.choice(owed) if owed and self.rng.random() < 0.8 else self._account()
        self.world.withdraw(till, account, self.rng.choice((account, self._account())))

    def _take_free(self) -> None:
        till, to = self._till(), self._account()
        amount = self.rng.choice((self.ledger.books[till.token].free or 1, self._amount(50_000)))
        self._step(
            "withdrawFree",
            till,
            amount,
            lambda: self.ledger.take_free(till.token, to, amount),
            lambda _: till.take_free(amount, to),
        )

    def _misbehave(self) -> None:
        world = self.world
        if self.rng.random() < 0.5:
            payee, manner = self.rng.choice(world.payees), self.rng.choice(list(PayeeManner))
            world.told(f"{payee.address[-4:]} {manner.name}", lambda: world.misbehave(payee, manner))
        else:
            token, how = self.rng.choice(world.tokens), self.rng.choice(TOKEN_MANNERS)
            how = self.rng.choice((how, TOKEN_MANNERS[0]))
            world.told(f"{token.address[-4:]} {how.name}", lambda: world.distort(token, how))

    def _donate(self) -> None:
        """Money comes by itself: sent plainly, or by a token that grows; or such a token shrinks again."""
        till, amount = self._till(), self._amount(5_000)
        book, node = self.ledger.books[till.token], till.vault.node
        sender = self.office.people.stranger.address
        if till in self.world.tills[1:]:
            token = self.world.tokens[self.world.tills.index(till) - 1]
            amount -= self.rng.randint(0, min(book.balance - book.reserved - sum(book.owed.values()), 5_000))

            def rebase() -> None:
                token.send(sender, "rebase", till.vault.address, book.balance)

            self._step(
                "rebase", till, amount, lambda: self.ledger.deposit(till.token, amount), lambda _: rebase()
            )
            return
        self._step(
            "send",
            till,
            amount,
            lambda: self.ledger.deposit(till.token, amount),
            lambda _: node.send(sender, till.vault.address, b"", value=amount),
        )

    # ------------------------------------------------------------------------------------------- choosing

    def _step(
        self,
        name: str,
        till: Till,
        amount: int,
        in_ledger: Callable[[], object],
        on_chain: Callable[[int], object],
    ) -> None:
        self.world.step(f"{name} {till.token[-4:]} {amount}", in_ledger, lambda: on_chain(amount))

    def _till(self) -> Till:
        return self.rng.choice(self.world.tills)

    def _account(self) -> str:
        return self.rng.choice(self.world.accounts)

    def _amount(self, most: int) -> int:
        return self.rng.choice((1, self.rng.randint(1, most)))

    def _name(self) -> bytes:
        """A name that is taken, or a new one."""
        return self.rng.choice(self.kept) if self.kept and self.rng.random() < 0.8 else self.desk.entry()

    def _is_proper(self, till: Till) -> bool:
        manner = self.world.token_manners.get(till.token)
        return manner is None or manner is TOKEN_MANNERS[0]
