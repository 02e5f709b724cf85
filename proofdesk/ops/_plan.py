"""The transactions that a desk still needs, in the order in which `deploy` sends them, with their gas.

Creations are asked of the node itself; the other steps are taken from gas.json, which
`tools/deployment_gas.py` measures: no node can say what a call to a contract will cost that is not there yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from proofdesk._abi import encode_call, encode_constructor
from proofdesk._rpc import Node, NodeError
from proofdesk.ops._access import closed_functions, is_admin, missing_grants, rules, wanted_grants
from proofdesk.ops._addresses import FACTORY, created_by_factory, has_factory, salt
from proofdesk.ops._begun import begun, is_deterministic
from proofdesk.ops._claims import NotDone, items_of
from proofdesk.ops._code import code_at
from proofdesk.ops._contracts import CERTIFICATION, DESK, MADE_WITH, MANAGER, contracts_of, managed
from proofdesk.ops.config import Config
from proofdesk.ops.roles import Role

_NOISE = 1.03  # what an estimate may be above the figure without the chain charging for data


@dataclass(frozen=True, slots=True)
class Planned:
    """One transaction to come, with its gas and its bytes of data."""

    name: str
    gas: int
    size: int  # bytes of data


class Plan:
    """The transactions that are missing, in the order in which `deploy` sends them."""

    def __init__(self, node: Node, deployer: str, config: Config, folder: Path) -> None:
        self._node = node
        self._deployer = deployer
        self._config = config
        self._deployment = begun(node, config, folder)
        self._by_factory = is_deterministic(node, config)
        # Constructors ask of their arguments only that they are contracts: the factory is one.
        self._stand_in = FACTORY if has_factory(node) else None
        self._contracts = contracts_of(with_claims=config.claims is not None)
        self._addresses = {name: item.address for name, item in self._deployment.contracts.items()}

    def steps(self) -> Iterator[Planned]:
        """Every transaction to come; on a chain that counts data as gas, with that."""
        creations = list(self._creations())
        # Where a creation costs more than its code does, the chain charges for its bytes: for others' too.
        a_byte = max((self._surcharge(step) for step in creations), default=0.0)
        for step in creations:
            is_asked = step.gas != self._figure(step.name.removeprefix("contract "))
            yield step if is_asked else replace(step, gas=step.gas + int(a_byte * step.size))
        for step in self._calls():
            yield replace(step, gas=step.gas + int(a_byte * step.size))

    def _creations(self) -> Iterator[Planned]:
        for name in self._contracts:
            if name in self._addresses:
                continue
            known = self._arguments(name)
            arguments = [argument or self._stand_in or self._deployer for argument in known]
            code = encode_constructor(name, *arguments)
            manager = "" if known else self._addresses.get(MANAGER, "")
            data = salt(self._config.desk, manager) + code if self._by_factory else code
            if self._by_factory and None not in known and (known or manager):
                address = created_by_factory(data)
                # Made by an interrupted run, or by another.
                if code_at(self._node, address):
                    self._addresses[name] = address
                    continue
            yield Planned(f"contract {name}", self._asked(data) or self._figure(name), len(data))

    def _arguments(self, name: str) -> list[str | None]:
        return [self._deployer] if name == MANAGER else [*map(self._addresses.get, MADE_WITH[name])]

    def _asked(self, data: bytes) -> int | None:
        """A creation's gas, if the node can say."""
        fields = {"from": self._deployer, "data": "0x" + data.hex()}
        if self._by_factory:
            fields["to"] = FACTORY
        try:
            return int(self._node.request("eth_estimateGas", fields), 16)
        except NodeError:
            # Without the factory there is nothing yet that could stand in for the contracts below.
            return None

    def _figure(self, name: str) -> int:
        gas: int = _figures()["contracts"][name]["by_factory" if self._by_factory else "by_nonce"]
        return gas

    def _surcharge(self, step: Planned) -> float:
        figure = self._figure(step.name.removeprefix("contract "))
        return (step.gas - figure) / step.size if step.gas > _NOISE * figure else 0.0

    def _calls(self) -> Iterator[Planned]:
        gas = _figures()
        there = self._count(CERTIFICATION, "programCount")
        for number, program in enumerate(self._config.programs[there:], there + 1):
            data = encode_call(CERTIFICATION, "createProgram", program.struct())
            yield Planned(
                f"program {program.name}", gas["program"]["next" if number > 1 else "first"], len(data)
            )
        there = self._count(DESK, "laneCount")
        for number, lane in enumerate(self._config.lanes[there:], there + 1):
            data = encode_call(DESK, "createLane", lane.struct(1))
            yield Planned(f"lane {lane.name}", gas["lane"]["next" if number > 1 else "first"], len(data))
            if lane.article:
                data = encode_call(DESK, "setArticle", number, lane.article)
                yield Planned(f"article of lane {lane.name}", gas["lane"]["article"], len(data))
        yield from self._claims(gas)
        yield from self._management(gas)

    @property
    def _is_admin(self) -> bool:
        manager = self._addresses.get(MANAGER)
        return manager is None or is_admin(self._node, manager, self._deployer)

    def _claims(self, gas: Mapping[str, Any]) -> Iterator[Planned]:
        for item in items_of(self._config):
            try:
                if item.is_done(self._node, self._addresses):
                    continue
            except NotDone:
                continue
            figure = gas["claims"][item.function]
            if item.function == "publishPolicy":
                figure = figure["base"] + figure["rule"] * len(item.arguments[1])
            yield Planned(item.name, figure, len(item.data))

    def _count(self, contract: str, function: str) -> int:
        if contract not in self._addresses:
            return 0
        count: int = self._node.call(contract, self._addresses[contract], function)
        return count

    def _management(self, gas: Mapping[str, Any]) -> Iterator[Planned]:
        if not self._is_admin:
            return  # handed over: the rest is the owner's
        # Any address stands for a contract that is to come: of it nothing is set.
        to_come = dict.fromkeys(self._contracts, self._deployer)
        to_come.pop(MANAGER)
        addresses = to_come | self._addresses
        if functions := closed_functions(self._node, addresses):
            total = gas["rules"]["base"] + gas["rules"]["each"] * len(functions)
            yield Planned("rules", total, len(_multicall(rules(addresses, functions))))
        grants = wanted_grants(self._config, self._deployer, addresses)
        if calls := missing_grants(self._node, self._addresses.get(MANAGER), grants):
            total = gas["grants"]["base"] + gas["grants"]["each"] * len(calls)
            yield Planned("grants", total, len(_multicall(calls)))
        known = self._deployment.contracts.get(MANAGER)
        is_deployer = known is None or known.arguments == (self._deployer,)
        if self._config.owner and is_deployer:
            count = len(managed(self._contracts))
            call = encode_call(MANAGER, "grantRole", int(Role.ADMIN), self._config.owner, 0)
            total = gas["handover"]["base"] + gas["handover"]["each"] * count
            yield Planned("handover", total, len(_multicall([call] * (3 + count))))


def _multicall(calls: Sequence[bytes]) -> bytes:
    return encode_call(MANAGER, "multicall", list(calls))


@cache
def _figures() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "gas.json").read_text(encoding="utf-8"))
    return found
