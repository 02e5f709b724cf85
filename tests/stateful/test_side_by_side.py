"""Random acts by random people at random times, beside the model: README.md says what is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from tests.conftest import PROFILE
from tests.helpers.people import People
from tests.stateful.office import Office
from tests.stateful.player import Player
from tests.stateful.stories import Stories
from tests.stateful.tally import Tally
from tests.stateful.world import World

LONG = PROFILE == "long"
RUNS, STEPS = (12, 2_800) if LONG else (2, 1_200)
# Seventeen words of the departures bitmap are one more than a `take` reads.
DEPARTURES = 17 * 256 if LONG else 300
LEAST_ACTS = 20_000

Setting = tuple[World, Office, Random]


@pytest.fixture(scope="module")
def total() -> Tally:
    """What all runs reached."""
    return Tally()


@pytest.fixture
def setting(request: pytest.FixtureRequest, people: People, seed: int, total: Tally) -> Iterator[Setting]:
    """Both worlds at their beginning; chance depends on the seed and the test alone."""
    rng, tally = Random(f"{seed} {request.node.name}"), Tally()
    world = World(people, rng, tally, repeat=f"SEED={seed} PROFILE={PROFILE} pytest {request.node.nodeid}")
    yield world, Office(world, rng), rng
    total.add(tally)


@pytest.mark.parametrize("run", range(RUNS))
def test_every_act_leaves_both_worlds_equal_and_every_ticket_can_be_ended(run: int, setting: Setting) -> None:
    world, office, rng = setting
    Player(world, office, rng).play(STEPS)
    world.compare_all()
    Stories(world, office, rng).end_everything()
    world.compare_all()


def _told(name: str, tell: Callable[[Stories], None]) -> object:
    return pytest.param(tell, id=name)


@pytest.mark.parametrize(
    "tell",
    [
        _told("every_move_that_nobody_may_make", Stories.try_what_nobody_may),
        _told("every_clock_missed", Stories.miss_every_clock),
        _told("a_ticket_padded_to_every_limit", Stories.pad),
        _told("a_line_that_many_left", lambda stories: stories.leave_the_line(DEPARTURES)),
        *([_told("as_many_lanes_as_there_can_be", Stories.fill_the_desk)] if LONG else []),
    ],
)
def test_story(tell: Callable[[Stories], None], setting: Setting) -> None:
    tell(Stories(*setting))
    setting[0].compare_all()


def test_everything_was_reached(total: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    if not LONG:
        pytest.skip("chance needs the long profile to reach everything")
    with capsys.disabled():
        print(f"\n{total.table()}")
    assert not total.missing()
    assert total.of_section("act") >= LEAST_ACTS
