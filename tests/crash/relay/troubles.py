"""What a node may do: drop lines, answer late, hear twice, refuse in vain, lose its mempool, reorganise.

The last two are for a chain that mines when it is told and not by itself: soundness.py says why.
"""

from __future__ import annotations

from itertools import count
from random import Random
from threading import Event

from tests.crash.relay.scene import Hooks, Scene

# How many requests after something was sent its block goes: before the block is looked after, or when the
# next one stands on it.
_LOSING = (4, 7, 5, 8, 7)


def dropping(rng: Random, moment: str, share: float) -> Hooks:
    """Lines break, before a request is read or before its answer goes back."""
    return {moment: lambda _number, _methods: rng.random() >= share}


def late(rng: Random) -> Hooks:
    """Some answers take longer than others."""

    def delay(_number: int, _methods: list[str]) -> bool:
        Event().wait(0.05 * rng.random())
        return True

    return {"after": delay}


def twice() -> Hooks:
    """As a line does that repeats what it was not told has arrived."""
    return {"repeats": lambda _number, _methods: True}


def refusing(rng: Random) -> Hooks:
    """A gateway's patience with the node ends before the node has taken what was sent."""
    return {"delays": lambda _number, methods: "eth_sendRawTransaction" in methods and rng.random() < 0.3}


def forgetting(scene: Scene) -> Hooks:
    """It mines now and then, and at times has forgotten all that it took before."""
    rpc, sent = scene.office.chain.rpc, count(1)

    def lose(number: int, methods: list[str]) -> bool:
        if "eth_sendRawTransaction" in methods:
            if next(sent) in (1, 4, 5):
                rpc("anvil_dropAllTransactions")
        elif number % 5 == 0:
            rpc("evm_mine")
        return True

    return {"after": lose}


def restless(scene: Scene, depth: int) -> Hooks:
    """Six times blocks go, whatever is in them, and the node does not take that up again."""
    rpc, asked = scene.office.chain.rpc, count(1)

    def reorganise(_number: int, _methods: list[str]) -> bool:
        number = next(asked)
        if number % 3 == 0:
            rpc("evm_mine")
        if number % 10 == 0 and number <= 60:
            rpc("anvil_reorg", depth, [])
        return True

    return {"before": reorganise}


def reorganising(scene: Scene, depth: int) -> Hooks:
    """At times blocks go in which acts were seen mined, and the node does not take up again what was in
    them. It mines after it was sent something, after blocks went, and when nothing was sent for a while."""
    rpc, lost, since = scene.office.chain.rpc, 0, 9
    kept: list[tuple[int, str]] = []

    def height() -> int:
        return int(rpc("eth_blockNumber"), 16)

    def lose() -> None:
        head = height()
        back = next((each for each in kept if each[0] >= head - depth), None)
        kept.clear()
        if back is not None and back[0] < head:
            rpc("evm_revert", back[1])
            rpc("anvil_dropAllTransactions")
            rpc("anvil_mine", hex(head - back[0]))

    def reorganise(_number: int, methods: list[str]) -> bool:
        nonlocal lost, since
        is_sending = "eth_sendRawTransaction" in methods
        since = 0 if is_sending else since + 1
        if is_sending:
            kept.append((height(), rpc("evm_snapshot")))
        elif lost < len(_LOSING) and since == _LOSING[lost]:
            lost += 1
            lose()
        elif since == 1 or (since > 4 and since % 3 == 0):
            rpc("evm_mine")
        return True

    return {"before": reorganise}
