"""Somebody does something with money, again and again: what, who and how much is chance's."""

from __future__ import annotations

from collections.abc import Callable

from tests.helpers.claim_items import ClaimState
from tests.stateful.money.claim_steps import ClaimSteps


class Player(ClaimSteps):
    """Plays with one world."""

    def play(self, steps: int) -> None:
        """So many steps, and everything compared now and then."""
        ways: list[tuple[int, Callable[[], object]]] = [
            (6, self._deposit),
            (3, self._reserve),
            (2, self._release),
            (5, self._pay),
            (3, self._pay_reserved),
            (6, self._settle),
            (5, self._withdraw),
            (2, self._take_free),
            (3, self._misbehave),
            (3, self._donate),
            (12, self._file),
            (10, self._decide),
            (3, self._object),
            (3, self._give_up),
            (5, self._wait),
            (5, self._note),
            (6, self._compensate),
        ]
        weights = [weight for weight, _ in ways]
        for number in range(steps):
            (way,) = self.rng.choices([way for _, way in ways], weights)
            way()
            if number % 25 == 24:
                self.world.compare_all()

    def end(self) -> None:
        """Nothing is stuck: everything decided is paid out, everything kept is given up."""
        with self.world.ended():
            for claim in [each for each in self.claims if each.state is ClaimState.REVIEW]:
                self._close(claim)
                self._release_claim(claim)
