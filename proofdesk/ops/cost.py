"""What a deployment will cost, step by step, before anything is sent.

Two kinds of chains charge for a transaction's data besides: Arbitrum's count it as gas, which a creation's
estimate shows, and those of the OP Stack take a fee of their own, which their price oracle tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofdesk._errors import InsufficientFunds
from proofdesk._rpc import Node, NodeError
from proofdesk._words import address_of
from proofdesk.ops._code import code_at
from proofdesk.ops._plan import Plan
from proofdesk.ops.config import Config

_ORACLE = "0x420000000000000000000000000000000000000F"
_UPPER_BOUND = "0xf1c7a58b"  # getL1FeeUpperBound(uint256), of the OP Stack since Fjord
_ENVELOPE = 150  # bytes of a signed transaction beside its data, at most
_LIMIT, _HEADROOM = 0.2, 60_000  # by how much a transaction's gas limit is above its estimate, in `Sender`
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
    steps = list(Plan(node, deployer, config, Path(path or "deployments")).steps())
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
