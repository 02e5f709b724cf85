"""SIGKILL at every request and every write of a relayer; run again, each act is on chain exactly once.

A run hands in forty acts, eight tickets' lives in line, with the records of some. It is killed before the
n-th statement that writes or a commit, before the n-th step that changes a folder, or when the n-th request
reached the node (before it went there, or before its answer came back); run again, it is killed once more
anywhere, and then runs to its end. The long profile goes through every n, the quick one through a few.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

import pytest

from proofdesk._words import to_hex
from tests.crash.relay.scene import Kill, Scene
from tests.crash.relay.troubles import reorganising

QUICK = 2  # kills of each kind


@pytest.fixture
def kill_each(scene: Scene, seed: int, long_profile: bool) -> Callable[..., None]:
    """Kills at every n of so many, or at a few that are spread out."""
    rng = Random(seed)

    def kill(what: str, total: int, **options: Any) -> None:
        def dies(number: int) -> bool:
            kills = Kill(what, number), Kill(what, rng.randint(1, total))
            # Of those who come after, every other one knows nothing of what was said.
            return scene.trial(*kills, again=number % 2 == 0, **options)[0]

        few = [1 + total * (2 * step + 1) // (2 * QUICK + 1) for step in range(QUICK)]
        numbers = count(1) if long_profile else few
        # A run may make a request less than another one: three that end before it have no n-th.
        reached = 0
        for number in numbers:
            if not any(dies(number) for _ in range(3)):
                break
            reached = number
        assert reached >= (0.8 * total if long_profile else few[-1]), f"{reached} of {total}"
        print(f"{what}: of {total}, killed at {f'each of {reached}' if long_profile else few}")

    return kill


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_at_a_write(scene: Scene, kill_each: Callable[..., None], kind: str) -> None:
    _, heard = scene.measure(kind=kind)
    kill_each("write", heard.writes, kind=kind)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_a_request(scene: Scene, kill_each: Callable[..., None], moment: str) -> None:
    requests, _ = scene.measure()
    kill_each(moment, requests)


def test_killed_at_a_step_that_changes_a_folder(scene: Scene, kill_each: Callable[..., None]) -> None:
    """Acts come as files, and their answers and records are files."""
    _, heard = scene.measure(door=True)
    kill_each("file", heard.files, door=True)


@pytest.mark.parametrize("what", ["write", "after"])
def test_killed_while_the_chain_reorganises(scene: Scene, kill_each: Callable[..., None], what: str) -> None:
    """Also between the block in which an act is mined and the one in which it is done."""
    options: dict[str, Any] = {"hooks": lambda: reorganising(scene, 2), "mines": False, "confirmations": 3}
    requests, heard = scene.measure(**options)
    kill_each(what, heard.writes if what == "write" else requests, in_line=False, **options)


@pytest.mark.parametrize("accounts", ["two accounts", "one account"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_of_two_relayers_is_killed(
    scene: Scene, seed: int, long_profile: bool, kind: str, accounts: str
) -> None:
    """They share a queue: the other one takes up what the dead one held, or what its account had sent."""
    rng = Random(seed)
    highest = scene.measure(kind=kind)[1].writes // (3 if long_profile else 12)
    for number in range(20 if long_profile else QUICK):
        at, died = rng.randint(1, highest), False
        while not died:
            other = scene.key if accounts == "one account" else to_hex(scene.office.newcomer.key)
            options: dict[str, Any] = {
                "beside": [other],
                "again": number % 2 == 0,
                "kind": kind,
                "lease": 0.5,
            }
            (died,) = scene.trial(Kill("write", at), **options)
            # Who left most of it to the other one does not write so much.
            at = (at + 1) // 2
