"""What a deployment will cost, step by step, before anything is sent.

Creations are asked of the node itself; the other steps are taken from gas.json, which
`tools/deployment_gas.py` measures: no node can say what a call to a contract will cost that is not there yet.
Two kinds of chains charge for a transaction's data besides: Arbitrum's count it as gas, which a creation's
estimate shows, and those of the OP Stack take a fee of their own, which their price oracle tells.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from proofdesk._abi import encode_call, encode_constructor
from proofdesk._errors import InsufficientFunds
from proofdesk._rpc import Node, NodeError
from proofdesk._words import address_of
from proofdesk.ops._access import CERTIFICATION, DESK, MANAGER, is_admin, missing_grants, missing_rules
from proofdesk.ops._addresses import FACTORY, created_by_factory, has_factory, salt
from proofdesk.ops._begun import begun, is_deterministic
from proofdesk.ops._code import code_at
from proofdesk.ops.config import Config
from proofdesk.ops.roles import Role

_ORACLE = "0x420000000000000000000000000000000000000F"
_UPPER_BOUND = "0xf1c7a58b"  # getL1FeeUpperBound(uint256), of the OP Stack since Fjord
_ENVELOPE = 150  # bytes of a signed transaction beside its data, at most
_LIMIT, _HEADROOM = 0.2, 60_000  # by how much a transaction's gas limit is above its estimate, in `Sender`
_NOISE = 1.03  # what an estimate may be above the figure without the chain charging for data
_GWEI, _ETHER = 10**9, 10**18


@dataclass(frozen=True, slots=True)
class Cost:
    """One transaction to come: its gas, and wei that the chain takes for its data besides."""

    name: str
    gas: int
    data_fee: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a deployment has still to pay; `price` and `highest` are wei for a unit of gas, now and at most.

    `balance` is the deployer's, in wei; `steps` are the transactions to come, the handover's among them.
    """

    desk: str
    chain_id: int
    currency: str
    deployer: str
    balance: int
    price: int
    highest: int
    steps: tuple[Cost, ...]
    seconds: int = 0

    @property
    def gas(self) -> int:
        """All steps' gas."""
        return sum(step.gas for step in self.steps)

    @property
    def cost(self) -> int:
        """What it costs at present prices, wei."""
        return sum(map(self.cost_of, self.steps))

    @property
    def required(self) -> int:
        """The balance to begin with, wei: enough should prices double, and for what a limit holds back."""
        if not self.steps:
            return 0
        reserve = _LIMIT * max(step.gas for step in self.steps) + _HEADROOM
        data_fees = sum(step.data_fee for step in self.steps)
        return (self.gas + int(reserve)) * self.highest + 2 * data_fees

    @property
    def missing(self) -> int:
        """What the deployer's balance lacks, wei."""
        return max(0, self.required - self.balance)

    def cost_of(self, step: Cost) -> int:
        """What one of the steps costs at present prices, wei."""
        return step.gas * self.price + step.data_fee

    def require(self) -> None:
        """Raise InsufficientFunds, naming both amounts, where the balance is below what is required."""
        if self.missing:
            raise TooLittle(self)

    def shown(self, wei: int) -> str:
        """An amount in the chain's currency, rounded up.

        >>> Estimate("mine", 1, "ETH", "0x…", 0, 0, 0, ()).shown(1_234_567_890_123_456)
        '0.001235 ETH'
        """
        # Six digits after the point, or as many as a small amount needs for three of its own.
        unit = 10**12
        while wei and wei < 100 * unit and unit > 1:
            unit //= 10
        digits = 18 - len(str(unit)) + 1
        whole = -(-wei // unit) * unit
        return f"{whole // _ETHER}.{whole % _ETHER // unit:0{digits}} {self.currency}"

    def __str__(self) -> str:
        count = "1 transaction" if len(self.steps) == 1 else f"{len(self.steps)} transactions"
        head = f"desk {self.desk} on chain {self.chain_id}: {count} to send"
        if not self.steps:
            return f"{head}, nothing to pay"
        lines = [(step.name, f"{step.gas:,}", self.shown(self.cost_of(step))) for step in self.steps]
        lines.append(("all", f"{self.gas:,}", self.shown(self.cost)))
        width = max(len(name) for name, _, _ in lines)
        rows = [f"  {name:<{width}} {gas:>11} gas {cost:>18}" for name, gas, cost in lines]
        prices = f"at {self.price / _GWEI:,.4g} gwei for a unit of gas; at most {self.highest / _GWEI:,.4g}"
        lasts = f", about {max(1, round(self.seconds / 60))} min" if self.seconds else ""
        verdict = f"send it {self.shown(self.missing)} first" if self.missing else "enough"
        return "\n".join(
            [
                head,
                *rows,
                f"  {prices} is offered{lasts}",
                f"  to begin with     {self.shown(self.required)}: fees may double on the way",
                f"  {self.deployer} has {self.shown(self.balance)}: {verdict}",
            ]
        )


class TooLittle(InsufficientFunds):
    """The deployer cannot pay for the whole deployment, as `estimate` says; nothing was sent."""

    def __init__(self, estimate: Estimate) -> None:
        super().__init__(estimate.deployer, balance=estimate.balance, needed=estimate.required)
        self.args = (
            f"{estimate.deployer} has {estimate.shown(estimate.balance)}, and deploying desk {estimate.desk} "
            f"needs up to {estimate.shown(estimate.required)}: send it {estimate.shown(estimate.missing)} "
            "first. Nothing was sent",
        )
        self.estimate = estimate


def estimate(source: Any, deployer: str, config: Config, *, path: str | Path | None = None) -> Estimate:
    """What is missing of a desk and what it costs; sends nothing.

    `source` is what `Sender` takes, `deployer` an address, `path` the folder of manifests. Of what is there
    already nothing is counted. Raises ConfigurationError, DeploymentMismatch, ConnectionLost, NodeError.

    >>> print(estimate(w3, sender.address, config, path=folder).steps[-1].name)
    handover
    """
    node = source if isinstance(source, Node) else Node(source)
    steps = list(_Plan(node, deployer, config, Path(path or "deployments")).steps())
    network = config.network
    price, highest = _prices(node, network.max_fee_per_gas if network else None)
    confirmations = network.confirmations if network else 1
    block_time = network.block_time if network else 0
    # Finality takes two epochs of 32 slots.
    waits = 64 if confirmations == "finalized" else confirmations
    return Estimate(
        config.desk,
        config.chain_id,
        network.currency if network else "ETH",
        address_of(int(deployer, 16)),
        int(node.request("eth_getBalance", deployer, "latest"), 16),
        price,
        highest,
        tuple(Cost(step.name, step.gas, data_fee(node, step.size)) for step in steps),
        len(steps) * block_time * waits,
    )


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    gas: int
    size: int  # bytes of data


class _Plan:
    """The transactions that are missing, in the order in which `deploy` sends them."""

    def __init__(self, node: Node, deployer: str, config: Config, folder: Path) -> None:
        self._node = node
        self._deployer = deployer
        self._config = config
        self._deployment = begun(node, config, folder)
        self._by_factory = is_deterministic(node, config)
        # Constructors ask of their arguments only that they are contracts: the factory is one.
        self._stand_in = FACTORY if has_factory(node) else None
        self._addresses = {name: item.address for name, item in self._deployment.contracts.items()}

    def steps(self) -> Iterator[_Step]:
        """Every transaction to come; on a chain that counts data as gas, with that."""
        creations = list(self._creations())
        for step in creations:
            yield step
        # Where a creation costs more than its code does, the chain charges for its bytes: for others' too.
        a_byte = max((self._surcharge(step) for step in creations), default=0.0)
        for step in self._calls():
            yield replace(step, gas=step.gas + int(a_byte * step.size))

    def _creations(self) -> Iterator[_Step]:
        for name in (MANAGER, CERTIFICATION, DESK):
            if name in self._addresses:
                continue
            known = self._arguments(name)
            arguments = [argument or self._stand_in or self._deployer for argument in known]
            code = encode_constructor(name, *arguments)
            data = salt(self._config.desk) + code if self._by_factory else code
            if self._by_factory and None not in known:
                address = created_by_factory(data)
                # Made by an interrupted run, or by another.
                if code_at(self._node, address):
                    self._addresses[name] = address
                    continue
            yield _Step(f"contract {name}", self._asked(data) or self._figure(name), len(data))

    def _arguments(self, name: str) -> list[str | None]:
        if name == MANAGER:
            return [self._deployer]
        below = [MANAGER] if name == CERTIFICATION else [MANAGER, CERTIFICATION]
        return [self._addresses.get(other) for other in below]

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

    def _surcharge(self, step: _Step) -> float:
        figure = self._figure(step.name.removeprefix("contract "))
        return (step.gas - figure) / step.size if step.gas > _NOISE * figure else 0.0

    def _calls(self) -> Iterator[_Step]:
        gas = _figures()
        there = self._count(CERTIFICATION, "programCount")
        for number, program in enumerate(self._config.programs[there:], there + 1):
            data = encode_call(CERTIFICATION, "createProgram", program.struct())
            yield _Step(
                f"program {program.name}", gas["program"]["next" if number > 1 else "first"], len(data)
            )
        there = self._count(DESK, "laneCount")
        for number, lane in enumerate(self._config.lanes[there:], there + 1):
            data = encode_call(DESK, "createLane", lane.struct(1))
            yield _Step(f"lane {lane.name}", gas["lane"]["next" if number > 1 else "first"], len(data))
            if lane.article:
                data = encode_call(DESK, "setArticle", number, lane.article)
                yield _Step(f"article of lane {lane.name}", gas["lane"]["article"], len(data))
        yield from self._management(gas)

    def _count(self, contract: str, function: str) -> int:
        if contract not in self._addresses:
            return 0
        count: int = self._node.call(contract, self._addresses[contract], function)
        return count

    def _management(self, gas: Mapping[str, Any]) -> Iterator[_Step]:
        manager = self._addresses.get(MANAGER)
        if manager is not None and not is_admin(self._node, manager, self._deployer):
            return  # handed over: the rest is the owner's
        grants = list(self._config.holders(self._deployer))
        is_whole = len(self._addresses) == 3
        calls = missing_rules(self._node, self._addresses) if is_whole else None
        if calls is None or calls:
            yield _Step("rules", gas["rules"], len(_multicall(calls or [bytes(200)] * 12)))
        if manager is not None:
            calls = missing_grants(self._node, manager, grants)
        else:
            calls = [
                encode_call(MANAGER, "grantRole", int(one.role), one.account, one.delay) for one in grants
            ]
        if calls:
            total = gas["grants"]["base"] + gas["grants"]["each"] * len(calls)
            yield _Step("grants", total, len(_multicall(calls)))
        if self._config.owner:
            call = encode_call(MANAGER, "grantRole", int(Role.ADMIN), self._config.owner, 0)
            yield _Step("handover", gas["handover"], len(_multicall([call] * 5)))


def _multicall(calls: Sequence[bytes]) -> bytes:
    return encode_call(MANAGER, "multicall", list(calls))


def data_fee(node: Node, size: int) -> int:
    """What a chain of the OP Stack takes at most for publishing a transaction of so many bytes of data, wei.

    Other chains take nothing apart from gas. Raises ConnectionLost, NodeError.

    >>> data_fee(Node(w3), 100)
    0
    """
    if not code_at(node, _ORACLE):
        return 0
    data = _UPPER_BOUND + f"{size + _ENVELOPE:064x}"
    return int(node.request("eth_call", {"to": _ORACLE, "data": data}, "latest"), 16)


def _prices(node: Node, cap: int | None) -> tuple[int, int]:
    """Wei for a unit of gas: what the next block takes, and the most that `Sender` will offer."""
    block, tip, price = node.batch(
        [
            ("eth_getBlockByNumber", ["latest", False]),
            ("eth_maxPriorityFeePerGas", []),
            ("eth_gasPrice", []),
        ]
    )
    for answer in (block, price):
        if isinstance(answer, NodeError):
            raise answer
    if "baseFeePerGas" not in block:
        return int(price, 16), int(price, 16)
    base, priority = int(block["baseFeePerGas"], 16), 0 if isinstance(tip, NodeError) else int(tip, 16)
    highest = 2 * base + priority
    return base + priority, highest if cap is None else min(highest, cap)


@cache
def _figures() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "gas.json").read_text(encoding="utf-8"))
    return found
