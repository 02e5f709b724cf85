"""Acts of a role that is held with a delay: announced first, made by the same command once that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from proofdesk._errors import ContractRevert
from proofdesk._words import moment
from proofdesk.cli._contents import wrapped
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._values import when

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk._models import Result

_MANAGER = "DeskAccess"


@contextmanager
def telling_moments(desk: Desk) -> Iterator[None]:
    """Have what is made before its delay is over told with when that is."""
    try:
        yield
    except ContractRevert as error:
        refused: Any = error
        if type(error).__name__ == "AccessManagerNotReady":
            due = moment(desk.read(_MANAGER, "getSchedule", refused.operation_id))
            told = _("its delay is not over: run the same command again from {moment} on, within a week")
            error.args = (f"{type(error).__name__}: {told.format(moment=when(due))}",)
        raise


def made_or_announced(
    here: Here, desk: Desk, contract: str, function: str, *arguments: object, act: Callable[[], Result]
) -> Result | None:
    """What an act did; None where it is announced only, which is then told.

    `act` makes the call that the rest describes. Raises what `Sender.send` raises.
    """
    from proofdesk._abi import encode_call
    from proofdesk._words import to_hex

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
