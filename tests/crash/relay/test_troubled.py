"""Killed twice over a node that is in trouble all the time: each act is on chain once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from tests.crash.relay import troubles
from tests.crash.relay.scene import Hooks, Kill, Scene

RUNS, LONG_RUNS = 1, 12
WRITES = 120  # about as many as a run makes

TROUBLES: dict[str, Callable[[Scene, Random], Hooks]] = {
    "drops requests": lambda _, rng: troubles.dropping(rng, "before", rng.choice((0.05, 0.2))),
    "drops answers": lambda _, rng: troubles.dropping(rng, "after", rng.choice((0.05, 0.2))),
    "answers late": lambda _, rng: troubles.late(rng),
    "refuses what it takes": lambda _, rng: troubles.refusing(rng),
    "hears twice": lambda *_: troubles.twice(),
    "loses its mempool": lambda scene, _: troubles.forgetting(scene),
    "reorganises a block": lambda scene, _: troubles.restless(scene, 1),
    "reorganises two blocks": lambda scene, _: troubles.restless(scene, 2),
}
CONFIRMATIONS = {"reorganises a block": 2, "reorganises two blocks": 3}
# What those do with their chain they do while it does nothing else.
MINES_WHEN_TOLD = {"loses its mempool", *CONFIRMATIONS}


def _line(scene: Scene, trouble: str, name: str) -> Hooks:
    return TROUBLES[trouble](scene, Random(f"{name} hooks"))


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_node_that(scene: Scene, seed: int, long_profile: bool, trouble: str) -> None:
    for number in range(LONG_RUNS if long_profile else RUNS):
        name = f"{seed} {trouble} {number}"
        rng = Random(name)
        scene.trial(
            *(Kill("write", rng.randint(1, WRITES)) for _ in range(2)),
            hooks=partial(_line, scene, trouble, name),
            mines=trouble not in MINES_WHEN_TOLD,
            in_line=trouble not in CONFIRMATIONS,
            again=rng.random() < 0.5,
            confirmations=CONFIRMATIONS.get(trouble, 1),
        )
