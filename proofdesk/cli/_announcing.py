"""Acts of a role that is held with a delay: announced first, made by the same command once that is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from proofdesk.cli._contents import wrapped
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._values import when

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Result

_MANAGER = "DeskAccess"


def made_or_announced(
    here: Here, desk: Desk, contract: str, function: str, *arguments: object, act: Callable[[], Result]
) -> Result | None:
    """What an act did; None where it is announced only, which is then told.

    `act` makes the call that the rest describes. Raises what `Sender.send` raises.
    """
    from proofdesk._abi import encode_call
    from proofdesk._words import moment, to_hex

    me, target = desk.sender.address, desk.deployment.contract(contract).address
    data = to_hex(encode_call(contract, function, *arguments))
    is_open, delay = desk.read(_MANAGER, "canCall", me, target, data[:10])
    if is_open or not delay:
        # Who has no role at all is told so by the contract.
        return wrapped(act)
    operation = desk.read(_MANAGER, "hashOperation", me, target, data)
    due = desk.read(_MANAGER, "getSchedule", operation)
    if not due:
        wrapped(lambda: desk.send(_MANAGER, "schedule", target, data, 0))
        due = desk.read(_MANAGER, "getSchedule", operation)
    ready_at = moment(due)
    if ready_at <= desk.now():
        return wrapped(act)
    told = _(
        "announced: this account's role has a delay. Run the same command again from {moment} on, within a "
        "week"
    )
    value = {"announced": True, "operation": operation, "ready_at": ready_at}
    here.out.result(value, told.format(moment=when(ready_at)))
    return None
