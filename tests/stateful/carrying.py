"""The same acts, signed and carried by somebody else: alone, or several in one transaction."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from tests.helpers.model import Status
from tests.helpers.model.clocks import WHATEVER_WAS_ADDED
from tests.stateful.office import Cast
from tests.stateful.world import Call, World

_SIGNERS = {"open": "customer", "take": "agent", "move": "actor", "rate": "customer"}
# How often a call that can be signed is; how often such a one is then spoilt in what only signed acts have.
CARRIED = 0.35
_SPOILT = 0.12


class Carrying:
    """Makes signed acts of calls."""

    def __init__(self, world: World, cast: Cast, rng: Random) -> None:
        self._world, self._model = world, world.model
        self._cast, self._rng = cast, rng

    def sometimes(self, call: Call) -> Call:
        """The call as it is, or signed."""
        signable = call.function in _SIGNERS
        return self.signed(call) if signable and self._rng.random() < CARRIED else call

    def signed(self, call: Call) -> Call:
        """The same act, signed by its caller and carried by anybody; by intake where there is a gate."""
        args: dict[str, Any] = {_SIGNERS[call.function]: call.caller}
        for name, value in call.args.items():
            if name == "to":
                args["from"] = self._seen_in(call)
            args[name] = value
        if args.get("seen") == WHATEVER_WAS_ADDED and self._rng.random() < 0.8:
            args["seen"] = self._acts(call)
        args["deadline"] = call.at + self._rng.choice((0, 1, 600))
        return self._spoilt(Call(self._carrier(call), f"{call.function}For", args, call.at))

    def batch(self, calls: list[Call]) -> list[Call]:
        """Those of the calls that can be signed, all of one carrier and one time."""
        signed = [self.signed(call) for call in calls if call.function in _SIGNERS]
        at = max([call.at for call in signed], default=0)
        carrier = self._rng.choice(self._cast.intakes if self._rng.random() < 0.7 else self._cast.everybody)
        return [replace(call, caller=carrier, at=at) for call in signed]

    def _seen_in(self, call: Call) -> Status:
        known = self._model.tickets.get(call.args["ticketId"])
        return known.status if known else Status.NEW

    def _acts(self, call: Call) -> int:
        known = self._model.tickets.get(call.args["ticketId"])
        return known.acts if known else 1

    def _carrier(self, call: Call) -> str:
        lane = self._model.lanes.get(call.args.get("lane", 0))
        gated = lane is not None and lane.terms.gated and self._rng.random() < 0.8
        return self._rng.choice(self._cast.intakes if gated else self._cast.everybody)

    def _spoilt(self, call: Call) -> Call:
        if self._rng.random() >= _SPOILT:
            return call
        changes: list[dict[str, Any]] = [{"deadline": call.at - self._rng.choice((1, 60))}]
        if "from" in call.args:
            changes.append({"from": self._rng.choice(list(Status))})
        return call.changed(**self._rng.choice(changes))
