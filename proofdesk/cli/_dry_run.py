"""What a dry run tells: gas, fees and cost of what would be sent, and whether the account can pay for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from proofdesk.cli._language import _

if TYPE_CHECKING:
    from proofdesk._rpc import Node
    from proofdesk.cli._here import Here
    from proofdesk.ops.cost import Estimate


class Planned(Exception):  # noqa: N818  what happened
    """A dry run has come to what would be sent: a transaction's fields, as a node's JSON has them."""

    def __init__(self, transaction: Mapping[str, str]) -> None:
        super().__init__(_("a dry run sends nothing"))
        self.transaction = transaction


@dataclass(frozen=True, slots=True)
class Cost:
    """What a transaction costs: `gas` as estimated now; wei at present prices, and at the very most.

    Both hold what a chain takes for publishing its data apart from gas.
    """

    gas: int
    price: int
    cost: int
    at_most: int
    balance: int

    @property
    def is_payable(self) -> bool:
        """Whether the account has what it may cost at the most."""
        return self.balance >= self.at_most


def cost_of(node: Node, transaction: Mapping[str, str]) -> Cost:
    """What a transaction would cost; raises ConnectionLost, NodeError."""
    # Late: only a dry run needs it.
    from proofdesk.ops.cost import data_fee

    account = transaction["from"]
    bare = {name: transaction[name] for name in ("from", "to", "data", "value") if name in transaction}
    latest = node.request("eth_getBlockByNumber", "latest", False)
    gas = int(node.request("eth_estimateGas", bare), 16)
    most = int(transaction.get("maxFeePerGas", transaction.get("gasPrice", "0x0")), 16)
    price = int(latest.get("baseFeePerGas", "0x0"), 16) + int(
        transaction.get("maxPriorityFeePerGas", "0x0"), 16
    )
    price = min(price, most) if "maxFeePerGas" in transaction else most
    balance = int(node.request("eth_getBalance", account, "latest"), 16)
    apart = data_fee(node, (len(transaction["data"]) - 2) // 2)
    return Cost(gas, price, gas * price + apart, int(transaction["gas"], 16) * most + 2 * apart, balance)


def show(context: click.Context, planned: Planned) -> None:
    """Show what would be sent and end the command: exit code 0 if the account can pay, 1 if it cannot."""
    # Late: the module of commands needs this one.
    from proofdesk.cli._here import Here

    here = Here(context)
    cost = cost_of(here.node(), planned.transaction)
    show_costs(here.out, [(context.command_path.partition(" ")[2], cost)], here.currency)
    if not cost.is_payable:
        context.exit(1)


def show_estimate(context: click.Context, here: Here, found: Estimate) -> None:
    """Show what a deployment would cost and end the command: exit code 1 where the balance is too small."""
    # Late: see above.
    from proofdesk.cli._values import jsonable

    amounts = ("cost", "required", "balance", "missing", "price", "highest")
    steps = [{"name": step.name, "gas": step.gas, "cost": str(found.cost_of(step))} for step in found.steps]
    value = {
        "dry_run": True,
        **jsonable(found),
        **{name: str(getattr(found, name)) for name in amounts},
        "gas": found.gas,
        "enough": not found.missing,
        "steps": steps,
    }
    here.out.result(value, str(found))
    if found.missing:
        context.exit(1)


def show_costs(out: Any, costs: list[tuple[str, Cost]], currency: str) -> None:
    """Show what several transactions of one account would cost."""
    # Late: only what is shown needs it.
    from proofdesk.cli._values import about, gwei

    total, at_most = sum(cost.cost for _name, cost in costs), sum(cost.at_most for _name, cost in costs)
    balance = costs[0][1].balance
    value = {
        "dry_run": True,
        "transactions": [
            {"what": name, "gas": cost.gas, "gas_price": str(cost.price), "cost": str(cost.cost)}
            for name, cost in costs
        ],
        "gas": sum(cost.gas for _name, cost in costs),
        "cost": str(total),
        "at_most": str(at_most),
        "balance": str(balance),
        "enough": balance >= at_most,
        "currency": currency,
    }
    verdict = _("enough") if balance >= at_most else _("too little: send it the rest first")
    out.fields(
        value,
        [
            (_("dry run"), _("nothing was sent")),
            (_("transactions"), str(len(costs))),
            (_("gas"), f"{value['gas']:,}"),
            (_("price of gas"), gwei(costs[0][1].price)),
            (_("cost now"), about(total, currency)),
            (_("at the most"), about(at_most, currency)),
            (_("balance"), f"{about(balance, currency)} ({verdict})"),
        ],
    )
