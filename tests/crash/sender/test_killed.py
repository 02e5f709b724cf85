"""SIGKILL at the n-th request or write, for every n; then the same process again, which dies once more.

A request is met before the node has heard it, or when its answer is about to go back; a write is a statement
of the journal. The long profile goes through every n, until a run is over before, and with few transactions
in flight through every fourth; the quick one through a few.
"""

from __future__ import annotations

from itertools import count
from random import Random

import pytest

from tests.crash.sender.conftest import Kill, Scene

QUICK = 3  # kills of each kind
KINDS = ("write", "before", "after")
_SEEDS = count(1)


@pytest.mark.parametrize("window", [0, 6], ids=["usual", "few in flight"])
@pytest.mark.parametrize("what", KINDS)
def test_killed_at_every(scene: Scene, seed: int, long_profile: bool, what: str, window: int) -> None:
    rng = Random(f"{seed} {what} {window}")

    def dies(number: int) -> bool:
        kills = Kill(what, number), Kill(rng.choice(KINDS), rng.randint(1, total))
        with scene.office.isolated():
            return scene.trial(scene.work(seed + next(_SEEDS), window=window), *kills)[0]

    total = measured(scene, seed, what, window)
    if not long_profile:
        few = [1 + total * (2 * step + 1) // (2 * QUICK + 1) for step in range(QUICK)]
        assert all(any(dies(number) for _ in range(3)) for number in few)
        return
    # A run may make a request less than another one: three that end before it have no n-th.
    step = 4 if window else 1
    end = next(n for n in count(1, step) if not any(dies(n) for _ in range(3)))
    assert end > 0.8 * total
    print(f"{what}: {total} in a run, killed at every {step}. up to {end - step}")


def measured(scene: Scene, seed: int, what: str, window: int) -> int:
    """How many there are in a run that nobody kills."""
    work = scene.work(seed + next(_SEEDS), window=window)
    with scene.office.isolated():
        assert scene.run(work, Kill("write", 0), {}) == 0
        return int((work.folder / "writes").read_text("ascii")) if what == "write" else scene.proxy.count
