"""Money comes, is claimed, decided, refused, owed, waited for and paid, beside a ledger: README.md."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.conftest import PROFILE
from tests.helpers.claims import Office
from tests.stateful.money.player import Player
from tests.stateful.money.world import World

LONG = PROFILE == "long"
RUNS, STEPS = (12, 1_500) if LONG else (2, 250)

MADE = (
    *("deposit", "send", "rebase", "reserve", "release", "pay", "payReserved", "settle", "withdraw"),
    *(
        "withdrawFree",
        "file PAID",
        "file REVIEW",
        "file DENIED",
        "decide",
        "releaseClaim",
        "note",
        "compensate",
    ),
)
REFUSED = (
    *("reserve: AlreadyReserved", "settle: NothingToSettle", "withdraw: NothingOwed"),
    *("withdraw: PaymentRefused", "withdrawFree: NotFree", "withdrawFree: PaymentRefused"),
    *("decide: OverBound", "note: NothingToNote", "compensate: NothingDue", "compensate: NotYetDue"),
    *("compensate: OrderNotEligible", "compensate: DailyCapReached"),
)


@pytest.fixture(scope="module")
def total() -> Counter[str]:
    """What all runs reached."""
    return Counter()


@pytest.mark.parametrize("run", range(RUNS))
def test_the_books_are_true_after_every_step_and_nothing_is_stuck(
    run: int, office: Office, seed: int, total: Counter[str], request: pytest.FixtureRequest
) -> None:
    repeat = f"SEED={seed} PROFILE={PROFILE} pytest '{request.node.nodeid}'"
    player = Player(World(office, Random(f"{seed} money {run}"), total, repeat))
    player.play(STEPS)
    player.end()


def test_everything_was_reached(total: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    if not LONG:
        pytest.skip("chance needs the long profile to reach everything")
    with capsys.disabled():
        print("\n" + "\n".join(f"{number:6} {label}" for label, number in sorted(total.items())))
    assert {*MADE, *REFUSED} - total.keys() == set()
    assert {f"payee {manner}" for manner in range(8)} - total.keys() == set()
    assert {f"token {manner}" for manner in range(17)} - total.keys() == set()
