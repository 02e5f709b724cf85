"""What stands in a queue, and what its relayers can still pay for; and a copy of it all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from proofdesk._errors import ConfigurationError, ConnectionLost, TransactionError
from proofdesk._rpc import NodeError
from proofdesk.cli._command import READS, Branch, Leaf
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._relay_queue import QUEUE, control_of, stages
from proofdesk.cli._values import about, jsonable

if TYPE_CHECKING:
    from proofdesk.ops.relay.control import Control, Hand

# What an act in a batch stays below, by benchmarks/results.json; opening in a gated lane is the dearest.
ACT_GAS = 45_000
_PATIENCE = 5.0  # seconds for a node to answer who only looks


def add_to(command: Branch) -> None:
    """Add the commands that look at a queue."""
    command.add_command(status)
    command.add_command(backup)


@click.command(
    "status",
    cls=Leaf,
    shares=READS,
    short_help=_("Show a queue, its relayers and what they can pay."),
    help=_("Show how many acts stand where, whether the relayers are halted, and what each can still pay."),
)
@QUEUE
@with_here
def status(here: Here, database: str | None) -> None:
    """Show a queue."""
    with control_of(here, database) as control:
        counts, halted, spent = control.counts(), control.halted, control.spent()
        waiting, hands = control.waiting(), control.hands()
        rows = [
            (_("queue"), control.name),
            (_("halted"), halted or _("no")),
            *((stages()[stage], f"{count:,}") for stage, count in counts.items()),
            (_("overdue"), f"{waiting.overdue:,}"),
            (_("spent in the last hour"), about(spent, here.currency)),
        ]
        funds = _within(_PATIENCE, lambda: [_funds(here, control, hand) for hand in hands])
    found = funds if funds is not None else [_Funds()] * len(hands)
    value = {
        "queue": control.name,
        "halted": halted,
        "acts": dict(counts),
        **jsonable(waiting),
        "spent_last_hour": str(spent),
        "currency": here.currency,
        "relayers": [
            {
                **jsonable(hand),
                "balance": None if each.balance is None else str(each.balance),
                "pays_for_acts": each.pays_for,
                "takes_acts": each.takes,
            }
            for hand, each in zip(hands, found, strict=True)
        ],
    }
    for hand, each in zip(hands, found, strict=True):
        state = _("working") if hand.is_working else _("not seen for a while")
        if each.balance is None:
            told = _("{address}, {state}, balance unknown: the node does not answer")
            rows.append((_("relayer"), told.format(address=hand.address, state=state)))
            continue
        told = _("{address}, {state}, {balance}: pays for about {acts:,} acts, and takes {room:,} more now")
        amount = about(each.balance, here.currency)
        said = told.format(
            address=hand.address, state=state, balance=amount, acts=each.pays_for, room=each.takes
        )
        rows.append((_("relayer"), said))
    here.out.fields(value, rows)


@click.command(
    "backup",
    cls=Leaf,
    shares=READS,
    short_help=_("Copy a queue into a new file, while relayers work."),
    help=_(
        "Copy all of a queue, as it is at one moment, into the new file FILE, while relayers work. A copy "
        "that is made of the queue's file by other means lacks what stands beside it."
    ),
)
@click.argument("file", metavar="FILE")
@QUEUE
@with_here
def backup(here: Here, file: str, database: str | None) -> None:
    """Copy a queue."""
    with control_of(here, database) as control:
        control.backup(file)
    here.out.result({"backup": file}, _("the queue was copied to {file}").format(file=file))


@dataclass(frozen=True, slots=True)
class _Funds:
    """What an account has, wei; how many acts it pays for as they usually cost, and takes at their bounds."""

    balance: int | None = None
    pays_for: int | None = None
    takes: int | None = None


def _funds(here: Here, control: Control, hand: Hand) -> _Funds:
    # Late: only who looks at a queue has it.
    from proofdesk.ops.relay.chain import Chain

    node = here.node()
    balance = int(node.request("eth_getBalance", hand.address, "latest"), 16)
    usual = max(1, int(node.request("eth_gasPrice"), 16))
    most = Chain(node, here.manifest(), hand.address, None).gas_price()
    return _Funds(balance, balance // (ACT_GAS * usual), control.room(hand.address, balance, most))


def _within(seconds: float, ask: Callable[[], list[_Funds]]) -> list[_Funds] | None:
    """What a node says, if it does so in time: the queue is to be seen while a node is out of order."""
    found: list[list[_Funds]] = []

    def work() -> None:
        with suppress(ConfigurationError, ConnectionLost, NodeError, TransactionError):
            found.append(ask())

    # Nobody waits for it at the end.
    asking = threading.Thread(target=work, daemon=True)
    asking.start()
    asking.join(seconds)
    return found[0] if found else None
